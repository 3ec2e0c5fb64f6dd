"""What a search's facets offer, as the page shows it: worked out once, since a page has a hundred of these links."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, urlencode

from datasette_config import words
from datasette_config.parameters import MAX_NAME, UNKNOWN
from datasette_config.searching import Results

SHOWN = 25  # values of a facet; the others are in the page's JSON
OPEN = ("role", "language")  # facets that are unfolded where nothing was chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A value of a facet: where choosing it beside those that are chosen leads, or of a chosen one, giving it up."""

    label: str
    count: str
    href: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """A facet; `chosen` are its values' labels, `any` leads to the search without a choice in it, where there is one.
    """

    title: str
    chosen: tuple[str, ...]
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
        if not chosen and len(counted.values) < 2:
            continue
        # What is longer than an address takes cannot be asked for.
        shown = {value for value, _ in counted.values[:SHOWN] if len(value) <= MAX_NAME}
        rest = urlencode({name: value for name, value in found.asked.arguments.items() if name != facet}, doseq=True)
        begin = f"{path}?{rest}".rstrip("?")
        yield Choices(
            title=words.facet(facet), chosen=tuple(words.facet_value(facet, value) for value in chosen),
            is_open=bool(chosen) or facet in OPEN, any=begin if chosen else None,
            values=tuple(
                Choice(label=words.facet_value(facet, value), count=f"{count:,}", is_chosen=value in chosen,
                       href=_with(begin, facet, sorted({*chosen} ^ {value}) if chosen else (value,)))
                for value, count in counted.values if value in shown or value in chosen),
            more=sum(value not in shown and value not in chosen for value, _ in counted.values),
        )


def _with(begin: str, facet: str, values: Sequence[str]) -> str:
    """The address with a facet's values."""
    if not values:
        return begin
    said = "&".join(f"{facet}={quote_plus(value or UNKNOWN)}" for value in values)
    return f"{begin}{'&' if '?' in begin else '?'}{said}"
