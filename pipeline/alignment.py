"""Two texts -> which sentences of one stand for which of the other, in order, and how much that says (pure).

Copies keep the order of their source, independent reports of one event do not. So the sentences that fit each other
best are chained in the heaviest order that rises on both sides, and the same is done over the reversed text: what
chance and a shared topic bring, they bring in both directions.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.epoch import Epoch
from pipeline.indexing import Index
from pipeline.skeletons import NUMBER

MIN_WEIGHT = 1.0  # nats; a token that stands in more than a third of all articles aligns nothing
MIN_CELL = 4.0  # nats that two sentences must share to be paired
MAX_PLACES = 16  # sentence pairs of one token: what stands everywhere in both texts aligns everything
MAX_CELLS = 150  # pairs that are chained: the heaviest; the work grows with their square
NUMBER_BOOST, NAME_BOOST = 1.5, 1.3
QUOTED_DAMP = 0.75  # of a token that stands in quotations only: several reporters may have heard it
NEAR = 2  # sentences from one pair of the chain to the next that continue a run


@dataclass(frozen=True, slots=True)
class Profile:
    """A text with its tokens weighed: `places` are the sentences that have a token, by number, `weights` of each.

    Tokens that are too common to align anything are left out, and so are sentences of the site's furniture.
    """

    index: Index
    places: dict[str, tuple[int, ...]]
    weights: dict[str, float]
    own: tuple[float, ...]  # weight of all tokens of a sentence
    total: float
    words: int
    names: frozenset[str]
    numbers: frozenset[str]
    whole: tuple[int | None, ...]  # the sentence's key, where it is long enough to be recognised


@dataclass(frozen=True, slots=True)
class Cell:
    """A sentence of the left text and one of the right, with what they share in nats, damped by what they do not."""

    left: int
    right: int
    weight: float
    shared: float


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sentences that follow each other in both texts word for word; `own` counts the words that are not quoted."""

    sentences: int = 0
    words: int = 0
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """The chain and what it says; `features` are named in FEATURES; `stretch` is the longest that is word for word."""

    chain: tuple[Cell, ...]
    features: tuple[float, ...]
    stretch: Stretch


FEATURES = (
    "coverage_most", "coverage_least", "chain", "null", "length", "order", "kept", "run", "run_weight", "density",
    "content_most", "numbers_most", "numbers", "names_most", "names_least", "names", "words_least", "words_most",
    "meeting", "whole", "verbatim", "own_words", "agree", "conflict", "conflict_share",
)


def profile(index: Index, epoch: Epoch) -> Profile:
    """Weigh a text's tokens: by rarity, less where the text repeats them, since they align everything."""
    spans = index.spans
    furniture = {number for number, span in enumerate(spans) if span.is_whole and span.key in epoch.furniture}
    places: dict[str, tuple[int, ...]] = {}
    weights: dict[str, float] = {}
    names: set[str] = set()
    own = [0.0] * len(spans)
    for token, found, is_name, is_unquoted in zip(
            index.tokens, index.places, index.names, index.unquoted, strict=True):
        rarity = epoch.weight(token)
        if rarity < MIN_WEIGHT:
            continue
        if furniture:
            found = tuple(number for number in found if number not in furniture)
            if not found:
                continue
        if is_name:
            names.add(token)
        boost = NUMBER_BOOST if token[0] == NUMBER else NAME_BOOST if is_name else 1.0
        weight = rarity * boost / len(found) ** 0.5 * (1.0 if is_unquoted else QUOTED_DAMP)
        places[token], weights[token] = found, weight
        for number in found:
            own[number] += weight
    return Profile(
        index=index, places=places, weights=weights, own=tuple(own), total=math.fsum(weights.values()),
        words=sum(span.words for span in spans), names=frozenset(names),
        numbers=frozenset(token for token in places if token[0] == NUMBER),
        whole=tuple(span.key if span.is_whole and number not in furniture else None
                    for number, span in enumerate(spans)),
    )


def align(left: Profile, right: Profile, meeting: float) -> Alignment:
    """The chain of the two texts; `meeting` is the worth of the keys by which they met. Symmetric."""
    shared, content, numbers = _shared(left, right)
    cells = _mutual(left, right, shared)
    forward = heaviest(cells, 1)
    backward = heaviest(cells, -1)
    features = _features(left, right, meeting, content, numbers, cells, forward, backward)
    return Alignment(tuple(forward), features, _longest_stretch(left, right, forward))


def _shared(left: Profile, right: Profile) -> tuple[dict[tuple[int, int], float], float, int]:
    """What each pair of sentences shares; what the texts do; in how many numbers."""
    cells: dict[tuple[int, int], float] = {}
    content, numbers = 0.0, 0
    ours, theirs = left.weights, right.weights
    for token in sorted(ours.keys() & theirs.keys()):  # sums of floats depend on their order
        weight = min(ours[token], theirs[token])
        content += weight
        numbers += token[0] == NUMBER
        ones, others = left.places[token], right.places[token]
        if len(ones) * len(others) <= MAX_PLACES:
            for one in ones:
                for other in others:
                    cells[one, other] = cells.get((one, other), 0.0) + weight
    return cells, content, numbers


def _mutual(left: Profile, right: Profile, shared: dict[tuple[int, int], float]) -> list[Cell]:
    """The pairs in which each sentence is the other's best."""
    rows: dict[int, Cell] = {}
    columns: dict[int, Cell] = {}
    for (one, other), nats in sorted(shared.items()):
        if nats < MIN_CELL:
            continue
        cell = Cell(one, other, nats * nats / math.sqrt(left.own[one] * right.own[other]), nats)
        if one not in rows or cell.weight > rows[one].weight:
            rows[one] = cell
        if other not in columns or cell.weight > columns[other].weight:
            columns[other] = cell
    cells = [cell for one, cell in rows.items() if columns[cell.right].left == one]
    return sorted(sorted(cells, key=lambda c: (-c.weight, c.left))[:MAX_CELLS], key=lambda c: c.left)


def heaviest(cells: list[Cell], step: int) -> list[Cell]:
    """The heaviest chain of cells that rises on the left and, by the sign of `step`, rises or falls on the right."""
    best: list[float] = []
    before: list[int] = []
    rights = [cell.right * step for cell in cells]
    for index, cell in enumerate(cells):
        most, found = 0.0, -1
        for earlier in range(index):
            if best[earlier] > most and rights[earlier] < rights[index]:
                most, found = best[earlier], earlier
        best.append(most + cell.weight)
        before.append(found)
    chain: list[Cell] = []
    at = max(range(len(best)), key=best.__getitem__, default=-1)
    while at >= 0:
        chain.append(cells[at])
        at = before[at]
    return chain[::-1]


def _features(
    left: Profile, right: Profile, meeting: float, content: float, numbers: int, cells: list[Cell],
    forward: list[Cell], backward: list[Cell],
) -> tuple[float, ...]:
    weight, null = _weight(forward), _weight(backward)
    ours = sum(left.index.spans[cell.left].words for cell in forward) / max(1, left.words)
    theirs = sum(right.index.spans[cell.right].words for cell in forward) / max(1, right.words)
    run, run_weight = _longest_run(forward)
    verbatim, own_words = _verbatim(left, right, forward)
    agree, conflict = _numbers(left, right, forward)
    names = len(left.names & right.names)
    return (
        max(ours, theirs), min(ours, theirs), math.log1p(weight), math.log1p(null), math.log1p(len(forward)),
        weight / (weight + null) if weight else 0.5, weight / _weight(cells) if weight else 1.0,
        run, math.log1p(run_weight),
        _mean(cell.shared / min(left.own[cell.left], right.own[cell.right]) for cell in forward),
        content / max(1e-9, min(left.total, right.total)),
        _share(numbers, min(len(left.numbers), len(right.numbers))), math.log1p(numbers),
        _share(names, min(len(left.names), len(right.names))), _share(names, max(len(left.names), len(right.names))),
        math.log1p(names),
        math.log1p(min(left.words, right.words)), math.log1p(max(left.words, right.words)), math.log1p(meeting),
        _whole(left, right), math.log1p(verbatim), math.log1p(own_words),
        math.log1p(agree), math.log1p(conflict), conflict / (agree + conflict + 1),
    )


def _weight(cells: list[Cell]) -> float:
    return math.fsum(cell.weight for cell in cells)  # the same in whatever order


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return math.fsum(listed) / len(listed) if listed else 0.0


def _share(both: int, of: int) -> float:
    """What both have, as a share of what one has, drawn to a half where that is little."""
    return (both + 0.5) / (of + 1)


def _whole(left: Profile, right: Profile) -> float:
    """The share of the sentences of the text with fewer that stand word for word in the other."""
    ours, theirs = {k for k in left.whole if k is not None}, {k for k in right.whole if k is not None}
    return len(ours & theirs) / max(1, min(len(ours), len(theirs)))


def _longest_run(chain: list[Cell]) -> tuple[int, float]:
    """The most cells that follow each other closely on both sides, and the heaviest such run."""
    longest, heaviest, run, weight = 0, 0.0, 0, 0.0
    before: Cell | None = None
    for cell in chain:
        near = before is not None and cell.left - before.left <= NEAR and abs(cell.right - before.right) <= NEAR
        run, weight = (run + 1, weight + cell.weight) if near else (1, cell.weight)
        longest, heaviest = max(longest, run), max(heaviest, weight)
        before = cell
    return longest, heaviest


def _verbatim(left: Profile, right: Profile, chain: list[Cell]) -> tuple[float, float]:
    """Words of whole sentences that are the same, and of all that are aligned; quotations apart."""
    words, own = 0.0, 0.0
    for cell in chain:
        unquoted = 1 - _quoted(left, right, cell)
        ours = left.index.spans[cell.left].words
        own += min(ours, right.index.spans[cell.right].words) * unquoted
        if left.whole[cell.left] is not None and left.whole[cell.left] == right.whole[cell.right]:
            words += ours * unquoted
    return words, own


def _quoted(left: Profile, right: Profile, cell: Cell) -> float:
    return max(left.index.spans[cell.left].quoted, right.index.spans[cell.right].quoted)


def _longest_stretch(left: Profile, right: Profile, chain: list[Cell]) -> Stretch:
    """The stretch with the most words of its own."""
    longest, stretch = Stretch(), Stretch()
    before: Cell | None = None
    for cell in chain:
        ours, theirs = left.index.spans[cell.left], right.index.spans[cell.right]
        if ours.key != theirs.key:
            before = None
            continue
        if before is None or cell.left - before.left > NEAR or cell.right - before.right > NEAR:
            stretch = Stretch()
        own = ours.words * (1 - _quoted(left, right, cell))
        stretch = Stretch(stretch.sentences + 1, stretch.words + ours.words, stretch.own + own)
        longest = max(longest, stretch, key=lambda one: (one.own, one.words))
        before = cell
    return longest


def _numbers(left: Profile, right: Profile, chain: list[Cell]) -> tuple[int, int]:
    """Numbers that stand in both sentences of a pair, and how many contradict each other there."""
    agree = conflict = 0
    for cell in chain:
        ours, theirs = left.index.spans[cell.left].numbers, right.index.spans[cell.right].numbers
        agree += len(ours & theirs)
        conflict += min(len(ours - theirs), len(theirs - ours))
    return agree, conflict
