"""What a page says of a time, as an interval."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extraction.dates import FIRST_YEAR, LAST_YEAR, moment, worded

LOCAL = st.datetimes(datetime(FIRST_YEAR, 1, 2), datetime(LAST_YEAR - 1, 12, 30))  # noqa: DTZ001
ZONES = st.sampled_from(["", "Z", "+00:00", "+03:00", "-0500", "+05:45", " +02", "+14:00", "-12:00"])
NEAR_DATES = st.text(alphabet="0123456789-:.T ZUC+", max_size=40)


@given(LOCAL, ZONES, st.booleans())
def test_a_moment_lies_in_its_interval_and_its_iso_text_reads_back(local: datetime, zone: str, is_day: bool) -> None:
    found = moment(local.date().isoformat() if is_day else local.isoformat() + zone, basis="test")
    assert found is not None
    assert found.earliest <= found.latest
    assert (found.earliest == found.latest) == (found.offset is not None) == (bool(zone) and not is_day)
    again = moment(found.iso, basis="test")
    assert again is not None
    assert (again.iso, again.earliest, again.latest, again.offset) == (
        found.iso,
        found.earliest,
        found.latest,
        found.offset,
    )


@given(LOCAL, st.integers(-12 * 60, 14 * 60))
def test_a_time_without_its_zone_and_a_day_hold_the_time_in_every_zone(local: datetime, minutes: int) -> None:
    local = local.replace(second=0, microsecond=0)
    at = local.replace(tzinfo=UTC) - timedelta(minutes=minutes)
    for text in (local.isoformat(), local.date().isoformat()):
        found = moment(text, basis="test")
        assert found is not None
        assert found.earliest <= at <= found.latest


@given(st.one_of(st.text(), NEAR_DATES, NEAR_DATES.map("2024-08-".__add__), NEAR_DATES.map("2024-08-10T10:00".__add__)))
@settings(max_examples=400)
def test_no_text_makes_it_raise(text: str) -> None:
    found = moment(text, basis="test")
    assert found is None or found.earliest <= found.latest


@pytest.mark.parametrize(("text", "iso", "earliest", "latest", "offset"), [
    ("2024-08-10T14:30:00+03:00", "2024-08-10T14:30:00+03:00", "2024-08-10T11:30", "2024-08-10T11:30", 180),
    (" 2024-08-10 14:30 Z", "2024-08-10T14:30:00+00:00", "2024-08-10T14:30", "2024-08-10T14:30", 0),
    ("2024-08-10T14:30:00.123456-0330", "2024-08-10T14:30:00-03:30", "2024-08-10T18:00", "2024-08-10T18:00", -210),
    ("2024-08-10T14:30 EST", "2024-08-10T14:30:00", "2024-08-10T00:30", "2024-08-11T02:30", None),
    ("2024-08-10", "2024-08-10", "2024-08-09T10:00", "2024-08-11T11:59:59", None),
])
def test_moment(text: str, iso: str, earliest: str, latest: str, offset: int | None) -> None:
    found = moment(text, basis="json-ld")
    assert found is not None
    assert (found.iso, found.offset, found.basis, found.verbatim) == (iso, offset, "json-ld", text)
    assert found.earliest == datetime.fromisoformat(earliest).replace(tzinfo=UTC)
    assert found.latest == datetime.fromisoformat(latest).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", [
    "", "today", "10.08.2024", "2024-13-01", "2024-02-30", "1970-01-01", "0001-01-01T00:00:00Z", "9999-12-31", "2099-01-01T00:00:00Z",
    "2024-08-10T25:00:00Z", "2024-08-10T10:61Z", "2024-08-10T10:00+19:00", "2024", "2024-08",
])
def test_no_date_is_made_up(text: str) -> None:
    assert moment(text, basis="test") is None


def test_a_very_long_text_is_kept_in_part() -> None:
    found = moment("2024-08-10" + " x" * 10_000, basis="test")
    assert found is not None
    assert len(found.verbatim) == 100


@pytest.mark.parametrize(("text", "iso"), [
    ("12 серпня 2024, 09:45", "2024-08-12T09:45"), ("Опубликовано 14 августа 2024 г., 18:05", "2024-08-14T18:05"),
    ("3 мая 2025", "2025-05-03"), ("1 травня 2025 о 7:05", "2025-05-01T07:05"), ("1 листопада 2024", "2024-11-01"),
    ("lipiec: 5 lipca 2024", "2024-07-05"), ("le 7 juin 2024 à 21:10", "2024-06-07T21:10"),
    ("8 de agosto de 2024", "2024-08-08"), ("Aug. 8, 2024 at 3:07 p.m.", "2024-08-08T15:07"),
    ("August 8th, 2024 12:01 am", "2024-08-08T00:01"), ("Stand: 08.08.2024, 14:30 Uhr", "2024-08-08T14:30"),
    ("2024.08.12 18:40", "2024-08-12T18:40"), ("2024/8/2", "2024-08-02"), ("2024年8月12日 09:05", "2024-08-12T09:05"),
    ("2024년 8월 12일", "2024-08-12"), ("9 марта 2025", "2025-03-09"), ("9 березня 2025", "2025-03-09"), ("9 gennaio 2025", "2025-01-09"),
])
def test_a_date_in_words(text: str, iso: str) -> None:
    assert worded(text) == iso


@pytest.mark.parametrize("text", ["", "вчора о 10:00", "2024", "12 серпня", "the 5 May group", "99999 мая 2024x"])
def test_no_date_in_words(text: str) -> None:
    assert worded(text) is None


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_no_words_make_it_raise(text: str) -> None:
    found = worded(f"{text} 12 мая 2024 {text}")
    assert found is not None
    moment(found, basis="shown date")
