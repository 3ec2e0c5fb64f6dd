"""Two passages in different words -> the names and numbers that stand in both.

A name agrees by its consonants (Sudzha, Суджа, Southzha), as links are found by them too, and by its letters, since
unlike names may share consonants (Sudzha, States); a number agrees by its digits. A word that begins a sentence is a
name where the other passage has it within one.
"""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from anyascii import anyascii

from pipeline.copies.skeletons import NUMBER, token

SIMILAR = 0.5  # share of the letters of two spellings of one name, both in Latin: Kyiv and Киев, Суджа and Southzha
MIN_AT_OPENING = 3  # consonants of a word that begins a sentence; two agree too often by chance
MOST_SPELLINGS = 20  # of one token in a passage: each is compared with each of the other side
_TERM = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+)*|[^\W\d_](?:[^\W_]|[\u0300-\u036f]|['’ʼ](?=[^\W_]))*")
_POSSESSIVE = re.compile("['’]s$")
_OPENING = re.compile(r"(?:^|[.!?…:]\s|\n|[“\"«„])$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Words of a passage in a row; "shared" is a name or a number that the other passage has too."""

    change: Literal["same", "shared"]
    text: str


@dataclass(frozen=True, slots=True)
class _Spelling:
    """A name or a number as it is compared: its token, its letters in Latin, whether it begins a sentence."""

    token: str
    letters: str
    is_opening: bool

    def agrees(self, other: "_Spelling") -> bool:
        """Whether two of one token are the same name or number."""
        if self.token.startswith(NUMBER):
            return True
        if self.is_opening and other.is_opening:
            return False
        if (self.is_opening or other.is_opening) and len(self.token) < MIN_AT_OPENING:
            return False
        return SequenceMatcher(None, self.letters, other.letters, autojunk=False).ratio() >= SIMILAR


def agreeing(one: str, other: str) -> tuple[tuple[Words, ...], tuple[Words, ...]]:
    """Both passages whole, with what stands in both."""
    ours, theirs = list(_terms(one)), list(_terms(other))
    our_spellings, their_spellings = _by_token(ours), _by_token(theirs)
    pairs = [(mine, yours) for said, spellings in our_spellings.items() for mine in spellings
             for yours in their_spellings.get(said, ()) if mine.agrees(yours)]
    return (tuple(_told(one, ours, {mine for mine, _ in pairs})),
            tuple(_told(other, theirs, {yours for _, yours in pairs})))


def _terms(text: str) -> Iterator[tuple[_Spelling, int, int]]:
    """The names and numbers of a passage, and where they stand."""
    for term in _TERM.finditer(text):
        word, (start, end) = _POSSESSIVE.sub("", term.group()), term.span()
        said = token(word) if word[0].isdecimal() or word[0].isupper() else ""
        if said:
            yield (_Spelling(said, anyascii(word).lower(), bool(_OPENING.search(text[max(0, start - 2):start]))),
                   start, end)


def _by_token(terms: Iterable[tuple[_Spelling, int, int]]) -> Mapping[str, Sequence[_Spelling]]:
    found: dict[str, list[_Spelling]] = defaultdict(list)
    for spelling in dict.fromkeys(spelling for spelling, _, _ in terms):
        if len(found[spelling.token]) < MOST_SPELLINGS:
            found[spelling.token].append(spelling)
    return found


def _told(text: str, terms: Iterable[tuple[_Spelling, int, int]], shared: Container[_Spelling]) -> Iterator[Words]:
    done = 0
    for spelling, start, end in terms:
        if spelling in shared:
            if start > done:
                yield Words(change="same", text=text[done:start])
            yield Words(change="shared", text=text[start:end])
            done = end
    if done < len(text):
        yield Words(change="same", text=text[done:])
