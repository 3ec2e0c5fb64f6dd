"""GDELT's article lists (DOC 2.0 API) -> discoveries, and the addresses to ask it for them (pure).

A list holds at most 250 articles and has no second page: a span with more is cut in two.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from archive.model import Discovery, Slice
from archive.times import to_digits
from archive.topic_keywords import Keywords
from archive.urls import absolute
from crawlers.archives.slices import last_second
from crawlers.errors import Unreadable

SOURCE = "gdelt"
CAP = 250
SHORTEST = timedelta(minutes=15)  # GDELT's own step
LONGEST_QUERY = 200  # characters of terms; longer ones are answered "too long"
_LANGUAGES = {
    "ar": "arabic", "bg": "bulgarian", "cs": "czech", "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "fi": "finnish", "fr": "french", "he": "hebrew", "hu": "hungarian", "it": "italian",
    "ja": "japanese", "ka": "georgian", "lt": "lithuanian", "lv": "latvian", "nl": "dutch", "no": "norwegian",
    "pl": "polish", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sk": "slovak", "sv": "swedish",
    "tr": "turkish", "uk": "ukrainian", "zh": "chinese",
}


class AsksForRest(Unreadable):
    """The service was asked too often."""


def searches(keywords: Keywords) -> Iterator[str]:
    """What to search for in one language: its `must` terms, as many in each search as GDELT takes.

    GDELT knows no terms with an open ending: those are left to the other sources.
    """
    language = _LANGUAGES.get(keywords.language)
    terms = [f'"{term}"' if " " in term else term for term in keywords.must if "*" not in term and '"' not in term]
    while terms and language:
        taken = [terms.pop(0)]
        while terms and len(" OR ".join([*taken, terms[0]])) <= LONGEST_QUERY:
            taken.append(terms.pop(0))
        # parentheses around a single term are refused
        yield f"{'(' + ' OR '.join(taken) + ')' if len(taken) > 1 else taken[0]} sourcelang:{language}"


def all_of(terms: Iterable[Sequence[str]]) -> str:
    """A search for articles in any language that have every one of the terms, each in one of its spellings.

    What comes after LONGEST_QUERY characters is left out, and what GDELT refuses: words that are too short, quotes and
    brackets. "" where nothing can be asked for.
    """
    taken: list[str] = []
    for spellings in terms:
        plain = [" ".join(re.sub(r'["()]', " ", spelling).split()) for spelling in spellings]
        asked = list(dict.fromkeys(f'"{one}"' if re.search(r"\W", one) else one for one in plain if len(one) > 2))
        while asked:
            term = f"({' OR '.join(asked)})" if len(asked) > 1 else asked[0]
            if len(" ".join([*taken, term])) <= LONGEST_QUERY:
                taken.append(term)
                break
            asked.pop()
    return " ".join(taken)


def query(part: Slice, *, base: str) -> str:
    """The address of the list of what a search finds within a slice, oldest first."""
    parameters = {
        "query": part.what, "mode": "artlist", "format": "json", "maxrecords": str(CAP),
        "startdatetime": to_digits(part.start), "enddatetime": to_digits(last_second(part)), "sort": "dateasc",
    }
    return f"{base}/api/v2/doc/doc?{urlencode(parameters)}"


def discoveries(body: bytes, *, found_at: datetime, source: str = SOURCE) -> tuple[Discovery, ...]:
    """The articles of a list, announced by `source`.

    Raises AsksForRest, or Unreadable with what the service says in the list's place.

    When GDELT saw an article is no date of publication, so none is declared.
    """
    text = body.decode("utf-8", "replace").strip("\ufeff \r\n\t")
    if not text.startswith("{"):
        reason = " ".join(re.sub(r"<[^>]*>", " ", text).split())[:200] or "nothing"
        if "limit requests" in reason.lower():
            raise AsksForRest(f"GDELT says: {reason}")
        raise Unreadable(f"GDELT says: {reason}")
    try:
        listed = json.loads(_repaired(text), strict=False)  # control characters stand raw in its titles
    except ValueError as error:
        raise Unreadable(f"the list is cut off or damaged ({error})") from error
    articles = listed.get("articles", [])
    if not isinstance(articles, list):
        raise Unreadable("the list is no list")
    found = []
    for article in articles:
        link = absolute("", str(article.get("url") or "")) if isinstance(article, dict) else None
        if link is not None:
            found.append(Discovery(url=link, source=source, found_at=found_at, title=plain_title(article.get("title"))))
    return tuple(found)


def is_full(found: tuple[Discovery, ...]) -> bool:
    """Whether a list may have left something out."""
    return len(found) >= CAP


def _repaired(text: str) -> str:
    """Backslashes that escape nothing, as in titles that GDELT copies as they are, made to stand for themselves."""
    return re.sub(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|(?s:.)|$)', lambda m: m[0] if m[1] else "\\" + m[0], text)


def plain_title(title: object) -> str | None:
    """The headline as declared, without its control characters."""
    if not isinstance(title, str):
        return None
    return " ".join("".join(c if c.isprintable() else " " for c in title).split())[:1_000] or None
