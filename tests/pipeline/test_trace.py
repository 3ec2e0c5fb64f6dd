"""Where a text comes from, asked of the archive of the bundled web."""

import json
import shutil
import sqlite3
import textwrap
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from stemma_testing import FilledDemo

from archive.store import comparisons, open_database, read_database
from archive.store.comparisons import Searched
from archive.topic import load_topic
from pipeline.fingerprints import method
from pipeline.origins.subject import Subject, of_text
from pipeline.trace import MAX_CHARACTERS, TRACED, as_json, lines, trace

HERALD = "https://www.borderherald.example/2025/03/14/kursk-incursion-what-to-know"
DIGEST = "https://eastwatchdigest.example/2025/03/15/seven-months-ukraine-kursk-finish-to-know/"
VISNYK = "https://slobidskyi-visnyk.example/frontier/2025/03/16/sim-misiatsiv-na-kurshchyni-holovne"

NOT_HELD = """Seven things to know of the offensive

The Russian troops advanced on Thursday in the valley, told the colonel to the New York Times.

Anna Petrenko AND Marco Rossi Contributed relationships."""


@pytest.fixture
def reader(demo: FilledDemo) -> sqlite3.Connection:
    conn = read_database(demo.data / "archive.db")
    conn.row_factory = sqlite3.Row
    return conn


def text_of(conn: sqlite3.Connection, url: str) -> str:
    return str(conn.execute("SELECT text FROM article WHERE url = ?", [url]).fetchone()["text"])


def test_a_text_that_was_translated_and_back_comes_from_the_newspaper(demo: FilledDemo, tmp_path: Path) -> None:
    """As somebody meets it who has no idea: the blog's text in a file, cut and with another headline."""
    paragraphs = text_of(demo.stemma.database(), DIGEST).split("\n\n")
    file = tmp_path / "found.txt"
    file.write_text("Seen on the internet\n\n" + "\n\n".join(paragraphs[1:-3]), encoding="utf-8")
    told = demo.stemma.run("trace", str(file), "--data", str(demo.data)).stdout
    assert "Compared with" in told
    found = json.loads(demo.stemma.run("trace", str(file), "--data", str(demo.data), "--json").stdout)
    urls = [one["url"] for one in found["exemplars"]]
    assert urls[0] == DIGEST
    assert HERALD in urls[:3]
    assert found["exemplars"][0]["is_source"] is True
    assert [above["url"] for above in found["exemplars"][0]["above"]] == [HERALD]
    assert "in turn made from: " in told
    herald = found["exemplars"][urls.index(HERALD)]
    assert herald["relation"] == "rewrite"
    assert any("Southzha" in sentence for sentence in herald["sentences"])
    passage = herald["passages"][0]
    assert passage["left"] in "\n\n".join(paragraphs)
    assert passage["right"] in text_of(demo.stemma.database(), HERALD)


def test_a_text_that_is_held_but_for_its_credit_is_the_same_text(reader: sqlite3.Connection) -> None:
    """As an update knows it: credit lines are no part of what makes two texts identical."""
    text = text_of(reader, HERALD) + "\n\nSource: a blog that somebody remembers"
    found = trace(reader, load_topic("kursk"), of_text(text, name="x"))
    assert [one.link.relation for one in found.exemplars if one.card.url == HERALD] == ["identical"]


def test_a_held_article_is_traced_to_others_and_by_its_dates(demo: FilledDemo) -> None:
    found = json.loads(demo.stemma.run("trace", VISNYK, "--data", str(demo.data), "--json").stdout)
    urls = [one["url"] for one in found["exemplars"]]
    assert VISNYK not in urls
    herald = found["exemplars"][urls.index(HERALD)]
    assert (herald["relation"], herald["is_source"]) == ("translation", True)


def test_a_text_stands_before_its_copies_that_are_no_nearer(reader: sqlite3.Connection) -> None:
    """Of this part the blog's rewriting, by its words, is the surer source; but it was made from the newspaper's."""
    part = "\n\n".join(text_of(reader, HERALD).split("\n\n")[5:12])
    found = [one.card.url for one in trace(reader, load_topic("kursk"), of_text(f"A part\n\n{part}", name="x")).exemplars]
    assert found[0] == HERALD
    assert DIGEST in found


def test_of_a_family_that_is_not_looked_at_whole_the_text_that_it_came_from_is_seen(
    reader: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.trace.MAX_COMPARED", 1)
    part = "\n\n".join(text_of(reader, DIGEST).split("\n\n")[1:-3])
    found = trace(reader, load_topic("kursk"), of_text(f"A part\n\n{part}", name="x"))
    assert {one.card.url for one in found.exemplars} == {DIGEST, HERALD}
    assert found.left_out > 0


def test_a_text_whose_source_is_not_held_gives_leads(demo: FilledDemo, reader: sqlite3.Connection) -> None:
    found = trace(reader, load_topic("kursk"), of_text(NOT_HELD, name="x"))
    assert found.exemplars == ()
    assert found.searched.texts > 40
    told = "\n".join(lines(found))
    assert "No held text shares text with it." in told
    assert "New York Times" in told
    assert "Marco Rossi" in told


def test_with_how_much_a_text_was_compared_is_what_the_archive_shows(reader: sqlite3.Connection) -> None:
    searched = trace(reader, load_topic("kursk"), of_text(NOT_HELD, name="x")).searched
    shown = reader.execute("""
        SELECT count(*), count(DISTINCT outlet), count(DISTINCT language),
               min(substr(coalesce(published, first_seen), 1, 10)), max(substr(coalesce(published, first_seen), 1, 10))
        FROM article""").fetchone()
    assert (searched.articles, searched.outlets, searched.languages, searched.first, searched.last) == tuple(shown)
    assert searched.texts == reader.execute("SELECT count(*) FROM version").fetchone()[0]
    assert comparisons.searched(reader, method="another") == Searched(
        texts=0, articles=0, outlets=0, languages=0, first=None, last=None, waiting=searched.texts)


def test_asking_changes_nothing_and_takes_any_text(demo: FilledDemo, reader: sqlite3.Connection) -> None:
    before = (demo.data / "archive.db").read_bytes()
    for text in ("", "x", "\0" * 50, "word " * 100_000, "“" * 9_000, text_of(reader, HERALD) * 40):
        found = trace(reader, load_topic("kursk"), Subject(title=None, paragraphs=(text,), language=None))
        assert len(found.subject.text) <= MAX_CHARACTERS
        json.dumps(as_json(found))
        assert TRACED not in "\n".join(lines(found))
    assert (demo.data / "archive.db").read_bytes() == before


def test_what_cannot_be_traced_says_what_to_do(demo: FilledDemo, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text(" \n", encoding="utf-8")
    (tmp_path / "rubbish.txt").write_bytes(bytes(range(256)) * 20)
    said = demo.stemma.run("trace", str(tmp_path / "rubbish.txt"), "--data", str(demo.data), code=2).stderr
    assert "is no text in UTF-8" in said
    assert "holds no text" in demo.stemma.run("trace", str(tmp_path / "empty.txt"), "--data", str(demo.data), code=2).stderr
    missing = demo.stemma.run("trace", "https://other.example/x", "--data", str(demo.data), code=2).stderr
    assert "stemma capture" in missing
    assert demo.stemma.run("trace", "x.txt", "--data", str(tmp_path / "none"), code=2).stderr


@pytest.fixture
def own(demo: FilledDemo, tmp_path: Path) -> Path:
    """A copy of the demo's archive that a test may change."""
    return Path(shutil.copytree(demo.data, tmp_path / "data", symlinks=True))


def traced(demo: FilledDemo, data: Path, what: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(demo.stemma.run("trace", what, "--data", str(data), "--json").stdout)
    return {one["url"]: one for one in found["exemplars"]} | {"searched": found["searched"]}


def test_what_people_decided_holds_for_a_held_text_that_is_traced(demo: FilledDemo, own: Path) -> None:
    assert traced(demo, own, DIGEST)[HERALD]["is_source"] is True
    demo.stemma.run("judge", DIGEST, HERALD, "reverse", "--by", "A Reader", "--data", str(own))
    turned = traced(demo, own, DIGEST)[HERALD]
    assert (turned["is_source"], turned["evidence"][0]["kind"]) == (False, "judgement")
    assert turned["passages"], "what they share is shown all the same"
    assert traced(demo, own, HERALD)[DIGEST]["is_source"] is True
    demo.stemma.run("judge", DIGEST, HERALD, "reject", "--by", "A Reader", "--data", str(own))
    assert HERALD not in traced(demo, own, DIGEST)
    conn = open_database(own / "archive.db")
    conn.execute("INSERT INTO unlinked SELECT article_id FROM articles WHERE url = ?", [DIGEST])
    conn.commit()
    conn.close()
    assert HERALD not in traced(demo, own, DIGEST), "nor while its links are to be decided again"


def test_while_texts_are_compared_anew_the_others_are_looked_through_as_before(demo: FilledDemo, own: Path) -> None:
    held = traced(demo, own, VISNYK)["searched"]
    conn = open_database(own / "archive.db")
    conn.execute("INSERT INTO epochs (digest, articles, counted_at, packed) VALUES ('new', 1, '2026-01-01', x'00')")
    conn.execute("UPDATE witnesses SET method = ? WHERE version_id = (SELECT max(version_id) FROM versions)",
                 [method("new")])
    conn.commit()
    conn.close()
    found = traced(demo, own, VISNYK)
    assert HERALD in found
    assert found["searched"] == held | {"waiting": 1}
    told = demo.stemma.run("trace", VISNYK, "--data", str(own)).stdout
    assert f"Compared with {held['texts'] - 1} texts out of {held['texts']}" in told
    assert "1 of them are still to be compared themselves" in told


def test_of_a_text_that_is_too_long_the_end_is_told_to_be_unread(reader: sqlite3.Connection) -> None:
    subject = of_text("A headline\n" + "Nothing of this was ever written.\n" * 40 + text_of(reader, HERALD), name="x")
    topic = load_topic("kursk")
    found = trace(reader, topic, subject, longest=1_200)
    assert found.exemplars == ()
    assert f"The last {found.unread:,} words of the text were not looked at" in "\n".join(lines(found))
    assert as_json(found)["words"] == len(subject.text.split())
    assert HERALD in [one.card.url for one in trace(reader, topic, subject).exemplars]


@pytest.mark.parametrize("spoil", [
    pytest.param(lambda text: text.replace(" ", "  "), id="double spaces"),
    pytest.param(lambda text: "\n\n".join(textwrap.fill(part, 72) for part in text.split("\n\n")), id="wrapped"),
    pytest.param(lambda text: text.replace("\n\n", "\n"), id="no empty lines"),
])
def test_how_a_text_was_typed_is_no_trace(reader: sqlite3.Connection, spoil: Callable[[str], str]) -> None:
    text = text_of(reader, HERALD)
    plain = of_text(f"A headline\n\n{text}", name="x")
    assert plain.paragraphs == tuple(text.split("\n\n"))
    assert of_text(f"A headline\n\n{spoil(text)}", name="x").paragraphs == plain.paragraphs


def test_a_long_table_that_was_wrapped_is_read_in_time_that_grows_with_its_length() -> None:
    table = ["A table", *["1 2 3 4 5 6 7 8 9-" if number % 3 else "1 2 3 4 5 6 7 8 90" for number in range(60_000)]]
    started = process_time()
    subject = of_text("\n".join(table), name="x")
    assert process_time() - started < 5, "with the square of it, minutes"
    assert [len(one) for one in subject.paragraphs] == [len(" ".join(table[1:])) - 39_999]  # of the last nothing follows


@pytest.mark.parametrize(("first", "title"), [
    ("Who fled, and who stayed?", True), ("U.S. Troops Stay Away", True), ("Gen. Syrsky speaks", True),
    ("“We were not afraid of them.”", False), ("They came at dawn. Nobody slept", False), ("It was over!", False),
])
def test_a_first_line_is_the_headline_unless_it_holds_a_sentence(first: str, title: bool) -> None:
    assert (of_text(f"{first}\nThe town is empty.", name="x").title == first) is title
