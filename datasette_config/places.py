"""The places of the topic's gazetteer -> an index: how many articles have each of them, in any spelling and form.

Persons have no index: who is named in the news did not ask to be looked up here.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from archive.store import coverage, search, vocabulary
from archive.topic import Name
from datasette_config.expanding import spelled
from datasette_config.kept_topic import KeptTopic
from datasette_config.searching import is_name

Question = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place, in how many articles it stands, and of what days these are."""

    name: str
    articles: int
    first: str | None
    last: str | None
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The places that articles have, those of most articles first; `unheld` are those that none has."""

    places: tuple[Place, ...]
    unheld: tuple[str, ...]


@dataclass(slots=True)
class KeptPlaces:
    """The index, counted again when the archive holds something else."""

    topic: KeptTopic
    _stamp: tuple[object, ...] = ()
    _found: Places = field(default=Places(places=(), unheld=()))

    def __call__(self, conn: sqlite3.Connection, _question: Question) -> Places:
        """/places and its .json."""
        topic = self.topic.read()
        stamp = (topic.digest if topic else "", coverage.counts(conn))
        if stamp != self._stamp:
            named = [one for one in topic.gazetteer if one.kind == "place"] if topic else []
            self._found, self._stamp = _counted(conn, named), stamp
        return self._found


def _counted(conn: sqlite3.Connection, named: list[Name]) -> Places:
    words = partial(vocabulary.words, conn)
    found, unheld = list[Place](), list[str]()
    for name in named:
        match = spelled(name, words, partial(is_name, conn))
        held = search.holding(conn, match) if match else None
        if held is None or not held.articles:
            unheld.append(name.name)
        else:
            found.append(Place(name=name.name, articles=held.articles, first=held.first, last=held.last,
                               languages=held.languages))
    return Places(places=tuple(sorted(found, key=lambda one: (-one.articles, one.name))), unheld=tuple(unheld))
