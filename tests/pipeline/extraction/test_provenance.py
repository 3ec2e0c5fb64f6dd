"""What pages declare as their source, their original and their translations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extraction.provenance import MAX_DECLARED, declared

URL = "https://www.example.com/news/bridges-over-the-seim"
WIRE = "https://wire.example.org/2024/bridges"


def read(body: str = "", head: str = "") -> tuple[str, ...]:
    page = f"<html><head><title>x</title>{head}</head><body><article><p>Text.</p>{body}</article></body></html>"
    return declared(page.encode(), url=URL, charset="utf-8", languages=("en", "uk"))


@pytest.mark.parametrize(
    "body",
    [
        f'<p>This article was <em>originally published</em> at <a href="{WIRE}">The Wire</a>.</p>',
        f'<div>Originally published by <b>The Wire</b> on 7 August: <a href="{WIRE}">link</a></div>',
        f'<p>Read the <a href="{WIRE}">original article</a> in Ukrainian</p>',
        f'<p><a href="{WIRE}">Read the original</a></p>',
        f'<p>Source: <a href="{WIRE}">The Wire</a></p>',
        f'<p class="s"><strong>Джерело:</strong> <a href="{WIRE}">УП</a></p>',
        f'<p>Источник: <a href="{WIRE}">Провод</a></p>',
        f'<p><a href="{WIRE}">Оригинал статьи</a></p>',
        f'<p>Fonte: <a href="{WIRE}">Il filo</a></p>',
        f'<p>Pubblicato originariamente su <a href="{WIRE}">Il filo</a></p>',
        f'<p>Fuente: <a href="{WIRE}">El hilo</a></p>',
        f'<p>Traduit de <a href="{WIRE}">l\'anglais</a></p>',
        f'<p>Quelle: <a href="{WIRE}">dpa</a></p>',
        f'<p>Zuerst erschienen bei <a href="{WIRE}">Draht</a></p>',
        f'<p>Źródło: <a href="{WIRE}">PAP</a></p>',
        f'<footer><p>First published in <a href="{WIRE}">The Wire</a></p></footer>',
    ],
)
def test_a_link_that_words_call_the_source_is_declared(body: str) -> None:
    assert read(body) == (WIRE,)


PHRASES = (
    "originally appeared in|were first published by|republished from|re-published from|reprinted from|translated from|"
    "translation of|original text|source :|via:|джерело —|оригіналу|вперше опубліковано|переклад статті|за матеріалами|"
    "источник –|оригинала|впервые опубликовано|перевод с|по материалам|fonte :|pubblicata per la prima volta|tradotto da|"
    "articolo originale|fuente:|publicada originalmente|traducido de|artículo original|publié à l'origine|traduit du|"
    "article original|quelle:|ursprünglich veröffentlicht|übersetzt von|originalartikel|originaltext|źródło :|"
    "pierwotnie opublikowano|przetłumaczono z|oryginalny|ORYGINAŁU"
)


@pytest.mark.parametrize("phrase", PHRASES.split("|"))
def test_each_of_the_words_is_met_in_a_paragraph_that_is_looked_into(phrase: str) -> None:
    assert read(f'<ul><li><a href="/section/1">Section 1</a></li></ul><p>{phrase} <a href="{WIRE}">The Wire</a></p>') == (
        WIRE,)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            f'<p>The open source: a story. Later we met at <a href="{WIRE}">this place</a></p>', id="words far before"
        ),
        pytest.param(f'<p>Text about <a href="{WIRE}">bridges</a>. Source: none</p>', id="words behind the link"),
        pytest.param('<p>Source: <a href="https://wire.example.org/">The Wire</a></p>', id="a whole site"),
        pytest.param(
            '<p>Джерело: <a href="https://wire.example.org/uk/">Провід</a></p>', id="a whole site in one language"
        ),
        pytest.param('<p>Джерело: <a href="https://t.me/s/channel/12">канал</a></p>', id="a post of a platform"),
        pytest.param(f'<p>Source: <a href="{URL}?utm_source=x">here</a></p>', id="the page itself"),
        pytest.param(f'<nav>Source: <a href="{WIRE}">The Wire</a></nav>', id="a menu"),
        pytest.param(f'<p>Source: x</p><p><a href="{WIRE}">The Wire</a></p>', id="another paragraph"),
        pytest.param('<p>Source: <a href="mailto:a@wire.example">The Wire</a></p>', id="no page"),
    ],
)
def test_other_links_are_not(body: str) -> None:
    assert read(body) == ()


def test_translations_in_the_topics_languages_are_declared() -> None:
    head = (
        "".join(
            f'<link rel="alternate" hreflang="{code}" href="https://www.example.com/{code}/seim-bridges">'
            for code in ("en-GB", "uk", "ja", "x-default")
        )
        + f'<link rel="alternate" hreflang="en" href="{URL}">'
    )
    assert read(head=head) == ("https://www.example.com/en-GB/seim-bridges", "https://www.example.com/uk/seim-bridges")
    assert read(head='<link rel="alternate" hreflang="uk" href="https://www.example.com/uk/">') == ()


def test_a_canonical_address_on_another_site_is_declared_and_one_on_the_same_is_not() -> None:
    assert read(head=f'<link rel="Canonical" href="{WIRE}">') == (WIRE,)
    assert read(head='<link rel="canonical" href="https://m.example.com/other">') == ()
    assert read(head='<link rel="canonical" href="https://wire.example.org/">') == ()


def test_what_is_declared_twice_is_one_and_all_is_bounded() -> None:
    assert read(f'<p>Source: <a href="{WIRE}">A</a></p><p>Source: <a href="{WIRE}?utm_source=b">B</a></p>') == (WIRE,)
    many = "".join(f'<p>Source: <a href="{WIRE}/{n}">{n}</a></p>' for n in range(50))
    assert len(read(many)) == MAX_DECLARED


def test_ten_thousand_links_in_one_paragraph_take_no_time() -> None:
    assert read("<p>" + f'<a href="{WIRE}">x</a> ' * 10_000 + "</p>") == ()


@given(
    st.binary(max_size=300)
    | st.text(max_size=100).map(
        lambda t: f'<link rel="canonical" href="{t}"><p>Source: <b>{t}</b> <a href="{t}">{t}</a>'.encode()
    )
)
def test_whatever_comes_gives_addresses(payload: bytes) -> None:
    assert all(
        link.startswith(("http://", "https://")) for link in declared(payload, url=URL, charset=None, languages=("en",))
    )
