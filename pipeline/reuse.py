"""Two texts -> what they share: aligned passages, coverage of each side, relation (pure).

This finds wording that was kept: identical texts, near-duplicates and excerpts. A passage is a chain of common runs
of at least MIN_RUN words whose gaps on both sides are small, so an edited word does not end it.
"""

from bisect import bisect_left
from dataclasses import dataclass

from archive.model import Passage, Relation, Reuse
from pipeline.text import Word, words

SHINGLE = 5  # words that must agree to open a run
MIN_RUN = 5
MAX_GAP = 12  # words that may differ on either side within one passage
MIN_PASSAGE = 12  # words; below, it is a phrase that two reporters may share
MIN_WORDS = 40  # aligned words that make a link where there is one passage only
NEAR_DUPLICATE = 0.75  # of the words of both sides
MAX_POSITIONS = 16  # places of one shingle that are tried: a refrain is no evidence


@dataclass(frozen=True, slots=True)
class _Run:
    left: int
    right: int
    length: int


def reuse(left: str, right: str, *, left_digest: str = "", right_digest: str = "") -> Reuse | None:
    """What two texts share; None where it is too little to say that one was copied.

    Texts with one text_digest are identical whatever their length. Whichever text is given first, the same is found.
    """
    if (right, right_digest) < (left, left_digest):
        found = reuse(right, left, left_digest=right_digest, right_digest=left_digest)
        return found.turned() if found is not None else None
    left_words, right_words = words(left), words(right)
    if not left_words or not right_words:
        return None
    runs = _common_runs(left_words, right_words)
    passages = tuple(p for p in _passages(runs, left_words, right_words) if p.words >= MIN_PASSAGE)
    identical = bool(left_digest) and left_digest == right_digest
    shared = sum(passage.words for passage in passages)
    if not identical and (shared < MIN_WORDS or not passages):
        return None
    left_coverage, right_coverage = _share(shared, left_words), _share(shared, right_words)
    return Reuse(
        relation=_relation(identical, left_coverage, right_coverage), passages=passages,
        left_coverage=1.0 if identical else left_coverage, right_coverage=1.0 if identical else right_coverage,
        order=_order(passages),
    )


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


def _passages(runs: list[_Run], left: tuple[Word, ...], right: tuple[Word, ...]) -> list[Passage]:
    """Runs chained over small gaps on both sides, as character offsets."""
    chains: list[list[_Run]] = []
    for run in runs:
        if chains and _continues(chains[-1][-1], run):
            chains[-1].append(run)
        else:
            chains.append([run])
    return [
        Passage(
            left_start=left[chain[0].left].start, left_end=left[chain[-1].left + chain[-1].length - 1].end,
            right_start=right[chain[0].right].start, right_end=right[chain[-1].right + chain[-1].length - 1].end,
            words=sum(run.length for run in chain),
        )
        for chain in chains
    ]


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
