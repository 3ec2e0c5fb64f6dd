"""withhold as a person meets it, on the demo's archive: nothing gives the text, everything says why, all comes back."""

import asyncio
import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, told_by
from warcio.archiveiterator import ArchiveIterator

from archive import withholdings
from archive.withholdings import Withholding
from datasette_config.serving import application

REASON = "A court asked for it; case 7 <b>of</b> 2025"
VIEWS = ("article", "version", "copy_link", "witness", "post_version", "partial_witness", "discovery")


@dataclass(frozen=True, kw_only=True)
class Text:
    """An article of a family, and what no other text has: a sentence and the headline."""

    url: str
    key: str
    public_id: str
    family: str
    copy: str
    sentence: str
    title: str
    captures: tuple[int, ...]

    def found(self, content: bytes) -> list[str]:
        """Which of them something holds, as text, HTML or JSON."""
        return [mark for mark in (self.sentence, self.title) if any(
            form.encode() in content for form in (mark, escape(mark), escape(mark, quote=False), json.dumps(mark)[1:-1]))]


@contextmanager
def rows(stemma: Stemma) -> Iterator[sqlite3.Connection]:
    conn = stemma.database()
    try:
        yield conn
    finally:
        conn.close()


def chosen(stemma: Stemma) -> Text:
    """The exemplar with most copies that says a sentence which no other text has."""
    with rows(stemma) as conn:
        texts = conn.execute("SELECT article_id, text || title AS text FROM version").fetchall()
        for row in conn.execute(
            "SELECT a.*, k.copy_key FROM copy_link k JOIN article a ON a.article_id = k.exemplar_article_id "
            "WHERE k.direction = 'decided' GROUP BY a.article_id ORDER BY count(*) DESC, a.key"
        ):
            others = " ".join(other["text"] for other in texts if other["article_id"] != row["article_id"])
            alone = [s for s in re.split(r"(?<=[.!?])\s+", row["text"]) if len(s) > 60 and s not in others and "“" not in s]
            if alone and row["title"] not in others:
                captures = conn.execute("SELECT capture_id FROM captures WHERE url IN (SELECT url FROM addresses WHERE "
                                        "article_id = ?)", (row["article_id"],))
                return Text(url=row["url"], key=row["key"], public_id=row["latest"], family=row["family"],
                            copy=row["copy_key"], sentence=alone[-1], title=row["title"],
                            captures=tuple(one["capture_id"] for one in captures))
    raise AssertionError("no exemplar says anything of its own")


def withhold(stemma: Stemma, what: str, *words: str, code: int = 0) -> Any:
    done = stemma.run("withhold", what, *words, "--topic", "topic.toml", "--json", code=code)
    return json.loads(done.stdout) if code == 0 else done.stderr


@contextmanager
def site(data: Path) -> Iterator[Any]:
    loop, datasette = asyncio.new_event_loop(), application(data)
    try:
        yield lambda path, **more: loop.run_until_complete(
            datasette.client.request(more.pop("method", "GET"), path, **more))
    finally:
        datasette.executor.shutdown()
        for database in datasette.databases.values():
            database.close()
        loop.close()


def routes(text: Text) -> list[str]:
    """Every address that would show the text itself."""
    return [
        *(f"/article/{name}{tail}" for name in (text.key, text.public_id) for tail in (
            "", ".json", "/cite.ris", "/cite.bib", "/cite.json", "/cite.html", ".prov.json", ".provn")),
        f"/timemap/link/{text.url}",
        *(f"/compare{tail}?left={a}&right={b}" for tail in ("", ".json")
          for a, b in ((text.public_id, text.copy), (text.copy, text.key))),
        *(f"/trace{tail}?of={name}" for tail in ("", ".json") for name in (text.key, text.public_id, quote(text.url))),
        *(f"/capture/{number}{tail}" for number in text.captures for tail in ("", ".json", ".warc")),
    ]


def test_every_route_has_a_tombstone_in_the_texts_place(own: Stemma) -> None:
    text = chosen(own)
    with site(own.folder / "data") as get:
        assert text.sentence in get(f"/article/{text.key}.json").json()["version"]["text"]
    (decided,) = withhold(own, text.url, "--reason", REASON, "--by", "Vera Lens")
    assert (decided["reason"], decided["by"], decided["undone"]) == (REASON, "Vera Lens", False)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    with site(own.folder / "data") as get:
        for path in routes(text):
            response = get(path)
            assert response.status_code == 410, path
            assert not text.found(response.content), path
            if ".json" in path:
                assert response.json()["withheld"]["reason"] == REASON, path
                assert response.json()["withheld"]["since"].startswith(today)
            else:
                assert "case 7 &lt;b&gt;of&lt;/b&gt; 2025" in response.text, path
                assert today in response.text
        moved = get(f"/search?q={quote(text.url)}")
        assert (moved.status_code, moved.headers["location"]) == (302, f"/article/{text.key}")


def test_nothing_else_gives_the_text(own: Stemma) -> None:
    text = chosen(own)
    withhold(own, text.url, "--reason", REASON)
    with rows(own) as conn:
        tables = [name for (name,) in conn.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'")]
        (captures,) = conn.execute("SELECT max(capture_id) FROM captures").fetchone()
    with site(own.folder / "data") as get:
        for words in (" ".join(text.sentence.split()[:12]), text.title):
            answer = get(f"/search.json?q={quote(words)}").json()
            assert not text.found(json.dumps(answer["hits"]).encode())
            assert text.key not in json.dumps(answer["hits"])
            assert not get(f"/archive/version.json?_search={quote(words)}&_shape=array").json()
        paths = ["/", "/index.json", "/search",
                 *(f"/archive/{table}.json?_size=max&_shape=array" for table in tables),
                 f"/article/{text.copy}", f"/article/{text.copy}.json",
                 *(f"/capture/{number}{tail}" for number in range(1, captures + 1) for tail in ("", ".warc"))]
        for path in paths:
            response = get(path, follow_redirects=True)
            assert response.status_code in (200, 410), (path, response.status_code)
            found = text.found(response.content)
            # Another page may name its headline, in a link to it: that page is its own outlet's.
            assert not found or (path.startswith("/capture/") and found == [text.title]), (path, found)
        traced = get("/trace.json", method="POST", content=text.sentence, headers={"content-type": "text/plain"})
        assert text.key not in traced.text
        assert text.url in get("/archive/withholding.json").text


def test_the_file_does_not_hold_the_text(own: Stemma) -> None:
    text = chosen(own)
    database = own.folder / "data" / "archive.db"
    assert text.sentence.encode() in told_by(database)
    withhold(own, text.url, "--reason", REASON)
    for file in database.parent.glob("archive.db*"):
        assert text.sentence.encode() not in told_by(file), file
        assert text.title.encode() not in told_by(file), file
    with rows(own) as conn:
        keys = conn.execute("SELECT count(*) FROM fingerprints").fetchone()[0]
        of_texts = conn.execute("SELECT count(*) FROM fingerprints JOIN sketches USING (version_id)").fetchone()[0]
    assert 0 < keys == of_texts, "nor keys, which tell which words it has"


def test_family_and_kin_show_a_tombstone_where_it_stood(own: Stemma) -> None:
    text = chosen(own)
    withhold(own, text.url, "--reason", REASON)
    with site(own.folder / "data") as get:
        shown = get(f"/article/{text.copy}.json").json()
        assert [stone["key"] for stone in shown["withheld"]] == [text.key]
        assert "case 7 &lt;b&gt;" in get(f"/article/{text.copy}").text
        old = get(f"/family/{text.family}", follow_redirects=True)
        assert "case 7 &lt;b&gt;" in old.text
        family = shown["article"]["family"]
        if family:
            assert old.status_code == 200
            assert [stone["key"] for stone in get(f"/family/{family}.json").json()["withheld"]] == [text.key]


def test_exports_leave_it_out(own: Stemma) -> None:
    text = chosen(own)
    withhold(own, text.url, "--reason", REASON)
    lines = own.run("export", "jsonl", "-").stdout
    assert lines.count("\n") > 10
    assert text.url not in [json.loads(line)["url"] for line in lines.splitlines()]
    assert not text.found(lines.encode())
    own.run("export", "wacz", "all.wacz", "--topic", "topic.toml")
    with zipfile.ZipFile(own.folder / "all.wacz") as package:
        assert text.url not in package.read("pages/pages.jsonl").decode()
        records = ArchiveIterator(io.BytesIO(package.read("archive/data.warc.gz")))
        for record in records:
            body = record.content_stream().read() if record.rec_type == "response" else b""
            assert text.sentence.encode() not in body
            assert record.rec_headers.get_header("WARC-Target-URI") != text.url
    for words in (["export", "wacz", "x.wacz", "--article", text.url], ["export", "prov", "-", "--article", text.key],
                  ["cite", text.public_id], ["withhold", text.url, "--reason", "again"], ["trace", text.url],
                  ["judge", text.url, text.copy, "confirm", "--by", "V"]):
        assert re.search(r"is withheld (already, )?since 20", own.run(*words, "--topic", "topic.toml", code=2).stderr)


def test_the_evidence_stays_and_verifies(own: Stemma) -> None:
    before = {path: path.read_bytes() for path in (own.folder / "data" / "warc").rglob("*.warc.gz")}
    withhold(own, chosen(own).url, "--reason", REASON)
    assert {path: path.read_bytes() for path in (own.folder / "data" / "warc").rglob("*.warc.gz")} == before
    own.run("verify", "--topic", "topic.toml")


def test_it_stays_withheld_through_update_and_rebuild(own: Stemma) -> None:
    text = chosen(own)
    withhold(own, text.url, "--reason", REASON)
    own.run("update", "--topic", "topic.toml")
    database = own.folder / "data" / "archive.db"
    after = public_rows(database)
    own.run("rebuild", "--topic", "topic.toml")
    rebuilt = public_rows(database)
    assert rebuilt == after
    assert text.sentence not in json.dumps(rebuilt, ensure_ascii=False)
    assert [json.loads(row)["reason"] for row in rebuilt["withholding"]] == [REASON]
    for file in database.parent.glob("archive.db*"):
        assert text.sentence.encode() not in told_by(file), file


def test_undone_it_is_as_if_it_had_never_been_withheld(own: Stemma) -> None:
    text, database = chosen(own), own.folder / "data" / "archive.db"
    before = public_rows(database)
    withhold(own, text.url, "--reason", REASON)
    (decided,) = withhold(own, text.key, "--undo", "--reason", "The court changed its mind")
    assert decided["undone"]
    assert public_rows(database) == before
    assert "is not withheld" in withhold(own, text.key, "--undo", code=2)


def test_a_family_is_withheld_and_shown_again_as_one(own: Stemma) -> None:
    text, database = chosen(own), own.folder / "data" / "archive.db"
    before = public_rows(database)
    with rows(own) as conn:
        keys = {row["article_key"] for row in conn.execute("SELECT * FROM witness WHERE family = ?", (text.family,))}
        words = {row["text"] for row in conn.execute(
            "SELECT v.text FROM version v JOIN witness w USING (article_id) WHERE w.family = ?", (text.family,))}
    assert len(withhold(own, text.family, "--reason", REASON)) == len(keys) > 1
    with site(own.folder / "data") as get:
        assert {get(f"/article/{key}").status_code for key in keys} == {410}
        assert get(f"/family/{text.family}").status_code == 410
    file = told_by(database)
    assert not [text for text in words if text[:80].encode() in file]
    withhold(own, text.family, "--undo")
    assert public_rows(database) == before


def test_a_page_that_says_it_is_the_withheld_one_is_withheld_too(own: Stemma) -> None:
    """What is found only later: an address with the article's rel=canonical."""
    with rows(own) as conn:
        row = conn.execute(
            "SELECT a.key, a.url, a.title, x.url AS other FROM article a JOIN addresses x USING (article_id) "
            "WHERE x.url <> a.url AND x.is_read AND EXISTS (SELECT 1 FROM captures c WHERE c.url = x.url AND c.role = "
            "'article' AND c.status = 200)").fetchone()
        assert row is not None, "the demo has an article with two addresses"
    data = own.folder / "data"
    from archive import events

    events.append(data / "events.jsonl", withholdings.to_event(Withholding(
        url=row["url"], addresses=(row["url"],), reason=REASON, at=datetime.now(UTC))))
    own.run("rebuild", "--topic", "topic.toml")
    with rows(own) as conn:
        assert not conn.execute("SELECT 1 FROM article WHERE key = ?", (row["key"],)).fetchone()
        held = {url for (url,) in conn.execute("SELECT url FROM withheld_addresses")}
    assert row["other"] in held
    with site(data) as get:
        assert get(f"/article/{row['key']}").status_code == 410


@pytest.mark.parametrize(("words", "said"), [
    (("https://nowhere.example/x", "--reason", "x"), "is no article and no family"), (("nonsense", "--undo"), "is not withheld"),
    (("nonsense",), "say why"),
])
def test_what_cannot_be_withheld_is_told(own: Stemma, words: tuple[str, ...], said: str) -> None:
    assert said in own.run("withhold", *words, "--topic", "topic.toml", code=2).stderr


def test_an_events_line_that_names_nothing_is_a_failure(own: Stemma) -> None:
    with open(own.folder / "data" / "events.jsonl", "a") as file:
        file.write('{"at": "2025-03-15T12:00:00.000Z", "kind": "withholding", "reason": "x"}\n')
    own.run("update", "--topic", "topic.toml")
    with rows(own) as conn:
        assert "names none" in conn.execute("SELECT reason FROM failures WHERE stage = 'withhold'").fetchone()["reason"]


def test_decisions_stand_in_their_order() -> None:
    at = datetime(2025, 3, 15, tzinfo=UTC)
    first = Withholding(url="https://a.example/", addresses=("https://a.example/?x",), reason="one", at=at, by="V",
                        kin=("abc",), family="f")
    assert withholdings.from_event(withholdings.to_event(first)) == first
    undone = Withholding(url=first.url, addresses=(), reason="", at=at, is_undone=True)
    again = replace(first, reason="two")
    assert withholdings.standing([first, again]) == {first.url: again}
    assert withholdings.standing([first, undone]) == {}
    assert withholdings.standing([first, undone, again]) == {first.url: again}


@pytest.mark.parametrize(("page", "named"), [
    ('<link>https://a.example/2024/k%C3%BCrsk</link>', True), ("<a href='/2024/kürsk?utm=1'>", True),
    ('{"url": "https:\\/\\/a.example\\/2024\\/kürsk"}', True), ("https://a.example/2024/other", False),
])
def test_a_feed_that_announces_a_text_is_recognised(page: str, named: bool) -> None:
    for encoding in ("utf-8", "utf-16"):
        if encoding == "utf-8" or page.isascii():
            assert withholdings.mentions(page.encode(encoding), ["https://a.example/2024/kürsk/"]) == named


def test_what_is_only_told_of_a_page_is_withheld_and_told_again(own: Stemma) -> None:
    """An article that could not be read: its headline and lead are in feeds."""
    database = own.folder / "data" / "archive.db"
    with rows(own) as conn:
        told = conn.execute("SELECT * FROM partial_witness WHERE lead IS NOT NULL AND lead NOT IN "
                            "(SELECT lead FROM discoveries WHERE lead IS NOT NULL GROUP BY lead HAVING "
                            "count(DISTINCT url) > 1) ORDER BY url").fetchone()
        assert told is not None, "the demo has such a page"
    before = public_rows(database)
    withhold(own, told["url"], "--reason", REASON)
    assert told["lead"].encode() not in told_by(database)
    with site(own.folder / "data") as get:
        assert get(f"/archive/partial_witness.json?url={quote(told['url'])}&_shape=array").json() == []
        with rows(own) as conn:
            announcing = [row["capture_id"] for row in conn.execute(
                "SELECT capture_id FROM captures WHERE role = 'feed' AND source IN "
                "(SELECT source FROM discoveries WHERE url = ?)", (told["url"],))]
        pages = [get(f"/capture/{number}") for number in announcing]
        assert not [page.url for page in pages if escape(told["lead"]) in page.text or told["lead"] in page.text]
    own.run("update", "--topic", "topic.toml")
    assert told["lead"].encode() not in told_by(database)
    withhold(own, told["url"], "--undo")
    assert public_rows(database) == before
