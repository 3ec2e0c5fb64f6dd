"""What people type into the search box -> what they want, as terms.

Words are all wanted; "a phrase" stands as it is; -word and -"phrase" are not wanted; word* finds what begins so; OR
(in capitals) between two terms wants either. What else a word stands for is `datasette_config.expanding`'s.
"""

import re
from dataclasses import dataclass
from typing import Literal

from archive.errors import ArchiveError

MAX_LENGTH = 400  # characters; more is no question but a paste
MAX_TERMS = 32

_TERM = re.compile(r"""(?P<minus>[-−])?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))""")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_TOKEN = re.compile(r"[^\W_]+")

Kind = Literal["word", "phrase", "prefix"]


class QueryError(ArchiveError):
    """A question that is longer than any reader would type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A term by its words, as the search index cuts them; a word with a hyphen or an apostrophe has several."""

    kind: Kind
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        """Its words, with a space between."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """All groups are wanted, of each one term at least; none of the unwanted terms is."""

    wanted: tuple[tuple[Term, ...], ...] = ()
    unwanted: tuple[Term, ...] = ()


def parse(typed: str) -> Query:
    """The terms of what was typed, whatever it was. Raises QueryError."""
    if len(typed) > MAX_LENGTH:
        raise QueryError(f"q is longer than {MAX_LENGTH} characters")
    wanted: list[tuple[Term, ...]] = []
    unwanted: list[Term] = []
    joins = False
    for match in _terms(typed):
        if match["word"] == "OR" and not match["minus"] and wanted:
            joins = True
            continue
        term = _term(match["phrase"], match["word"])
        if term is None:
            continue
        if match["minus"]:
            unwanted.append(term)
        elif joins:
            wanted[-1] = (*wanted[-1], term)
        else:
            wanted.append((term,))
        joins = False
    return Query(wanted=tuple(wanted), unwanted=tuple(unwanted))


def tokens(text: str) -> tuple[str, ...]:
    """Its words as the search index cuts them: runs of letters and digits."""
    return tuple(_TOKEN.findall(text))


def _terms(typed: str) -> list[re.Match[str]]:
    found = list(_TERM.finditer(re.sub(r"[\x00-\x1f\ud800-\udfff]", " ", typed).translate(_QUOTES)))
    if len(found) > MAX_TERMS:
        raise QueryError(f"q has more than {MAX_TERMS} words")
    return found


def _term(phrase: str | None, word: str | None) -> Term | None:
    """None where there is no letter or digit."""
    words = tokens(phrase if phrase is not None else word or "")
    if not words:
        return None
    if phrase is not None:
        return Term(kind="phrase", words=words)
    return Term(kind="prefix" if (word or "").endswith("*") else "word", words=words)
