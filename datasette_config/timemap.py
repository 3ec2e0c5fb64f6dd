"""Memento (RFC 7089): which captures an address has, as a TimeMap, and what a capture's page says of itself.

Mementos are the pages of captures, under names that last: of address, moment and payload.
"""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from urllib.parse import quote

from archive.store import timemaps, withholdings
from archive.store.timemaps import Held
from archive.times import from_iso
from datasette_config.answers import Missing, Withheld

MEDIA_TYPE = "application/link-format; charset=utf-8"
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"  # of an address within angle brackets and in a header, which are ASCII

To = Callable[[str], str]  # a path of the site -> its whole address


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMap:
    """The captures of an address, oldest first; there is at least one."""

    url: str
    captures: tuple[Held, ...]


def held(conn: sqlite3.Connection, url: str) -> TimeMap | Missing | Withheld:
    """/timemap/link/URL: the captures of an address; where it has none itself, of the article that it leads to."""
    stone = withholdings.find(conn, url) if "://" in url else None
    if stone is not None:
        return Withheld(stone=stone)
    found = timemaps.captures_at(conn, url)
    return TimeMap(url=url, captures=found) if found else Missing(reason=f"No capture of {url} is held.")


def link_format(found: TimeMap, *, to: To) -> str:
    """The TimeMap as RFC 7089, 5, has it; one link a line."""
    first, last = _date(found.captures[0].captured_at), _date(found.captures[-1].captured_at)
    return ",\n".join([
        f'<{address(found.url)}>; rel="original"',
        f'<{address(to(path(found.url)))}>; rel="self"; type="application/link-format"; from="{first}"; until="{last}"',
        *_mementos(found, to=to)]) + "\n"


def _mementos(found: TimeMap, *, to: To) -> Iterator[str]:
    for place, one in enumerate(found.captures, start=1):
        ends = ["first"] * (place == 1) + ["last"] * (place == len(found.captures))
        yield (f'<{address(to(f"/capture/{one.name}"))}>; rel="{" ".join([*ends, "memento"])}"; '
               f'datetime="{_date(one.captured_at)}"')


def headers(url: str, captured_at: str, *, to: To) -> dict[str, str]:
    """What a capture's page says: of what address it is a memento, of when, and where the others are."""
    return {"Memento-Datetime": _date(captured_at),
            "Link": f'<{address(url)}>; rel="original", <{address(to(path(url)))}>; rel="timemap"; '
                    'type="application/link-format"'}


def path(url: str) -> str:
    """The path of an address' TimeMap on the site."""
    return f"/timemap/link/{url}"


def address(url: str) -> str:
    """An address in ASCII, without what would end it in a link or a header."""
    return quote(url, safe=_SAFE, errors="replace")


def _date(iso: str) -> str:
    return format_datetime(from_iso(iso).replace(microsecond=0), usegmt=True)
