"""Two sketches -> whether it is worth while to compare the texts (pure).

As an archive grows, more and more texts meet that tell of the same and share no text: their names are the same, in no
order. Of two languages half of them, in a large archive four in five, have no more rare tokens in common than chance
brings to texts of their length; these are counted, which costs a fifth of what follows. Of the others a logistic model
is asked: what the keys that both have are worth beside all keys of either, of one language also of each kind (tokens,
names in a row, whole sentences); how much of their rare tokens is common; and whether these come up in one order: of
tokens that two texts first have in one order, the most are chained, as sentences are when texts are aligned, and again
over the reversed text. Comparing costs some twenty times as much as that.

The model was fitted by bench/train_sifting.py to what a comparison said of texts that met; from the least odds on they
are compared, which lie below nearly all that share text.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import compress
from operator import mul

from pipeline.copies.sketches import Sketch, Worth

# Bias and weights of what is told of two texts of one language, and of two.
MODEL = (
    (-14.607, 0.097, 3.309, -0.7, 0.211, 0.516, -1.748, 0.492, 0.788, 2.259, 3.533, 0.109, 0.008, 0.835, -0.319,
     -0.092, 1.427, -1.847, 0.243, 0.04, 0.83, 0.564, 4.818, 2.277, 0.193, 0.41, 0.135, 1.449, 3.078, 0.497, 0.555,
     -0.993),
    (-13.55, 0.604, 10.301, -0.008, -0.182, 5.178, 7.655, 0.251, 0.166, 0.299, -0.131, 7.39, 8.409, 0.435, -0.098,
     0.435, 1.872, 2.104, 0.486, 0.608, -1.511),
)
# Of the copies benchmark's pairs that share text none is taken for chance: of two languages the least beyond is .69 (of
# the bundled web's .14), of one -.09. Hardly any of its copied texts has more than LONG tokens.
COMMONEST = 2048  # by chance each rare token of a text is one of so many of another's
LONG = 300
SENTENCES = 2  # that two texts of one language have in common word for word: whatever else they say, that is looked at
LEAST_BEYOND = (-0.25, 0.0)  # deviations by which more are common than chance brings; of one language, of two
LEAST_ODDS = (-3.9, -3.3)  # of one, of two


def is_likely(one: Sketch, other: Sketch, common: Worth, *, encoded: bool = False) -> bool:
    """Whether two texts that met may share text; `common` is what the keys are worth that both have. Symmetric.

    Texts of two languages may always where vectors decide what is unsure (`encoded`): they may share no token.
    """
    across = _is_across(one, other)
    if encoded if across else common.sentences >= SENTENCES:
        return True
    if is_chance(one, other):
        return False
    return math.fsum(map(mul, MODEL[across], (1.0, *told(one, other, common)))) >= LEAST_ODDS[across]


def _is_across(one: Sketch, other: Sketch) -> bool:
    return None is not one.language != other.language is not None


def is_chance(one: Sketch, other: Sketch) -> bool:
    """Whether two texts have no more rare tokens in common than chance brings; never said of a long text.

    What a long one has of another may be less than chance brings to it, and in order all the same.
    """
    if max(len(one), len(other)) > LONG:
        return False
    tokens = len(one.distinct.intersection(other.tokens))
    return beyond_chance(one, other, tokens) < LEAST_BEYOND[_is_across(one, other)]


def beyond_chance(one: Sketch, other: Sketch, tokens: int) -> float:
    """How many deviations as many common tokens are beyond those that chance brings to texts of their length."""
    chance = len(one) * len(other) / COMMONEST
    return (tokens - chance) / math.sqrt(chance + 1)


def told(one: Sketch, other: Sketch, common: Worth) -> tuple[float, ...]:
    """What the model looks at, bias apart; the same whichever is given first."""
    return *_of_keys(one, other, common), *_of_tokens(one, other)


def _of_keys(one: Sketch, other: Sketch, common: Worth) -> tuple[float, ...]:
    """Of texts of one language also how much is common of each kind of keys.

    In a translation tokens stay, and rows and sentences hardly do: their kinds say no more than their sum.
    """
    ours, theirs = one.worth, other.worth
    least, most = sorted((ours.nats, theirs.nats))
    in_all = math.log1p(common.nats), common.nats / max(1.0, least), math.log1p(least), math.log1p(most)
    if _is_across(one, other):
        return in_all
    rows = sorted((ours.rows, theirs.rows))
    return (*in_all, *_shares(common.of_tokens, ours.of_tokens, theirs.of_tokens), *_shares(common.rows, *rows),
            *_shares(common.sentences, ours.sentences, theirs.sentences), math.log1p(common.of_tokens),
            math.log1p(common.rows), math.log1p(common.sentences), math.log1p(rows[0]), math.log1p(rows[1]))


def _shares(common: float, one: float, other: float) -> tuple[float, float]:
    """Of what either text has, the share that is common: of the text with less, of that with more."""
    return common / max(1.0, min(one, other)), common / max(1.0, one, other)


def _of_tokens(one: Sketch, other: Sketch) -> tuple[float, ...]:
    """How many tokens are common, what they weigh, and whether they come up in one order."""
    at, theirs, their_weights = one.at, other.tokens, other.weights
    is_common = bytes(map(at.__contains__, theirs))
    places = list(map(at.__getitem__, compress(theirs, is_common)))
    weights = map(one.weights.__getitem__, places)
    tokens, shared = len(places), sum(map(min, weights, compress(their_weights, is_common))) / 16
    least, most = sorted((one.nats, other.nats))
    fewest, longest = sorted((len(one), len(theirs)))
    chained, null = _rising(places), _rising(places[::-1])
    some = max(1, tokens)
    return (tokens / max(1, fewest), tokens / max(1, longest), math.log1p(tokens), beyond_chance(one, other, tokens),
            math.log1p(fewest), math.log1p(longest), shared / least, shared / most, math.log1p(shared),
            math.log1p(least), math.log1p(most), chained / some, null / some, (chained - null) / math.sqrt(some),
            math.log1p(chained), math.log1p(null))


def _rising(places: Sequence[int]) -> int:
    """How many of them, at most, rise one after the other."""
    lowest: list[int] = []  # the lowest place that ends so many
    for place in places:
        if not lowest or place > lowest[-1]:
            lowest.append(place)
        else:
            lowest[bisect_left(lowest, place)] = place
    return len(lowest)
