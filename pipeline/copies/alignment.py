"""Two texts -> which sentences of one stand for which of the other, in order, and how much that says (pure).

Copies keep the order of their source, independent reports of one event do not. So the sentences that fit each other
best are chained in the heaviest order that rises on both sides, and the same is done over the reversed text: what
chance and a shared topic bring, they bring in both directions.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from pipeline.copies.epoch import Epoch
from pipeline.copies.indexing import Index, Weighed
from pipeline.copies.skeletons import NUMBER

MIN_WEIGHT = 1.0  # nats; a token that stands in more than a third of all articles aligns nothing
MIN_CELL = 4.0  # nats that two sentences must share to be paired
MAX_PLACES = 16  # sentence pairs of one token: what stands everywhere in both texts aligns everything
MAX_CELLS = 150  # pairs that are chained: the heaviest; the work grows with their square
NUMBER_BOOST, NAME_BOOST = 1.5, 1.3
QUOTED_DAMP = 0.75  # of a token that stands in quotations only: several reporters may have heard it
NEAR = 2  # sentences from one pair of the chain to the next that continue a run


@dataclass(frozen=True, slots=True)
class Profile:
    """A text in an epoch; what it shares with another is weighed when they are aligned.

    `at` has the place in the index of each token that is rare enough to align anything; sentences of `furniture` are
    the site's and align nothing; `whole` is the key of each sentence that can be recognised in another text.
    """

    index: Index
    epoch: Epoch
    weighed: Weighed
    at: dict[str, int]
    words: int
    furniture: frozenset[int]
    whole: tuple[int | None, ...]

    def places(self, at: int) -> Sequence[int]:
        """The sentences that have a token, those of furniture left out."""
        found = self.index.places(at)
        return [place for place in found if place not in self.furniture] if self.furniture else found

    def weight(self, at: int, rarity: float, found: int) -> float:
        """Of a token in so many sentences: less where the text repeats it, since it aligns everything."""
        index = self.index
        boost = NUMBER_BOOST if index.tokens[at][0] == NUMBER else NAME_BOOST if index.names[at] else 1.0
        return rarity * boost / math.sqrt(found) * (1.0 if index.unquoted[at] else QUOTED_DAMP)


@dataclass(frozen=True, slots=True)
class Cell:
    """A sentence of the left text and one of the right, with what they share in nats, damped by what they do not."""

    left: int
    right: int
    weight: float
    shared: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """The chain and what it says; `features` are named in FEATURES."""

    chain: tuple[Cell, ...]
    features: tuple[float, ...]


FEATURES = (
    "coverage_most", "coverage_least", "chain", "null", "length", "order", "kept", "run", "run_weight", "density",
    "content_most", "numbers_most", "numbers", "names_most", "names_least", "names", "words_least", "words_most",
    "meeting", "whole", "verbatim", "own_words", "agree", "conflict", "conflict_share",
)


def profile(index: Index, epoch: Epoch, *, boxes: frozenset[int] = frozenset()) -> Profile:
    """A text as it is compared in an epoch; `boxes` are sentences that are furniture beside those of the epoch."""
    furniture = boxes | frozenset(number for number, key in enumerate(index.keys)
                                  if index.is_whole[number] and key in epoch.furniture)
    made = Profile(
        index=index, epoch=epoch, weighed=_NOTHING, at={}, words=sum(index.words), furniture=furniture,
        whole=tuple(key if index.is_whole[number] and number not in furniture else None
                    for number, key in enumerate(index.keys)))
    weighed = _weighed(made)
    at = {token: at for at, (token, weight) in enumerate(zip(index.tokens, weighed.weights, strict=True)) if weight}
    return replace(made, weighed=weighed, at=at)


_NOTHING = Weighed(weights=b"", own=(), total=0.0, names=0, numbers=0)


def _weighed(text: Profile) -> Weighed:
    """The weight of all its tokens that are rare enough to align anything."""
    own = [0.0] * len(text.index.keys)
    steps = bytearray(len(text.index.tokens))
    weights, names, numbers = list[float](), 0, 0
    for at, token in enumerate(text.index.tokens):
        rarity = text.epoch.weight(token)
        if rarity < MIN_WEIGHT or not (found := text.places(at)):
            continue
        weight = text.weight(at, rarity, len(found))
        weights.append(weight)
        steps[at] = max(1, min(255, round(16 * weight)))
        names += text.index.names[at]
        numbers += token[0] == NUMBER
        for place in found:
            own[place] += weight
    return Weighed(
        weights=bytes(steps), own=tuple(array("f", own)),  # as exact as the models that read them were fitted on
        total=math.fsum(weights), names=names, numbers=numbers)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What each pair of sentences shares, and what the texts do: in all, and how many numbers and names."""

    cells: dict[tuple[int, int], float]
    content: float
    numbers: int
    names: int


def align(left: Profile, right: Profile, meeting: float) -> Alignment:
    """The chain of the two texts; `meeting` is the worth of the keys by which they met. Symmetric."""
    shared = _shared(left, right)
    cells = _mutual(left, right, shared.cells)
    forward = heaviest(cells, 1)
    backward = heaviest(cells, -1)
    features = _features(left, right, meeting, shared, cells, forward, backward)
    return Alignment(tuple(forward), features)


def _shared(left: Profile, right: Profile) -> _Shared:
    cells: dict[tuple[int, int], float] = {}
    content, numbers, names = 0.0, 0, 0
    rarity = left.epoch.weight
    for token in sorted(left.at.keys() & right.at.keys()):  # sums of floats depend on their order
        our, their = left.at[token], right.at[token]
        ones, others = left.places(our), right.places(their)
        nats = rarity(token)
        weight = min(left.weight(our, nats, len(ones)), right.weight(their, nats, len(others)))
        content += weight
        numbers += token[0] == NUMBER
        names += left.index.names[our] & right.index.names[their]
        if len(ones) * len(others) <= MAX_PLACES:
            for one in ones:
                for other in others:
                    cells[one, other] = cells.get((one, other), 0.0) + weight
    return _Shared(cells, content, numbers, names)


def _mutual(left: Profile, right: Profile, shared: dict[tuple[int, int], float]) -> list[Cell]:
    """The pairs in which each sentence is the other's best."""
    rows: dict[int, Cell] = {}
    columns: dict[int, Cell] = {}
    for (one, other), nats in sorted(shared.items()):
        if nats < MIN_CELL:
            continue
        cell = Cell(one, other, nats * nats / math.sqrt(left.weighed.own[one] * right.weighed.own[other]), nats)
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
    left: Profile, right: Profile, meeting: float, shared: _Shared, cells: list[Cell], forward: list[Cell],
    backward: list[Cell],
) -> tuple[float, ...]:
    weight, null = _weight(forward), _weight(backward)
    ours = sum(left.index.words[cell.left] for cell in forward) / max(1, left.words)
    theirs = sum(right.index.words[cell.right] for cell in forward) / max(1, right.words)
    run, run_weight = _longest_run(forward)
    verbatim, own_words = _verbatim(left, right, forward)
    agree, conflict = _numbers(left, right, forward)
    one, other = left.weighed, right.weighed
    return (
        max(ours, theirs), min(ours, theirs), math.log1p(weight), math.log1p(null), math.log1p(len(forward)),
        weight / (weight + null) if weight else 0.5, weight / _weight(cells) if weight else 1.0,
        run, math.log1p(run_weight),
        _mean(cell.shared / min(one.own[cell.left], other.own[cell.right]) for cell in forward),
        shared.content / max(1e-9, min(one.total, other.total)),
        _share(shared.numbers, min(one.numbers, other.numbers)), math.log1p(shared.numbers),
        _share(shared.names, min(one.names, other.names)), _share(shared.names, max(one.names, other.names)),
        math.log1p(shared.names),
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
        ours = left.index.words[cell.left]
        own += min(ours, right.index.words[cell.right]) * unquoted
        if left.whole[cell.left] is not None and left.whole[cell.left] == right.whole[cell.right]:
            words += ours * unquoted
    return words, own


def _quoted(left: Profile, right: Profile, cell: Cell) -> float:
    return max(left.index.quoted[cell.left], right.index.quoted[cell.right])


def _numbers(left: Profile, right: Profile, chain: list[Cell]) -> tuple[int, int]:
    """Numbers that stand in both sentences of a pair, and how many contradict each other there."""
    agree = conflict = 0
    left_numbers, right_numbers = left.index.numbers, right.index.numbers
    for cell in chain:
        ours, theirs = left_numbers.get(cell.left, set()), right_numbers.get(cell.right, set())
        agree += len(ours & theirs)
        conflict += min(len(ours - theirs), len(theirs - ours))
    return agree, conflict
