"""The room of the database's file: pages that deleted rows leave are used again, many of them are given back."""

import os
import shutil
import sqlite3
import tempfile
from contextlib import suppress
from pathlib import Path

MOST_FREE = 1 / 16  # of the file: what a merge of the search index leaves is a tenth of it and more
PAGES = 500  # that are given back at a time, 8 MB: who writes beside it waits for no more

FREE = "SELECT freelist_count AS free, page_count AS pages, page_size AS size FROM pragma_freelist_count, " \
       "pragma_page_count, pragma_page_size"
GIVE_BACK = f"PRAGMA incremental_vacuum({PAGES:d})"  # pragmas take no bound values
IS_MOVABLE = "PRAGMA auto_vacuum"  # 0: of a file that an older program began
MADE_MOVABLE = "PRAGMA auto_vacuum = INCREMENTAL"
WRITTEN_ANEW = "VACUUM"


def give_back(conn: sqlite3.Connection) -> None:
    """Shorten the file where more than MOST_FREE of it is free; nothing where another writes, or the disk is full.

    A file that an older program began is written anew once, if the disk has room for it.
    """
    free, pages, size = conn.execute(FREE).fetchone()
    if free <= MOST_FREE * pages:
        return
    with suppress(sqlite3.OperationalError):
        if conn.execute(IS_MOVABLE).fetchone()[0]:
            _give_back(conn, free)
        elif _has_room(conn, size * (pages - free)):
            conn.execute(MADE_MOVABLE)
            conn.execute(WRITTEN_ANEW)


def _give_back(conn: sqlite3.Connection, free: int) -> None:
    before = free + 1
    while 0 < free < before:
        before = free
        conn.executescript(GIVE_BACK)  # to its end: `execute` of Python 3.11 would stop after a page
        free = conn.execute(FREE).fetchone()["free"]


def _has_room(conn: sqlite3.Connection, size: int) -> bool:
    """Whether what the file holds can be written twice: where SQLite's temporary files go, and into the log beside it.

    In the order in which SQLite looks for a place for them (sqlite.org/tempfiles.html, 5).
    """
    file = conn.execute("PRAGMA database_list").fetchone()["file"]
    temporary = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"), "/var/tmp", tempfile.gettempdir())  # noqa: S108
    places = {str(Path(file).parent), next(place for place in temporary if place and Path(place).is_dir())}
    return all(shutil.disk_usage(place).free > 2 * size for place in places)
