"""A reading as it is kept and compared: each token once, with the sentences that have it (pure)."""

import json
import sys
import zlib
from dataclasses import dataclass

from pipeline.reading import NAME, QUOTED, Reading
from pipeline.skeletons import NUMBER

FORM = 2  # of what is kept: what was kept in another is read again from the text


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence by its place: characters start to end, its words and key, the share of its tokens that is quoted."""

    start: int
    end: int
    words: int
    key: int
    is_whole: bool
    quoted: float
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Index:
    """A text's sentences, and its tokens with the numbers of their sentences.

    `names` and `unquoted` have a byte for each token: 1 where it is a name somewhere, or stands outside quotations.
    """

    text: str
    language: str | None
    spans: tuple[Span, ...]
    tokens: tuple[str, ...]
    places: tuple[tuple[int, ...], ...]
    names: bytes
    unquoted: bytes

    @property
    def distinct(self) -> tuple[str, ...]:
        """Each token once."""
        return self.tokens

    @property
    def whole(self) -> set[int]:
        """The keys of the sentences that can be recognised in another text."""
        return {span.key for span in self.spans if span.is_whole}


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
    return Index(
        text=reading.text, language=reading.language, tokens=tuple(places), places=tuple(map(tuple, places.values())),
        names=bytes(token in names for token in places), unquoted=bytes(token in unquoted for token in places),
        spans=tuple(
            Span(one.start, one.end, one.words, one.key, one.is_whole,
                 sum(1 for mark in one.marks if mark & QUOTED) / max(1, len(one.marks)),
                 frozenset(token for token in one.tokens if token[0] == NUMBER))
            for one in reading.sentences))


def packed(index: Index) -> bytes:
    """An index without its text, as bytes that `unpacked` reads."""
    spans = [[one.start, one.end, one.words, one.key, int(one.is_whole), one.quoted] for one in index.spans]
    told = [FORM, index.tokens, index.places, index.names.hex(), index.unquoted.hex(), spans]
    return zlib.compress(json.dumps(told, separators=(",", ":")).encode(), 1)


def unpacked(stored: bytes, text: str, language: str | None) -> Index | None:
    """The index of a text that was packed; None where that was in another FORM."""
    form, *told = json.loads(zlib.decompress(stored))
    if form != FORM:
        return None
    listed, placed, names, unquoted, spans = told
    tokens = tuple(map(sys.intern, listed))
    places = tuple(map(tuple, placed))
    numbers: dict[int, set[str]] = {}
    for token, found in zip(tokens, places, strict=True):
        if token[0] == NUMBER:
            for number in found:
                numbers.setdefault(number, set()).add(token)
    return Index(
        text=text, language=language, tokens=tokens, places=places, names=bytes.fromhex(names),
        unquoted=bytes.fromhex(unquoted),
        spans=tuple(Span(start, end, words, key, bool(is_whole), quoted, frozenset(numbers.get(number, ())))
                    for number, (start, end, words, key, is_whole, quoted) in enumerate(spans)))
