"""Two sketches -> whether it is worth while to compare the texts (pure).

As an archive grows, more and more texts meet that tell of the same and share no text: their names are the same, in no
order. Most of them show in what the keys that both have are worth beside all keys of either, which takes nothing but
two numbers, and of the others most in how much of their rare tokens they share. Comparing costs ten times as much.

The odds are those of a logistic model, fitted by bench/train_sifting.py to what a comparison says of texts that met;
from the least odds on they are compared, which lie below nearly all that share text.
"""

import math

from pipeline.indexing import Sketch

# Bias, and the weights of: what common keys are worth, as a logarithm and as a share of the text with less, all keys of
# either text; the same of rare tokens, whose shares are of both texts. Of one language, of two.
BY_KEYS = (
    (-7.463, 1.981, 12.896, -0.578, -0.130),
    (2.073, 2.805, 25.762, -0.044, -1.981),
)
BY_TOKENS = (
    (-15.111, 1.155, 11.959, -1.074, -0.497, 6.727, 1.060, 0.289, 1.181, 1.025),
    (-0.976, 1.258, 16.199, -0.347, -1.137, 13.094, 13.557, 0.785, -0.452, 0.038),
)
LEAST_BY_KEYS = (-5.3, -5.2)  # odds
LEAST_BY_TOKENS = (-5.3, -4.3)


def is_likely_by_keys(one: float, other: float, meeting: float, *, across: bool) -> bool:
    """Whether two texts whose keys are worth `one` and `other`, and those that both have `meeting`, may share text."""
    return _odds(BY_KEYS[across], by_keys(one, other, meeting)) >= LEAST_BY_KEYS[across]


def is_likely(one: Sketch, other: Sketch, meeting: float, *, encoded: bool = False) -> bool:
    """Whether two texts that met may share text; symmetric.

    Texts of two languages may always where vectors decide what is unsure (`encoded`): they may share no token.
    """
    across = None is not one.language != other.language is not None
    if encoded and across:
        return True
    if not is_likely_by_keys(one.worth, other.worth, meeting, across=across):
        return False
    told = *by_keys(one.worth, other.worth, meeting), *by_tokens(one, other)
    return _odds(BY_TOKENS[across], told) >= LEAST_BY_TOKENS[across]


def by_keys(one: float, other: float, meeting: float) -> tuple[float, ...]:
    """What the model by keys looks at."""
    least, most = sorted((one, other))
    return math.log1p(meeting), meeting / max(1.0, least), math.log1p(least), math.log1p(most)


def by_tokens(one: Sketch, other: Sketch) -> tuple[float, ...]:
    """What the model by tokens looks at beside."""
    ours, theirs = one.weights, other.weights
    shared = sum(min(ours[token], theirs[token]) for token in ours.keys() & theirs.keys()) / 16
    least, most = sorted((max(1.0, one.total / 16), max(1.0, other.total / 16)))
    return shared / least, shared / most, math.log1p(shared), math.log1p(least), math.log1p(most)


def _odds(weights: tuple[float, ...], told: tuple[float, ...]) -> float:
    return weights[0] + sum(weight * value for weight, value in zip(weights[1:], told, strict=True))
