"""A resource for each way in which a server can misbehave, and the real crawl against all of them at once.

None stops the crawl, and each leaves what was seen of it: an observation with its reason, or a refusal.
"""

import gzip
import json
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import pytest
from stemma_testing import Stemma, topic_file

from archive import warc
from archive.model import RecordRef
from archive.store import open_database
from archive.store.captures import original
from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse
from crawlers.rawhead import MAX_HEAD_BYTES
from crawlers.spider import MAX_FILES

TEXT = "<p>" + "Ukrainian troops crossed into the Kursk region and the villages behind the border emptied. " * 8 + "</p>"
PAGE = f"<html><head><title>A page</title></head><body><h1>A page</h1><article>{TEXT}</article></body></html>".encode()
RUSSIAN = "Украинские войска вошли в Курскую область, и сёла у границы опустели. "
HTML = ("Content-Type", "text/html; charset=utf-8")
SITE = "http://news.example"
BOMB = zlib.compress(b"0" * 60_000_000)
GZIP_BOMB = gzip.compress(b"User-agent: *\nAllow: /\n" + b"#" * 60_000_000)
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
TIMEOUT = 6  # seconds that a whole answer may take in these crawls


def page(body: bytes = PAGE, status: int = 200, headers: tuple[tuple[str, str], ...] = (), **how: object) -> WebResponse:
    return WebResponse(status=status, headers=(HTML, *headers), body=body, **how)  # type: ignore[arg-type]


def plain(body: bytes, content_type: str = "text/html") -> WebResponse:
    return WebResponse(headers=(("Content-Type", content_type),), body=body)


def raw(*pieces: bytes, forever: bytes = b"", seconds: float = 0.0) -> WebResponse:
    """Bytes as they are, then a piece again and again until the crawler goes, or for 200,000 times."""
    def all_pieces() -> Iterator[bytes]:
        yield from pieces
        if forever:
            yield from repeat(forever, 200_000)
    return WebResponse(delivery="raw", raw=all_pieces, drip_seconds=seconds)


def redirect(target: str) -> WebResponse:
    return WebResponse(status=302, headers=(("Location", target),))


def russian(declared: str, encoded_as: str, *, in_page: str = "") -> WebResponse:
    body = f"<html><head>{in_page}<title>Новости</title></head><body><article><p>{RUSSIAN * 9}</p></article></body></html>"
    return plain(body.encode(encoded_as), f"text/html{declared}")


# path -> (what the server does, outcome of the look, a part of its reason)
FAULTS: dict[str, tuple[WebResponse, str, str | None]] = {
    "fine": (page(), "new", None),
    "moved": (redirect("/fine"), "redirected", "/fine"),
    "gone": (page(b"gone", 410), "gone", "410"),
    "error": (page(b"error", 500), "failed", "500"),
    "forbidden": (page(b"no", 403), "blocked", "403"),
    # time
    "slow-head": (raw(RESPONSE, forever=b"X-More: 1\r\n", seconds=1.0), "failed", "within crawl.timeout"),
    "slow-byte": (raw(*(RESPONSE[n:n + 1] for n in range(40)), seconds=1.0), "failed", "within crawl.timeout"),
    "drip": (page(delivery="drip", drip_seconds=30.0), "failed", "within crawl.timeout"),
    "endless-drip": (raw(RESPONSE + b"\r\n", forever=b"<p>more</p>", seconds=0.5), "failed", "within crawl.timeout"),
    "silence": (raw(forever=b"", seconds=1.0), "failed", "closed before an answer"),
    # connections
    "hang-up": (page(PAGE * 20, delivery="hang-up"), "failed", "cut off (disconnect)"),
    "reset": (page(delivery="reset"), "failed", "closed before an answer"),
    "cut": (page(PAGE * 20, delivery="cut"), "failed", "cut off (disconnect)"),
    "cut-chunk": (raw(RESPONSE + b"Transfer-Encoding: chunked\r\n\r\n5\r\n<p>"), "failed", "cut off (disconnect)"),
    "bad-chunk": (raw(RESPONSE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n<p>"), "failed", None),
    "cut-head": (raw(RESPONSE), "failed", "closed before an answer"),
    "close": (page(delivery="close-delimited"), "new", None),
    "chunked": (page(delivery="chunked"), "new", None),
    "once-1": (page(delivery="once"), "new", None),
    "once-2": (page(delivery="once"), "new", None),
    "once-3": (page(delivery="once"), "new", None),
    # heads
    "no-status": (raw(b"<html>no head at all</html>\r\n\r\n"), "failed", "no HTTP answer"),
    "odd-status": (raw(b"HTTP/1.1 OK 200\r\n\r\n"), "failed", "no HTTP answer"),
    "huge-status": (raw(b"HTTP/1.1 99999 Odd\r\nContent-Length: 2\r\n\r\nno"), "failed", None),
    "negative-status": (raw(b"HTTP/1.1 -200 Odd\r\nContent-Length: 2\r\n\r\nno"), "failed", None),
    "endless-head": (raw(RESPONSE, forever=b"X-More: 1\r\n" * 100), "failed", "head is over 262,144 bytes"),
    "endless-line": (raw(RESPONSE + b"X-Long: ", forever=b"x" * 10_000), "failed", "head is over 262,144 bytes"),
    "interim-flood": (raw(forever=b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100), "failed", "head is over"),
    "interim": (raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + RESPONSE + b"\r\n" + PAGE), "new", None),
    "long-line": (page(headers=(("Content-Security-Policy", "x" * 60_000),)), "new", None),
    "no-colon": (raw(RESPONSE + b"this is no header\r\n\r\n" + PAGE), "new", None),
    "two-lengths": (raw(RESPONSE + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n" + PAGE), "failed", None),
    "heads": (WebResponse(headers=(
        ("content-TYPE", "text/html"), ("X-Odd-CASE", "1"), ("Set-Cookie", "a=1"), ("X-Between", "2"),
        ("Set-Cookie", "b=2")), body=PAGE), "new", None),
    "cookie": (page(headers=(("Set-Cookie", "session=1; Path=/; Domain=news.example"),)), "new", None),
    # bodies
    "large": (page(PAGE + b"x" * 30_000_000), "failed", "cut off (length)"),
    "endless": (raw(RESPONSE + b"\r\n", forever=b"<p>more</p>" * 10_000), "failed", "cut off (length)"),
    "cut-gzip": (page(gzip.compress(PAGE)[:-20], headers=(("Content-Encoding", "gzip"),)), "new", None),
    "gzip": (page(gzip.compress(PAGE), headers=(("Content-Encoding", "gzip"),)), "new", None),
    "bomb": (page(BOMB, headers=(("Content-Encoding", "deflate"),)), "new", None),
    "nested": (page(b"<html><body>" + b"<div>" * 100_000 + TEXT.encode() + b"</div>" * 100_000), "new", None),
    "binary": (page(bytes(range(256)) * 10), "new", None),
    "nul": (page(PAGE.replace(b"Ukrainian", b"Ukr\0ainian")), "new", None),
    "invalid-utf8": (page(PAGE.replace(b"Ukrainian", b"Ukr\xff\xc3\x28ainian")), "new", None),
    "empty": (page(b""), "new", None),
    "declared": (russian("; charset=windows-1251", "cp1251"), "new", None),
    "misdeclared": (russian("; charset=utf-8", "cp1251"), "new", None),
    "undeclared": (russian("", "cp1251"), "new", None),
    "unknown-charset": (russian("; charset=klingon", "utf-8"), "new", None),
    # redirects
    "loop": (redirect("/loop-1"), "redirected", None), "loop-1": (redirect("/loop"), "redirected", "/loop"),
    "to-itself": (redirect("/to-itself"), "redirected", "/to-itself"),
    "no-address": (redirect("http://[::1"), "redirected", None),
    "to-script": (redirect("javascript:alert(1)"), "redirected", None),
    "to-file": (redirect("file:///etc/passwd"), "redirected", "file:"),
    "to-nowhere": (WebResponse(status=302), "redirected", None),
}
ANNOUNCED = tuple(path for path in FAULTS if path != "loop-1")
BAD_TLS = {"self-signed.example": "self-signed", "wrong-name.example": "wrong-name", "expired.example": "expired"}
EXTRA = f"timeout = {TIMEOUT}\n"


class Faults:
    """Answers as the table says, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[WebRequest] = []

    def __call__(self, request: WebRequest) -> WebResponse:
        self.asked.append(request)
        if request.host in BAD_TLS:
            return page()
        return FAULTS.get(request.path[1:], (page(b"unknown", 404),))[0]


def timed(folder: Path) -> None:
    """The test topic with the time-out of these crawls."""
    file = folder / "topic.toml"
    file.write_text(file.read_text().replace("timeout = 8", f"timeout = {TIMEOUT}"))


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stemma, Faults]:
    """Every misbehaviour, crawled and updated once."""
    folder, handler = tmp_path_factory.mktemp("faults"), Faults()
    with LoopbackWeb(handler, flaws=BAD_TLS) as server:  # type: ignore[arg-type]
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, [*(f"{SITE}/{path}" for path in ANNOUNCED), *(f"https://{host}/a" for host in BAD_TLS)])
        timed(folder)
        stemma = Stemma(folder, server.proxy_url)
        stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.per_host=32", "--set", "crawl.concurrency=64")
        stemma.run("update", "--topic", "topic.toml")
    return stemma, handler


def looks(stemma: Stemma) -> dict[str, tuple[str, str | None]]:
    """URL -> (outcome, error) of the last look at each article."""
    rows = stemma.database().execute("SELECT url, outcome, error FROM observation WHERE role = 'article' ORDER BY at")
    return {row["url"]: (row["outcome"], row["error"]) for row in rows}


def reasons(stemma: Stemma, stage: str) -> dict[str, str]:
    """Subject -> why a stage failed with it."""
    rows = stemma.database().execute("SELECT subject, reason FROM failures WHERE stage = ?", (stage,))
    return {row["subject"].split(" ")[-1].removeprefix(SITE): row["reason"] for row in rows}


@pytest.mark.parametrize("path", FAULTS)
def test_each_misbehaviour_leaves_its_observation(crawled: tuple[Stemma, Faults], path: str) -> None:
    _, outcome, reason = FAULTS[path]
    found = looks(crawled[0])[f"{SITE}/{path}"]
    assert found[0] == outcome
    assert reason is None or reason in (found[1] or "")


@pytest.mark.parametrize("host", BAD_TLS)
def test_a_bad_certificate_is_a_failed_look_that_says_so(crawled: tuple[Stemma, Faults], host: str) -> None:
    """It is its robots.txt that was asked for first: without an answer to that no page is asked for."""
    (row,) = crawled[0].database().execute("SELECT * FROM observation WHERE url = ?", (f"https://{host}/robots.txt",))
    assert row["outcome"] == "failed"
    assert "certificate" in row["error"].lower()
    assert reasons(crawled[0], "refused")[f"https://{host}/a"] == "robots.txt gave no answer"
    assert host not in {request.host for request in crawled[1].asked}, "nothing is sent to whom we do not know"


def test_what_cannot_be_read_is_a_failure_with_its_reason_and_the_rest_is_extracted(
    crawled: tuple[Stemma, Faults]
) -> None:
    failed = reasons(crawled[0], "extract")
    assert "cut off" in failed["/cut-gzip"]
    assert "limit" in failed["/bomb"]
    read = {row["url"] for row in crawled[0].database().execute("SELECT url FROM documents")}
    for path in ("fine", "chunked", "close", "gzip", "nul", "invalid-utf8", "heads", "interim", "no-colon", "once-3",
                 "long-line", "declared", "misdeclared", "undeclared", "unknown-charset"):
        assert f"{SITE}/{path}" in read, path
    assert not {f"{SITE}/{path}" for path in ("cut-gzip", "bomb", "binary", "empty")} & read


@pytest.mark.parametrize("path", ["declared", "misdeclared", "undeclared", "unknown-charset"])
def test_cyrillic_is_read_whatever_is_declared(crawled: tuple[Stemma, Faults], path: str) -> None:
    row = crawled[0].database().execute(
        "SELECT *, inflated(text) FROM documents JOIN texts USING (text_id) WHERE url = ?", (f"{SITE}/{path}",)).fetchone()
    assert "Украинские войска вошли в Курскую область" in str(dict(row))


def test_cut_off_bodies_are_kept_and_marked(crawled: tuple[Stemma, Faults]) -> None:
    rows = crawled[0].database().execute("SELECT url, truncated, payload_length FROM capture WHERE truncated NOT NULL")
    kept = {row["url"].removeprefix(SITE): (row["truncated"], row["payload_length"]) for row in rows}
    for path in ("/hang-up", "/cut"):
        assert kept[path][0] == "disconnect"
        assert kept[path][1] > 0
    for path in ("/large", "/endless"):
        assert kept[path][0] == "length"
        assert 20_000_000 < kept[path][1] < 21_000_000


def test_no_cookie_is_ever_sent_back(crawled: tuple[Stemma, Faults]) -> None:
    assert not [request.url for request in crawled[1].asked if request.header("Cookie")]


def test_a_connection_that_is_good_for_one_request_costs_no_page(crawled: tuple[Stemma, Faults]) -> None:
    paths = [request.path for request in crawled[1].asked]
    assert {paths.count(f"/once-{n}") for n in (1, 2, 3)} == {1}


def test_redirects_to_what_is_no_web_address_are_not_followed(crawled: tuple[Stemma, Faults]) -> None:
    assert not [url for url in looks(crawled[0]) if not url.startswith("http")]
    paths = [request.path for request in crawled[1].asked]
    assert paths.count("/loop") == 1
    assert paths.count("/to-itself") == 1


def test_response_heads_are_kept_byte_for_byte(crawled: tuple[Stemma, Faults]) -> None:
    stemma = crawled[0]
    row = stemma.database().execute("SELECT * FROM capture WHERE url = ?", (f"{SITE}/heads",)).fetchone()
    ref = RecordRef(path=row["path"], offset=row["offset"], length=row["length"])
    lines = warc.read_record(stemma.folder / "data" / "warc", ref).http_head.split(b"\r\n")
    wanted = [b"content-TYPE: text/html", b"X-Odd-CASE: 1", b"Set-Cookie: a=1", b"X-Between: 2", b"Set-Cookie: b=2"]
    assert [line for line in lines if line in wanted] == wanted
    assert lines[0].startswith(b"HTTP/1.1 200")


def test_no_head_is_kept_that_is_over_the_bound(crawled: tuple[Stemma, Faults]) -> None:
    stemma = crawled[0]
    folder = stemma.folder / "data" / "warc"
    for path in warc.files(folder):
        for meaning, ref in warc.records(folder, path):
            assert not isinstance(meaning, warc.Damage)
            assert len(warc.read_record(folder, ref).http_head) <= MAX_HEAD_BYTES


def test_warc_files_pass_other_peoples_checks(crawled: tuple[Stemma, Faults]) -> None:
    files = list((crawled[0].folder / "data" / "warc").rglob("*.warc.gz"))
    assert files
    for file in files:
        subprocess.run([Path(sys.executable).parent / "warcio", "check", file], check=True)
        subprocess.run(["gzip", "-t", file], check=True)


def test_the_originals_of_revisits_are_found_by_url_and_digest(crawled: tuple[Stemma, Faults]) -> None:
    stemma = crawled[0]
    row = stemma.database().execute("SELECT url, payload_digest FROM capture WHERE url LIKE '%/fine'").fetchone()
    conn = open_database(stemma.folder / "data" / "archive.db")
    found = original(conn, url=row["url"], payload_digest=row["payload_digest"])
    conn.close()
    assert found is not None
    assert warc.read_payload(stemma.folder / "data" / "warc", found.record) == PAGE


# Sources.

ITEM = "<item><title>One more</title><link>http://news.example/entry-{}</link></item>"
LAUGHS = '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(
    f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)) + "]>"
OUTSIDE = ('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY w SYSTEM "http://news.example/entity">'
           '<!ENTITY % p SYSTEM "http://news.example/parameter-entity"> %p;]>')
MAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'


def rss(items: str, before: str = "") -> bytes:
    return f'{before}<rss version="2.0"><channel><title>News</title>{items}</channel></rss>'.encode()


def entry(path: str, kind: str = "url") -> str:
    return f"<{kind}><loc>http://news.example/{path}</loc></{kind}>"


# path -> (what the server does, a part of why it cannot be read: None where it can, so its articles are found)
FEEDS: dict[str, tuple[WebResponse, str | None]] = {
    "feed-fine": (plain(rss(ITEM.format("fine")), "application/rss+xml"), None),
    "feed-bomb": (WebResponse(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(
        rss(ITEM.format("bomb")) + b" " * 60_000_000)), "unpacks to more than the limit"),
    "feed-laughs": (plain(rss(ITEM.format("laughs") + "<item><title>&a11;</title></item>", LAUGHS)), None),
    "feed-outside": (plain(rss(ITEM.format("outside") + "<item><title>&f;&w;</title></item>", OUTSIDE)), None),
    "feed-million": (WebResponse(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(
        rss("<item><link>http://a.b/1</link></item>" * 1_000_000), 1)), "over 10,000,000 bytes"),
    "feed-deep": (plain(rss("<a>" * 100_000 + ITEM.format("deep"))), None),
    "feed-html": (page(), "HTML page"),
    "feed-cut": (plain(rss(ITEM.format("cut") * 3)[:-150]), None),
    "feed-json-deep": (plain(b'{"version": "https://jsonfeed.org/version/1", "items": ' + b"[" * 100_000), "JSON"),
}
SITEMAPS: dict[str, tuple[WebResponse, str | None]] = {
    "map-fine": (plain(MAP.format(entry("entry-map")).encode()), None),
    "map-bomb": (plain(gzip.compress(MAP.format(entry("entry-bomb")).encode() + b" " * 60_000_000)), "unpacks to more"),
    "map-laughs": (plain((LAUGHS + MAP.format(entry("entry-map-laughs") + entry("&a11;"))).encode()), None),
    "map-outside": (plain((OUTSIDE + MAP.format(entry("entry-map-outside") + entry("&f;") + entry("&w;"))).encode()), None),
    "map-itself": (plain(INDEX.format(entry("map-itself", "sitemap") + entry("map-leaf", "sitemap")).encode()), None),
    "map-deeper": (plain(b""), None),  # made at each request
    "map-nested": (plain(("<a>" * 100_000).encode()), "this is no sitemap"),
}
LEAF = plain(MAP.format(entry("entry-leaf")).encode())


class Sources:
    """Feeds and sitemaps, and articles behind them."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: WebRequest) -> WebResponse:
        self.asked.append(request.path)
        path = request.path[1:]
        if path.startswith("map-deeper"):
            return plain(INDEX.format(entry(path + "-x", "sitemap")).encode())
        if path == "map-leaf":
            return LEAF
        if path.startswith("entry-"):
            return page()
        return {**FEEDS, **SITEMAPS}.get(path, (page(b"unknown", 404),))[0]


@pytest.fixture(scope="module")
def announced(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stemma, Sources]:
    """Every hostile source, crawled once."""
    folder, handler = tmp_path_factory.mktemp("sources"), Sources()
    with LoopbackWeb(handler) as server:
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, feeds=[f"{SITE}/{path}" for path in FEEDS])
        with open(folder / "topic.toml", "a", encoding="utf-8") as file:
            for path in SITEMAPS:
                file.write(f'[[source]]\nname = "{path}"\noutlet = "Test"\nkind = "sitemap"\nurl = "{SITE}/{path}"\n')
        stemma = Stemma(folder, server.proxy_url)
        # Parsing holds up all else, so the time-out is for the slowest of the machines that run this.
        stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.timeout=60")
    return stemma, handler


@pytest.mark.parametrize("path", [*FEEDS, *SITEMAPS])
def test_a_hostile_source_is_read_within_bounds_or_a_failure_with_its_reason(
    announced: tuple[Stemma, Sources], path: str
) -> None:
    reason = (FEEDS | SITEMAPS)[path][1]
    failed = reasons(announced[0], "discover").get(f"/{path}")
    assert (reason in (failed or "")) if reason else failed is None


def test_what_sources_announce_beside_their_bombs_is_fetched_and_entities_are_not(
    announced: tuple[Stemma, Sources]
) -> None:
    asked = set(announced[1].asked)
    assert {f"/entry-{name}" for name in ("fine", "laughs", "outside", "cut", "map", "map-laughs", "map-outside", "leaf")} \
        <= asked
    assert not {path for path in asked if "entity" in path}
    rows = announced[0].database().execute("SELECT url || coalesce(title, '') AS said FROM discovery").fetchall()
    assert not [row["said"] for row in rows if "root:" in row["said"] or "hahaha" in row["said"]]


def test_indexes_that_lead_ever_deeper_end_after_four_levels(announced: tuple[Stemma, Sources]) -> None:
    deeper = [path for path in announced[1].asked if path.startswith("/map-deeper")]
    assert len(deeper) == 5
    assert announced[1].asked.count("/map-itself") == 1


def test_an_index_of_endless_files_ends_at_a_bound(tmp_path: Path) -> None:
    body = INDEX.format("".join(entry(f"map-{n}", "sitemap") for n in range(MAX_FILES + 10))).encode()
    with LoopbackWeb(lambda request: plain(body) if request.path == "/map" else WebResponse(status=404)) as server:
        (tmp_path / "authority.pem").write_bytes(server.authority_pem)
        topic_file(tmp_path)
        with open(tmp_path / "topic.toml", "a", encoding="utf-8") as file:
            file.write(f'[[source]]\nname = "map"\noutlet = "Test"\nkind = "sitemap"\nurl = "{SITE}/map"\n')
        stemma = Stemma(tmp_path, server.proxy_url)
        stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.requests=3")
    assert reasons(stemma, "discover") == {"/map": "this source has over 10,000 files"}


# robots.txt, one host for each.

ALLOW, FORBID = b"User-agent: *\nAllow: /\n", b"User-agent: *\nDisallow: /\n"


def hops(request: WebRequest, last: int) -> WebResponse:
    """/robots.txt leads to /robots-1 ... and after `last` redirects to rules that forbid all."""
    done = int(request.path.rpartition("-")[2]) if "-" in request.path else 0
    return redirect(f"/robots-{done + 1}") if done < last else plain(FORBID, "text/plain")


# host -> (what the server does, whether its page may be fetched)
ROBOTS: dict[str, tuple[WebResponse | Callable[[WebRequest], WebResponse], bool]] = {
    "none": (WebResponse(status=404), True),
    "closed": (WebResponse(status=403), True),  # RFC 9309, 2.3.1.3
    "error": (WebResponse(status=503, body=ALLOW), False),
    "too-many": (WebResponse(status=429, headers=(("Retry-After", "1"),)), False),
    "reset": (WebResponse(delivery="reset"), False),
    "silent": (raw(forever=b"", seconds=1.0), False),
    "slow": (raw(RESPONSE + b"\r\n", forever=ALLOW, seconds=1.0), False),
    "mark": (plain(b"\xef\xbb\xbf" + FORBID), False),
    "ours": (plain(b"User-agent: stemma-archive\nDisallow: /\n\nUser-agent: *\nAllow: /"), False),
    "gzip": (WebResponse(headers=(("Content-Encoding", "gzip"),), body=gzip.compress(FORBID)), False),
    "bomb": (WebResponse(headers=(("Content-Encoding", "gzip"),), body=GZIP_BOMB), False),
    "cut": (page(FORBID * 100, delivery="hang-up"), False),
    "large": (plain(FORBID + b"#" * 600_000 + b"\nUser-agent: stemma-archive\nAllow: /\n"), False),
    "huge": (plain(FORBID + b"#" * 25_000_000), False),
    "html": (page(), True),
    "five": (lambda request: hops(request, 5), False),
    "six": (lambda request: hops(request, 6), True),
    "away": (redirect("http://rules.example/robots.txt"), False),
    "private": (redirect("http://10.0.0.1/robots.txt"), False),
    "round": (redirect("/robots.txt"), True),
}


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Stemma, list[str]]:
    """A host for each kind of robots.txt, crawled twice within a day."""
    folder, asked = tmp_path_factory.mktemp("robots"), list[str]()

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.url)
        if request.path == "/a":
            return page()
        if request.host == "rules.example":
            return plain(FORBID, "text/plain")
        answer = ROBOTS[request.host.removesuffix(".example")][0]
        return answer if isinstance(answer, WebResponse) else answer(request)

    with LoopbackWeb(handler) as server:
        (folder / "authority.pem").write_bytes(server.authority_pem)
        topic_file(folder, [f"http://{host}.example/a" for host in ROBOTS])
        timed(folder)
        stemma = Stemma(folder, server.proxy_url)
        for _ in range(2):
            stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.concurrency=64")
            asked.append("")
    return stemma, asked


@pytest.mark.parametrize("host", ROBOTS)
def test_robots_fail_closed(ruled: tuple[Stemma, list[str]], host: str) -> None:
    assert (f"http://{host}.example/a" in ruled[1]) is ROBOTS[host][1]


def test_what_robots_forbid_is_kept_with_its_reason(ruled: tuple[Stemma, list[str]]) -> None:
    refused = reasons(ruled[0], "refused")
    assert set(refused) == {f"http://{host}.example/a" for host, (_, allowed) in ROBOTS.items() if not allowed}
    assert refused["http://error.example/a"] == "robots.txt answered 503"
    assert refused["http://silent.example/a"] == "robots.txt gave no answer"
    assert refused["http://mark.example/a"] == "robots.txt forbids it"


def test_people_are_told_of_what_is_no_robots_file(ruled: tuple[Stemma, list[str]]) -> None:
    told = reasons(ruled[0], "robots")
    assert set(told) == {f"http://{host}.example/robots.txt" for host in ("html", "six", "round")}
    assert "robots.txt is an HTML page" in told["http://html.example/robots.txt"]
    assert "redirected more than 5 times" in told["http://six.example/robots.txt"]


def test_answers_are_kept_for_a_day_with_their_hops_and_errors_are_not(ruled: tuple[Stemma, list[str]]) -> None:
    second = ruled[1][ruled[1].index("") + 1:]
    again = {url.split("//")[1].split(".example/robots")[0] for url in second if "/robots" in url}
    assert again == {"error", "too-many", "reset", "silent", "slow", "cut", "huge"}


# Private addresses.

PRIVATE = (
    "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[::1]", "[::]",
    "[::ffff:10.0.0.1]", "[::ffff:a00:1]", "[fe80::1]", "[fd00::1]", "[64:ff9b::a00:1]", "[2002:a00:1::]", "167772161",
    "012.0.0.1", "0xa.0.0.1", "0x0a000001", "10.1", "10.0.0.1.", "user:secret@10.0.0.1", "LOCALHOST", "localhost.",
    "www.localhost", "10。0。0。1", "①⓪.0.0.1",
)


def test_no_redirect_leads_to_a_private_address_however_it_is_written_and_over_several_hops(
    tmp_path: Path
) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.url)
        number, _, hop = request.path[1:].partition("-")
        if request.host != "news.example" or not number.isdigit():
            return page(b"unknown", 404)
        if not hop:
            return redirect(f"/{number}-2")
        target = f"http://{PRIVATE[int(number)]}/secret"
        return WebResponse(status=302, headers=(("Location", target.encode().decode("latin-1")),))

    with LoopbackWeb(handler) as server:
        (tmp_path / "authority.pem").write_bytes(server.authority_pem)
        stemma = Stemma(tmp_path, server.proxy_url)
        direct = [f"http://{host}/direct" for host in PRIVATE if host.isascii() and "@" not in host]
        topic_file(tmp_path, [*(f"{SITE}/{n}" for n in range(len(PRIVATE))), *direct])
        stemma.run("crawl", "--topic", "topic.toml")
    assert {url.split("/")[2] for url in asked} == {"news.example"}, "behind a proxy too, where nothing is resolved"
    assert len([url for url in asked if url.endswith("-2")]) == len(PRIVATE)
    refused = reasons(stemma, "refused")
    assert len([url for url in refused if url.endswith("/secret")]) >= 15
    assert all("private address" in reason or "only http" in reason for reason in refused.values())


# Names: a getaddrinfo that answers from a table stands for the name servers.

Names = dict[str, list[list[str]]]  # name -> the addresses of each look-up, the last again and again


def crawl_by_names(folder: Path, names: Names, urls: list[str], *, extra: str = "", authority: bytes = b"") -> Stemma:
    (folder / "authority.pem").write_bytes(authority)
    topic_file(folder, urls, extra=extra)
    stemma = Stemma(folder, names=json.dumps(names))
    stemma.run("crawl", "--topic", "topic.toml")
    return stemma


def test_names_are_judged_by_every_address_and_connected_to_the_ones_judged(tmp_path: Path) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.host)
        return page(b"none", 404) if request.path == "/robots.txt" else page()

    with (LoopbackWeb(handler) as web, LoopbackWeb(handler, address="::1") as web6,
          LoopbackWeb(handler, address="127.0.0.2", port=web.port) as inner):
        names: Names = {
            "inside.example": [["127.0.0.1"]],  # named in the topic
            "only6.example": [["::1"]],  # named too: a name of IPv6 alone
            "both.example": [["127.0.0.2", "127.0.0.1", "::ffff:127.0.0.2"]],  # two of three are left out
            "private.example": [["127.0.0.2", "::ffff:127.0.0.2", "fd00::1"]],
            "rebinding.example": [["127.0.0.1"], ["127.0.0.2"]],  # another answer at the second look-up
            "nowhere.example": [[]],
        }
        port = {"only6.example": web6.port}
        urls = [f"http://{name}:{port.get(name, web.port)}/a" for name in [*names, f"{'x' * 70}.example"]]
        stemma = crawl_by_names(tmp_path, names, urls, extra='allow_private = ["127.0.0.1", "::1"]',
                                authority=web.authority_pem)
        assert inner.log == []
    assert {"inside.example", "only6.example", "both.example"} <= set(asked)
    assert not {"private.example", "nowhere.example"} & set(asked)
    refused = reasons(stemma, "refused")
    assert "is a private address; name private.example" in next(
        reason for url, reason in refused.items() if "private.example" in url)
    assert {url for url in refused if "nowhere" in url or "xxx" in url}, "no robots.txt, no page"
    failed = reasons(stemma, "crawl")
    assert {url for url in failed if "nowhere" in url}
    assert {url for url in failed if "xxx" in url}
    looked = {row["url"]: row["outcome"] for row in stemma.database().execute("SELECT url, outcome FROM observation")}
    assert not [url for url in looked if "private.example" in url], "what was not asked was not looked at"
