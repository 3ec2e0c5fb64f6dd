"""Sightings of one article -> its versions."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import Sighting
from pipeline.versions import FLIP, has_correction, public_id, versions

ARTICLE = "https://news.example/story"
START = datetime(2025, 3, 15, 12, tzinfo=UTC)


def sighting(hours: float, state: str, via: str = "stemma") -> Sighting:
    return Sighting(captured_at=START + timedelta(hours=hours), via=via, state_digest=state,
                    payload_digest=f"sha1:{state.upper() * 8}", title=state, byline=None, text_digest=state)


def states(seen: Sequence[Sighting]) -> str:
    return "".join(version.state_digest for version in versions(ARTICLE, seen))


SIGHTINGS = st.lists(
    st.builds(sighting, st.integers(0, 200), st.sampled_from("abc"), st.sampled_from(["stemma", "archive.example"])),
    max_size=12,
)


@given(SIGHTINGS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_arrival_does_not_matter(seen: list[Sighting], chance: object) -> None:
    shuffled = list(seen)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert versions(ARTICLE, shuffled) == versions(ARTICLE, seen) == versions(ARTICLE, versions_again(seen))


def versions_again(seen: list[Sighting]) -> list[Sighting]:
    return sorted(seen, key=lambda s: (s.via, s.state_digest))


@given(SIGHTINGS)
@settings(max_examples=200, deadline=None)
def test_versions_are_numbered_runs_in_which_every_sighting_lies_at_most_once(seen: list[Sighting]) -> None:
    found = versions(ARTICLE, seen)
    assert [version.ordinal for version in found] == list(range(1, len(found) + 1))
    assert all(one.last_seen <= next_.first_seen for one, next_ in itertools.pairwise(found))
    assert all(one.state_digest != next_.state_digest for one, next_ in itertools.pairwise(found))
    assert all(version.first_seen <= version.last_seen for version in found)
    assert sum(version.sightings for version in found) <= len(seen)
    assert [bool(version.change) for version in found] == [True] * len(found)
    assert [version.change == ("first",) for version in found] == [True] * bool(found) + [False] * (len(found) - 1)
    for one in seen:
        holders = [version for version in found if version.state_digest == one.state_digest
                   and version.first_seen <= one.captured_at <= version.last_seen]
        assert len(holders) <= 1 or one.captured_at in (holders[0].last_seen, holders[1].first_seen)


@given(st.lists(st.builds(sighting, st.integers(0, 10**4), st.sampled_from("abc")), max_size=12,
                unique_by=lambda s: s.captured_at))
@settings(max_examples=100, deadline=None)
def test_with_one_agent_every_sighting_lies_in_a_version_and_no_two_have_one_name(seen: list[Sighting]) -> None:
    found = versions(ARTICLE, seen)
    assert sum(version.sightings for version in found) == len(seen)
    assert len({version.public_id for version in found}) == len(found)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        pytest.param([], "", id="never seen"),
        pytest.param([(0, "a"), (5, "a")], "a", id="an unchanged page is one version"),
        pytest.param([(0, "a"), (5, "b")], "ab", id="a change is two"),
        pytest.param([(0, "a"), (5, "b"), (9, "a")], "aba", id="a revert is a third"),
        pytest.param([(0, "a"), (5, "b", "other"), (9, "a")], "a", id="what another agent saw in between is a flip"),
        pytest.param(
            [(0, "a"), (5, "b", "other"), (20, "b", "other"), (40, "a")], "a", id="so are two looks within a day"
        ),
        pytest.param([(0, "a"), (5, "b", "other"), (29, "b", "other"), (40, "a")], "aba", id="a day is no flip"),
        pytest.param([(0, "a"), (5, "b", "other"), (6, "b"), (9, "a")], "aba", id="what both agents saw is none"),
        pytest.param([(0, "a"), (5, "b", "other"), (9, "c")], "abc", id="nor what goes on to something else"),
        pytest.param(
            [(0, "a", "other"), (5, "b", "other"), (9, "a")], "aba", id="nor what the agent before saw itself"
        ),
        pytest.param(
            [(0, "a"), (5, "b", "other"), (9, "a"), (12, "c", "other"), (20, "a"), (30, "d")], "ad", id="two flips"
        ),
        pytest.param([(5, "b", "other"), (9, "a")], "ba", id="nor what comes first"),
    ],
)
def test_versions(seen: list[tuple[float, str]], expected: str) -> None:
    assert states([sighting(*one) for one in seen]) == expected


def test_a_version_around_a_flip_counts_its_own_sightings() -> None:
    (version,) = versions(ARTICLE, [sighting(0, "a"), sighting(5, "b", "other"), sighting(9, "a")])
    assert (version.sightings, version.last_seen - version.first_seen) == (2, timedelta(hours=9))
    assert timedelta(hours=24) == FLIP


def test_a_public_id_names_article_second_and_payload() -> None:
    name = public_id(ARTICLE, sighting(0, "a"))
    assert name.endswith("-20250315120000-aaaaaaaa")
    assert name == versions(ARTICLE, [sighting(1, "a"), sighting(0, "a")])[0].public_id
    assert public_id("https://news.example/other", sighting(0, "a")) != name


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": "New"}, ("headline",)),
        ({"byline": "B"}, ("byline",)),
        ({"text_digest": "n"}, ("body",)),
        (
            {"title": "New", "byline": "B", "text_digest": "n", "is_correction": True},
            ("headline", "byline", "body", "correction"),
        ),
        ({"title": "OLD  “so”", "text_digest": "n"}, ("body",)),
    ],
)
def test_a_change_says_what_changed(changes: dict[str, object], expected: tuple[str, ...]) -> None:
    before = {
        "captured_at": START,
        "via": "stemma",
        "state_digest": "a",
        "payload_digest": "sha1:A",
        "title": 'Old "so"',
        "byline": None,
        "text_digest": "t",
    }
    after = before | {"captured_at": START + timedelta(hours=1), "state_digest": "b"} | changes
    assert versions(ARTICLE, [Sighting(**before), Sighting(**after)])[1].change == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(("paragraph", "expected"), [
    ("Correction: an earlier version gave the wrong day.", True), ("— Editor’s note: the name was misspelled.", True),
    ("Исправлено: число машин.", True), ("Виправлено: назву села.", True), ("Rettifica: il ponte è aperto.", True),
    ("The correction was made later.", False), ("Correct answers were few.", False), ("", False),
    ("Correction: " + "x" * 1_000, False),
])
def test_a_correction_notice(paragraph: str, expected: bool) -> None:
    assert has_correction(["First paragraph.", paragraph]) is expected
