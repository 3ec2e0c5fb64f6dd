"""Which days dates and addresses mean."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Days
from crawlers.archives import days


def span(first: str, last: str | None = None) -> Days:
    return Days(first=date.fromisoformat(first), last=date.fromisoformat(last or first))


@pytest.mark.parametrize(("text", "expected"), [
    ("2024-08-06", span("2024-08-06")), ("2024-08-06T23:59:00+03:00", span("2024-08-06")), ("2024-08-06 10:00", span("2024-08-06")),
    ("2024-02", span("2024-02-01", "2024-02-29")), ("2024-12", span("2024-12-01", "2024-12-31")), ("2024", span("2024-01-01", "2024-12-31")),
    ("Tue, 06 Aug 2024 14:22:33 +0300", span("2024-08-06")), ("2024-13-01", None), ("2024-08-061", None), ("yesterday", None), ("", None), (None, None),
])
def test_declared_dates(text: str | None, expected: Days | None) -> None:
    assert days.declared(text) == expected


@pytest.mark.parametrize(("path", "expected"), [
    ("/2024/08/06/story", span("2024-08-06")), ("/news/2024/8/6/101/", span("2024-08-06")), ("/2024/08/story", span("2024-08-01", "2024-08-31")),
    ("/world-2024-08-06-story", span("2024-08-06")), ("/20240806/x", span("2024-08-06")), ("/a_2024_08_06.html", span("2024-08-06")),
    ("/summit-2024", None), ("/summit-2024-08-results", None), ("/id/12024080612", None), ("/2024/13/x", None), ("/1066/10/14/hastings", None),
    ("/x?d=2024-08-06", None),
])
def test_the_day_that_an_articles_address_names(path: str, expected: Days | None) -> None:
    assert days.of_article(f"https://news.example{path}") == expected


@pytest.mark.parametrize(("path", "expected"), [
    ("/2024/08/sitemap.xml", span("2024-08-01", "2024-08-31")), ("/sitemap-2024-08.xml", span("2024-08-01", "2024-08-31")),
    ("/sitemap_202408.xml.gz", span("2024-08-01", "2024-08-31")), ("/sitemap-20240806.xml", span("2024-08-06")),
    ("/sitemap.xml?yyyy=2024&mm=08", span("2024-08-01", "2024-08-31")), ("/sitemap.xml?yyyy=2024&mm=8&dd=6", span("2024-08-06")),
    ("/sitemap.xml?year=2024", span("2024-01-01", "2024-12-31")), ("/posts-2024.xml", span("2024-01-01", "2024-12-31")),
    ("/sitemaps/2024/1.xml", span("2024-01-01", "2024-12-31")), ("/sitemaps/2024/08/1.xml", span("2024-08-01", "2024-08-31")),
    ("/sitemap-2024-1.xml", span("2024-01-01", "2024-12-31")), ("/sitemap-2024-08_2024-09.xml", span("2024-08-01", "2024-09-30")),
    ("/sitemap-2024-32.xml", span("2024-01-01", "2024-12-31")), ("/2023/sitemap-2024-08.xml", span("2023-01-01", "2024-08-31")),
    ("/sitemap-12.xml", None), ("/sitemaps/redesign-2019/posts.xml", None), ("/sitemap-99999.xml", None), ("/sitemap.xml?yyyy=20&mm=8", None),
])
def test_the_days_that_the_name_of_a_sitemap_says_it_is_about(path: str, expected: Days | None) -> None:
    assert days.of_sitemap(f"https://news.example{path}") == expected


@given(st.text(alphabet="/-_.?=&0123456789ymd[]:x", max_size=40))
def test_no_text_is_too_strange(text: str) -> None:
    for found in (days.declared(text), days.of_article(text), days.of_sitemap(text)):
        assert found is None or found.first <= found.last
