"""The news agencies that a text credits: in its metadata, its dateline or its last lines (pure)."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from archive.model import Candidate
from pipeline.extraction.credit import dateline_agency

TAIL = 3  # paragraphs, from the last
MAX_TAIL = 220  # characters of a paragraph that is a credit and not a part of the story
MAX_DATELINE = 90  # characters

# Name as shown: what it is written as, in any inflection. Matched as whole words; short ones in capitals alone.
_AGENCIES: dict[str, str] = {
    "Reuters": r"reuters\w*|рейтер\w*|ройтерс\w*",
    "AP": r"associated press|the canadian press and ap|ассошиэйтед пресс|асошіейтед прес",
    "AFP": r"agence france-?presse|франс пресс?",
    "dpa": r"deutsche presse-agentur",
    "APA": r"austria presse agentur",
    "EFE": r"agencia efe",
    "ANSA": r"agenzia ansa",
    "Anadolu": r"anadolu(?: ajans\w*| agency)?",
    "Xinhua": r"xinhua|新华社|синьхуа\w*|сіньхуа",
    "Kyodo": r"kyodo(?: news)?|共同通信\w*",
    "Yonhap": r"yonhap|연합뉴스",
    "PA Media": r"press association|pa media",
    "AAP": r"australian associated press",
    "PTI": r"press trust of india",
    "ANI": r"asian news international",
    "Bloomberg": r"bloomberg(?: news)?",
    "TASS": r"tass|тасс\w*",
    "RIA Novosti": r"ria novosti|риа новости|ріа новини",
    "Interfax": r"interfax(?!-ukrain)|интерфакс\w*(?!-украин)",
    "Interfax-Ukraine": r"interfax-ukrain\w*|інтерфакс-україн\w*|интерфакс-украин\w*",
    "Ukrinform": r"ukrinform|укринформ\w*|укрінформ\w*",
    "UNIAN": r"unian|униан|уніан",
    "UNN": r"укра[иї]нські національні новини|унн",
    "RBC-Ukraine": r"rbc-ukraine|рбк-укра[иї]н\w*",
    "BelTA": r"belta|белта",
    "PAP": r"polska agencja prasowa",
    "ČTK": r"čtk|česká tisková kancelář",
    "Europa Press": r"europa press",
    "NTB": r"norsk telegrambyrå",
    "Keystone-SDA": r"keystone-sda",
}
# Abbreviations that are words of some language otherwise.
_SHORT = ("AP", "AFP", "APA", "EFE", "ANSA", "AAP", "PTI", "ANI", "PAP", "NTB", "SDA", "KNA", "EPD", "SID", "ANP",
    "IANS", "UPI", "LUSA")
_SHORT_NAMES = {"SDA": "Keystone-SDA", "LUSA": "Lusa", "EPD": "epd", "SID": "SID"}
_LONG = re.compile("|".join(f"(?P<a{n}>(?<!\\w)(?:{form})(?!\\w))" for n, form in enumerate(_AGENCIES.values())),
                   re.IGNORECASE)
_NAMES = tuple(_AGENCIES)
_CAPITALS = re.compile(rf"(?<!\w)(?:{'|'.join(_SHORT)})(?!\w)")
_DPA = re.compile(r"(?<!\w)(?:dpa|DPA)(?!\w)")
# By the first label of the registered domain: theirs, and those of sites that are called otherwise.
_DOMAINS = {name.casefold().replace(" ", ""): _SHORT_NAMES.get(name, name) for name in (*_NAMES, *_SHORT)} | {
    "apnews": "AP", "kyodonews": "Kyodo", "yna": "Yonhap", "xinhuanet": "Xinhua", "ria": "RIA Novosti",
    "ptinews": "PTI", "aninews": "ANI", "ceskenoviny": "ČTK"}
MAX_NAME = 4  # words of an outlet that is an agency: "Ukrinform News Agency"
# In the tail an agency is credited in a line of its own: "(dpa/lno)", "Source: Reuters", "With files from AFP".
_CREDITED = re.compile(
    r"^\W*(?:with|mit|avec|con|source|via|quelle|fonte|fuente|источник|джерело|źródło|zdroj"
    r"|за матер[іи]алами|по материалам|por|by"
    r"|par"
    r"|reporting|additional|editing|credit|copyright|©)\b|^\W{0,3}[\w/.,&\s–—-]{2,40}\W*$", re.IGNORECASE,
)

_DATELINE = re.compile(
    r"[^.!?]{0,50}?(?:[-–—]\s*([^-–—.!?]{2,25})[.:]\s|\(([^()]{2,30})\))|[^/]{0,60}?/\s*([^/.!?]{2,25})\s*/"
    r"|[^.!?]{2,30}\.\s*\d{1,2}\s\w{3,10}\.\s*([^\s.!?]{2,25})"
)


def agencies(readings: Iterable[str], paragraphs: Sequence[str], lines: Iterable[str] = ()) -> tuple[str, ...]:
    """The agencies that are credited, each once: by metadata, by the dateline, by the last lines, by credit lines."""
    named = [name for reading in readings for name in named_in(reading)]
    return tuple(dict.fromkeys((*named, *(found.value for found in printed(paragraphs, lines)))))


def printed(paragraphs: Sequence[str], lines: Iterable[str] = ()) -> tuple[Candidate, ...]:
    """The agencies that the text itself credits, with where it does."""
    if not paragraphs:
        return ()
    found = [(name, "dateline") for name in _of_dateline(paragraphs[0])]
    for where, texts in (("last lines", paragraphs[-TAIL:]), ("credit line", lines)):
        found += [(name, where) for text in texts if len(text) <= MAX_TAIL and _CREDITED.search(text)
                  for name in named_in(text)]
    return tuple(Candidate(field="agency", value=name, basis=where) for name, where in dict.fromkeys(found))


def named_in(text: str) -> list[str]:
    """The agencies that a short text names."""
    found = [_NAMES[int((match.lastgroup or "a0")[1:])] for match in _LONG.finditer(text[:1_000])]
    found += [_SHORT_NAMES.get(match[0], match[0]) for match in _CAPITALS.finditer(text[:1_000])]
    return found + (["dpa"] if _DPA.search(text[:1_000]) else [])


@lru_cache(maxsize=2048)
def own_agency(outlet: str, domain: str) -> str | None:
    """The agency whose own pages an outlet's are: by its name, or its registered domain's; None of any other."""
    by_name = named_in(outlet) if len(outlet.split()) <= MAX_NAME else []
    return by_name[0] if by_name else _DOMAINS.get(domain.split(".")[0])


def _of_dateline(paragraph: str) -> list[str]:
    """The agency of "SUMY, Ukraine (AP) —", "КИЕВ, 12 авг — РИА Новости.", "/ТАСС/." or "Київ. 12 серпня. УНІАН."."""
    opening = paragraph[:MAX_DATELINE]
    bracketed = dateline_agency(paragraph)
    if bracketed:
        return named_in(bracketed)
    match = _DATELINE.match(opening)
    return named_in(next(filter(None, match.groups()))) if match else []
