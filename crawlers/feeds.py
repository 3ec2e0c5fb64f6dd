"""Feed bytes -> discoveries and the feed's next page: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed (pure)."""

import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import feedparser

from archive.model import Discovery
from archive.urls import absolute, is_fetchable, same_site
from crawlers.errors import Unreadable
from crawlers.markup import characters, is_html, plain

MAX_ENTRIES = 10_000  # of one page of a feed
MAX_BYTES = 10_000_000  # feedparser reads 3.5 MB a second, a broken feed 1.4 MB (measured on 10,000 entries)
MAX_NAMES = 20  # of an entry's authors
_MAIL_AND_NAME = re.compile(r"^\S+@\S+\s*\((?P<name>.+)\)$|^(?P<first>.+?)\s*[(<]\S+@\S+[)>]$")
_JSON_FEED = re.compile(r"https?://(?:www\.)?jsonfeed\.org/version/1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What one page of a feed says: its entries in its order, and where older ones are."""

    discoveries: tuple[Discovery, ...]
    next_page: str | None = None


def feed(payload: bytes, *, url: str, source: str, found_at: datetime, charset: str | None = None) -> Feed:
    """What a feed announces, at most MAX_ENTRIES entries; a broken feed gives what can be read.

    Dates are kept as they were declared. Raises Unreadable for what is no feed (an HTML page in its place).
    """
    if len(payload) > MAX_BYTES:
        raise Unreadable(f"this feed is over {MAX_BYTES:,} bytes")
    text = characters(payload, charset)
    if text.lstrip()[:1] == "{":
        return _json_feed(text, url, source, found_at)
    read = _parsed(text)
    if not read.get("version"):
        raise Unreadable("this is no feed" + (" but an HTML page" if is_html(text) else ""))
    base = _base(read, url)
    entries = (_discovery(entry, base, source, found_at) for entry in read.entries[:MAX_ENTRIES])
    return Feed(discoveries=tuple(d for d in entries if d), next_page=_next_page(read.feed.get("links"), url))


def _parsed(text: str) -> Any:
    # A stream, never a bare string: feedparser fetches strings that look like addresses.
    stream = io.BytesIO(text.encode("utf-8"))
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        return feedparser.parse(stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # a hostile feed may raise anything inside its parsers
        raise Unreadable(f"the feed cannot be parsed: {type(error).__name__}: {str(error)[:200]}") from error


def _base(read: Any, url: str) -> str:
    """What relative links mean: in Atom the feed's address (RFC 4287, xml:base is undone before), in RSS its site's."""
    if str(read.version).startswith("atom"):
        return url
    return absolute(url, str(read.feed.get("link") or "")) or url


def _discovery(entry: Any, base: str, source: str, found_at: datetime) -> Discovery | None:
    link = _link(entry, base)
    if link is None:
        return None
    contents = entry.get("content")
    whole = contents[0].get("value") if isinstance(contents, list) and contents else None
    return Discovery(
        url=link, source=source, found_at=found_at, title=plain(entry.get("title")),
        published=_verbatim(entry.get("published") or entry.get("updated")),
        lead=plain(entry.get("summary")) or plain(whole), byline=_byline(_feed_names(entry)),
    )


def _link(entry: Any, base: str) -> str | None:
    """The entry's link; a guid stands in where it is a permalink, which takes a whole address."""
    link = str(entry.get("link") or "").strip()
    if not link or (link == str(entry.get("id") or "").strip() and not entry.get("links")):
        return link if is_fetchable(link) else None
    return absolute(base, link)


def _feed_names(entry: Any) -> Iterator[object]:
    """Several authors by name; one as written, since feedparser 6 cuts mail addresses after four letters of a TLD."""
    people = entry.get("authors")
    named = [person.get("name") for person in people if isinstance(person, dict)] if isinstance(people, list) else []
    yield from named if len(named) > 1 else [entry.get("author")]


def _byline(names: Iterable[object]) -> str | None:
    """Names of people, without the mail addresses that RSS asks for."""
    found = []
    for name in [name for name in names if name][:MAX_NAMES]:
        text = plain(name) or ""
        match = _MAIL_AND_NAME.match(text)
        text = (match["name"] or match["first"]).strip() if match else text
        if text and not re.fullmatch(r"\S+@\S+", text):
            found.append(text[:200])
    return ", ".join(dict.fromkeys(found)) or None


def _next_page(links: object, url: str) -> str | None:
    """Where a paged or archived feed goes on (RFC 5005), if that is of the same site."""
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") in ("next", "prev-archive"):
            page = absolute(url, str(link.get("href") or ""))
            return page if page and page != url and same_site(url, page) else None
    return None


def _verbatim(value: object) -> str | None:
    return " ".join(value.split())[:100] or None if isinstance(value, str) else None


def _json_feed(text: str, url: str, source: str, found_at: datetime) -> Feed:
    """JSON Feed 1.0 and 1.1 (jsonfeed.org): feedparser does not read it."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no feed: its JSON is broken ({str(error)[:200]})") from error
    version = read.get("version")
    if not (isinstance(version, str) and _JSON_FEED.match(version)) or not isinstance(read.get("items"), list):
        raise Unreadable("this is JSON but no JSON Feed")
    entries = (_json_discovery(item, url, source, found_at) for item in read["items"][:MAX_ENTRIES]
               if isinstance(item, dict))
    following = _next_page([{"rel": "next", "href": read.get("next_url")}], url)
    return Feed(discoveries=tuple(d for d in entries if d), next_page=following)


def _json_discovery(item: dict[str, Any], url: str, source: str, found_at: datetime) -> Discovery | None:
    link = absolute(url, item["url"]) if isinstance(item.get("url"), str) else None
    named = item.get("id")
    link = link or (named if isinstance(named, str) and is_fetchable(named) else None)
    if link is None:
        return None
    people = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    texts = (item.get(key) for key in ("summary", "content_text", "content_html"))
    return Discovery(
        url=link, source=source, found_at=found_at, title=plain(item.get("title")),
        published=_verbatim(item.get("date_published")) or _verbatim(item.get("date_modified")),
        lead=next((lead for lead in map(plain, texts) if lead), None),
        byline=_byline(person.get("name") for person in people or () if isinstance(person, dict)),
    )
