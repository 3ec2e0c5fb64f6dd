"""Kept answers are those that would be counted now."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from datasette_config.kept_answers import KeptAnswers


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "a.db") as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("CREATE TABLE t (n)")
    conn.close()
    return tmp_path / "a.db"


def counted(conn: sqlite3.Connection, asked: list[int]) -> Callable[[], int]:
    def count() -> int:
        asked.append(1)
        return int(conn.execute("SELECT count(*) FROM t").fetchone()[0])

    return count


def test_an_answer_is_counted_again_when_another_connection_has_written(path: Path) -> None:
    reader, writer = sqlite3.connect(f"file:{path}?mode=ro", uri=True), sqlite3.connect(path)
    kept, asked = KeptAnswers(2), list[int]()
    for written in range(3):
        assert [kept.of(reader, "all", counted(reader, asked)) for _ in range(2)] == [written, written]
        assert len(asked) == written + 1
        with writer:
            writer.execute("INSERT INTO t VALUES (1)")
    reader.close()
    writer.close()


def test_an_answer_is_of_the_state_that_the_transaction_reads(path: Path) -> None:
    reader, writer = sqlite3.connect(path, isolation_level=None), sqlite3.connect(path)
    kept, asked = KeptAnswers(2), list[int]()
    reader.execute("BEGIN")
    assert kept.of(reader, "all", counted(reader, asked)) == 0
    with writer:
        writer.execute("INSERT INTO t VALUES (1)")
    assert kept.of(reader, "all", counted(reader, asked)) == 0
    reader.execute("ROLLBACK")
    assert kept.of(reader, "all", counted(reader, asked)) == 1
    reader.close()
    writer.close()


def test_another_connection_has_answers_of_its_own(path: Path, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "b.db") as other:
        other.execute("CREATE TABLE t (n)")
        other.execute("INSERT INTO t VALUES (1)")
    other.close()
    kept = KeptAnswers(2)
    for file, expected in ((path, 0), (tmp_path / "b.db", 1), (path, 0)):
        conn = sqlite3.connect(file)
        assert kept.of(conn, "all", counted(conn, [])) == expected
        conn.close()


def test_few_answers_are_kept_those_that_were_asked_last(path: Path) -> None:
    conn, kept = sqlite3.connect(path), KeptAnswers(2)
    made: list[str] = []
    for name in ("a", "b", "a", "c", "a", "b"):
        kept.of(conn, name, lambda name=name: made.append(name))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]
    conn.close()
