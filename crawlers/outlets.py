"""An outlet's front page -> what it says of itself: name, language, feeds, and the sections of its menu (pure)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.topic_fields import ISO_639_1
from archive.urls import absolute, canonical_url, host_of, registered_domain, same_site
from crawlers.markup import characters, html_tree, plain
from crawlers.sections import is_list_address

# Where feeds and sitemaps lie when nothing names them, the most usual first.
FEED_PATHS = ("/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")
SITEMAP_PATHS = ("/sitemap.xml", "/sitemap_index.xml", "/news-sitemap.xml")
MAX_FEEDS = 12
MAX_SECTIONS = 12
LONGEST_LABEL = 30  # of a menu's entry, in characters
_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/json",
                         "application/rdf+xml", "text/xml", "application/xml"})
_COMMENTS = re.compile(r"/comments?(?:/|$)|[?&]replytocom|/(?:wp-json|oembed)(?:/|$)", re.IGNORECASE)
_MENU = re.compile(r"(?:^|[-_ ])(?:nav|navbar|navigation|menu|sections?|rubric\w*|topbar|header)(?:$|[-_ ])",
                   re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """What a front page says; `feeds` and `sections` are addresses in its order."""

    name: str
    language: str | None
    feeds: tuple[str, ...]
    sections: tuple[str, ...]


def outlet(payload: bytes, *, url: str, charset: str | None) -> Outlet:
    """Read a front page; one that cannot be read has no feeds and no sections, and its domain for a name."""
    domain = registered_domain(host_of(url))
    tree = html_tree(characters(payload, charset))
    if tree is None:
        return Outlet(name=domain, language=None, feeds=(), sections=())
    language = (tree.get("lang") or "").lower().split("-")[0]
    return Outlet(
        name=_name(tree) or domain, language=language if language in ISO_639_1 else None,
        feeds=tuple(dict.fromkeys(_feeds(tree, url)))[:MAX_FEEDS],
        sections=tuple(dict.fromkeys(_sections(tree, url)))[:MAX_SECTIONS],
    )


def _name(tree: HtmlElement) -> str | None:
    for value in tree.xpath("//meta[@property='og:site_name']/@content")[:1]:
        if name := plain(value):
            return name[:80]
    titles = tree.xpath("//head/title")[:1]
    title = plain(titles[0].text_content()) if titles else None
    return min(re.split(r"\s+[|–—-]\s+|:\s", title), key=len)[:80].strip() or None if title else None


def _feeds(tree: HtmlElement, url: str) -> Iterator[str]:
    for link in tree.xpath("//link[@href and @type]"):
        kind = link.get("type").split(";")[0].strip().lower()
        address = absolute(url, link.get("href"))
        is_alternate = "alternate" in (link.get("rel") or "").lower().split()
        if address and is_alternate and kind in _FEED_TYPES and not _COMMENTS.search(address):
            yield address


def _sections(tree: HtmlElement, url: str) -> Iterator[str]:
    """Short entries of menus that lead to lists of the same site, one or two levels down."""
    for link in tree.xpath("//a[@href]")[:2_000]:
        address = absolute(url, link.get("href"))
        label = plain(link.text_content()) or ""
        if address is None or not same_site(url, address) or not 0 < len(label) <= LONGEST_LABEL:
            continue
        parts = urlsplit(address)
        depth = len([part for part in parts.path.split("/") if part])
        if 1 <= depth <= 2 and not parts.query and is_list_address(address) and _is_in_menu(link) \
                and canonical_url(address) != canonical_url(url):
            yield address


def _is_in_menu(link: HtmlElement) -> bool:
    for parent in link.iterancestors():
        names = f"{parent.get('class') or ''} {parent.get('id') or ''} {parent.get('role') or ''}"[:500]
        if parent.tag in ("footer", "aside", "article"):
            return False
        if parent.tag == "nav" or (parent.tag not in ("body", "html") and _MENU.search(names)):
            return True
    return False
