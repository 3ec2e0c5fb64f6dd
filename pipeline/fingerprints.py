"""A reading -> the keys by which texts that share something meet, with what each is worth (pure).

Three kinds, since copies keep different things: rare tokens (any translation), three names or numbers in a row (also
where each of them is common), whole sentences (excerpts). Two texts meet when the keys that both have are worth
MEETING, of two languages when they are worth TRANSLATED: fewer keys survive, and chance brings fewer texts together.
"""

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from pipeline.copies.epoch import Epoch
from pipeline.copies.reading import Reading, key_of
from pipeline.copies.skeletons import NUMBER

METHOD = "skeletons-6"  # a new name compares every text again
RAREST = 30  # tokens of a text that become keys
MAX_RATE, MAX_HOLDERS = 0.06, 600  # of a token that becomes a key: the share of articles, and how many at most
MAX_ORDERED_RATE = 0.3  # of a name or number that becomes part of one
MAX_ROW_HOLDERS = 100  # articles that would have three names in a row by chance
IN_A_ROW = 3
OPENING_WORTH = 0.0  # of the keys of a text's opening (`copies.openings`), which are counted instead
MAX_ROWS = 400  # of a text, the rarest: a table of numbers has one at each of its cells
ROW_WORTH, SENTENCE_WORTH = 10.0, 12.0  # in nats, like the weights of tokens
MEETING, TRANSLATED = 20.0, 8.5  # texts of one language (or of one that is not known), of two
ENCODED = 8.0  # of two where vectors decide what is unsure
OPENINGS = 5  # common keys of their openings by which such texts meet whatever else they share
NUMBER_BOOST, NAME_BOOST = 1.5, 1.4  # which of equally rare tokens are preferred

Value = TypeVar("Value")


def method(digest: str, *, encoder: str | None = None) -> str:
    """What a comparison in the epoch of a digest rests on: texts compared under another name are compared again.

    `encoder` is the name of what encoded their sentences, where the extra is there.
    """
    return f"{METHOD} {digest}" if encoder is None else f"{METHOD} {digest} {encoder}"


def across(*, encoded: bool) -> float:
    """The worth of keys that brings texts of two languages together."""
    return ENCODED if encoded else TRANSLATED


def meets(nats: float, one: str | None, other: str | None, *, encoded: bool = False, openings: int = 0) -> bool:
    """Whether shared keys of that worth bring texts together; of two languages, so many common keys of openings do."""
    if one is None or other is None or one == other:
        return nats >= MEETING
    return nats >= across(encoded=encoded) or openings >= OPENINGS


def keys(reading: Reading, epoch: Epoch) -> Mapping[int, float]:
    """The text's keys as signed 64-bit integers, with their worth: about 130 for a news article, at most 1,930."""
    names, distinct = reading.names, reading.distinct
    found = {key_of(token): epoch.weight(token) for token in _rarest(distinct, epoch, names)}
    for key in _rows(reading, epoch, distinct, names):
        found[key] = ROW_WORTH
    for sentence in reading.sentences:
        if sentence.is_whole and (key := sentence.key) not in epoch.furniture:
            found[key] = SENTENCE_WORTH
    return found


def _rarest(distinct: Iterable[str], epoch: Epoch, names: Container[str]) -> list[str]:
    most = min(MAX_RATE, MAX_HOLDERS / max(1, epoch.articles))  # else the work for a text would grow with the archive
    rare = list[tuple[float, str]]()
    for token in distinct:
        rate, weight = epoch.told(token)
        if rate <= most:
            rare.append((-weight * _boost(token, names), token))
    rare.sort()
    return [token for _, token in rare[:RAREST]]


def _boost(token: str, names: Container[str]) -> float:
    return NUMBER_BOOST if token[0] == NUMBER else NAME_BOOST if token in names else 1.0


def _rows(reading: Reading, epoch: Epoch, distinct: Iterable[str], names: Container[str]) -> list[int]:
    """The keys of each IN_A_ROW names and numbers that follow each other; a name repeated at once counts once.

    Of equally rare ones those with the smallest keys: two long texts take the same of what both have.
    """
    told = {token for token in distinct
            if (token in names or token[0] == NUMBER) and epoch.rate(token) <= MAX_ORDERED_RATE}
    row = [token for token, _ in groupby(
        token for sentence in reading.sentences for token in sentence.tokens if token in told)]
    least = math.log(max(1, epoch.articles) / MAX_ROW_HOLDERS)
    worth = map(sum, _in_a_row(list(map(epoch.weight, row))))
    rows = {" ".join(tokens): weight for tokens, weight in zip(_in_a_row(row), worth, strict=True) if weight >= least}
    ranked = sorted((-round(weight, 3), key_of(said)) for said, weight in rows.items())
    return [key for _, key in ranked[:MAX_ROWS]]


def _in_a_row(values: Sequence[Value]) -> Iterable[tuple[Value, ...]]:
    return zip(*(values[start:] for start in range(IN_A_ROW)), strict=False)
