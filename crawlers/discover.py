"""Captures of sources -> discoveries, one way for the crawl and for a rebuild (pure)."""

from dataclasses import dataclass

from archive.model import Capture, Discovery
from archive.payloads import UndecodablePayload, decoded
from crawlers import feeds, sitemaps
from crawlers.errors import Unreadable

MAX_SOURCE_BYTES = sitemaps.MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What one capture of a source says: pages, and further files of the source to fetch."""

    discoveries: tuple[Discovery, ...]
    children: tuple[str, ...] = ()


def announcement(capture: Capture, payload: bytes) -> Announcement:
    """Read a feed, sitemap or list, by the capture's role. Raises Unreadable with the reason."""
    source, at = capture.source or "", capture.captured_at
    try:
        body = decoded(payload, content_encoding=capture.content_encoding, limit=MAX_SOURCE_BYTES)
    except UndecodablePayload as error:
        raise Unreadable(str(error)) from error
    match capture.role:
        case "feed":
            found = feeds.discoveries(body, url=capture.url, source=source, found_at=at)
            return Announcement(discoveries=found)
        case "sitemap":
            read = sitemaps.sitemap(body, url=capture.url, source=source, found_at=at)
            return Announcement(discoveries=read.discoveries, children=read.children)
        case "list":
            return Announcement(discoveries=sitemaps.url_list(body, source=source, found_at=at))
        case _:
            raise Unreadable(f"a capture in the role {capture.role} announces nothing")
