"""How a text opens -> keys of which a translation has several, whatever names it has (pure; needs the extra `vectors`).

The first sentence's vector is turned in ways that look random and are the same everywhere; the axes to which it comes
to lie nearest are its keys. Two sentences that mean alike lie near some of the same axes: five in common single out a
translation where sign bits of hyperplanes would bring fifty others (docs/benchmarks.md).

Float noise between processors, some millionths, changes a key only where two axes are as near as that for the last
place: of 47 others that is no loss. What follows the encoder is sums of 64-bit floats in a fixed order.
"""

import base64
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any

from pipeline import fingerprints
from pipeline.copies.epoch import Epoch
from pipeline.copies.opening_mean import MEAN
from pipeline.copies.reading import Reading
from pipeline.copies.skeletons import NUMBER
from pipeline.copies.vectors import MIN_WORDS, MOST_CHARACTERS, SIZE, Encoder
from pipeline.fingerprints import OPENING_WORTH

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Different numbers in a text that is encoded, at most: with more of them, or with names, texts meet anyway. Numbers,
# since a translation has as many; names begin with a capital in one language and not in the other. 26 % of news.
MOST_NUMBERS = 3
NEAREST = 48  # axes that are keys
# Rotations, of SIZE axes with two ends each, and articles for which they are enough: of twice as many articles, twice
# as many keep about as many texts at an axis.
ROTATIONS, ARTICLES, MOST_ROTATIONS = 32, 20_000, 256
TURNS = 3  # sign flips and Hadamard transforms that make a rotation


def keys(reading: Reading, epoch: Epoch, made: Encoder | None) -> Mapping[int, float]:
    """The text's keys with their worth, those of its opening among them where there is an encoder.

    The latter are worth nothing in nats, so that all sums are as without; as integers they are small ones.
    """
    found = fingerprints.keys(reading, epoch)
    opening = opening_of(reading, epoch) if made is not None else None
    if made is None or opening is None:
        return found
    return {**dict.fromkeys(_nearest(made.encode((opening,))[0], rotations(epoch.articles)), OPENING_WORTH), **found}


def opening_of(reading: Reading, epoch: Epoch) -> str | None:
    """The sentence by which a text is met; None where its names and numbers do, or its language is not known."""
    numbers = (token for token in reading.distinct if token[0] == NUMBER)
    if reading.language is None or next(islice(numbers, MOST_NUMBERS, None), None) is not None:
        return None
    for sentence in reading.sentences:
        if sentence.words >= MIN_WORDS and sentence.key not in epoch.furniture:
            return reading.text[sentence.start:sentence.end][:MOST_CHARACTERS]
    return None


def rotations(articles: int) -> int:
    """How many there are in an epoch of so many articles."""
    return min(MOST_ROTATIONS, ROTATIONS << (max(0, articles - 1) // ARTICLES).bit_length())


def _nearest(vector: "NDArray[np.float32]", rotations: int) -> list[int]:
    """The ends of axes to which a vector comes nearest, as twice the axis's number, one more for the positive end."""
    import numpy as np

    turned = _turned(vector.astype(np.float64) - _mean(), _signs(rotations)).ravel()
    far = np.abs(turned)
    axes = np.flatnonzero(far >= np.partition(far, -NEAREST)[-NEAREST])
    found: list[int] = (2 * axes + (turned[axes] > 0)).tolist()
    return found


def _turned(vector: "NDArray[np.float64]", signs: "NDArray[np.int8]") -> "NDArray[np.float64]":
    """A row for each component, a column for each rotation; not scaled."""
    rows: Any = vector[:, None]
    for flips in signs:
        rows = rows * flips
        half = SIZE
        while half := half // 2:
            pairs = rows.reshape(-1, 2, half, rows.shape[1])
            less = pairs[:, 0] - pairs[:, 1]
            pairs[:, 0] += pairs[:, 1]
            pairs[:, 1] = less
    turned: NDArray[np.float64] = rows
    return turned


@lru_cache(maxsize=2)
def _signs(rotations: int) -> "NDArray[np.int8]":
    """1 and -1 for each turn, component and rotation: the bits of BLAKE2b digests of their numbers."""
    import numpy as np

    digests = b"".join(blake2b(f"opening {turn} {rotation}".encode(), digest_size=SIZE // 8).digest()
                       for turn in range(TURNS) for rotation in range(rotations))
    bits = np.unpackbits(np.frombuffer(digests, dtype=np.uint8)).reshape(TURNS, rotations, SIZE)
    return np.ascontiguousarray(bits.transpose(0, 2, 1)).astype(np.int8) * np.int8(2) - np.int8(1)


@lru_cache(maxsize=1)
def _mean() -> "NDArray[np.float64]":
    """What news openings of any language have in common: a shipped table, so that no text's keys hang on others."""
    import numpy as np

    return np.frombuffer(base64.b85decode(MEAN), dtype=np.int8) / 1000
