"""Metadata from JSON-LD, OpenGraph, meta and time elements."""

import json
import time
from typing import Any

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extraction.structured import MAX_CANDIDATES, MAX_VALUE, candidates, canonical, markup, values

JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.floats(), st.text(max_size=8), st.sampled_from(["NewsArticle", "#a", "Person"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(["@type", "@id", "@graph", "headline", "author", "name", "publisher", "datePublished"]),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=25,
)


def found(head: str) -> dict[str, list[str]]:
    tree = lxml.html.document_fromstring(f"<html><head>{head}</head><body><p>Text</p></body></html>")
    readings: dict[str, list[str]] = {}
    for candidate in candidates(tree):
        readings.setdefault(candidate.field, []).append(candidate.value)
    return readings


def ld(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f'<script type="application/ld+json">{text}</script>'


ARTICLE = {"@type": "NewsArticle", "headline": "The headline"}


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        pytest.param(ARTICLE, "title", ["The headline"], id="one object"),
        pytest.param([{"@type": "WebSite", "name": "Site"}, ARTICLE], "title", ["The headline"], id="a list"),
        pytest.param(
            {"@context": "https://schema.org", "@graph": [{"@type": "WebPage", "name": "Page"}, ARTICLE]},
            "title",
            ["The headline", "Page"],
            id="a graph, the article before the page",
        ),
        pytest.param({"@type": "WebPage", "mainEntity": ARTICLE}, "title", ["The headline"], id="nested"),
        pytest.param(
            {"@type": "https://schema.org/NewsArticle", "headline": "H"}, "title", ["H"], id="a type by its address"
        ),
        pytest.param(
            {"@type": ["Thing", "NewsArticle"], "headline": ["H", "H2"]}, "title", ["H", "H2"], id="lists of values"
        ),
        pytest.param(
            [ARTICLE, {"@type": "Article", "headline": "Another"}],
            "title",
            ["The headline", "Another"],
            id="of two articles the first in the page leads",
        ),
        pytest.param(
            {"@type": "NewsArticle", "headline": "&quot;So&amp;quot; &#1057;уджа"},
            "title",
            ['"So" Суджа'],
            id="entities, twice over",
        ),
        pytest.param({"@type": "NewsArticle", "headline": " a\n b\u0000 "}, "title", ["a b"], id="control characters"),
        pytest.param({"@type": "NewsArticle", "headline": 7, "name": None}, "title", [], id="no text"),
        pytest.param(ARTICLE | {"author": "A. Reporter"}, "author", ["A. Reporter"], id="author as text"),
        pytest.param(
            ARTICLE | {"author": ["A", {"name": "B"}, {"@type": "Person", "name": ["C", "D"]}, 5, None, ""]},
            "author",
            ["A", "B", "C", "D"],
            id="authors as a list",
        ),
        pytest.param(
            {"@graph": [ARTICLE | {"author": {"@id": "#a"}}, {"@id": "#a", "@type": "Person", "name": "By id"}]},
            "author",
            ["By id"],
            id="an author by its id",
        ),
        pytest.param(ARTICLE | {"author": {"@id": {"x": []}}}, "author", [], id="an id that is none"),
        pytest.param(
            ARTICLE | {"publisher": {"@type": "Organization", "name": "The Outlet"}},
            "site_name",
            ["The Outlet"],
            id="publisher",
        ),
        pytest.param({"@type": "Product", "headline": "Buy"}, "title", [], id="no article"),
        pytest.param('{"@type": "NewsArticle", "headline": "H",}', "title", ["H"], id="a comma too many"),
        pytest.param(
            '{"@type": "NewsArticle",\n"headline": "a\nb\tc"}', "title", ["a b c"], id="raw line breaks in text"
        ),
        pytest.param('{"@type": "NewsArticle", "headline": "a\nb",}', "title", ["a b"], id="both"),
        pytest.param(
            '<!-- {"@type": "NewsArticle", "headline": "H"}; -->', "title", ["H"], id="a semicolon within a comment"
        ),
        pytest.param('<!-- {"@type": "NewsArticle", "headline": "H"} -->', "title", ["H"], id="a comment"),
        pytest.param('{"@type": "NewsArticle", "headline": "H"};', "title", ["H"], id="a semicolon"),
        pytest.param('{"@type": "NewsArticle", "headline": "H"', "title", [], id="cut off"),
        pytest.param('"text"', "title", [], id="no object"),
        pytest.param("9" * 10_000, "title", [], id="a very long number"),
        pytest.param('{"@type": "NewsArticle", "headline": "\\ud800x"}', "title", ["x"], id="half a character"),
    ],
)
def test_json_ld(value: Any, field: str, expected: list[str]) -> None:
    assert found(ld(value)).get(field, []) == expected


OWN, OTHER = "https://courier.example/story", "https://courier.example/other"


@pytest.mark.parametrize("nodes", [
    pytest.param([{"headline": "Other", "url": OTHER}, {"headline": "Own", "url": OWN}], id="by its address"),
    pytest.param([{"headline": "Other", "url": OTHER}, {"headline": "Own", "mainEntityOfPage": {"@id": OWN}}], id="as a page"),
    pytest.param([{"headline": "Other", "url": OTHER}, {"headline": "Own", "url": f"{OWN}?utm_source=x"}], id="or written so"),
    pytest.param([{"headline": "Other"}, {"headline": "Own"}], id="by its headline"),
])
def test_of_several_articles_the_pages_own_is_read(nodes: list[dict[str, Any]]) -> None:
    graph = {"@graph": [{"@type": "NewsArticle", "author": {"name": f"Author of {node['headline']}"}} | node for node in nodes]}
    tree = lxml.html.document_fromstring(f"<html><head>{ld(graph)}</head><body><h1>Own</h1><p>Text</p></body></html>")
    found = markup(tree, url=OWN).candidates
    assert next(c.value for c in found if c.field == "title") == "Own"
    assert [c.value for c in found if c.field == "author"] == ["Author of Own"]


def test_persons_and_organisations_are_told_apart() -> None:
    tree = lxml.html.document_fromstring(ld(ARTICLE | {"author": [
        {"@type": "Person", "name": "A"}, {"@type": ["NewsMediaOrganization"], "name": "B"}]}) + "<p>x")
    assert [(c.value, c.basis) for c in values(candidates(tree), "author")] == \
        [("A", "json-ld author (person)"), ("B", "json-ld author (organisation)")]


@given(JSON)
@settings(max_examples=150, deadline=None)
def test_no_json_makes_it_raise(value: Any) -> None:
    found(ld(json.dumps({"@graph": [value]}).replace("<", " ")))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 100_000, id="lists in lists"),
        pytest.param('{"@type":' * 50_000, id="objects in objects"),
        pytest.param('{"@type":' + "[" * 900 + "]" * 900 + "}", id="a type of many lists"),
        pytest.param(
            json.dumps([{"@type": "NewsArticle", "headline": f"H{n}"} for n in range(100_000)]), id="very many articles"
        ),
        pytest.param(
            json.dumps({"@graph": [{"@id": f"#{n}", "a": {"@id": f"#{n + 1}"}} for n in range(100_000)]}), id="a graph"
        ),
        pytest.param(
            json.dumps({"@type": "NewsArticle", "author": [{"name": f"A {n}"} for n in range(100_000)]}),
            id="very many authors",
        ),
        pytest.param('{"@type": "NewsArticle", "headline": "' + "&amp;" * 400_000 + '"}', id="a very long headline"),
        pytest.param("{" + ", " * 500_000, id="commas"),
        pytest.param('{"a":1},' + " " * 1_000_000 + "}", id="spaces"),
    ],
)
def test_a_bomb_ends_in_time(text: str) -> None:
    started = time.process_time()
    readings = found(ld(text))
    assert time.process_time() - started < 4
    assert all(len(value) <= MAX_VALUE for read in readings.values() for value in read)
    assert sum(map(len, readings.values())) <= MAX_CANDIDATES


def test_meta_elements_and_the_page_itself() -> None:
    readings = found(
        '<title>T | Site</title><meta property="og:title" content="O &amp;amp; G"><meta NAME="Author" content="A">'
        '<meta property="article:published_time" content="2024-08-10T10:00:00Z">'
        '<meta property="og:site_name" content="Site">'
        '<meta name="author"><meta content="x"><meta itemprop="datePublished" content="2024-08-11">'
    )
    assert readings == {
        "title": ["O & G", "T | Site"], "author": ["A"], "published": ["2024-08-10T10:00:00Z", "2024-08-11"],
        "site_name": ["Site"],
    }


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ('<link rel="canonical" href="/a">', "/a"),
        ('<link rel="CANONICAL" href=" /a ">', "/a"),
        ('<link rel="canonical" href="">', None),
        ('<link rel="canonical">', None),
        ('<link rel="amphtml" href="/a">', None),
        ('<link rel="canonical" href="/a"><link rel="canonical" href="/b">', "/a"),
    ],
)
def test_canonical(link: str, expected: str | None) -> None:
    assert canonical(lxml.html.document_fromstring(f"<html><head>{link}</head><body>x</body></html>")) == expected


def read_of(body: str, head: str = "") -> dict[str, list[str]]:
    tree = lxml.html.document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    readings: dict[str, list[str]] = {}
    for candidate in candidates(tree):
        readings.setdefault(candidate.field, []).append(candidate.value)
    return readings


@pytest.mark.parametrize(("body", "expected"), [
    ("<h1>The mill</h1><div>Author: A. B.</div><div>Published: 20.08.2024, 16:05</div>", ["2024-08-20T16:05"]),
    ('<h1>The mill</h1><p>12.08.2024</p><div class="node__submitted">13 августа 2024, 14:35 - Глеб Речной</div>', ["2024-08-13T14:35"]),
    ('<abbr class="published" itemprop="datePublished" title="2024-08-14T19:20:00+02:00">19:20</abbr>', ["2024-08-14T19:20:00+02:00"]),
    ("<h1>The mill</h1><aside><p>20.08.2024, 16:05</p></aside>", []),
])
def test_an_hour_that_the_page_shows(body: str, expected: list[str]) -> None:
    assert read_of(body).get("published", []) == expected


def test_a_date_of_the_last_change_is_read_only_where_there_is_no_other() -> None:
    head = '<meta name="date" content="2024-08-22T14:35:40+02:00">'
    assert read_of("<p>x</p>", head)["published"] == ["2024-08-22T14:35:40+02:00"]
    assert read_of('<time datetime="2024-08-20">x</time>', head)["published"] == ["2024-08-20"]


def test_a_byline_is_looked_for_where_the_markup_names_the_site_alone() -> None:
    head = '<meta name="author" content="Blick"><meta property="og:site_name" content="Blick">'
    assert read_of('<em class="authorline__author">Von Ada Tarp, Blick</em>', head)["author"] == ["Blick", "Von Ada Tarp, Blick"]
    assert read_of('<footer class="node__meta"><span class="field--name-uid">Ada Tarp</span></footer>')["author"] == ["Ada Tarp"]
    assert "author" not in read_of('<footer><span class="author">Ada Tarp</span></footer>')
