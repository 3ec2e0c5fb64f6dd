"""How long the crawler waits, whom it leaves alone, and what it does not ask for twice."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from public_rows import public_rows
from stemma_testing import Stemma, topic_file

from archive import warc
from archive.model import RecordRef
from crawlers.demo.server import WebRequest, WebResponse
from crawlers.politeness import FIRST_BACKOFF, LONGEST_WAIT, REFUSALS, Manners, after, seconds, with_floor

NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)
PAGE = b"<html><body><h1>News</h1><p>" + b"Troops crossed into the Kursk region and villages emptied. " * 9 + b"</p></body></html>"
Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]


def answered(manners: Manners, status: int = 200, **answer: Any) -> Manners:
    settings: dict[str, Any] = {"latency": 0.0, "retry_after": None, "now": NOW, "jitter": 0.0}
    return after(manners, status=status, **settings | answer)


@pytest.mark.parametrize(("text", "wait"), [
    ("120", 120.0), (" 7 ", 7.0), ("Fri, 14 Mar 2025 12:01:30 GMT", 90.0), ("Fri, 14 Mar 2025 11:00:00 GMT", 0.0),
    ("soon", None), ("-5", None), ("", None), ("９", None), (None, None), ("9" * 400, 999_999_999.0),
])
def test_retry_after_is_seconds_or_a_date(text: str | None, wait: float | None) -> None:
    assert seconds(text, now=NOW) == wait


@given(st.text())
def test_any_retry_after_is_no_negative_wait(text: str) -> None:
    assert (seconds(text, now=NOW) or 0.0) >= 0.0


def test_failures_without_retry_after_wait_twice_as_long_each_time_until_the_site_is_left_alone() -> None:
    manners, waits = Manners(floor=2.0, wait=2.0), []
    while manners.left_alone is None:
        manners = answered(manners, 503)
        waits.append(manners.wait)
    assert waits == [FIRST_BACKOFF * 2**n for n in range(len(waits))]
    assert waits[-2] <= LONGEST_WAIT < waits[-1]


def test_an_answer_ends_the_back_off() -> None:
    manners = answered(answered(Manners(floor=2.0, wait=2.0), 429, retry_after="30"))
    assert (manners.wait, manners.failures) == (2.0, 0)


@given(st.lists(st.sampled_from([200, 304, 404, 403, 429, 500, 503]), max_size=20), st.floats(0, 100),
       st.floats(0, 0.25))
def test_no_answer_makes_the_crawler_faster_than_the_floor(statuses: list[int], latency: float, jitter: float) -> None:
    manners = Manners(floor=2.0, wait=2.0)
    for status in statuses:
        manners = answered(manners, status, latency=latency, jitter=jitter)
        assert manners.wait >= manners.floor


def test_a_slow_server_is_asked_as_much_less_often() -> None:
    assert answered(Manners(floor=2.0, wait=2.0), latency=9.0).wait == 9.0


def test_only_a_longer_delay_of_the_site_counts() -> None:
    assert with_floor(Manners(floor=2.0, wait=2.0), 5.5).wait == 5.5
    assert with_floor(Manners(floor=2.0, wait=2.0), 0.5).wait == 2.0


def test_a_site_that_answers_403_to_all_is_left_alone_and_reported(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        return WebResponse(status=404 if request.path == "/robots.txt" else 403)

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"http://news.example/{n}" for n in range(20)])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.per_host=1")
    assert len([path for path in asked if path != "/robots.txt"]) == REFUSALS
    (row,) = stemma.database().execute("SELECT reason FROM failures WHERE subject = 'news.example'")
    assert "403" in row["reason"]


def test_requests_to_one_registered_domain_keep_the_delay_whatever_the_host(serve: Serve) -> None:
    server, stemma = serve(lambda request: WebResponse(status=404) if request.path == "/robots.txt" else
                           WebResponse(headers=(("Content-Type", "text/html"),), body=PAGE))
    urls = [f"http://{host}.outlet.com/{n}" for host in ("www", "news") for n in range(3)] + ["http://other.net/1"]
    topic_file(stemma.folder, urls)
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.delay=0.4", "--set", "crawl.per_host=1")
    times = sorted(line.at for line in server.log if line.host.endswith("outlet.com"))
    assert len(times) == 8
    assert min(b - a for a, b in pairwise(times)) >= 0.38


def test_crawl_delay_is_kept_with_its_fraction(serve: Serve) -> None:
    server, stemma = serve(lambda request: WebResponse(body=b"User-agent: *\nCrawl-delay: 0.7\n")
                           if request.path == "/robots.txt" else WebResponse(body=PAGE))
    topic_file(stemma.folder, [f"http://news.example/{n}" for n in range(4)])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.per_host=1")
    times = sorted(line.at for line in server.log if line.path != "/robots.txt")
    assert len(times) == 4
    assert min(b - a for a, b in pairwise(times)) >= 0.68


def test_retry_after_is_waited_for(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            return WebResponse(status=404)
        asked.append(request.path)
        if len(asked) == 2:
            return WebResponse(status=429, headers=(("Retry-After", "2"),))
        return WebResponse(headers=(("Content-Type", "text/html"),), body=PAGE)

    server, stemma = serve(handler)
    topic_file(stemma.folder, [f"http://news.example/{n}" for n in range(4)])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.per_host=1", "--set", "crawl.retries=2")
    lines = sorted((line.at, line.status) for line in server.log if line.path != "/robots.txt")
    refused = next(index for index, (_, status) in enumerate(lines) if status == 429)
    assert lines[refused + 1][0] - lines[refused][0] >= 1.9
    assert len({path for path in asked}) == 4
    outcomes = [row["outcome"] for row in stemma.database().execute(
        "SELECT outcome FROM observation WHERE role = 'article' ORDER BY at")]
    assert outcomes.count("new") == 4
    assert outcomes.count("blocked") == 1


def test_what_did_not_change_is_not_sent_again_and_is_kept_as_a_revisit(serve: Serve) -> None:
    sent: list[int] = []

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            return WebResponse(status=404)
        if request.header("If-None-Match") == '"v1"':
            sent.append(0)
            return WebResponse(status=304, reason="Not Modified", headers=(("ETag", '"v1"'),))
        sent.append(len(PAGE))
        return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"), ("ETag", '"v1"')), body=PAGE)

    _, stemma = serve(handler)
    topic_file(stemma.folder, ["http://news.example/a"])
    for _ in range(3):
        stemma.run("crawl", "--topic", "topic.toml")
    assert sent == [len(PAGE), 0, 0]
    stemma.run("update", "--topic", "topic.toml")
    rows = stemma.database().execute("SELECT * FROM capture WHERE role = 'article' ORDER BY captured_at").fetchall()
    assert [(row["status"], row["is_revisit"]) for row in rows] == [(200, 0), (304, 1), (304, 1)]
    assert len({row["payload_digest"] for row in rows}) == 1
    last = RecordRef(path=rows[2]["path"], offset=rows[2]["offset"], length=rows[2]["length"])
    headers = dict(warc.read_record(stemma.folder / "data" / "warc", last).headers)
    assert headers["WARC-Profile"].endswith("/server-not-modified")
    assert headers["WARC-Refers-To-Date"] == rows[0]["captured_at"]
    (version,) = stemma.database().execute("SELECT sightings, last_seen FROM version").fetchall()
    assert version["sightings"] == 3
    assert version["last_seen"] == rows[2]["captured_at"]
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before


def test_robots_rules_are_kept_for_a_day(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        if request.path == "/robots.txt":
            return WebResponse(body=b"User-agent: *\nDisallow: /private\n")
        return WebResponse(headers=(("Content-Type", "text/html"),), body=PAGE)

    _, stemma = serve(handler)
    topic_file(stemma.folder, ["http://news.example/a", "http://news.example/private"])
    for _ in range(2):
        stemma.run("crawl", "--topic", "topic.toml")
    assert sorted(asked) == ["/a", "/a", "/robots.txt"]


def test_a_sites_share_of_the_budget_holds(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        return WebResponse(headers=(("Content-Type", "text/html"),), body=PAGE)

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"http://news.example/{n}" for n in range(12)])
    report = stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.per_host_requests=4", "--json").stdout
    assert len(asked) <= 4 + 1
    assert json.loads(report)[-1]["skipped"] > 0
