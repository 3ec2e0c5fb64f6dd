"""Moments as text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.times import from_iso, to_digits, to_iso, to_milliseconds

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001


@given(MOMENTS)
def test_a_moment_comes_back_from_its_text_to_the_millisecond(moment: datetime) -> None:
    assert from_iso(to_iso(moment)) == to_milliseconds(moment)
    assert from_iso(to_iso(moment)).tzinfo is UTC


@given(MOMENTS, MOMENTS)
def test_texts_sort_as_their_moments(one: datetime, other: datetime) -> None:
    assert (to_iso(one) <= to_iso(other)) == (to_milliseconds(one) <= to_milliseconds(other))


def test_the_shape_of_a_text() -> None:
    moment = datetime(2025, 3, 15, 14, 0, 0, 123_999, tzinfo=timezone(timedelta(hours=2)))
    assert to_iso(moment) == "2025-03-15T12:00:00.123Z"
    assert to_digits(moment) == "20250315120000"


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2025, 3, 15)  # noqa: DTZ001
    for refuses in (to_iso, to_digits, to_milliseconds):
        with pytest.raises(ValueError, match="no time zone"):
            refuses(naive)
    with pytest.raises(ValueError, match="no time zone"):
        from_iso("2025-03-15T12:00:00")
