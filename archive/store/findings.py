"""What the archive knows of one address, whether or not it is on the topic."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from archive.store.captures import capture_at
from archive.times import from_iso, to_iso
from archive.urls import absolute

MAX_HOPS = 10

LOOK = """
    SELECT o.at, o.outcome, o.error, c.path, c.offset FROM observations o
    LEFT JOIN captures c ON c.url = o.url AND c.captured_at = o.at AND c.via = o.via
    WHERE o.url = :url AND o.via = 'stemma' AND o.at >= :since ORDER BY o.at DESC LIMIT 1
"""

REASON = """
    SELECT reason FROM failures WHERE subject = :url AND stage IN ('refused', 'crawl') AND at >= :since
    ORDER BY at DESC LIMIT 1
"""

READ = """
    SELECT d.title, d.on_topic, d.score, d.terms FROM captures c
    JOIN documents d ON d.payload_digest = c.payload_digest AND d.url = c.url
    WHERE c.url = :url AND c.truncated IS NULL ORDER BY c.captured_at DESC, d.document_id DESC LIMIT 1
"""

WHY_UNREAD = """
    SELECT f.reason FROM captures c
    JOIN failures f ON f.stage = 'extract' AND f.subject = c.payload_digest || ' ' || c.url
    WHERE c.url = :url ORDER BY c.captured_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a look found, at the end of its redirects; outcome None: it was not asked for, and `reason` says why.

    title, on_topic, score and terms are those of the document that was read there, None where none was.
    """

    url: str
    at: datetime | None
    outcome: str | None
    reason: str | None
    record: str | None  # "file at byte N" of the WARC record
    payload_digest: str | None
    title: str | None
    on_topic: bool | None
    score: float | None
    terms: tuple[str, ...]


def found(conn: sqlite3.Connection, url: str, *, since: datetime) -> Found:
    """The newest look at an address since a moment."""
    for _ in range(MAX_HOPS):
        row = conn.execute(LOOK, {"url": url, "since": to_iso(since)}).fetchone()
        target = absolute(url, row["error"] or "") if row is not None and row["outcome"] == "redirected" else None
        if target is None or target == url:
            break
        url = target
    key = {"url": url, "since": to_iso(since)}
    capture = capture_at(conn, path=row["path"], offset=row["offset"]) if row is not None and row["path"] else None
    refusal = conn.execute(REASON, key).fetchone() or conn.execute(WHY_UNREAD, key).fetchone()
    read = conn.execute(READ, key).fetchone()
    return Found(
        url=url, at=from_iso(row["at"]) if row else None, outcome=row["outcome"] if row else None,
        reason=(row["error"] if row else None) or (refusal["reason"] if refusal else None),
        record=f"{capture.record.path} at byte {capture.record.offset}" if capture else None,
        payload_digest=capture.payload_digest if capture else None, title=read["title"] if read else None,
        on_topic=bool(read["on_topic"]) if read and read["on_topic"] is not None else None,
        score=read["score"] if read else None, terms=tuple(json.loads(read["terms"] or "[]")) if read else (),
    )
