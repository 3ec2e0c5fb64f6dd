"""`stemma hunt`: a text's rare names and numbers, asked of an emulated GDELT."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, topic_file
from web_archives import GDELT, SETTINGS, WebArchives

from archive.topic import load_topic
from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse
from pipeline.operating.hunting import plan
from pipeline.origins.subject import Subject

Serve = Callable[[Callable[[WebRequest], WebResponse]], tuple[LoopbackWeb, Stemma]]
Hunt = Callable[..., tuple[LoopbackWeb, Stemma, WebArchives]]

STORY = "http://news.example/2025/03/story"
TEXT = (
    "How the Kursk pocket emptied\n\nOn Friday the last column left, a captain, Taras Melnychuk, told the Fen Courier.\n\n"
    "The aid had stopped on March 3, and Prystavka, the quartermaster, counted 10,940 shells.\n\n"
    "Olena Hrytsak and Peter Quillfeather contributed reporting.\n"
)
FOUND = [
    {"url": "http://far.example/kin", "title": "Kursk: how the pocket emptied", "seendate": "20250316T103000Z"},
    {"url": "http://far.example/before", "title": "Kursk before", "seendate": "20240810T103000Z"},
]


def page(request: WebRequest) -> WebResponse:
    if request.path == "/robots.txt":
        return WebResponse(status=404)
    paragraphs = "".join(f"<p>{paragraph}</p>" for paragraph in TEXT.split("\n\n")[1:])
    more = "<p>Nobody on either side of the border had thought that it would end so quietly, people said.</p>"
    body = f'<html><head><title>How the Kursk pocket emptied</title><meta property="article:published_time" ' \
           f'content="2025-03-14T18:00:00Z"></head><body><article><h1>How the Kursk pocket emptied</h1>{paragraphs}{more}'
    return WebResponse(headers=(("Content-Type", "text/html; charset=utf-8"),), body=body.encode())


@pytest.fixture
def hunt(serve: Serve, tmp_path: Path) -> Hunt:
    def started(**traps: object) -> tuple[LoopbackWeb, Stemma, WebArchives]:
        web = WebArchives(**({"held": [], "live": page, "articles": FOUND} | traps))  # type: ignore[arg-type]
        server, stemma = serve(web)
        topic_file(tmp_path, [STORY], extra=SETTINGS)
        (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
        return server, stemma, web

    return started


def asked(server: LoopbackWeb) -> list[dict[str, list[str]]]:
    return [parse_qs(line.path.partition("?")[2]) for line in server.log
            if line.host == GDELT and line.path.startswith("/api/")]


def test_what_a_text_finds_is_announced_crawled_and_rebuilt(hunt: Hunt) -> None:
    server, stemma, _ = hunt()
    done = stemma.run("hunt", "text.txt", "--topic", "topic.toml")
    assert "http://far.example/kin  Kursk: how the pocket emptied" in done.stdout
    queries = asked(server)
    assert '"Olena Hrytsak" "Peter Quillfeather"' in {query["query"][0] for query in queries}
    assert any('"10,940"' in query["query"][0] for query in queries)
    assert min(query["startdatetime"][0] for query in queries) == "20250228000000"
    assert max(query["enddatetime"][0] for query in queries) == "20250505235959"
    rows = [tuple(row) for row in stemma.database().execute("SELECT url, source FROM discovery")]
    assert rows == [("http://far.example/kin", "hunt")]
    stemma.run("hunt", "text.txt", "--topic", "topic.toml")
    assert asked(server) == queries, "what was answered is not asked again"
    stemma.run("crawl", "--topic", "topic.toml")
    assert "http://far.example/kin" in {f"{line.scheme}://{line.host}{line.path}" for line in server.log}
    stemma.run("update", "--topic", "topic.toml")
    before = public_rows(stemma.folder / "data" / "archive.db")
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db") == before


def test_an_article_of_the_archive_is_looked_for_around_its_date(hunt: Hunt) -> None:
    _, stemma, _ = hunt()
    stemma.run("crawl", "--topic", "topic.toml")
    stemma.run("update", "--topic", "topic.toml")
    told = json.loads(stemma.run("hunt", STORY, "--topic", "topic.toml", "--json").stdout)
    assert [one["url"] for one in told["found"]] == ["http://far.example/kin"]
    assert (told["first"], told["last"]) == ("2025-02-28", "2025-04-28")
    days = ("--from", "2024-08-06", "--to", "2024-08-31")
    told = json.loads(stemma.run("hunt", STORY, *days, "--topic", "topic.toml", "--json").stdout)
    assert [one["url"] for one in told["found"]] == ["http://far.example/before"]


def test_a_dry_run_prints_queries_and_leads_and_asks_nothing(hunt: Hunt) -> None:
    server, stemma, _ = hunt()
    said = stemma.run("hunt", "text.txt", "--dry-run", "--topic", "topic.toml").stdout
    assert 'gdelt        "Olena Hrytsak" "Peter Quillfeather"  (2025-02-28 to 2025-05-05)' in said
    assert "contributor  Olena Hrytsak" in said
    assert server.log == []
    assert not (stemma.folder / "data").exists()
    told = json.loads(stemma.run("hunt", "text.txt", "--dry-run", "--json", "--topic", "topic.toml").stdout)
    assert told["found"] is None
    assert told["leads"]["window"]["days"] == ["2025-03-14", "2025-03-21"]


def test_a_service_that_wants_peace_is_told_and_asked_again_later(hunt: Hunt) -> None:
    server, stemma, web = hunt(gdelt_says=b"Please limit requests to one every 5 seconds or contact us.")
    assert "Please limit requests" in stemma.run("hunt", "text.txt", "--topic", "topic.toml").stdout
    assert len(asked(server)) == 1
    web.gdelt_says = None
    assert "http://far.example/kin" in stemma.run("hunt", "text.txt", "--topic", "topic.toml").stdout


def test_what_cannot_be_looked_for_is_said_in_a_sentence(hunt: Hunt) -> None:
    _, stemma, _ = hunt()
    stemma.run("init", "--topic", "topic.toml")
    (stemma.folder / "empty.txt").write_text(" \n")
    (stemma.folder / "captcha.html").write_text("<html><body>x</body></html>")
    for what, said in (("http://nowhere.example/x", "stemma capture"), ("none.txt", "no file"), ("empty.txt", "holds no text"),
                       ("captcha.html", "as a .txt file")):
        error = stemma.run("hunt", what, "--topic", "topic.toml", code=2).stderr
        assert said in error
        assert len(error.strip().splitlines()) == 1


def test_a_text_without_rare_words_asks_nothing(hunt: Hunt) -> None:
    server, stemma, _ = hunt()
    (stemma.folder / "plain.txt").write_text("nothing is named here, and nothing is counted.")
    assert "no name or number" in stemma.run("hunt", "plain.txt", "--dry-run", "--topic", "topic.toml").stdout
    stemma.run("hunt", "plain.txt", "--topic", "topic.toml")
    assert asked(server) == []


def test_days_to_come_are_not_asked_for() -> None:
    subject = Subject(title=None, paragraphs=("On March 3 Taras Melnychuk and Olena Hrytsak met.",), language="en")
    wanted = plan(load_topic("kursk"), subject, today=date(2025, 3, 20))
    assert wanted.days.last == date(2025, 3, 20)
