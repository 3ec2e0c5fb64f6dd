"""Feed bytes -> discoveries: RSS 0.9x, 1.0 and 2.0, Atom (pure)."""

import io
from datetime import datetime

import feedparser

from archive.model import Discovery
from archive.urls import absolute
from crawlers.errors import Unreadable

MAX_ENTRIES = 10_000


def discoveries(payload: bytes, *, url: str, source: str, found_at: datetime) -> tuple[Discovery, ...]:
    """What a feed announces, in its order, at most MAX_ENTRIES; broken feeds give what can be read.

    Raises Unreadable for what is no feed (an HTML page in its place).
    """
    # A stream, never a bare string: feedparser fetches strings that look like addresses.
    feed = feedparser.parse(io.BytesIO(payload), sanitize_html=False, resolve_relative_uris=False)
    if not feed.get("version"):
        raise Unreadable("this is no feed" + (" but an HTML page" if _is_html(payload) else ""))
    found = []
    for entry in feed.entries[:MAX_ENTRIES]:
        link = absolute(url, entry.get("link") or "")
        if link:
            found.append(Discovery(
                url=link, source=source, found_at=found_at, title=_clean(entry.get("title")),
                published=_clean(entry.get("published") or entry.get("updated")),
            ))
    return tuple(found)


def _clean(value: str | None) -> str | None:
    return " ".join(value.split())[:1_000] or None if value else None


def _is_html(payload: bytes) -> bool:
    start = payload[:2_000].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) or b"<body" in start
