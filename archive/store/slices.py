"""What archives were asked, slice by slice, and what they say they hold: the work that backfill has left.

Of services without an index a memento is a whole file to read, its place the byte at which to go on.

These rows are no evidence: a rebuild begins without them, asks again, and passes over what is held already.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from archive.model import Memento, Slice
from archive.store import transaction
from archive.times import from_iso, to_iso

SliceState = Literal["done", "split", "refused"]
MementoState = Literal["waiting", "kept", "missing"]

ADD_SLICE = """
    INSERT OR IGNORE INTO slices (service, what, start, "end", resume_key, state)
    VALUES (:service, :what, :start, :end, :resume_key, 'pending')
"""

# Spans that were cut in two are there still, so that a plan made again finds them settled.
PENDING_SLICES = """
    SELECT service, what, start, "end", resume_key FROM slices
    WHERE service = :service AND state = 'pending' AND start < :until AND "end" > :since
      AND what IN (SELECT value FROM json_each(:whats))
    ORDER BY what, start, "end" LIMIT :limit
"""

# Files to read for one span, the uppermost first, of those sources or articles that are asked for.
PENDING_FILES = """
    SELECT service, what, start, "end", resume_key FROM slices
    WHERE service = :service AND state = 'pending' AND start = :since AND "end" = :until
      AND substr(resume_key, instr(resume_key, ' ') + 1) IN (SELECT value FROM json_each(:whats))
    ORDER BY resume_key, what
"""

# How many files of a site were planned for one span.
PLANNED_FILES = """
    SELECT count(*) AS n FROM slices
    WHERE service = :service AND start = :start AND "end" = :end AND substr(what, 1, length(:site)) = :site
"""

RESUME_AT = """
    UPDATE slices SET resume_key = :resume_key, reason = NULL
    WHERE service = :service AND what = :what AND start = :start AND "end" = :end
"""

SETTLE_SLICE = """
    UPDATE slices SET state = :state, reason = :reason, resume_key = NULL
    WHERE service = :service AND what = :what AND start = :start AND "end" = :end
"""

NOTE_SLICE = """
    UPDATE slices SET reason = :reason
    WHERE service = :service AND what = :what AND start = :start AND "end" = :end
"""

ADD_MEMENTO = """
    INSERT OR IGNORE INTO mementos (
        service, original, captured_at, urlkey, digest, length, host, place, state
    ) VALUES (:service, :original, :captured_at, :urlkey, :digest, :length, :host, :place, 'waiting')
"""

# Of each run of one payload of a page the first: the archive kept the rest as the same.
WANTED = """
    WITH run AS (
        SELECT *, lag(digest) OVER (PARTITION BY service, urlkey ORDER BY captured_at, original) AS before
        FROM mementos WHERE service = :service AND host IN (SELECT value FROM json_each(:hosts))
    )
    SELECT original, captured_at, urlkey, digest, length, place FROM run
    WHERE before IS NOT digest AND state = 'waiting' AND captured_at >= :since AND captured_at < :until
    ORDER BY captured_at, original
"""

# By the setting that the refusal names.
FORBIDDEN = """
    SELECT original, captured_at FROM mementos
    WHERE service = :service AND state = 'waiting' AND instr(reason, 'crawl.archives_obey_robots') > 0
"""

REACHED = """
    UPDATE mementos SET place = :place, length = coalesce(:length, length)
    WHERE service = :service AND original = :original AND captured_at = :captured_at
"""

SETTLE_MEMENTO = """
    UPDATE mementos SET state = :state, reason = :reason
    WHERE service = :service AND original = :original AND captured_at = :captured_at
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a backfill is about: hosts or other subjects as a JSON list, and a span of time, its end excluded."""

    service: str
    whats: str
    since: datetime
    until: datetime

    def values(self) -> dict[str, object]:
        """As the queries name them."""
        return {"service": self.service, "whats": self.whats, "hosts": self.whats, "since": to_iso(self.since),
                "until": to_iso(self.until)}


def plan(conn: sqlite3.Connection, parts: Iterable[Slice]) -> None:
    """Add the questions that were not planned before."""
    with transaction(conn):
        conn.executemany(ADD_SLICE, [_new(part) for part in parts])


def pending(conn: sqlite3.Connection, scope: Scope, *, limit: int) -> list[Slice]:
    """The next questions of a scope."""
    return [_slice(row) for row in conn.execute(PENDING_SLICES, {**scope.values(), "limit": limit})]


def pending_files(conn: sqlite3.Connection, scope: Scope) -> list[Slice]:
    """The files that are still to be read for exactly this span, the uppermost first."""
    return [_slice(row) for row in conn.execute(PENDING_FILES, scope.values())]


def planned_files(conn: sqlite3.Connection, part: Slice, *, site: str) -> int:
    """How many files were planned for the span of one of them; `site` is how their addresses begin."""
    return int(conn.execute(PLANNED_FILES, {**_key(part), "site": site}).fetchone()["n"])


def answered(
    conn: sqlite3.Connection, part: Slice, found: Sequence[Memento], *, resume_key: str | None, of: str | None = None
) -> None:
    """Keep what one answer says and where the next one goes on, or that it was the last: both or none.

    The mementos are those of the slice's host, or `of` what else the slice was read for.
    """
    with transaction(conn):
        conn.executemany(ADD_MEMENTO, [
            {"service": part.service, "original": one.original, "captured_at": to_iso(one.captured_at),
             "urlkey": one.urlkey, "digest": one.digest, "length": one.length, "host": of or part.what,
             "place": one.place}
            for one in found
        ])
        if resume_key is None:
            _settle(conn, part, "done", None)
        else:
            conn.execute(RESUME_AT, {**_key(part), "resume_key": resume_key})


def settle(conn: sqlite3.Connection, part: Slice, state: SliceState, reason: str | None = None) -> None:
    """A question has no more to give."""
    with transaction(conn):
        _settle(conn, part, state, reason)


def split(conn: sqlite3.Connection, part: Slice, parts: Sequence[Slice], reason: str) -> None:
    """Put shorter questions in the place of one that was too much for its service."""
    with transaction(conn):
        conn.executemany(ADD_SLICE, [_new(shorter) for shorter in parts])
        _settle(conn, part, "split", reason)


def note(conn: sqlite3.Connection, part: Slice, reason: str) -> None:
    """Why a question stays open."""
    conn.execute(NOTE_SLICE, {**_key(part), "reason": reason})


def wanted(conn: sqlite3.Connection, scope: Scope) -> list[Memento]:
    """The pages to fetch, oldest first: of each run of one payload the first."""
    return [
        Memento(original=row["original"], captured_at=from_iso(row["captured_at"]), urlkey=row["urlkey"],
                      digest=row["digest"], length=row["length"], place=row["place"])
        for row in conn.execute(WANTED, scope.values())
    ]


def forbidden(conn: sqlite3.Connection, service: str) -> set[tuple[str, datetime]]:
    """(original, moment) of the pages that were refused by the rules of their own sites when that was last asked."""
    return {(row["original"], from_iso(row["captured_at"])) for row in conn.execute(FORBIDDEN, {"service": service})}


def settle_memento(
    conn: sqlite3.Connection, service: str, one: Memento, state: MementoState, reason: str | None = None
) -> None:
    """A page was fetched, or cannot be."""
    conn.execute(SETTLE_MEMENTO, {
        "service": service, "original": one.original, "captured_at": to_iso(one.captured_at), "state": state,
        "reason": reason,
    })


def reached(conn: sqlite3.Connection, service: str, one: Memento, offset: int, *, size: int | None) -> None:
    """How far a file was read, and its size where that is known."""
    conn.execute(REACHED, {
        "service": service, "original": one.original, "captured_at": to_iso(one.captured_at), "place": str(offset),
        "length": size,
    })


def _settle(conn: sqlite3.Connection, part: Slice, state: SliceState, reason: str | None) -> None:
    conn.execute(SETTLE_SLICE, {**_key(part), "state": state, "reason": reason})


def _slice(row: sqlite3.Row) -> Slice:
    return Slice(service=row["service"], what=row["what"], start=from_iso(row["start"]), end=from_iso(row["end"]),
                 resume_key=row["resume_key"])


def _new(part: Slice) -> dict[str, object]:
    return {**_key(part), "resume_key": part.resume_key}


def _key(part: Slice) -> dict[str, object]:
    return {"service": part.service, "what": part.what, "start": to_iso(part.start), "end": to_iso(part.end)}
