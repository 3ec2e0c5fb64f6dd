"""`stemma verify --rebuild`: the database against one that is made anew from the evidence, by what public views say.

What verify else compares of it are captures and texts; the rest is derived, and only deriving it again can tell.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from time import monotonic

from archive.folder import Archive
from archive.model import Report
from archive.store import open_database, tables
from pipeline.operating.care import removed
from pipeline.steps import update
from pipeline.work import Work, by_frequency

DIFFERS = "views that say otherwise than a database made anew: run 'stemma rebuild'"


def compare_anew(work: Work) -> Report:
    """Bring the database up to date, make another beside it, and compare the two; the other is removed.

    Each view that differs is a failure of the stage `database`.
    """
    started, failed = monotonic(), Counter[str]()
    update(work)
    beside = work.archive.folder.path / "archive.db.compare"
    removed(beside)
    conn = open_database(beside, create=True)
    try:
        update(Work(Archive(work.archive.folder, conn), work.topic, work.clock, work.progress))
        for view in tables.VIEWS:
            if (trouble := _difference(work.conn, conn, view)) is not None:
                work.fail("database", f"view {view}", trouble)
                failed[DIFFERS] += 1
    finally:
        conn.close()
        removed(beside)
    return Report(step="anew", done=len(tables.VIEWS), failed=by_frequency(failed), attention=tuple(failed),
                  seconds=monotonic() - started)


def _difference(ours: sqlite3.Connection, anew: sqlite3.Connection, view: str) -> str | None:
    try:
        held = Counter(_rows(ours, view))
    except (sqlite3.DatabaseError, ValueError) as error:
        return f"the view '{view}' cannot be read: {error}"
    made = Counter(_rows(anew, view))
    more, less = (held - made).total(), (made - held).total()
    return f"the view '{view}' has {more:,} rows that a database made anew has not, and lacks {less:,} that it has" \
        if more or less else None


def _rows(conn: sqlite3.Connection, view: str) -> Iterator[bytes]:
    """The digests of a view's rows, without the numbers that rows have by accident."""
    for row in conn.execute(f'SELECT * FROM "{view}"'):  # noqa: S608  # names take no bound values; these are our own
        said = {name: row[name] for name in row.keys()  # noqa: SIM118  # a row's keys are not its values
                if not name.endswith("_id") or name == "public_id"}
        yield hashlib.sha256(json.dumps(said, sort_keys=True, default=repr).encode()).digest()[:16]
