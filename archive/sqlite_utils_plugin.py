"""A plugin of sqlite-utils: `sqlite-utils data/archive.db "SELECT ..."` reads texts as the site does."""

import sqlite3

from sqlite_utils import hookimpl

from archive import packing


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Give each of its connections the function that views ask for."""
    packing.prepare_connection(conn)
