"""What people type into the search box -> a full-text query that SQLite cannot misread.

Words are all wanted; "a phrase" stands as it is; -word and -"phrase" are not wanted; word* finds what begins so; OR
(in capitals) between two terms wants either. A Cyrillic word also finds its other case endings, which the index
keeps apart: Суджа finds Судже; in quotation marks it is taken as it stands.
"""

import re
from dataclasses import dataclass

from archive.errors import ArchiveError

MAX_LENGTH = 400  # characters; more is no question but a paste
MAX_TERMS = 32

_TERM = re.compile(r"""(?P<minus>[-−])?(?:"(?P<phrase>[^"]*)"?|(?P<word>[^\s"]+))""")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_STEM_LENGTH = 4  # letters that must be left; shorter stems find too much
_CYRILLIC = re.compile(r"[\u0400-\u04ff'’ʼ-]+")
_ENDING = re.compile(
    r"(?:иями|ями|ами|ого|его|ому|ему|ыми|ими|ием|иях|ія[мх]|ові|еві|єю|ією|ою|ею|ій|ий|ый|ой|ей|ая|яя|ое|ее|ые|ие|ії"
    r"|ия|ию|ии|ах|ях|ам|ям|ом|ем|ов|ев|ів|ых|их|ым|им|[аеёиіїйоуыьэюяє])$"
)


class QueryError(ArchiveError):
    """A question that is longer than any reader would type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FullTextQuery:
    """`match` is None where no word is wanted: then everything is, but for what has the words of `without`."""

    match: str | None
    without: str | None


def full_text_query(typed: str) -> FullTextQuery:
    """The full-text query for what was typed, whatever it was. Raises QueryError."""
    if len(typed) > MAX_LENGTH:
        raise QueryError(f"q is longer than {MAX_LENGTH} characters")
    wanted: list[list[str]] = []
    unwanted: list[str] = []
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
            wanted[-1].append(term)
        else:
            wanted.append([term])
        joins = False
    without = " OR ".join(unwanted) or None
    if not wanted:
        return FullTextQuery(match=None, without=without)
    match_all = " AND ".join(f"({' OR '.join(group)})" if len(group) > 1 else group[0] for group in wanted)
    return FullTextQuery(match=f"({match_all}) NOT ({without})" if without else match_all, without=None)


def _terms(typed: str) -> list[re.Match[str]]:
    found = list(_TERM.finditer(re.sub(r"[\x00-\x1f\ud800-\udfff]", " ", typed).translate(_QUOTES)))
    if len(found) > MAX_TERMS:
        raise QueryError(f"q has more than {MAX_TERMS} words")
    return found


def _term(phrase: str | None, word: str | None) -> str | None:
    """The term in quotation marks, which take every other sign's meaning away; None where it has no letter or digit."""
    if phrase is not None:
        return _quoted(phrase)
    bare = (word or "").rstrip("*")
    if bare != word:
        quoted = _quoted(bare)
        return quoted and f"{quoted}*"
    stem = _stem(bare)
    return f'"{stem}"*' if stem else _quoted(bare)


def _quoted(text: str) -> str | None:
    return '"{}"'.format(text.replace('"', '""')) if any(map(str.isalnum, text)) else None


def _stem(word: str) -> str | None:
    """A Cyrillic word without its ending, None where it is none or too little would be left."""
    lower = word.strip(".,;:!?()…").lower()
    if not _CYRILLIC.fullmatch(lower) or len(lower) < _STEM_LENGTH:
        return None
    stem = _ENDING.sub("", lower)
    return stem if len(stem) >= _STEM_LENGTH else _longer(lower)


def _longer(word: str) -> str | None:
    return word[:-1] if len(word) > _STEM_LENGTH else word
