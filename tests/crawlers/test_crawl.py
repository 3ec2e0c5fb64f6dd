"""The real spider against a server with one page for each misbehaviour; each crawl is a process of its own."""

import gzip
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from stemma_testing import Stemma, topic_file

from archive import warc
from archive.model import RecordRef
from archive.store import open_database
from archive.store.captures import original
from crawlers.demo.server import WebRequest, WebResponse

TEXT = "<p>" + "Ukrainian troops crossed into the Kursk region and the villages behind the border emptied. " * 8 + "</p>"
PAGE = f"<html><head><title>A page</title></head><body><h1>A page</h1><article>{TEXT}</article></body></html>".encode()
HTML = ("Content-Type", "text/html; charset=utf-8")
SITE = "http://news.example"
BOMB = zlib.compress(b"0" * 60_000_000)


def page(body: bytes = PAGE, status: int = 200, headers: tuple[tuple[str, str], ...] = (), **how: object) -> WebResponse:
    return WebResponse(status=status, headers=(HTML, *headers), body=body, **how)  # type: ignore[arg-type]


def outcomes(stemma: Stemma) -> dict[str, tuple[str, str | None]]:
    """URL -> (outcome, error) of the last look at each article."""
    rows = stemma.database().execute("SELECT url, outcome, error FROM observation WHERE role = 'article' ORDER BY at")
    return {row["url"]: (row["outcome"], row["error"]) for row in rows}


class Faults:
    """A handler with a page for each misbehaviour, which remembers how often each was asked for."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    def __call__(self, request: WebRequest) -> WebResponse:
        path = request.path
        self.asked[path] = self.asked.get(path, 0) + 1
        if path.startswith("/loop"):
            return page(b"", 302, (("Location", f"/loop{len(path)}" + "x" * (len(path) % 50)),))
        answers = {
            "/robots.txt": WebResponse(status=404),
            "/fine": page(),
            "/moved": page(b"", 301, (("Location", "/fine"),)),
            "/private": page(b"", 302, (("Location", "http://10.0.0.1/secret"),)),
            "/gone": page(b"gone", 410),
            "/error": page(b"error", 500),
            "/forbidden": page(b"no", 403),
            "/hang-up": page(PAGE * 20, delivery="hang-up"),
            "/reset": page(delivery="reset"),
            "/drip": page(delivery="drip", drip_seconds=30.0),
            "/chunked": page(delivery="chunked"),
            "/close": page(delivery="close-delimited"),
            "/cut-gzip": page(gzip.compress(PAGE)[:-20], headers=(("Content-Encoding", "gzip"),)),
            "/gzip": page(gzip.compress(PAGE), headers=(("Content-Encoding", "gzip"),)),
            "/bomb": page(BOMB, headers=(("Content-Encoding", "deflate"),)),
            "/large": page(PAGE + b"x" * 3_000_000),
            "/binary": page(bytes(range(256)) * 10),
            "/nul": page(PAGE.replace(b"Ukrainian", b"Ukr\0ainian")),
            "/empty": page(b""),
            "/heads": WebResponse(
                headers=(("content-TYPE", "text/html"), ("X-Odd-CASE", "1"), ("Set-Cookie", "a=1"), ("X-Between", "2"),
                         ("Set-Cookie", "b=2")), body=PAGE),
        }
        return answers.get(path, page(b"unknown", 404))


FAULTS = ("fine", "moved", "private", "gone", "error", "forbidden", "hang-up", "reset", "drip", "chunked", "close",
          "cut-gzip", "gzip", "bomb", "large", "binary", "nul", "empty", "heads", "loop")


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> "tuple[Stemma, Faults]":
    """Every misbehaviour, crawled and updated once."""
    from crawlers.demo.server import LoopbackWeb

    folder, handler = tmp_path_factory.mktemp("faults"), Faults()
    with LoopbackWeb(handler) as server:
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, [f"{SITE}/{name}" for name in FAULTS], extra="max_body_bytes = 2_000_000")
        stemma = Stemma(folder, server.proxy_url)
        stemma.run("crawl", "--topic", "topic.toml")
        stemma.run("update", "--topic", "topic.toml")
    return stemma, handler


@pytest.mark.parametrize(("path", "outcome"), [
    ("/fine", "new"), ("/moved", "redirected"), ("/private", "redirected"), ("/gone", "gone"), ("/error", "failed"),
    ("/forbidden", "blocked"), ("/hang-up", "failed"), ("/reset", "failed"), ("/drip", "failed"), ("/chunked", "new"),
    ("/close", "new"), ("/cut-gzip", "new"), ("/gzip", "new"), ("/bomb", "new"), ("/large", "failed"),
    ("/binary", "new"), ("/nul", "new"), ("/empty", "new"), ("/heads", "new"), ("/loop", "redirected"),
])
def test_each_misbehaviour_leaves_its_observation(crawled: tuple[Stemma, Faults], path: str, outcome: str) -> None:
    assert outcomes(crawled[0])[SITE + path][0] == outcome


def test_what_cannot_be_read_is_a_failure_with_its_reason_and_the_rest_is_extracted(
    crawled: tuple[Stemma, Faults]
) -> None:
    rows = crawled[0].database().execute("SELECT subject, reason FROM failures WHERE stage = 'extract'")
    reasons = {row["subject"].split(SITE)[1]: row["reason"] for row in rows}
    assert "cut off" in reasons["/cut-gzip"]
    assert "limit" in reasons["/bomb"]
    assert set(reasons) == {"/cut-gzip", "/bomb", "/binary", "/empty"}
    read = {row["url"] for row in crawled[0].database().execute("SELECT url FROM documents")}
    assert read == {SITE + path for path in ("/fine", "/chunked", "/close", "/gzip", "/nul", "/heads")}


def test_cut_off_bodies_are_kept_and_marked(crawled: tuple[Stemma, Faults]) -> None:
    rows = crawled[0].database().execute("SELECT url, truncated, payload_length FROM capture WHERE truncated NOT NULL")
    kept = {row["url"]: (row["truncated"], row["payload_length"]) for row in rows}
    assert kept[f"{SITE}/hang-up"][0] == "disconnect"
    assert kept[f"{SITE}/hang-up"][1] > 0
    assert kept[f"{SITE}/large"][0] == "length"
    assert 2_000_000 < kept[f"{SITE}/large"][1] < 3_000_000


def test_a_redirect_to_a_private_address_is_not_followed(crawled: tuple[Stemma, Faults]) -> None:
    urls = {row["url"] for row in crawled[0].database().execute("SELECT url FROM observation")}
    assert not [url for url in urls if "10.0.0.1" in url]
    assert "/secret" not in crawled[1].asked


def test_response_heads_are_kept_byte_for_byte(crawled: tuple[Stemma, Faults]) -> None:
    stemma = crawled[0]
    row = stemma.database().execute("SELECT * FROM capture WHERE url = ?", (f"{SITE}/heads",)).fetchone()
    ref = RecordRef(path=row["path"], offset=row["offset"], length=row["length"])
    lines = warc.read_record(stemma.folder / "data" / "warc", ref).http_head.split(b"\r\n")
    wanted = [b"content-TYPE: text/html", b"X-Odd-CASE: 1", b"Set-Cookie: a=1", b"X-Between: 2", b"Set-Cookie: b=2"]
    assert [line for line in lines if line in wanted] == wanted
    assert lines[0].startswith(b"HTTP/1.1 200")


def test_warc_files_pass_other_peoples_checks(crawled: tuple[Stemma, Faults]) -> None:
    files = list((crawled[0].folder / "data" / "warc").rglob("*.warc.gz"))
    assert files
    for file in files:
        subprocess.run([Path(sys.executable).parent / "warcio", "check", file], check=True)
        subprocess.run(["gzip", "-t", file], check=True)


Serve = Callable[[Callable[[WebRequest], WebResponse]], "tuple[object, Stemma]"]


def test_ten_disallowed_start_urls_under_concurrency_are_all_refused(serve: Serve) -> None:
    """Scrapy's own middleware (2.14 to 2.19) fetches five to eight of the ten."""
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        if request.path == "/robots.txt":
            return WebResponse(body=b"User-agent: *\nDisallow: /private\n")
        return page()

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/private/{n}" for n in range(10)] + [f"{SITE}/open"])
    stemma.run("crawl", "--topic", "topic.toml")
    assert sorted(asked) == ["/open", "/robots.txt"]


@pytest.mark.parametrize(("answer", "allowed"), [
    pytest.param(WebResponse(status=404), True, id="404 allows"),
    pytest.param(WebResponse(status=403), True, id="403 allows (RFC 9309, 2.3.1.3)"),
    pytest.param(WebResponse(status=503, body=b"User-agent: *\nAllow: /"), False, id="503 forbids"),
    pytest.param(WebResponse(delivery="reset"), False, id="no answer forbids"),
    pytest.param(WebResponse(body=b"\xef\xbb\xbfUser-agent: *\nDisallow: /"), False, id="a BOM is passed over"),
    pytest.param(WebResponse(body=b"User-agent: stemma-archive\nDisallow: /\n\nUser-agent: *\nAllow: /"), False,
                 id="our own group wins over the general one"),
    pytest.param(WebResponse(headers=(("Content-Encoding", "gzip"),),
                             body=gzip.compress(b"User-agent: *\nDisallow: /")), False, id="compressed rules are read"),
])
def test_robots_fail_closed(serve: Serve, answer: WebResponse, allowed: bool) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        return answer if request.path == "/robots.txt" else page()

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/a"])
    stemma.run("crawl", "--topic", "topic.toml")
    assert ("/a" in asked) is allowed


def test_an_unchanged_payload_is_a_revisit_and_a_changed_one_is_not(serve: Serve) -> None:
    bodies = [PAGE, PAGE, PAGE.replace(b"emptied", b"filled"), PAGE]

    def handler(request: WebRequest) -> WebResponse:
        return page(bodies[0]) if request.path == "/a" else WebResponse(status=404)

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/a"])
    while bodies:
        stemma.run("crawl", "--topic", "topic.toml")
        bodies.pop(0)
    rows = stemma.database().execute("SELECT is_revisit FROM capture WHERE role = 'article' ORDER BY captured_at")
    assert [row["is_revisit"] for row in rows] == [0, 1, 0, 1]
    seen = stemma.database().execute("SELECT outcome FROM observation WHERE role = 'article' ORDER BY at")
    assert [row["outcome"] for row in seen] == ["new", "unchanged", "new", "new"]
    stemma.run("update", "--topic", "topic.toml")
    changes = stemma.database().execute("SELECT change FROM version ORDER BY ordinal")
    assert [row["change"] for row in changes] == ['["first"]', '["body"]', '["body"]'], "a revert is a version"


def test_a_server_with_an_unknown_certificate_is_not_read(serve: Serve) -> None:
    _, stemma = serve(lambda request: page())
    topic_file(stemma.folder, ["https://secure.example/a"])
    (stemma.folder / "topic.toml").write_text(
        (stemma.folder / "topic.toml").read_text().replace('authorities = ["authority.pem"]', ""))
    stemma.run("crawl", "--topic", "topic.toml")
    assert stemma.database().execute("SELECT count(*) FROM capture WHERE role != 'list'").fetchone()[0] == 0
    topic_file(stemma.folder, ["https://secure.example/a"])
    stemma.run("crawl", "--topic", "topic.toml")
    assert outcomes(stemma)["https://secure.example/a"][0] == "new"


def test_private_addresses_are_fetched_only_where_the_topic_names_them(tmp_path: Path) -> None:
    from crawlers.demo.server import LoopbackWeb

    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        return page()

    with LoopbackWeb(handler) as server:
        (tmp_path / "authority.pem").write_bytes(server.authority_pem)
        stemma = Stemma(tmp_path)
        urls = [f"http://127.0.0.1:{server.port}/number", f"http://localhost:{server.port}/name"]
        topic_file(tmp_path, urls)
        stemma.run("crawl", "--topic", "topic.toml")
        assert asked == []
        topic_file(tmp_path, urls, extra='allow_private = ["127.0.0.0/8"]')
        stemma.run("crawl", "--topic", "topic.toml")
        assert {"/number", "/name"} <= set(asked)


def test_the_originals_of_revisits_are_found_by_url_and_digest(crawled: tuple[Stemma, Faults]) -> None:
    stemma = crawled[0]
    row = stemma.database().execute("SELECT url, payload_digest FROM capture WHERE url LIKE '%/fine'").fetchone()
    conn = open_database(stemma.folder / "data" / "archive.db")
    found = original(conn, url=row["url"], payload_digest=row["payload_digest"])
    conn.close()
    assert found is not None
    assert warc.read_payload(stemma.folder / "data" / "warc", found.record) == PAGE


def test_a_budget_of_requests_holds(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        return page()

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/{n}" for n in range(20)])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.requests=5")
    assert len([path for path in asked if path != "/robots.txt"]) == 5
