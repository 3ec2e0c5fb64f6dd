"""The links of a text to pages of other hosts."""

import time

import pytest

from archive.digests import payload_digest
from archive.model import Document, Outgoing
from pipeline.extract import extract
from pipeline.extraction.outgoing import MAX_ADDRESS, MAX_KEPT

WIRE = "https://wire.example.org/2024/bridges"
STORY = [
    f"The {ordinal} convoy reached the town shortly after noon and was met by a crowd that had waited since early "
    "morning, according to people who stood there." for ordinal in ("first", "second", "third")
]


def read(body: str) -> Document:
    page = ("<html><head><title>The convoy came</title></head><body><nav><a href='https://other.example.org/menu-entry'>"
            f"A menu</a></nav><article><h1>The convoy came</h1>{body}</article></body></html>")
    found = extract(page.encode(), url="https://www.courier.example/2024/08/story", charset="utf-8",
                    payload_digest=payload_digest(page.encode()))
    assert isinstance(found, Document)
    return found


def story(*, second: str = STORY[1], after: str = "") -> str:
    return f"<p>{STORY[0]}</p><p>{second}</p><p>{STORY[2]}</p>{after}"


def test_a_link_in_the_text_is_kept_with_the_number_of_its_paragraph() -> None:
    found = read(story(second=f"As <a href='{WIRE}?utm_source=courier#top'>The Wire reported</a>, {STORY[1]}"))
    assert found.outgoing == (Outgoing(url=WIRE, place="text", paragraph=2),)
    assert found.paragraphs[1].startswith("As The Wire reported, The second")


@pytest.mark.parametrize("after", [
    pytest.param(f"<p>Source: <a href='{WIRE}'>The Wire</a></p>", id="a credit line"),
    pytest.param(f"<p>Read the <a href='{WIRE}'>original article</a> in Ukrainian</p>", id="words in the link"),
    pytest.param(f"<p><a href='{WIRE}'>Оригинал статьи</a></p>", id="nothing but the link, which is no text"),
    pytest.param(f"<p>This article was originally published by <a href='{WIRE}'>The Wire</a>.</p>", id="a sentence"),
])
def test_a_link_of_a_line_that_credits_a_source_says_so(after: str) -> None:
    (found,) = read(story(after=after)).outgoing
    assert (found.url, found.place) == (WIRE, "credit")


def test_a_line_that_is_all_links_is_a_list() -> None:
    listed = f"Read also: <a href='{WIRE}'>Bridges over the Seim were hit for the third time within a week</a>"
    page = read(f"<p>{STORY[0]}</p><p>{listed}</p><p>{STORY[1]}</p><p>{STORY[2]}</p>")
    assert [(one.url, one.place) for one in page.outgoing] in ([(WIRE, "list")], []), "as the text keeps the line"
    assert bool(page.outgoing) == any("Read also" in p for p in page.paragraphs)


@pytest.mark.parametrize("link", [
    pytest.param("https://courier.example/2024/08/another", id="the same host without www"),
    pytest.param("/2024/08/another", id="the same host"),
    pytest.param("https://wire.example.org/", id="a whole site"),
    pytest.param("https://t.me/channel/12", id="a platform"),
    pytest.param("mailto:desk@wire.example.org", id="no page"),
    pytest.param("https://wire.example.org/" + "a" * MAX_ADDRESS, id="an address without measure"),
    pytest.param("http://[wire/", id="no address"),
])
def test_other_links_are_passed_over(link: str) -> None:
    assert read(story(second=f"As <a href='{link}'>they reported</a>, {STORY[1]}")).outgoing == ()


def test_links_outside_the_text_are_passed_over() -> None:
    around = "".join(f"<div class='related'><a href='https://x{n}.example.org/2024/a-story'>Some story {n}</a></div>"
                     for n in range(3))
    assert read(story(after=f"<aside>{around}</aside><footer>{around}</footer>")).outgoing == ()


def test_a_paragraph_that_line_breaks_separate_has_its_own_links() -> None:
    broken = f"<div>{STORY[0]}<br><br>As <a href='{WIRE}'>The Wire reported</a>, {STORY[1]}<br><br>{STORY[2]}</div>"
    found = read(broken)
    assert len(found.paragraphs) == 3
    assert found.outgoing == (Outgoing(url=WIRE, place="text", paragraph=2),)


def test_a_page_of_links_costs_little_and_keeps_few() -> None:
    many = " ".join(f"<a href='https://x{n}.example.org/2024/a-story'>story {n}</a> and some words" for n in range(9_000))
    started = time.process_time()
    found = read(story(second=f"{STORY[1]} {many[:60_000]}", after=f"<p>{many}</p>"))
    assert len(found.outgoing) <= MAX_KEPT
    assert time.process_time() - started < 20
