"""Two sketches -> whether it is worth while to compare the texts (pure).

As an archive grows, more and more texts meet that tell of the same and share no text: their names are the same, in no
order. Most of them show in what the keys that both have are worth beside all keys of either, which takes nothing but
two numbers, and of the others most in how much of their rare tokens they share, and in whether these come up in one
order: of tokens that two texts first have in one order, the most are chained, as sentences are when texts are aligned,
and again over the reversed text. Comparing costs ten times as much.

The odds are those of a logistic model, fitted by bench/train_sifting.py to what a comparison said of texts that met,
before statements and boxes were told from what texts share (`own_words`): fitted anew it sifts as well, not better;
from the least odds on they are compared, which lie below nearly all that share text.
"""

import math
from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from pipeline.copies.indexing import Sketch

# Bias, and the weights of: what common keys are worth, as a logarithm and as a share of the text with less, all keys of
# either text; the same of rare tokens, whose shares are of both texts; those of them in one order. Of one language, of
# two.
BY_KEYS = (
    (-7.463, 1.981, 12.896, -0.578, -0.130),
    (2.073, 2.805, 25.762, -0.044, -1.981),
)
BY_TOKENS = (
    (-22.194, 0.532, 9.929, -0.878, 0.022, 3.753, -2.276, 0.225, 1.027, 0.887, 3.333, 8.979, 0.568, 1.051, 0.456,
     -0.007),
    (-11.236, 0.555, 11.76, -0.046, -0.285, 9.914, 10.764, 0.852, -0.12, -0.157, 3.767, 1.829, 0.541, 0.883, -0.856,
     0.329),
)
LEAST_BY_KEYS = (-5.3, -5.2)  # odds
LEAST_BY_TOKENS = (-5.0, -3.5)


Outline = tuple[str | None, float]  # a text's language, and what all its keys are worth


def is_likely_by_keys(one: Outline, other: Outline, meeting: float, *, encoded: bool = False) -> bool:
    """Whether two texts may share text as far as their keys tell, those that both have being worth `meeting`."""
    across = _is_across(one[0], other[0])
    if encoded and across:
        return True
    return _odds(BY_KEYS[across], by_keys(one[1], other[1], meeting)) >= LEAST_BY_KEYS[across]


def is_likely(one: Sketch, other: Sketch, meeting: float, *, encoded: bool = False) -> bool:
    """Whether two texts that met may share text; symmetric.

    Texts of two languages may always where vectors decide what is unsure (`encoded`): they may share no token.
    """
    if not is_likely_by_keys((one.language, one.worth), (other.language, other.worth), meeting, encoded=encoded):
        return False
    across = _is_across(one.language, other.language)
    if encoded and across:
        return True
    told = *by_keys(one.worth, other.worth, meeting), *by_tokens(one, other)
    return _odds(BY_TOKENS[across], told) >= LEAST_BY_TOKENS[across]


def _is_across(one: str | None, other: str | None) -> bool:
    return None is not one != other is not None


def by_keys(one: float, other: float, meeting: float) -> tuple[float, ...]:
    """What the model by keys looks at."""
    least, most = sorted((one, other))
    return math.log1p(meeting), meeting / max(1.0, least), math.log1p(least), math.log1p(most)


def by_tokens(one: Sketch, other: Sketch) -> tuple[float, ...]:
    """What the model by tokens looks at beside."""
    ours, theirs = one.weights, other.weights
    common = ours.keys() & theirs.keys()
    shared = sum(map(min, map(ours.__getitem__, common), map(theirs.__getitem__, common))) / 16
    least, most = sorted((max(1.0, one.total / 16), max(1.0, other.total / 16)))
    return (shared / least, shared / most, math.log1p(shared), math.log1p(least), math.log1p(most),
            *_by_order(one, other, common))


def _by_order(one: Sketch, other: Sketch, common: AbstractSet[str]) -> tuple[float, ...]:
    """How many of the tokens that both have come up in one order, and how many in the reversed one."""
    place = dict(zip(filter(common.__contains__, other.weights), range(len(common)), strict=True))
    places = [place[token] for token in one.weights if token in place]
    tokens = max(1, len(places))
    chained, null = _rising(places), _rising(reversed(places))
    return (chained / tokens, null / tokens, (chained - null) / math.sqrt(tokens), math.log1p(chained),
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
    return weights[0] + sum(weight * value for weight, value in zip(weights[1:], told, strict=True))
