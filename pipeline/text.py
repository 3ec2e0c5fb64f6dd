"""Paragraphs -> words with their places: the one tokenisation that all comparisons use (pure)."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from archive.digests import normalised

# A word is a run of letters (an accent may be a character of its own) and digits with inner apostrophes; of scripts
# without spaces each character is one.
SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{SPACELESS}]|[^\W_](?:[^\W_{SPACELESS}]++|[\u0300-\u036f]++|['’ʼ](?=[^\W_{SPACELESS}]))*+")
# Begins with its marks, so that a search looks at nothing else. Before an opening mark stands no word and no full stop
# (»A.« he said, »B.« has words between two quotations, not within one); before one that also closes, a space.
_AFTER_SPACE = r"\s(\[„“‚‘«‹—–-"
_QUOTATION = re.compile("[“„«»”\"「『‘'‚‹›](?:" + "|".join((
    rf"(?<=“)(?<![^\W{SPACELESS}]“)(?<![.,!?…]“)"
    r"[^”\n]*?(?:”|“(?=[\s.,;:!?)])|(?=\n)|\Z)",  # the same mark, at a word's end, closes it in some
    r"(?<=„)[^“”\n]*[“”]?",
    rf"(?<=«)(?<![^\W{SPACELESS}]«)(?<![.,!?…]«)[^»\n]*»?",
    rf"(?<=»)(?<![^{_AFTER_SPACE}]»)(?=[\w„“‚‘›…])[^«»\n]*[«»]?",  # German; Finnish »so»
    rf"(?<=”)(?<![^{_AFTER_SPACE}]”)(?=\w)[^”\n]*”?",  # Swedish, Finnish
    r"(?<=\")[^\"\n]*\"?",
    r"(?<=「)[^」\n]*」?|(?<=『)[^』\n]*』?",
    # Single marks are apostrophes, too: they quote only where they are closed, after a full stop or not within a word.
    r"(?<=‘)(?<!\w‘)(?:[^‘\n]*?[.,!?…]’(?!\w)|(?:[^‘’\n]|’(?=\w))*’(?!\w))",
    rf"(?<=')(?<![^{_AFTER_SPACE}]')(?=\w)(?:[^'\n]|(?<=\w)'(?=\w))*(?<=[.,!?…])'(?!\w)",
    r"(?<=‚)[^‚‘’\n]*[‘’]",
    rf"(?<=‹)(?<!\w‹)[^‹›\n]*›|(?<=›)(?<![^{_AFTER_SPACE}]›)(?=\w)[^‹›\n]*[‹›]",
)) + ")")
# The signature under a post that a page embeds: "— Julián Castro (@JulianCastro) July 9, 2020", in any language.
_SIGNATURE = re.compile(r"\(@\w{1,30}\)[^\n]{0,40}?\b(?:19|20)\d\d\b")
SIGNER_WORDS = 6  # before the handle; with more, the post itself stands in the signature's paragraph
MAX_WORD = 60  # longer runs are codes or a hostile page's; they are cut


class Word(NamedTuple):  # of which a text has hundreds: a frozen dataclass takes nearly twice as long to make
    """A word as compared, and the characters of the text that it came from (end excluded)."""

    form: str
    start: int
    end: int


def words(text: str) -> tuple[Word, ...]:
    """The words of a text in order, case folded."""
    return tuple([Word(_form(match.group()[:MAX_WORD]), *match.span()) for match in _WORD.finditer(text)])


def quotations(text: str) -> list[tuple[int, int]]:
    """Where a text quotes, as character ranges in order, none within another.

    A mark that is never closed quotes to its paragraph's end; a post that is embedded with its signature is a quotation
    without marks.
    """
    posts = [(_beginning_of_post(text, match.start()), match.end()) for match in _SIGNATURE.finditer(text)]
    ranges: list[tuple[int, int]] = []
    for start, end in sorted([*posts, *(match.span() for match in _QUOTATION.finditer(text))]):
        if ranges and start < ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    return ranges


def _beginning_of_post(text: str, handle: int) -> int:
    """Where the paragraph of a post begins, by the place of the handle in its signature."""
    start = text.rfind("\n", 0, handle) + 1
    if len(text[start:handle].split()) > SIGNER_WORDS:
        return start
    return text.rfind("\n", 0, len(text[:start].rstrip())) + 1  # the signature has a paragraph of its own


@lru_cache(maxsize=1 << 15)  # distinct words, already cut: what is remembered is never long
def _form(word: str) -> str:
    # The short way for most words; the two agree (a test holds it).
    return word.lower() if word.isascii() else normalised(word)


def clean_paragraph(text: str) -> str:
    """A paragraph on one line: control characters and lone surrogates out, white space single. Idempotent.

    Soft hyphens, joiners and other marks that are not seen leave no space behind.
    """
    spaced = " ".join(text.split())
    return spaced if spaced.isprintable() else " ".join("".join(map(_shown, spaced)).split())


def _shown(character: str) -> str:
    if character.isprintable() or character.isspace():
        return character
    return "" if unicodedata.category(character) == "Cf" else " "
