"""Pages that ask not to be shown from an archive: by their markup, or by their answer's head."""

import json
import re
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import lxml.html
import pytest
from stemma_testing import Stemma, opened, topic_file

from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse
from pipeline.extraction.noarchive import of_head, of_page

Handler = Callable[[WebRequest], WebResponse]


@pytest.mark.parametrize(("head", "says"), [
    ('<meta name="robots" content="noarchive">', True),
    ('<META NAME="ROBOTS" CONTENT="index, follow,NOARCHIVE , max-snippet:-1">', True),
    ('<meta name="googlebot" content="noarchive">', True),
    ('<meta name="robots" content="noindex, nofollow">', False),
    ('<meta name="robots" content="none">', False),
    ('<meta name="robots" content="max-image-preview:large, noarchives">', False),
    ('<meta name="description" content="noarchive">', False),
    ('<meta name="robots">', False),
])
def test_what_a_page_says(head: str, says: bool) -> None:
    tree = lxml.html.document_fromstring(f"<html><head>{head}</head><body><p>noarchive</p></body></html>")
    assert of_page(tree) is says


@pytest.mark.parametrize(("head", "says"), [
    (b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noarchive", True),
    (b"HTTP/1.1 200 OK\r\nx-robots-tag: noindex, NoArchive", True),
    (b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noindex\r\nX-Robots-Tag: googlebot: noarchive, nofollow", True),
    (b"HTTP/1.1 200 OK\r\nX-Archive-Orig-X-Robots-Tag: noarchive", True),
    (b"HTTP/1.1 200 OK\r\nX-Robots-Tag: unavailable_after: 25 Jun 2025 15:00:00 GMT", False),
    (b"HTTP/1.1 200 OK\r\nX-Other: noarchive", False),
    (b"HTTP/1.1 200 OK", False), (b"", False), (b"\xff\xfe: noarchive", False),
])
def test_what_an_answers_head_says(head: bytes, says: bool) -> None:
    assert of_head(head) is says


STORY = "<p>The {} column crossed the border of the Kursk region at dawn, people who live along the road said.</p>"
PLACES = ("plain", "meta", "header")


def page(request: WebRequest) -> WebResponse:
    name = request.path.strip("/")
    if name not in PLACES:
        return WebResponse(status=404)
    told = '<meta name="robots" content="noarchive">' if name == "meta" else ""
    text = "".join(STORY.format(word) for word in ("first", "second", "third", "fourth", "fifth", f"last-{name}"))
    head = (("Content-Type", "text/html; charset=utf-8"), *([("X-Robots-Tag", "noarchive")] if name == "header" else []))
    return WebResponse(headers=head, body=f"<html><head>{told}<title>Column {name}</title></head><body><article><h1>Column {name}</h1>"
                       f"{text}</article></body></html>".encode())


def shown(database: Path) -> dict[str, bool]:
    """Which of the texts a database holds to their ends."""
    conn = opened(database)
    found = {url.rpartition("/")[2]: "last-" in text for url, text in conn.execute("SELECT url, text FROM version")}
    conn.close()
    return found


def test_they_are_published_in_excerpts_always_also_those_read_before_this_was_asked(
    serve: Callable[[Handler], tuple[LoopbackWeb, Stemma]], tmp_path: Path
) -> None:
    _, stemma = serve(page)
    topic_file(tmp_path, [f"http://news.example/{name}" for name in PLACES], extra='[publish]\nfull_text = "all"')
    stemma.run("crawl", "--topic", "topic.toml")
    stemma.run("update", "--topic", "topic.toml")
    with closing(stemma.database()) as conn, conn:  # as an extractor that did not ask left them
        conn.execute("UPDATE documents SET is_noarchive = 0, extractor = 'stemma-6/old'")
    stemma.run("update", "--topic", "topic.toml")
    assert shown(tmp_path / "data" / "archive.db") == dict.fromkeys(PLACES, True)
    stemma.run("publish", "out", "--topic", "topic.toml")
    only_plain = dict.fromkeys(PLACES, False) | {"plain": True}
    assert shown(tmp_path / "out" / "archive.db") == only_plain
    with subprocess.Popen(stemma.command("serve", "--host", "0.0.0.0", "--port", "0", "--topic", "topic.toml"),
                          cwd=tmp_path, env=stemma.environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = next(line for line in server.stdout if "http://" in line)
            address = re.search(r"http://127\.0\.0\.1:\d+", said)
            assert address is not None, said
            with urllib.request.urlopen(f"{address[0]}/archive/version.json?_shape=array&_size=max") as answer:
                rows = json.load(answer)
        finally:
            server.terminate()
    assert {row["url"].rpartition("/")[2]: "last-" in row["text"] for row in rows} == only_plain
