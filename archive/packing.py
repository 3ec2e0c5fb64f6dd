"""What is long in the database as it is kept: deflated, which halves a text, where that makes it smaller.

Every connection has `inflated` as an SQL function, which views and triggers call. A database for serving keeps all of
it plain, so that any program reads it.
"""

import sqlite3
import zlib
from functools import partial

MOST_BYTES = 64 * 1024 * 1024  # of a text: a page that is read has 20 MB at most, and anybody may hand over other bytes
LEVEL = 6  # of 9, which is no smaller
UNREADABLE = "user-defined function raised exception"  # what SQLite says where `inflated` raises


def deflated(text: str) -> str | bytes:
    """A text as it is kept: zlib's bytes of its UTF-8 (RFC 1950), or itself where these are no fewer."""
    plain = text.encode()
    packed = zlib.compress(plain, LEVEL)
    return packed if len(packed) < len(plain) <= MOST_BYTES else text


def inflated(kept: str | bytes | None, *, most: int = MOST_BYTES) -> str | None:
    """The text that is kept so; None for none.

    Raises ValueError or zlib.error for bytes that are no such text, or of more than `most` bytes.
    """
    if kept is None or isinstance(kept, str):
        return kept
    inflate = zlib.decompressobj()
    plain = inflate.decompress(kept, most)
    if not inflate.eof:
        raise ValueError("a kept text is cut, or too long")
    return plain.decode()


def prepare_connection(conn: sqlite3.Connection, *, most: int = MOST_BYTES) -> None:
    """Give a connection the SQL function `inflated`, for texts of so many bytes at most."""
    conn.create_function("inflated", 1, partial(inflated, most=most), deterministic=True)
    conn.execute("PRAGMA trusted_schema = ON")  # or views may not call it, where SQLite was built to trust none
