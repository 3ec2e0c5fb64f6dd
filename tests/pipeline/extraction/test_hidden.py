"""A text that stands in a script."""

import json
import time

import pytest

from archive.model import Document
from pipeline.extract import NoText, extract
from pipeline.extraction.hidden import markup_in_scripts

PARAGRAPHS = [
    f"The {what} stood at the crossing until noon and nobody in the village could say \"why\" it was there at all."
    for what in ("lorry", "tank", "old bus", "tractor", "white car", "milk van")
]
TEXT = "".join(f'<p class="a">{p}</p>' for p in PARAGRAPHS)
SCRIPTS = [
    pytest.param('<script id="__NEXT_DATA__" type="application/json">' + json.dumps({"props": {"body": TEXT}})
                 + "</script>", id="JSON"),
    pytest.param("<script>window.STORE = " + json.dumps({"a": [1, {"content": TEXT}]}).replace("<", "\\u003c")
                 + ";</script>", id="a store with escaped brackets"),
    pytest.param("<script>self.__next_f.push([1," + json.dumps("7:" + json.dumps(["$", {"body": TEXT}]))
                 + "])</script>", id="JSON in a string of JSON"),
]
HEAD = '<meta property="og:type" content="article"><meta property="og:title" content="A lorry at the crossing">'


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_article_that_a_script_shows_is_read(script: str) -> None:
    page = f"<html><head>{HEAD}</head><body><h1>A lorry at the crossing</h1><div id=app></div>{script}</body></html>"
    found = extract(page.encode(), url="https://courier.example/1", charset=None, payload_digest="")
    assert isinstance(found, Document)
    assert list(found.paragraphs) == PARAGRAPHS


@pytest.mark.parametrize("head", [
    pytest.param("", id="a page that is no article's"),
    pytest.param(HEAD + "</head><body><p>Subscribe to read", id="a paywall's stub"),
    pytest.param(HEAD + '<meta property="article:content_tier" content="locked">', id="a text that is paid for"),
])
def test_the_text_in_a_script_is_left_there(head: str) -> None:
    page = f"<html><head>{head}</head><body><h1>A lorry</h1><p>Read on.</p>{SCRIPTS[0].values[0]}</body></html>"
    try:
        found = extract(page.encode(), url="https://courier.example/1", charset=None, payload_digest="")
    except NoText:
        return
    assert not isinstance(found, Document)


def test_a_page_with_a_text_keeps_its_own() -> None:
    own = "".join(f"<p>{p.replace('stood', 'was seen')}</p>" for p in PARAGRAPHS)
    page = f"<html><head>{HEAD}</head><body><article>{own}</article>{SCRIPTS[0].values[0]}</body></html>"
    found = extract(page.encode(), url="https://courier.example/1", charset=None, payload_digest="")
    assert isinstance(found, Document)
    assert "stood" not in found.text


@pytest.mark.parametrize("damage", ["\x00", "\ud800", "\x01", "<svg><script>x</script>"])
def test_a_damaged_text_in_a_script_is_read(damage: str) -> None:
    script = "<script>x = " + json.dumps({"a": TEXT + damage}).replace("</script", "<\\/script") + "</script>"
    page = f"<html><head>{HEAD}</head><body><h1>A lorry at the crossing</h1>{script}</body></html>"
    found = extract(page.encode(), url="https://courier.example/1", charset=None, payload_digest="")
    assert isinstance(found, Document)
    assert list(found.paragraphs) == PARAGRAPHS


@pytest.mark.parametrize("code", [
    '"' * 2_000_000, '"a' * 1_000_000, "<script>" * 300_000, '"' + "\\" * 2_000_000, ('"' + "a" * 399) * 5_000,
    json.dumps(json.dumps(json.dumps(json.dumps(json.dumps({"a": TEXT})))) * 20),
], ids=["quotes", "short strings", "openings", "backslashes", "strings that are nearly long", "strings in strings"])
def test_no_script_takes_long(code: str) -> None:
    started = time.process_time()
    markup_in_scripts(f"<script>{code}</script>")
    assert time.process_time() - started < 2
