"""A reading as it is compared: each token once, with the sentences that have it (pure).

It is made of the text whenever one is compared: kept it would take two thirds of what the text takes, and save a
millisecond. Most texts that a text meets share a few words with it by chance: less tells these apart (`sketches`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, compress

from pipeline.copies.reading import IS_QUOTED, IS_UNQUOTED, Reading
from pipeline.copies.skeletons import NUMBER


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
