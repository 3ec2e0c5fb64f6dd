"""Paragraphs -> notices of corrections and of updates that they hold (pure)."""

import re
from collections.abc import Iterable

MAX_NOTICE = 1_000  # characters

_NOTICE = re.compile(
    r"^\W*(?:(?:correction|corrections|corrected|clarification|update|updated|upd|editor[’']s? note"
    r"|note to readers)\b\s*(?:[:.,(—–-]|\d|on |at )"
    r"|(?:an earlier|a previous|the original|this) version of (?:this|the) (?:article|story|report)"
    r"|this (?:article|story|post|headline) (?:has been|was) (?:updated|corrected|amended|edited|changed)"
    r"|(?:исправлен|уточнен|поправк|обновлен|дополнен|виправлен|уточнен|оновлен|доповнен)\w*\s*(?:[:.,(—–-]|\d|в |о )"
    r"|(?:редакц(?:ионная|ійна) (?:поправка|примітка)|примечание редакции|від редакції|от редакции)\s*[:.,(—–-]"
    r"|в (?:более ранней|первоначальной|предыдущей) версии|у (?:попередній|першій|початковій) версії"
    r"|(?:errata|rettifica|correzione|aggiornamento|corrección|fe de erratas|actualización|correctif|mise à jour"
    r"|korrektur|korrekturhinweis|berichtigung|richtigstellung|aktualisierung|sprostowanie|aktualizacja)\s*[:.,(—–-]"
    r"|in einer (?:früheren|ersten|vorherigen) (?:version|fassung)|(?:una|nella) versione precedente"
    r"|en una versión anterior|dans une (?:première|précédente) version|w poprzedniej wersji)"
)


def notices(paragraphs: Iterable[str]) -> tuple[str, ...]:
    """The paragraphs that say that a text was corrected or updated, in order."""
    return tuple(p for p in paragraphs if len(p) <= MAX_NOTICE and _NOTICE.match(p[:200].replace("’", "'").casefold()))
