"""The migrations, in their order; the only import of sqlite_utils (but for our plugin of it), which no database
at this program's schema needs."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from archive.schema.moving import deflate_texts, index_again, move_texts
from archive.schema.statements import statements
from archive.schema.tables import FIFTH, FIRST, FOURTH, FOURTH_MOVED, SECOND, SIXTH, SIXTH_MOVED, THIRD

migrations = Migrations("stemma")


@migrations()
def first(db: Database) -> None:
    """Tables and full-text index of version 1."""
    for statement in statements(FIRST):
        db.execute(statement)


@migrations()
def second(db: Database) -> None:
    """What operators were told, and pages that stand in an article's place."""
    for statement in statements(SECOND):
        db.execute(statement)


@migrations()
def third(db: Database) -> None:
    """Passages that changed, how sure a copy is, epochs, exemplars not held, what people decided and withheld."""
    for statement in statements(THIRD):
        db.execute(statement)


@migrations()
def fourth(db: Database) -> None:
    """Texts of documents and versions once each, in a table of their own."""
    for statement in statements(FOURTH):
        db.execute(statement)
    move_texts(db.conn)
    for statement in statements(FOURTH_MOVED):
        db.execute(statement)
    index_again(db.conn)


@migrations()
def fifth(db: Database) -> None:
    """What tells of texts that share names whether they may share text."""
    for statement in statements(FIFTH):
        db.execute(statement)


@migrations()
def sixth(db: Database) -> None:
    """Texts deflated; of what finds copies no more than that takes."""
    for statement in statements(SIXTH):
        db.execute(statement)
    deflate_texts(db.conn)
    for statement in statements(SIXTH_MOVED):
        db.execute(statement)


@contextmanager
def migrated(conn: sqlite3.Connection, *, before: Callable[[sqlite3.Connection], None]) -> Iterator[None]:
    """Apply what is not applied yet, and what is done meanwhile, in one transaction; `before` comes first in it."""
    # Triggers as in every other connection: of its own accord it would have a REPLACE fire those of a DELETE.
    db = Database(conn, execute_plugins=False, recursive_triggers=False)
    with db.atomic():
        before(conn)
        migrations.apply(db)
        yield
