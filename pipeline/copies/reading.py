"""A text -> its sentences as tokens that survive translation, with their places (pure)."""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, compress

from pipeline.copies.skeletons import token
from pipeline.text import SPACELESS, quotations

NAME, QUOTED = 1, 2  # bits of a token's mark
# Marks translated by one of these have 1 for each token that is such, else 0.
IS_NAME = bytes(mark & NAME for mark in range(256))
IS_QUOTED = bytes((mark & QUOTED) // QUOTED for mark in range(256))
IS_UNQUOTED = bytes(1 - quoted for quoted in IS_QUOTED)
MIN_WORDS = 5  # of a sentence; shorter ones ("Sen.", a heading) are read with the one before
MAX_JOINED = 60  # words of a sentence after which nothing is joined to it
MAX_SENTENCES = 1_500  # a longer text is read to here: about 30,000 words
_REMEMBERED = 1 << 18  # distinct words; a language's running text has fewer
WHOLE_WORDS, MIN_TOKENS = 8, 4  # a shorter sentence ("He did not comment.") is no witness of its own

_NUMBER_OR_WORD = re.compile(
    rf"[^\W\d_{SPACELESS}](?:[^\W_{SPACELESS}]++|[\u0300-\u036f]++|['’ʼ](?=[^\W_{SPACELESS}]))*+"
    rf"|\d+(?:[.,:'’\u00a0\u202f]?\d+)*|[{SPACELESS}]"
)
# A sentence ends at a full stop that no small letter and no digit ("Aug. 6") follows, at an ideographic one, and with
# the line.
_END = re.compile(r"[.!?…][\"”»’)\]]*(?=\s+[^\s\da-zа-яёіїєґ])|[。！？]|(?=\n)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Characters start to end of the text; `marks` has a byte for each token: NAME and QUOTED.

    A name begins with a capital inside the sentence. Quoted words are somebody's whom several reporters may have heard.
    """

    start: int
    end: int
    words: int
    tokens: tuple[str, ...]
    marks: bytes

    @property
    def key(self) -> int:
        """The same for the same tokens in the same order: signed, 64 bits."""
        return key_of(" ".join(self.tokens))

    @property
    def is_whole(self) -> bool:
        """Whether it says enough to be recognised in another text."""
        return self.words >= WHOLE_WORDS and len(self.tokens) >= MIN_TOKENS


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is compared. `language` is None where it is not known."""

    text: str
    language: str | None
    sentences: tuple[Sentence, ...]

    @property
    def distinct(self) -> set[str]:
        """Each token once."""
        return {token for sentence in self.sentences for token in sentence.tokens}

    @property
    def names(self) -> set[str]:
        """The tokens that are a name somewhere."""
        return set(chain.from_iterable(
            compress(sentence.tokens, sentence.marks.translate(IS_NAME)) for sentence in self.sentences))

    @property
    def whole(self) -> set[int]:
        """The keys of the sentences that can be recognised in another text."""
        return {sentence.key for sentence in self.sentences if sentence.is_whole}


def key_of(words: str) -> int:
    """A string as a signed integer of 64 bits, the same on every machine."""
    return int.from_bytes(blake2b(words.encode("utf-8", "replace"), digest_size=8).digest(), "big", signed=True)


def read(text: str, language: str | None = None) -> Reading:
    """The sentences of a text; MAX_SENTENCES at most, none without a word."""
    found: list[Sentence] = []
    quoted = iter([*quotations(text), (len(text) + 1, len(text) + 2)])
    quote, until = next(quoted)
    for start, end in _spans(text):
        while start >= until:
            quote, until = next(quoted)
        if quote >= end:  # as most sentences: nothing is quoted
            marked = list(map(_marked, _NUMBER_OR_WORD.findall(text, start, end)))
        else:
            marked = []
            for match in _NUMBER_OR_WORD.finditer(text, start, end):
                at = match.start()
                while at >= until:
                    quote, until = next(quoted)
                one, mark = _marked(match.group())
                marked.append((one, mark | QUOTED if at >= quote else mark))
        if not marked:
            continue
        words = len(marked)
        marked[0] = marked[0][0], marked[0][1] & ~NAME  # any word begins a sentence with a capital
        said = [both for both in marked if both[0]]
        tokens, marks = zip(*said, strict=True) if said else ((), ())
        sentence = Sentence(start, end, words, tokens, bytes(marks))
        if found and min(words, found[-1].words) < MIN_WORDS and found[-1].words + words <= MAX_JOINED:
            found[-1] = _joined(found[-1], sentence)
        elif len(found) == MAX_SENTENCES:
            break
        else:
            found.append(sentence)
    return Reading(text=text, language=language, sentences=tuple(found))


@lru_cache(maxsize=_REMEMBERED)
def _marked(word: str) -> tuple[str, int]:
    """A word's token, and whether it begins as a name does."""
    return token(word), NAME if word[0].isupper() else 0


def _joined(one: Sentence, other: Sentence) -> Sentence:
    return Sentence(one.start, other.end, one.words + other.words, one.tokens + other.tokens, one.marks + other.marks)


def _spans(text: str) -> list[tuple[int, int]]:
    """Where sentences begin and end, without the white space around them."""
    spans, start = [], 0
    for match in _END.finditer(text):
        if match.end() > start:
            spans.append((start, match.end()))
        start = max(start, match.end())
        while start < len(text) and text[start].isspace():
            start += 1
    if start < len(text):
        spans.append((start, len(text)))
    return spans
