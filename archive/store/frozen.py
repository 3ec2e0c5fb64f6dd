"""Families as they were cited, as events.jsonl has them."""

import json
import sqlite3
from collections.abc import Sequence

from archive.frozen import Frozen
from archive.store import pages, transaction
from archive.times import from_iso, to_iso

FOUND = "SELECT family, run, at, by, digest, statement FROM frozen_family WHERE family = :family AND run = :run"
OF_FAMILY = """
    SELECT family, run, at, by, digest, statement FROM frozen_family f
    WHERE family = :family OR EXISTS (
        SELECT 1 FROM json_each(f.statement, '$.members') m
        JOIN version v ON v.public_id = json_extract(m.value, '$.public_id') JOIN article a USING (article_id)
        WHERE a.family = :family)
    ORDER BY run, family
"""
KNOWN = "SELECT family, run, at, by, digest, statement FROM frozen_families"
CLEAR = "DELETE FROM frozen_families"
ADD = """
    INSERT OR REPLACE INTO frozen_families (family, run, at, by, digest, statement)
    VALUES (?, ?, ?, ?, ?, ?)
"""


def replace(conn: sqlite3.Connection, wanted: Sequence[Frozen]) -> int:
    """Make what is held what events.jsonl says; how many statements are new."""
    known = {tuple(row) for row in conn.execute(KNOWN)}
    asked = {(one.family, one.run, to_iso(one.at), one.by, one.digest,
              json.dumps(one.statement, ensure_ascii=False, sort_keys=True)): None for one in wanted}
    if known != asked.keys():  # also where a row was changed
        with transaction(conn):
            conn.execute(CLEAR)
            conn.executemany(ADD, asked)
    return len(asked.keys() - known)


def find(conn: sqlite3.Connection, family: str, run: int) -> Frozen | None:
    """A family as of a run; None where it was not cited then."""
    row = conn.execute(FOUND, {"family": family, "run": run}).fetchone()
    return _frozen(row) if row else None


def of_family(conn: sqlite3.Connection, family: str) -> tuple[Frozen, ...]:
    """All statements of a family, under whatever names, and of others that it has members of; the oldest first."""
    return tuple(map(_frozen, conn.execute(OF_FAMILY, {"family": family})))


def title(conn: sqlite3.Connection, frozen: Frozen) -> str | None:
    """The headline of the text that a family was named after; None where that is not held, or not shown any more."""
    place = pages.find(conn, frozen.family)
    cards = pages.cards(conn, [place.version_id]) if place is not None else {}
    return next((card.title for card in cards.values()), None)


def _frozen(row: sqlite3.Row) -> Frozen:
    return Frozen(family=row["family"], run=row["run"], at=from_iso(row["at"]), by=row["by"], digest=row["digest"],
                  statement=json.loads(row["statement"]))
