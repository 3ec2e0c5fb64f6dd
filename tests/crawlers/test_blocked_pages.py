"""Pages in an article's place, crawled by the real command: no versions of them, and what is known all the same."""

from collections.abc import Callable
from typing import Any

from public_rows import public_rows
from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
SITE = "http://news.example.com"
TEXT = "<p>" + "Ukrainian troops crossed into the Kursk region and the villages behind the border emptied. " * 8 + "</p>"
OG = (
    '<meta property="og:type" content="article"><meta property="og:title" content="Kursk: across the border">'
    '<meta property="og:description" content="What is known of the Kursk crossing.">'
)
ARTICLE = f"<html><head><title>Kursk</title></head><body><h1>Kursk</h1><article>{TEXT}</article></body></html>"
CHALLENGE = "<html><head><title>Just a moment...</title></head><body>Kursk: checking your browser</body></html>"
MISSING = "<html><head><title>Page not found</title></head><body><h1>404</h1>Kursk and more</body></html>"
STUB = f"<html><head><title>Kursk</title>{OG}</head><body><p>{TEXT[3:120]}</p><p>Subscribe to continue reading</p></body></html>"


def handler_of(bodies: dict[str, str | WebResponse]) -> Callable[[WebRequest], WebResponse]:
    def handler(request: WebRequest) -> WebResponse:
        body = bodies.get(request.path)
        if isinstance(body, WebResponse):
            return body
        if body is None:
            return WebResponse(status=404)
        return WebResponse(body=body.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))

    return handler


def outcomes(stemma: Stemma, path: str) -> list[str]:
    rows = stemma.database().execute("SELECT outcome FROM observation WHERE url = ? ORDER BY at", [SITE + path])
    return [row["outcome"] for row in rows]


def test_a_test_for_robots_between_two_looks_at_an_article_is_neither_version_nor_change(serve: Serve) -> None:
    bodies: dict[str, str | WebResponse] = {"/a": ARTICLE}
    _, stemma = serve(handler_of(bodies))
    topic_file(stemma.folder, [f"{SITE}/a"])
    for body in (ARTICLE, CHALLENGE, ARTICLE, CHALLENGE, MISSING, ARTICLE):
        bodies["/a"] = body
        stemma.run("run", "--topic", "topic.toml")
    assert outcomes(stemma, "/a") == ["new", "blocked", "unchanged", "blocked", "gone", "unchanged"]
    rows = stemma.database().execute("SELECT title, sightings FROM version").fetchall()
    assert [tuple(row) for row in rows] == [("Kursk", 3)]
    (error,) = stemma.database().execute("SELECT DISTINCT error FROM observation WHERE outcome = 'blocked'").fetchone()
    assert error == "a test for robots: it is titled “Just a moment...”"
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before


def test_a_paywalls_stub_is_a_partial_witness_by_its_own_preview(serve: Serve) -> None:
    bodies: dict[str, str | WebResponse] = {
        "/stub": STUB,
        "/paid": WebResponse(status=402, body=STUB.encode(), headers=(("Content-Type", "text/html"),)),
        "/wall": WebResponse(status=403, body=CHALLENGE.encode(), headers=(("Content-Type", "text/html"),)),
        "/football": STUB.replace("Kursk", "The match"),
        "/home": WebResponse(status=302, headers=(("Location", "/"),)),
        "/": f"<html><body><h1>Kursk news</h1>{TEXT}</body></html>",
    }
    _, stemma = serve(handler_of(bodies))
    topic_file(stemma.folder, [SITE + path for path in bodies if path != "/"])
    stemma.run("run", "--topic", "topic.toml")
    rows = stemma.database().execute(
        "SELECT url, outlet, title, lead, told_by, reason FROM partial_witness ORDER BY url").fetchall()
    told = ("Test", "Kursk: across the border", "What is known of the Kursk crossing.", "preview")
    assert [tuple(row) for row in rows] == [
        (f"{SITE}/paid", *told, "HTTP status 402"),
        (f"{SITE}/stub", *told, "a paywall: it ends with “Subscribe to continue”"),
    ]
    assert stemma.database().execute("SELECT count(*) FROM version").fetchone()[0] == 0, "the front page is none either"
    assert [outcomes(stemma, path) for path in ("/home", "/football", "/wall")] == [["gone"], ["blocked"], ["blocked"]]
    bodies["/stub"] = ARTICLE
    stemma.run("run", "--topic", "topic.toml")
    left = stemma.database().execute("SELECT url FROM partial_witness").fetchall()
    assert [row["url"] for row in left] == [f"{SITE}/paid"], "read after all"


def test_a_challenges_validators_are_not_the_articles(serve: Serve) -> None:
    answers = [(CHALLENGE, "Sat, 08 Jun 2024 10:00:00 GMT"), (ARTICLE, "Sat, 01 Jun 2024 10:00:00 GMT")]

    def handler(request: WebRequest) -> WebResponse:
        if request.path != "/a":
            return WebResponse(status=404)
        body, changed = answers[0]
        if request.header("If-Modified-Since") == "Sat, 08 Jun 2024 10:00:00 GMT":  # nothing newer than that
            return WebResponse(status=304, headers=(("Last-Modified", changed),))
        return WebResponse(body=body.encode(), headers=(("Content-Type", "text/html"), ("Last-Modified", changed)))

    _, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/a"])
    stemma.run("run", "--topic", "topic.toml")
    answers.pop(0)
    stemma.run("run", "--topic", "topic.toml")
    assert outcomes(stemma, "/a") == ["blocked", "new"]
