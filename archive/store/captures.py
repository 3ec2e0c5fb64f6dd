"""Captures and observations: what came in, and how far the WARC files are indexed."""

import sqlite3
from datetime import datetime
from typing import cast

from archive.lines import one_line, one_word
from archive.model import BlockKind, Capture, FailedFetch, Observation, RecordRef, Role, Truncated
from archive.observations import observation
from archive.store import transaction
from archive.times import from_iso, to_iso

INDEXED = "SELECT indexed FROM warcs WHERE path = :path"

INDEXED_FILES = "SELECT path, indexed FROM warcs ORDER BY path"

SET_INDEXED = """
    INSERT INTO warcs (path, indexed) VALUES (:path, :indexed)
    ON CONFLICT (path) DO UPDATE SET indexed = max(indexed, excluded.indexed)
"""

ADD_CAPTURE = """
    INSERT OR IGNORE INTO captures (
        url, captured_at, via, role, source, status, media_type, charset, content_encoding, location,
        etag, last_modified, payload_digest, payload_sha256, payload_length, is_revisit, truncated, path, offset, length
    ) VALUES (
        :url, :captured_at, :via, :role, :source, :status, :media_type, :charset, :content_encoding, :location,
        :etag, :last_modified, :payload_digest, :payload_sha256, :payload_length, :is_revisit, :truncated,
        :path, :offset, :length
    )
"""

ADD_OBSERVATION = """
    INSERT OR IGNORE INTO observations (url, at, role, source, outcome, error, via)
    VALUES (:url, :at, :role, :source, :outcome, :error, :via)
"""

# What came in later may be the older: the look after it is judged anew, so that no order of arrival shows.
JUDGE_NEXT = """
    UPDATE observations SET outcome = CASE
        WHEN :payload_digest = (SELECT c.payload_digest FROM captures c WHERE c.url = :url AND c.captured_at = at
                                AND c.truncated IS NULL AND c.status BETWEEN 200 AND 299)
        THEN 'unchanged' ELSE 'new' END
    WHERE url = :url AND outcome IN ('new', 'unchanged') AND at = (
        SELECT min(captured_at) FROM captures c
        WHERE url = :url AND captured_at > :at AND truncated IS NULL AND status BETWEEN 200 AND 299
          AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.url = c.url AND b.payload_digest = c.payload_digest))
"""

LAST_DIGEST = """
    SELECT payload_digest FROM captures c
    WHERE url = :url AND captured_at < :at AND truncated IS NULL AND status BETWEEN 200 AND 299
      AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.url = c.url AND b.payload_digest = c.payload_digest)
    ORDER BY captured_at DESC LIMIT 1
"""

BLOCK = "SELECT kind, reason FROM blocks WHERE url = :url AND payload_digest = :payload_digest LIMIT 1"

LOOKS_AT = "SELECT * FROM captures WHERE url = :url AND role = 'article' ORDER BY captured_at, capture_id"

SET_OUTCOME = "UPDATE observations SET outcome = :outcome, error = :error WHERE url = :url AND at = :at"

ORIGINAL = """
    SELECT * FROM captures
    WHERE url = :url AND payload_digest = :payload_digest AND NOT is_revisit AND truncated IS NULL AND via = :via
    ORDER BY captured_at LIMIT 1
"""

HOLDER = """
    SELECT * FROM captures
    WHERE url = :url AND payload_digest = :payload_digest AND NOT is_revisit AND truncated IS NULL
    ORDER BY captured_at LIMIT 1
"""

HELD = """
    SELECT 1 FROM captures
    WHERE url = :url AND captured_at = :captured_at AND payload_digest = :payload_digest LIMIT 1
"""

KEPT = "SELECT 1 FROM captures WHERE url = :url AND captured_at = :captured_at AND via = :via LIMIT 1"

LATEST = """
    SELECT * FROM captures WHERE url = :url AND captured_at BETWEEN :since AND :until AND via = 'stemma'
    ORDER BY captured_at DESC LIMIT 1
"""

# Servers that had too much to do, the last first; of so many answers the older say hardly anything new.
BUSY = """
    SELECT * FROM captures
    WHERE status IN (429, 503) AND captured_at BETWEEN :since AND :until AND via = 'stemma'
    ORDER BY captured_at DESC LIMIT 1000
"""

# The newest whole capture with the payload that was seen last whose server gave a validator: an answer of 304 need not
# repeat it. A list was read for some days only: "not modified" since then would be an answer from which a rebuild could
# not tell the rest.
VALIDATED = """
    WITH whole AS (
        SELECT * FROM captures c WHERE url = :url AND status IN (200, 304) AND truncated IS NULL
        AND via = 'stemma' AND role <> 'list'
        AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.url = c.url AND b.payload_digest = c.payload_digest)
    )
    SELECT * FROM whole
    WHERE payload_digest = (SELECT payload_digest FROM whole ORDER BY captured_at DESC LIMIT 1)
      AND (etag IS NOT NULL OR last_modified IS NOT NULL)
      AND captured_at >= (  -- a 200 without one, after it, took it back
          SELECT coalesce(max(captured_at), '') FROM whole
          WHERE status = 200 AND etag IS NULL AND last_modified IS NULL)
    ORDER BY captured_at DESC LIMIT 1
"""

CAPTURE_AT = "SELECT * FROM captures WHERE path = :path AND offset = :offset"


def indexed(conn: sqlite3.Connection, path: str) -> int:
    """Bytes of a WARC file whose records are in the database."""
    row = conn.execute(INDEXED, {"path": path}).fetchone()
    return int(row["indexed"]) if row else 0


def indexed_files(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """Every WARC file of which records are in the database, and up to which byte."""
    return [(row["path"], row["indexed"]) for row in conn.execute(INDEXED_FILES)]


def set_indexed(conn: sqlite3.Connection, path: str, end: int) -> None:
    """Note that the records before byte `end` are in the database."""
    conn.execute(SET_INDEXED, {"path": path, "indexed": end})


def add(conn: sqlite3.Connection, capture: Capture) -> Observation:
    """Keep a capture and what it observed, and that its WARC file is indexed up to its end."""
    with transaction(conn):
        row = conn.execute(LAST_DIGEST, {"url": capture.url, "at": to_iso(capture.captured_at)}).fetchone()
        seen = observation(capture, last_digest=row["payload_digest"] if row else None, block=_block(conn, capture))
        set_indexed(conn, capture.record.path, capture.record.offset + capture.record.length)
        conn.execute(ADD_CAPTURE, _capture_values(capture))
        _add_observation(conn, seen, role=capture.role, source=capture.source, via=capture.via)
        if seen.outcome in ("new", "unchanged"):
            conn.execute(JUDGE_NEXT, {
                "url": capture.url, "at": to_iso(capture.captured_at), "payload_digest": capture.payload_digest,
            })
    return seen


def judge_again(conn: sqlite3.Connection, url: str) -> None:
    """Decide anew what every look at an article found, as the blocks known by now make some of them another thing."""
    last_digest = None
    for row in conn.execute(LOOKS_AT, {"url": url}).fetchall():
        capture = from_row(row)
        seen = observation(capture, last_digest=last_digest, block=_block(conn, capture))
        values = {"url": seen.url, "at": to_iso(seen.at), "outcome": seen.outcome, "error": seen.error}
        conn.execute(SET_OUTCOME, values)
        if seen.outcome in ("new", "unchanged"):
            last_digest = capture.payload_digest


def _block(conn: sqlite3.Connection, capture: Capture) -> tuple[BlockKind, str] | None:
    row = conn.execute(BLOCK, {"url": capture.url, "payload_digest": capture.payload_digest}).fetchone()
    return (row["kind"], row["reason"]) if row else None


def add_failed(conn: sqlite3.Connection, failed: FailedFetch, record: RecordRef) -> Observation:
    """Keep a look that got no answer, and that its WARC file is indexed up to its record's end."""
    seen = Observation(url=one_word(failed.url), at=failed.at, outcome="failed", error=one_line(failed.error))
    with transaction(conn):
        set_indexed(conn, record.path, record.offset + record.length)
        _add_observation(conn, seen, role=failed.role, source=failed.source, via="stemma")
    return seen


def original(conn: sqlite3.Connection, *, url: str, payload_digest: str, via: str = "stemma") -> Capture | None:
    """The first whole capture of a URL by one agent that holds a payload, which its later revisits refer to.

    By one agent, so that what is a revisit does not depend on which source was asked first.
    """
    row = conn.execute(ORIGINAL, {"url": url, "payload_digest": payload_digest, "via": via}).fetchone()
    return from_row(row) if row else None


def holder(conn: sqlite3.Connection, *, url: str, payload_digest: str) -> Capture | None:
    """The first whole capture of a URL that holds a payload, whoever captured it."""
    row = conn.execute(HOLDER, {"url": url, "payload_digest": payload_digest}).fetchone()
    return from_row(row) if row else None


def is_held(conn: sqlite3.Connection, *, url: str, captured_at: datetime, payload_digest: str) -> bool:
    """Whether a capture is in the archive already, whoever brought it."""
    values = {"url": url, "captured_at": to_iso(captured_at), "payload_digest": payload_digest}
    return conn.execute(HELD, values).fetchone() is not None


def is_kept(conn: sqlite3.Connection, *, url: str, captured_at: datetime, via: str) -> bool:
    """Whether the archive holds what an agent captured at a moment, whatever the payload."""
    values = {"url": url, "captured_at": to_iso(captured_at), "via": via}
    return conn.execute(KEPT, values).fetchone() is not None


def latest(conn: sqlite3.Connection, *, url: str, since: datetime, until: datetime) -> Capture | None:
    """The newest capture of a URL between two moments."""
    row = conn.execute(LATEST, {"url": url, "since": to_iso(since), "until": to_iso(until)}).fetchone()
    return from_row(row) if row else None


def busy(conn: sqlite3.Connection, *, since: datetime, until: datetime) -> list[Capture]:
    """Answers of 429 and 503 between two moments, the newest first."""
    return [from_row(row) for row in conn.execute(BUSY, {"since": to_iso(since), "until": to_iso(until)})]


def validated(conn: sqlite3.Connection, *, url: str) -> Capture | None:
    """The whole capture whose validators to send when a URL is asked for again; None where it has none."""
    row = conn.execute(VALIDATED, {"url": url}).fetchone()
    return from_row(row) if row else None


def capture_at(conn: sqlite3.Connection, *, path: str, offset: int) -> Capture | None:
    """The capture whose WARC record starts at a byte of a file."""
    row = conn.execute(CAPTURE_AT, {"path": path, "offset": offset}).fetchone()
    return from_row(row) if row else None


def _add_observation(
    conn: sqlite3.Connection, seen: Observation, *, role: Role, source: str | None, via: str
) -> None:
    conn.execute(ADD_OBSERVATION, {
        "url": seen.url, "at": to_iso(seen.at), "role": role, "source": source,
        "outcome": seen.outcome, "error": seen.error, "via": via,
    })


def _capture_values(capture: Capture) -> dict[str, object]:
    return {
        "url": capture.url, "captured_at": to_iso(capture.captured_at), "via": capture.via, "role": capture.role,
        "source": capture.source, "status": capture.status, "media_type": capture.media_type,
        "charset": capture.charset, "content_encoding": capture.content_encoding, "location": capture.location,
        "etag": capture.etag, "last_modified": capture.last_modified,
        "payload_digest": capture.payload_digest, "payload_sha256": capture.payload_sha256,
        "payload_length": capture.payload_length, "is_revisit": int(capture.is_revisit),
        "truncated": capture.truncated, "path": capture.record.path, "offset": capture.record.offset,
        "length": capture.record.length,
    }


def from_row(row: sqlite3.Row) -> Capture:
    """A row of captures as a value."""
    return Capture(
        url=row["url"], captured_at=from_iso(row["captured_at"]), via=row["via"], role=cast(Role, row["role"]),
        source=row["source"], status=row["status"], media_type=row["media_type"], charset=row["charset"],
        content_encoding=row["content_encoding"], location=row["location"], etag=row["etag"],
        last_modified=row["last_modified"], payload_digest=row["payload_digest"],
        payload_sha256=row["payload_sha256"], payload_length=row["payload_length"],
        is_revisit=bool(row["is_revisit"]), truncated=cast("Truncated | None", row["truncated"]),
        record=RecordRef(path=row["path"], offset=row["offset"], length=row["length"]),
    )
