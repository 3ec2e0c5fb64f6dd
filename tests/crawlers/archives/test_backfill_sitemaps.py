"""Backfill from publishers' archive sitemaps, by the real command."""

import gzip
import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, topic_file
from web_archives import SETTINGS, WebArchives

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[LoopbackWeb, Stemma]]
SITE = "news.example"
BACKFILL = ("backfill", "--topic", "topic.toml", "--service", "sitemaps")
AUGUST = ("--from", "2024-08-06", "--to", "2024-08-31")
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


def index(*entries: tuple[str, str | None]) -> bytes:
    found = "".join(f"<sitemap><loc>http://{SITE}{escape(loc)}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</sitemap>" for loc, at in entries)
    return f"<sitemapindex>{found}</sitemapindex>".encode()


def urlset(*entries: tuple[str, str | None]) -> bytes:
    found = "".join(f"<url><loc>http://{SITE}{loc}</loc>{f'<lastmod>{at}</lastmod>' if at else ''}</url>" for loc, at in entries)
    return f"<urlset>{found}</urlset>".encode()


def page(path: str) -> bytes:
    lines = "".join(f"<p>Line {n} of {path} in the Kursk region, as people said who were there on that day.</p>" for n in range(8))
    return f"<html><head><title>{path}</title></head><body><h1>{path}</h1><article>{lines}</article></body></html>".encode()


FILES: dict[str, bytes] = {
    "/robots.txt": f"User-agent: *\nDisallow: /private\nSitemap: http://{SITE}/sitemap.xml\n".encode(),
    "/sitemap.xml": index(
        ("/sitemap-2024.xml", None), ("/sitemap-2023.xml", None), ("/old.xml", "2024-07-31"), ("/news.xml", "2026-11-20"),
        ("/private/sitemap.xml", None), ("/gone.xml", None),
    ),
    "/sitemap-2024.xml": index(("/sitemap-2024-07.xml", None), ("/sitemap-2024-08.xml", None), ("/2024/09/sitemap.xml", None),
                               ("/sitemap.xml?yyyy=2024&mm=08&dd=07", None)),
    "/sitemap-2024-08.xml": gzip.compress(urlset(
        ("/a", "2024-08-06T17:40:00"), ("/b", "2024-08-31"), ("/c", "2024-08-05"), ("/undated", None), ("/2024/08/20/late", "2026-01-01"),
    ), mtime=0),
    "/sitemap.xml?yyyy=2024&mm=08&dd=07": f"http://{SITE}/d\nhttp://{SITE}/2024/09/01/e\n".encode(),
    "/news.xml": f"""<urlset xmlns:news="{NEWS}"><url><loc>/f</loc><lastmod>2026-11-20</lastmod>
        <news:news><news:publication_date>2024-08-09T10:00:00+03:00</news:publication_date><news:title>F</news:title></news:news></url>
        <url><loc>/today</loc><lastmod>2026-11-20</lastmod></url></urlset>""".encode(),
}
READ = ["/robots.txt", "/sitemap.xml", "/gone.xml", "/news.xml", "/sitemap-2024.xml", "/sitemap-2024-08.xml", "/sitemap.xml?yyyy=2024&mm=08&dd=07"]
ANNOUNCED = ["/2024/08/20/late", "/a", "/b", "/d", "/f", "/undated"]


def site(files: dict[str, bytes]) -> Callable[[WebRequest], WebResponse]:
    def live(request: WebRequest) -> WebResponse:
        if request.host != SITE:
            return WebResponse(status=404)
        if request.path in files:
            tag = f'"{hash(files[request.path])}"'
            if request.header("If-None-Match") == tag:
                return WebResponse(status=304, reason="Not Modified", headers=(("ETag", tag),))
            return WebResponse(headers=(("Content-Type", "text/xml"), ("ETag", tag)), body=files[request.path])
        if "xml" in request.path or request.path == "/robots.txt":
            return WebResponse(status=404)
        return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),), body=page(request.path))

    return live


def sitemap_source(path: str = "/sitemap.xml") -> str:
    return f'\n[[source]]\nname = "map"\noutlet = "Test"\nkind = "sitemap"\nurl = "http://{SITE}{path}"\n'


@pytest.fixture
def publisher(serve: Serve, tmp_path: Path) -> Callable[..., tuple[LoopbackWeb, Stemma]]:
    def started(files: dict[str, bytes] | None = None, *, extra: str = "", sources: str = "") -> tuple[LoopbackWeb, Stemma]:
        server, stemma = serve(WebArchives(held=[], live=site(FILES if files is None else files)))
        topic_file(tmp_path, [f"http://{SITE}/"], extra=extra + SETTINGS + sources)
        return server, stemma

    return started


def asked(server: LoopbackWeb) -> list[str]:
    return [line.path for line in server.log if line.host == SITE]


def announced(stemma: Stemma) -> list[str]:
    rows = stemma.database().execute("SELECT url FROM discovery WHERE url <> ? ORDER BY url", [f"http://{SITE}/"])
    return sorted({row["url"].removeprefix(f"http://{SITE}") for row in rows})


Publisher = Callable[..., tuple[LoopbackWeb, Stemma]]


def test_what_a_sites_sitemaps_have_of_the_span_is_announced_and_nothing_ruled_out_is_read(publisher: Publisher) -> None:
    server, stemma = publisher()
    (report,) = json.loads(stemma.run(*BACKFILL, *AUGUST, "--json").stdout)
    assert sorted(asked(server)) == sorted(READ)
    assert announced(stemma) == ANNOUNCED
    assert (report["step"], report["counts"]["articles announced"], report["counts"]["sitemaps read"]) == ("sitemaps", 6, 5)
    stemma.run(*BACKFILL, *AUGUST)
    assert sorted(asked(server)) == sorted(READ), "nothing is asked twice; what robots.txt forbids is not asked at all"
    stemma.run("run", "--topic", "topic.toml")
    assert {path for path in asked(server) if path not in READ} == {*ANNOUNCED, "/"} - {"/"}
    before = public_rows(stemma.folder / "data" / "archive.db")
    assert len(before["article"]) == len(ANNOUNCED)
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before


def test_a_dry_run_says_how_many_articles_there_are(publisher: Publisher) -> None:
    server, stemma = publisher()
    report, _ = json.loads(stemma.run(*BACKFILL, *AUGUST, "--dry-run", "--json").stdout)
    assert report["counts"]["articles announced"] == len(ANNOUNCED)
    assert sorted(asked(server)) == sorted(READ)


@pytest.mark.parametrize("days", [None, 30])
def test_crawl_and_backfill_of_one_sitemap_announce_the_same_in_either_order_and_after_a_rebuild(
    serve: Serve, tmp_path: Path, days: int | None
) -> None:
    found = []
    for order in ((BACKFILL, ("crawl",)), (("crawl",), BACKFILL), (BACKFILL, ("crawl",), ("crawl",), BACKFILL)):
        folder = tmp_path / str(len(found))
        folder.mkdir()
        server, behind = serve(WebArchives(held=[], live=site(FILES)))
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, extra=(f"sitemap_days = {days}\n" if days else "") + SETTINGS + sitemap_source("/sitemap-2024-08.xml"))
        stemma = Stemma(folder, behind.proxy)
        for command, *rest in order:
            stemma.run(command, "--topic", "topic.toml", *rest[2:], *(AUGUST if command == "backfill" else ()))
        views = ("discovery", "capture", "observation")
        before = public_rows(folder / "data" / "archive.db", views=views)
        stemma.run("rebuild", "--topic", "topic.toml")
        assert public_rows(folder / "data" / "archive.db", views=views) == before
        found.append(announced(stemma))
    assert found[0] == found[1] == found[2]
    assert set(ANNOUNCED) <= set(found[0])
    assert ("/c" in found[0]) is (days is None), "the crawl announces all, or what is new; the backfill what is of its days"


def test_a_killed_backfill_reads_no_sitemap_again(publisher: Publisher) -> None:
    months = {f"/day-2024-08-{day:02}.xml": urlset((f"/{day}", None)) for day in range(6, 30)}
    server, stemma = publisher({"/map.xml": index(*((path, None) for path in months)), **months}, sources=sitemap_source("/map.xml"))
    process = stemma.start(*BACKFILL, *AUGUST, "--set", "crawl.delay=0.1", "--set", "crawl.per_host=1")
    deadline = time.monotonic() + 60
    while len(asked(server)) < 10 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1.0)  # its turn ends with it
    assert 10 <= len(asked(server)) < len(months) + 2
    stemma.run(*BACKFILL, *AUGUST)
    assert announced(stemma) == sorted(f"/{day}" for day in range(6, 30))
    assert len(asked(server)) <= len(months) + 2 + 4, "only what was under way is asked for again"


def test_sitemaps_that_lead_in_circles_or_on_for_ever_end(publisher: Publisher) -> None:
    class Endless(dict[str, bytes]):
        def __contains__(self, path: object) -> bool:
            return str(path).startswith("/map")

        def __missing__(self, path: str) -> bytes:
            return index((f"{path}x", None), ("/map", None))

    server, stemma = publisher(Endless(), sources=sitemap_source("/map"))
    assert "2 sitemaps beyond the bounds" in stemma.run(*BACKFILL, *AUGUST).stdout
    assert asked(server) == ["/robots.txt", "/map", "/mapx", "/mapxx", "/mapxxx", "/mapxxxx"]


def test_what_cannot_be_read_now_is_asked_for_again_by_the_next_backfill(publisher: Publisher) -> None:
    files = {"/map.xml": b"<html>Service unavailable</html>"}
    server, stemma = publisher(files, sources=sitemap_source("/map.xml"))
    assert "1 questions without an answer" in stemma.run(*BACKFILL, *AUGUST).stdout
    (row,) = stemma.database().execute("SELECT state, reason FROM slices WHERE what LIKE '%map.xml'")
    assert tuple(row) == ("pending", "this is no sitemap but an HTML page")
    files["/map.xml"] = urlset(("/a", "2024-08-09"))
    stemma.run(*BACKFILL, *AUGUST)
    assert announced(stemma) == ["/a"]
    assert asked(server) == ["/robots.txt", "/map.xml", "/map.xml"]


def test_only_the_sitemaps_of_one_source_are_read(publisher: Publisher) -> None:
    server, stemma = publisher({"/map.xml": urlset(("/a", "2024-08-09"))}, sources=sitemap_source("/map.xml"))
    stemma.run(*BACKFILL, *AUGUST, "--source", "list")
    assert asked(server) == ["/robots.txt"]
    stemma.run(*BACKFILL, *AUGUST, "--source", "map")
    assert asked(server) == ["/robots.txt", "/map.xml"]


def test_a_service_that_does_not_exist_is_a_mistake_of_the_command(publisher: Publisher) -> None:
    _, stemma = publisher()
    said = stemma.run("backfill", "--topic", "topic.toml", "--service", "sitemap", code=2).stderr
    assert re.search(r"'sitemap' is none of wayback, .*sitemaps", said)
