"""A connection on which readers ask in SQL -> one on which no question takes more memory than the server has.

SQLite stops a question after a time, and Datasette after a number of rows; neither counts bytes. One call of a function
makes a value of a gigabyte without a step at which the time would be looked at, and thousands of rows may have a
megabyte each.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import ref

MOST_OF_VALUE = 64 * 1024 * 1024  # bytes
MOST_OF_TEXT = MOST_OF_VALUE // 4  # that is deflated: Python holds four bytes for each of its characters
MOST_OF_ROWS = 2 * MOST_OF_VALUE  # bytes of an answer; 5,000 rows, the most that Datasette gives, may have 26 KB each

_NO_LIMIT = 2 ** 31 - 1  # SQLite takes it for its own limit


def bound(conn: sqlite3.Connection) -> None:
    """Let no value and no answer grow beyond that; a question that does fails as one that SQLite refuses."""
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_OF_VALUE)
    conn.row_factory = _counted()


@contextmanager
def unbound(conn: sqlite3.Connection) -> Iterator[None]:
    """For a question of ours, which is bounded as it is, and may read what the archive keeps for itself."""
    counted, conn.row_factory = conn.row_factory, sqlite3.Row
    most = conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _NO_LIMIT)
    try:
        yield
    finally:
        conn.row_factory = counted
        conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)


def _counted() -> Callable[[sqlite3.Cursor, tuple[Any, ...]], sqlite3.Row]:
    """Rows of a connection, whose bytes are added up for each cursor."""
    current: ref[sqlite3.Cursor] | None = None  # weak: a cursor that is not read to its end holds a state of the file
    held = 0

    def row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
        nonlocal current, held
        if current is None or current() is not cursor:
            current, held = ref(cursor), 0
        held += sum(len(value) for value in values if isinstance(value, str | bytes))
        if held > MOST_OF_ROWS:
            raise sqlite3.OperationalError(
                f"the rows have more than {MOST_OF_ROWS // 1024 ** 2} MB; ask for fewer of them, or for fewer columns")
        return sqlite3.Row(cursor, values)

    return row
