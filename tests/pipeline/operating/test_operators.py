"""What cron's operator meets: exit codes, what is told and when, the ping, the status and the lines for a scheduler."""

import json
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from stemma_testing import FilledDemo, Stemma, opened, topic_file

from archive import log
from archive.folder import DataFolder, locked
from archive.times import to_iso
from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
FEED = "http://news.example/feed"


class Newsroom:
    """A site with one feed whose items, status and robots a test changes between runs."""

    def __init__(self) -> None:
        self.items, self.status, self.robots, self.pings = 1, 200, 404, 200
        self.rules = b""
        self.page: str | None = None  # what lies in the feed's place
        self.pinged: list[WebRequest] = []

    def respond(self, request: WebRequest) -> WebResponse:
        if request.host == "ping.example":
            self.pinged.append(request)
            return WebResponse(status=self.pings)
        if request.path == "/robots.txt":
            return WebResponse(body=self.rules) if self.rules else WebResponse(status=self.robots)
        if request.path == "/feed":
            links = "".join(f"<item><link>http://news.example/{n}</link></item>" for n in range(self.items))
            body = f'<rss version="2.0"><channel><title>x</title>{links}</channel></rss>'
            body = self.page or body
            return WebResponse(status=self.status if request.host == "news.example" else 200, body=body.encode())
        return WebResponse(status=404)


@pytest.fixture
def newsroom(serve: Serve) -> tuple[Newsroom, Stemma]:
    room = Newsroom()
    _, stemma = serve(room.respond)
    topic_file(stemma.folder, feeds=[FEED])
    return room, stemma


def change(stemma: Stemma, sql: str, *values: object) -> None:
    with opened(stemma.folder / "data" / "archive.db") as conn:
        conn.execute(sql, values)
    conn.close()


def hourly_until(stemma: Stemma, *, hours_ago: float) -> None:
    """As if the feed had brought something every hour, and the last time so many hours ago."""
    newest = datetime.now(UTC) - timedelta(hours=hours_ago)
    change(stemma, "UPDATE discoveries SET found_at = ?", to_iso(newest - timedelta(hours=24)))
    for hour in range(24):
        change(stemma, "INSERT INTO discoveries (url, source, found_at) VALUES (?, 'feed-0', ?)",
               f"http://news.example/old-{hour}", to_iso(newest - timedelta(hours=hour)))


def run(stemma: Stemma, *more: str, code: int = 0) -> str:
    return stemma.run("run", "--topic", "topic.toml", *more, code=code).stderr


def status(stemma: Stemma, *more: str, code: int = 0) -> Any:
    return json.loads(stemma.run("status", "--topic", "topic.toml", "--json", *more, code=code).stdout)


def alarms(stemma: Stemma, *more: str, code: int = 1) -> list[str]:
    return [alarm["name"] for alarm in status(stemma, *more, code=code)["alarms"]]


def test_a_source_that_goes_silent_is_told_once_and_its_return_is_told_once(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    assert run(stemma) == ""
    hourly_until(stemma, hours_ago=5)
    told = run(stemma, code=1)
    assert "feed-0 brought nothing new since" in told
    assert FEED in told
    assert len(told.strip().splitlines()) == 1
    assert run(stemma) == "", "what goes on is not told again"
    (alarm,) = status(stemma, code=1)["alarms"]
    assert (alarm["name"], alarm["sentence"]) == ("silent feed-0", alarm["sentence"])
    assert alarm["since"] <= to_iso(datetime.now(UTC))
    room.items = 2
    assert "over: silent feed-0" in run(stemma)
    assert run(stemma) == ""
    assert alarms(stemma, code=0) == []
    events = [log.parse(line) for line in (stemma.folder / "data/log/stemma.log").read_text().splitlines()]
    assert [(e["state"], e["name"]) for e in events if e["event"] == "alarm"] == [
        ("begun", "silent feed-0"), ("ended", "silent feed-0")]


def test_a_source_that_fails_is_an_alarm_by_its_share_and_an_ordinary_failure_is_none(
    newsroom: tuple[Newsroom, Stemma]
) -> None:
    room, stemma = newsroom
    topic_file(stemma.folder, feeds=[FEED, "http://other.example/feed"])
    for _ in range(2):
        run(stemma)
    room.status = 500
    assert run(stemma) == ""
    shown, well = status(stemma)["sources"]
    assert (shown["looks"], shown["failed"], shown["reason"]) == (3, 1, "HTTP status 500")
    assert (well["looks"], well["failed"], well["reason"]) == (3, 0, None)
    assert run(stemma) == ""
    assert run(stemma, "--set", "watch.failures=0.7") == ""
    assert "4 of 6 looks at the source feed-0 failed in 7 days (HTTP status 500)" in run(stemma, code=1)
    assert run(stemma) == ""
    assert alarms(stemma) == ["failing feed-0"]


def test_a_host_that_refuses_every_look_is_named_with_the_vantage(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    room.status = 451
    for _ in range(4):
        assert run(stemma, "--set", "crawl.vantage=DE") == ""
    told = run(stemma, "--set", "crawl.vantage=DE", code=1)
    assert "news.example refuses, perhaps for its country, every look from DE (5 of 5: 451)" in told
    found = status(stemma, "--set", "crawl.vantage=DE", code=1)
    assert found["vantage"] == "DE"
    assert found["blocked_hosts"] == [{"host": "news.example", "looks": 5, "blocked": 5, "statuses": [451],
                                       "blocks_all": True, "geo_blocked": True}]
    assert [alarm["name"] for alarm in found["alarms"]] == ["blocked news.example"]


def test_a_source_that_robots_forbid_for_days_is_an_alarm(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    room.robots = 503
    assert run(stemma) == "", "the network is there: the server answers"
    assert alarms(stemma, code=0) == []
    change(stemma, "UPDATE runs SET started_at = '2025-01-01T00:00:00.000Z'")
    found = status(stemma, code=1)
    assert found["sources"][0]["hindrance"] == "robots.txt answered 503"


def test_a_source_whose_site_asks_for_too_long_a_delay_is_an_alarm(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    room.rules = b"User-agent: *\nCrawl-delay: 3600\n"
    run(stemma)
    assert alarms(stemma, code=0) == []
    change(stemma, "UPDATE runs SET started_at = '2020-01-01T00:00:00.000Z'")
    assert "it asks for 3600 s between requests" in run(stemma, code=1)
    assert alarms(stemma) == ["hindered feed-0"]
    room.rules = b""
    change(stemma, "DELETE FROM captures WHERE role = 'robots'")  # as if a day had passed
    assert "over: hindered feed-0" in run(stemma)


def test_a_network_that_is_gone_and_comes_back_is_told_twice_in_all(newsroom: tuple[Newsroom, Stemma]) -> None:
    _, stemma = newsroom
    gone = Stemma(stemma.folder, "http://127.0.0.1:9")
    assert "nothing that was asked answered" in run(gone, code=1)
    assert run(gone) == ""
    assert alarms(stemma) == ["network"]
    assert "over: network" in run(stemma)
    assert alarms(stemma, code=0) == []


def test_damage_is_an_alarm_until_the_file_is_back(newsroom: tuple[Newsroom, Stemma]) -> None:
    _, stemma = newsroom
    run(stemma)
    (file,) = (stemma.folder / "data" / "warc").rglob("*.warc.gz")
    aside = stemma.folder / "aside.warc.gz"
    shutil.move(file, aside)
    assert "the file is missing" in run(stemma, code=1)
    assert run(stemma) == ""
    found = status(stemma, code=1)["alarms"]
    assert len(found) == 1, found
    name = found[0]["name"]
    assert name.startswith("damage ")
    shutil.move(aside, file)
    assert f"over: {name}" in run(stemma)
    assert alarms(stemma, code=0) == []


@pytest.mark.parametrize(("settings", "expected"), [
    ((), []),
    (("--set", "watch.backup_days=2"), ["backup"]),
    (("--set", "watch.verify_days=2"), ["verify"]),
    (("--set", "watch.backup_days=2", "--set", "watch.backup=copies"), []),
    (("--set", "watch.backup_days=2", "--set", "watch.backup=nowhere"), ["backup"]),
], ids=["none", "backup", "verify", "folder", "no folder"])
def test_backup_and_verification_are_missed_only_where_the_topic_file_asks_for_them(
    stemma_with_copies: Stemma, settings: tuple[str, ...], expected: list[str]
) -> None:
    assert alarms(stemma_with_copies, *settings, code=1 if expected else 0) == expected


@pytest.fixture
def stemma_with_copies(newsroom: tuple[Newsroom, Stemma]) -> Stemma:
    _, stemma = newsroom
    stemma.run("init", "--topic", "topic.toml")
    (stemma.folder / "copies" / "warc").mkdir(parents=True)
    (stemma.folder / "copies" / "warc" / "a.warc.gz").write_bytes(b"x")
    return stemma


def test_ages_of_backup_and_verification_come_from_their_runs(stemma_with_copies: Stemma) -> None:
    stemma = stemma_with_copies
    text = stemma.run("status", "--topic", "topic.toml").stdout
    assert "backup     never" in text
    assert "verified   never" in text
    for command, at in (("backup", "2025-03-01"), ("verify", "2025-02-01")):
        change(stemma, "INSERT INTO runs (command, program, started_at, ended_at) VALUES (?, 'x', ?, ?)", command,
               f"{at}T10:00:00.000Z", f"{at}T11:00:00.000Z")
    text = stemma.run("status", "--topic", "topic.toml").stdout
    assert "backup     2025-03-01 11:00" in text
    assert "verified   2025-02-01 11:00" in text
    assert alarms(stemma, "--set", "watch.backup_days=1", "--set", "watch.verify_days=1") == ["backup", "verify"]
    old = (datetime.now(UTC) - timedelta(days=4_000)).timestamp()
    os.utime(stemma.folder / "copies" / "warc" / "a.warc.gz", (old, old))
    assert "backup     2025-03-01 11:00" in stemma.run(
        "status", "--topic", "topic.toml", "--set", "watch.backup=copies").stdout


def test_the_disk_is_forecast_from_the_growth_of_the_last_days(newsroom: tuple[Newsroom, Stemma]) -> None:
    _, stemma = newsroom
    run(stemma)
    assert status(stemma)["disk"]["growth_per_day"] is None, "of an archive so young nothing is known"
    change(stemma, "UPDATE runs SET started_at = ?", to_iso(datetime.now(UTC) - timedelta(days=10)))
    disk = status(stemma)["disk"]
    assert disk["growth_per_day"] == pytest.approx(disk["held"] / 7)
    assert disk["days_left"] == pytest.approx(disk["free"] / disk["growth_per_day"])
    assert alarms(stemma, "--set", f"watch.disk_days={disk['days_left'] * 2}") == ["disk"]


def test_a_running_a_killed_and_an_ended_run_are_told_apart(serve: Serve) -> None:
    def slow(request: WebRequest) -> WebResponse:
        if request.path != "/robots.txt":
            time.sleep(3)
        return WebResponse(status=404)

    _, stemma = serve(slow)
    topic_file(stemma.folder, ["http://news.example/a"])
    stemma.run("init", "--topic", "topic.toml")
    process = stemma.start("run", "--topic", "topic.toml")
    try:
        deadline = time.monotonic() + 20
        while not (found := status(stemma)["runs"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert [one["state"] for one in found] == ["running"]
    finally:
        process.kill()
        process.wait()
    assert [one["state"] for one in status(stemma)["runs"]] == ["killed"]
    (stemma.folder / "data" / "lock").write_text(f"process {os.getpid()}, since 2020-01-01 00:00:00 UTC\n")
    assert [one["state"] for one in status(stemma)["runs"]] == ["killed"], "another process has its number now"
    run(stemma)
    assert [one["state"] for one in status(stemma)["runs"]] == ["ended", "killed"]


def test_a_ping_follows_each_run_with_fail_where_it_did_not_exit_with_0(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    ping = ("--set", "watch.ping=http://ping.example/uuid?x=1")
    run(stemma, *ping)
    assert [request.path for request in room.pinged] == ["/uuid?x=1"]
    assert room.pinged[0].header("User-Agent") == "stemma-archive/1.0 (+mailto:test@stemma-archive.org)"
    run(stemma, *ping, "--set", "watch.verify_days=1", code=1)
    (stemma.folder / "data" / "warc" / "blocked").write_text("")
    assert [request.path for request in room.pinged] == ["/uuid?x=1", "/uuid/fail?x=1"]
    run(stemma, *ping, "--set", "watch.verify_days=1")
    change(stemma, "PRAGMA user_version = 99")
    assert "upgrade" in run(stemma, *ping, code=1)
    assert [request.path for request in room.pinged][2:] == ["/uuid?x=1", "/uuid/fail?x=1"]


def test_a_ping_over_tls_trusts_the_topics_authorities(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    assert run(stemma, "--set", "watch.ping=https://ping.example/uuid") == ""
    assert [request.scheme for request in room.pinged] == ["https"]


def test_a_ping_that_fails_is_one_line_and_changes_no_exit_code(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    room.pings = 500
    told = run(stemma, "--set", "watch.ping=http://ping.example/uuid")
    assert "the ping to http://ping.example/uuid failed" in told
    assert len(told.strip().splitlines()) == 1


def test_a_run_that_finds_the_lock_taken_pings_nothing(serve: Serve) -> None:
    pinged: list[str] = []

    def slow(request: WebRequest) -> WebResponse:
        if request.host == "ping.example":
            pinged.append(request.path)
        elif request.path != "/robots.txt":
            time.sleep(3)
        return WebResponse(status=404)

    _, stemma = serve(slow)
    topic_file(stemma.folder, ["http://news.example/a"])
    stemma.run("init", "--topic", "topic.toml")
    process = stemma.start("crawl", "--topic", "topic.toml")
    try:
        deadline = time.monotonic() + 20
        while not status(stemma)["runs"] and time.monotonic() < deadline:
            time.sleep(0.1)
        run(stemma, "--set", "watch.ping=http://ping.example/uuid", code=3)
    finally:
        process.kill()
        process.wait()
    assert pinged == []


def test_a_rebuild_forgets_neither_what_was_told_nor_the_care(stemma_with_copies: Stemma) -> None:
    stemma = stemma_with_copies
    run(stemma, "--set", "watch.verify_days=1", code=1)
    change(stemma, "INSERT INTO runs (command, program, started_at, ended_at) VALUES "
                   "('backup', 'x', '2025-03-01T10:00:00.000Z', '2025-03-01T11:00:00.000Z')")
    (before,) = status(stemma, "--set", "watch.verify_days=1", code=1)["alarms"]
    stemma.run("rebuild", "--topic", "topic.toml")
    after = status(stemma, "--set", "watch.verify_days=1", code=1)
    assert after["alarms"] == [before]
    assert after["backup"] == "2025-03-01T11:00:00.000Z"
    assert run(stemma, "--set", "watch.verify_days=1") == ""


def test_the_status_of_the_demo_is_readable_and_needs_nobody(demo: FilledDemo) -> None:
    text = demo.stemma.run("status", "--topic", "topic.toml").stdout
    assert "nothing needs a person" in text
    table = text.split("\n\n")[1].splitlines()
    assert table[0].split()[0] == "source"
    assert {line.split()[0] for line in table[1:]} == {
        source["name"] for source in status(demo.stemma)["sources"]}
    assert max(map(len, text.splitlines())) < 200


def nothing(stemma: Stemma) -> None:
    """All is well."""


def missed_verification(stemma: Stemma) -> None:
    file = stemma.folder / "topic.toml"
    file.write_text(file.read_text() + "[watch]\nverify_days = 1\n")


def pages_that_fail(stemma: Stemma) -> None:
    topic_file(stemma.folder, [f"http://news.example/none-{n}" for n in range(9)], feeds=[FEED])


def silence(stemma: Stemma) -> None:
    hourly_until(stemma, hours_ago=5)


def refused_address(stemma: Stemma) -> None:
    file = stemma.folder / "topic.toml"
    file.write_text(file.read_text().replace("http://news.example/feed", "http://127.0.0.1:9/feed"))


def mistake(stemma: Stemma) -> None:
    file = stemma.folder / "topic.toml"
    file.write_text(file.read_text() + "[wacth]\nsilence = 3\n")


def newer_program(stemma: Stemma) -> None:
    change(stemma, "PRAGMA user_version = 99")


@pytest.mark.parametrize(("happens", "first", "second", "shown"), [
    (nothing, 0, 0, 0), (pages_that_fail, 0, 0, 0), (silence, 1, 0, 1), (missed_verification, 1, 0, 1),
    (refused_address, 0, 0, 0), (mistake, 2, 2, 2), (newer_program, 1, 1, 1),
], ids=lambda value: value.__name__ if callable(value) else None)
def test_exit_codes_of_a_run_of_the_next_and_of_the_status(
    newsroom: tuple[Newsroom, Stemma], happens: Callable[[Stemma], None], first: int, second: int, shown: int
) -> None:
    _, stemma = newsroom
    run(stemma)
    happens(stemma)
    for code in (first, second):
        assert bool(run(stemma, code=code)) is (code != 0)
    stemma.run("status", "--topic", "topic.toml", code=shown)


def test_tries_of_one_run_are_one_look(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    topic_file(stemma.folder, feeds=[FEED])
    run(stemma)
    room.status = 500
    for _ in range(2):
        run(stemma, "--set", "crawl.retries=3")
    (shown,) = status(stemma)["sources"]
    assert (shown["looks"], shown["failed"]) == (3, 2)


def test_a_source_that_became_a_page_is_told_though_it_brought_articles_once(newsroom: tuple[Newsroom, Stemma]) -> None:
    room, stemma = newsroom
    run(stemma)
    room.page = "<html><body><h1>Our new site</h1></body></html>"
    run(stemma)
    change(stemma, "UPDATE discoveries SET found_at = ?", to_iso(datetime.now(UTC) - timedelta(days=40)))
    assert "the source feed-0 brings nothing" in run(stemma, code=1)
    room.page, room.items = None, 1
    assert "over: hindered feed-0" in run(stemma)
    assert status(stemma)["failures"] == []


def test_a_command_that_refuses_is_no_run_that_was_killed(newsroom: tuple[Newsroom, Stemma]) -> None:
    _, stemma = newsroom
    run(stemma)
    stemma.run("judge", "http://news.example/0", "http://news.example/1", "confirm", "--by", "x", "--topic", "topic.toml",
               code=2)
    last = status(stemma)["runs"][0]
    assert (last["command"], last["ended_at"] is not None) == ("judge", True)


def test_an_overlapping_run_of_cron_is_silent_and_one_that_lasts_for_a_day_is_told(
    newsroom: tuple[Newsroom, Stemma]
) -> None:
    _, stemma = newsroom
    run(stemma)
    with locked(DataFolder(stemma.folder / "data")):
        assert run(stemma, code=3) == ""
        lock = stemma.folder / "data" / "lock"
        lock.write_text(f"process 1, since {datetime.now(UTC) - timedelta(days=2):%Y-%m-%d %H:%M:%S} UTC\n")
        assert "is in use by process 1" in run(stemma, code=3)
