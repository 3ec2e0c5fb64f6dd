"""The parameters of an address -> values, or one sentence about what is wrong with them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast, get_args

from archive.errors import ArchiveError
from archive.store.search import Kind, Search, Sort
from datasette_config.query import QueryError, full_text_query

MAX_PAGE = 100_000
MAX_NAME = 300  # characters of an outlet's name


class ParameterError(ArchiveError):
    """A parameter that cannot be understood; the text says which, why, and what would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as it was typed, for the form and for links to its other pages, beside what it means."""

    q: str
    search: Search

    @property
    def arguments(self) -> dict[str, str]:
        """The arguments that repeat this search, without its page."""
        found = {
            "q": self.q, "outlet": self.search.outlet, "language": self.search.language, "from": self.search.since,
            "to": self.search.until, "kind": self.search.kind if self.search.kind != "all" else None,
            "sort": self.search.sort if self.search.sort != self.usual_sort else None,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def usual_sort(self) -> Sort:
        """Best first where there are words to be good at, else newest first."""
        return "best" if self.search.match else "newest"


def asked(arguments: Mapping[str, str]) -> Asked:
    """The search that an address asks for. Raises ParameterError."""
    q = arguments.get("q", "").strip()
    try:
        query = full_text_query(q)
    except QueryError as error:
        raise ParameterError(f"{error}; ask for a few words") from error
    since, until = _day(arguments, "from"), _day(arguments, "to")
    if since and until and since > until:
        raise ParameterError(f"from={since} is later than to={until}")
    kind = _choice(arguments, "kind", get_args(Kind), "all")
    sort = _choice(arguments, "sort", get_args(Sort), "best" if query.match else "newest")
    return Asked(q=q, search=Search(
        match=query.match, without=query.without, outlet=_name(arguments, "outlet"),
        language=_name(arguments, "language"), since=since, until=until, kind=cast(Kind, kind),
        sort=cast(Sort, sort), page=number(arguments, "page", default=1, most=MAX_PAGE),
    ))


def number(arguments: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    """A whole number from 1 to `most`. Raises ParameterError."""
    text = arguments.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,9}", text, flags=re.ASCII) or not 1 <= int(text) <= most:
        raise ParameterError(f"{name}={text[:40]} is not a whole number from 1 to {most}")
    return int(text)


def _day(arguments: Mapping[str, str], name: str) -> str | None:
    text = arguments.get(name, "").strip()
    if not text:
        return None
    try:
        # fromisoformat alone would also take 20240806 and week dates, which sort otherwise.
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, flags=re.ASCII) else None
    except ValueError:
        day = None
    if day is None:
        raise ParameterError(f"{name}={text[:40]} is not a day; write it as 2024-08-06")
    return text


def _choice(arguments: Mapping[str, str], name: str, choices: tuple[str, ...], default: str) -> str:
    text = arguments.get(name, "").strip() or default
    if text not in choices:
        raise ParameterError(f"{name}={text[:40]} is none of {', '.join(choices)}")
    return text


def _name(arguments: Mapping[str, str], name: str) -> str | None:
    text = arguments.get(name, "").strip()
    if len(text) > MAX_NAME:
        raise ParameterError(f"{name} is longer than {MAX_NAME} characters")
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text) or None
