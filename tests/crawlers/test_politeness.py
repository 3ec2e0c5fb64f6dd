"""How long the crawler waits, whom it leaves alone, and what it does not ask for twice."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from subprocess import CompletedProcess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from public_rows import public_rows
from stemma_testing import Stemma, topic_file

from archive import warc
from archive.model import RecordRef
from crawlers.demo.server import WebRequest, WebResponse
from crawlers.politeness import (
    FIRST_BACKOFF,
    LATER_REFUSALS,
    LONGEST_WAIT,
    REFUSALS,
    Manners,
    after,
    seconds,
    with_floor,
)

NOW = datetime(2025, 3, 14, 12, tzinfo=UTC)
PAGE = b"<html><body><h1>News</h1><p>" + b"Troops crossed into the Kursk region and villages emptied. " * 9 + b"</p></body></html>"
Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]


def crawl_report(done: CompletedProcess[str]) -> dict[str, Any]:
    """Of the reports that a command printed the crawl's."""
    return next(report for report in json.loads(done.stdout) if report["step"] == "crawl")


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


def statuses(*answers: int) -> Manners:
    manners = Manners(floor=2.0, wait=2.0)
    for status in answers:
        manners = answered(manners, status)
    return manners


def test_who_refuses_every_page_is_left_alone_whatever_else_it_answers() -> None:
    assert statuses(*[403] * REFUSALS).left_alone is not None
    assert statuses(*[403, 404] * (REFUSALS - 1)).left_alone is None
    assert statuses(*[403, 404] * REFUSALS).left_alone is not None, "what is not there lets nobody in"
    welcome = answered(Manners(floor=2.0, wait=2.0), 200, is_page=False)
    for _ in range(REFUSALS):
        welcome = answered(welcome, 403)
    assert welcome.left_alone is not None, "rules that are served are no page"


def test_a_few_refusals_after_pages_that_were_let_through_are_those_pages_own() -> None:
    assert statuses(200, *[403] * (LATER_REFUSALS - 1)).left_alone is None
    assert statuses(200, *[403] * LATER_REFUSALS).left_alone is not None, "a door that was shut"
    assert statuses(304, *[403] * REFUSALS).left_alone is None
    assert statuses(200, *[403] * (LATER_REFUSALS - 1), 200, *[403] * (LATER_REFUSALS - 1)).left_alone is None


def test_a_site_that_is_left_alone_stays_so_when_a_request_under_way_is_answered() -> None:
    assert answered(statuses(*[403] * REFUSALS), 200).left_alone is not None
    assert answered(with_floor(Manners(floor=2.0, wait=2.0), LONGEST_WAIT + 1), 200).left_alone is not None
    assert answered(answered(Manners(floor=2.0, wait=2.0), 503, retry_after="9999"), 429).left_alone is not None


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
    told = stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.per_host=1", code=1).stderr
    assert "news.example refuses, perhaps for its country, every look (5 of 5: 403)" in told
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
    assert min(b - a for a, b in pairwise(times)) >= 0.3, "0.4 as asked for, by a clock that may be late"


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


def test_no_request_to_any_host_of_a_domain_comes_before_retry_after(serve: Serve) -> None:
    """With several requests under way, a number first, then a date that is sooner; retries wait as all others."""
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            return WebResponse(status=404)
        asked.append(request.url)
        soon = datetime.now(UTC) + timedelta(seconds=1)
        if len(asked) == 1:
            return WebResponse(status=503, headers=(("Retry-After", "3"),))
        if len(asked) == 2:
            return WebResponse(status=429, headers=(("Retry-After", format_datetime(soon, usegmt=True)),))
        return WebResponse(headers=(("Content-Type", "text/html"),), body=PAGE)

    server, stemma = serve(handler)
    hosts = ("www.outlet.com", "news.outlet.com", "m.outlet.com")
    topic_file(stemma.folder, [f"http://{host}/{n}" for host in hosts for n in range(2)])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.delay=0.2", "--set", "crawl.per_host=2",
               "--set", "crawl.retries=2")
    lines = sorted((line.at, line.status) for line in server.log if line.path != "/robots.txt")
    first = next(at for at, status in lines if status == 503)
    under_way = [at for at, _ in lines if first < at < first + 2.9]
    assert len(under_way) <= 1, "what was asked before the answer came"
    assert not [at for at in under_way if at > first + 0.5]
    assert len(lines) == 8, "two were refused and tried again"
    assert {row["url"] for row in stemma.database().execute("SELECT url FROM observation WHERE outcome = 'new'")} >= {
        f"http://{host}/{n}" for host in hosts for n in range(2)}


@pytest.mark.parametrize("as_date", [False, True])
def test_a_later_run_waits_too_for_what_a_site_asked_of_an_earlier_one(serve: Serve, *, as_date: bool) -> None:
    asked: list[str] = []
    refused: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.url)
        if request.path == "/busy" and not refused:
            refused.append(request.url)
            then = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
            return WebResponse(status=503, headers=(("Retry-After", then if as_date else "3600"),))
        return WebResponse(headers=(("Content-Type", "text/html"),), body=PAGE)

    _, stemma = serve(handler)
    topic_file(stemma.folder, ["http://www.outlet.com/busy"])
    stemma.run("crawl", "--topic", "topic.toml")
    topic_file(stemma.folder, ["http://www.outlet.com/busy", "http://news.outlet.com/b", "http://other.net/c"])
    asked.clear()
    report = crawl_report(stemma.run("crawl", "--topic", "topic.toml", "--json"))
    assert set(asked) == {"http://other.net/robots.txt", "http://other.net/c"}
    assert dict(report["counts"])["left for another run"] == 2
    asked.clear()
    later = Stemma(stemma.folder, stemma.proxy, altered={"CLOCK": json.dumps([(0, 3_700.0)])})
    later.run("crawl", "--topic", "topic.toml")
    assert {"http://www.outlet.com/busy", "http://news.outlet.com/b"} <= set(asked)


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
    done = stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.per_host_requests=4", "--json")
    assert len(asked) <= 4 + 1
    assert crawl_report(done)["skipped"] > 0


@pytest.mark.parametrize(("setting", "most"), [
    ("crawl.bytes=30000", 4), ("crawl.per_host_bytes=30000", 4), ("crawl.per_host_minutes=0.02", 5),
])
def test_what_a_budget_leaves_over_is_for_the_next_run(serve: Serve, setting: str, most: int) -> None:
    """Pages of 10 kB, or of 0.3 s: after three of them 30 kB are spent, and after 1.2 s 0.02 minutes."""
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            return WebResponse(status=404)
        asked.append(request.path)
        return WebResponse(headers=(("Content-Type", "text/html"),), body=PAGE + b" " * 10_000)

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"http://news.example/{n}" for n in range(8)])
    text = (stemma.folder / "topic.toml").read_text().replace('revisit = ["0s"]', 'revisit = ["30d"]')
    (stemma.folder / "topic.toml").write_text(text)
    line = ("crawl", "--topic", "topic.toml", "--json", "--set", "crawl.per_host=1", "--set", "crawl.delay=0.3")
    report = crawl_report(stemma.run(*line, "--set", setting))
    assert 1 <= len(asked) <= most
    assert dict(report["counts"])["left for another run"] == 8 - len(asked)
    assert report["skipped"] == 8 - len(asked)
    stemma.run(*line)
    assert sorted(asked) == [f"/{n}" for n in range(8)], "nothing is lost and nothing is asked for twice"


def test_a_crawl_delay_is_not_taken_to_the_site_that_a_redirect_leads_to(serve: Serve) -> None:
    moments: list[float] = []

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            is_slow = request.host.startswith("slow")
            return WebResponse(body=b"User-agent: *\nCrawl-delay: 3\n") if is_slow else WebResponse(status=404)
        if request.host.startswith("slow"):
            return WebResponse(status=301, headers=(("Location", f"http://fast.com/{request.host}"),))
        moments.append(time.monotonic())
        return WebResponse(body=PAGE)

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"http://slow{n}.com/a" for n in range(3)])
    stemma.run("crawl", "--topic", "topic.toml")
    assert len(moments) == 3
    assert max(moments) - min(moments) < 2.5, "they come when each slow site's own wait is over"


def test_a_site_that_asks_for_too_long_a_delay_is_left_alone_and_that_is_told(serve: Serve) -> None:
    _, stemma = serve(lambda request: WebResponse(
        body=b"User-agent: *\nCrawl-delay: 900\n" if request.path == "/robots.txt" else PAGE))
    topic_file(stemma.folder, ["http://slow.com/a"])
    stemma.run("crawl", "--topic", "topic.toml")
    reasons = stemma.database().execute("SELECT reason FROM failures WHERE subject = 'slow.com'").fetchall()
    assert [row["reason"] for row in reasons] == ["it asks for 900 s between requests"]


def test_rules_that_were_imported_are_none(serve: Serve) -> None:
    """What lies at an address in another role, as an imported capture does, is no robots.txt."""
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        return WebResponse(body=b"User-agent: *\nDisallow: /\n" if request.path == "/robots.txt" else PAGE)

    _, stemma = serve(handler)
    topic_file(stemma.folder, ["http://news.com/a"])
    stemma.run("crawl", "--topic", "topic.toml")
    conn = stemma.database()
    conn.execute("UPDATE captures SET role = 'other', status = 404 WHERE role = 'robots'")
    conn.commit()
    asked.clear()
    stemma.run("crawl", "--topic", "topic.toml")
    assert asked == ["/robots.txt"]


def test_a_site_that_is_left_alone_takes_nothing_from_the_budget(
    serve: Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
) -> None:
    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            return WebResponse(status=404)
        if request.host == "shut.example":
            return WebResponse(status=429, headers=(("Retry-After", "7200"),))
        return WebResponse(body=b"<p>Kursk</p>")

    server, stemma = serve(handler)
    topic_file(stemma.folder, [*(f"http://shut.example/{n}" for n in range(60)),
                               *(f"http://news.example/{n}" for n in range(8))])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.requests=20", "--set", "crawl.per_host=1")
    asked = [line.path for line in server.log if line.host == "news.example"]
    assert sorted(asked) == sorted(["/robots.txt", *(f"/{n}" for n in range(8))])
