"""Addresses: one page, one canonical URL."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.urls import (
    absolute,
    canonical_url,
    host_of,
    is_fetchable,
    is_front_page,
    plain_url,
    registered_domain,
    same_site,
    surt,
    without_default_port,
)

HOSTILE = st.one_of(
    st.text(max_size=60), st.text(max_size=60).map("http://".__add__), st.text(max_size=60).map("https://news.example/".__add__),
    st.text(alphabet="/?&=#%@:.[]ampht25fF\u00e9\u3002 \t\r\n\x00", max_size=40).map("http://a".__add__),
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(
            "HTTP://WWW.News.Example/Story", "https://www.news.example/Story", id="scheme and host in lower case"
        ),
        pytest.param("http://news.example:80/a", "https://news.example/a", id="default port of http"),
        pytest.param("https://news.example:443/a", "https://news.example/a", id="default port of https"),
        pytest.param("http://news.example:443/a", "https://news.example/a", id="a port that is the default after all"),
        pytest.param("https://news.example:8443/a", "https://news.example:8443/a", id="a port of its own"),
        pytest.param("https://news.example./a/#part", "https://news.example/a", id="root dot, end slash and fragment"),
        pytest.param("https://news.example", "https://news.example/", id="the root keeps its slash"),
        pytest.param("https://u:p@news.example/a", "https://news.example/a", id="user and password"),
        pytest.param(
            "https://news.example/a?utm_source=x&id=7&fbclid=y&yclid=z", "https://news.example/a?id=7", id="tracking"
        ),
        pytest.param("https://news.example/a?UTM_Source=x&b", "https://news.example/a?b", id="a name without a value"),
        pytest.param("https://news.example/?12345", "https://news.example/?12345", id="a query that is a number"),
        pytest.param(
            "https://news.example/a?b=2&a=1&b=", "https://news.example/a?b=2&a=1&b=", id="the query keeps its order"
        ),
        pytest.param(
            "https://news.example/a?q=%EC%E8%F0", "https://news.example/a?q=%EC%E8%F0", id="bytes of windows-1251"
        ),
        pytest.param(
            "https://news.example/a?q=мир", "https://news.example/a?q=%D0%BC%D0%B8%D1%80", id="letters in a query"
        ),
        pytest.param(
            "https://news.example/%d0%b0%7e", "https://news.example/%D0%B0~", id="percent-encoding where needed"
        ),
        pytest.param(
            "https://news.example/%d0%b0%2fb", "https://news.example/%D0%B0%2Fb", id="an encoded slash stays one"
        ),
        pytest.param("https://news.example/100%25", "https://news.example/100%25", id="an encoded percent sign"),
        pytest.param("https://news.example//a//b/", "https://news.example/a/b", id="double slashes"),
        pytest.param(
            "https://суджа.рф/новость",
            "https://xn--80ahg6bk.xn--p1ai/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D1%8C",
            id="a name in Cyrillic",
        ),
        pytest.param("https://news.example/story/amp/", "https://news.example/story", id="amp at the end"),
        pytest.param("https://news.example/amp/story", "https://news.example/story", id="amp at the start"),
        pytest.param("https://news.example/story.amp", "https://news.example/story", id="amp as an ending"),
        pytest.param(
            "https://news.example/story.amp.html", "https://news.example/story.html", id="amp before the ending"
        ),
        pytest.param("https://news.example/story/amp.html", "https://news.example/story", id="amp as a page"),
        pytest.param("https://news.example/story?amp=1", "https://news.example/story", id="amp as a parameter"),
        pytest.param("https://news.example/amplifier", "https://news.example/amplifier", id="a word that begins so"),
        pytest.param("https://[2001:DB8::1]:8080/a", "https://[2001:db8::1]:8080/a", id="an IPv6 address"),
        pytest.param("mailto:a@news.example", "mailto:a@news.example", id="another scheme as it came"),
        pytest.param(
            "http://news.example:99999/", "http://news.example:99999/", id="a port that cannot be, as it came"
        ),
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@given(HOSTILE)
@example("http://a:443/")
@example("http://é。/")
@example("http://[fe80::1%é]/")
@example("http://a/\ud800?\ud800=\udc80")
@example("http://[")
@example("http://a/?" + "&".join("a" * 300))
@settings(max_examples=400, deadline=None)
def test_canonical_url_is_idempotent_and_raises_for_no_text(url: str) -> None:
    once = canonical_url(url)
    assert canonical_url(once) == once


@given(HOSTILE)
@settings(max_examples=200, deadline=None)
def test_no_text_makes_a_question_about_an_address_raise(url: str) -> None:
    surt(url), host_of(url), is_front_page(url), same_site(url, url), registered_domain(url)


def test_a_query_of_very_many_parameters_stays_as_it_is() -> None:
    query = "&".join(f"utm_{n}=1" for n in range(300))
    assert canonical_url(f"https://news.example/?{query}").endswith(query)


@given(HOSTILE, HOSTILE)
@example("https://news.example/", "//\x00/")
@example("https://news.example/", "http://a b/")
@example("https://news.example/", "/\ud800")
@settings(max_examples=300, deadline=None)
def test_absolute_gives_a_fetchable_address_without_fragment_or_nothing(base: str, link: str) -> None:
    found = absolute(base, link)
    assert found is None or (found.startswith(("http://", "https://")) and "#" not in found and is_fetchable(found))
    assert found is None or not set(found) & set("\r\n\t")


@pytest.mark.parametrize(("link", "expected"), [
    ("/b#c", "https://news.example/b"), ("c?d", "https://news.example/a/c?d"), ("//other.example/", "https://other.example/"),
    ("javascript:alert(1)", None), ("mailto:a@b", None), ("data:text/html,x", None), ("http://", None),
    ("http://news.example:0/", None), ("http://news.example:x/", None), ("http://[", None),
    (" \n/b ", "https://news.example/b"),
])
def test_absolute(link: str, expected: str | None) -> None:
    assert absolute("https://news.example/a/b", link) == expected


@pytest.mark.parametrize(("one", "other", "expected"), [
    ("https://www.news.com/", "https://news.com/a", True),
    ("https://a.bbc.co.uk/", "https://b.bbc.co.uk/", True),
    ("https://one.co.uk/", "https://two.co.uk/", False),
    ("https://10.0.0.1/", "https://10.0.0.2/", False),
    ("https://[::1]/", "http://[::1]:8080/", True),
    ("mailto:a@b", "nonsense", False),
])
def test_same_site_is_one_registered_domain(one: str, other: str, expected: bool) -> None:
    assert same_site(one, other) is expected


@pytest.mark.parametrize(("url", "expected"), [
    ("https://www.news.example/A?b=C", "example,news)/a?b=c"),
    ("http://news.example:8080/", "example,news:8080)/"),
    ("https://10.0.0.1/a", "10.0.0.1)/a"),
    ("mailto:a@b", "mailto:a@b"),
    ("http://[", "http://["),
])
def test_surt(url: str, expected: str) -> None:
    assert surt(url) == expected


@pytest.mark.parametrize(("url", "expected"), [
    ("https://news.example", True), ("https://news.example/#top", True), ("https://news.example/?p=7", False),
    ("https://news.example/a", False), ("http://[", False),
])
def test_is_front_page(url: str, expected: bool) -> None:
    assert is_front_page(url) is expected


@pytest.mark.parametrize(("address", "plain"), [
    ("http://a.example:80/x", "http://a.example/x"), ("http://a.example:80", "http://a.example"),
    ("https://a.example:443/x", "https://a.example/x"), ("http://a.example:8080/x", "http://a.example:8080/x"),
    ("https://a.example:80/x", "https://a.example:80/x"), ("http://a.example/x:80/", "http://a.example/x:80/"),
])
def test_a_default_port_is_no_part_of_an_address(address: str, plain: str) -> None:
    assert without_default_port(address) == plain


@pytest.mark.parametrize(("fetched", "plain"), [
    ("http://c.test:80/Up-flood", "http://c.test/Up-flood"),
    ("https://a.example/flood-1?utm_source=rss&id=7&utm_medium=feed", "https://a.example/flood-1?id=7"),
    ("https://a.example/x?fbclid=1#top", "https://a.example/x"), ("https://a.example/x?b=2&a=%20", "https://a.example/x?b=2&a=%20"),
    ("https://a.example/x?PHPSESSID=9", "https://a.example/x"), ("mailto:a@b.example", "mailto:a@b.example"),
    ("https://[::1", "https://[::1"),
])
def test_an_address_is_shown_as_it_was_fetched_but_for_what_never_names_the_page(fetched: str, plain: str) -> None:
    assert plain_url(fetched) == plain
    assert plain_url(plain) == plain
    assert canonical_url(fetched) == canonical_url(plain)
