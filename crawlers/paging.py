"""Links of a list -> its next page: the same address with a higher page number, and nothing else (pure).

So calendars, facets and endless combinations of filters are never followed.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from archive.urls import absolute, host_of

MAX_PAGE = 10_000
_KEYS = frozenset({"page", "p", "pg", "paged", "pagina", "pag", "seite", "strona", "pagen_1", "start", "offset"})
_WORDS = "page|paged|pagina|pag|seite|strona|stranica|storinka|p|s"
_IN_PATH = re.compile(rf"/(?:(?:{_WORDS})[/_-]?)?(\d{{1,4}})(?:\.html?|\.php)?/?$", re.IGNORECASE)


class _Place(NamedTuple):
    """An address without its page number, and that number; page 1 where there is none."""

    list: tuple[str, str, str]
    number: int


def next_page(links: Iterable[str], page: str) -> str | None:
    """The nearest page after this one that the links lead to."""
    here = _place(page)
    found: dict[int, str] = {}
    for link in links:
        url = absolute(page, link)
        if url is None or host_of(url) != host_of(page):
            continue
        there = _place(url)
        if there.list == here.list and here.number < there.number <= MAX_PAGE:
            found.setdefault(there.number, url)
    return found[min(found)] if found else None


def _place(url: str) -> _Place:
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    numbers = [int(value) for key, value in pairs if key.lower() in _KEYS and re.fullmatch(r"\d{1,6}", value)]
    rest = urlencode([(key, value) for key, value in pairs if key.lower() not in _KEYS])
    path = parts.path
    match = _IN_PATH.search(path)
    if not numbers and match is not None and not re.search(r"(?:19|20)\d\d", match[0]) and not _is_dated(path):
        numbers, path = [int(match[1])], path[:match.start()]
    return _Place((host_of(url), re.sub(r"/+$|\.html?$", "", path), rest), numbers[0] if numbers else 1)


def _is_dated(path: str) -> bool:
    """A path with a year before its last number names a day or a month, not a page."""
    return re.search(r"/(?:19|20)\d\d(?=[/-])", path) is not None
