"""Which captures bear out a version, and which ones make a package of the archive, an article, a family or a source."""

import sqlite3

from archive.model import Capture
from archive.store.captures import from_row

SEEN_FIRST = """
    SELECT c.* FROM sightings s JOIN captures c USING (capture_id)
    WHERE s.version_id = :version_id ORDER BY c.captured_at, c.capture_id LIMIT 1
"""

# A revisit's own agent's capture first: that is the one which its record refers to.
HOLDER = """
    SELECT * FROM captures WHERE url = :url AND payload_digest = :payload_digest AND NOT is_revisit
    ORDER BY via <> :via, truncated IS NOT NULL, captured_at LIMIT 1
"""


def seen_first(conn: sqlite3.Connection, version_id: int) -> Capture | None:
    """The capture that a version was first seen in."""
    row = conn.execute(SEEN_FIRST, {"version_id": version_id}).fetchone()
    return from_row(row) if row else None


def holder(conn: sqlite3.Connection, revisit: Capture) -> Capture | None:
    """The capture that holds a revisit's payload."""
    row = conn.execute(HOLDER, {
        "url": revisit.url, "payload_digest": revisit.payload_digest, "via": revisit.via}).fetchone()
    return from_row(row) if row else None
