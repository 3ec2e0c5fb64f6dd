"""Two texts as words -> the passages whose wording was kept (pure).

A passage is a chain of common runs of at least MIN_RUN words whose gaps on both sides are small, so an edited word
does not end it.
"""

from dataclasses import dataclass

from archive.model import Passage
from pipeline.text import Word

SHINGLE = 5  # words that must agree to open a run
MIN_RUN = 5
MAX_GAP = 12  # words that may differ on either side within one passage
MIN_PASSAGE = 12  # words; below, it is a phrase that two reporters may share
MAX_POSITIONS = 16  # places of one shingle that are tried: a refrain is no evidence


@dataclass(frozen=True, slots=True)
class _Run:
    left: int
    right: int
    length: int


def kept(left: tuple[Word, ...], right: tuple[Word, ...]) -> tuple[Passage, ...]:
    """The passages that two texts word alike, in the order of the left one.

    Runs are taken in that order, so the caller decides which side is left by something that is not chance.
    """
    return _passages(_common_runs(left, right), left, right)


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


def _passages(runs: list[_Run], left: tuple[Word, ...], right: tuple[Word, ...]) -> tuple[Passage, ...]:
    """Runs chained over small gaps on both sides, as character offsets."""
    chains: list[list[_Run]] = []
    for run in runs:
        if chains and _continues(chains[-1][-1], run):
            chains[-1].append(run)
        else:
            chains.append([run])
    return tuple(_passage(chain, left, right) for chain in chains if sum(run.length for run in chain) >= MIN_PASSAGE)


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
