"""Families: who stands under whom."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.model import CopyLink, Family, Passage, Reuse, Witness
from pipeline.descent.direction import DECIDED, link
from pipeline.extraction.dates import moment
from pipeline.stemma import families, ranked

START = datetime(2024, 8, 6, 12, tzinfo=UTC)


def witness(name: str, *, seen: float = 0, published: str | None = None, **changes: object) -> Witness:
    """A witness that was first seen some hours after the start."""
    return Witness(**{  # type: ignore[arg-type]
        "public_id": f"{name}-1", "article": f"https://{name}.com/story", "outlet": f"The {name.title()}",
        "host": f"www.{name}.com", "title": "T", "language": "en",
        "published": moment(published, basis="json-ld") if published else None,
        "first_seen": START + timedelta(hours=seen), "canonical": None, "credits": (),
    } | changes)


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


STORY = " ".join(f"word{n}" for n in range(200))
EDITED = STORY.replace("word50 ", "").replace("word90 ", "other ").replace("word150", "another thing")


def holding(**texts: str) -> dict[str, Witness]:
    return HELD | {f"{name}-1": replace(HELD[f"{name}-1"], text=text) for name, text in texts.items()}


CHAIN = [copy_link("w1-1", "w0-1"), copy_link("w2-1", "w1-1", 0.85), copy_link("w2-1", "w0-1")]


@pytest.mark.parametrize(("last", "exemplar"), [
    pytest.param(EDITED.replace("word10 ", "word10 word10 "), "w1-1", id="it has the edits of the first copy"),
    pytest.param(STORY.replace("word10 ", "word10 word10 "), "w0-1", id="it has none of them"),
    pytest.param("", "w0-1", id="no text: the one from which more was made"),
])
def test_a_copy_of_a_copy_hangs_below_it_if_it_has_its_edits(last: str, exemplar: str) -> None:
    held = holding(w0=STORY, w1=EDITED, w2=last)
    for order in permutations(CHAIN):
        (tree,) = families(order, held)
        assert {m.witness: m.parent for m in tree.members} == {"w0-1": None, "w1-1": "w0-1", "w2-1": exemplar}
        assert tree.public_id == "w0-1"


def test_a_copy_of_a_translation_hangs_below_the_translation() -> None:
    held = holding(w0=STORY, w1="палабра " + EDITED, w2="палабра " + EDITED + " конец")
    held |= {name: replace(held[name], language="es") for name in ("w1-1", "w2-1")}
    (tree,) = families(CHAIN, held)
    assert {m.witness: m.parent for m in tree.members}["w2-1"] == "w1-1"


@given(LINKS)
@settings(max_examples=200, deadline=None)
def test_another_family_changes_none(found: list[CopyLink]) -> None:
    held = HELD | {name: witness(name.removesuffix("-1")) for name in ("x1-1", "x2-1")}
    more = families([*found, copy_link("x2-1", "x1-1")], held)
    assert [tree for tree in more if tree.public_id != "x1-1"] == list(families(found, held))


def test_two_texts_of_one_agency_that_is_not_held_stand_below_it() -> None:
    wire = "KYIV (Reuters) - The column crossed the border."
    held = holding(w0=wire, w1=wire)
    (tree,) = families([copy_link("w1-1", "w0-1", 0.5)], held)
    (inferred,) = tree.inferred
    assert (inferred.name, inferred.kind, inferred.witnesses) == ("Reuters", "agency", ("w0-1", "w1-1"))
    (tree,) = families([copy_link("w1-1", "w0-1", 0.5)], held | {"w0-1": replace(held["w0-1"], outlet="Reuters")})
    assert tree.inferred == ()
    assert families([copy_link("w1-1", "w0-1")], held)[0].inferred == (), "one is explained by the other"


def test_subscribers_of_one_agency_stand_below_it_whoever_ran_it_first() -> None:
    wire = "WASHINGTON (AP) - The column crossed the border."
    held = {f"{name}-1": witness(name, seen=hours, published=f"2024-08-06T{10 + hours}:00:00Z", text=wire)
            for name, hours in (("one", 0), ("two", 8), ("three", 1))}
    found = [link(a, b, Reuse(relation="identical", left_coverage=1.0, right_coverage=1.0, order=1.0, passages=(
        Passage(left_start=0, left_end=48, right_start=0, right_end=48, words=8),)))
        for a, b in combinations(held.values(), 2)]
    (tree,) = families(found, held)
    assert {member.parent for member in tree.members} == {None}
    assert [(one.name, len(one.witnesses)) for one in tree.inferred] == [("AP", 3)]


THROUGH_ITALIAN = ("Ucraine’s army held the town, and Kiev insisted on the fact that it would stay for a certain period. "
                   "On the vast scale of the front that changed little.\n\nContributed relationships: A. Writer.")


def by_way_of_italian(**changes: object) -> tuple[Family, ...]:
    held = holding(w0="Ukraine’s army held the town.", w1=THROUGH_ITALIAN, w2=THROUGH_ITALIAN)
    held |= {"w2-1": replace(held["w2-1"], **changes)}  # type: ignore[arg-type]
    return families([replace(copy_link(copy, "w0-1"), relation="rewrite") for copy in ("w1-1", "w2-1")], held)


def test_copies_whose_words_came_through_a_language_stand_below_a_translation_that_is_not_held() -> None:
    (tree,) = by_way_of_italian()
    (inferred,) = tree.inferred
    assert (inferred.name, inferred.kind, inferred.witnesses) == ("it", "translation", ("w1-1", "w2-1"))


def test_no_translation_is_missing_where_a_member_may_be_it_or_the_exemplar_has_the_same_words() -> None:
    assert by_way_of_italian(language="it")[0].inferred == ()
    held = holding(w0=THROUGH_ITALIAN, w1=THROUGH_ITALIAN)
    for relation in ("rewrite", "identical"):
        (tree,) = families([replace(copy_link("w1-1", "w0-1"), relation=relation)], held)
        assert tree.inferred == ()
    (tree,) = families([copy_link("w1-1", "w0-1")], holding(w0="Ukraine", w1=THROUGH_ITALIAN))
    assert tree.inferred == (), "a copy nearly word for word came by no translation"


# ---- exemplars in order

@given(LINKS, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_every_link_ranks_its_exemplar_and_an_undecided_one_both_ways(found: list[CopyLink], chance: object) -> None:
    best = ranked(found, HELD)
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranked(shuffled, HELD) == best
    expected = {(one.copy, one.exemplar, one.direction == "decided") for one in found}
    expected |= {(one.exemplar, one.copy, False) for one in found if one.direction == "undecided"}
    assert {(copy, r.exemplar, r.is_decided) for copy, ranks in best.items() for r in ranks} == expected
    assert all(a.score >= b.score for ranks in best.values() for a, b in pairwise(ranks))


def test_the_parent_is_the_first_in_rank() -> None:
    for last, exemplar in ((EDITED, "w1-1"), (STORY, "w0-1")):
        assert ranked(CHAIN, holding(w0=STORY, w1=EDITED, w2=last))["w2-1"][0].exemplar == exemplar


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
