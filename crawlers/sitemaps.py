"""Sitemap bytes -> discoveries and further sitemaps (pure).

Read are indexes, urlsets with the news and hreflang extensions, plain text, and the `Sitemap:` lines of robots.txt.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from lxml import etree

from archive.model import Days, Discovery
from archive.payloads import UndecodablePayload, gunzipped
from archive.urls import absolute
from crawlers.archives import days as dates
from crawlers.errors import Unreadable
from crawlers.markup import characters, is_html, local_name, plain, xml_root

MAX_ENTRIES = 50_000  # sitemaps.org, "Sitemap file location": a sitemap holds at most 50,000 URLs
MAX_BYTES = 52_428_800  # and 50 MiB uncompressed
MAX_ALTERNATES = 50  # translations that one entry names
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What one sitemap file says: pages, and the sitemaps that an index points to."""

    discoveries: tuple[Discovery, ...]
    children: tuple[str, ...]


def sitemap(
    payload: bytes, *, url: str, source: str, found_at: datetime, charset: str | None = None, days: int | None = None,
    within: Days | None = None,
) -> Sitemap:
    """Read a sitemap or an index of sitemaps; a gzip file is unpacked whatever its media type says.

    With `days`, what was last changed more than so many days before `found_at` is passed over, children too; what
    declares no date, or one that cannot be read, is not. With `within`, pages are announced of which some date lies
    within these days, and children are named which neither name nor date rules out. Raises Unreadable for what is no
    sitemap.
    """
    try:
        payload = gunzipped(payload, limit=MAX_BYTES) if payload[:2] == b"\x1f\x8b" else payload
    except UndecodablePayload as error:
        raise Unreadable(str(error)) from error
    text = characters(payload, charset)
    if urlsplit(url).path == "/robots.txt":
        return Sitemap(discoveries=(), children=_not_ruled_out(_robots_lines(text, url), within))
    if re.match(r"\s*https?://", text, re.IGNORECASE):
        lines = _text_lines(text, url, source, found_at)
        return Sitemap(discoveries=tuple(one for one in lines if _is_of(within, (), one.url, url)), children=())
    root = xml_root(text)
    if root is None:
        raise Unreadable("this is no sitemap: it is no XML")
    oldest = None if days is None else found_at.date() - timedelta(days=days + 1)  # a day for what zone it may be
    oldest = within.first if within is not None and local_name(root) == "sitemapindex" else oldest
    entries = (entry for entry in root[:MAX_ENTRIES] if not _is_older(entry, oldest))
    if local_name(root) == "sitemapindex":
        children = (absolute(url, _child(entry, "loc") or "") for entry in entries)
        known = tuple(dict.fromkeys(child for child in children if child))
        return Sitemap(discoveries=(), children=_not_ruled_out(known, within))
    if local_name(root) != "urlset":
        raise Unreadable("this is no sitemap" + (" but an HTML page" if is_html(text) else
                                                 f": its root element is <{local_name(root)[:100]}>"))
    wanted = (entry for entry in entries if _is_of(within, _declared(entry), _child(entry, "loc") or "", url))
    found = [discovery for entry in wanted for discovery in _discoveries(entry, url, source, found_at)]
    return Sitemap(discoveries=tuple(found[:MAX_ENTRIES]), children=())


def url_list(payload: bytes, *, source: str, found_at: datetime) -> tuple[Discovery, ...]:
    """The addresses of a list, one a line; lines that are none are passed over."""
    return _text_lines(characters(payload, None), "", source, found_at)


def _robots_lines(text: str, url: str) -> tuple[str, ...]:
    """The sitemaps that a robots.txt names."""
    links = (absolute(url, line) for line in _SITEMAP_LINE.findall(text)[:MAX_ENTRIES])
    found = tuple(dict.fromkeys(link for link in links if link))
    if not found:
        raise Unreadable("this robots.txt names no sitemap" + (" and is an HTML page" if is_html(text) else ""))
    return found


def _discoveries(entry: etree._Element, url: str, source: str, found_at: datetime) -> Iterator[Discovery]:
    """The entry's page, then its translations, of which the sitemap says nothing more."""
    link = absolute(url, _child(entry, "loc") or "")
    if link is not None:
        yield Discovery(
            url=link, source=source, found_at=found_at, title=plain(_child(entry, "news", "title")),
            published=_child(entry, "news", "publication_date") or _child(entry, "lastmod"),
        )
    alternates = [child.get("href") for child in entry if local_name(child) == "link"
                  and child.get("rel") == "alternate" and child.get("hreflang")]
    translations = (absolute(url, href or "") for href in alternates[:MAX_ALTERNATES])
    for translation in dict.fromkeys(translations):
        if translation and translation != link:
            yield Discovery(url=translation, source=source, found_at=found_at)


def _is_older(entry: etree._Element, oldest: date | None) -> bool:
    """Whether all that an entry says of its time lies before a day."""
    if oldest is None:
        return False
    days = [dates.declared(text) for text in _declared(entry)]
    return bool(days) and all(day is not None and day.last < oldest for day in days)


def _declared(entry: etree._Element) -> list[str]:
    """What an entry says of its time."""
    return [text for text in (_child(entry, "news", "publication_date"), _child(entry, "lastmod")) if text]


def _is_of(within: Days | None, declared: Sequence[str], page: str, url: str) -> bool:
    """Whether one of a page's dates lies within the days: declared, of its address, else of the sitemap's name.

    One is enough, since pages are changed long after they were published, and some sites date all of them anew.
    """
    if within is None:
        return True
    found = [days for days in (*map(dates.declared, declared), dates.of_article(page)) if days is not None]
    named = dates.of_sitemap(url)
    if not found and named is not None and dates.is_month_at_most(named):
        found = [named]
    return any(days.meets(within) for days in found)


def _not_ruled_out(children: tuple[str, ...], within: Days | None) -> tuple[str, ...]:
    """The sitemaps whose names do not say that they are about other days."""
    if within is None:
        return children
    named = ((child, dates.of_sitemap(child)) for child in children)
    return tuple(child for child, days in named if days is None or days.meets(within))


def _child(entry: etree._Element, *path: str) -> str | None:
    """Text of a descendant by local names, whatever the namespace: sites declare the wrong ones."""
    for child in entry:
        if local_name(child) == path[0]:
            return _child(child, *path[1:]) if path[1:] else " ".join((child.text or "").split())[:2_000] or None
    return None


def _text_lines(text: str, url: str, source: str, found_at: datetime) -> tuple[Discovery, ...]:
    lines = text.splitlines()[:MAX_ENTRIES]
    links = (absolute(url, line) for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return tuple(Discovery(url=link, source=source, found_at=found_at) for link in links if link)
