"""Sitemap bytes -> discoveries and further sitemaps: index, urlset with the news extension, plain text (pure)."""

from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from archive.model import Discovery
from archive.payloads import UndecodablePayload, gunzipped
from archive.urls import absolute
from crawlers.errors import Unreadable

MAX_ENTRIES = 50_000  # sitemaps.org, "Sitemap file location": a sitemap holds at most 50,000 URLs
MAX_BYTES = 52_428_800  # and 50 MiB uncompressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What one sitemap file says: pages, and the sitemaps that an index points to."""

    discoveries: tuple[Discovery, ...]
    children: tuple[str, ...]


def sitemap(payload: bytes, *, url: str, source: str, found_at: datetime) -> Sitemap:
    """Read a sitemap or an index of sitemaps; a gzip file is unpacked whatever its media type says.

    Raises Unreadable for what is neither.
    """
    try:
        payload = gunzipped(payload, limit=MAX_BYTES) if payload[:2] == b"\x1f\x8b" else payload
    except UndecodablePayload as error:
        raise Unreadable(str(error)) from error
    if payload.lstrip()[:4].lower() == b"http":
        return Sitemap(discoveries=_text_lines(payload, url, source, found_at), children=())
    root = _root(payload)
    name = etree.QName(root).localname if isinstance(root.tag, str) else ""
    if name == "sitemapindex":
        children = (absolute(url, _child(entry, "loc") or "") for entry in root[:MAX_ENTRIES])
        return Sitemap(discoveries=(), children=tuple(child for child in children if child))
    if name != "urlset":
        raise Unreadable(f"this is no sitemap: its root element is <{name}>")
    found = (_discovery(entry, url, source, found_at) for entry in root[:MAX_ENTRIES])
    return Sitemap(discoveries=tuple(d for d in found if d), children=())


def url_list(payload: bytes, *, source: str, found_at: datetime) -> tuple[Discovery, ...]:
    """The addresses of a list, one a line; lines that are none are passed over."""
    return _text_lines(payload, "", source, found_at)


def _root(payload: bytes) -> etree._Element:
    # No network, no entities, no DTD: a sitemap is a stranger's XML.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False)
    try:
        root = etree.fromstring(payload, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"this is no sitemap: {error}") from error
    if root is None:
        raise Unreadable("this is no sitemap: it is no XML")
    return root


def _discovery(entry: etree._Element, url: str, source: str, found_at: datetime) -> Discovery | None:
    link = absolute(url, _child(entry, "loc") or "")
    if link is None:
        return None
    return Discovery(
        url=link, source=source, found_at=found_at, title=_child(entry, "news", "title"),
        published=_child(entry, "news", "publication_date") or _child(entry, "lastmod"),
    )


def _child(entry: etree._Element, *path: str) -> str | None:
    """Text of a descendant by local names, whatever the namespace: sites declare the wrong ones."""
    for child in entry:
        if isinstance(child.tag, str) and etree.QName(child).localname == path[0]:
            return _child(child, *path[1:]) if path[1:] else " ".join((child.text or "").split())[:2_000] or None
    return None


def _text_lines(payload: bytes, url: str, source: str, found_at: datetime) -> tuple[Discovery, ...]:
    lines = payload.decode("utf-8", "replace").splitlines()[:MAX_ENTRIES]
    links = (absolute(url, line) for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return tuple(Discovery(url=link, source=source, found_at=found_at) for link in links if link)
