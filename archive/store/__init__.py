"""Typed reads and writes of the database, a module per noun; all SQL of the program, as constants.

Functions take a connection, so that the site's threads can lend theirs. Writers wrap what belongs together in
`transaction`; readers return values, never cursors.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive import schema
from archive.errors import ForeignDatabase, MissingArchive

BUSY_TIMEOUT_MS = 30_000


def open_database(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the archive's database for writing, at this program's schema.

    Raises MissingArchive where there is none and create is False, ForeignDatabase and NewerSchema as
    `archive.schema.prepare`.
    """
    if not create and not path.exists():
        raise MissingArchive(f"{path.parent} holds no archive; make one with 'stemma init', or pass --data DIR")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        conn = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000)
    except sqlite3.OperationalError as error:
        raise ForeignDatabase(f"{path} cannot be opened ({error}); pass another --data folder") from error
    try:
        schema.prepare(conn, path=str(path))  # before the next line, which would change another program's file
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = NORMAL")
        conn.execute("PRAGMA foreign_keys = ON")
    except sqlite3.DatabaseError as error:
        conn.close()
        if "locked" in str(error):
            raise
        raise ForeignDatabase(
            f"{path} cannot be read as a database ({error}); move it away and run 'stemma rebuild'"
        ) from error
    except BaseException:
        conn.close()
        raise
    conn.isolation_level = None
    conn.row_factory = sqlite3.Row
    return conn


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; takes the writer's place at once, so that it cannot fail in the middle."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    conn.execute("COMMIT")
