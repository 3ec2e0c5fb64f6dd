"""Articles that were announced and that no look of ours could read, and what archives say they hold of them."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from archive.model import Memento
from archive.store.slices import Scope
from archive.times import from_iso, to_iso

# Our own looks alone: whether another archive's copy is here already must not decide what this one is asked for, or
# the order of the questions would show. A page that sends on is judged by where it sends.
GAPS = """
    SELECT d.url, d.source, d.found_at, d.published, (
        SELECT o.error FROM observations o WHERE o.url = d.url AND o.via = 'stemma' AND o.outcome = 'redirected'
        ORDER BY o.at DESC LIMIT 1) AS moved_to
    FROM discoveries d
    WHERE d.source IN (SELECT value FROM json_each(:whats))
      AND (EXISTS (SELECT 1 FROM observations o WHERE o.url = d.url AND o.via = 'stemma')
           OR EXISTS (SELECT 1 FROM failures f WHERE f.stage = 'refused' AND f.subject = d.url))
      AND NOT EXISTS (SELECT 1 FROM observations o
                      WHERE o.url = d.url AND o.via = 'stemma' AND o.outcome IN ('new', 'unchanged'))
    ORDER BY d.url, d.source
"""

READ = "SELECT 1 FROM observations WHERE url = :url AND via = 'stemma' AND outcome IN ('new', 'unchanged') LIMIT 1"

# Hosts of which an archive's index would not, or could not, tell all.
UNTOLD = """
    SELECT DISTINCT what FROM slices
    WHERE service = :of AND start < :until AND "end" > :since
      AND (state = 'refused' OR (state = 'pending' AND reason IS NOT NULL))
"""

LISTED = """
    SELECT original, captured_at, urlkey, digest, length, place, state FROM mementos
    WHERE service = :service AND original = :article ORDER BY captured_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One announcement of what could not be read; `moved_to`: where it sent us on to."""

    url: str
    source: str
    found_at: datetime
    published: str | None
    moved_to: str | None


def unread(conn: sqlite3.Connection, scope: Scope) -> list[Gap]:
    """What the sources of a scope announced and no look of ours could read; what was not looked at is the crawl's."""
    return [
        Gap(url=row["url"], source=row["source"], found_at=from_iso(row["found_at"]), published=row["published"],
            moved_to=row["moved_to"])
        for row in conn.execute(GAPS, scope.values())
    ]


def is_read(conn: sqlite3.Connection, url: str) -> bool:
    """Whether a look of ours found content at an address."""
    return conn.execute(READ, {"url": url}).fetchone() is not None


def untold(conn: sqlite3.Connection, scope: Scope, *, service: str) -> set[str]:
    """Hosts of which a service did not tell all for the span of a scope."""
    values = {"of": service, "since": to_iso(scope.since), "until": to_iso(scope.until)}
    return {row["what"] for row in conn.execute(UNTOLD, values)}


def listed(conn: sqlite3.Connection, service: str, articles: Iterable[str]) -> dict[str, list[tuple[Memento, bool]]]:
    """Of each article the mementos that a service named, oldest first, each with whether it is to be fetched yet."""
    return {article: [(_memento(row), row["state"] == "waiting")
                      for row in conn.execute(LISTED, {"service": service, "article": article})]
            for article in articles}


def _memento(row: sqlite3.Row) -> Memento:
    return Memento(original=row["original"], captured_at=from_iso(row["captured_at"]), urlkey=row["urlkey"],
                   digest=row["digest"], length=row["length"], place=row["place"])
