"""A family's tree and timeline, from two members to a thousand."""

import dataclasses

import pytest

from archive.store.kin import Member
from archive.store.pages import Card, Dating
from datasette_config.tree import siglum, timeline, tree

CARD = Card(
    version_id=0, article_id=0, key="k", public_id="p", url="https://a.example/", title="T", outlet="O", owner=None,
    language="en", ordinal=1, is_latest=True, versions=1, since="2024-08-06T00:00:00.000Z",
    first_seen="2024-08-06T00:00:00.000Z",
    last_seen="2024-08-06T00:00:00.000Z", gone_at=None, removed=False, family="p", shares=1, is_copy=False,
    dating=Dating(iso="2024-08-06", earliest="2024-08-05T10:00:00.000Z", latest="2024-08-07T12:00:00.000Z",
                  verbatim="6.8.", basis="url"),
)


def member(article: int, parent: int | None = None, first_seen: str = CARD.first_seen) -> Member:
    return Member(card=dataclasses.replace(CARD, article_id=article, first_seen=first_seen), parent=parent)


@pytest.mark.parametrize(("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_sigla(place: int, name: str) -> None:
    assert siglum(place) == name


def test_a_tree_reads_from_each_text_to_its_copies() -> None:
    drawn = tree([member(1), member(2, 1), member(3, 1), member(4, 2), member(5)])
    assert [(n.siglum, n.depth, n.row, n.parent) for n in drawn.nodes] == [
        ("A", 0, 0, None), ("B", 1, 1, "A"), ("D", 2, 2, "B"), ("C", 1, 3, "A"), ("E", 0, 4, None)]
    assert [(a.siglum, b.siglum) for a, b in drawn.edges] == [("A", "B"), ("A", "C"), ("B", "D")]


@pytest.mark.parametrize("members", [
    pytest.param([member(1, 2), member(2, 1)], id="a loop"),
    pytest.param([member(1, 1)], id="a text made from itself"),
    pytest.param([member(1, 99)], id="a parent that is no member"),
    pytest.param([member(1, 2), member(2, 1), member(3, 2)], id="below a loop"),
])
def test_what_cannot_be_a_tree_is_roots(members: list[Member]) -> None:
    assert all(node.parent is None for node in tree(members).nodes)
    assert len(tree(members).nodes) == len(members)


def test_a_chain_of_a_thousand_copies_is_drawn() -> None:
    drawn = tree([member(n, n - 1 if n else None) for n in range(1000)])
    assert [n.row for n in drawn.nodes] == list(range(1000))
    assert drawn.nodes[-1].depth == 999


def test_a_timeline_starts_where_the_first_is_known_to_have_stood() -> None:
    line = timeline([member(1), member(2, 1, first_seen="2025-03-01T00:00:00.000Z")])
    assert line is not None
    assert line.zero == "2024-08-06T00:00:00+00:00"
    assert line.spans[0].start < line.spans[0].end <= line.spans[0].seen < line.spans[1].seen
    assert [mark.words for mark in line.marks] == ["0", "1 h", "6 h", "1 day", "1 week", "1 month", "6 months"]


def test_words_on_a_narrow_timeline_are_those_that_have_room() -> None:
    line = timeline([member(1), member(2, 1, first_seen="2025-03-01T00:00:00.000Z")])
    assert line is not None
    assert [mark.words for mark in line.marks if mark.shown == "always"] == ["0", "6 h", "1 day", "1 week", "6 months"]
    assert [mark.words for mark in line.marks if mark.shown != "never"] == [
        "0", "1 h", "6 h", "1 day", "1 week", "1 month", "6 months"]


def test_a_family_of_one_moment_has_a_timeline() -> None:
    line = timeline([member(1), member(2)])
    assert line is not None
    assert all(0 <= span.start <= span.end <= 100 for span in line.spans)


def test_no_members_no_timeline() -> None:
    assert timeline([]) is None
    assert tree([]).nodes == ()
