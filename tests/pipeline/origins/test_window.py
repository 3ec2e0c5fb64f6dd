"""Which days a text's own words allow."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Days
from archive.topic import KnownEvent
from pipeline.origins.window import Window, weekdays, window

PERIOD = Days(first=date(2024, 8, 6), last=date(2025, 4, 30))


def read(*paragraphs: str, language: str | None = "en", **more: tuple[KnownEvent, ...]) -> Window | None:
    return window(paragraphs, language, period=PERIOD, known=more.get("known", ()))


def test_a_date_without_its_year_is_the_one_within_the_topics_days() -> None:
    found = read("The bridges fell on Friday.", "Aid was cut on March 3.", "They came last year.")
    assert found is not None
    assert (found.first, found.last) == (date(2025, 3, 3), date(2025, 4, 30))
    assert found.days == (date(2025, 3, 14), date(2025, 3, 21))
    assert found.phrases == ("last year", "March 3", "Friday")


@pytest.mark.parametrize(("language", "text", "first"), [
    ("it", "Il 3 marzo gli aiuti furono sospesi.", date(2025, 3, 3)), ("de", "Am 3. März endete die Hilfe.", date(2025, 3, 3)),
    ("fr", "Le 3 mars, l’aide a cessé.", date(2025, 3, 3)), ("es", "El 3 de marzo cesó la ayuda.", date(2025, 3, 3)),
    ("uk", "3 березня допомогу зупинили.", date(2025, 3, 3)), ("ru", "3 марта помощь остановили.", date(2025, 3, 3)),
    ("pl", "3 marca pomoc wstrzymano.", date(2025, 3, 3)), ("en", "On 12 January 2025 two were captured.", date(2025, 1, 12)),
    ("en", "They took Vuhledar in October.", date(2024, 10, 1)), ("en", "The region was seized last year.", date(2025, 1, 1)),
    ("ru", "Прошлым летом они перешли границу.", date(2024, 9, 1)), ("xx", "On March 3 aid was cut.", date(2025, 3, 3)),
])
def test_no_text_is_older_than_what_it_tells_of(language: str, text: str, first: date) -> None:
    found = read(text, language=language)
    assert found is not None
    assert found.first == first
    assert found.phrases


@pytest.mark.parametrize("text", [
    "Nothing is said of days.", "The war began in February 2022.", "He was born on May 9, 1945.", "They may 5 times march 3 abreast.",
    "", "The truce holds until April 20.",
])
def test_what_says_nothing_of_the_day_gives_none(text: str) -> None:
    assert read(text) is None


def test_weekdays_alone_bound_nothing_and_are_told() -> None:
    found = read("Putin said on Thursday that it was over.")
    assert found is not None
    assert (found.first, found.last, found.days, found.phrases) == (PERIOD.first, PERIOD.last, (), ("Thursday",))


def test_of_a_row_of_days_outside_the_lead_the_last_is_meant() -> None:
    found = read("A.", "B.", "C.", "On Wednesday it began.", "Thursday it went on, March 3 long gone.", "On Friday it ended.")
    assert found is not None
    assert {day.weekday() for day in found.days} == {4}


def test_a_known_event_is_a_bound() -> None:
    truce = KnownEvent(name="the truce of 30 days", words=(("en", ("30 days truce*", "30-day ceas*")),), day=date(2025, 3, 11))
    for told in ("On Friday they spoke of a truce for 30 days.", "A Friday for the 30-day ceased fire."):
        found = read(told, "Aid was cut on March 3.", known=(truce,))
        assert found is not None
        assert found.first == date(2025, 3, 11)
        assert "the truce of 30 days" in found.phrases
    for other in ("After 30 days they spoke of peace.", "A truce.", "30 days of trucebreaking is not 130 days"):
        found = read("On March 3 aid was cut.", other, known=(truce,))
        assert found is not None
        assert (found.first == date(2025, 3, 11)) == ("trucebreaking" in other)


def test_a_bound_that_contradicts_the_ones_before_is_left_out() -> None:
    found = read("On March 3 aid was cut.", "Since last autumn, and on August 7, they fought.")
    assert found is not None
    assert found.first <= date(2025, 3, 3) <= found.last


@given(st.lists(st.text(max_size=60), max_size=4), st.sampled_from(["en", "it", "uk", None]))
def test_no_text_breaks_it_and_what_comes_lies_within_the_topics_days(paragraphs: list[str], language: str | None) -> None:
    found = window(paragraphs, language, period=PERIOD)
    if found is not None:
        assert PERIOD.first <= found.first <= found.last <= PERIOD.last
        assert all(found.first <= day <= found.last for day in found.days)


def test_weekdays_are_numbered_from_monday() -> None:
    assert weekdays("on Monday, then Sunday", "en") == [(0, "Monday"), (6, "Sunday")]
    assert weekdays("у п’ятницю", "uk") == [(4, "п’ятницю")]
