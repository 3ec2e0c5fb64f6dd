"""What one crawler's archive knows of that another crawler is to ask for."""

import sqlite3
from collections.abc import Iterator

# An address with the source that led to it: as announced, or as the target of a redirect.
ANNOUNCED = "SELECT url, source, NULL AS location FROM discoveries"
REDIRECTED = """
    SELECT url, source, location FROM captures
    WHERE role = 'article' AND status BETWEEN 301 AND 308 AND location IS NOT NULL AND source IS NOT NULL
"""
KNOWN = "SELECT url FROM discoveries"


def addresses(conn: sqlite3.Connection) -> Iterator[tuple[str, str, str | None]]:
    """Addresses with their sources; of a redirect with the place that it names, which is yet to be made absolute."""
    for query in (ANNOUNCED, REDIRECTED):
        for row in conn.execute(query):
            yield row["url"], row["source"], row["location"]


def known(conn: sqlite3.Connection) -> set[str]:
    """All that was announced here."""
    return {row["url"] for row in conn.execute(KNOWN)}
