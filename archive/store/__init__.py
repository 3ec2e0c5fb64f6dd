"""Typed reads and writes of the database, a module per noun; all SQL of the program, as constants.

Functions take a connection, so that the site's threads can lend theirs. Writers wrap what belongs together in
`transaction`; readers return values, never cursors.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archive import schema
from archive.errors import ForeignDatabase, MissingArchive
from archive.packing import prepare_connection

BUSY_TIMEOUT_MS = 30_000
LOG_PAGES = 250  # changes that SQLite keeps beside the database before it folds them in: 4 MB of pages of 16 KiB


def read_database(path: Path) -> sqlite3.Connection:
    """Open the archive's database for reading only, also in a folder that cannot be written; nothing is migrated.

    Raises MissingArchive where there is none, ForeignDatabase and NewerSchema as `open_database`, OlderSchema.
    """
    if not path.exists():
        raise _missing(path)
    # A folder that cannot be written has no room for the files by which readers and writers agree.
    mode = "mode=ro" if os.access(path.parent, os.W_OK) else "immutable=1"
    try:
        conn = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, timeout=BUSY_TIMEOUT_MS / 1000)
        prepare_connection(conn)
        conn.execute("PRAGMA query_only = ON")
        schema.refuse_others(conn, path=str(path))
        schema.refuse_older(conn, path=str(path))
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged schema's own complaint may be no UTF-8
        raise _unreadable(path, error) from error
    conn.isolation_level = None
    conn.row_factory = sqlite3.Row
    return conn


def _missing(path: Path) -> MissingArchive:
    if any(path.parent.glob("warc/**/*.warc.gz")):
        return MissingArchive(f"{path.parent} has WARC files, no database; run 'stemma rebuild --data {path.parent}'")
    return MissingArchive(f"{path.parent} holds no archive; make one with 'stemma init', or pass --data DIR")


def _unreadable(path: Path, error: sqlite3.DatabaseError | UnicodeDecodeError) -> ForeignDatabase:
    if isinstance(error, sqlite3.OperationalError):  # no room for a side file, no leave to make one: it may be sound
        return ForeignDatabase(f"{path} cannot be opened ({error}); look whether the disk is full, and whether you may "
                               f"write beside it")
    return ForeignDatabase(
        f"{path} cannot be read as a database ({error}); if the file is damaged, move it away and run 'stemma rebuild'"
    )


def open_database(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open the archive's database for writing, at this program's schema.

    Raises MissingArchive where there is none and create is False, ForeignDatabase and NewerSchema as
    `archive.schema.prepare`.
    """
    if not create and not path.exists():
        raise _missing(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        conn = sqlite3.connect(path, timeout=BUSY_TIMEOUT_MS / 1000)
    except sqlite3.OperationalError as error:
        raise ForeignDatabase(f"{path} cannot be opened ({error}); pass another --data folder") from error
    prepare_connection(conn)
    try:
        schema.prepare(conn, path=str(path))  # before the next line, which would change another program's file
        conn.execute("PRAGMA journal_mode = WAL")
        # After a column was dropped SQLite reads the schema anew: a checkpoint that is the first to would fail.
        conn.execute("SELECT 1 FROM sqlite_master").fetchone()
        conn.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES:d}")
        conn.execute("PRAGMA synchronous = NORMAL")
        conn.execute("PRAGMA foreign_keys = ON")
    except sqlite3.OperationalError:  # locked, no room, no leave to write: the file itself is sound
        conn.close()
        raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        conn.close()
        raise _unreadable(path, error) from error
    except BaseException:
        conn.close()
        raise
    conn.isolation_level = None
    conn.row_factory = sqlite3.Row
    return conn


def fold_in(conn: sqlite3.Connection) -> bool:
    """Write what SQLite keeps beside the database into its file, and empty that; False where a reader hinders it.

    Only then is what was deleted gone from both.
    """
    return not conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


def file_of(conn: sqlite3.Connection) -> Path:
    """The file of the database that a connection is to."""
    return Path(conn.execute("PRAGMA database_list").fetchone()["file"])


@contextmanager
def transaction(conn: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; takes the writer's place at once, so that it cannot fail in the middle."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        conn.execute("ROLLBACK")
        raise
    try:
        conn.execute("COMMIT")
    except BaseException:  # a full disk: what was not committed must not stay open
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
