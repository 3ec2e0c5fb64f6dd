"""Words for people are true, and links lead to web pages only."""

from types import SimpleNamespace

import pytest

from archive.store.pages import FIRST_SEEN, Dating
from datasette_config import words
from datasette_config.pieces import Pieces


@pytest.mark.parametrize(("share", "shown"), [
    (1.0, "100 %"), (0.999, "99 %"), (0.944, "94 %"), (0.0001, "under 1 %"), (0.0, "under 1 %"),
    (None, "an unknown part"),
])
def test_a_share_is_never_rounded_to_all_or_nothing(share: float | None, shown: str) -> None:
    assert words.percent(share).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(("iso", "shown"), [
    ("2024-08-06", "6 August 2024"), ("2024-08-06T21:40:00+01:00", "6 August 2024, 21:40 UTC+01:00"),
    ("2024-08-06T21:40:00.123Z", "6 August 2024, 21:40 UTC"), ("nonsense", "nonsense"), (None, "not known"),
])
def test_moments(iso: str | None, shown: str) -> None:
    assert words.moment(iso) == shown


def test_a_day_says_that_it_is_one() -> None:
    day = Dating(iso="2024-08-06", earliest="2024-08-05T10:00:00.000Z", latest="2024-08-07T12:00:00.000Z",
                 verbatim="6.8.", basis="url")
    assert words.basis(day) == "read in the address, the day only"
    assert words.interval(day) == "5 August 2024, 10:00 UTC to 7 August 2024, 12:00 UTC"


@pytest.mark.parametrize(("basis", "short", "long"), [
    ("json-ld datePublished", "from JSON-LD", "read in the page's JSON-LD, the day only"),
    ("opengraph", "from OpenGraph", "read in the page's OpenGraph tags, the day only"),
    ("opengraph article:author", "from OpenGraph", "read in the page's OpenGraph tags, the day only"),
    ("meta dc.date.issued", "from a meta tag", "read in the page's meta tags, the day only"),
    ("time element", "from a time element", "read in a time element of the page, the day only"),
    ("htmldate", "read by htmldate, the day only", "read by htmldate in the page, the day only"),
    (FIRST_SEEN, "undated", "first seen; the page states no date"),
    ("a kind to come", "a kind to come", "a kind to come, the day only"),
])
def test_a_date_says_where_it_was_read_whatever_the_field_is_called(basis: str, short: str, long: str) -> None:
    dating = Dating(iso="2024-08-06", earliest="2024-08-05T10:00:00.000Z", latest="2024-08-07T12:00:00.000Z",
                    verbatim=None, basis=basis)
    assert (words.dated_by(dating), words.basis(dating)) == (short, long)


def test_an_undated_text_is_dated_by_its_first_sighting_and_says_so() -> None:
    seen = Dating(iso="2024-08-06T10:00:00.000Z", earliest=None, latest="2024-08-06T10:00:00.000Z", verbatim=None,
                  basis=FIRST_SEEN)
    assert words.dated(seen) == "first seen 6 August 2024"
    assert words.interval(seen) == "before 6 August 2024, 10:00 UTC"


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "http://[", "https://a.example/\n",
    "JavaScript:alert(1)", " https://a.example/", "ftp://a.example/", "https://a.example/\u202egpj.exe", "",
])
def test_what_is_no_web_address_is_not_linked_to(url: str) -> None:
    assert words.web_address(url) is None


def test_a_web_address_is_linked_to() -> None:
    assert words.web_address("https://приклад.example/стаття?x=<y>") == "https://приклад.example/стаття?x=<y>"


@pytest.mark.parametrize(("text", "shown"), [
    ("short", "short"), ("a long title, that goes on", "a long title…"), ("x" * 30, "x" * 15 + "…"),
])
def test_short_titles_end_at_a_word(text: str, shown: str) -> None:
    assert words.short(text, 15) == shown


def dated(iso: str, *, basis: str = "json-ld", only_day: bool = False) -> Dating:
    earliest, latest = (f"{iso}T00:00:00.000Z", f"{iso}T23:59:59.000Z") if only_day else (iso, iso)
    return Dating(iso=iso, earliest=None if basis == FIRST_SEEN else earliest, latest=latest, verbatim=None, basis=basis)


@pytest.mark.parametrize(("copy", "exemplar", "hours", "said"), [
    (dated("2025-03-15T06:30:00.000Z"), dated("2025-03-14T18:40:00.000Z"), 11.83, "a translation, 12 h later"),
    (dated("2025-03-15T06:30:00.000Z"), dated("2025-03-15T06:30:00.000Z"), 0.0, "a translation, dated the same minute"),
    (dated("2025-03-14T18:00:00.000Z"), dated("2025-03-14T18:40:00.000Z"), -0.67, "a translation, dated 40 min earlier"),
    (dated("2025-03-20", only_day=True), dated("2025-03-14T18:40:00.000Z"), None, "a translation, 6 days later"),
    (dated("2025-03-14", only_day=True), dated("2025-03-14T18:40:00.000Z"), None, "a translation, dated the same day"),
    (dated("2025-03-14T18:40:00.000Z", basis=FIRST_SEEN), dated("2025-03-14T18:40:00.000Z"), None, "a translation"),
])
def test_how_long_a_copy_came_after_its_exemplar(copy: Dating, exemplar: Dating, hours: float | None, said: str) -> None:
    assert words.hours_later(copy, exemplar) == hours
    link = SimpleNamespace(relation="translation", copy=SimpleNamespace(dating=copy),
                           exemplar=SimpleNamespace(dating=exemplar))
    assert words.made(link) == said  # type: ignore[arg-type]


def test_dates_in_a_sentence_are_in_words_and_for_programs_and_nothing_else_of_it_changes() -> None:
    told = Pieces(str).told("Sure: published 2024-08-06T21:40:00+01:00 (json-ld x), the copy 2024-08-07 (url); <b> 2024-08-07 (url)")
    assert told == (
        'Sure: published <time datetime="2024-08-06T21:40:00+01:00">6 August 2024, 21:40 UTC+01:00</time> (from JSON-LD), '
        'the copy <time datetime="2024-08-07">7 August 2024</time> (from the address); &lt;b&gt; 2024-08-07 (url)')
