"""Paragraphs -> the lines that name another source: evidence of where a text comes from (pure).

A repost that was translated and translated back keeps such lines in a mangled form ("Contributed relationships" for
"contributed reporting"), so the patterns hold the manglings that were met.
"""

import re
from collections.abc import Iterable

MAX_LINE = 300  # characters; a credit is a line, not a paragraph of the story

_CREDIT = re.compile(
    r"originally (?:published|appeared|posted)|first (?:published|appeared) (?:in|on|at|by)|republished (?:from|with)"
    r"|reposted from|this (?:article|story|piece) (?:was|is) (?:from|by|published)"
    r"|read (?:the )?(?:full|original)(?: (?:story|article)|\s*:)|(?:story|article|report) first ran (?:in|on)"
    r"|(?:translated|translation) (?:from|by)|with permission|courtesy of"
    r"|contribut(?:ed|ing) (?:reporting|to this report|relationships|relations|reports)"
    r"|report(?:ing|s) by|additional report(?:ing|s)|with (?:files|material|reporting) (?:from|by)"
    r"|\breported from .{2,60}\.|(?:ap|associated press|reuters|afp) (?:writers?|reporters?"
    r"|journalists?)\b.{0,200}contribut"
    r"|aus dem \w+isch(?:en)?(?: übersetzt)? von|übersetzung(?: und \w+)?\s*:"
    r"|mit (?:material|informationen) (?:von|der)"
    r"|mit agenturmaterial|(?:ursprünglich|zuerst|erstmals) (?:veröffentlicht|erschienen)"
    r"|erschien (?:ursprünglich|zuerst)"
    r"|avec (?:afp|reuters|ap|l[’']afp)\b|con información de|con (?:le )?agenzie|traduit d[eu]|publié (?:initialement"
    r"|à l'origine)"
    r"|tłum(?:aczył|aczenie)|źródło\s*:"
    r"|^\W*(?:source|via|credit|quelle|fonte|fuente|источник|джерело|першоджерело|quellen)\s*[:—–-]"
    r"|опубл[иі]кован[оа] (?:в|на|у)|п[еі]рвоисточник"
    r"|оригинал (?:статьи|материала|публикации)|оригінал (?:статті|публікації)"
    r"|внес(?:ли|ла)? вклад в|вклад в (?:репортаж|материал)|долучи\w+ до (?:підготовки|репортажу)"
    r"|перевод|переклад|по материалам|за матер[іи]алами|(?:передруку|перепеча)"
    r"|pubblicato (?:originariamente|originalmente|per la prima volta)|tradotto (?:da|dal)|traduzione"
    r"|publicado (?:originalmente|por primera vez)|traducido (?:de|del|por)|traducción"
    r"|hanno contribuito|ha contribuito|con la collaborazione di"
)


# Colleagues who helped: the house's own people, also in the newspaper that had the text first.
_CONTRIBUTION = re.compile(
    r"contribut(?:ed|ing) (?:reporting|to this report|relationships|relations|reports)|additional report(?:ing|s)"
    r"|внес(?:ли|ла)? вклад в|вклад в (?:репортаж|материал)|долучи\w+ до (?:підготовки|репортажу)"
    r"|hanno contribuito|ha contribuito|con la collaborazione di"
)

# "SUMY, Ukraine, Aug 24 (Dnipro Wire) -": the agency of a dateline, at the very start of the text.
_DATELINE = re.compile(r"^[^.!?()]{0,60}\(([^()]{2,40})\)\s*[-–—]")


def credit_lines(paragraphs: Iterable[str]) -> tuple[str, ...]:
    """The short paragraphs that credit somebody else, in order."""
    return tuple(p for p in paragraphs if is_credit(p))


def is_credit(paragraph: str) -> bool:
    """Whether a short paragraph credits somebody else."""
    return len(paragraph) <= MAX_LINE and _CREDIT.search(_plain(paragraph)) is not None


def is_contribution(line: str) -> bool:
    """Whether a credit line only thanks contributors, who may be the house's own."""
    return _CONTRIBUTION.search(_plain(line)) is not None


def _plain(text: str) -> str:
    """As the patterns are written; the whole normalisation takes more time than the search."""
    return text.replace("’", "'").casefold()


def dateline_agency(text: str) -> str | None:
    """The agency that a text's dateline names; None where it has no such line."""
    match = _DATELINE.match(text)
    return match.group(1).strip() if match else None
