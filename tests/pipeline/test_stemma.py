"""Links, their directions and families."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import CopyLink, Family, Moment, Passage, Reuse, Witness
from pipeline.dates import moment
from pipeline.stemma import DECIDED, copied, families, is_link, link, probability_first

START = datetime(2024, 8, 6, 12, tzinfo=UTC)


def witness(name: str, *, seen: float = 0, published: str | None = None, **changes: object) -> Witness:
    """A witness that was first seen some hours after the start."""
    return Witness(**{  # type: ignore[arg-type]
        "public_id": f"{name}-1", "article": f"https://{name}.com/story", "outlet": f"The {name.title()}",
        "host": f"www.{name}.com", "title": "T", "language": "en",
        "published": moment(published, basis="json-ld") if published else None,
        "first_seen": START + timedelta(hours=seen), "canonical": None, "credits": (), "text_words": 300,
    } | changes)


def reuse(words: int = 200, left: float = 0.9, right: float = 0.9, relation: str = "near-duplicate") -> Reuse:
    return Reuse(relation=relation, left_coverage=left, right_coverage=right, order=1.0, passages=(  # type: ignore[arg-type]
        Passage(left_start=0, left_end=9, right_start=0, right_end=9, words=words),))


MOMENTS = st.builds(
    lambda start, length: Moment(verbatim="", iso="", earliest=START + timedelta(minutes=start), offset=None, basis="",
                                 latest=START + timedelta(minutes=start + length)),
    st.integers(0, 500), st.one_of(st.just(0), st.integers(0, 500)),
)
WITNESSES = st.builds(
    lambda name, seen, published, credit, canonical, words: witness(
        name, seen=seen, published=published, credits=(credit,) if credit else (), canonical=canonical, text_words=words
    ),
    st.sampled_from(["aaaa", "bbbb"]),
    st.integers(0, 60),
    st.sampled_from([None, "2024-08-06", "2024-08-07T10:00:00Z", "2024-08-07T10:30:00Z", "2024-08-07T12:00:00"]),
    st.sampled_from([None, "Source: The Aaaa", "Source: bbbb.com", "Source: another"]),
    st.sampled_from([None, "https://aaaa.com/story?utm_source=x", "https://bbbb.com/story"]),
    st.sampled_from([50, 300]),
)


@given(MOMENTS, MOMENTS)
@settings(max_examples=300, deadline=None)
def test_the_probabilities_of_the_two_orders_add_up_to_one(one: Moment, other: Moment) -> None:
    first = probability_first(one, other)
    assert 0 <= first <= 1
    assert first + probability_first(other, one) == pytest.approx(1)


@given(MOMENTS, MOMENTS, st.integers(0, 300))
@settings(max_examples=200, deadline=None)
def test_a_later_time_is_no_likelier_to_be_first(one: Moment, other: Moment, minutes: int) -> None:
    later = replace(
        one, earliest=one.earliest + timedelta(minutes=minutes), latest=one.latest + timedelta(minutes=minutes)
    )
    assert probability_first(later, other) <= probability_first(one, other) + 1e-9


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((0, 0), (5, 5), 1.0),
        ((5, 5), (0, 0), 0.0),
        ((5, 5), (5, 5), 0.5),
        ((0, 10), (0, 10), 0.5),
        ((0, 10), (10, 20), 1.0),
        ((2, 2), (0, 10), 0.8),
        ((0, 10), (2, 2), 0.2),
        ((0, 10), (5, 15), 0.875),
        ((0, 20), (5, 15), 0.5),
        ((0, 10), (8, 10), 0.9),
    ],
)
def test_probability_first(one: tuple[int, int], other: tuple[int, int], expected: float) -> None:
    left, right = (
        Moment(
            verbatim="",
            iso="",
            earliest=START + timedelta(minutes=a),
            latest=START + timedelta(minutes=b),
            offset=None,
            basis="",
        )
        for a, b in (one, other)
    )
    assert probability_first(left, right) == pytest.approx(expected)


@given(WITNESSES, WITNESSES, st.floats(0.1, 1), st.floats(0.1, 1), st.sampled_from(["excerpt", "near-duplicate"]))
@settings(max_examples=300, deadline=None)
def test_a_link_is_the_same_whichever_side_is_given_first(
    one: Witness, other: Witness, left: float, right: float, relation: str
) -> None:
    other = replace(other, public_id="zzzz-1")
    found = reuse(left=left, right=right, relation=relation)
    made = link(one, other, found)
    assert made == link(other, one, found.turned())
    assert {made.copy, made.exemplar} == {one.public_id, other.public_id}
    assert (made.direction == "decided") == (made.direction_confidence >= DECIDED)
    assert 0 <= made.direction_confidence <= 1
    assert 0.5 <= made.copied <= 1
    if made.direction == "undecided":
        seen = {w.public_id: w.first_seen for w in (one, other)}
        assert seen[made.copy] >= seen[made.exemplar], "the later seen stands as the copy"


@pytest.mark.parametrize(("line", "names"), [
    ("This article was originally published by Frontier Courier.", True), ("Source: the frontier courier", True),
    ("Read it at https://www.courier.com/story", True), ("Source: courier.com.", True),
    ("Source: reportcourier.com", False), ("Source: courier.com.au", False), ("Source: my-courier.com", False),
    ("Source: Frontier Couriers", False), ("Source: somebody else", False),
])
def test_a_credit_line_decides_if_it_names_the_outlet_or_its_host(line: str, names: bool) -> None:
    exemplar = witness("courier", outlet="The Frontier Courier", seen=50)
    copy = witness("digest", credits=("Nothing here", line))
    made = link(exemplar, copy, reuse())
    assert (made.exemplar == exemplar.public_id and made.direction == "decided") is names
    assert any(e.kind == "credit" and "Courier" in e.detail for e in made.evidence) is names


@pytest.mark.parametrize("changes", [
    pytest.param({"outlet": "The Courier"}, id="one outlet under two names of the web"),
    pytest.param({"host": "blog.courier.com"}, id="one registered domain"),
])
def test_a_credit_line_that_names_the_pages_own_house_says_nothing(changes: dict[str, object]) -> None:
    one = witness("courier", outlet="The Courier")
    other = witness("mirror", credits=("This article was published by The Courier, courier.com",), **changes)
    assert link(one, other, reuse()).evidence == ()


def test_a_witness_without_host_or_outlet_is_named_by_no_line() -> None:
    nameless = witness("none", host="", outlet="")
    assert link(nameless, witness("digest", credits=("Source: anybody",)), reuse()).evidence == ()


def test_a_declared_canonical_address_decides() -> None:
    copy = witness("digest", canonical="http://courier.com/story/?utm_source=digest")
    made = link(witness("courier", seen=99), copy, reuse())
    assert (made.copy, made.direction, [e.kind for e in made.evidence if e.favours == "courier-1"]) == \
        ("digest-1", "decided", ["canonical"])


@pytest.mark.parametrize(("early", "late", "weight"), [
    ("2024-08-06T10:00:00Z", "2024-08-08T10:00:00Z", 2.5), ("2024-08-06T10:00:00Z", "2024-08-06T12:00:00Z", 2.0),
    ("2024-08-06T10:00:00Z", "2024-08-06T10:20:00Z", 1.0), ("2024-08-06", "2024-08-12", 2.5),
    ("2024-08-06T10:00:00Z", "2024-08-06T10:00:00Z", None), ("2024-08-06", "2024-08-06", None),
    ("2024-08-06T10:00:00", "2024-08-06T10:30:00", None),
])
def test_the_earlier_published_is_favoured_by_the_gap(early: str, late: str, weight: float | None) -> None:
    one, other = witness("aaaa", published=early), witness("bbbb", published=late)
    for left, right in ((one, other), (other, one)):
        found = [(e.favours, e.weight) for e in link(left, right, reuse()).evidence if e.kind == "published"]
        assert found == ([("aaaa-1", weight)] if weight else [])


def test_overlapping_times_count_by_what_their_overlap_allows() -> None:
    (found,) = link(witness("aaaa", published="2024-08-06"), witness("bbbb", published="2024-08-07"), reuse()).evidence
    assert found.favours == "aaaa-1"
    assert 0 < found.weight <= 2.0


def test_what_cannot_be_told_is_undecided_and_says_so() -> None:
    made = link(witness("aaaa", seen=5), witness("bbbb"), reuse())
    assert (made.copy, made.exemplar, made.direction, made.direction_confidence) == (
        "aaaa-1",
        "bbbb-1",
        "undecided",
        0.5,
    )
    contrary = link(witness("aaaa", seen=0, published="2024-08-06T10:20:00Z"),
                    witness("bbbb", seen=5, published="2024-08-06T10:00:00Z"), reuse())
    assert (contrary.copy, contrary.direction) == ("bbbb-1", "undecided")
    assert contrary.direction_confidence < 0.5, "what is known speaks for the other way"


def test_the_first_seen_by_a_day_and_the_longer_text_are_favoured() -> None:
    made = link(witness("aaaa", seen=30, text_words=100), witness("bbbb", text_words=300),
                reuse(left=0.95, right=0.3, relation="excerpt"))
    assert [(e.kind, e.favours) for e in made.evidence] == [("first seen", "bbbb-1"), ("shorter", "bbbb-1")]


@given(st.integers(0, 3_000), st.integers(0, 300), st.sampled_from(["identical", "near-duplicate", "excerpt"]))
def test_more_common_words_make_copying_no_less_sure(words: int, more: int, relation: str) -> None:
    assert 0.5 <= copied(reuse(words, relation=relation)) <= copied(reuse(words + more, relation=relation)) < 1


def test_pages_of_one_site_need_more_in_common() -> None:
    assert is_link(reuse(50, 0.1, 0.1), same_site=False)
    assert not is_link(reuse(50, 0.1, 0.1), same_site=True)
    assert not is_link(reuse(50, 0.9, 0.9), same_site=True)
    assert is_link(reuse(90, 0.9, 0.1), same_site=True)
    assert is_link(reuse(10, 1.0, 1.0, "identical"), same_site=True)


# ---- families

NAMES = [f"w{n}" for n in range(7)]
HELD = {f"{name}-1": witness(name, seen=n) for n, name in enumerate(NAMES)} | {
    f"{name}-2": replace(witness(name, seen=n + 100), public_id=f"{name}-2") for n, name in enumerate(NAMES)}


def copy_link(copy: str, exemplar: str, confidence: float = 0.9, *, sure: float = 0.99) -> CopyLink:
    return CopyLink(copy=copy, exemplar=exemplar, relation="near-duplicate", copied=sure, evidence=(),
                    direction="decided" if confidence >= DECIDED else "undecided", direction_confidence=confidence)


LINKS = st.lists(
    st.builds(
        copy_link,
        st.sampled_from(sorted(HELD)),
        st.sampled_from(sorted(HELD)),
        st.sampled_from([0.4, 0.8, 0.9, 0.98]),
        sure=st.sampled_from([0.9, 0.99]),
    ),
    max_size=14,
    unique_by=lambda found: frozenset({HELD[found.copy].article, HELD[found.exemplar].article}),
).map(lambda found: [one for one in found if HELD[one.copy].article != HELD[one.exemplar].article])


@given(LINKS, st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_families_are_trees_that_hold_every_linked_article_once(found: list[CopyLink], chance: object) -> None:
    trees = families(found, HELD)
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert families(shuffled, HELD) == trees, "in any order of links"
    linked = {HELD[name].article for one in found for name in (one.copy, one.exemplar)}
    members = [HELD[member.witness].article for tree in trees for member in tree.members]
    assert sorted(members) == sorted(linked)
    for tree in trees:
        assert _roots(tree), "somebody is at the top"
        assert tree.public_id in [root for root in _roots(tree)]
        _assert_no_cycle(tree)
        articles = {HELD[member.witness].article for member in tree.members}
        assert all(HELD[m.parent].article in articles for m in tree.members if m.parent is not None)
        decided = {(one.copy, one.exemplar) for one in found if one.direction == "decided"}
        assert all((m.witness, m.parent) in decided for m in tree.members if m.parent is not None)
    for one in found:
        assert [tree for tree in trees if _holds(tree, one.copy)] == [
            tree for tree in trees if _holds(tree, one.exemplar)
        ]


def _roots(tree: Family) -> list[str]:
    return [member.witness for member in tree.members if member.parent is None]


def _holds(tree: Family, name: str) -> bool:
    return any(HELD[member.witness].article == HELD[name].article for member in tree.members)


def _assert_no_cycle(tree: Family) -> None:
    above = {HELD[m.witness].article: HELD[m.parent].article for m in tree.members if m.parent is not None}
    for article in above:
        seen = [article]
        while seen[-1] in above:
            seen.append(above[seen[-1]])
            assert len(seen) <= len(tree.members)


def parents(found: Sequence[CopyLink]) -> dict[str, str | None]:
    return {m.witness: m.parent for tree in families(found, HELD) for m in tree.members}


def test_a_copy_of_a_copy_hangs_below_it() -> None:
    found = [copy_link("w1-1", "w0-1"), copy_link("w2-1", "w1-1"), copy_link("w2-1", "w0-1", 0.85)]
    for order in permutations(found):
        assert parents(order) == {"w0-1": None, "w1-1": "w0-1", "w2-1": "w1-1"}
        assert families(order, HELD)[0].public_id == "w0-1"


def test_of_a_circle_the_least_sure_link_is_passed_over() -> None:
    found = [copy_link("w1-1", "w0-1", 0.98), copy_link("w2-1", "w1-1", 0.9), copy_link("w0-1", "w2-1", 0.85)]
    assert parents(found) == {"w0-1": None, "w1-1": "w0-1", "w2-1": "w1-1"}


def test_an_undecided_link_connects_and_gives_no_parent() -> None:
    assert parents([copy_link("w1-1", "w0-1", 0.5)]) == {"w0-1": None, "w1-1": None}


def test_two_families_that_nothing_connects_are_two() -> None:
    assert len(families([copy_link("w1-1", "w0-1"), copy_link("w3-1", "w2-1")], HELD)) == 2
    assert families([], HELD) == ()


def test_a_family_is_called_after_the_root_from_which_most_was_made_of_equals_the_oldest() -> None:
    published = {"w5-1": replace(HELD["w5-1"], published=moment("2024-08-01T00:00:00Z", basis="x"))}
    (tree,) = families([copy_link("w1-1", "w0-1"), copy_link("w1-2", "w5-1", 0.5)], HELD | published)
    assert tree.public_id == "w0-1"
    (tree,) = families([copy_link("w1-1", "w0-1", 0.5), copy_link("w1-2", "w5-1", 0.5)], HELD | published)
    assert tree.public_id == "w5-1"
