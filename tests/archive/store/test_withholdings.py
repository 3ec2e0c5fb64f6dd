"""What the database does with withheld addresses, beside what the commands' tests see."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.digests import address_key
from archive.model import Discovery, RecordRef
from archive.store import discoveries, open_database, withholdings
from archive.withholdings import Withholding

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
URL = "https://a.example/2025/kursk"
RECORD = RecordRef(path="a.warc.gz", offset=0, length=300)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(tmp_path / "archive.db", create=True)
    yield connection
    connection.close()


def withheld(**more: object) -> dict[str, Withholding]:
    return {URL: Withholding(url=URL, addresses=(URL,), at=AT, **({"reason": "one"} | more))}  # type: ignore[arg-type]


def discovery(url: str, *, title: str = "Kursk", at: datetime = AT) -> Discovery:
    return Discovery(url=url, source="feed", found_at=at, title=title, lead="A lead", byline="Anna", published="today")


def titles(conn: sqlite3.Connection) -> dict[str, str | None]:
    return {row["url"]: row["title"] or row["lead"] or row["byline"] or row["published"]
            for row in conn.execute("SELECT * FROM discovery")}


def test_what_is_announced_later_says_nothing_under_any_spelling(conn: sqlite3.Connection) -> None:
    assert withholdings.replace(conn, withheld()) == 1
    other = "https://a.example/2025/other"
    discoveries.add_discoveries(conn, RECORD, [discovery(URL), discovery(URL + "?utm_source=x"), discovery(other)])
    assert titles(conn) == {URL: None, URL + "?utm_source=x": None, other: "Kursk"}
    assert [look.url for look in discoveries.looks(conn)] == [other], "and is not asked for"


def test_taken_back_an_announcement_is_filled_in_where_it_is_read_again(conn: sqlite3.Connection) -> None:
    discoveries.add_discoveries(conn, RECORD, [discovery(URL)])
    withholdings.replace(conn, withheld())
    assert titles(conn) == {URL: None}
    assert withholdings.replace(conn, {}) == 1
    discoveries.add_discoveries(conn, RECORD, [discovery(URL)])
    assert titles(conn) == {URL: "Kursk"}
    discoveries.add_discoveries(conn, RECORD, [discovery(URL, title="Another")])
    assert titles(conn) == {URL: "Kursk"}, "the earliest announcement stands"


def test_the_same_again_changes_nothing_and_another_reason_does(conn: sqlite3.Connection) -> None:
    assert [withholdings.replace(conn, withheld()), withholdings.replace(conn, withheld())] == [1, 0]
    assert withholdings.replace(conn, withheld(reason="two")) == 1
    stone = withholdings.find(conn, URL)
    assert stone is not None
    assert (stone.reason, stone.key, stone.since) == ("two", address_key(URL), "2025-03-15T12:00:00.000Z")
    assert withholdings.replace(conn, withheld(reason="two", is_erased=True)) == 1
    assert withholdings.find(conn, f"{address_key(URL)}-20250315120000-abcdefgh").is_erased  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["https://a.example/other", "nonsense", "", "https://[", "a-b-c", "\x00"])
def test_what_is_not_withheld_has_no_tombstone(conn: sqlite3.Connection, name: str) -> None:
    withholdings.replace(conn, withheld())
    assert withholdings.find(conn, name) is None
