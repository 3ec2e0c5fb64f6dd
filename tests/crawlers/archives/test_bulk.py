"""Backfill from services without an index, whose files are read whole, by parts: the real command, emulated servers."""

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, topic_file
from web_archives import (
    COMMON_CRAWL,
    FILES,
    SETTINGS,
    Held,
    WebArchives,
    bulk_line,
    gkg_row,
    gkg_zip,
    news_file,
    news_name,
)

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
    rows = stemma.database().execute("SELECT url FROM capture WHERE via = ? ORDER BY url", [COMMON_CRAWL])
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
    stemma.run("import", "--topic", "topic.toml", "--data", "imported", "--via", COMMON_CRAWL, "whole.warc.gz")
    rows = []
    for data in ("data", "imported"):
        stemma.run("update", "--topic", "topic.toml", "--data", data)
        found = public_rows(tmp_path / data / "archive.db", views=("capture", "observation", "article", "version"))
        rows.append({view: sorted(filter(None, map(_bare, lines))) for view, lines in found.items()})
    assert rows[0] == rows[1]
    assert len(rows[0]["capture"]) == len(ours)
    again = stemma.run("import", "--topic", "topic.toml", "whole.warc.gz", "--json").stdout
    (report,) = (report for report in json.loads(again) if report["step"] == "import")
    assert report["skipped"] == len(ours), "whichever came first, nothing is here twice"


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
    (row,) = stemma.database().execute("SELECT reason FROM mementos WHERE original = ?", [FIRST])
    assert row["reason"].startswith("2 records were refused: robots.txt forbids it")
    stemma.run(*NEWS, "--set", "crawl.archives_obey_robots=false")
    assert copied(stemma) == OURS, "by another rule the files are read again"


def test_a_server_that_gives_whole_files_only_is_left_in_peace(archive: Archive) -> None:
    _, stemma, _ = archive(ignores_ranges=True)
    done = stemma.run(*NEWS, "--set", "crawl.max_body_bytes=4000")
    assert "gives no part of a file" in done.stdout
    assert copied(stemma) == []
    stemma.run(*NEWS)
    assert copied(stemma) == OURS, "one that is small enough is taken whole"


def test_a_part_that_is_cut_off_on_the_way_is_a_shorter_part(archive: Archive) -> None:
    _, stemma, web = archive(cut_ranges=3)
    stemma.run(*NEWS)
    assert copied(stemma) == OURS
    assert (web.ranges[1][1], web.ranges[2][1]) == (RANGE // 2, RANGE)


def test_a_file_that_is_gone_is_told_and_the_others_are_read(archive: Archive) -> None:
    _, stemma, _ = archive(gone=frozenset({FIRST}))
    (report,) = json.loads(stemma.run(*NEWS, "--json").stdout)
    assert copied(stemma) == [url for url in OURS if "/20240807/" in url]
    assert (report["counts"]["missing in the archive"], report["counts"]["files read"]) == (1, 1)


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


BULKS = ("backfill", "--topic", "topic.toml", "--to", "2024-08-31", "--service", "gdelt-bulk")
LIST, TRANSLATED = "masterfilelist.txt", "masterfilelist-translation.txt"


def bulk() -> dict[str, bytes]:
    """Two lists: a slot that is missing, a bad ZIP, a wrong MD5, one beyond the span; and one of each that is right."""
    good = gkg_zip(
        gkg_row(f"{SITE}/sport", "A match was won"), gkg_row("http://other.example/kursk-advance", None),
        gkg_row("http://other.example/1", "Troops in the Kursk region"), gkg_row("http://other.example/2", "The weather"))
    second = gkg_zip(gkg_row("https://third.example/1", "Kursk: what is known"), b"a line of another shape")
    files = {
        "20240806001500.gkg.csv.zip": good, "20240806003000.gkg.csv.zip": b"PK no ZIP file",
        "20240806004500.gkg.csv.zip": second, "20240806010000.gkg.csv.zip": good, "20241006001500.gkg.csv.zip": good,
        "20240806001500.translation.gkg.csv.zip": second}
    lines = {name: bulk_line(name, content) for name, content in files.items()}
    old = b"".join(bulk_line(f"2015021800{n:02}00.export.CSV.zip", b"x") for n in range(60))
    lists = {LIST: old + b"".join(line for name, line in lines.items() if "translation" not in name),
             TRANSLATED: b"".join(line for name, line in lines.items() if "translation" in name)}
    del files["20240806010000.gkg.csv.zip"]
    return lists | files | {"20240806004500.gkg.csv.zip": second.replace(b"a.gkg", b"b.gkg")}


ANNOUNCED = [
    ("http://other.example/1", "Troops in the Kursk region"), ("http://other.example/kursk-advance", None),
    ("https://third.example/1", "Kursk: what is known"), (f"{SITE}/sport", "A match was won")]


def announced(stemma: Stemma) -> list[tuple[str, str | None]]:
    rows = stemma.database().execute("SELECT url, title FROM discovery WHERE source = 'gdelt' ORDER BY url")
    return [(row["url"], row["title"]) for row in rows]


def test_gdelts_bulk_files_announce_the_topics_articles_and_a_rebuild_announces_them_again(archive: Archive) -> None:
    server, stemma, web = archive(bulk=bulk())
    (report,) = json.loads(stemma.run(*BULKS, "--json").stdout)
    assert announced(stemma) == ANNOUNCED
    assert report["counts"] == {"articles announced": 4, "files read": 2, "files that cannot be read": 3,
                                "lines passed over": 1, "parts of lists read": 4}
    reasons = sorted(row[0] for row in stemma.database().execute("SELECT reason FROM failures WHERE stage = 'backfill'"))
    assert [why in reason for why, reason in zip(("HTTP status 404", "MD5", "ZIP"), reasons, strict=True)] == [True] * 3
    assert max(end - start for _, start, end in web.ranges) <= RANGE
    asked = len(server.log)
    stemma.run(*BULKS)
    assert len(server.log) == asked, "what was read is not asked for again"
    conn = stemma.database()
    assert conn.execute("SELECT count(*) FROM captures WHERE url LIKE 'http://bulk%gkg%'").fetchone()[0] == 0
    before = public_rows(stemma.folder / "data" / "archive.db", views=("discovery", "capture", "observation"))
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db", views=("discovery", "capture", "observation")) == before
    stemma.run(*BULKS)
    assert announced(stemma) == ANNOUNCED
    query = "SELECT count(*) FROM captures WHERE url LIKE 'urn:stemma:gdelt:%'"
    assert stemma.database().execute(query).fetchone()[0] == 2, "read again after the rebuild, it is kept once"


def test_a_dry_run_of_the_bulk_files_adds_up_the_sizes_of_their_lists(archive: Archive) -> None:
    _, stemma, web = archive(bulk=bulk())
    reports = {one["step"]: one["counts"] for one in json.loads(stemma.run(*BULKS, "--dry-run", "--json").stdout)}
    assert reports["to read of gdelt-bulk"]["files to read"] == 5
    sizes = [int(line.split()[0]) for name in (LIST, TRANSLATED) for line in web.bulk[name].splitlines()
             if b"/20240806" in line]
    assert reports["to read of gdelt-bulk"]["bytes to read"] == sum(sizes)
    assert {path for path, _, _ in web.ranges} == {f"/gdeltv2/{LIST}", f"/gdeltv2/{TRANSLATED}"}


def test_the_order_of_the_services_does_not_matter(serve: Serve, tmp_path: Path) -> None:
    held = [Held("20240806115901", f"{SITE}/20240806/1", text("Page 1", 1)),  # the same bytes, two minutes before
            Held("20240808120000", f"{SITE}/20240806/1", text("Page 1 again", 1))]
    rows = []
    for order in (("wayback", "ccnews", "gdelt-bulk"), ("gdelt-bulk", "ccnews", "wayback")):
        folder = tmp_path / "-".join(order)
        folder.mkdir()
        server, behind = serve(WebArchives(held=held, live=live, news=news(), bulk=bulk()))
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, [f"{SITE}/story"], extra=SETTINGS + f"range_bytes = {RANGE}\n")
        stemma = Stemma(folder, behind.proxy)
        for service in order:
            stemma.run("backfill", "--topic", "topic.toml", "--to", "2024-08-31", "--service", service)
        stemma.run("update", "--topic", "topic.toml")
        rows.append(public_rows(folder / "data" / "archive.db", times=False))
    assert rows[0] == rows[1]
    assert len(rows[0]["capture"]) == len(OURS) + 2


def test_of_a_list_that_grows_only_what_is_new_is_read(archive: Archive) -> None:
    _, stemma, web = archive(bulk=bulk())
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    words = (*BULKS[:3], "--from", "2024-08-06", "--to", tomorrow, "--service", "gdelt-bulk")
    stemma.run(*words)
    assert announced(stemma) == ANNOUNCED
    before, size = len(web.ranges), len(web.bulk[LIST])
    late = gkg_zip(gkg_row("http://other.example/late", "Late news from the Kursk region"))
    web.bulk |= {"20241101001500.gkg.csv.zip": late, LIST: web.bulk[LIST] + bulk_line("20241101001500.gkg.csv.zip", late)}
    stemma.run(*words)
    assert min(start for path, start, _ in web.ranges[before:] if path == f"/gdeltv2/{LIST}") == size
    assert ("http://other.example/late", "Late news from the Kursk region") in announced(stemma)


def test_a_list_that_is_no_list_or_is_not_there_is_told_and_asked_for_again(archive: Archive) -> None:
    _, stemma, web = archive(bulk={LIST: b"<html>" + b"x" * RANGE, TRANSLATED: b""})
    stemma.run(*BULKS)
    rows = {row["what"]: row["reason"] for row in stemma.database().execute("SELECT what, reason FROM slices")}
    assert "a line without end" in rows[LIST]
    assert rows[TRANSLATED] == "the list is empty"
    web.bulk = {}
    stemma.run(*BULKS)
    rows = {row["what"]: row["reason"] for row in stemma.database().execute("SELECT what, reason FROM slices")}
    assert rows[LIST] == "HTTP status 404"
