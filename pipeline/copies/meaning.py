"""Two texts of two languages -> whether one translates the other, by what their sentences mean (pure).

For translations that keep too few names and numbers for `alignment`. As there, the chain of sentences that
stand for each other is held against the one over the reversed text: reports of one event mean alike, too, in another
order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.copies.alignment import Cell
from pipeline.copies.indexing import Index
from pipeline.copies.meaning_weights import MEANING
from pipeline.copies.vectors import Encoder, chained, encoded_words

FEATURES = ("coverage_most", "coverage_least", "order", "alike", "length")


@dataclass(frozen=True, slots=True)
class Meant:
    """The chain by meaning, with what FEATURES names."""

    chain: tuple[Cell, ...]
    features: tuple[float, ...]


def meant(left: Index, right: Index, made: Encoder) -> Meant:
    """How the sentences of two texts stand for each other. Symmetric but for left and right."""
    forward, backward = chained(left, right, made)
    weight, null = _weight(forward), _weight(backward)
    ours = sum(left.words[cell.left] for cell in forward) / max(1, encoded_words(left))
    theirs = sum(right.words[cell.right] for cell in forward) / max(1, encoded_words(right))
    return Meant(tuple(forward), (
        max(ours, theirs), min(ours, theirs), weight / (weight + null) if weight else 0.5,
        weight / max(1, len(forward)), math.log1p(len(forward))))


def confidence(found: Meant) -> float:
    """How sure it is that one was made from the other, 0 to 1."""
    told = dict(zip(FEATURES, found.features, strict=True), bias=1.0)
    odds = math.fsum(weight * told[name] for name, weight in MEANING.items())
    return round(min(0.999, 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))), 4)


def _weight(cells: Sequence[Cell]) -> float:
    return math.fsum(cell.weight for cell in cells)
