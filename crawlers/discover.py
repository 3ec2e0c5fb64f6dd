"""Captures of sources -> discoveries, one way for the crawl and for a rebuild (pure)."""

from dataclasses import dataclass

from archive.model import Capture, Days, Discovery
from archive.payloads import UndecodablePayload, decoded
from archive.topic import HUNT
from archive.urls import is_fetchable
from crawlers import feeds, sections, sitemaps
from crawlers.archives import gdelt, gkg
from crawlers.errors import Unreadable

MAX_SOURCE_BYTES = sitemaps.MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What one capture of a source says: pages, and further files of the source to fetch, in the same role."""

    discoveries: tuple[Discovery, ...]
    children: tuple[str, ...] = ()


def announcement(
    capture: Capture, payload: bytes, *, sitemap_days: int | None = None, asked_days: Days | None = None
) -> Announcement:
    """Read a feed, sitemap, section or list, by the capture's role. Raises Unreadable with the reason.

    Sitemap entries that were more than `sitemap_days` old at the time of the capture are not announced. A list that
    was asked for with `asked_days` is a sitemap, of which a backfill wanted these days: its record says so, since no
    other evidence tells it from one that the crawl read.
    """
    source, at, charset = capture.source or "", capture.captured_at, capture.charset
    try:
        body = decoded(payload, content_encoding=capture.content_encoding, limit=MAX_SOURCE_BYTES)
    except UndecodablePayload as error:
        raise Unreadable(str(error)) from error
    match capture.role:
        case "feed":
            feed = feeds.feed(body, url=capture.url, source=source, found_at=at, charset=charset)
            return Announcement(discoveries=feed.discoveries, children=(feed.next_page,) if feed.next_page else ())
        case "sitemap":
            read = sitemaps.sitemap(
                body, url=capture.url, source=source, found_at=at, charset=charset, days=sitemap_days
            )
            return Announcement(discoveries=read.discoveries, children=read.children)
        case "section":
            page = sections.section(body, url=capture.url, source=source, found_at=at, charset=charset)
            return Announcement(discoveries=page.discoveries, children=(page.next_page,) if page.next_page else ())
        case "list" if asked_days is not None:
            read = sitemaps.sitemap(body, url=capture.url, source=source, found_at=at, charset=charset,
                                    within=asked_days)
            return Announcement(discoveries=read.discoveries, children=read.children)
        case "list" if capture.source in (gdelt.SOURCE, HUNT) and is_fetchable(capture.url):
            return Announcement(discoveries=gdelt.discoveries(body, found_at=at, source=source))
        case "list" if capture.media_type == gkg.TYPE:
            return Announcement(discoveries=gkg.discoveries(body, found_at=at))
        case "list":
            return Announcement(discoveries=sitemaps.url_list(body, source=source, found_at=at))
        case _:
            raise Unreadable(f"a capture in the role {capture.role} announces nothing")
