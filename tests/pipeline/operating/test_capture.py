"""`stemma capture URL...`: what a person gets who has one page in hand."""

import json
from collections.abc import Callable
from typing import Any

from public_rows import public_rows
from stemma_testing import Stemma, topic_file

from crawlers.demo.server import WebRequest, WebResponse

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[Any, Stemma]]
SITE, BLOG = "http://news.example.com", "http://blog.example.org"
TEXT = "".join(
    f"<p>Report {n}: Ukrainian troops crossed into the Kursk region, and in the {n}th village the shops were shut, the "
    f"cellars full and the road to the east closed by {n} burnt-out lorries.</p>" for n in range(2, 14)
)


def page(text: str = TEXT, *, title: str = "Across the border in Kursk", day: str = "2024-08-07") -> WebResponse:
    head = f'<title>{title}</title><meta property="article:published_time" content="{day}T08:00:00+00:00">'
    body = f"<html><head>{head}</head><body><h1>{title}</h1><article>{text}</article></body></html>"
    return WebResponse(body=body.encode(), headers=(("Content-Type", "text/html; charset=utf-8"),))


PAGES = {
    f"{SITE}/kursk": page(), f"{BLOG}/repost": page(day="2024-08-09"),
    f"{BLOG}/lake": page(TEXT.replace("Kursk", "lake"), title="At the lake"),
    f"{BLOG}/old": WebResponse(status=301, headers=(("Location", "/repost"),)),
    f"{BLOG}/robots.txt": WebResponse(body=b"User-agent: *\nDisallow: /private\n"),
    f"{BLOG}/wall": WebResponse(body=b"<html><title>Just a moment...</title><body>Checking</body></html>",
                                headers=(("Content-Type", "text/html"),)),
}


def handler(request: WebRequest) -> WebResponse:
    return PAGES.get(f"{request.scheme}://{request.host}{request.path}", WebResponse(status=404))


def test_a_page_in_hand_is_fetched_linked_and_cited(serve: Serve) -> None:
    server, stemma = serve(handler)
    topic_file(stemma.folder, [f"{SITE}/kursk"])
    stemma.run("run", "--topic", "topic.toml")
    before = len(server.log)
    said = stemma.run("capture", "--topic", "topic.toml", f"{BLOG}/old").stdout
    asked = [f"{line.host}{line.path}" for line in server.log[before:]]
    assert asked == ["blog.example.org/robots.txt", "blog.example.org/old", "blog.example.org/repost"], "and nothing else"
    for words in (f"led to      {BLOG}/repost", "new, sha1:", ".warc.gz at byte", "title       Across the border in Kursk",
                  "made from   Test, 7 August 2024", f"<{SITE}/kursk> (the same text", "cite        Across the border",
                  "Archived ", "public id "):
        assert words in said, (words, said)
    rows = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == rows


def test_whatever_the_schedule_it_is_looked_at_again(serve: Serve) -> None:
    server, stemma = serve(handler)
    topic_file(stemma.folder, extra="")
    for outcome in ("new", "unchanged"):
        (finding,) = json.loads(stemma.run("capture", "--topic", "topic.toml", "--json", f"{SITE}/kursk",
                                           "--set", "crawl.revisit=['30d']").stdout)
        assert (finding["outcome"], finding["on_topic"]) == (outcome, True)
        assert finding["article"]["citation"].startswith("Across the border in Kursk.")
    assert [line.path for line in server.log].count("/kursk") == 2


def test_two_spellings_of_one_page_are_one_look_and_both_are_answered(serve: Serve) -> None:
    server, stemma = serve(handler)
    topic_file(stemma.folder)
    spellings = [f"{SITE}/kursk", f"{SITE}/kursk?utm_source=mail"]
    found = json.loads(stemma.run("capture", "--topic", "topic.toml", "--json", *spellings).stdout)
    assert [(one["asked"], one["outcome"]) for one in found] == [(url, "new") for url in spellings]
    assert [line.path for line in server.log].count("/kursk") == 1


def test_what_is_off_the_topic_is_kept_and_said_to_be(serve: Serve) -> None:
    _, stemma = serve(handler)
    topic_file(stemma.folder)
    said = stemma.run("capture", "--topic", "topic.toml", f"{BLOG}/lake").stdout
    assert "title       At the lake" in said
    assert "off topic   Test: " in said


def test_a_page_that_cannot_be_had_says_why_and_ends_with_code_1(serve: Serve) -> None:
    _, stemma = serve(handler)
    topic_file(stemma.folder)
    urls = [f"{BLOG}/private/a", f"{BLOG}/none", f"{BLOG}/wall", "http://10.0.0.7/a", f"{SITE}/kursk"]
    said = stemma.run("capture", "--topic", "topic.toml", *urls, code=1).stdout
    for words in ("not held    not asked for: robots.txt forbids it", "not held    gone: HTTP status 404",
                  "not held    blocked: a test for robots", "10.0.0.7 is a private address", "cite        Across"):
        assert words in said, (words, said)


def test_what_is_no_address_is_said_before_anything_is_fetched(serve: Serve) -> None:
    server, stemma = serve(handler)
    topic_file(stemma.folder)
    wrong = stemma.run("capture", "--topic", "topic.toml", "news.example.com/kursk", f"{SITE}/kursk", code=2)
    assert "no web address: news.example.com/kursk; give whole addresses" in wrong.stderr
    assert server.log == []
