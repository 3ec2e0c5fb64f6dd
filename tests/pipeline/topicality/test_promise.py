"""How promising an announcement is for a topic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.topic import load_topic
from pipeline.relevance import matcher_of
from pipeline.topicality.promise import promise

MATCHER = matcher_of(load_topic("kursk"))


@pytest.mark.parametrize(
    ("url", "title", "lead"),
    [
        ("https://a.example/1", "Fighting in Kursk region goes on", None),
        ("https://a.example/1", "Бої на Курщині тривають", None),
        ("https://a.example/1", "What we know", "Troops entered Sudzha on Tuesday."),
        ("https://a.example/sudzha-bridges", "Live", None),
        ("https://a.example/2024/08/kursk-region-evacuation.html", None, None),
    ],
)
def test_terms_in_headline_lead_or_slug_promise_something(url: str, title: str | None, lead: str | None) -> None:
    assert (promise(url, title, lead, MATCHER) or 0) > 0


@pytest.mark.parametrize(
    ("title", "lead"),
    [
        ("The final score of the match", None),
        ("Live", "The best recipes with cherries of the season"),
        ("The Battle of Kursk in 1943: Prokhorovka and the Wehrmacht", None),
    ],
)
def test_much_said_without_a_term_is_clearly_off(title: str, lead: str | None) -> None:
    assert promise("https://a.example/12345", title, lead, MATCHER) == 0


@pytest.mark.parametrize("title", [None, "", "Live", "Video: bridges"])
def test_too_little_said_tells_nothing(title: str | None) -> None:
    assert promise("https://a.example/sport/the-final-score-of-the-match", title, None, MATCHER) is None


def test_a_term_in_the_headline_counts_more_than_in_the_slug() -> None:
    headline = promise("https://a.example/1", "Fighting in Kursk region", None, MATCHER)
    slug = promise("https://a.example/fighting-in-kursk-region", None, None, MATCHER)
    assert headline is not None
    assert slug is not None
    assert headline > slug > 0


@given(st.text(max_size=50), st.none() | st.text(max_size=50), st.none() | st.text(max_size=50))
def test_whatever_is_announced_has_a_promise_or_none(url: str, title: str | None, lead: str | None) -> None:
    points = promise(url, title, lead, MATCHER)
    assert points is None or points >= 0
