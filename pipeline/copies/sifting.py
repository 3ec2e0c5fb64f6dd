"""Two sketches -> whether it is worth while to compare the texts (pure).

As an archive grows, more and more texts meet that tell of the same and share no text: their names are the same, in no
order. Many of them show in what the keys that both have are worth beside all keys of either, of one language the more
where it is told how much of that are tokens, names in a row and whole sentences: nothing is unpacked for that. Nearly
all others show in how much of their rare tokens they share, and in whether these come up in one order: of tokens that
two texts first have in one order, the most are chained, as sentences are when texts are aligned, and again over the
reversed text. Comparing costs twenty times as much.

The odds are those of a logistic model, fitted by bench/train_sifting.py to what a comparison said of texts that met;
from the least odds on they are compared, which lie below nearly all that share text.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from itertools import compress
from operator import mul

from pipeline.copies.sketches import Sketch, Worth

# Bias and the weights of what `by_keys` tells, and of that with what `by_tokens` does: of one language, of two.
BY_KEYS = (
    (-15.05, 0.892, -0.647, 0.437, 1.516, 4.525, 2.153, 1.069, 1.288, 3.756, 2.564, -0.102, 0.438, 1.067, -1.109,
     -0.909),
    (2.283, 2.836, 24.521, -0.062, -2.0),
)
BY_TOKENS = (
    (-14.895, 0.047, 3.143, -0.571, 0.367, 0.616, -2.128, 0.552, 0.965, 2.304, 3.462, 0.105, 0.07, 0.86, -0.382,
     -0.118, 5.171, 1.678, 0.248, 0.76, 0.552, 1.211, 3.159, 0.537, 0.667, -0.94, 0.388),
    (-8.483, 0.617, 10.89, -0.064, -0.359, 9.825, 11.329, 0.645, -0.347, -0.011, 1.604, 1.885, 0.573, 0.885, -1.078,
     0.608),
)
SENTENCES = 2  # that two texts of one language have in common word for word: whatever else they say, that is looked at
LEAST_BY_KEYS = (-5.2, -5.0)  # odds
LEAST_BY_TOKENS = (-3.9, -3.4)


def is_likely(one: Sketch, other: Sketch, common: Worth, *, encoded: bool = False) -> bool:
    """Whether two texts that met may share text; `common` is what the keys are worth that both have. Symmetric.

    Texts of two languages may always where vectors decide what is unsure (`encoded`): they may share no token.
    """
    across = _is_across(one, other)
    if encoded if across else common.sentences >= SENTENCES:
        return True
    told = by_keys(one, other, common)
    return (_odds(BY_KEYS[across], told) >= LEAST_BY_KEYS[across]
            and _odds(BY_TOKENS[across], (*told, *by_tokens(one, other))) >= LEAST_BY_TOKENS[across])


def _is_across(one: Sketch, other: Sketch) -> bool:
    return None is not one.language != other.language is not None


def by_keys(one: Sketch, other: Sketch, common: Worth) -> tuple[float, ...]:
    """What the model by keys looks at: of texts of one language also how much is common of each kind of keys.

    In a translation tokens stay, and rows and sentences hardly do: their kinds say no more than their sum.
    """
    ours, theirs = one.worth, other.worth
    least, most = sorted((ours.nats, theirs.nats))
    told = math.log1p(common.nats), common.nats / max(1.0, least), math.log1p(least), math.log1p(most)
    if _is_across(one, other):
        return told
    rows = sorted((ours.rows, theirs.rows))
    return (*told, *_shares(common.of_tokens, ours.of_tokens, theirs.of_tokens), *_shares(common.rows, *rows),
            *_shares(common.sentences, ours.sentences, theirs.sentences), math.log1p(common.of_tokens),
            math.log1p(common.rows), math.log1p(common.sentences), math.log1p(rows[0]), math.log1p(rows[1]))


def _shares(common: float, one: float, other: float) -> tuple[float, float]:
    """Of what either text has, the share that is common: of the text with less, of that with more."""
    return common / max(1.0, min(one, other)), common / max(1.0, one, other)


def by_tokens(one: Sketch, other: Sketch) -> tuple[float, ...]:
    """What the model by tokens looks at beside: how much of them is common, and whether it comes up in one order."""
    at = one.at
    is_common = list(map(at.__contains__, other.tokens))
    places = list(map(at.__getitem__, compress(other.tokens, is_common)))
    shared = sum(map(min, map(one.weights.__getitem__, places), compress(other.weights, is_common))) / 16
    least, most = sorted((max(1.0, sum(one.weights) / 16), max(1.0, sum(other.weights) / 16)))
    tokens = max(1, len(places))
    chained, null = _rising(places), _rising(reversed(places))
    return (shared / least, shared / most, math.log1p(shared), math.log1p(least), math.log1p(most),
            chained / tokens, null / tokens, (chained - null) / math.sqrt(tokens), math.log1p(chained),
            math.log1p(null), math.log1p(len(places)))


def _rising(places: Iterable[int]) -> int:
    """How many of them, at most, rise one after the other."""
    lowest: list[int] = []  # the lowest place that ends so many
    for place in places:
        at = bisect_left(lowest, place)
        if at == len(lowest):
            lowest.append(place)
        else:
            lowest[at] = place
    return len(lowest)


def _odds(weights: tuple[float, ...], told: tuple[float, ...]) -> float:
    return math.fsum((weights[0], *map(mul, weights[1:], told)))  # whatever the version of Python makes of a sum
