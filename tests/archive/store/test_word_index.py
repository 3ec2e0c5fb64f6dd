"""The search index is merged where enough of it is new, and finds the same before and after."""

from collections.abc import Callable
from sqlite3 import Connection

from archive.store import word_index

FOUND = "SELECT rowid, bm25(versions_fts) FROM versions_fts WHERE versions_fts MATCH 'bridge OR river' ORDER BY rowid"


def parts(conn: Connection) -> int:
    return int(conn.execute("SELECT count(DISTINCT segid) FROM versions_fts_idx").fetchone()[0])


def test_what_was_added_piece_by_piece_becomes_one_part(conn: Connection, published: Callable[..., list[int]]) -> None:
    for number in range(6):
        published(f"https://a.example/{number}", f"The bridge over river {number}.")
    before = [tuple(row) for row in conn.execute(FOUND)]
    assert parts(conn) > 1
    assert word_index.settle(conn)
    assert parts(conn) == 1
    assert [tuple(row) for row in conn.execute(FOUND)] == before
    assert not word_index.settle(conn), "nothing is new"
    conn.execute("INSERT INTO versions_fts (versions_fts) VALUES ('integrity-check')")


def test_little_that_is_new_is_not_worth_merging_all(conn: Connection, published: Callable[..., list[int]]) -> None:
    published("https://a.example/all", " ".join(f"word{number} bridge" for number in range(40_000)))
    word_index.settle(conn)
    published("https://a.example/new", "Over the river.")
    assert not word_index.settle(conn)
    assert len(conn.execute(FOUND).fetchall()) == 2


def test_an_empty_index_has_nothing_to_merge(conn: Connection) -> None:
    assert not word_index.settle(conn)
