"""Feeds of every kind -> discoveries."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Discovery
from crawlers.errors import Unreadable
from crawlers.feeds import MAX_BYTES, MAX_ENTRIES, Feed, feed

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
URL = "https://feeds.example/rss/all.xml"


def read(payload: bytes | str, *, charset: str | None = None, url: str = URL) -> Feed:
    body = payload if isinstance(payload, bytes) else payload.encode()
    return feed(body, url=url, source="s", found_at=AT, charset=charset)


def only(payload: bytes | str, *, charset: str | None = None) -> Discovery:
    (found,) = read(payload, charset=charset).discoveries
    return found


def rss(entries: str, *, head: str = "<title>Outlet</title><link>https://site.example/front</link>") -> str:
    return (
        f'<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>{head}{entries}</channel></rss>'
    )


def atom(entries: str, *, attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}><title>Outlet</title>{entries}</feed>'


ITEM = "<title>A headline</title><link>https://site.example/a</link>"


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(f'<rss version="0.91"><channel><item>{ITEM}</item></channel></rss>', id="RSS 0.91"),
        pytest.param(f'<rss version="0.92"><channel><item>{ITEM}</item></channel></rss>', id="RSS 0.92"),
        pytest.param(
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            f'xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel/><item>{ITEM}</item></rdf:RDF>',
            id="RSS 0.90",
        ),
        pytest.param(
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
            f'xmlns="http://purl.org/rss/1.0/"><channel/><item>{ITEM}</item></rdf:RDF>',
            id="RSS 1.0",
        ),
        pytest.param(rss(f"<item>{ITEM}</item>"), id="RSS 2.0"),
        pytest.param(atom('<entry><title>A headline</title><link href="https://site.example/a"/></entry>'), id="Atom"),
        pytest.param(
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1",
                    "items": [{"id": "1", "url": "https://site.example/a", "title": "A headline"}],
                }
            ),
            id="JSON Feed 1.0",
        ),
        pytest.param(
            "\ufeff"
            + json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "items": [{"id": "https://site.example/a", "title": "A headline"}],
                }
            ),
            id="JSON Feed 1.1 with a BOM, id for url",
        ),
    ],
)
def test_feeds_of_every_kind_are_read(payload: str) -> None:
    found = only(payload)
    assert (found.url, found.title, found.source, found.found_at) == ("https://site.example/a", "A headline", "s", AT)


@pytest.mark.parametrize(
    ("payload", "link"),
    [
        pytest.param(rss("<item><link>/rel</link></item>"), "https://site.example/rel", id="RSS: the site's address"),
        pytest.param(
            rss("<item><link>/rel</link></item>", head=""), "https://feeds.example/rel", id="RSS without a site"
        ),
        pytest.param(
            atom('<entry><link href="a"/></entry>'), "https://feeds.example/rss/a", id="Atom: the feed's address"
        ),
        pytest.param(
            atom('<entry xml:base="https://o.example/z/"><link href="a"/></entry>'),
            "https://o.example/z/a",
            id="xml:base of the entry",
        ),
        pytest.param(
            atom('<entry><link href="a"/></entry>', attributes='xml:base="/news/"'),
            "https://feeds.example/news/a",
            id="a relative xml:base of the feed",
        ),
        pytest.param(
            rss("<item><guid>https://g.example/1</guid></item>"), "https://g.example/1", id="guid for the link"
        ),
        pytest.param(
            rss("<item><guid>https://g.example/1</guid><link>https://site.example/a</link></item>"),
            "https://site.example/a",
            id="a link wins over the guid",
        ),
        pytest.param(
            atom(
                '<entry><link rel="enclosure" href="https://m.example/e.mp3"/>'
                '<link rel="alternate" href="https://site.example/a"/></entry>'
            ),
            "https://site.example/a",
            id="not the enclosure",
        ),
    ],
)
def test_links_are_resolved(payload: str, link: str) -> None:
    assert only(payload).url == link


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("<guid>12345</guid>", id="a guid that is no address"),
        pytest.param('<guid isPermaLink="false">https://g.example/1</guid>', id="a guid that says so"),
        pytest.param('<guid isPermaLink="FALSE">https://g.example/1</guid>', id="the same in capitals"),
        pytest.param("<link>javascript:void(0)</link>", id="a script"),
        pytest.param("<link>http://[bad/</link>", id="no address"),
        pytest.param("<title>Nothing</title>", id="no link at all"),
    ],
)
def test_an_entry_without_a_link_is_passed_over(entry: str) -> None:
    assert [d.url for d in read(rss(f"<item>{entry}</item><item>{ITEM}</item>")).discoveries] == [
        "https://site.example/a"
    ]


@pytest.mark.parametrize("date", ["Tue, 06 Aug 2024 08:15:00 +0300", "2024-08-06T08:15:00+03:00", "yesterday"])
def test_dates_are_kept_word_for_word(date: str) -> None:
    assert only(rss(f"<item>{ITEM}<pubDate>{date}</pubDate></item>")).published == date


def test_a_title_is_plain_text() -> None:
    entry = (
        "<item><title>Kursk &amp;amp; &lt;b&gt;Sudzha&lt;/b&gt;: 3 &lt; 4 &nbsp;&mdash; x</title><link>/a</link></item>"
    )
    assert only(rss(entry)).title == "Kursk & Sudzha : 3 < 4 — x", "undeclared entities are read too"


def test_what_an_entry_declares_beyond_its_title_is_kept() -> None:
    found = only(
        rss(
            f"<item>{ITEM}<description>&lt;p&gt;A &lt;i&gt;lead&lt;/i&gt;.&lt;/p&gt;</description>"
            "<dc:creator>Ann Bee</dc:creator></item>"
        )
    )
    assert (found.lead, found.byline) == ("A lead .", "Ann Bee")
    assert only(rss(f"<item>{ITEM}<author>ann@site.example (Ann Bee)</author></item>")).byline == "Ann Bee"
    assert only(rss(f"<item>{ITEM}<author>Ann Bee (ann@site.news)</author></item>")).byline == "Ann Bee"
    assert only(rss(f"<item>{ITEM}<author>ann@site.example</author></item>")).byline is None, "an address is no name"
    found = only(
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "items": [
                    {
                        "url": "/a",
                        "content_html": "<p>Body</p>",
                        "date_published": "2024-08-06",
                        "authors": [{"name": "A"}, {"name": "B"}],
                    }
                ],
            }
        )
    )
    assert (found.url, found.lead, found.published, found.byline) == (
        "https://feeds.example/a",
        "Body",
        "2024-08-06",
        "A, B",
    )


def test_of_full_content_only_the_beginning_is_kept_as_lead() -> None:
    content = "<content:encoded><![CDATA[<style>p {}</style><p>" + "Long text. " * 5_000 + "</p>]]></content:encoded>"
    lead = only(rss(f"<item>{ITEM}{content}</item>")).lead
    assert lead is not None
    assert lead.startswith("Long text.")
    assert len(lead) <= 1_001
    short = only(rss(f"<item>{ITEM}<description>Short.</description>{content}</item>")).lead
    assert short == "Short."


@pytest.mark.parametrize(
    ("encoding", "prolog", "header"),
    [
        ("windows-1251", "windows-1251", "utf-8"),
        ("windows-1251", "windows-1251", None),
        ("windows-1251", "", "windows-1251"),
        ("utf-8", "windows-1251", "windows-1251"),
        ("utf-8", "", None),
        ("utf-16", "utf-16", None),
        ("koi8-r", "koi8-r", None),
    ],
)
def test_a_wrong_charset_in_prolog_or_header_does_no_harm(encoding: str, prolog: str, header: str | None) -> None:
    head = f'<?xml version="1.0" encoding="{prolog}"?>' if prolog else ""
    payload = (head + rss("<item><title>Бои под Суджей</title><link>/a</link></item>")).encode(encoding)
    assert only(payload, charset=header).title == "Бои под Суджей"


@pytest.mark.parametrize(
    ("page", "following"),
    [
        pytest.param(
            atom('<link rel="next" href="?page=2"/><entry/>'), "https://feeds.example/rss/all.xml?page=2", id="Atom"
        ),
        pytest.param(
            rss('<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="/p2"/>'),
            "https://feeds.example/p2",
            id="RSS",
        ),
        pytest.param(
            json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [], "next_url": "/p2"}),
            "https://feeds.example/p2",
            id="JSON",
        ),
        pytest.param(atom('<link rel="next" href="https://other.net/p2"/>'), None, id="not on another site"),
        pytest.param(atom(f'<link rel="next" href="{URL}"/>'), None, id="not itself"),
    ],
)
def test_a_paged_feed_names_its_next_page(page: str, following: str | None) -> None:
    assert read(page).next_page == following


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"<!DOCTYPE html><html><body>Gone</body></html>", "HTML page"),
        (b"", "no feed"),
        (b"\x00\xff\xfe\x89PNG", "no feed"),
        (b'{"items": 1}', "no JSON Feed"),
        (b"{", "JSON is broken"),
        (b'{"a":' * 100_000, "JSON is broken"),
        (b" " * (MAX_BYTES + 1), "over"),
        (b"<urlset><url/></urlset>", "no feed"),
    ],
)
def test_what_is_no_feed_is_unreadable_with_a_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read(payload)


def test_entries_are_bounded() -> None:
    items = [{"url": f"https://site.example/{n}"} for n in range(MAX_ENTRIES + 5)]
    payload = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": items})
    assert len(read(payload).discoveries) == MAX_ENTRIES


def test_an_entity_bomb_does_not_explode() -> None:
    bomb = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 10 + '"><!ENTITY c "' + "&b;" * 10 + '">]>'
    found = read('<?xml version="1.0"?>' + bomb + rss("<item><title>&c;</title><link>/a</link></item>")).discoveries
    assert all(len(d.title or "") < 100 for d in found)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(
            lambda t: rss(f"<item><title>{t}</title><link>{t}</link></item>").encode("utf-8", "replace")
        ),
        st.text(max_size=200).map(
            lambda t: atom(f'<entry xml:base="{t}"><link href="{t}"/></entry>').encode("utf-8", "replace")
        ),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["url", "id", "title", "authors", "name", "summary", "date_published"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=10,
        ).map(
            lambda item: json.dumps(
                {"version": "https://jsonfeed.org/version/1.1", "items": [item], "next_url": item}
            ).encode()
        ),
    )
)
def test_whatever_comes_gives_discoveries_or_is_unreadable(payload: bytes) -> None:
    try:
        found = read(payload)
    except Unreadable:
        return
    assert all(d.url.startswith(("http://", "https://")) for d in found.discoveries)
