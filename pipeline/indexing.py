"""A reading as it is kept and compared: each token once, with the sentences that have it (pure).

A text is compared with many that come later, and with most of them it shares a few words by chance. So it is kept in
columns that cost little to open, with what was weighed of it in its epoch; only what two texts share is looked at.
"""

import json
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.reading import NAME, QUOTED, Reading
from pipeline.skeletons import NUMBER

FORM = 2  # of what is kept: what was kept in another is read again from the text


@dataclass(frozen=True, slots=True)
class Index:
    """A text's sentences in columns, and its tokens with the numbers of their sentences.

    Of sentences: characters `starts` to `ends`, how many words, the key, whether it is whole (0 or 1), the share of its
    tokens that is quoted. `names` and `unquoted` have a byte for each token: 1 where it is a name somewhere, or stands
    outside quotations.
    """

    text: str
    language: str | None
    starts: Sequence[int]
    ends: Sequence[int]
    words: Sequence[int]
    keys: Sequence[int]
    is_whole: Sequence[int]
    quoted: Sequence[float]
    tokens: Sequence[str]
    places: Sequence[Sequence[int]]
    names: bytes
    unquoted: bytes

    @property
    def distinct(self) -> Sequence[str]:
        """Each token once."""
        return self.tokens

    @property
    def whole(self) -> set[int]:
        """The keys of the sentences that can be recognised in another text."""
        return {key for key, is_whole in zip(self.keys, self.is_whole, strict=True) if is_whole}


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an epoch says of a text: the weight of each sentence's tokens, of all; how many names and numbers it has."""

    epoch: str
    own: Sequence[float]
    total: float
    names: int
    numbers: int


def indexed(reading: Reading) -> Index:
    """A reading by its tokens."""
    places: dict[str, list[int]] = {}
    names, unquoted = set(), set()
    for number, sentence in enumerate(reading.sentences):
        for token, mark in zip(sentence.tokens, sentence.marks, strict=True):
            found = places.setdefault(token, [])
            if not found or found[-1] != number:
                found.append(number)
            if mark & NAME:
                names.add(token)
            if not mark & QUOTED:
                unquoted.add(token)
    sentences = reading.sentences
    return Index(
        text=reading.text, language=reading.language, starts=[one.start for one in sentences],
        ends=[one.end for one in sentences], words=[one.words for one in sentences],
        keys=[one.key for one in sentences], is_whole=[int(one.is_whole) for one in sentences],
        quoted=[sum(1 for mark in one.marks if mark & QUOTED) / max(1, len(one.marks)) for one in sentences],
        tokens=list(places), places=list(places.values()), names=bytes(token in names for token in places),
        unquoted=bytes(token in unquoted for token in places))


def numbers_in(index: Index) -> dict[int, set[str]]:
    """The numbers of each sentence that has some."""
    found: dict[int, set[str]] = {}
    for token, places in zip(index.tokens, index.places, strict=True):
        if token[0] == NUMBER:
            for place in places:
                found.setdefault(place, set()).add(token)
    return found


def packed(index: Index, weighed: Weighed) -> bytes:
    """An index without its text, and what was weighed, as bytes that `unpacked` reads."""
    told = [
        FORM, index.starts, index.ends, index.words, index.keys, index.is_whole, index.quoted, index.tokens,
        index.places, index.names.hex(), index.unquoted.hex(), weighed.epoch, weighed.own, weighed.total, weighed.names,
        weighed.numbers,
    ]
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 1)


def unpacked(stored: bytes, text: str, language: str | None) -> tuple[Index, Weighed] | None:
    """The index of a text that was packed, and what was weighed; None where that was in another FORM."""
    form, *told = json.loads(zlib.decompress(stored))
    if form != FORM:
        return None
    starts, ends, words, keys, is_whole, quoted, tokens, places, names, unquoted, *weighed = told
    return Index(
        text=text, language=language, starts=starts, ends=ends, words=words, keys=keys, is_whole=is_whole,
        quoted=quoted, tokens=[*map(sys.intern, tokens)], places=places, names=bytes.fromhex(names),
        unquoted=bytes.fromhex(unquoted)), Weighed(*weighed)
