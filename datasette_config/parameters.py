"""The parameters of an address -> values, or one sentence about what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import cast, get_args

from archive.errors import ArchiveError
from archive.model import Relation
from archive.store.facets import FACETS, NOT, Facet
from archive.store.matching import Sort
from archive.store.search import Search
from datasette_config.query import Query, QueryError, parse

MAX_PAGE = 100_000
MAX_NAME = 300  # characters of an outlet's name
MAX_CHOSEN = 50  # values of one facet
UNKNOWN = "-"  # a facet's value in an address, of articles of which it is not known
# What the parameter `kind` was for, before each facet had a name of its own; addresses are kept for good.
_KINDS: dict[str, tuple[Facet, str]] = {
    "reposts": ("role", "repost"), "exemplars": ("role", "exemplar"), "edited": ("edited", "edited"),
    "removed": ("presence", f"{NOT}present")}

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)
_VALUES: dict[Facet, tuple[str, ...]] = {
    "role": ("alone", "exemplar", "repost", "undecided"), "relation": get_args(Relation),
    "edited": ("edited", "unedited"), "presence": ("present", "gone", "removed")}


class ParameterError(ArchiveError):
    """A parameter that cannot be understood; the text says which, why, and what would be."""


class Arguments(dict[str, str]):
    """An address's arguments: the first value of each; `every` has all values of those that stand there repeatedly."""

    def __init__(self, first: Mapping[str, str], every: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        super().__init__(first)
        self.every = every


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search as it was typed, for the form and for links to its other pages, beside what it means.

    as_typed: words stand for themselves, neither for their other forms nor for a name's other spellings. `search` has
    no full-text query yet: which forms there are the archive knows.
    """

    q: str
    query: Query
    as_typed: bool
    search: Search

    @property
    def arguments(self) -> dict[str, str | tuple[str, ...]]:
        """The arguments that repeat this search, without its page."""
        found: dict[str, str | tuple[str, ...] | None] = {
            "q": self.q, "forms": "typed" if self.as_typed else None,
            **{facet: tuple(value or UNKNOWN for value in wanted) for facet, wanted in self.search.chosen},
            "from": self.search.since, "to": self.search.until, "copies": "all" if self.search.is_unfolded else None,
            "sort": self.search.sort if self.search.sort != self.usual_sort else None,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def usual_sort(self) -> Sort:
        """Best first where there are words to be good at, else newest first."""
        return "best" if self.query.wanted else "newest"

    @property
    def sorts(self) -> tuple[Sort, ...]:
        """The orders that can be chosen, the usual one first."""
        others = [sort for sort in get_args(Sort) if sort not in (self.usual_sort, "best")]
        return (self.usual_sort, *others)

    def chosen(self, facet: str) -> tuple[str, ...]:
        """What was chosen of a facet, each of which an article may have."""
        return dict(self.search.chosen).get(cast(Facet, facet), ())


def asked(arguments: Mapping[str, str]) -> Asked:
    """The search that an address asks for. Raises ParameterError."""
    q = arguments.get("q", "").strip()
    try:
        query = parse(q)
    except QueryError as error:
        raise ParameterError(f"{error}; ask for a few words") from error
    since, until = _day(arguments, "from"), _day(arguments, "to")
    if since and until and since > until:
        raise ParameterError(f"from={since} is later than to={until}")
    chosen = {facet: _chosen(arguments, facet) for facet in FACETS}
    kind = _choice(arguments, "kind", ("all", *_KINDS), "all")
    if kind != "all" and not chosen[_KINDS[kind][0]]:
        chosen[_KINDS[kind][0]] = (_KINDS[kind][1],)
    sort = _choice(arguments, "sort", get_args(Sort), "best" if query.wanted else "newest")
    return Asked(
        q=q, query=query, as_typed=_choice(arguments, "forms", ("all", "typed"), "all") == "typed",
        search=Search(
            chosen=tuple((facet, wanted) for facet, wanted in chosen.items() if wanted),
            since=since, until=until, is_unfolded=_choice(arguments, "copies", ("folded", "all"), "folded") == "all",
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


def _chosen(arguments: Mapping[str, str], facet: Facet) -> tuple[str, ...]:
    """A facet's values, each once and in one order, so that one choice has one address."""
    given = arguments.every.get(facet, ()) if isinstance(arguments, Arguments) else (arguments.get(facet, ""),)
    if len(given) > MAX_CHOSEN:
        raise ParameterError(f"{facet} is given {len(given)} times; at most {MAX_CHOSEN} values can be chosen")
    found = {value for text in given if (value := _facet(text, facet))}
    return tuple(sorted("" if value == UNKNOWN else value for value in found))


def _facet(given: str, facet: Facet) -> str | None:
    """A facet's value, one of those that there can be; an address of before may say which one is not meant."""
    text = _name(given, facet)
    value = (text or "").removeprefix(NOT)
    if facet in _VALUES and value and value != UNKNOWN and value not in _VALUES[facet]:
        raise ParameterError(f"{facet}={value[:40]} is none of {', '.join(_VALUES[facet])}")
    if facet == "month" and value and value != UNKNOWN and not _MONTH.fullmatch(value):
        raise ParameterError(f"month={value[:40]} is not a month; write it as 2024-08")
    return text


def _name(given: str, name: str) -> str | None:
    text = given.strip()
    if len(text) > MAX_NAME:
        raise ParameterError(f"{name} is longer than {MAX_NAME} characters")
    return re.sub(r"[\ud800-\udfff]", "\ufffd", text) or None
