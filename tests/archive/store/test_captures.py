"""Captures, observations and discoveries in the database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from sqlite3 import Connection

import pytest

from archive import warc
from archive.model import Capture, Discovery, Exchange, FailedFetch, RecordRef
from archive.store import captures, discoveries
from archive.warc import WarcWriter

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
Made = Callable[..., Capture]


def rows(conn: Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: [tuple(row) for row in conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
            for table in ("warcs", "captures", "observations", "discoveries")}


def test_a_capture_comes_back_as_it_was(conn: Connection, capture: Made) -> None:
    kept = capture(source=None, location="/а", content_encoding="gzip", truncated="length", is_revisit=True, n=7)
    captures.add(conn, kept)
    assert captures.capture_at(conn, path=kept.record.path, offset=kept.record.offset) == kept
    assert captures.capture_at(conn, path=kept.record.path, offset=1) is None
    assert captures.indexed(conn, kept.record.path) == kept.record.offset + kept.record.length
    assert captures.indexed(conn, "other.warc.gz") == 0


def test_adding_a_capture_again_changes_nothing(conn: Connection, capture: Made) -> None:
    one, two = capture(), capture(body=b"two", captured_at=AT + timedelta(hours=1), n=1)
    first = [captures.add(conn, one), captures.add(conn, two)]
    before = rows(conn)
    assert [captures.add(conn, one), captures.add(conn, two)] == first
    assert rows(conn) == before


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        pytest.param([(200, b"a"), (200, b"a")], ["new", "unchanged"], id="the same content"),
        pytest.param([(200, b"a"), (200, b"b"), (200, b"a")], ["new", "new", "new"], id="a revert is new"),
        pytest.param(
            [(200, b"a"), (503, b"sorry"), (200, b"a")], ["new", "failed", "unchanged"], id="back after an error"
        ),
        pytest.param(
            [(200, b"a"), (404, b"none"), (200, b"a")], ["new", "gone", "unchanged"], id="back after it was gone"
        ),
        pytest.param([(404, b"a"), (200, b"a")], ["gone", "new"], id="an error's page is no content"),
        pytest.param(
            [(200, b"a"), (301, b""), (200, b"b"), (200, b"b")], ["new", "redirected", "new", "unchanged"], id="mixed"
        ),
    ],
)
def test_outcomes_of_the_looks_at_one_address(
    conn: Connection, capture: Made, looks: list[tuple[int, bytes]], expected: list[str]
) -> None:
    seen = [
        captures.add(conn, capture(status=status, body=body, captured_at=AT + timedelta(days=n), n=n))
        for n, (status, body) in enumerate(looks)
    ]
    assert [look.outcome for look in seen] == expected


def test_a_payload_that_was_cut_off_is_not_what_the_next_look_is_compared_with(conn: Connection, capture: Made) -> None:
    outcomes = [
        captures.add(conn, capture(body=body, truncated=cut, captured_at=AT + timedelta(days=n), n=n)).outcome
        for n, (body, cut) in enumerate([(b"whole", None), (b"who", "disconnect"), (b"whole", None)])
    ]
    assert outcomes == ["new", "failed", "unchanged"]


def test_the_original_is_the_first_whole_capture_of_the_same_address(conn: Connection, capture: Made) -> None:
    cut = capture(truncated="length")
    later = capture(captured_at=AT + timedelta(days=2), n=1)
    first = capture(captured_at=AT + timedelta(days=1), n=2)
    revisit = capture(captured_at=AT - timedelta(days=1), n=3, is_revisit=True)
    elsewhere = capture(url="https://other.example/", captured_at=AT - timedelta(days=2), n=4)
    for one in (cut, later, first, revisit, elsewhere):
        captures.add(conn, one)
    assert captures.original(conn, url=first.url, payload_digest=first.payload_digest) == first
    assert captures.original(conn, url="https://none.example/", payload_digest=first.payload_digest) is None
    assert captures.original(conn, url=first.url, payload_digest="sha1:NONE") is None


def test_the_earliest_announcement_stands_whatever_the_order(conn: Connection) -> None:
    found = [
        Discovery(url="https://a.example/", source="feed", found_at=AT + timedelta(hours=n), title=f"title {n}",
                  published=f"time {n}")
        for n in range(3)
    ]
    for order in permutations(found):
        conn.execute("DELETE FROM discoveries")
        for one in order:
            discoveries.add_discoveries(conn, RecordRef(path="x", offset=0, length=1), [one])
        (row,) = conn.execute("SELECT found_at, title, published FROM discoveries")
        assert tuple(row) == ("2025-03-15T12:00:00.000Z", "title 0", "time 0")


def test_a_source_is_read_once(conn: Connection, capture: Made) -> None:
    feed = capture(role="feed", url="https://a.example/feed")
    for one in (feed, capture(role="feed", status=500, n=1, captured_at=AT), capture(n=2, url="https://a.example/1"),
                capture(role="sitemap", truncated="time", n=3, url="https://a.example/map")):
        captures.add(conn, one)
    assert discoveries.unread_sources(conn) == [feed]
    assert discoveries.add_discoveries(conn, feed.record, []) == 0
    assert discoveries.unread_sources(conn) == []


def test_looks_tell_how_often_an_address_was_seen_and_when(conn: Connection, capture: Made) -> None:
    announced = [Discovery(url=f"https://a.example/{n}", source=source, found_at=AT + timedelta(minutes=n))
                 for n, source in ((1, "map"), (0, "feed"), (1, "feed"))]
    discoveries.add_discoveries(conn, RecordRef(path="x", offset=0, length=1), announced)
    later = AT + timedelta(days=1)
    captures.add(conn, capture(url="https://a.example/1", captured_at=AT))
    captures.add_failed(
        conn,
        FailedFetch(url="https://a.example/1", at=later, role="article", source="feed", error="x"),
        RecordRef(path="x", offset=1, length=1),
    )
    unseen, seen = discoveries.looks(conn)
    assert (unseen.url, unseen.looks, unseen.first_at, unseen.last_at, unseen.on_topic) == \
        ("https://a.example/0", 0, None, None, None)
    assert (seen.url, seen.source, seen.looks, seen.first_at, seen.last_at) == \
        ("https://a.example/1", "feed", 2, AT, later)


def test_how_far_a_file_is_indexed_never_goes_back(conn: Connection) -> None:
    captures.set_indexed(conn, "a.warc.gz", 100)
    captures.set_indexed(conn, "a.warc.gz", 50)
    assert captures.indexed(conn, "a.warc.gz") == 100


def test_a_second_database_from_the_files_alone_is_the_same(
    conn: Connection, exchange: Callable[..., Exchange], tmp_path: Path
) -> None:
    writer = WarcWriter(tmp_path / "warc", started_at=AT, software="tests")
    first = writer.write(exchange(fetched_at=AT))
    captures.add(conn, first)
    captures.add(conn, writer.write(exchange(fetched_at=AT + timedelta(days=1)), revisit_of=first))
    captures.add(
        conn, writer.write(exchange(fetched_at=AT + timedelta(days=2), response_head=b"garbage", source=" a\nb "))
    )
    captures.add(conn, writer.write_list(["https://a.example/"], source="list", at=AT))
    failed = FailedFetch(url="https://a.example/\r\nx", at=AT.replace(microsecond=999_999), role="article", source=None,
                         error="Error: one\n two \ud800")
    captures.add_failed(conn, failed, writer.write_failed(failed))
    writer.close()
    before = rows(conn)
    conn.executescript("DELETE FROM captures; DELETE FROM observations; DELETE FROM warcs")
    for path in warc.files(tmp_path / "warc"):
        for meaning, ref in warc.records(tmp_path / "warc", path):
            if isinstance(meaning, Capture):
                captures.add(conn, meaning)
            elif isinstance(meaning, FailedFetch):
                captures.add_failed(conn, meaning, ref)
    assert rows(conn) == before


def test_a_validator_outlives_an_answer_that_does_not_repeat_it(conn: Connection, capture: Made) -> None:
    url = capture().url

    def held() -> str | None:
        found = captures.validated(conn, url=url)
        return found.etag if found is not None else None

    captures.add(conn, capture(etag='"a"'))
    captures.add(conn, capture(status=304, is_revisit=True, captured_at=AT + timedelta(hours=1), n=1))
    assert held() == '"a"'
    captures.add(conn, capture(is_revisit=True, captured_at=AT + timedelta(hours=2), n=2))
    assert held() is None, "a whole answer without one takes it back"
    captures.add(conn, capture(etag='"b"', is_revisit=True, captured_at=AT + timedelta(hours=3), n=3))
    captures.add(conn, capture(body=b"other", captured_at=AT + timedelta(hours=4), n=4))
    assert held() is None, "it was of another payload"
