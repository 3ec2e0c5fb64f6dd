"""Sightings of one article -> its versions."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.digests import state_digest, text_digest
from archive.model import ChangedPassage, Post, Sighting, Version
from pipeline.extraction.notices import corrections
from pipeline.versions import FLIP, flips, post_versions, public_id, versions

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
            {"title": "New", "byline": "B", "text_digest": "n", "text": "Correction: it was 57."},
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
    ("An earlier version of this story named the wrong village.", True),
    ("This article was amended on 9 August 2024 to correct a distance.", True),
    ("Исправлено: число машин.", True), ("Виправлено: назву села.", True), ("Rettifica: il ponte è aperto.", True),
    ("У попередній версії було названо інше село.", True), ("В предыдущей версии было указано другое число.", True),
    ("In einer früheren Version hieß es, es seien 45.", True), ("Fe de erratas: eran 57.", True),
    ("The correction was made later.", False), ("Correct answers were few.", False), ("", False),
    ("This article was written in Kyiv.", False), ("Correction: " + "x" * 1_000, False),
])
def test_a_correction_notice(paragraph: str, expected: bool) -> None:
    assert corrections(["First paragraph.", paragraph]) == ((paragraph,) if expected else ())


def look(
    hours: float, text: str = "He held 45 men.", *, payload: str = "P", surface: str | None = None,
    title: str = "The day", byline: str | None = None, via: str = "stemma",
) -> Sighting:
    """A sighting whose digests are those of its text."""
    return Sighting(
        captured_at=START + timedelta(hours=hours), via=via, payload_digest=f"sha1:{payload * 8}", title=title,
        byline=byline, text=text, text_digest=text_digest(text), surface=surface,
        state_digest=state_digest(title=title, byline=byline, text=text),
    )


def test_a_change_names_its_passages_and_its_notice() -> None:
    notice = "Correction: he held 57 men, not 45."
    _, later = versions(ARTICLE, [
        look(0), look(1, f"He held 57 men.\n\n{notice}", payload="Q", title="The night", byline="A. Writer"),
    ])
    assert later.change == ("headline", "byline", "body", "correction")
    assert later.passages == (
        ChangedPassage(part="headline", was="The day", now="The night"),
        ChangedPassage(part="byline", was="", now="A. Writer"),
        ChangedPassage(part="body", was="45", now="57", earlier=1, later=1),
        ChangedPassage(part="body", was="", now=notice, later=2, is_notice=True),
    )


def test_a_second_correction_is_one_and_an_old_notice_is_none() -> None:
    first, second = "Correction: it was Tuesday.", "Correction: it was 57."
    found = versions(ARTICLE, [
        look(0, "He held 45 men."), look(1, f"He held 45 men.\n\n{first}", payload="Q"),
        look(2, f"He held 46 men.\n\n{first}", payload="R"), look(3, f"He held 57 men.\n\n{first}\n\n{second}", payload="S"),
        look(4, "He held 57 men.", payload="T"),
    ])
    assert [("correction" in version.change) for version in found] == [False, True, False, True, False]
    assert [p.now for version in found for p in version.passages if p.is_notice] == [first, second]


@pytest.mark.parametrize(("after", "expected"), [
    pytest.param(look(1, payload="Q", surface="s"), "markup", id="what nobody sees"),
    pytest.param(look(1, payload="Q", surface="t"), "surroundings", id="a clock, a counter, a box"),
    pytest.param(look(1, "He held  45 men.", payload="Q", surface="t"), "typography", id="the text's own signs"),
    pytest.param(look(1, payload="Q"), "unread", id="a page that could not be compared"),
])
def test_a_payload_of_the_same_state_is_no_version_and_its_difference_is_noted(after: Sighting, expected: str) -> None:
    (version,) = versions(ARTICLE, [look(0, surface="s"), after])
    assert (version.sightings, version.payloads) == (2, 2)
    assert version.differences == ((after.payload_digest, expected),)


def test_payloads_that_alternate_are_counted_once() -> None:
    (version,) = versions(ARTICLE, [look(n, payload="PQ"[n % 2], surface="s") for n in range(6)])
    assert (version.sightings, version.payloads, len(version.differences)) == (6, 2, 1)


def test_a_flip_is_told_apart_from_other_addresses() -> None:
    flip = look(5, "Not for you.", payload="Q", via="other")
    seen = [look(0), flip, look(9)]
    assert len(versions(ARTICLE, seen)) == 1
    assert flips(reversed(seen)) == (flip,)
    assert flips([look(0), look(5, "New.", payload="Q")]) == ()
    assert flips([]) == ()


# An article's life: what an editor does, and between edits what a page does by itself.
EDITS = st.lists(st.sampled_from(["He held 45 men.", "He held 57 men.", "Nobody was held.",
                                  "He held 57 men.\n\nCorrection: it was 57."]), min_size=1, max_size=5)
CLOCKS = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(["1", "2", "3"])), max_size=4)


@given(EDITS, st.data())
@settings(max_examples=150, deadline=None)
def test_clocks_and_flips_make_no_version_whatever_is_edited(texts: list[str], data: st.DataObject) -> None:
    edited = [text for text, _ in itertools.groupby(texts)]
    seen: list[Sighting] = []
    for n, text in enumerate(edited):
        seen.append(look(100 * n, text, payload="P", surface="s"))
        for hours, clock in data.draw(CLOCKS):
            seen.append(look(100 * n + hours, text, payload=f"C{clock}", surface=clock))
        if data.draw(st.booleans()):
            seen += [look(100 * n + 20, "Subscribe to read.", payload="F", via="other"), look(100 * n + 30, text, payload="P")]
    found = versions(ARTICLE, data.draw(st.permutations(seen)))
    assert [text_digest(text) for text in edited] == [_text_of(version, seen) for version in found]
    assert sum(version.sightings for version in found) + len(flips(seen)) == len(seen), "nothing is lost"
    for before, version in itertools.pairwise(found):
        assert version.passages, "each change has its passages"
        assert {passage.part for passage in version.passages} <= set(version.change) - {"first", "correction"}
        assert ("correction" in version.change) == any(passage.is_notice for passage in version.passages)
        assert before.last_seen < version.first_seen
    for version in found:
        assert len(version.differences) == version.payloads - 1


def _text_of(version: Version, seen: Sequence[Sighting]) -> str:
    return next(s.text_digest for s in seen if s.state_digest == version.state_digest)


def live(hours: float, **posts: str) -> Sighting:
    """A look at a live blog, with its posts by key."""
    found = tuple(Post(key=key, at=None, title=None, text=text) for key, text in posts.items())
    return replace(look(hours, " ".join(posts.values()), payload="PQRS"[int(hours)]), posts=found)


def test_a_live_blog_has_versions_for_each_of_its_posts() -> None:
    seen = [live(0, one="He held 45 men."), live(1, one="He held 45 men.", two="Rain."),
            live(2, two="Rain.", three="Sun."), live(3, one="He held 57 men.", three="Sun.")]
    found = post_versions(ARTICLE, reversed(seen))
    assert [(v.article.partition("#")[2], v.ordinal, v.sightings) for v in found] == [
        ("one", 1, 2), ("one", 2, 1), ("three", 1, 2), ("two", 1, 2)]
    assert [(p.was, p.now) for p in found[1].passages] == [("45", "57")]
    assert len({v.public_id for v in found}) == 4
    assert len(versions(ARTICLE, seen)) == 4, "and the whole keeps its own"
    assert post_versions(ARTICLE, [look(0)]) == ()
