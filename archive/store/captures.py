"""Captures, observations and discoveries: what came in, and how far the WARC files are indexed."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from archive.lines import one_line, one_word
from archive.model import Capture, Discovery, FailedFetch, Observation, RecordRef, Role, Truncated
from archive.observations import observation
from archive.store import transaction
from archive.times import from_iso, to_iso

INDEXED = "SELECT indexed FROM warcs WHERE path = :path"

SET_INDEXED = """
    INSERT INTO warcs (path, indexed) VALUES (:path, :indexed)
    ON CONFLICT (path) DO UPDATE SET indexed = max(indexed, excluded.indexed)
"""

ADD_CAPTURE = """
    INSERT OR IGNORE INTO captures (
        url, captured_at, via, role, source, status, media_type, charset, content_encoding, location,
        payload_digest, payload_sha256, payload_length, is_revisit, truncated, path, offset, length
    ) VALUES (
        :url, :captured_at, :via, :role, :source, :status, :media_type, :charset, :content_encoding, :location,
        :payload_digest, :payload_sha256, :payload_length, :is_revisit, :truncated, :path, :offset, :length
    )
"""

ADD_OBSERVATION = """
    INSERT OR IGNORE INTO observations (url, at, role, source, outcome, error)
    VALUES (:url, :at, :role, :source, :outcome, :error)
"""

LAST_DIGEST = """
    SELECT payload_digest FROM captures
    WHERE url = :url AND captured_at < :at AND truncated IS NULL AND status BETWEEN 200 AND 299
    ORDER BY captured_at DESC LIMIT 1
"""

ORIGINAL = """
    SELECT * FROM captures
    WHERE url = :url AND payload_digest = :payload_digest AND NOT is_revisit AND truncated IS NULL
    ORDER BY captured_at LIMIT 1
"""

UNREAD_SOURCES = """
    SELECT * FROM captures
    WHERE role IN ('feed', 'sitemap', 'list') AND status BETWEEN 200 AND 299 AND truncated IS NULL
      AND capture_id NOT IN (SELECT capture_id FROM readings)
    ORDER BY captured_at
"""

ADD_DISCOVERY = """
    INSERT INTO discoveries (url, source, found_at, title, published)
    VALUES (:url, :source, :found_at, :title, :published)
    ON CONFLICT (url, source) DO UPDATE SET
        found_at = excluded.found_at, title = excluded.title, published = excluded.published
    WHERE excluded.found_at < found_at
"""

ADD_READING = """
    INSERT OR IGNORE INTO readings (capture_id, discoveries)
    SELECT capture_id, :discoveries FROM captures WHERE path = :path AND offset = :offset
"""

LOOKS = """
    SELECT d.url, min(d.source) AS source, count(DISTINCT o.at) AS looks, min(o.at) AS first_at, max(o.at) AS last_at,
           (SELECT outcome FROM observations l WHERE l.url = d.url ORDER BY at DESC LIMIT 1) AS last_outcome,
           (SELECT a.on_topic FROM addresses x JOIN articles a USING (article_id) WHERE x.url = d.url) AS on_topic
    FROM discoveries d LEFT JOIN observations o ON o.url = d.url
    GROUP BY d.url ORDER BY min(d.found_at), d.url
"""

CAPTURE_AT = "SELECT * FROM captures WHERE path = :path AND offset = :offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known of a discovered URL: how often it was looked at and what was found last."""

    url: str
    source: str
    looks: int
    first_at: datetime | None
    last_at: datetime | None
    last_outcome: str | None
    on_topic: bool | None


def indexed(conn: sqlite3.Connection, path: str) -> int:
    """Bytes of a WARC file whose records are in the database."""
    row = conn.execute(INDEXED, {"path": path}).fetchone()
    return int(row["indexed"]) if row else 0


def set_indexed(conn: sqlite3.Connection, path: str, end: int) -> None:
    """Note that the records before byte `end` are in the database."""
    conn.execute(SET_INDEXED, {"path": path, "indexed": end})


def add(conn: sqlite3.Connection, capture: Capture) -> Observation:
    """Keep a capture and what it observed, and that its WARC file is indexed up to its end."""
    with transaction(conn):
        row = conn.execute(LAST_DIGEST, {"url": capture.url, "at": to_iso(capture.captured_at)}).fetchone()
        seen = observation(capture, last_digest=row["payload_digest"] if row else None)
        set_indexed(conn, capture.record.path, capture.record.offset + capture.record.length)
        conn.execute(ADD_CAPTURE, _capture_values(capture))
        _add_observation(conn, seen, role=capture.role, source=capture.source)
    return seen


def add_failed(conn: sqlite3.Connection, failed: FailedFetch, record: RecordRef) -> None:
    """Keep a look that got no answer, and that its WARC file is indexed up to its record's end."""
    seen = Observation(url=one_word(failed.url), at=failed.at, outcome="failed", error=one_line(failed.error))
    with transaction(conn):
        set_indexed(conn, record.path, record.offset + record.length)
        _add_observation(conn, seen, role=failed.role, source=failed.source)


def original(conn: sqlite3.Connection, *, url: str, payload_digest: str) -> Capture | None:
    """The first whole capture of a URL that holds a payload, which later revisits refer to."""
    row = conn.execute(ORIGINAL, {"url": url, "payload_digest": payload_digest}).fetchone()
    return _capture(row) if row else None


def unread_sources(conn: sqlite3.Connection) -> list[Capture]:
    """Captures of feeds, sitemaps and lists whose discoveries are not in the database yet, oldest first."""
    return [_capture(row) for row in conn.execute(UNREAD_SOURCES)]


def add_discoveries(conn: sqlite3.Connection, record: RecordRef, discoveries: Iterable[Discovery]) -> int:
    """Keep what one capture of a source announced; the earliest announcement of a URL by a source stands."""
    rows = [
        {"url": d.url, "source": d.source, "found_at": to_iso(d.found_at), "title": d.title, "published": d.published}
        for d in discoveries
    ]
    with transaction(conn):
        conn.executemany(ADD_DISCOVERY, rows)
        conn.execute(ADD_READING, {"path": record.path, "offset": record.offset, "discoveries": len(rows)})
    return len(rows)


def looks(conn: sqlite3.Connection) -> Iterator[Look]:
    """Every discovered URL with what was seen of it, in the order of discovery."""
    for row in conn.execute(LOOKS):
        yield Look(
            url=row["url"], source=row["source"], looks=row["looks"],
            first_at=from_iso(row["first_at"]) if row["first_at"] else None,
            last_at=from_iso(row["last_at"]) if row["last_at"] else None,
            last_outcome=row["last_outcome"],
            on_topic=None if row["on_topic"] is None else bool(row["on_topic"]),
        )


def capture_at(conn: sqlite3.Connection, *, path: str, offset: int) -> Capture | None:
    """The capture whose WARC record starts at a byte of a file."""
    row = conn.execute(CAPTURE_AT, {"path": path, "offset": offset}).fetchone()
    return _capture(row) if row else None


def _add_observation(conn: sqlite3.Connection, seen: Observation, *, role: Role, source: str | None) -> None:
    conn.execute(ADD_OBSERVATION, {
        "url": seen.url, "at": to_iso(seen.at), "role": role, "source": source,
        "outcome": seen.outcome, "error": seen.error,
    })


def _capture_values(capture: Capture) -> dict[str, object]:
    return {
        "url": capture.url, "captured_at": to_iso(capture.captured_at), "via": capture.via, "role": capture.role,
        "source": capture.source, "status": capture.status, "media_type": capture.media_type,
        "charset": capture.charset, "content_encoding": capture.content_encoding, "location": capture.location,
        "payload_digest": capture.payload_digest, "payload_sha256": capture.payload_sha256,
        "payload_length": capture.payload_length, "is_revisit": int(capture.is_revisit),
        "truncated": capture.truncated, "path": capture.record.path, "offset": capture.record.offset,
        "length": capture.record.length,
    }


def _capture(row: sqlite3.Row) -> Capture:
    return Capture(
        url=row["url"], captured_at=from_iso(row["captured_at"]), via=row["via"], role=cast(Role, row["role"]),
        source=row["source"], status=row["status"], media_type=row["media_type"], charset=row["charset"],
        content_encoding=row["content_encoding"], location=row["location"], payload_digest=row["payload_digest"],
        payload_sha256=row["payload_sha256"], payload_length=row["payload_length"],
        is_revisit=bool(row["is_revisit"]), truncated=cast("Truncated | None", row["truncated"]),
        record=RecordRef(path=row["path"], offset=row["offset"], length=row["length"]),
    )
