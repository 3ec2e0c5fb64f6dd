"""The real spider against a server; each crawl is a process of its own. Misbehaving servers: test_faults."""

from collections.abc import Callable
from pathlib import Path

from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

TEXT = "<p>" + "Ukrainian troops crossed into the Kursk region and the villages behind the border emptied. " * 8 + "</p>"
PAGE = f"<html><head><title>A page</title></head><body><h1>A page</h1><article>{TEXT}</article></body></html>".encode()
HTML = ("Content-Type", "text/html; charset=utf-8")
SITE = "http://news.example"


def page(body: bytes = PAGE, status: int = 200, headers: tuple[tuple[str, str], ...] = (), **how: object) -> WebResponse:
    return WebResponse(status=status, headers=(HTML, *headers), body=body, **how)  # type: ignore[arg-type]


def outcomes(stemma: Stemma) -> dict[str, tuple[str, str | None]]:
    """URL -> (outcome, error) of the last look at each article."""
    rows = stemma.database().execute("SELECT url, outcome, error FROM observation WHERE role = 'article' ORDER BY at")
    return {row["url"]: (row["outcome"], row["error"]) for row in rows}


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


def test_a_budget_of_requests_holds(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        asked.append(request.path)
        return page()

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/{n}" for n in range(20)])
    stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.requests=5")
    assert len(asked) == 5, "robots.txt is a request too"


def test_what_is_new_goes_before_what_was_seen_within_a_budget(serve: Serve) -> None:
    run, articles = [0], list[str]()

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/feed":
            items = "".join(f"<item><title>Kursk {n}</title><link>{SITE}/{n}</link></item>" for n in range(4 * run[0]))
            return WebResponse(body=f'<rss version="2.0"><channel>{items}</channel></rss>'.encode())
        if request.path != "/robots.txt":
            articles.append(request.path)
        return page()

    _, stemma = serve(handler)
    topic_file(stemma.folder, feeds=[f"{SITE}/feed"])
    for number in range(1, 4):
        run[0] = number
        articles.clear()
        stemma.run("crawl", "--topic", "topic.toml", "--set", "crawl.requests=7", "--set", "crawl.per_host=1")
        new = {f"/{n}" for n in range(4 * number - 4, 4 * number)}
        assert new <= set(articles), "robots.txt, the feed, four new ones; what is left is for those seen before"
    assert len(articles) > 4
