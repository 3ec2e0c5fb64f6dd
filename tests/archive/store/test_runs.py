"""Runs, failures and the health of sources in the database."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

from archive.model import Capture, Failure, Report
from archive.store import captures, runs

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)


def test_the_newest_reason_of_a_failure_stands_and_reasons_are_counted(conn: Connection) -> None:
    for subject, reason in (("a", "old"), ("a", "empty"), ("b", "empty"), ("c", "binary")):
        runs.add_failure(conn, Failure(stage="extract", subject=subject, reason=reason, at=AT), program="1")
    assert runs.failures(conn) == [("extract", "empty", 2), ("extract", "binary", 1)]
    runs.clear_failure(conn, stage="extract", subject="c")
    assert runs.failures(conn) == [("extract", "empty", 2)]


def test_a_run_that_was_killed_has_no_end(conn: Connection) -> None:
    first = runs.start_run(conn, command="update", program="0.1", topic_digest=None, at=AT)
    runs.start_run(conn, command="crawl", program="0.1", topic_digest="d", at=AT + timedelta(hours=1))
    report = Report(step="extract", done=2, failed=(("empty", 1),), counts=(("words", 9),), seconds=0.12345)
    runs.end_run(conn, first, [report], at=AT + timedelta(minutes=1))
    killed, ended = runs.last_runs(conn, limit=5)
    assert (killed["command"], killed["ended_at"], killed["report"]) == ("crawl", None, None)
    assert ended["ended_at"] == "2025-03-15T12:01:00.000Z"
    assert json.loads(str(ended["report"])) == [{
        "step": "extract", "done": 2, "skipped": 0, "failed": {"empty": 1}, "counts": {"words": 9}, "attention": [], "seconds": 0.123}]
    assert len(runs.last_runs(conn, limit=1)) == 1


def test_counts_of_an_empty_archive_are_noughts(conn: Connection) -> None:
    assert set(runs.counts(conn).values()) == {0}


def test_an_address_that_failed_last_has_its_reason(conn: Connection, capture: Callable[..., Capture]) -> None:
    captures.add(conn, capture(status=404, url="https://a.example/gone"))
    captures.add(conn, capture(status=404, url="https://a.example/back", n=1))
    captures.add(conn, capture(url="https://a.example/back", captured_at=AT + timedelta(days=1), n=2))
    captures.add(conn, capture(status=301, location="/b", url="https://a.example/moved", n=3))
    runs.add_failure(
        conn, Failure(stage="discover", subject="https://a.example/feed", reason="no feed", at=AT), program="1"
    )
    assert runs.reasons(conn) == {"https://a.example/gone": "HTTP status 404", "https://a.example/feed": "no feed"}
