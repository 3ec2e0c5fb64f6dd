"""Which captures an address has, for those who ask by Memento."""

import sqlite3
from dataclasses import dataclass

from archive.digests import capture_name
from archive.urls import canonical_url

CAPTURES_AT = """
    SELECT url, captured_at, payload_digest FROM captures WHERE url = :url AND status <> 304
    ORDER BY captured_at, capture_id LIMIT :limit
"""
CAPTURES_OF_ARTICLE = """
    SELECT c.url, c.captured_at, c.payload_digest FROM addresses x JOIN addresses y USING (article_id)
    JOIN captures c ON c.url = y.url
    WHERE x.url IN (:url, :canonical) AND c.status <> 304
    GROUP BY c.capture_id ORDER BY c.captured_at, c.capture_id LIMIT :limit
"""
LIMIT = 50_000  # captures


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A capture by its name in addresses, and when it was made."""

    name: str
    captured_at: str


def captures_at(conn: sqlite3.Connection, url: str) -> tuple[Held, ...]:
    """The captures of an address, oldest first; where there is none, of the article that it belongs to.

    "Not modified" is no capture of its own.
    """
    values = {"url": url, "canonical": canonical_url(url) if "://" in url else url, "limit": LIMIT}
    rows = conn.execute(CAPTURES_AT, values).fetchall() or conn.execute(CAPTURES_OF_ARTICLE, values).fetchall()
    return tuple(Held(name=capture_name(**dict(row)), captured_at=row["captured_at"]) for row in rows)
