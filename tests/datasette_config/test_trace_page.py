"""/trace: a text or a name -> the held texts that share its words, and what it says of its source."""

import asyncio
import json
import sqlite3
from itertools import count
from math import inf
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from archive.topic import load_topic
from datasette_config import pages, trace_view, tracing
from datasette_config.answers import WORD_BY_WORD
from pipeline import trace as command
from pipeline.origins.subject import of_text, read_article

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

PASTED = """Kursk: what is known
Ukrainian troops crossed the frontier into the Kursk region of Russia at dawn on Tuesday and had got to the outskirts \
of Sudzha by evening, two officers who took part said.
“No one was waiting for us,” said one of them, a company commander who asked to be called only by his call sign. “We \
had prepared for a fight at the checkpoint, and the checkpoint was empty.”
Reporting by Ann Otherwriter; published first by the Kyiv Independent."""
FOREIGN = "Nothing of this was ever written about.\nReporting by Ann Otherwriter in Kyiv."


def text_of(response: Any) -> str:
    return " ".join(" ".join(html.fromstring(response.content).itertext()).split())


def test_a_pasted_text_is_traced_as_the_command_does(site: Site, archive: Archive, conn: sqlite3.Connection) -> None:
    found = site.post("/trace.json", data={"text": PASTED}).json()
    assert found.pop("ok") is True
    wanted = command.as_json(command.trace(conn, load_topic("kursk"), of_text(PASTED, name="")))
    assert found == json.loads(json.dumps(wanted))
    assert {one["public_id"].partition("-")[0] for one in found["exemplars"]} >= {archive.digest, archive.herald}


def test_an_article_of_the_archive_is_traced_by_its_address(
    site: Site, archive: Archive, conn: sqlite3.Connection
) -> None:
    found = site.json("/trace.json?of=" + quote("https://eastwatchdigest.example/kursk-thrust"))
    subject = read_article(conn, archive.digest)
    assert found["exemplars"] == json.loads(json.dumps(
        command.as_json(command.trace(conn, load_topic("kursk"), subject))["exemplars"]))
    assert found["public_id"].startswith(archive.digest)
    assert site.json(f"/trace.json?of={found['public_id']}") == found
    page = site.get(f"/trace?of={archive.digest}")
    assert f'href="/compare?left={found["public_id"]}&amp;right={found["exemplars"][0]["public_id"]}"' in page.text


def test_the_page_shows_exemplars_sentences_passages_and_what_was_searched(site: Site, archive: Archive) -> None:
    response = site.post("/trace", data={"text": PASTED})
    tree, words = html.fromstring(response.content), text_of(response)
    assert "shares text with the other" in words
    assert "Compared with 11 texts of 8 articles from 8 outlets in 5 languages" in words
    assert tree.xpath("//ol[@class='kins']//div[@class='row passage']/div[@lang='en']")
    assert tree.xpath("//textarea")[0].text == PASTED
    assert "Ann Otherwriter" in words


def test_a_text_whose_source_is_not_held_has_leads(site: Site) -> None:
    response = site.post("/trace", data={"text": FOREIGN})
    words = text_of(response)
    assert "No held text shares text with it." in words
    assert "Persons whom it names as its authors Ann Otherwriter" in words
    assert not html.fromstring(response.content).xpath("//section[@id='leads']//details")


def test_a_form_without_words_is_a_form(site: Site) -> None:
    page = html.fromstring(site.get("/trace").content)
    assert page.xpath("//form[@class='trace']/@method") == ["post"]
    assert "set-cookie" not in site.get("/trace").headers


@pytest.mark.parametrize(("options", "status", "said"), [
    pytest.param({"data": {"text": " "}}, 400, "Paste a text", id="nothing"),
    pytest.param({"data": {"of": "none"}}, 404, "No article is held under", id="a name that is not held"),
    pytest.param({"data": {"text": "я" * 33_000}}, 413, "64 KiB", id="a text too long"),
    pytest.param({"content": b"text=" + b"x" * 300_000,
                  "headers": {"content-type": "application/x-www-form-urlencoded"}}, 413, "64 KiB", id="a body too long"),
    pytest.param({"json": {"text": "x"}}, 400, "text/plain", id="another kind"),
])
def test_what_cannot_be_traced_is_said(site: Site, options: dict[str, Any], status: int, said: str) -> None:
    for path in ("/trace", "/trace.json"):
        response = site.post(path, **options)
        assert (response.status_code, said in response.text) == (status, True), response.text


def test_a_text_that_is_too_long_leaves_the_form(site: Site) -> None:
    page = html.fromstring(site.post("/trace", data={"text": "я" * 33_000}).content)
    assert page.xpath("//form[@class='trace']//textarea")


def test_a_text_that_is_held_word_for_word_is_said_to_be_before_all_else(
    site: Site, archive: Archive, conn: sqlite3.Connection
) -> None:
    (text,) = conn.execute("SELECT text FROM article WHERE key = ?", [archive.mirror]).fetchone()
    said = text_of(site.post("/trace", data={"text": text}))
    begin = said.index("It is held, word for word : « Kursk thrust » ( Mirror News , ")
    assert "That text is linked as made from « The Kursk thrust: what we know » ( East Watch Digest" in said[begin:]
    assert begin < said.index("What is held of it")
    assert "none is known to be its source" not in said
    changed = text_of(site.post("/trace", data={"text": text.replace("dawn", "sunrise")}))
    assert "of its words are held in nearly the same wording: «" in changed


def test_a_plain_text_is_taken_as_it_is(site: Site) -> None:
    plain = site.post("/trace.json", content=PASTED.encode(), headers={"content-type": "text/plain; charset=utf-8"})
    assert plain.json() == site.post("/trace.json", data={"text": PASTED}).json()


def test_a_reader_with_cookies_needs_no_token(site: Site) -> None:
    assert site.post("/trace", data={"text": FOREIGN}, cookies={"ds_actor": "x"}).status_code == 200


def test_nothing_is_kept_of_what_was_asked(own_site: Site, own_archive: Archive) -> None:
    before = own_archive.database.read_bytes()
    response = own_site.post("/trace", data={"text": FOREIGN})
    assert response.headers["cache-control"] == "no-store"
    assert own_archive.database.read_bytes() == before
    assert "Otherwriter" not in "".join(
        file.read_text("utf-8", "replace") for file in own_archive.data.rglob("*") if file.is_file())


@pytest.fixture
def usual_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many texts a minute as outside of tests; asked for before the site, which is built with it."""
    monkeypatch.setattr(pages, "TRACES_A_MINUTE", 12)


def test_who_asks_too_often_waits(usual_limit: None, own_site: Site) -> None:
    assert [own_site.get("/trace.json?of=none").status_code for _ in range(12)] == [404] * 12
    refused = own_site.get("/trace?of=none")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    assert "can be traced in" in refused.text
    assert own_site.get("/trace").status_code == 200
    assert own_site.get("/search").status_code == 200


def test_when_too_many_ask_at_once_some_are_told_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_view, "TRACE_WAIT", 0.001)

    async def crowd() -> list[Any]:
        return await asyncio.gather(*(site.datasette.client.post("/trace", data={"text": PASTED}) for _ in range(8)))

    answers = site.loop.run_until_complete(crowd())
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.headers.get("retry-after") for answer in answers if answer.status_code == 503} == {"60"}
    monkeypatch.undo()
    assert site.post("/trace", data={"text": PASTED}).status_code == 200


def test_when_time_is_up_what_shares_least_is_left_out_and_counted(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "TIME_LIMIT_MS", 0)
    found = site.post("/trace", data={"text": PASTED})
    assert found.status_code == 200
    assert "were not looked at closely" in found.text


def test_when_time_is_up_passages_are_shown_without_marks(conn: sqlite3.Connection) -> None:
    def traced(late: float) -> tuple[tracing.Answer, int]:
        """The answer to a clock that leaps ahead at its call of that number, and how often it was asked."""
        calls = count(1)
        answer = tracing.answered(
            conn, load_topic("kursk"), tracing.Asked(text=PASTED.replace("outskirts", "edge")),
            clock=lambda: 1e9 if next(calls) >= late else 0.0)
        assert isinstance(answer, tracing.Answer)
        return answer, next(calls) - 1

    def marks(answer: tracing.Answer) -> int:
        return sum(s.change != "same" for one in answer.shown for row in one.rows for s in row.left)

    marked, asked = traced(inf)
    rows = sum(len(one.rows) for one in marked.shown if one.exemplar.link.relation in WORD_BY_WORD)
    plain, _ = traced(asked - rows + 1)
    assert marks(marked) > 0
    assert marks(plain) == 0
    assert [len(one.rows) for one in plain.shown] == [len(one.rows) for one in marked.shown]


def test_an_archive_that_has_kept_no_topic_says_so(own_site: Site, own_archive: Archive) -> None:
    events = own_archive.data / "events.jsonl"
    kept = events.read_bytes()
    events.unlink()
    assert "has not kept its topic file yet" in own_site.post("/trace", data={"text": FOREIGN}).text
    events.write_bytes(kept)
    assert own_site.post("/trace", data={"text": FOREIGN}).status_code == 200


def test_hostile_text_is_shown_as_text(site: Site, archive: Archive) -> None:
    response = site.post("/trace", data={"text": f"{archive.script}\n</textarea>{archive.script} {{{{ 7 * 7 }}}}\0"})
    assert response.status_code == 200
    assert "<script" not in response.text
    assert archive.script in text_of(response)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=400), of=st.text(max_size=60), suffix=st.sampled_from(["", ".json"]))
def test_no_text_breaks_the_page(site: Site, text: str, of: str, suffix: str) -> None:
    safe = {"text": text.encode("utf-8", "replace").decode(), "of": of.encode("utf-8", "replace").decode()}
    assert site.post(f"/trace{suffix}", data=safe).status_code in (200, 400, 404)
    assert site.get(f"/trace{suffix}?of={quote(safe['of'])}").status_code in (200, 400, 404)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200))
def test_no_body_breaks_the_page(site: Site, body: bytes) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert site.post("/trace", content=body, headers={"content-type": kind}).status_code in (200, 400, 404)


def test_the_site_leads_to_the_page(site: Site, archive: Archive) -> None:
    assert 'href="/trace"' in site.get("/").text
    assert "Paste it" in text_of(site.get("/search?q=nothing-at-all"))
    assert "/trace?of=" in site.get(f"/article/{archive.digest}").text
