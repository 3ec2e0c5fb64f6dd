"""Paragraphs -> the lines that name another source: evidence of where a text comes from (pure).

A repost that was translated and translated back keeps such lines in a mangled form ("Contributed relationships" for
"contributed reporting"), so the patterns hold the manglings that were met.
"""

import re
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache

MAX_LINE = 300  # characters; a credit is a line, not a paragraph of the story
MAX_DESK, MAX_DESK_WORDS = 40, 4  # characters, words

# A credit begins its line, a sentence or a bracket, or ends the line: within a sentence its words tell of other things
# ("the court reports by Thursday", "moved with permission of the governor").
_BEGIN, _END = r"(?:^\W*|[.!?…(\[—–/|]\s*)", r"\W*$"
_RUSSIAN = r"(?:английск|украинск|русск|немецк|французск|итальянск|польск|испанск|иностранн)"
_UKRAINIAN = r"(?:англійськ|російськ|німецьк|французьк|італійськ|польськ|іспанськ|іноземн)"
_REPORT = r"(?:репортаж|материал|отч[её]т|стать|публикац|сообщени|подготовк)"
_CONTRIBUTED = {
    "вклад в ": rf"внес(?:ли|ла)? вклад в (?:эт\w+ |данн\w+ )?{_REPORT}|вклад в (?:эт\w+ |данн\w+ )?{_REPORT}",
    "долучи": r"долучи\w+ до (?:підготовки|репортажу)",
    "contribuito": r"(?:hanno|ha) contribuito (?:a quest|all(?:a stesura|a realizzazione|'articolo|'inchiesta))"
                   rf"|(?:hanno|ha) contribuito{_END}|{_BEGIN}(?:hanno|ha) contribuito",
    "collaborazione": rf"{_BEGIN}con la collaborazione di",
}

# Each form under the letters that all of it has: a line is looked through for the forms whose letters it has, since to
# look for all of them at each place took a fifth of the time of comparing texts.
FORMS = {
    "originally ": r"originally (?:published|appeared|posted)",
    "first ": r"first (?:published|appeared) (?:in|on|at|by)|(?:story|article|report) first ran (?:in|on)",
    "republished ": r"republished (?:from|with)",
    "reposted from": r"reposted from",
    "this ": r"this (?:article|story|piece) (?:was|is) (?:from|by|published|translated)",
    "read ": r"read (?:the )?(?:full|original)(?: (?:story|article)|\s*:)",
    "translat": rf"{_BEGIN}(?:translated|translation) (?:from|by)",
    "permission": rf"{_BEGIN}with (?:\w+ )?permission|with (?:\w+ )?permission{_END}"
                  r"|(?:printed|published|posted|used|shared) [^.!?]{0,40}with (?:\w+ ){0,2}permission",
    "courtesy of ": rf"{_BEGIN}(?:[^.!?()]{{0,30}} )?courtesy of [^.!?()]{{2,60}}{_END}",
    "contribut": r"contribut(?:ed|ing) (?:reporting|to this report|relationships|relations|reports)"
                 r"|(?:ap|associated press|reuters|afp) (?:writers?|reporters?|journalists?)\b.{0,200}contribut",
    "report": rf"\breporting by|{_BEGIN}reports by|{_BEGIN}additional reporting"
              r"|additional report(?:ing|s) (?:by|from)"
              r"|(?<!was )(?<!were )(?<!been )\breported from .{2,60}\.",
    "with ": r"with (?:files|material|reporting) (?:from|by)",
    "aus dem ": r"aus dem \w+isch(?:en)?(?: übersetzt)? von",
    "übersetzung": r"übersetzung(?: und \w+)?\s*:",
    "mit ": rf"{_BEGIN}mit (?:material|informationen) (?:von|der)|mit agenturmaterial",
    "veröffentlicht": r"(?:ursprünglich|zuerst|erstmals) veröffentlicht",
    "erschien": r"(?:ursprünglich|zuerst|erstmals) erschienen|erschien (?:ursprünglich|zuerst)",
    "avec ": r"avec (?:afp|reuters|ap|l[’']afp)\b",
    "con información de ": r"con información de (?!(?:la )?que)",
    "agenzie": r"con (?:le )?agenzie",
    "traduit d": r"traduit d[eu]",
    "publié ": r"publié (?:initialement|à l'origine)",
    "tłum": rf"{_BEGIN}tłum(?:aczył|aczenie)",
    "źródło": r"źródło\s*:",
    "рвоисточник": r"п[еі]рвоисточник",
    "оригинал ": r"оригинал (?:статьи|материала|публикации)",
    "оригінал ": r"оригінал (?:статті|публікації)",
    # "Перевод" is a transfer of money or people, too, and "по материалам дела" what a court says.
    "пере": r"передруку|перепеча|\bпере(?:вод|клад)(?:чик|чица|чики|ач|ачка)?\s*[:—–]"
            rf"|\bперевод\w{{0,2}} (?:с|со) {_RUSSIAN}ого|\bпереклад\w{{0,2}} (?:з|із|зі) {_UKRAINIAN}ої"
            rf"|переведен[оа]? (?:с|со) {_RUSSIAN}ого|перекладен[оаи]? (?:з|із|зі) {_UKRAINIAN}ої"
            r"|^\W*(?:перевод|переклад)\s[^.!?:]{2,40}\W*$|пере(?:вод|клад) (?:редакции|редакції|иносми|инопрессы)",
    "матер": rf"{_BEGIN}(?:по материалам|за матер[іи]алами) (?!дела|следстви|справи|слідств|уголовн|кримінальн)"
             rf"[^.!?]{{2,80}}{_END}",
    "pubblicato ": r"pubblicato (?:originariamente|originalmente|per la prima volta)",
    "tradotto ": r"tradotto (?:da|dal)",
    "traduzione": rf"{_BEGIN}traduzione|traduzione a cura di",
    "traducción": rf"{_BEGIN}traducción",
    "publicado ": r"publicado (?:originalmente|por primera vez)",
    "traducido ": r"traducido (?:de|del|por)",
    **_CONTRIBUTED,
}
_FOUND_BY = tuple((letters, re.compile(form)) for letters, form in FORMS.items())
_BEGINS = re.compile(
    r"\W*(?:(?:source|via|credit|quelle|fonte|fuente|источник|джерело|першоджерело|quellen)\s*[:—–-]"
    r"|(?:впервые |первоначально |изначально |вперше )?опубл[иі]кован[оа]? (?:в|на|у))")


# Colleagues who helped: the house's own people, also in the newspaper that had the text first.
_CONTRIBUTION = re.compile(
    r"contribut(?:ed|ing) (?:reporting|to this report|relationships|relations|reports)|additional report(?:ing|s)"
    rf"|{'|'.join(_CONTRIBUTED.values())}"
)

# "SUMY, Ukraine, Aug 24 (Dnipro Wire) -": the agency of a dateline, at the very start of the text.
_DATELINE = re.compile(r"^[^.!?()]{0,60}\(([^()]{2,40})\)\s*[-–—]")
_DESK = re.compile(
    r"(?<!\w)(?:(?:news ?)?desk|newsroom|editorial (?:team|staff|board)|(?:web ?|online-?)?redaktion|redaktionen"
    r"|redacción|redazione|(?:la )?rédaction|redakcja|redakce|redactie|редакция|редакції|редакція)(?!\w)",
    re.IGNORECASE)


def credit_lines(paragraphs: Iterable[str]) -> tuple[str, ...]:
    """The short paragraphs that credit somebody else, in order."""
    return tuple(p for p in paragraphs if is_credit(p))


def is_credit(paragraph: str) -> bool:
    """Whether a short paragraph credits somebody else."""
    return len(paragraph) <= MAX_LINE and _is_credit(paragraph)


@lru_cache(maxsize=4096)  # of one page, body, agencies, authors and fields ask of the same paragraphs
def _is_credit(paragraph: str) -> bool:
    line = _plain(paragraph)
    return _BEGINS.match(line) is not None or any(
        letters in line and form.search(line) is not None for letters, form in _FOUND_BY)


def without_credits(paragraphs: Sequence[str], credits: Container[str] | None = None) -> tuple[str, ...]:
    """What makes two texts identical: the paragraphs that are no credit lines; all, where nothing else is there.

    `credits` are the lines that are known; where they are not, each paragraph is asked.
    """
    kept = tuple(p for p in paragraphs if not (is_credit(p) if credits is None else p in credits))
    return kept or tuple(paragraphs)


def is_contribution(line: str) -> bool:
    """Whether a credit line only thanks contributors, who may be the house's own."""
    return _CONTRIBUTION.search(_plain(line)) is not None


def _plain(text: str) -> str:
    """As the patterns are written; the whole normalisation takes more time than the search."""
    return text.replace("’", "'").casefold()


def is_desk(text: str) -> bool:
    """Whether a short text names an editorial desk: who wrote a text that nobody signed."""
    return len(text) <= MAX_DESK and len(text.split()) <= MAX_DESK_WORDS and _DESK.search(text) is not None


def dateline_agency(text: str) -> str | None:
    """The agency that a text's dateline names; None where it has no such line."""
    match = _DATELINE.match(text)
    return match.group(1).strip() if match else None
