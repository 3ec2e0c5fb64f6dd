"""Paragraphs -> words with their places: the one tokenisation that all comparisons use (pure)."""

import re
import unicodedata
from dataclasses import dataclass

from archive.digests import normalised

# A word is a run of letters (an accent may be a character of its own) and digits with inner apostrophes; of scripts
# without spaces each character is one.
_SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_SPACELESS}]|[^\W_](?:[^\W_{_SPACELESS}]|[\u0300-\u036f]|['’ʼ](?=[^\W_{_SPACELESS}]))*")
MAX_WORD = 60  # longer runs are codes or a hostile page's; they are cut


@dataclass(frozen=True, slots=True)
class Word:
    """A word as compared, and the characters of the text that it came from (end excluded)."""

    form: str
    start: int
    end: int


def words(text: str) -> tuple[Word, ...]:
    """The words of a text in order, case folded."""
    return tuple(
        Word(_form(match.group()), match.start(), match.end()) for match in _WORD.finditer(text)
    )


def _form(word: str) -> str:
    return normalised(word[:MAX_WORD])


def clean_paragraph(text: str) -> str:
    """A paragraph on one line: control characters and lone surrogates out, white space single. Idempotent.

    Soft hyphens, joiners and other marks that are not seen leave no space behind.
    """
    return " ".join((text if text.isprintable() else "".join(map(_shown, text))).split())


def _shown(character: str) -> str:
    if character.isprintable() or character.isspace():
        return character
    return "" if unicodedata.category(character) == "Cf" else " "
