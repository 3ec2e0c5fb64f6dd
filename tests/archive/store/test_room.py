"""What deleted rows leave of the database's file is given back."""

from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection, connect

from archive.store import file_of, fold_in, read_database, room

FREE = "SELECT freelist_count FROM pragma_freelist_count"


def filled(conn: Connection, rows: int) -> None:
    conn.execute("CREATE TABLE filling (number INTEGER PRIMARY KEY, bytes BLOB)")
    conn.executemany("INSERT INTO filling VALUES (?, zeroblob(15000))", [(number,) for number in range(rows)])


def test_a_file_of_which_much_is_free_is_shortened_and_keeps_what_it_holds(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    filled(conn, 1_500)
    published("https://a.example/", "The bridge over the river.")
    conn.execute("DELETE FROM filling")
    file = file_of(conn)
    fold_in(conn)
    before = file.stat().st_size
    reader = read_database(Path(file))
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM version").fetchone()[0] == 1
    room.give_back(conn)
    assert conn.execute(FREE).fetchone()[0] == 0
    assert file.with_name(f"{file.name}-wal").stat().st_size < before / 2, "a page a transaction would write each anew"
    assert reader.execute("SELECT text FROM version").fetchone()[0] == "The bridge over the river."
    reader.close()
    fold_in(conn)
    assert file.stat().st_size < before / 10
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert conn.execute("SELECT text FROM version").fetchone()[0] == "The bridge over the river."


def test_the_little_that_a_day_leaves_is_used_by_the_next(conn: Connection) -> None:
    filled(conn, 1_500)
    conn.execute("DELETE FROM filling WHERE number < 20")
    free = conn.execute(FREE).fetchone()[0]
    assert free > 0
    room.give_back(conn)
    assert conn.execute(FREE).fetchone()[0] == free


def test_while_another_writes_nothing_happens(conn: Connection) -> None:
    filled(conn, 1_500)
    conn.execute("DELETE FROM filling")
    other = connect(file_of(conn), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    conn.execute("PRAGMA busy_timeout = 10")
    room.give_back(conn)
    assert conn.execute(FREE).fetchone()[0] > 1_000
    other.execute("ROLLBACK")
    other.close()
    room.give_back(conn)
    assert conn.execute(FREE).fetchone()[0] == 0
