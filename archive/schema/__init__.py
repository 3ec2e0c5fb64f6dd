"""The database's schema, readable SQL in `tables` and `views`, applied by migrations.

Tables change by migrations, which are only ever added to. Views hold nothing: they are dropped before and made anew
after, so that the one text in `views` is what every archive shows.
"""

import re
import sqlite3

from archive.errors import ForeignDatabase, NewerSchema, OlderSchema
from archive.schema.statements import statements
from archive.schema.views import VIEWS

APPLICATION_ID = 0x5374656D  # "Stem", in the file's header: `file archive.db` shows it
DEFLATED_VIEWS = "SELECT name, sql FROM sqlite_master WHERE type = 'view' AND sql LIKE '%inflated(%'"
SCHEMA_VERSION = 6
PAGE_SIZE = 16_384  # bytes: texts of some thousand fill 4,096 to four fifths, these to nine tenths


def prepare(conn: sqlite3.Connection, *, path: str) -> None:
    """Bring an open database to this program's schema.

    Raises ForeignDatabase for another program's file, NewerSchema for one that a newer program wrote.
    """
    found = refuse_others(conn, path=path)
    if found == SCHEMA_VERSION:
        return
    # The mark first: a program that is killed before its end must not take its own tables for another's.
    conn.execute(f"PRAGMA page_size = {PAGE_SIZE:d}")  # of a new file only
    conn.execute("PRAGMA auto_vacuum = INCREMENTAL")  # likewise: so that free pages can be given back
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID:d}")  # pragmas take no bound values
    conn.commit()
    if found:  # a text that moves must stand nowhere else: it may be one that is withheld later
        conn.execute("PRAGMA secure_delete = ON")
    from archive.schema.migrating import migrated  # sqlite_utils, which takes longer to load than most commands need

    with migrated(conn, before=_drop_views):  # readers see the old views or the new ones
        for statement in statements(VIEWS):
            conn.execute(statement)
        conn.execute(f"PRAGMA user_version = {SCHEMA_VERSION:d}")

def show_plain(conn: sqlite3.Connection) -> None:
    """Let the views of a database for serving, which keeps texts plain, ask for no function of ours."""
    for name, sql in conn.execute(DEFLATED_VIEWS).fetchall():
        conn.execute(f'DROP VIEW "{name}"')  # names take no bound values; these are our own
        conn.execute(re.sub(r"inflated\(([a-z.]+)\)", r"\1", sql))


def refuse_older(conn: sqlite3.Connection, *, path: str) -> None:
    """For who may not write: raises OlderSchema where views of this program are missing."""
    (found,) = conn.execute("PRAGMA user_version").fetchone()
    if found < SCHEMA_VERSION:
        raise OlderSchema(
            f"{path} has schema {found}, this program {SCHEMA_VERSION}; run 'stemma update' once to bring it there"
        )


def _drop_views(conn: sqlite3.Connection) -> None:
    for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
        conn.execute(f'DROP VIEW "{name}"')  # names take no bound values; these are our own


def refuse_others(conn: sqlite3.Connection, *, path: str) -> int:
    """The schema's version of an open database, 0 for a new one.

    Raises ForeignDatabase for another program's file, NewerSchema for one that a newer program wrote.
    """
    (application,) = conn.execute("PRAGMA application_id").fetchone()
    (found,) = conn.execute("PRAGMA user_version").fetchone()
    (tables,) = conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION_ID and tables:
        raise ForeignDatabase(f"{path} is another program's database; pass another --data folder")
    if found > SCHEMA_VERSION:
        raise NewerSchema(
            f"{path} has schema {found}, this program knows {SCHEMA_VERSION}; upgrade stemma-archive "
            f"(pip install -U stemma-archive), or pass another --data folder"
        )
    return int(found) if application == APPLICATION_ID else 0
