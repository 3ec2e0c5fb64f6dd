"""Paragraphs -> notices of corrections and of updates that they hold (pure)."""

import re
from collections.abc import Iterable

from archive.digests import normalised

MAX_NOTICE = 1_000  # characters
MAX_OPENING = 150  # characters

_CORRECTION = re.compile(
    r"^\W*(?:corrections?|corrected|clarification|errata|editor's note)\b|^\W*(?:"
    r"(?:an earlier|a previous|the original|earlier|previous) versions? of this (?:article|story|report|page|post)\b|"
    r"this (?:article|story|report|page|post|headline) (?:was|has been) (?:corrected|amended|updated to correct)\b|"
    r"исправлен|уточнен|поправк|редакционная поправка|от редакции\s*:|в (?:предыдущей|первоначальной|ранней) версии|"
    r"редакційна (?:поправка|примітка)|виправлен|від редакції\s*:|у (?:попередній|первісній|ранній) версії|"
    r"rettifica|correzione|errata corrige|una (?:versione precedente|prima versione) di (?:questo|quest')|"
    r"corrección|fe de erratas|una versión anterior de (?:este|esta)|"
    r"correctif|rectificatif|une (?:version précédente|première version) de (?:cet|ce)|"
    r"korrektur|berichtigung|in einer früheren (?:version|fassung)|sprostowanie|we wcześniejszej wersji)"
)
_UPDATE = re.compile(
    r"^\W*(?:(?:update|updated|upd|editor's note|note to readers)\b\s*(?:[:.,(-]|\d|on |at )"
    r"|this (?:article|story|post|headline) (?:has been|was) (?:updated|edited|changed)"
    r"|(?:обновлен|дополнен|оновлен|доповнен)\w*\s*(?:[:.,(-]|\d|в |о )"
    r"|примечание редакции\s*[:.,(-]"
    r"|(?:aggiornamento|actualización|mise à jour|korrekturhinweis|richtigstellung|aktualisierung|aktualizacja)"
    r"\s*[:.,(-]"
    r"|in einer (?:ersten|vorherigen) (?:version|fassung)|nella versione precedente|en una versión anterior"
    r"|dans une (?:première|précédente) version|в более ранней версии|w poprzedniej wersji)"
)


def corrections(paragraphs: Iterable[str]) -> tuple[str, ...]:
    """The paragraphs that say that a text was corrected, in order."""
    return tuple(p for p in paragraphs if len(p) < MAX_NOTICE and _CORRECTION.match(_opening(p)))


def notices(paragraphs: Iterable[str]) -> tuple[str, ...]:
    """The paragraphs that say that a text was corrected or updated, in order."""
    return tuple(p for p in paragraphs if len(p) < MAX_NOTICE
                 and ((text := _opening(p)) and (_CORRECTION.match(text) or _UPDATE.match(text))))


def _opening(paragraph: str) -> str:
    """What a notice is told by: it opens a paragraph."""
    return normalised(paragraph[:MAX_OPENING])
