"""Two texts and the sentences that stand for each other -> how much of that is their own (pure).

Two reporters who write down one statement share it, and two papers of one house the box under each of their articles,
and no text. Statements show by their marks, or by a colon before them in both texts where what stands before it is not
the same; boxes by standing at the edge of both texts and naming nothing that the articles name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.copies.alignment import NEAR, Cell, Profile
from pipeline.copies.reading import NAME, read
from pipeline.text import words

DENSE = 0.3  # of what the sentence with less to tell says, shared: below, two sentences have a name in common
BEFORE = 1_000  # characters before a stretch in which a colon is looked for
MIN_REST = 20  # words of either text beside a box
MIN_BOX, MAX_BOX = 8, 250  # words of a box: an essay may name as little
MAX_LINES = 2  # sentences of a site's own that may stand around a box
COMMON_NAMES = 2  # in the box and in the rest of a text: the box tells of what the article tells
WORDS_TO_A_NAME = 20  # of a box at least; news have twice as many names
_OPENING = " \n\t“„«»”\"‘‚‹›'「『"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sentences that follow each other in both texts word for word; `own` counts the words that are not quoted."""

    sentences: int = 0
    words: int = 0
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class Own:
    """Aligned words outside quotations; the most that they are of either text's; the longest stretch word for word.

    `whole` is the most of a text that is aligned in words that it does not quote itself.
    """

    words: float
    most: float
    whole: float
    stretch: Stretch


def dense(left: Profile, right: Profile, chain: Iterable[Cell]) -> list[Cell]:
    """The pairs of sentences that share more than a name."""
    ours, theirs = left.weighed.own, right.weighed.own
    return [cell for cell in chain if cell.shared >= DENSE * min(ours[cell.left], theirs[cell.right])]


def own_words(left: Profile, right: Profile, chain: Sequence[Cell]) -> Own:
    """What of a chain of sentences of one language is the texts' own."""
    runs = _runs(left, right, chain)
    stated = _stated(left, right, chain, runs)
    quoted = [1.0 if cell in stated else max(left.index.quoted[cell.left], right.index.quoted[cell.right])
              for cell in chain]
    ours, theirs = left.index.words, right.index.words
    both = ((left, [cell.left for cell in chain]), (right, [cell.right for cell in chain]))
    return Own(
        words=round(sum(min(ours[cell.left], theirs[cell.right]) * (1 - share)
                        for cell, share in zip(chain, quoted, strict=True)), 6),
        most=max(_most(text, places, quoted) for text, places in both),
        whole=max(_whole(left, [cell.left for cell in chain if cell not in stated]),
                  _whole(right, [cell.right for cell in chain if cell not in stated])),
        stretch=_longest(left, chain, quoted, runs))


def _most(text: Profile, aligned: Sequence[int], quoted: Sequence[float]) -> float:
    """The share of a text's own words that is aligned; of all, where it has next to none of its own."""
    index = text.index
    own = sum(count * (1 - share) for count, share in zip(index.words, index.quoted, strict=True))
    if own < MIN_REST:
        return sum(index.words[place] for place in aligned) / max(1, text.words)
    return sum(index.words[place] * (1 - share) for place, share in zip(aligned, quoted, strict=True)) / own


def _whole(text: Profile, aligned: Sequence[int]) -> float:
    index = text.index
    return sum(index.words[place] * (1 - index.quoted[place]) for place in aligned) / max(1, text.words)


def _runs(left: Profile, right: Profile, chain: Sequence[Cell]) -> list[list[int]]:
    """The places in the chain of sentences that are the same, those near each other on both sides together."""
    runs: list[list[int]] = []
    for place, cell in enumerate(chain):
        if left.index.keys[cell.left] != right.index.keys[cell.right]:
            runs.append([])
            continue
        before = chain[runs[-1][-1]] if runs and runs[-1] else None
        if before is None or cell.left - before.left > NEAR or cell.right - before.right > NEAR:
            runs.append([])
        runs[-1].append(place)
    return [run for run in runs if run]


def _longest(left: Profile, chain: Sequence[Cell], quoted: Sequence[float], runs: Sequence[Sequence[int]]) -> Stretch:
    """The stretch with the most words of its own."""
    longest = Stretch()
    for run in runs:
        counts = [left.index.words[chain[place].left] for place in run]
        own = sum(count * (1 - quoted[place]) for count, place in zip(counts, run, strict=True))
        longest = max(longest, Stretch(len(run), sum(counts), own), key=lambda one: (one.own, one.words))
    return longest


def _stated(left: Profile, right: Profile, chain: Sequence[Cell], runs: Sequence[Sequence[int]]) -> set[Cell]:
    """The pairs of sentences of a statement without marks, which both texts introduce in words of their own."""
    found = set[Cell]()
    for run in runs:
        first = chain[run[0]]
        if _is_introduced(left.index.text, left.index.starts[first.left], right.index.text,
                          right.index.starts[first.right]):
            found.update(chain[place] for place in run)
            before = chain[run[0] - 1] if run[0] else None  # "The ministry wrote: it begins in the same sentence."
            if before is not None and (before.left, before.right) == (first.left - 1, first.right - 1):
                found.add(before)
    return found


def _is_introduced(left: str, our: int, right: str, their: int) -> bool:
    """Whether a colon stands in both texts before what they have in common up to here."""
    one, other = left[max(0, our - BEFORE):our], right[max(0, their - BEFORE):their]
    ours, theirs = words(one), words(other)
    same = 0
    while same < min(len(ours), len(theirs)) and ours[-same - 1].form == theirs[-same - 1].form:
        same += 1
    ends = (ours[-same].start, theirs[-same].start) if same else (len(one), len(other))
    return all(text[:end].rstrip(_OPENING).endswith((":", "：")) for text, end in zip((one, other), ends, strict=True))


def boxes(left: Profile, right: Profile) -> tuple[frozenset[int], frozenset[int]]:
    """The sentences at the edges of both texts that are the same, and tell of nothing that either text tells of."""
    found: tuple[set[int], set[int]] = set(), set()
    for is_tail in (True, False):
        pairs = _edge(left, right, is_tail=is_tail)
        if pairs and _is_box(left, {one for one, _ in pairs}) and _is_box(right, {other for _, other in pairs}):
            found[0].update(one for one, _ in pairs)
            found[1].update(other for _, other in pairs)
    return frozenset(found[0]), frozenset(found[1])


def _edge(left: Profile, right: Profile, *, is_tail: bool) -> list[tuple[int, int]]:
    """Pairs of the same sentences with which both texts end, or begin, but for MAX_LINES of either."""
    step = -1 if is_tail else 1
    ours, theirs = left.index.keys, right.index.keys
    firsts = sorted((a + b, a, b) for a in range(MAX_LINES + 1) for b in range(MAX_LINES + 1)
                    if a < len(ours) and b < len(theirs))
    for _, a, b in firsts:
        one, other = (len(ours) - 1 - a, len(theirs) - 1 - b) if is_tail else (a, b)
        pairs = []
        while 0 <= one < len(ours) and 0 <= other < len(theirs) and ours[one] == theirs[other]:
            pairs.append((one, other))
            one, other = one + step, other + step
        if sum(left.index.words[place] for place, _ in pairs) >= MIN_BOX:
            return pairs
    return []


def _is_box(text: Profile, places: set[int]) -> bool:
    """Whether sentences name little, and next to nothing that the rest of their text names."""
    index = text.index
    size = sum(index.words[place] for place in places)
    rest = text.words - size - sum(index.words[place] for place in text.furniture - places)
    if rest < MIN_REST or size > MAX_BOX:
        return False
    names = _names(text.index.text[index.starts[min(places)]:index.ends[max(places)]])
    both = sum(1 for name in names if name in text.at
               and any(place not in places for place in text.places(text.at[name])))
    return len(names) <= size / WORDS_TO_A_NAME and both < COMMON_NAMES


def _names(text: str) -> set[str]:
    return {token for sentence in read(text).sentences
            for token, mark in zip(sentence.tokens, sentence.marks, strict=True) if mark & NAME}
