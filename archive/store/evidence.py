"""Which captures bear out a version, and which ones make a package of the archive, an article, a family or a source."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime

from archive.model import Capture
from archive.store.captures import from_row
from archive.times import to_iso

SEEN_FIRST = """
    SELECT c.* FROM sightings s JOIN captures c USING (capture_id)
    WHERE s.version_id = :version_id ORDER BY c.captured_at, c.capture_id LIMIT 1
"""

# A revisit's own agent's capture first: that is the one which its record refers to.
HOLDER = """
    SELECT * FROM captures WHERE url = :url AND payload_digest = :payload_digest AND NOT is_revisit
    ORDER BY via <> :via, truncated IS NOT NULL, captured_at LIMIT 1
"""

# Of what is asked for by nothing, all; the headline stands where a capture shows an article in a state.
WANTED = """
    SELECT c.*, (SELECT v.title FROM sightings s JOIN versions v USING (version_id) WHERE s.capture_id = c.capture_id)
           AS headline
    FROM captures c
    WHERE (:article_id IS NULL OR c.url IN (SELECT url FROM addresses WHERE article_id = :article_id))
      AND (:family IS NULL OR c.url IN (
           SELECT x.url FROM families f JOIN members m USING (family_id) JOIN addresses x ON x.article_id = m.article_id
           WHERE f.public_id = :family))
      AND (:source IS NULL OR c.source = :source)
      AND (:since IS NULL OR c.captured_at >= :since) AND (:before IS NULL OR c.captured_at < :before)
      AND c.role <> 'list'
    ORDER BY c.path, c.offset
"""


def wanted(
    conn: sqlite3.Connection, *, article_id: int | None = None, family: str | None = None, source: str | None = None,
    since: datetime | None = None, before: datetime | None = None,
) -> Iterator[tuple[Capture, str | None]]:
    """Captures that are of all that is named, with the headline that each shows; by where they lie."""
    for row in conn.execute(WANTED, {
        "article_id": article_id, "family": family, "source": source, "since": to_iso(since) if since else None,
        "before": to_iso(before) if before else None,
    }):
        yield from_row(row), row["headline"]


def seen_first(conn: sqlite3.Connection, version_id: int) -> Capture | None:
    """The capture that a version was first seen in."""
    row = conn.execute(SEEN_FIRST, {"version_id": version_id}).fetchone()
    return from_row(row) if row else None


def holder(conn: sqlite3.Connection, revisit: Capture) -> Capture | None:
    """The capture that holds a revisit's payload."""
    row = conn.execute(HOLDER, {
        "url": revisit.url, "payload_digest": revisit.payload_digest, "via": revisit.via}).fetchone()
    return from_row(row) if row else None
