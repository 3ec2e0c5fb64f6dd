"""How sources, hosts and runs fare by the database, and the alarms that one was told."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from sqlite3 import Connection

import pytest

from archive.model import Alarm, Capture, Discovery, FailedFetch, Failure, RecordRef, Report
from archive.store import captures, discoveries, health, open_database, runs
from archive.times import from_iso

AT = from_iso("2025-03-15T12:00:00.123Z")
HOUR = timedelta(hours=1)
FEED = "https://a.example/feed"
PLACE = RecordRef(path="x", offset=0, length=1)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Connection]:
    connection = open_database(tmp_path / "other.db", create=True)
    yield connection
    connection.close()


def with_source(conn: Connection, *names: str) -> None:
    runs.set_sources(conn, [
        {"name": name, "outlet": "News", "kind": "feed", "address": f"https://a.example/{name}", "country": None,
         "language": "en"} for name in names
    ], [{"domain": "a.example", "outlet": "News", "country": None, "owner": None}])


def test_a_source_is_told_by_its_looks_since_a_moment(conn: Connection, capture: Callable[..., Capture]) -> None:
    with_source(conn, "feed", "silent")
    captures.add(conn, capture(role="feed", source="feed", url=FEED, captured_at=AT - 9 * HOUR))
    captures.add(conn, capture(role="feed", source="feed", url=FEED, captured_at=AT, n=1))
    captures.add(conn, capture(role="feed", source="feed", url=FEED, captured_at=AT + HOUR / 2, status=302, n=2))
    captures.add_failed(conn, FailedFetch(url=FEED, at=AT + HOUR, role="feed", source="feed", error="Timeout"), PLACE)
    discoveries.add_discoveries(conn, PLACE, [Discovery(url="https://a.example/1", source="feed", found_at=AT)])
    feed, silent = health.sources(conn, since=AT - HOUR)
    assert (feed.last_success, feed.last_look, feed.looks, feed.failed, feed.reason, feed.discovered) == (
        AT, AT + HOUR, 2, 1, "Timeout", 1)
    assert (silent.last_success, silent.last_look, silent.looks, silent.reason) == (None, None, 0, None)
    runs.set_sources(conn, [], [])
    assert health.sources(conn, since=AT) == []


def test_arrivals_are_those_of_the_days_before_each_sources_last(conn: Connection) -> None:
    for source, days in (("old", (500, 440, 439.9, 380, 380)), ("new", (61, 1, 1, 0))):
        discoveries.add_discoveries(conn, PLACE, [
            Discovery(url=f"https://a.example/{source}/{n}", source=source, found_at=AT - day * 24 * HOUR)
            for n, day in enumerate(days)])
    assert list(health.arrivals(conn, days=60)) == [
        ("old", AT - 440 * 24 * HOUR, 1), ("old", AT - 439.9 * 24 * HOUR, 1), ("old", AT - 380 * 24 * HOUR, 2),
        ("new", AT - 24 * HOUR, 2), ("new", AT, 1)]


def test_a_source_that_may_not_be_asked_or_not_be_read_has_the_reason(conn: Connection) -> None:
    with_source(conn, "feed")
    for stage, reason in (("refused", "robots.txt forbids it"), ("discover", "no feed")):
        runs.add_failure(conn, Failure(stage=stage, subject=FEED, reason=reason, at=AT), program="x")
    (feed,) = health.sources(conn, since=AT)
    assert (feed.refused, feed.unreadable) == ("robots.txt forbids it", "no feed")


def test_a_look_that_was_refused_has_its_status_and_a_page_in_the_articles_place_none(
    conn: Connection, capture: Callable[..., Capture]
) -> None:
    for n, (status, body) in enumerate([(200, b"a"), (403, b"b"), (451, b"c"), (404, b"d"), (302, b"e"), (500, b"f")]):
        captures.add(conn, capture(url=f"https://a.example/{status}", status=status, body=body, n=n))
    captures.add(conn, capture(url="https://a.example/robots.txt", status=403, role="robots", n=7))
    captures.add(conn, capture(url="https://a.example/theirs", status=403, via="archive.example", n=8))
    conn.execute("UPDATE observations SET outcome = 'blocked' WHERE url = 'https://a.example/200'")
    assert sorted(health.looks(conn, since=AT)) == [
        ("https://a.example/200", True, None), ("https://a.example/403", True, 403),
        ("https://a.example/404", False, None), ("https://a.example/451", True, 451)]


def test_damage_is_told_by_its_file_and_a_file_that_is_back_is_none(conn: Connection) -> None:
    for subject in ("a.warc.gz", "b.warc.gz", "c.warc.gz at byte 17"):
        runs.add_failure(conn, Failure(stage="index", subject=subject, reason="x", at=AT), program="x")
    assert [path for path, _ in health.damaged(conn)] == ["a.warc.gz", "b.warc.gz", "c.warc.gz"]
    health.clear_found(conn, {"b.warc.gz"})
    assert [path for path, _ in health.damaged(conn)] == ["b.warc.gz", "c.warc.gz"]


def test_runs_tell_when_a_command_last_ended_and_what_the_last_crawl_said(conn: Connection) -> None:
    assert (health.first_run(conn), health.last_run_of(conn, "backup"), health.last_crawl_said(conn)) == (None, None, ())
    for n, command in enumerate(["backup", "run", "run", "backup"]):
        run_id = runs.start_run(conn, command=command, program="x", topic_digest=None, at=AT + n * HOUR)
        if n != 3:  # the last was killed
            said = Report(step="crawl", attention=(f"run {n}",))
            runs.end_run(conn, run_id, [Report(step="index", attention=("damage",)), said], at=AT + (n + 0.5) * HOUR)
    assert health.first_run(conn) == AT
    assert health.last_run_of(conn, "backup") == AT + HOUR / 2
    assert health.last_crawl_said(conn) == ("run 2",)


def test_alarms_are_kept_until_others_take_their_place(conn: Connection) -> None:
    first = [Alarm(name="disk", since=AT, sentence="full"), Alarm(name="backup", since=AT + HOUR, sentence="none")]
    health.set_alarms(conn, first)
    assert health.alarms(conn) == first
    health.set_alarms(conn, first[1:])
    assert health.alarms(conn) == first[1:]


def test_a_new_database_takes_over_alarms_and_care_and_nothing_else(conn: Connection, other: Connection) -> None:
    health.set_alarms(conn, [Alarm(name="disk", since=AT, sentence="full")])
    for command in ("backup", "run", "verify"):
        runs.end_run(conn, runs.start_run(conn, command=command, program="x", topic_digest=None, at=AT), [], at=AT)
    runs.start_run(conn, command="backup", program="x", topic_digest=None, at=AT + HOUR)
    health.carry_over(conn, other)
    assert health.alarms(other) == health.alarms(conn)
    assert [run["command"] for run in runs.last_runs(other, limit=9)] == ["verify", "backup"]


def test_an_old_database_that_cannot_be_read_is_let_go(other: Connection) -> None:
    empty = sqlite3.connect(":memory:")
    health.carry_over(empty, other)
    assert health.alarms(other) == []
    empty.close()


def test_sources_are_read_by_an_index(conn: Connection) -> None:
    plan = " ".join(row["detail"] for row in conn.execute("EXPLAIN QUERY PLAN " + health.SOURCES, {"since": "2025"}))
    assert "SCAN observations" not in plan
    assert "MATERIALIZE" not in plan
