"""What a search's facets offer, as the page shows it: worked out once, since a page has a hundred of these links."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from datasette_config import words
from datasette_config.parameters import UNKNOWN
from datasette_config.searching import Results

SHOWN = 25  # values of a facet; the others are in the page's JSON
OPEN = ("role", "language")  # facets that are unfolded where nothing was chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value of a facet: where choosing it leads, None where it is the chosen one."""

    label: str
    count: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A facet; `any` leads to the search without a choice in it, None where there is none."""

    title: str
    chosen: str | None
    is_open: bool
    any: str | None
    values: tuple[Choice, ...]
    more: int


def choices(found: Results, to: Callable[[str], str]) -> tuple[Choices, ...]:
    """The facets in which there is a choice; `to` gives the address of a path of the site."""
    return tuple(_choices(found, to("/search")))


def _choices(found: Results, path: str) -> Iterator[Choices]:
    for counted in found.facets:
        facet, chosen = counted.facet, found.asked.chosen(counted.facet)
        if chosen is None and len(counted.values) < 2:
            continue
        rest = urlencode({name: value for name, value in found.asked.arguments.items() if name != facet})
        begin = f"{path}?{rest}&{facet}=" if rest else f"{path}?{facet}="
        yield Choices(
            title=words.facet(facet), chosen=None if chosen is None else words.facet_value(facet, chosen),
            is_open=chosen is not None or facet in OPEN, any=None if chosen is None else f"{path}?{rest}".rstrip("?"),
            values=tuple(
                Choice(label=words.facet_value(facet, value), count=f"{count:,}",
                       href=None if value == chosen else begin + quote_plus(value or UNKNOWN))
                for value, count in counted.values[:SHOWN]),
            more=max(0, len(counted.values) - SHOWN),
        )
