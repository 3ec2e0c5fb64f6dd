"""A reading as it is kept and compared: each token once, with the sentences that have it (pure).

It is kept in columns that cost little to open, with what was weighed of it in its epoch. Most texts that it meets share
a few words with it by chance: these are told apart by less (`sketches`).
"""

import struct
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, compress, pairwise
from typing import Any

from pipeline.copies.reading import IS_QUOTED, IS_UNQUOTED, Reading
from pipeline.copies.skeletons import NUMBER

FORM = 4  # of what is kept: what was kept in another is read again from the text
# Tokens, places, sentences, bytes of the epoch's name, and what was weighed of all
_SIZES = struct.Struct("<IIIHdII")


@dataclass(frozen=True)
class Index:
    """A text's sentences in columns, and its tokens with the numbers of their sentences.

    Of sentences: characters `starts` to `ends`, how many words, the key, whether it is whole (0 or 1), the share of its
    tokens that is quoted. `names` and `unquoted` have a byte for each token: 1 where it is a name somewhere, or stands
    outside quotations. The sentences of all tokens stand in one column, `standing`, those of a token between two of
    `bounds`: of most tokens they are never asked for.
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
    standing: Sequence[int]
    bounds: Sequence[int]
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

    def places(self, at: int) -> Sequence[int]:
        """The sentences of a token, by its place among the tokens."""
        return self.standing[self.bounds[at]:self.bounds[at + 1]]

    @cached_property
    def numbers(self) -> Mapping[int, set[str]]:
        """The numbers of each sentence that has some."""
        found: dict[int, set[str]] = {}
        for at, token in enumerate(self.tokens):
            if token[0] == NUMBER:
                for place in self.places(at):
                    found.setdefault(place, set()).add(token)
        return found


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
        tokens=tuple(places), standing=tuple(chain.from_iterable(places.values())),
        bounds=tuple(accumulate(map(len, places.values()), initial=0)),
        names=bytes(token in names for token in places), unquoted=bytes(token in unquoted for token in places))


def packed(index: Index, weighed: Weighed) -> bytes:
    """An index without its text, and what was weighed, as bytes that `unpacked` reads."""
    epoch = weighed.epoch.encode()
    columns = struct.pack(
        _columns(len(index.tokens), len(index.standing), len(index.keys)),
        *(end - start for start, end in pairwise(index.bounds)), *index.standing, weighed.weights, index.names,
        index.unquoted, *index.starts, *index.ends, *index.words, *index.keys, *index.is_whole, *index.quoted,
        *weighed.own)
    sizes = _SIZES.pack(len(index.tokens), len(index.standing), len(index.keys), len(epoch), weighed.total,
                        weighed.names, weighed.numbers)
    return bytes([FORM]) + zlib.compress(sizes + epoch + columns + "\n".join(index.tokens).encode(), 1)


def _columns(tokens: int, places: int, sentences: int) -> str:
    return (f"<{tokens}H{places}H{tokens}s{tokens}s{tokens}s{3 * sentences}I{sentences}q{sentences}B{sentences}d"
            f"{sentences}f")


def unpacked(stored: bytes, text: str, language: str | None) -> tuple[Index, Weighed] | None:
    """The index of a text that was packed, and what was weighed; None where that was in another FORM."""
    if stored[0] != FORM:
        return None
    told = zlib.decompress(stored[1:])
    tokens, places, sentences, named, *totals = _SIZES.unpack_from(told)
    columns, start = _columns(tokens, places, sentences), _SIZES.size + named
    values, end = struct.unpack_from(columns, told, start), start + struct.calcsize(columns)
    counts, standing, (weights, names, unquoted), starts, ends, words, keys, is_whole, quoted, own = _cut(
        values, (tokens, places, 3, *[sentences] * 7))
    index = Index(
        text=text, language=language, starts=starts, ends=ends, words=words, keys=keys, is_whole=is_whole,
        quoted=quoted, tokens=tuple(told[end:].decode().split("\n")) if tokens else (), names=names, unquoted=unquoted,
        standing=standing, bounds=tuple(accumulate(counts, initial=0)))
    return index, Weighed(told[_SIZES.size:start].decode(), weights, own, *totals)


def _cut(values: tuple[Any, ...], lengths: Iterable[int]) -> list[tuple[Any, ...]]:
    return [values[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]
