"""Which mementos of an article that could not be read are fetched."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.archives import cdx
from crawlers.archives.gaps import MOST, chosen

SINCE, UNTIL = datetime(2024, 8, 6, tzinfo=UTC), datetime(2024, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(("days", "expected"), [
    ([], []), ([0], [0]), ([-1, 3], [3]), ([3, 1, 3], [1, 3]), ([1, 2, 3, 4], [1, 2, 3, 4]), ([1, 2, 3, 4, 5, 20, 25], [1, 3, 5, 25]),
    ([-9], []), ([-9, 40, 50], [40]), ([25, 40], [25]),
])
def test_the_first_after_the_announcement_and_a_few_spread_over_the_span(days: list[int], expected: list[int]) -> None:
    moments = [SINCE + timedelta(days=day) for day in days]
    assert [(moment - SINCE).days for moment in chosen(moments, since=SINCE, until=UNTIL)] == expected


@given(st.lists(st.integers(-5, 40)), st.randoms())
def test_no_order_shows_in_what_is_chosen(days: list[int], random: object) -> None:
    moments = [SINCE + timedelta(days=day) for day in days]
    found = chosen(moments, since=SINCE, until=UNTIL)
    assert found == chosen(sorted(moments, reverse=True), since=SINCE, until=UNTIL)
    assert found == sorted(set(found))
    assert len(found) <= MOST
    assert set(found) <= set(moments)
    later = [moment for moment in moments if moment >= SINCE]
    assert found[:1] == sorted(later)[:1]


@pytest.mark.parametrize(("address", "raw"), [
    ("http://archive.example/web/20240806142233/https://a.example/x?y=1", "http://archive.example/web/20240806142233id_/https://a.example/x?y=1"),
    ("https://pywb.example/some/coll/20240806142233mp_/http://a.example/x", "https://pywb.example/some/coll/20240806142233id_/http://a.example/x"),
    ("https://pywb.example/coll/20240806142233id_/http://a.example/x", "https://pywb.example/coll/20240806142233id_/http://a.example/x"),
    ("https://archive.example/web/20240806142233/https://b.example/web/20200101000000/http://a.example/",
     "https://archive.example/web/20240806142233id_/https://b.example/web/20200101000000/http://a.example/"),
    ("https://today.example/AbCdE", None), ("https://today.example/20240806/http://a.example/x", None), ("https://archive.example/web/20240806142233/", None),
    ("ftp://archive.example/web/20240806142233/http://a.example/x", None), ("https://[/web/20240806142233/http://a.example/x", None),
])
def test_where_the_payload_of_a_memento_is_to_be_had(address: str, raw: str | None) -> None:
    found = cdx.raw_form(address)
    assert (found[0] if found else None) == raw
    if found:
        headers = {"memento-datetime": "Tue, 06 Aug 2024 14:22:33 GMT"}
        base = "/".join(address.split("/")[:3])
        assert cdx.memento_served(found[0], base=base, headers=headers, status=200) == (found[1], datetime(2024, 8, 6, 14, 22, 33, tzinfo=UTC))
