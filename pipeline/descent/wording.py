"""How natural a text's wording is, and which language a word looks like: traces that translation leaves (pure).

Fluency is known for English alone, from which words and kinds of words follow each other in news; triples of letters
for eleven languages. Both tables are statistics that `bench/wording_tables.py` printed.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import pairwise
from math import log

from pipeline.descent.wording_tables import CLASSES, PAIRS, TRIPLES

ENDINGS = ("ing", "ed", "ly", "tion", "s", "er", "al")
CHANCE = 4  # the table's level of two classes that follow each other as often as by chance
MIN_PAIRS = 15  # word pairs that only one text has: fewer say nothing of its fluency
_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d[\d.,]*|[,.;:!?]")
_COMMON = frozenset(name for name in CLASSES if name.isalpha() or "'" in name)
_PLACES = {name: place for place, name in enumerate(CLASSES)}
_LIKE = {"gl": "pt"}  # no list of its own
_UNSEEN = -log(2 * 400) - 1


def lower(word: str) -> str:
    """A word as the tables know it."""
    return word.lower().replace("’", "'")


def classes(text: str, common: Collection[str] = _COMMON) -> list[str]:
    """A text as classes: common words as they are; "#" numbers, "^" capitals within a sentence, "-ing" endings."""
    found = ["."]
    starts = True
    for match in _TOKEN.finditer(text.replace("\n", ". ")):
        word = match.group()
        name = _class(word, common, starts=starts)
        if (name, found[-1]) != (".", "."):
            found.append(name)
        starts = name == "." or word == ":"
    return found


def _class(word: str, common: Collection[str], *, starts: bool) -> str:
    if not word[0].isalpha():
        return "." if word in ".!?" else "," if word in ",;:" else "#"
    form = lower(word)
    if word[0].isupper() and not starts and form.split("'")[0] != "i":
        return "^"
    if form in common:
        return form
    return next((f"-{end}" for end in ENDINGS if len(form) > len(end) + 2 and form.endswith(end)), "*")


def more_fluent(one: str, other: str) -> float | None:
    """By how much what only the first of two English texts says is more fluent than what only the other says.

    None where either has too little of its own.
    """
    ours, theirs = _pairs(one), _pairs(other)
    first, second = _fluency(ours - theirs), _fluency(theirs - ours)
    return first - second if first is not None and second is not None else None


@lru_cache(maxsize=512)
def _pairs(text: str) -> Counter[tuple[str, str]]:
    return Counter(pairwise(classes(text)))


def _fluency(pairs: Mapping[tuple[str, str], int]) -> float | None:
    count = sum(pairs.values())
    if count < MIN_PAIRS:
        return None
    return sum((int(PAIRS[_PLACES[a]][_PLACES[b]]) - CHANCE) * n for (a, b), n in pairs.items()) / count


def knows_language(language: str | None) -> bool:
    """Whether words of a language can be told from those of another."""
    return _LIKE.get(language or "", language) in TRIPLES


def likeness(word: str, language: str) -> float:
    """How much a word looks like one of a language: a sum of logarithms, to be compared between languages."""
    ranks = _ranks(_LIKE.get(language, language))
    edged = f"_{word}_"
    return sum(ranks.get(edged[n:n + 3], _UNSEEN) for n in range(len(edged) - 2))


@lru_cache
def _ranks(language: str) -> Mapping[str, float]:
    return {triple: -log(rank + 20) for rank, triple in enumerate(TRIPLES[language])}
