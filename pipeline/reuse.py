"""Two texts -> what they share: aligned passages, coverage of each side, relation (pure).

This finds wording that was kept: identical texts, near-duplicates and excerpts. A passage is a chain of common runs
of at least MIN_RUN words whose gaps on both sides are small, so an edited word does not end it.
"""

from bisect import bisect_left
from dataclasses import dataclass

from archive.model import Passage, Relation, Reuse
from pipeline.text import Word

SHINGLE = 5  # words that must agree to open a run
MIN_RUN = 5
MAX_GAP = 12  # words that may differ on either side within one passage
MIN_PASSAGE = 12  # words; below, it is a phrase that two reporters may share
MIN_WORDS = 40  # words outside what both quote that make a link
NEAR_DUPLICATE = 0.75  # of the words of both sides
MAX_POSITIONS = 16  # places of one shingle that are tried: a refrain is no evidence


@dataclass(frozen=True, slots=True)
class _Run:
    left: int
    right: int
    length: int


def reuse(left: tuple[Word, ...], right: tuple[Word, ...], *, identical: bool = False) -> Reuse | None:
    """What two texts, as words, share; None where it is too little to say that one was copied.

    MIN_WORDS must agree outside what both quote: two reporters who write down one statement share it, and no text.
    `identical` texts (one text_digest) are so whatever their length. Whichever is given first, the same is found.
    """
    if not left or not right:
        return None
    if _is_before(right, left):  # runs are taken in the order of the left text, so that side must not be chance's
        found = reuse(right, left, identical=identical)
        return found.turned() if found is not None else None
    passages, own = _passages(_common_runs(left, right), left, right)
    if not identical and own < MIN_WORDS:
        return None
    shared = sum(passage.words for passage in passages)
    left_coverage, right_coverage = _share(shared, left), _share(shared, right)
    return Reuse(
        relation=_relation(identical, left_coverage, right_coverage), passages=passages,
        left_coverage=1.0 if identical else left_coverage, right_coverage=1.0 if identical else right_coverage,
        order=_order(passages),
    )


def _is_before(one: tuple[Word, ...], other: tuple[Word, ...]) -> bool:
    for ours, theirs in zip(one, other, strict=False):
        if (ours.form, ours.is_quoted) != (theirs.form, theirs.is_quoted):
            return (ours.form, ours.is_quoted) < (theirs.form, theirs.is_quoted)
    return len(one) < len(other)


def _relation(identical: bool, left_coverage: float, right_coverage: float) -> Relation:
    if identical:
        return "identical"
    return "near-duplicate" if min(left_coverage, right_coverage) >= NEAR_DUPLICATE else "excerpt"


def _share(shared: int, all_words: tuple[Word, ...]) -> float:
    return min(1.0, round(shared / len(all_words), 4))


def _common_runs(left: tuple[Word, ...], right: tuple[Word, ...]) -> list[_Run]:
    """The longest common runs in the order of the left text; no word of either side serves twice."""
    places: dict[tuple[str, ...], list[int]] = {}
    right_forms = [word.form for word in right]
    for index in range(len(right_forms) - SHINGLE + 1):
        places.setdefault(tuple(right_forms[index:index + SHINGLE]), []).append(index)
    left_forms = [word.form for word in left]
    runs, used, index, expected = [], bytearray(len(right)), 0, 0
    while index <= len(left_forms) - SHINGLE:
        found = _longest(left_forms, right_forms, index, places, used, expected)
        if found is None:
            index += 1
            continue
        runs.append(found)
        used[found.right:found.right + found.length] = b"\x01" * found.length
        index += found.length
        expected = found.right + found.length
    return runs


def _longest(
    left: list[str], right: list[str], index: int, places: dict[tuple[str, ...], list[int]], used: bytearray,
    expected: int,
) -> _Run | None:
    """The longest unused run that starts at a word of the left text; of equals the one nearest to where it went on."""
    best: _Run | None = None
    for place in places.get(tuple(left[index:index + SHINGLE]), ())[:MAX_POSITIONS]:
        length = 0
        while (index + length < len(left) and place + length < len(right) and not used[place + length]
               and left[index + length] == right[place + length]):
            length += 1
        if length < MIN_RUN:
            continue
        if best is None or (length, -abs(place - expected)) > (best.length, -abs(best.right - expected)):
            best = _Run(index, place, length)
    return best


def _passages(
    runs: list[_Run], left: tuple[Word, ...], right: tuple[Word, ...]
) -> tuple[tuple[Passage, ...], int]:
    """Runs chained over small gaps on both sides, as character offsets, and their words but those that both quote."""
    chains: list[list[_Run]] = []
    for run in runs:
        if chains and _continues(chains[-1][-1], run):
            chains[-1].append(run)
        else:
            chains.append([run])
    kept = [chain for chain in chains if sum(run.length for run in chain) >= MIN_PASSAGE]
    own = sum(
        not (left[run.left + n].is_quoted and right[run.right + n].is_quoted)
        for chain in kept for run in chain for n in range(run.length)
    )
    return tuple(_passage(chain, left, right) for chain in kept), own


def _passage(chain: list[_Run], left: tuple[Word, ...], right: tuple[Word, ...]) -> Passage:
    return Passage(
        left_start=left[chain[0].left].start, left_end=left[chain[-1].left + chain[-1].length - 1].end,
        right_start=right[chain[0].right].start, right_end=right[chain[-1].right + chain[-1].length - 1].end,
        words=sum(run.length for run in chain),
    )


def _continues(before: _Run, run: _Run) -> bool:
    left_gap = run.left - (before.left + before.length)
    right_gap = run.right - (before.right + before.length)
    return 0 <= left_gap <= MAX_GAP and 0 <= right_gap <= MAX_GAP


def _order(passages: tuple[Passage, ...]) -> float:
    """Share of the passages in their longest common order; 1.0 where there are fewer than two."""
    if len(passages) < 2:
        return 1.0
    tails: list[int] = []
    for passage in passages:  # longest increasing subsequence of the right side's starts
        place = bisect_left(tails, passage.right_start)
        tails[place:place + 1] = [passage.right_start]
    return round(len(tails) / len(passages), 4)
