"""Section pages -> the articles that they announce, measured on labelled pages."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urljoin

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.urls import canonical_url
from crawlers.errors import Unreadable
from crawlers.paging import next_page
from crawlers.sections import MAX_BYTES, Section, section

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
PAGES = Path(__file__).parent / "sections"
LEAST = 0.9  # precision and recall, of the pages that were not looked at while the rules were made


def read(payload: bytes, url: str = "https://site.example/world/") -> Section:
    return section(payload, url=url, source="s", found_at=AT)


def labelled(file: Path) -> tuple[str, bytes, set[str]]:
    """A page's address, its bytes without the labels, and the articles that it links to."""
    payload = file.read_bytes()
    url = payload.split(b"<!-- ", 1)[1].split(b" -->", 1)[0].decode()
    links = lxml.html.fromstring(payload.decode()).xpath("//a[@data-label='article']/@href")
    return url, payload.replace(b' data-label="article"', b""), {canonical_url(urljoin(url, link)) for link in links}


def measured(folder: str) -> tuple[float, float, list[str]]:
    """Precision and recall over the pages of a folder, and what was wrong."""
    right, wrong, missed, said = 0, 0, 0, []
    files = sorted((PAGES / folder).glob("*.html"))
    for file in files:
        url, payload, wanted = labelled(file)
        found = {canonical_url(d.url) for d in read(payload, url).discoveries}
        right, wrong, missed = right + len(found & wanted), wrong + len(found - wanted), missed + len(wanted - found)
        said += [f"{file.name}: too much {u}" for u in found - wanted] + [
            f"{file.name}: missed {u}" for u in wanted - found
        ]
    return right / (right + wrong), right / (right + missed), said


@pytest.mark.parametrize("folder", ["tuned", "held-out"])
def test_articles_are_told_from_other_links(folder: str) -> None:
    precision, recall, said = measured(folder)
    assert precision >= LEAST, said
    assert recall >= LEAST, said


def page(*links: str) -> bytes:
    return f"<html><body><main>{''.join(links)}</main></body></html>".encode()


GOOD = '<h2><a href="/world/2024/08/07/bridges-over-the-seim">Bridges over the Seim are gone</a></h2>'


@pytest.mark.parametrize(
    "link",
    [
        pytest.param('<a href="/2024/08/06/">Everything of the sixth of August</a>', id="a calendar's day"),
        pytest.param('<a href="/world/2024-08">Everything that we wrote in August</a>', id="a calendar's month"),
        pytest.param('<a href="/world/?sort=new&from=1">Show the newest of all articles first</a>', id="a facet"),
        pytest.param(
            '<a href="/world/2024/08/07/a-long-name-of-a-page?view=print">Print this long article</a>', id="a view"
        ),
        pytest.param('<a href="/tag/kursk-region-of-russia/">All about the region of Kursk</a>', id="a tag"),
        pytest.param('<a href="/author/ann-bee-of-the-desk/12345/">Ann Bee of the foreign desk</a>', id="an author"),
        pytest.param(
            '<a href="https://other.example/2024/08/07/a-page-of-others">A page of another site altogether</a>',
            id="another site",
        ),
        pytest.param('<a href="mailto:a@site.example">Write a letter to the whole editorial desk</a>', id="an address"),
        pytest.param('<a href="/world/report-of-the-year-12345.pdf">The report of the year as a file</a>', id="a file"),
        pytest.param(
            '<a href="/world/#comments-of-the-day">The comments of the day on this page</a>', id="the page itself"
        ),
        pytest.param(
            '<aside><a href="/2024/08/07/most-read-of-the-week">The most read article of the week</a></aside>',
            id="a box",
        ),
        pytest.param(
            '<div class="leftMenu"><a href="/2024/08/07/special-on-the-war">Our special on the war in full</a></div>',
            id="a menu",
        ),
        pytest.param('<a href="/2024/08/07/a-page-without-any-text/"></a>', id="no text"),
    ],
)
def test_what_only_looks_like_an_article_is_left_out(link: str) -> None:
    assert [d.url for d in read(page(GOOD, link)).discoveries] == [
        "https://site.example/world/2024/08/07/bridges-over-the-seim"
    ]


def test_several_links_to_one_article_are_one_discovery_with_its_headline() -> None:
    links = (
        '<a href="/a/bridges-over-the-seim-12345"><img src="x.jpg"></a>',
        '<h3><a href="/a/bridges-over-the-seim-12345/">Bridges</a></h3>',
        '<a href="/a/bridges-over-the-seim-12345?utm_source=x">Read on about this and other things</a>',
    )
    (found,) = read(page(*links)).discoveries
    assert (found.url, found.title) == ("https://site.example/a/bridges-over-the-seim-12345", "Bridges")


@pytest.mark.parametrize(
    ("here", "links", "following"),
    [
        ("/world/", ["/world/?page=3", "/world/?page=2", "/world/?page=1"], "/world/?page=2"),
        ("/world/?page=2", ["/world/", "/world/?page=2", "/world/?page=3", "/world/?page=900"], "/world/?page=3"),
        ("/world/page/2/", ["/world/page/1/", "/world/page/3/"], "/world/page/3/"),
        ("/world", ["/world/s2.html"], "/world/s2.html"),
        ("/world", ["/world?start=20", "/world?start=40"], "/world?start=20"),
        ("/world/?tag=x", ["/world/?page=2", "/world/?tag=x&page=2"], "/world/?tag=x&page=2"),
        ("/world/", ["/sport/?page=2", "https://other.example/world/?page=2", "/world/?sort=2", "#2"], None),
        ("/2024/08/", ["/2024/09/", "/2024/08/07/", "/2024/10"], None),
        ("/world/2024/08/06", ["/world/2024/08/07"], None),
        ("/world/", ["/world/2025/", "/world/?page=99999999", "/world/?page=-2"], None),
        ("/world/", ["http://[bad/?page=2", "javascript:void(0)"], None),
    ],
)
def test_the_next_page_is_the_same_list_with_a_higher_number(
    here: str, links: list[str], following: str | None
) -> None:
    found = next_page(
        [urljoin("https://site.example/x/", link) if link[0] == "/" else link for link in links],
        "https://site.example" + here,
    )
    assert found == (following and "https://site.example" + following)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "no HTML"),
        (b"plain words", "no HTML"),
        (b"<html><body><p>Nothing</p></body></html>", "no article"),
        (b"<" + b" " * MAX_BYTES, "over"),
        (b"<!-- -->", "no"),
    ],
)
def test_what_is_no_section_page_is_unreadable_with_a_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(payload)


def test_a_hundred_thousand_nested_elements_do_no_harm() -> None:
    with suppress(Unreadable):
        read(b"<div>" * 100_000 + GOOD.encode())


@settings(max_examples=60)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=100).map(
            lambda t: (
                page(GOOD, f'<a href="{t}">{t}</a><a href="/x-{t}?{t}" class="{t}">A {t} of {t}</a>')
                .decode()
                .encode("utf-8", "replace")
            )
        ),
    )
)
def test_whatever_comes_gives_articles_of_the_site_or_is_unreadable(payload: bytes) -> None:
    try:
        found = read(payload)
    except Unreadable:
        return
    assert all(
        d.url.startswith(("http://site.example/", "https://site.example/")) and d.title for d in found.discoveries
    )
