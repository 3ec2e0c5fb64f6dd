"""News that is made up, with the word statistics of real news, seeded: known copies among texts of their own.

Words are the skeletons of the shipped table, as often as news has them; names and rare words are invented, about as
many as running text has, so that texts meet others by chance.
"""

import gzip
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate
from typing import Literal

Kind = Literal["own", "exact", "edited", "excerpt", "translated"]
WORDS = (150, 700)  # of a text
SENTENCE = (9, 28)
RARE = 0.07  # share of the words that are no common ones: half of them names
RARE_WORDS = 400_000  # that there are; few of them often (Zipf)
SUBJECTS, OF_SUBJECT = 400, 0.08  # stories that many texts tell of, and the share of words that are their own
COPIES = 0.12  # of the texts are made from one of the LAST before
LAST = 3_000
CONSONANTS = "bdfklmnprstvz"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeText:
    """A text, and the number of the one that it was made from."""

    number: int
    kind: Kind
    source: int | None
    language: str
    text: str


def made_news(seed: int) -> Iterator[MadeText]:
    """Texts without end; the same for the same seed."""
    chance = random.Random(seed)
    language = _Language(chance)
    last: list[MadeText] = []
    number = 0
    while True:
        source = chance.choice(last) if last and chance.random() < COPIES else None
        made = _copy(chance, language, number, source) if source is not None else MadeText(
            number=number, kind="own", source=None, language=chance.choice(("en", "uk", "ru", "de")),
            text=language.text(chance, chance.randint(*WORDS)))
        yield made
        if made.kind == "own":
            last.append(made)
            del last[:-LAST]
        number += 1


def common_words() -> list[tuple[str, float]]:
    """The skeletons of the shipped table, each with its share of news articles."""
    table = gzip.decompress((files("pipeline.copies") / "tables" / "rates-1.txt.gz").read_bytes()).decode("ascii")
    rows = (line.split(" ") for line in table.splitlines() if not line.startswith("#"))
    return [(word, math.exp(-int(tenths) / 10)) for word, tenths in rows]


class _Language:
    """Common words by their share of news articles, rare ones by rank."""

    def __init__(self, chance: random.Random) -> None:
        rows = common_words()
        self.common = [word for word, _ in rows]
        self._weights = list(accumulate(weight for _, weight in rows))
        self._subjects = [[_invented(self._rank(chance)) for _ in range(30)] for _ in range(SUBJECTS)]

    def text(self, chance: random.Random, words: int) -> str:
        subject = chance.choice(self._subjects)
        paragraphs, sentences = [], []
        while words > 0:
            length = chance.randint(*SENTENCE)
            sentences.append(self._sentence(chance, subject, length))
            words -= length
            if chance.random() < 0.4:
                paragraphs.append(" ".join(sentences))
                sentences = []
        return "\n\n".join([*paragraphs, *([" ".join(sentences)] if sentences else [])])

    def _sentence(self, chance: random.Random, subject: list[str], length: int) -> str:
        words = chance.choices(self.common, cum_weights=self._weights, k=length)
        for place in range(1, length):
            drawn = chance.random()
            if drawn < RARE:
                word = _invented(self._rank(chance))
                words[place] = word.capitalize() if drawn < RARE / 2 else word
            elif drawn < RARE + OF_SUBJECT:
                words[place] = chance.choice(subject).capitalize()
            elif drawn < RARE + OF_SUBJECT + 0.02:
                words[place] = str(chance.randint(2, 20_000))
        return words[0].capitalize() + " " + " ".join(words[1:]) + "."

    @staticmethod
    def _rank(chance: random.Random) -> int:
        """By Zipf's law, the exponent 1."""
        return int(RARE_WORDS ** chance.random())


def _invented(rank: int) -> str:
    """A word of six consonants and vowels for each rank; its skeleton is its consonants."""
    letters = []
    for _ in range(5):
        rank, place = divmod(rank, len(CONSONANTS))
        letters.append(CONSONANTS[place])
    return "a".join(letters)


def _copy(chance: random.Random, language: _Language, number: int, source: MadeText) -> MadeText:
    kind: Kind = chance.choice(("exact", "edited", "excerpt", "translated"))
    paragraphs = source.text.split("\n\n")
    tongue = source.language
    if kind == "edited":
        words = source.text.split(" ")
        for place in range(5, len(words), chance.randint(15, 40)):
            words[place] = chance.choice(language.common)
        paragraphs = " ".join(words).split("\n\n")
    elif kind == "excerpt":
        cut = max(2, len(paragraphs) // 2)
        paragraphs = [*language.text(chance, 200).split("\n\n"), *paragraphs[:cut]]
    elif kind == "translated":
        tongue = {"en": "uk", "uk": "en", "ru": "de", "de": "ru"}[source.language]
        paragraphs = [_translated(chance, language, paragraph) for paragraph in paragraphs]
    return MadeText(number=number, kind=kind, source=source.number, language=tongue, text="\n\n".join(paragraphs))


def _translated(chance: random.Random, language: _Language, paragraph: str) -> str:
    """Names, numbers and a third of the other words stay what they are."""
    return " ".join(
        word if word[:1].isupper() or word[:1].isdigit() or word.endswith(".") or chance.random() < 0.33
        else chance.choice(language.common) for word in paragraph.split(" "))
