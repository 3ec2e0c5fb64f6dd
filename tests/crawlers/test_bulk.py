"""Backfill from services without an index, whose files are read whole, by parts: the real command, emulated servers."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, topic_file
from web_archives import FILES, SETTINGS, Held, WebArchives, news_file, news_name

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[LoopbackWeb, Stemma]]
Archive = Callable[..., tuple[LoopbackWeb, Stemma, WebArchives]]
SITE = "https://www.news.example"
NEWS = ("backfill", "--topic", "topic.toml", "--to", "2024-09-30", "--service", "ccnews")
RANGE = 3_000
FIRST, SECOND = news_name("20240806011537", 178), news_name("20240807021537", 179)


def text(what: str, n: int = 0) -> bytes:
    lines = "".join(f"<p>{what} {k} in the Kursk region, {hash_of(n, k)}, people who were there said.</p>"
                    for k in range(30))
    return f"<html><head><title>{what}</title></head><body><h1>{what}</h1><article>{lines}</article></body></html>".encode()


def hash_of(*numbers: int) -> str:
    """Words that do not pack well, so that a page has some thousand bytes in its file."""
    return " ".join(f"{(sum(numbers) + 1) * 2_654_435_761 * k % 2**32:08x}" for k in range(1, 9))


def live(request: WebRequest) -> WebResponse:
    if request.path == "/robots.txt":
        return WebResponse(status=404)
    return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),), body=text("Live"))


def pages(day: str, count: int = 8) -> list[Held]:
    """Every second one of our site, with and without www."""
    hosts = ["https://elsewhere.example", SITE, "https://elsewhere.example", "https://news.example"]
    return [Held(f"{day}1200{n:02}", f"{hosts[n % 4]}/{day}/{n}", text(f"Page {n}", n)) for n in range(count)]


def news() -> dict[str, bytes]:
    late = [*pages("20240807"), Held("20251001000000", f"{SITE}/after-the-span", text("Late"))]
    cut = news_file([*late, Held("20240807130000", "https://elsewhere.example/last", text("Cut", 9))])[:-50]
    return {FIRST: news_file(pages("20240806")), SECOND: cut, news_name("20240701000000"): b"of another time"}


OURS = sorted(held.url for day in ("20240806", "20240807") for held in pages(day) if "news.example" in held.url)


@pytest.fixture
def archive(serve: Serve, tmp_path: Path) -> Archive:
    def started(**traps: object) -> tuple[LoopbackWeb, Stemma, WebArchives]:
        web = WebArchives(**({"held": [], "live": live, "news": news()} | traps))  # type: ignore[arg-type]
        server, stemma = serve(web)
        topic_file(tmp_path, [f"{SITE}/story"], extra=SETTINGS + f"range_bytes = {RANGE}\n")
        return server, stemma, web

    return started


def copied(stemma: Stemma) -> list[str]:
    rows = stemma.database().execute("SELECT url FROM capture WHERE via = ? ORDER BY url", [FILES])
    return [row["url"] for row in rows]


def test_the_news_crawls_files_are_read_by_parts_and_give_the_records_of_the_topics_hosts(archive: Archive) -> None:
    server, stemma, web = archive()
    done = stemma.run(*NEWS, "--json")
    assert copied(stemma) == OURS
    assert max(end - start for _, start, end in web.ranges) == RANGE, "no more than a part is ever held"
    assert len(web.ranges) >= sum(-(-len(web.news[name]) // RANGE) for name in (FIRST, SECOND)) > 8
    (report,) = json.loads(done.stdout)
    assert (report["done"], report["counts"]["files read"]) == (len(OURS), 2)
    conn = stemma.database()
    assert conn.execute("SELECT count(*) FROM captures WHERE url LIKE ?", [f"http://{FILES}/%00178%"]).fetchone()[0] == 0
    failures = conn.execute("SELECT reason FROM failures WHERE stage = 'backfill'").fetchall()
    assert ["is cut off" in row["reason"] for row in failures] == [True]
    states = [tuple(row) for row in conn.execute("SELECT state, reason FROM slices ORDER BY start")]
    assert states == [("done", None), ("done", "there is no list of this month")]
    asked = len(server.log)
    stemma.run(*NEWS)
    assert len(server.log) == asked, "what was read is not asked for again"
    stemma.run("update", "--topic", "topic.toml")
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before


def test_the_result_is_that_of_an_import_of_the_same_file(archive: Archive, tmp_path: Path) -> None:
    ours = [held for held in pages("20240806") if "news.example" in held.url]
    _, stemma, web = archive(news={FIRST: news_file(ours)})
    stemma.run(*NEWS)
    (tmp_path / "whole.warc.gz").write_bytes(web.news[FIRST])
    stemma.run("import", "--topic", "topic.toml", "--data", "imported", "--via", FILES, "whole.warc.gz")
    rows = []
    for data in ("data", "imported"):
        stemma.run("update", "--topic", "topic.toml", "--data", data)
        found = public_rows(tmp_path / data / "archive.db", views=("capture", "observation", "article", "version"))
        rows.append({view: sorted(filter(None, map(_bare, lines))) for view, lines in found.items()})
    assert rows[0] == rows[1]
    assert len(rows[0]["capture"]) == len(ours)
    again = stemma.run("import", "--topic", "topic.toml", "whole.warc.gz", "--json").stdout
    assert json.loads(again)[-1]["skipped"] == len(ours), "whichever came first, nothing is here twice"


def _bare(line: str) -> str:
    """An article's row without what depends on how it came in; nothing for other rows."""
    row = json.loads(line)
    return json.dumps({k: v for k, v in row.items() if k not in ("source", "path", "offset", "length")}) \
        if row.get("role", "article") == "article" else ""


def test_a_killed_backfill_goes_on_within_the_file_and_doubles_nothing(archive: Archive) -> None:
    _, stemma, web = archive(news={FIRST: news_file(pages("20240806", 40))})
    process = stemma.start(*NEWS, "--set", "crawl.delay=0.1")
    deadline = time.monotonic() + 60
    while len(web.ranges) < 8 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # its turn ends with it
    before, reached = len(web.ranges), web.ranges[-1][1]
    stemma.run(*NEWS)
    assert copied(stemma) == sorted(held.url for held in pages("20240806", 40) if "news.example" in held.url)
    resumed = web.ranges[before][1]
    assert reached - 4 * RANGE < resumed <= reached + RANGE, "it goes on at the record where it stopped"


def test_what_a_site_forbids_is_not_copied_record_by_record(archive: Archive) -> None:
    def forbids(request: WebRequest) -> WebResponse:
        rules = WebResponse(body=b"User-agent: *\nDisallow: /20240806/\n")
        return rules if (request.host, request.path) == ("www.news.example", "/robots.txt") else live(request)

    _, stemma, _ = archive(live=forbids)
    stemma.run(*NEWS)
    assert copied(stemma) == [url for url in OURS if not url.startswith(f"{SITE}/20240806/")]
    stemma.run(*NEWS, "--set", "crawl.archives_obey_robots=false")
    assert copied(stemma) == OURS, "by another rule the files are read again"


def test_a_server_that_gives_whole_files_only_is_left_in_peace(archive: Archive) -> None:
    _, stemma, _ = archive(ignores_ranges=True)
    done = stemma.run(*NEWS, "--set", "crawl.max_body_bytes=4000")
    assert "gives no part of a file" in done.stdout
    assert copied(stemma) == []
    stemma.run(*NEWS)
    assert copied(stemma) == OURS, "one that is small enough is taken whole"


def test_a_dry_run_says_files_bytes_and_days_and_reads_no_file(archive: Archive) -> None:
    _, stemma, web = archive()
    reports = {report["step"]: report["counts"] for report in json.loads(stemma.run(*NEWS, "--dry-run", "--json").stdout)}
    assert reports["to read of ccnews"] == {
        "files to read": 2, "bytes to read": len(web.news[FIRST]) + len(web.news[SECOND]),
        "days of waiting, rounded up": 0}
    assert {end - start for _, start, end in web.ranges} == {1}
    stemma.run(*NEWS)
    assert copied(stemma) == OURS


def test_services_that_read_everything_are_not_asked_unless_named(archive: Archive) -> None:
    _, stemma, web = archive()
    stemma.run("backfill", "--topic", "topic.toml", "--to", "2024-08-31")
    assert web.ranges == []
