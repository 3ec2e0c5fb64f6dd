"""Terms that name the topic only where one stands near another -> where a text has them so (pure).

A text is gone through once, word by word, whatever the number of terms: an expression for each side took ten times as
long. Places are counted in words.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from archive.topic_keywords import Keywords, Together
from pipeline.topicality.term_patterns import capitals_of, is_written, normal

NEAR = 20  # words between the two at most: a headline and its first sentence have about thirty in all
KEY = 3  # letters
_GAPS = frozenset(" -'")  # between the words of a term
_WORD = re.compile(r"\w+")
_TERM_WORD = re.compile(r"\w+\*?")

Side = Literal["one", "other", "also", "without"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A term as words, the endings of those in `stems` left open, and the sides that it is on: (pair, side)."""

    words: tuple[str, ...]
    stems: tuple[bool, ...]
    capitals: int
    sides: tuple[tuple[int, Side], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The terms of some [[keywords.en.together]] by the first KEY letters of their first word.

    labels name the pairs by their numbers; demanding are the numbers of those that have `also` terms.
    """

    by_key: Mapping[str, tuple[Phrase, ...]]
    labels: Sequence[str]
    demanding: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Two forms that stand near each other; end is where the second ends, in characters of the text."""

    label: str
    form: str
    end: int


def pairs_of(keywords: Sequence[Keywords]) -> Pairs:
    """The pairs of some languages; a pair's label is the first term of each of its sides."""
    listed = [pair for language in keywords for pair in language.together]
    sides = defaultdict[str, list[tuple[int, Side]]](list)
    for number, pair in enumerate(listed):
        for term, side in _sides(pair):
            sides[term].append((number, side))
    by_key = defaultdict[str, list[Phrase]](list)
    for term, places in sorted(sides.items()):
        phrase = _phrase(term, places)
        by_key[phrase.words[0][:KEY]].append(phrase)
    return Pairs(
        by_key={key: tuple(found) for key, found in by_key.items()},
        labels=[" … ".join((pair.one[0], pair.other[0], *pair.also[:1])) for pair in listed],
        demanding=frozenset(number for number, pair in enumerate(listed) if pair.also),
    )


def meetings(written: str, pairs: Pairs) -> Iterator[Meeting]:
    """Of each pair the first meeting in a text that is `normal`."""
    words = list(_WORD.finditer(written))
    spans = defaultdict[int, list[tuple[int, int, Side]]](list)
    for first, end, phrase in _found(words, written, pairs):
        for number, side in phrase.sides:
            spans[number].append((first, end, side))
    for number, met in spans.items():
        if (near := _first(met, is_demanding=number in pairs.demanding)) is not None:
            forms = (written[words[first].start() : words[end - 1].end()] for first, end in near)
            yield Meeting(label=pairs.labels[number], form=" … ".join(forms), end=words[near[1][1] - 1].end())


def _sides(pair: Together) -> Iterator[tuple[str, Side]]:
    for term in pair.one:
        yield term, "one"
    for term in pair.other:
        yield term, "other"
    for term in pair.also:
        yield term, "also"
    for term in pair.without:
        yield term, "without"


def _phrase(term: str, sides: Sequence[tuple[int, Side]]) -> Phrase:
    words = _TERM_WORD.findall(normal(term).lower())
    return Phrase(
        words=tuple(word.rstrip("*") for word in words), stems=tuple(word.endswith("*") for word in words),
        capitals=capitals_of(term), sides=tuple(sides),
    )


def _found(words: Sequence[re.Match[str]], written: str, pairs: Pairs) -> Iterator[tuple[int, int, Phrase]]:
    """The terms that a text has, in the order of their first words: number of the first word, and behind the last."""
    lowered = [word.group().lower() for word in words]
    for number, word in enumerate(lowered):
        shorter = pairs.by_key.get(word[: KEY - 1], ()) if len(word) >= KEY else ()  # a stem has two letters at least
        for phrase in (*shorter, *pairs.by_key.get(word[:KEY], ())):
            if word == phrase.words[0] or (phrase.stems[0] and word.startswith(phrase.words[0])):
                end = number + len(phrase.words)
                if _goes_on(phrase, lowered[number:end]) and _is_one_phrase(phrase, words[number:end], written):
                    yield number, end, phrase


def _goes_on(phrase: Phrase, words: Sequence[str]) -> bool:
    return len(words) == len(phrase.words) and all(
        word.startswith(wanted) if is_stem else word == wanted
        for word, wanted, is_stem in zip(words, phrase.words, phrase.stems, strict=True)
    )


def _is_one_phrase(phrase: Phrase, words: Sequence[re.Match[str]], written: str) -> bool:
    is_in_row = all(written[left.end() : right.start()] in _GAPS for left, right in pairwise(words))
    return is_in_row and is_written(words[0].group(), phrase.capitals)


def _first(
    spans: Sequence[tuple[int, int, Side]], *, is_demanding: bool
) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """The first two of different sides that are near each other, with nothing near them that rules them out.

    Where the pair has `also` terms, with one of these near them. Between two neighbours of one side nothing of the
    other is nearer, so that neighbours alone are compared.
    """
    bars = sorted(first for first, _, side in spans if side == "without")
    thirds = sorted(first for first, _, side in spans if side == "also")
    sides = sorted(span for span in spans if span[2] in ("one", "other"))
    for (first, cut, left), (begin, end, right) in pairwise(sides):
        if left != right and 0 <= begin - cut <= NEAR and not _is_near(bars, first, end) and (
                not is_demanding or _is_near(thirds, first, end)):
            return (first, cut), (begin, end)
    return None


def _is_near(places: Sequence[int], first: int, end: int) -> bool:
    """Whether one of some places, in order, lies near a stretch of words."""
    nearest = bisect_left(places, first - NEAR)
    return nearest < len(places) and places[nearest] <= end + NEAR
