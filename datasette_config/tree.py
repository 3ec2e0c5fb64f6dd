"""A family's members -> its tree, as places to draw and as a nested list, and its timeline.

Sigla are the short names of witnesses, as textual critics give them: A is the one that the family is named after, the
others follow by when they are known to have stood. They belong to one view of one family; to cite a text, use its
public id.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from archive.store.kin import Member
from archive.store.pages import Card

# The drawing of a family of up to eight copyings in a row fits a window of 360 pixels.
ROW = 46  # pixels from one witness of the drawing to the next: two lines of words
STEP, NARROW = 32, 11  # pixels from a text to those that were made from it; the least, in deep trees
DEEP = 88  # pixels that all steps together should take
LEFT = 14
LABEL = 224  # pixels for the words beside a node
_MARKS = ((0, "0"), (1, "1 h"), (6, "6 h"), (24, "1 day"), (24 * 7, "1 week"), (24 * 30, "1 month"),
          (24 * 182, "6 months"), (24 * 365, "1 year"))
_MARGIN = 10.0  # per cent of the timeline's width, at the left for sigla
_WIDE, _SMALL = 600, 300  # pixels of a timeline: the least in a wide window, and in one of 360
_LETTER = 7  # pixels of a mark's words, each letter
_BEFORE = 2.0  # per cent to the left of the earliest: where a date leaves room for an earlier moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A witness in the tree; `depth` counts copyings from the root, `row` places from the top."""

    siglum: str
    card: Card
    parent: str | None
    depth: int
    row: int
    children: tuple["Node", ...]

    @property
    def y(self) -> int:
        return ROW // 2 + self.row * ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The whole drawing; several roots where no decided link says what a text was made from."""

    roots: tuple[Node, ...]
    nodes: tuple[Node, ...]
    depth: int

    @property
    def step(self) -> int:
        return max(NARROW, min(STEP, DEEP // max(self.depth, 1)))

    @property
    def width(self) -> int:
        return LEFT + self.depth * self.step + LABEL

    @property
    def height(self) -> int:
        return len(self.nodes) * ROW

    def x(self, node: Node) -> int:
        return LEFT + node.depth * self.step

    @property
    def edges(self) -> list[tuple[Node, Node]]:
        return [(node, child) for node in self.nodes for child in node.children]

    @property
    def lines(self) -> str:
        """From each text down to the last that was made from it, and from there to each: one path of SVG for all."""
        down = (f"M{self.x(node)} {node.y}V{node.children[-1].y - 8}" for node in self.nodes if node.children)
        over = (f"M{self.x(node)} {child.y - 8}q0 8 8 8H{self.x(child)}" for node, child in self.edges)
        return "".join([*down, *over])


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A witness on the timeline, in per cent of its width: when it can have been published, and its first sighting."""

    siglum: str
    card: Card
    start: float
    end: float
    seen: float
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A time on the timeline, in per cent of its width; `shown` says in which windows there is room for its words."""

    place: float
    words: str
    anchor: Literal["start", "middle", "end"]
    shown: Literal["always", "wide", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Spans by time since the first moment at which one is known to have stood; hours are drawn wider than months."""

    spans: tuple[Span, ...]
    marks: tuple[Mark, ...]
    zero: str


def siglum(place: int) -> str:
    """ "A" to "Z", then "AA": the name of the witness in that place, from 0."""
    name = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def sigla(members: Sequence[Member]) -> dict[int, str]:
    """The siglum of each member's article; members come in the order of `archive.store.kin.members`."""
    return {member.card.article_id: siglum(place) for place, member in enumerate(members)}


def tree(members: Sequence[Member]) -> Tree:
    """The tree of a family; a parent that is no member, or that a loop would need, leaves a root."""
    names = sigla(members)
    parents = _parents(members)
    children: dict[int | None, list[Member]] = {}
    for member in members:
        children.setdefault(parents[member.card.article_id], []).append(member)
    rows = iter(range(len(members)))
    roots = _grown(children, names, rows)
    nodes = tuple(_walk(roots))
    return Tree(roots=roots, nodes=nodes, depth=max((node.depth for node in nodes), default=0))


def _grown(children: dict[int | None, list[Member]], names: dict[int, str], rows: Iterator[int]) -> tuple[Node, ...]:
    """The roots with all below them, without recursion: a chain of copies may be as long as a family.

    Rows are given in reading order (a text before its copies), nodes are made in the reverse order.
    """
    order: list[tuple[Member, int | None, int, int]] = []
    waiting: list[tuple[Member, int | None, int]] = [(m, None, 0) for m in reversed(children.get(None, []))]
    while waiting:
        member, parent, depth = waiting.pop()
        order.append((member, parent, depth, next(rows)))
        below = children.get(member.card.article_id, [])
        waiting += [(child, member.card.article_id, depth + 1) for child in reversed(below)]
    made: dict[int | None, list[Node]] = {}
    for member, parent, depth, row in reversed(order):
        article = member.card.article_id
        node = Node(siglum=names[article], card=member.card, parent=names.get(parent) if parent else None,
                    depth=depth, row=row, children=tuple(reversed(made.pop(article, []))))
        made.setdefault(parent, []).append(node)
    return tuple(reversed(made.get(None, [])))


def _walk(roots: Sequence[Node]) -> Iterator[Node]:
    waiting = list(reversed(roots))
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _parents(members: Sequence[Member]) -> dict[int, int | None]:
    known = {member.card.article_id: member.parent for member in members}
    parents: dict[int, int | None] = {}
    for article in known:
        seen, above = {article}, known[article]
        while above in known and above not in seen:
            seen.add(above)
            above = known[above]
        is_sound = known[article] in known and above not in seen
        parents[article] = known[article] if is_sound else None
    return parents


def timeline(members: Sequence[Member]) -> Timeline | None:
    """When each witness was published and first seen, counted from the earliest; None for no members."""
    if not members:
        return None
    zero = min(_time(m.card.known_by) for m in members)
    longest = max(_hours(m.card.first_seen, zero) for m in members)
    names = sigla(members)

    def place(hours: float) -> float:
        if hours < 0:
            return _MARGIN - _BEFORE
        return round(_MARGIN + math.log1p(hours) / math.log1p(max(longest, 1.0)) * (96 - _MARGIN), 2)

    spans = tuple(
        Span(siglum=names[m.card.article_id], card=m.card, row=row,
             start=place(_hours(m.card.dating.earliest or m.card.first_seen, zero)),
             end=place(_hours(m.card.known_by, zero)), seen=place(_hours(m.card.first_seen, zero)))
        for row, m in enumerate(members)
    )
    marks = [(place(hours), words) for hours, words in _MARKS if hours <= max(longest, 1.0)]
    return Timeline(spans=spans, marks=_marks(marks), zero=zero.isoformat())


def _marks(places: Sequence[tuple[float, str]]) -> tuple[Mark, ...]:
    anchors = [_anchor(place, is_first=number == 0) for number, (place, _) in enumerate(places)]
    wide, small = (_with_room(places, anchors, width=width) for width in (_WIDE, _SMALL))
    return tuple(
        Mark(place=place, words=words, anchor=anchor,
             shown="always" if place in small and place in wide else "wide" if place in wide else "never")
        for (place, words), anchor in zip(places, anchors, strict=True)
    )


def _anchor(place: float, *, is_first: bool) -> Literal["start", "middle", "end"]:
    return "start" if is_first else "end" if place > 90 else "middle"


def _with_room(places: Sequence[tuple[float, str]], anchors: Sequence[str], *, width: int) -> set[float]:
    """The places whose words do not touch those before them on a line of so many pixels."""
    found: set[float] = set()
    end = -math.inf
    for (place, words), anchor in zip(places, anchors, strict=True):
        length = len(words) * _LETTER
        start = place / 100 * width - {"start": 0.0, "middle": length / 2, "end": float(length)}[anchor]
        if start > end + _LETTER:
            found.add(place)
            end = start + length
    return found


@lru_cache(maxsize=4_096)  # of each text the same moments are placed several times
def _time(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


def _hours(iso: str, zero: datetime) -> float:
    return (_time(iso) - zero).total_seconds() / 3600
