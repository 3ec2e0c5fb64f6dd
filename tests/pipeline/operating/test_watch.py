"""When a person is needed, and only then: figures and thresholds -> troubles, and what is told of them."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Alarm
from archive.topic_settings import WatchSettings
from pipeline.operating.watch import (
    MIN_ARRIVALS,
    DiskFigures,
    Figures,
    HostFigures,
    SourceFigures,
    Trouble,
    changes,
    in_bytes,
    in_words,
    silence,
    troubles,
    usual_interval,
)

NOW = datetime(2025, 3, 15, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HOURLY = tuple(NOW - n * HOUR for n in range(48, 2, -1))  # the last three hours ago


def source(**changed: Any) -> SourceFigures:
    return SourceFigures(**{
        "name": "courier", "kind": "feed", "outlet": "Courier", "address": "https://courier.example/rss",
        "host": "courier.example", "last_success": NOW, "discovered": 100, "looks": 100, "failed": 0, "new": 10,
        "arrivals": (NOW,), "reason": None, "hindrance": None,
    } | changed)


def figures(*sources: SourceFigures, **changed: Any) -> Figures:
    return Figures(**{
        "sources": sources, "hosts": (), "disk": DiskFigures(held=10**9, free=10**12, growth=10**6),
        "started": NOW - 30 * DAY, "last_look": NOW, "backup": None, "verified": None,
    } | changed)


def host(**changed: Any) -> HostFigures:
    return HostFigures(**{"host": "courier.example", "looks": 5, "blocked": 5, "statuses": frozenset({403}),
                          "is_outlet": True} | changed)


def names(found: list[Trouble]) -> list[str]:
    return [trouble.name for trouble in found]


def nightly(days: int) -> tuple[datetime, ...]:
    """Something every hour from 8 to 23 h, nothing at night."""
    start = NOW.replace(hour=0) - days * DAY
    return tuple(start + d * DAY + h * HOUR for d in range(days) for h in range(8, 24))


def test_an_archive_that_is_well_has_no_troubles() -> None:
    assert troubles(figures(source()), WatchSettings(), now=NOW) == []


@pytest.mark.parametrize(("found", "watch", "expected"), [
    (figures(source(arrivals=HOURLY)), {}, ["silent courier"]),
    (figures(source(arrivals=HOURLY)), {"silence": 3.5}, []),
    (figures(source(arrivals=HOURLY, kind="list")), {}, []),
    (figures(source(arrivals=HOURLY[:MIN_ARRIVALS - 1])), {}, []),
    (figures(source(arrivals=HOURLY), last_look=NOW - 2 * HOUR), {}, []),
    (figures(source(arrivals=HOURLY), last_look=None), {}, []),
    (figures(source(failed=50, reason="HTTP status 500")), {}, ["failing courier"]),
    (figures(source(failed=49, reason="HTTP status 500")), {}, []),
    (figures(source(failed=50, reason=None)), {}, []),
    (figures(source(failed=4, looks=4, reason="HTTP status 500")), {}, []),
    (figures(source(failed=5, looks=5, reason="HTTP status 500")), {}, ["failing courier"]),
    (figures(source(failed=100, reason="HTTP status 500", arrivals=HOURLY)), {}, ["failing courier"]),
    (figures(source(hindrance="robots.txt forbids it", arrivals=())), {}, ["hindered courier"]),
    (figures(source(hindrance="robots.txt forbids it", arrivals=()), started=NOW - DAY), {}, []),
    (figures(source(hindrance="robots.txt gave no answer", arrivals=(NOW - DAY,))), {}, []),
    (figures(source(), hosts=(host(),)), {}, ["blocked courier.example"]),
    (figures(source(failed=100, reason="HTTP status 403"), hosts=(host(),)), {}, ["blocked courier.example"]),
    (figures(source(), hosts=(host(looks=6),)), {}, []),
    (figures(source(), hosts=(host(looks=4, blocked=4),)), {}, []),
    (figures(source(), hosts=(host(is_outlet=False),)), {}, []),
    (figures(disk=DiskFigures(held=1, free=29 * 10**9, growth=10**9)), {}, ["disk"]),
    (figures(disk=DiskFigures(held=1, free=30 * 10**9, growth=10**9)), {}, []),
    (figures(disk=DiskFigures(held=1, free=0, growth=None)), {}, []),
    (figures(backup=None, verified=None), {"backup_days": 2, "verify_days": 30}, ["backup", "verify"]),
    (figures(backup=NOW - 3 * DAY), {"backup_days": 2}, ["backup"]),
    (figures(backup=NOW - 2 * DAY), {"backup_days": 2}, []),
    (figures(damaged=(("a.warc.gz", "x"), ("a.warc.gz", "y"), ("b.warc.gz", "the file is missing"))), {},
     ["damage a.warc.gz", "damage b.warc.gz"]),
    (figures(source(arrivals=HOURLY, failed=9, looks=9, reason="x"), network=("none answered",)), {}, ["network"]),
])
def test_a_person_is_needed_for_this_and_for_nothing_else(
    found: Figures, watch: dict[str, Any], expected: list[str]
) -> None:
    assert names(troubles(found, WatchSettings(**watch), now=NOW)) == expected


def test_what_was_told_goes_on_until_it_is_clearly_over() -> None:
    flaky = figures(source(failed=45, looks=100, reason=None),
                    disk=DiskFigures(held=1, free=33 * 10**9, growth=10**9))
    assert troubles(flaky, WatchSettings(), now=NOW) == []
    assert names(troubles(flaky, WatchSettings(), now=NOW, standing={"failing courier", "disk"})) == [
        "disk", "failing courier"]
    better = figures(source(failed=39, looks=100), disk=DiskFigures(held=1, free=38 * 10**9, growth=10**9))
    assert troubles(better, WatchSettings(), now=NOW, standing={"failing courier", "disk"}) == []


def test_after_a_pause_few_looks_end_no_alarm() -> None:
    paused = figures(source(failed=1, looks=1, reason="x"), source(name="other", host="o.example"),
                     hosts=(host(host="o.example", looks=1, blocked=1),))
    assert troubles(paused, WatchSettings(), now=NOW) == []
    told = ["blocked o.example", "failing courier"]
    assert names(troubles(paused, WatchSettings(), now=NOW, standing=told)) == told


def test_without_a_network_what_was_told_of_sources_stands_and_nothing_is_added() -> None:
    found = figures(source(arrivals=HOURLY), source(name="other", arrivals=HOURLY), network=("none answered",))
    assert names(troubles(found, WatchSettings(), now=NOW, standing={"silent other"})) == ["network", "silent other"]


@pytest.mark.parametrize("found", [
    figures(source(arrivals=HOURLY)), figures(source(failed=100, reason="HTTP status 500")),
    figures(source(hindrance="robots.txt forbids it", arrivals=())), figures(hosts=(host(),), vantage="DE"),
    figures(disk=DiskFigures(held=1, free=10**9, growth=10**9)), figures(damaged=(("a.warc.gz", "x"),)),
], ids=["silent", "failing", "hindered", "blocked", "disk", "damage"])
def test_a_sentence_says_where_and_what_to_do(found: Figures) -> None:
    (trouble,) = troubles(found, WatchSettings(), now=NOW)
    assert ";" in trouble.sentence
    assert any(place in trouble.sentence for place in ("courier", "disk", "a.warc.gz"))


def test_a_blocked_hosts_sentence_names_the_vantage_and_a_country_where_it_may_be_that() -> None:
    (trouble,) = troubles(figures(hosts=(host(),), vantage="DE"), WatchSettings(), now=NOW)
    assert "perhaps for its country" in trouble.sentence
    assert "from DE" in trouble.sentence
    (trouble,) = troubles(figures(hosts=(host(statuses=frozenset({429})),)), WatchSettings(), now=NOW)
    assert "country" not in trouble.sentence


@pytest.mark.parametrize(("changed", "expected"), [
    ({"statuses": frozenset({451}), "blocked": 1}, True), ({"statuses": frozenset({403})}, True),
    ({"statuses": frozenset({403}), "blocked": 4}, False), ({"statuses": frozenset({403, 429})}, False),
    ({"statuses": frozenset()}, False),
])
def test_a_host_may_be_closed_to_a_country(changed: dict[str, Any], expected: bool) -> None:
    assert host(**changed).is_geo_blocked is expected


def test_an_hourly_source_is_silent_after_three_hours() -> None:
    assert usual_interval(HOURLY) == HOUR
    assert silence(source(arrivals=HOURLY), last_look=NOW) == 3.0


def test_nights_are_no_silence() -> None:
    arrivals = nightly(14)
    assert usual_interval(arrivals) == 9 * HOUR
    for hours in range(12):  # up to an hour before noon, when the last one came at 23 h
        assert (silence(source(arrivals=arrivals), last_look=arrivals[-1] + hours * HOUR) or 0) < 3


def test_pages_of_one_look_are_one_arrival() -> None:
    first_run = tuple(NOW + timedelta(seconds=2 * n) for n in range(20))
    assert usual_interval(first_run) is None


MOMENTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=60)


@given(MOMENTS, st.randoms())
def test_the_usual_interval_does_not_depend_on_the_order(minutes: list[int], random: Any) -> None:
    times = [NOW + timedelta(minutes=n) for n in minutes]
    shuffled = random.sample(times, len(times))
    assert usual_interval(times) == usual_interval(shuffled)


@given(MOMENTS, st.integers(2, 10))
def test_the_usual_interval_grows_with_the_time_between_arrivals(minutes: list[int], factor: int) -> None:
    once = usual_interval([NOW + timedelta(minutes=20 * n) for n in minutes])
    stretched = usual_interval([NOW + timedelta(minutes=20 * n * factor) for n in minutes])
    assert (once * factor if once is not None else None) == stretched


@given(MOMENTS)
def test_the_usual_interval_is_a_gap_that_was_seen(minutes: list[int]) -> None:
    times = sorted({NOW + timedelta(minutes=20 * n) for n in minutes})
    usual = usual_interval(times)
    assert usual is None or usual in {b - a for a, b in pairwise(times)}


NAMES = st.lists(st.sampled_from("abcdef"), unique=True)


@given(NAMES, NAMES)
def test_each_alarm_is_told_when_it_begins_and_when_it_ends_and_not_between(before: list[str], after: list[str]) -> None:
    told = [Alarm(name=name, since=NOW - DAY, sentence="then") for name in before]
    found = changes(told, [Trouble(name=name, sentence="now") for name in after], now=NOW)
    assert [alarm.name for alarm in found.standing] == after
    assert {alarm.name for alarm in found.begun} == set(after) - set(before)
    assert {alarm.name for alarm in found.ended} == set(before) - set(after)
    assert all(alarm.since == (NOW - DAY if alarm.name in before else NOW) for alarm in found.standing)
    assert all(alarm.sentence == "now" for alarm in found.standing)
    again = changes(found.standing, [Trouble(name=name, sentence="now") for name in after], now=NOW + DAY)
    assert (again.begun, again.ended, again.standing) == ((), (), found.standing)


@pytest.mark.parametrize(("span", "words"), [
    (timedelta(seconds=5), "5 s"), (timedelta(minutes=90), "1.5 h"), (timedelta(days=7), "7 d"), (HOUR / 2, "30 min"),
])
def test_spans_are_said_in_their_largest_unit(span: timedelta, words: str) -> None:
    assert in_words(span) == words


@pytest.mark.parametrize(("number", "words"), [(0, "0 B"), (1_500, "1.5 kB"), (2.5e9, "2.5 GB"), (999_999, "1 MB"), (3e15, "3,000 TB")])
def test_bytes_are_said_in_their_largest_unit(number: float, words: str) -> None:
    assert in_bytes(number) == words
