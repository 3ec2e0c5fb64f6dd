"""What is known of an article beside its own page: declared sources, and what was announced of it."""

import json
from collections.abc import Callable
from typing import Any

from public_rows import public_rows
from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
SITE, WIRE = "http://news.example.com", "http://wire.example.org"
TEXT = (
    "<p>" + "Ukrainian troops crossed into the Kursk region and the villages behind the border emptied. " * 8 + "</p>"
)


def page(text: str = TEXT, more: str = "") -> WebResponse:
    body = f"<html><head><title>A page</title></head><body><h1>A page</h1><article>{text}{more}</article></body></html>"
    return WebResponse(body=body.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))


def test_a_declared_source_is_fetched_by_the_next_crawl_and_only_from_pages_on_the_topic(serve: Serve) -> None:
    asked: list[str] = []

    def handler(request: WebRequest) -> WebResponse:
        url = f"{request.scheme}://{request.host}{request.path}"
        if request.path == "/robots.txt":
            return WebResponse(body=b"User-agent: *\nDisallow: /private\n")
        asked.append(url)
        link = f'<p>Originally published at <a href="{WIRE}%s">The Wire</a></p>'
        return {
            f"{SITE}/on": page(more=link % "/bridges" + link % "/private/x"),
            f"{SITE}/off": page(TEXT.replace("Kursk", "lake"), link % "/lake"),
        }.get(url, page())

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/on", f"{SITE}/off"])
    stemma.run("crawl", "--topic", "topic.toml")
    reports = json.loads(stemma.run("update", "--topic", "topic.toml", "--json").stdout)
    assert {r["step"]: r["counts"] for r in reports}["provenance"] == {"declared sources": 2}
    found = stemma.database().execute("SELECT url FROM discovery WHERE source = 'provenance' ORDER BY url")
    assert [row["url"] for row in found] == [f"{WIRE}/bridges", f"{WIRE}/private/x"]
    asked.clear()
    stemma.run("run", "--topic", "topic.toml")
    assert [url for url in asked if url.startswith(WIRE)] == [f"{WIRE}/bridges"], "robots apply as to all"
    assert stemma.database().execute("SELECT count(*) FROM article WHERE url LIKE '%/bridges'").fetchone()[0] == 1
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before
    again = json.loads(stemma.run("update", "--topic", "topic.toml", "--json").stdout)
    assert {r["step"]: r["done"] for r in again}["provenance"] == 0


def test_what_was_announced_of_an_article_that_cannot_be_read_is_a_partial_witness(serve: Serve) -> None:
    def entry(path: str, title: str = "Kursk: the bridges") -> str:
        return (
            f"<item><title>{title}</title><link>{SITE}{path}</link><description>What is &lt;b&gt;known&lt;/b&gt;."
            "</description><author>Ann Bee</author><pubDate>Tue, 06 Aug 2024 08:15:00 +0300</pubDate></item>"
        )

    paths = ("/paid", "/forbidden", "/gone", "/fine", "/later-gone", "/broken")
    feed = (
        '<rss version="2.0"><channel>'
        + "".join(map(entry, paths))
        + entry("/sport", "A match of football")
        + "</channel></rss>"
    )
    status = {"/paid": 402, "/forbidden": 403, "/gone": 410, "/broken": 500, "/sport": 403}

    def handler(request: WebRequest) -> WebResponse:
        if request.path == "/robots.txt":
            return WebResponse(status=404)
        if request.path == "/feed":
            return WebResponse(body=feed.encode())
        return WebResponse(status=status[request.path]) if request.path in status else page()

    _, stemma = serve(handler)
    topic_file(stemma.folder, feeds=[f"{SITE}/feed"])
    stemma.run("run", "--topic", "topic.toml")
    status["/later-gone"] = 404
    stemma.run("run", "--topic", "topic.toml")
    rows = [dict(row) for row in stemma.database().execute("SELECT * FROM partial_witness ORDER BY url")]
    assert [row["url"].rpartition("/")[2] for row in rows] == ["forbidden", "gone", "paid"]
    assert {row["reason"] for row in rows} == {"HTTP status 402", "HTTP status 403", "HTTP status 410"}
    assert all(row.pop("last_look") for row in rows)
    assert {key: rows[0][key] for key in rows[0] if key not in ("url", "reason")} == {
        "outlet": "Test",
        "title": "Kursk: the bridges",
        "lead": "What is known .",
        "byline": "Ann Bee",
        "published": "Tue, 06 Aug 2024 08:15:00 +0300",
        "told_by": "announcement",
    }
    texts = {row["url"] for row in stemma.database().execute("SELECT url FROM version")}
    assert not texts & {row["url"].replace("http:", "https:") for row in rows}, "shown nowhere as a version"
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before
    status.clear()
    stemma.run("run", "--topic", "topic.toml")
    assert stemma.database().execute("SELECT count(*) FROM partial_witness").fetchone()[0] == 0, "read after all"
