"""Sitemaps of every kind -> discoveries and further sitemaps."""

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.errors import Unreadable
from crawlers.sitemaps import MAX_ENTRIES, Sitemap, sitemap, url_list

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
URL = "https://site.example/sitemaps/news.xml"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def read(payload: bytes | str, *, url: str = URL, days: int | None = None) -> Sitemap:
    body = payload if isinstance(payload, bytes) else payload.encode()
    return sitemap(body, url=url, source="s", found_at=AT, days=days)


def urlset(*entries: str) -> str:
    return f"<urlset {NAMESPACES}>{''.join(f'<url>{entry}</url>' for entry in entries)}</urlset>"


def urls(found: Sitemap) -> list[str]:
    return [d.url for d in found.discoveries]


def test_news_entries_have_their_title_and_date_word_for_word() -> None:
    (found,) = read(
        urlset(
            "<loc> https://site.example/a </loc><lastmod>2025-03-15</lastmod><news:news><news:publication_date>"
            "2025-03-14T10:00</news:publication_date>"
            "<news:title>Bridges &amp; <![CDATA[<b>fords</b>]]></news:title></news:news>",
        )
    ).discoveries
    assert (found.url, found.published) == ("https://site.example/a", "2025-03-14T10:00")
    assert found.title == "Bridges & fords"
    assert read(urlset("<loc>/a</loc><lastmod>2025-03-15</lastmod>")).discoveries[0].published == "2025-03-15"


def test_translations_that_an_entry_names_are_announced_too() -> None:
    entry = (
        '<loc>https://site.example/a</loc><xhtml:link rel="alternate" hreflang="en" href="https://site.example/a"/>'
        '<xhtml:link rel="alternate" hreflang="uk" href="/uk/a"/><xhtml:link rel="alternate" media="print" href="/p"/>'
    )
    assert urls(read(urlset(entry))) == ["https://site.example/a", "https://site.example/uk/a"]


def test_wrong_namespaces_and_broken_xml_are_read_as_far_as_they_go() -> None:
    assert urls(read("<urlset><url><loc>https://site.example/a</loc></url><url><loc>/b</loc>")) == [
        "https://site.example/a",
        "https://site.example/b",
    ]
    assert urls(read('<s:urlset xmlns:s="urn:x"><s:url><s:loc>/a</s:loc></s:url></s:urlset>')) == [
        "https://site.example/a"
    ]


def test_an_index_names_its_children_once_and_may_hold_indexes() -> None:
    index = "<sitemapindex>" + "".join(f"<sitemap><loc>/{n}.xml</loc></sitemap>" for n in (1, 2, 1)) + "</sitemapindex>"
    assert read(index) == Sitemap(discoveries=(), children=("https://site.example/1.xml", "https://site.example/2.xml"))


def test_gzip_is_unpacked_whatever_its_name_and_a_cut_one_is_unreadable() -> None:
    packed = gzip.compress(urlset("<loc>/a</loc>").encode())
    assert urls(read(packed)) == ["https://site.example/a"]
    with pytest.raises(Unreadable, match="cut off"):
        read(packed[:-9])


@pytest.mark.parametrize(
    "text",
    [
        "https://site.example/a\nhttps://site.example/b\n",
        "\ufeffhttps://site.example/a\r\nhttps://site.example/b",
        "\n\nHTTPS://site.example/a\n# a remark\nhttps://site.example/b",
    ],
)
def test_a_text_sitemap_has_one_address_a_line(text: str) -> None:
    assert [url.lower() for url in urls(read(text))] == ["https://site.example/a", "https://site.example/b"]


def test_robots_txt_names_sitemaps() -> None:
    robots = (
        "User-agent: *\nDisallow: /x\nSITEMAP : /not-by-the-standard.xml\n  Sitemap: https://cdn.example/a.xml # x\n"
        "sitemap:/b.xml\nSitemap: https://cdn.example/a.xml\n#Sitemap: /c.xml\n"
    )
    found = read(robots, url="https://site.example/robots.txt")
    assert found.children == (
        "https://site.example/not-by-the-standard.xml",
        "https://cdn.example/a.xml",
        "https://site.example/b.xml",
    )
    with pytest.raises(Unreadable, match="names no sitemap"):
        read("User-agent: *\n", url="https://site.example/robots.txt")


@pytest.mark.parametrize(
    ("dates", "is_announced"),
    [
        pytest.param("", True, id="no date"),
        pytest.param("<lastmod>rubbish</lastmod>", True, id="a date that cannot be read"),
        pytest.param("<lastmod>2025-03-14T10:00:00+02:00</lastmod>", True, id="new"),
        pytest.param("<lastmod>2025-03-07</lastmod>", True, id="on the edge, which a zone may move"),
        pytest.param("<lastmod>2025-03-06T23:00:00</lastmod>", False, id="old, without a zone"),
        pytest.param("<lastmod>2025-03</lastmod>", True, id="a month that is not over"),
        pytest.param("<lastmod>2025-02</lastmod>", False, id="a month that is over"),
        pytest.param("<lastmod>2024</lastmod>", False, id="a year that is over"),
        pytest.param(
            "<lastmod>2025-03-15</lastmod><news:news><news:publication_date>2024-08-06</news:publication_date>"
            "</news:news>",
            True,
            id="old and edited lately",
        ),
        pytest.param(
            "<lastmod>2024-12-15</lastmod><news:news><news:publication_date>2024-08-06</news:publication_date>"
            "</news:news>",
            False,
            id="old and edited long ago",
        ),
    ],
)
def test_what_is_older_than_the_topic_wants_is_not_announced(dates: str, is_announced: bool) -> None:
    alternate = '<xhtml:link rel="alternate" hreflang="uk" href="/uk/a"/>'
    assert bool(read(urlset(f"<loc>/a</loc>{alternate}{dates}"), days=7).discoveries) is is_announced
    index = f"<sitemapindex {NAMESPACES}><sitemap><loc>/1.xml</loc>{dates}</sitemap></sitemapindex>"
    assert bool(read(index, days=7).children) is is_announced
    assert read(index).children, "without a limit everything is"


def test_an_entity_bomb_and_an_outside_entity_stay_what_they_are() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "https://site.example/ha"><!ENTITY b "'
        + "&a;" * 100
        + '"><!ENTITY c "'
        + "&b;" * 100
        + '"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        "<urlset><url><loc>&c;</loc></url><url><loc>/b?&f;</loc></url><url><loc>/a</loc></url></urlset>"
    )
    assert urls(read(bomb))[-1:] == ["https://site.example/a"]
    assert all(len(url) < 100 and "root" not in url for url in urls(read(bomb)))


def test_entries_are_bounded() -> None:
    assert len(read("\n".join(["https://site.example/a"] * (MAX_ENTRIES + 5))).discoveries) == MAX_ENTRIES
    many = "<urlset>" + "<url><loc>/a</loc></url>" * (MAX_ENTRIES + 5) + "</urlset>"
    assert len(read(many).discoveries) == MAX_ENTRIES


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("<html><body>Not found</body></html>", "HTML page"),
        ("<rss/>", "<rss>"),
        ("", "no XML"),
        ("nothing", "no XML"),
    ],
)
def test_what_is_no_sitemap_is_unreadable_with_a_reason(payload: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(payload)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=100).map(lambda b: b"\x1f\x8b" + b),
        st.binary(max_size=100).map(gzip.compress),
        st.text(max_size=100).map(lambda t: urlset(f"<loc>{t}</loc><lastmod>{t}</lastmod>").encode("utf-8", "replace")),
        st.text(max_size=100).map(lambda t: b"http://" + t.encode("utf-8", "replace")),
    ),
    st.sampled_from([URL, "https://site.example/robots.txt"]),
    st.none() | st.integers(1, 10_000),
)
def test_whatever_comes_is_a_sitemap_or_unreadable(payload: bytes, url: str, days: int | None) -> None:
    try:
        found = read(payload, url=url, days=days)
    except Unreadable:
        return
    assert all(link.startswith(("http://", "https://")) for link in (*urls(found), *found.children))


@given(st.binary(max_size=300))
def test_a_list_never_fails(payload: bytes) -> None:
    assert all(d.url.startswith(("http://", "https://")) for d in url_list(payload, source="s", found_at=AT))
