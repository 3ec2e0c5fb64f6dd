"""A reading as it is kept and compared: each token once, with the sentences that have it (pure).

A text meets many that come later, and with most of them it shares a few words by chance. So it is kept in columns that
cost little to open, with what was weighed of it in its epoch; foremost its sketch, which tells most of these apart.
"""

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress, pairwise
from typing import Any, overload

from pipeline.copies.reading import IS_QUOTED, IS_UNQUOTED, Reading
from pipeline.copies.skeletons import NUMBER

FORM = 3  # of what is kept: what was kept in another is read again from the text
# FORM, bytes of the language and of the epoch's name, worth of the keys, tokens, bytes of the sketch
_HEAD = struct.Struct("<BHHdII")
_SIZES = struct.Struct("<IIdII")  # places, sentences, and what was weighed of all


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


class Places(Sequence[Sequence[int]]):
    """The sentences of each token, cut out of one column when they are asked for: of most tokens they never are."""

    def __init__(self, flat: Sequence[int], ends: Sequence[int]) -> None:
        self.flat, self.ends = flat, ends

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    @overload
    def __getitem__(self, at: int) -> Sequence[int]: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Sequence[int]]: ...
    def __getitem__(self, at: int | slice) -> Sequence[int] | Sequence[Sequence[int]]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(len(self)))]
        if not 0 <= at < len(self):
            raise IndexError(at)
        return self.flat[self.ends[at]:self.ends[at + 1]]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What an epoch says of a text: the weight of each sentence's tokens, of all; how many names and numbers it has.

    `weights` has a byte for each token, its weight in sixteenths of nats: 0 for one that aligns nothing.
    """

    epoch: str
    weights: bytes
    own: Sequence[float]
    total: float
    names: int
    numbers: int


def indexed(reading: Reading) -> Index:
    """A reading by its tokens."""
    sentences = reading.sentences
    places = defaultdict[str, list[int]](list)
    unquoted = set[str]()
    for number, sentence in enumerate(sentences):
        for token in dict.fromkeys(sentence.tokens):
            places[token].append(number)
        unquoted.update(compress(sentence.tokens, sentence.marks.translate(IS_UNQUOTED)))
    names = reading.names
    return Index(
        text=reading.text, language=reading.language, starts=tuple(one.start for one in sentences),
        ends=tuple(one.end for one in sentences), words=tuple(one.words for one in sentences),
        keys=tuple(one.key for one in sentences), is_whole=tuple(int(one.is_whole) for one in sentences),
        quoted=tuple(sum(one.marks.translate(IS_QUOTED)) / max(1, len(one.marks)) for one in sentences),
        tokens=list(places), places=[tuple(found) for found in places.values()],
        names=bytes(token in names for token in places), unquoted=bytes(token in unquoted for token in places))


def numbers_in(index: Index) -> dict[int, set[str]]:
    """The numbers of each sentence that has some."""
    found: dict[int, set[str]] = {}
    for at in [at for at, token in enumerate(index.tokens) if token[0] == NUMBER]:
        for place in index.places[at]:
            found.setdefault(place, set()).add(index.tokens[at])
    return found


@dataclass(frozen=True, slots=True)
class Sketch:
    """As much of a text as tells which of those that it meets may share text with it: its rare tokens, weighed.

    `worth` is that of all its keys, in nats; `weights`, in the order in which the text first has the tokens, and their
    `total` are in sixteenths of nats.
    """

    language: str | None
    worth: float
    total: int
    weights: Mapping[str, int]


def sketch_of(index: Index, weighed: Weighed, worth: float) -> Sketch:
    """The sketch of a text whose keys are worth that much."""
    return _sketch(index.language, worth, index.tokens, weighed.weights)


def _sketch(language: str | None, worth: float, tokens: Sequence[str], weights: bytes) -> Sketch:
    weighed = dict(zip(compress(tokens, weights), filter(None, weights), strict=True))
    return Sketch(language=language, worth=worth, total=sum(weights), weights=weighed)


def packed(index: Index, weighed: Weighed, worth: float) -> bytes:
    """An index without its text, and what was weighed, as bytes that `outlined`, `sketched` and `unpacked` read."""
    language, epoch = (index.language or "").encode(), weighed.epoch.encode()
    sketch = zlib.compress(weighed.weights + "\n".join(index.tokens).encode(), 1)
    places = list(chain.from_iterable(index.places))
    columns = struct.pack(
        _columns(len(index.tokens), len(places), len(index.keys)), *map(len, index.places), *places, index.names,
        index.unquoted, *index.starts, *index.ends, *index.words, *index.keys, *index.is_whole, *index.quoted,
        *weighed.own)
    sizes = _SIZES.pack(len(places), len(index.keys), weighed.total, weighed.names, weighed.numbers)
    head = _HEAD.pack(FORM, len(language), len(epoch), worth, len(index.tokens), len(sketch))
    return head + language + epoch + sketch + zlib.compress(sizes + columns, 1)


def _columns(tokens: int, places: int, sentences: int) -> str:
    return f"<{tokens}H{places}H{tokens}s{tokens}s{3 * sentences}I{sentences}q{sentences}B{sentences}d{sentences}f"


def outlined(stored: bytes) -> tuple[str | None, float]:
    """The language of a packed text, and what all its keys are worth; nothing is unpacked."""
    _, language, _, worth, _, _ = _HEAD.unpack_from(stored)
    return stored[_HEAD.size:_HEAD.size + language].decode() or None, worth


def sketched(stored: bytes) -> Sketch:
    """The sketch of a packed text."""
    language, _, weights, tokens, _ = _opened(stored)
    return _sketch(language, _HEAD.unpack_from(stored)[3], tokens, weights)


def unpacked(stored: bytes, text: str, language: str | None) -> tuple[Index, Weighed] | None:
    """The index of a text that was packed, and what was weighed; None where that was in another FORM."""
    if stored[0] != FORM:
        return None
    _, epoch, weights, tokens, rest = _opened(stored)
    told = zlib.decompress(rest)
    places, sentences, *totals = _SIZES.unpack_from(told)
    values = struct.unpack_from(_columns(len(tokens), places, sentences), told, _SIZES.size)
    counts, flat, (names, unquoted), starts, ends, words, keys, is_whole, quoted, own = _cut(
        values, (len(tokens), places, 2, *[sentences] * 7))
    return Index(
        text=text, language=language, starts=starts, ends=ends, words=words, keys=keys, is_whole=is_whole,
        quoted=quoted, tokens=tokens, names=names, unquoted=unquoted,
        places=Places(flat, tuple(accumulate(counts, initial=0)))), Weighed(epoch, weights, own, *totals)


def _cut(values: tuple[Any, ...], lengths: Iterable[int]) -> list[tuple[Any, ...]]:
    return [values[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


def _opened(stored: bytes) -> tuple[str | None, str, bytes, list[str], bytes]:
    """Language, epoch, weights, tokens, and the bytes of the columns."""
    _, language, epoch, _, tokens, sketch = _HEAD.unpack_from(stored)
    epoch_at = _HEAD.size + language
    sketch_at = epoch_at + epoch
    columns_at = sketch_at + sketch
    told = zlib.decompress(stored[sketch_at:columns_at])
    return (stored[_HEAD.size:epoch_at].decode() or None, stored[epoch_at:sketch_at].decode(), told[:tokens],
            told[tokens:].decode().split("\n") if tokens else [], stored[columns_at:])
