"""As much of a text as tells which of those that it meets may share text with it (pure).

A text meets many that come later, the more the larger an archive grows, and with most of them it shares a few names and
no text. So beside what is compared (`indexing`) little is kept of it, which opens at once: what its keys are worth, of
each kind, and its rarest tokens in the order in which it first has them.
"""

import math
import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from zlib import crc32

from pipeline.copies.indexing import Index, Weighed
from pipeline.fingerprints import ROW_WORTH, SENTENCE_WORTH

LEAST_WEIGHT = 32  # sixteenths of nats that a token of a sketch weighs: of a news article about a hundred do
MOST_TOKENS = 600  # the heaviest: an article of 331,000 characters has some 14,000


class Worth(NamedTuple):
    """What keys are worth in all, in nats, and how many of them are rows of names and numbers, and whole sentences."""

    nats: float
    rows: int
    sentences: int

    @property
    def of_tokens(self) -> float:
        """What those are worth that are rare tokens."""
        return max(0.0, self.nats - ROW_WORTH * self.rows - SENTENCE_WORTH * self.sentences)


@dataclass(frozen=True)
class Sketch:
    """A text's language, what its keys are worth, and its rarest tokens in the order in which it first has them.

    Of a token, which stands there once, sixteen bits are kept: by these alone two news articles have less than one in
    common. Each has a weight in sixteenths of nats, a byte. They are `packed`: of most texts that meet nobody looks at
    more than how many are common. What only the text that is compared needs is made once.
    """

    language: str | None
    worth: Worth
    packed: bytes

    def __len__(self) -> int:
        """How many tokens there are."""
        return len(self.packed) // 3

    @property
    def tokens(self) -> "array[int]":
        """The tokens in their order."""
        return _turned(array("H", self.packed[:2 * len(self)]))

    @property
    def weights(self) -> bytes:
        """A byte for each."""
        return self.packed[2 * len(self):]

    @property
    def nats(self) -> float:
        """What the tokens weigh in all; one at least."""
        return max(1.0, sum(self.weights) / 16)

    @cached_property
    def distinct(self) -> frozenset[int]:
        """The tokens in no order."""
        return frozenset(self.tokens)

    @cached_property
    def at(self) -> Mapping[int, int]:
        """The place of each."""
        return dict(zip(self.tokens, range(len(self)), strict=True))


def _turned(tokens: "array[int]") -> "array[int]":
    """Tokens from or for the order of bytes in which they are kept, the lowest first."""
    if sys.byteorder == "big":
        tokens.byteswap()
    return tokens


def worth_of(nats: Iterable[float]) -> Worth:
    """What keys are worth that are worth so much each: no token is worth as much as a row or a sentence is."""
    listed = list(nats)
    return Worth(math.fsum(listed), listed.count(ROW_WORTH), listed.count(SENTENCE_WORTH))


def sketch_of(index: Index, weighed: Weighed, worth: Worth) -> Sketch:
    """The sketch of a text whose keys are worth that much."""
    weights: dict[int, int] = {}
    for token, weight in zip(index.tokens, weighed.weights, strict=True):
        if weight >= LEAST_WEIGHT:
            weights.setdefault(crc32(token.encode()) & 0xFFFF, weight)
    if len(weights) > MOST_TOKENS:
        heaviest = set(sorted(weights, key=weights.__getitem__, reverse=True)[:MOST_TOKENS])  # of equals the first
        weights = {token: weight for token, weight in weights.items() if token in heaviest}
    return Sketch(index.language, worth, _turned(array("H", weights)).tobytes() + bytes(weights.values()))
