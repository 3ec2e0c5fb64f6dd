"""A connection on which readers ask in SQL -> one on which no question takes more memory than the server has.

SQLite stops a question after a time, and Datasette after a number of rows; neither counts bytes. One call of a function
makes a value of a gigabyte without a step at which the time would be looked at, and thousands of rows may have a
megabyte each.
"""

import sqlite3
from collections.abc import Callable
from typing import Any
from weakref import ref

MOST_BYTES = 64 * 1024 * 1024  # of one value, and of all rows of an answer; 5,000 rows may have 13 KB each


def bound(conn: sqlite3.Connection) -> None:
    """Let no value and no answer grow beyond MOST_BYTES; a question that does fails as one that SQLite refuses."""
    conn.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_BYTES)
    conn.row_factory = _counted()


def _counted() -> Callable[[sqlite3.Cursor, tuple[Any, ...]], sqlite3.Row]:
    """Rows of a connection, whose bytes are added up for each cursor."""
    current: Callable[[], sqlite3.Cursor | None] = lambda: None  # noqa: E731  # weak: a cursor keeps its state of the file
    held = 0

    def row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> sqlite3.Row:
        nonlocal current, held
        if current() is not cursor:
            current, held = ref(cursor), 0
        held += sum(len(value) for value in values if isinstance(value, str | bytes))
        if held > MOST_BYTES:
            raise sqlite3.OperationalError(
                f"the rows have more than {MOST_BYTES // 1024 ** 2} MB; ask for fewer of them, or for fewer columns")
        return sqlite3.Row(cursor, values)

    return row
