"""Backfill of single articles by their TimeMaps, by the real command: what was gone when the crawl came."""

import json
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, topic_file
from web_archives import PYWB, SETTINGS, WAYBACK, Held, WebArchives

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[LoopbackWeb, Stemma]]
Archive = Callable[..., tuple[LoopbackWeb, Stemma, WebArchives]]
HOME = "http://news.example/"
GONE = "http://other.example/2024/08/story"
BACKFILL = ("backfill", "--topic", "topic.toml", "--from", "2024-08-06", "--to", "2024-08-31")
CRAWL = ("crawl", "--topic", "topic.toml")
TIMEMAPS = (*BACKFILL, "--service", "timemaps")


def text(what: str) -> bytes:
    body = "".join(f"<p>{what}, line {n}: in the Kursk region, near Sudzha, as people said who were there.</p>" for n in range(8))
    return f"<html><head><title>{what}</title></head><body><h1>{what}</h1><article>{body}</article></body></html>".encode()


def live(request: WebRequest) -> WebResponse:
    if request.path == "/robots.txt" or request.host == "other.example":
        return WebResponse(status=404)
    return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),), body=text(request.url))


def article(url: str) -> dict[str, str]:
    return {"url": url, "title": "Kursk", "seendate": "20240807T103000Z"}


def held(url: str = GONE, days: Sequence[int] = (7, 9)) -> list[Held]:
    return [Held(f"202408{day:02}120000", url, text(f"Day {day}")) for day in days]


@pytest.fixture
def archive(serve: Serve, tmp_path: Path) -> Archive:
    def started(*, topic: str = "", lists: Sequence[str] = (HOME,), feeds: Sequence[str] = (), **traps: object) -> tuple[LoopbackWeb, Stemma, WebArchives]:
        web = WebArchives(**({"held": held(), "live": live, "articles": [article(GONE)]} | traps))  # type: ignore[arg-type]
        server, stemma = serve(web)
        topic_file(tmp_path, lists, feeds=feeds, extra=topic + SETTINGS)
        return server, stemma, web

    return started


def asked(server: LoopbackWeb, start: str, host: str = WAYBACK) -> list[str]:
    return [line.path for line in server.log if line.host == host and line.path.startswith(start)]


def mementos(stemma: Stemma) -> list[tuple[str, str]]:
    query = "SELECT url, captured_at FROM capture WHERE via IN (?, ?) ORDER BY captured_at, url"
    return [(row["url"], row["captured_at"][:10]) for row in stemma.database().execute(query, [WAYBACK, PYWB])]


EXPECTED = [(GONE, "2024-08-07"), (GONE, "2024-08-09")]


def test_what_was_gone_when_the_crawl_came_is_taken_from_where_its_timemap_says(archive: Archive) -> None:
    server, stemma, _ = archive()
    stemma.run(*BACKFILL)
    assert asked(server, "/web/") == [], "what was not looked at yet is the crawl's"
    stemma.run("run", "--topic", "topic.toml")
    stemma.run(*BACKFILL)
    assert mementos(stemma) == EXPECTED
    assert asked(server, "/web/") == [f"/web/timemap/link/{GONE}", *(f"/web/202408{day}120000id_/{GONE}" for day in ("07", "09"))]
    stemma.run("update", "--topic", "topic.toml")
    titles = [row[0] for row in stemma.database().execute("SELECT title FROM version ORDER BY ordinal")]
    assert titles == ["Day 7", "Day 9"]
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before
    requests = len(asked(server, ""))
    stemma.run(*TIMEMAPS)
    assert asked(server, "")[requests:] == [f"/web/timemap/link/{GONE}"], "after a rebuild the TimeMap is asked again, no page"
    stemma.run(*TIMEMAPS)
    assert len(asked(server, "")) == requests + 1
    assert mementos(stemma) == EXPECTED


def test_only_articles_of_the_span_that_no_look_could_read_are_asked_for(archive: Archive) -> None:
    items = {"gone": "06 Aug 2024", "blocked": "07 Aug 2024", "moved-home": "08 Aug 2024", "other-day": "01 Oct 2024", "read": "06 Aug 2024",
             "moved": "06 Aug 2024", "error": "06 Aug 2024", "undated": None}
    feed = "".join(f"<item><link>http://else.example/{name}</link>{f'<pubDate>{day} 10:00:00 GMT</pubDate>' if day else ''}</item>"
                   for name, day in items.items())

    def answers(request: WebRequest) -> WebResponse:
        place = {"/moved-home": "/", "/moved": "/read-2"}.get(request.path)
        status = {"/robots.txt": 404, "/gone": 410, "/blocked": 403, "/error": 500, "/other-day": 410, "/undated": 410}.get(request.path)
        if request.path == "/feed":
            return WebResponse(headers=(("Content-Type", "application/rss+xml"),), body=f"<rss><channel>{feed}</channel></rss>".encode())
        if place:
            return WebResponse(status=301, reason="Moved", headers=(("Location", place),))
        return WebResponse(status=status) if status else live(request)

    covered = "http://news.example/2024/08/gone"
    server, stemma, _ = archive(held=[], live=lambda r: WebResponse(status=404) if r.url == covered else answers(r), articles=[],
                                lists=[covered, GONE], feeds=["http://feeds.example/feed"])
    stemma.run(*CRAWL)
    stemma.run(*TIMEMAPS)
    expected = [f"/web/timemap/link/http://else.example/{name}" for name in ("blocked", "error", "gone", "moved-home")]
    assert sorted(asked(server, "/web/timemap/")) == expected


def test_hosts_of_which_the_index_did_not_tell_are_asked_for_article_by_article(archive: Archive) -> None:
    server, stemma, _ = archive(lists=[GONE], articles=[], excluded=frozenset({"other.example"}), in_pywb=held(),
                                held=[Held("20240813000000", GONE, text("Day 13"))])
    settings = ("--set", f'backfill.timemaps=["http://{PYWB}/coll/timemap/link"]')
    stemma.run(*CRAWL)
    stemma.run(*TIMEMAPS, *settings)
    assert asked(server, "/coll/", PYWB) == [], "the host is to be asked for as a whole"
    stemma.run(*BACKFILL, *settings)
    assert mementos(stemma) == EXPECTED
    rows = stemma.database().execute("SELECT via FROM capture WHERE role = 'article' AND status = 200").fetchall()
    assert [row["via"] for row in rows] == [PYWB, PYWB]


def test_the_result_is_the_same_whichever_service_came_first(serve: Serve, tmp_path: Path) -> None:
    crawls = {"CC-MAIN-2024-33": ("20240803000000", "20240816000000")}
    rows = []
    for order in (("timemaps", "commoncrawl"), ("commoncrawl", "timemaps")):
        folder = tmp_path / order[0]
        folder.mkdir()
        server, behind = serve(WebArchives(held=held(days=[8, 10]), in_pywb=held(), live=live, excluded=frozenset({"other.example"}), crawls=crawls))
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, [GONE], extra=SETTINGS.replace(f"{WAYBACK}/web/timemap", f"{PYWB}/coll/timemap"))
        stemma = Stemma(folder, behind.proxy)
        stemma.run(*CRAWL)
        for service in ("wayback", *order):
            stemma.run(*BACKFILL, "--service", service)
        stemma.run("update", "--topic", "topic.toml")
        rows.append(public_rows(folder / "data" / "archive.db", times=False))
    assert rows[0] == rows[1]
    assert len(rows[0]["version"]) == 4


def test_a_dry_run_names_the_mementos_to_fetch_and_fetches_none(archive: Archive) -> None:
    server, stemma, _ = archive(held=held(days=range(7, 20)))
    stemma.run(*BACKFILL, "--service", "gdelt")
    stemma.run(*CRAWL)
    report, to_fetch = json.loads(stemma.run(*TIMEMAPS, "--dry-run", "--json").stdout)
    assert (report["counts"]["mementos named"], to_fetch["counts"]["pages to fetch"]) == (13, 4)
    stemma.run(*TIMEMAPS)
    assert [at for _, at in mementos(stemma)] == ["2024-08-07", "2024-08-11", "2024-08-15", "2024-08-19"]
    assert len(asked(server, "/web/timemap/")) == 1


@pytest.mark.parametrize("traps", [
    pytest.param({"timemap_page": 1}, id="a TimeMap of one memento that leads to the next, and back to the first"),
    pytest.param({"nearest": {"20240807120000": "20240809120000"}}, id="sent on to another capture"),
    pytest.param({"broken": frozenset({"20240807120000"})}, id="the archive's own error with status 200"),
    pytest.param({"twice_compressed": True}, id="compressed twice over one declaration"),
])
def test_misbehaviours_of_the_archive_make_no_captures_of_their_own(archive: Archive, traps: dict[str, object]) -> None:
    server, stemma, _ = archive(**traps)
    stemma.run(*BACKFILL, "--service", "gdelt")
    stemma.run(*CRAWL)
    stemma.run(*TIMEMAPS)
    assert mementos(stemma) == (EXPECTED[1:] if {"nearest", "broken"} & set(traps) else EXPECTED)
    requests = len(asked(server, ""))
    stemma.run(*TIMEMAPS)
    assert len(asked(server, "")) == requests, "nothing is asked twice"


def test_an_article_without_a_timemap_is_asked_for_once(archive: Archive) -> None:
    server, stemma, _ = archive(held=[])
    stemma.run(*BACKFILL, "--service", "gdelt")
    stemma.run(*CRAWL)
    for _ in range(2):
        assert "failed" not in stemma.run(*TIMEMAPS).stdout
    assert len(asked(server, "/web/timemap/")) == 1


def test_what_a_site_forbids_is_not_taken_from_other_archives_either(archive: Archive) -> None:
    def forbids(request: WebRequest) -> WebResponse:
        rules = WebResponse(body=b"User-agent: *\nDisallow: /2024/\n")
        return rules if (request.host, request.path) == ("other.example", "/robots.txt") else live(request)

    server, stemma, _ = archive(live=forbids)
    stemma.run(*BACKFILL, "--service", "gdelt")
    stemma.run(*CRAWL)
    stemma.run(*TIMEMAPS)
    assert mementos(stemma) == []
    assert len(asked(server, "/web/2024")) == 0
    stemma.run(*TIMEMAPS, "--set", "crawl.archives_obey_robots=false")
    assert mementos(stemma) == EXPECTED


def test_a_killed_backfill_asks_for_no_timemap_again(archive: Archive) -> None:
    urls = [f"http://other.example/{n}" for n in range(12)]
    server, stemma, _ = archive(articles=[article(url) for url in urls], held=[one for url in urls for one in held(url, [7])])
    stemma.run(*BACKFILL, "--service", "gdelt")
    stemma.run(*CRAWL)
    process = stemma.start(*TIMEMAPS, "--set", "crawl.delay=0.1", "--set", "crawl.per_host=1")
    deadline = time.monotonic() + 60
    while len(asked(server, "/web/2024")) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # its turn ends with it
    assert 4 <= len(asked(server, "/web/2024")) < len(urls)
    stemma.run(*TIMEMAPS)
    assert len(mementos(stemma)) == len(urls)
    assert len(asked(server, "/web/timemap/")) == len(urls)
    assert len(asked(server, "/web/2024")) <= len(urls) + 4, "only what was under way is asked for again"
