"""Whole views as rows, for files that are taken away: every column of the public read model, in its order."""

import sqlite3
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "integer", "real"]

VIEWS = ("article", "version", "copy_link", "family", "witness", "judgement", "sighting", "post_version", "withholding",
         "frozen_family", "capture", "observation", "discovery", "partial_witness")
ROWS: Mapping[str, str] = MappingProxyType({name: f'SELECT * FROM "{name}"' for name in VIEWS})  # noqa: S608  # our own


def kinds(conn: sqlite3.Connection, view: str) -> list[tuple[str, Kind]]:
    """The columns of a view and what stands in them: SQLite tells it of each value only, so that all are looked at."""
    names = [column[0] for column in conn.execute(f"{ROWS[view]} LIMIT 0").description]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    looks = ", ".join(f"coalesce(max(typeof({name}) NOT IN ('integer', 'real', 'null')), 0), "
                      f"coalesce(max(typeof({name}) = 'real'), 0), count({name})" for name in quoted)
    told = tuple(conn.execute(ROWS[view].replace("*", looks)).fetchone())
    return [(name, _kind(*told[3 * place:3 * place + 3])) for place, name in enumerate(names)]


def _kind(has_text: int, has_real: int, count: int) -> Kind:
    """Of a column without a value: text."""
    if has_text or not count:
        return "text"
    return "real" if has_real else "integer"


def rows(conn: sqlite3.Connection, view: str) -> Iterator[tuple[object, ...]]:
    """Every row."""
    cursor = conn.cursor()
    cursor.row_factory = None
    yield from cursor.execute(ROWS[view])
