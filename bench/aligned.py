"""A plain alignment of two texts, in whatever languages, for benches that need a Reuse without the matcher.

Sentences whose names, numbers and consonants agree best, each with each, in one order. Needs pairs that are known to
share text: it tells no copy from a report of the same event.
"""

import math
import re
import unicodedata
from bisect import bisect_left
from collections import Counter

from archive.model import Passage, Relation, Reuse

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|$|(?=\n)|[.!?])")
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = str.maketrans("абвгґдежзийклмнопрстуфхцчшщыэюяіїєё", "abvggdezzijklmnoprstufhccssyeuaiiee")
_VOWELS = str.maketrans("", "", "aeiouyhj")
Unit = tuple[int, int, Counter[str]]


def units(text: str) -> list[Unit]:
    """A text's sentences, with what of their words survives translation."""
    found = []
    for match in _SENTENCE.finditer(text):
        keys = Counter(key for word in _WORD.findall(match.group()) if len(key := _skeleton(word)) >= 2)
        if keys:
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            found.append((start, match.end(), keys))
    return found


def _skeleton(word: str) -> str:
    if word[0].isdigit():
        return word
    latin = unicodedata.normalize("NFD", word.lower().translate(_CYRILLIC))
    return latin.encode("ascii", "ignore").decode().translate(_VOWELS).translate(str.maketrans("cqwz", "kkvs"))[:4]


def aligned(left: str, right: str, *, translated: bool) -> Reuse:
    """What two texts that are known to share text share."""
    if left == right:
        whole = Passage(left_start=0, left_end=len(left), right_start=0, right_end=len(right),
                        words=len(left.split()))
        return Reuse(relation="identical", passages=(whole,), left_coverage=1.0, right_coverage=1.0, order=1.0)
    ours, theirs = units(left), units(right)
    pairs = _chain(_mutual(ours, theirs))
    passages = tuple(
        Passage(left_start=ours[a][0], left_end=ours[a][1], right_start=theirs[b][0], right_end=theirs[b][1],
                words=len(left[ours[a][0]:ours[a][1]].split()))
        for a, b in pairs
    )
    covers = (sum(p.left_end - p.left_start for p in passages) / max(1, len(left)),
              sum(p.right_end - p.right_start for p in passages) / max(1, len(right)))
    relation: Relation = "translation" if translated else "near-duplicate" if min(covers) > 0.75 else "rewrite"
    return Reuse(relation=relation, passages=passages, left_coverage=min(1.0, covers[0]),
                 right_coverage=min(1.0, covers[1]), order=1.0)


def _mutual(ours: list[Unit], theirs: list[Unit]) -> list[tuple[int, int]]:
    frequency = Counter(key for unit in (*ours, *theirs) for key in unit[2])
    weight = {key: 1 / math.log(1.5 + count) ** 2 for key, count in frequency.items()}
    scores = [[_score(a[2], b[2], weight) for b in theirs] for a in ours]
    if not scores or not theirs:
        return []
    best = [max(range(len(theirs)), key=row.__getitem__) for row in scores]
    back = [max(range(len(ours)), key=lambda a: scores[a][b]) for b in range(len(theirs))]
    return [(a, b) for a, b in enumerate(best) if back[b] == a and scores[a][b] > 0.1]


def _score(one: Counter[str], other: Counter[str], weight: dict[str, float]) -> float:
    shared = sum(weight[key] * min(count, other[key]) for key, count in one.items() if key in other)
    total = sum(weight[key] * count for part in (one, other) for key, count in part.items())
    return 2 * shared / total


def _chain(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that rises on both sides."""
    tails: list[int] = []
    before: list[int | None] = []
    last: list[int] = []
    for n, (_, b) in enumerate(pairs):
        place = bisect_left(tails, b)
        before.append(last[place - 1] if place else None)
        tails[place:place + 1] = [b]
        last[place:place + 1] = [n]
    found: list[tuple[int, int]] = []
    at = last[-1] if last else None
    while at is not None:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]
