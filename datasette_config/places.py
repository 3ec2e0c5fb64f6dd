"""The places of the topic's gazetteer -> an index: how many articles have each of them, in any spelling and form.

Persons have no index: who is named in the news did not ask to be looked up here.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from archive.store import search, vocabulary
from archive.topic import Name
from datasette_config.expanding import expanded
from datasette_config.kept_answers import KeptAnswers
from datasette_config.kept_topic import KeptTopic
from datasette_config.names import Names
from datasette_config.query import parse
from datasette_config.searching import is_name

_OF = "of "  # begins the label of what is said of a place, an adjective, which is no place of its own
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


@dataclass(frozen=True, slots=True)
class KeptPlaces:
    """The index, counted again when the archive holds something else or was made by another topic."""

    topic: KeptTopic
    kept: KeptAnswers = field(default_factory=lambda: KeptAnswers(1))

    def __call__(self, conn: sqlite3.Connection, _question: Question) -> Places:
        """/places and its .json."""
        topic = self.topic.read()
        gazetteer = topic.gazetteer if topic else ()
        return self.kept.of(conn, topic.digest if topic else "", lambda: _counted(conn, gazetteer))


def _counted(conn: sqlite3.Connection, gazetteer: Sequence[Name]) -> Places:
    """Each place's articles are those that a search for its name finds, to which the index leads."""
    names, found, unheld = Names(gazetteer), list[Place](), list[str]()
    for name in gazetteer:
        if name.kind != "place" or name.name.startswith(_OF):
            continue
        query, _ = expanded(parse(name.name), names, partial(vocabulary.words, conn), is_name=partial(is_name, conn))
        held = search.holding(conn, query.match) if query.match else None
        if held is None or not held.articles:
            unheld.append(name.name)
        else:
            found.append(Place(name=name.name, articles=held.articles, first=held.first, last=held.last,
                               languages=held.languages))
    return Places(places=tuple(sorted(found, key=lambda one: (-one.articles, one.name))), unheld=tuple(unheld))
