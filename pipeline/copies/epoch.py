"""How rare a token is, and which sentences are furniture: what a comparison takes from the whole corpus (pure).

An epoch is counted once and then stands: within it, what two texts share is a function of these two texts, whatever
came before, between or after them. The first epoch is a table that ships with the program.
"""

import gzip
import json
import math
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import pairwise

from pipeline.copies.indexing import Index
from pipeline.copies.reading import Reading
from pipeline.copies.skeletons import NUMBER

FLOOR = 1e-4  # the rate below which all tokens are equally rare
OWN = 0.3  # the rate of a topic's own names before anything is counted: they tell no article from another
PRIOR = 200.0  # articles that the shipped table counts for, beside those of the archive
# A sentence that stands in so many texts that are otherwise different, and in half as many that are not, is the
# site's and not the article's. A wire's story stands in many outlets too; but there the whole text does.
FURNITURE_TEXTS, FURNITURE_SHARE = 8, 0.5
OWN_SENTENCES = 0.25  # of a text's, which fewer texts have: with less it is one more print of a text that many have
_REMEMBERED = 1 << 18
# Rates of the numbers of a calendar, of years, of others below 100, of characters of scripts without spaces.
_CALENDAR, _YEARS, _SMALL, _CHARACTER = 0.05, 0.02, 0.007, 0.05


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was counted over `articles` articles: in how many each token stands, and the sentences of their furniture.

    `own` are the topic's own names. `digest` names the epoch: texts compared in another one are compared again.
    """

    articles: int
    counts: Mapping[str, int]
    furniture: frozenset[int]
    own: frozenset[str]
    digest: str
    _told: dict[str, tuple[float, float]] = field(default_factory=dict, repr=False, compare=False)  # remembered

    def rate(self, token: str) -> float:
        """The share of other articles in which a token stands: FLOOR to 1."""
        return (self._told.get(token) or self._counted(token))[0]

    def weight(self, token: str) -> float:
        """The token's information in nats: 0 for one that stands everywhere, 9.2 for the rarest."""
        return (self._told.get(token) or self._counted(token))[1]

    def told(self, token: str) -> tuple[float, float]:
        """Rate and weight of a token at once."""
        return self._told.get(token) or self._counted(token)

    def _counted(self, token: str) -> tuple[float, float]:
        prior = OWN if token in self.own else shipped_rate(token)
        others = max(self.counts.get(token, 0) - 1, 0)
        rate = max(FLOOR, (others + PRIOR * prior) / (self.articles + PRIOR))
        if len(self._told) > _REMEMBERED:
            self._told.clear()
        told = self._told[token] = rate, -math.log(min(1.0, rate))
        return told


def shipped(own: Iterable[str] = ()) -> Epoch:
    """The epoch before anything is counted; `own` are the tokens of the topic's names."""
    return _epoch(0, {}, frozenset(), frozenset(own))


def counted(readings: Iterable[Reading | Index], own: Iterable[str] = ()) -> Epoch:
    """The epoch of a corpus: one reading for each article."""
    counts: Counter[str] = Counter()
    sentences, ends = array("q"), array("Q")  # eight bytes for each sentence, of all texts
    for reading in readings:
        counts.update(reading.distinct)
        sentences.extend(sorted(reading.whole))
        ends.append(len(sentences))
    furniture = _furniture(sentences, [0, *ends])
    return summed(len(ends), counts, furniture, own)


def told_furniture(readings: Iterable[Reading | Index], own: Iterable[str] = ()) -> Epoch:
    """The epoch of a corpus too small to say how rare a word is: of the shipped table, with the furniture counted."""
    return summed(0, {}, counted(readings).furniture, own)


def summed(articles: int, counts: Mapping[str, int], furniture: Iterable[int], own: Iterable[str]) -> Epoch:
    """The epoch of a corpus that was counted elsewhere, in parts."""
    return _epoch(articles, {token: n for token, n in counts.items() if n > 1}, frozenset(furniture), frozenset(own))


def is_furniture(texts: int, standing: int) -> bool:
    """Whether a sentence is the site's: it stands in so many texts in all, so many of which are different ones."""
    return texts >= max(FURNITURE_TEXTS, FURNITURE_SHARE * standing)


def _furniture(sentences: Sequence[int], ends: Sequence[int]) -> frozenset[int]:
    """Of the sentences of texts, each text's sorted, those that are furniture.

    Nearly all stand in one text alone, so first it is counted how many fall into a place by their last bits, a byte
    each: only those of full places are looked at one by one.
    """
    places = bytearray(1 << (len(sentences) + 1).bit_length())
    last = len(places) - 1
    for key in sentences:
        places[key & last] += places[key & last] < FURNITURE_TEXTS
    standing = Counter(key for key in sentences if places[key & last] == FURNITURE_TEXTS)
    common = {key for key, found in standing.items() if found >= FURNITURE_TEXTS}
    texts: defaultdict[int, set[int]] = defaultdict(set)  # the different ones in which a sentence stands
    for start, end in pairwise(ends):
        whole = sentences[start:end]
        if not common.isdisjoint(whole):
            one = told_by(whole, common)
            for key in common.intersection(whole):
                texts[key].add(one)
    return frozenset(key for key, seen in texts.items() if is_furniture(len(seen), standing[key]))


def told_by(whole: Collection[int], common: Container[int]) -> int:
    """The sentence by which a text is told from others, of texts with most of their own in common mostly the same.

    `common` are the sentences that FURNITURE_TEXTS have at least: one of those would tell all pages of a site as one.
    """
    own = [key for key in whole if key not in common]
    return min(own if len(own) >= OWN_SENTENCES * len(whole) else whole)


def packed(epoch: Epoch) -> bytes:
    """An epoch as bytes that `unpacked` reads."""
    values = {"articles": epoch.articles, "counts": dict(sorted(epoch.counts.items())),
              "furniture": sorted(epoch.furniture), "own": sorted(epoch.own)}
    return gzip.compress(json.dumps(values, separators=(",", ":")).encode(), mtime=0)


def unpacked(stored: bytes, digest: str | None = None) -> Epoch:
    """The epoch of these bytes; where its `digest` is known, it is not made anew, which takes longest.

    Raises ValueError, gzip.BadGzipFile or KeyError for bytes that `packed` did not write.
    """
    values = json.loads(gzip.decompress(stored))
    told = values["articles"], values["counts"], frozenset(values["furniture"]), frozenset(values["own"])
    return _epoch(*told) if digest is None else Epoch(*told, digest)


def _epoch(articles: int, counts: Mapping[str, int], furniture: frozenset[int], own: frozenset[str]) -> Epoch:
    told = json.dumps([articles, sorted(counts.items()), sorted(furniture), sorted(own), _TABLE], separators=(",", ":"))
    return Epoch(articles, counts, furniture, own, sha256(told.encode()).hexdigest()[:16])


_TABLE = "rates-1"  # the shipped table's name: another table is another epoch


@lru_cache(maxsize=1)
def _shipped_rates() -> Mapping[str, float]:
    """The share of news articles in which each skeleton stands: a line of "skeleton tenths-of-nats" for each."""
    table = gzip.decompress((files("pipeline.copies") / "tables" / f"{_TABLE}.txt.gz").read_bytes()).decode("ascii")
    lines = (line.split(" ") for line in table.splitlines() if not line.startswith("#"))
    return {skeleton: math.exp(-int(tenths) / 10) for skeleton, tenths in lines}


def shipped_rate(token: str) -> float:
    """The rate of a token in the shipped table; numbers by their kind."""
    if not token.startswith(NUMBER):
        if len(token) == 1:
            return _CHARACTER
        return _shipped_rates().get(token, FLOOR)
    digits = token[len(NUMBER):]
    if len(digits) > 4:
        return FLOOR
    number = int(digits)
    if number <= 31:
        return _CALENDAR
    return _YEARS if 1990 <= number <= 2039 else _SMALL if number < 100 else FLOOR


