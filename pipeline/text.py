"""Paragraphs -> words with their places: the one tokenisation that all comparisons use (pure)."""

import re
from dataclasses import dataclass

from archive.digests import normalised

# A word is a run of letters and digits with inner apostrophes; of scripts without spaces each character is one.
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
    r"|[^\W_](?:[^\W_\u3040-\u30ff\u3400-\u9fff]|['’ʼ](?=[^\W_]))*"
)
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
    """A paragraph on one line: control characters and lone surrogates out, white space single."""
    text = "".join(c if c.isprintable() or c.isspace() else " " for c in text) if not text.isprintable() else text
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
