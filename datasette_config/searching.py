"""A search as an address asks for it -> a page of what was found, or all of it for a program."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from archive.store import pages, search, withholdings
from archive.store.cited import Cited, cited
from archive.store.pages import Card
from archive.urls import canonical_url
from datasette_config import words
from datasette_config.answers import Missing, Moved
from datasette_config.expanding import Sought, as_typed, expanded
from datasette_config.kept_answers import KeptAnswers
from datasette_config.names import KeptNames
from datasette_config.parameters import Asked, asked

KEPT = 32  # answers without words, in each thread: they count the whole archive, and many ask them
MOST_LISTED = 1_000  # articles in a list for programs; a narrower search or a span of days gives the rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A page of search results: `total` articles in `texts`, since a family counts once unless it is unfolded.

    `sought` says what the words stood for; `facets` count all that was found, each under the other facets' choices.
    `address` is the question itself where that is a web address that the archive does not hold.
    """

    asked: Asked
    sought: tuple[Sought, ...]
    total: int
    texts: int
    pages: int
    hits: tuple[search.Hit, ...]
    facets: tuple[search.Counted, ...]
    address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The first MOST_LISTED of `total` articles that were found, every one by itself."""

    asked: Asked
    total: int
    cited: tuple[Cited, ...]

    @property
    def cards(self) -> tuple[Card, ...]:
        """What is said of each."""
        return tuple(one.card for one in self.cited)


@dataclass(frozen=True, slots=True)
class Searching:
    """/search and what programs read of it."""

    names: KeptNames
    kept: KeptAnswers = field(default_factory=lambda: KeptAnswers(KEPT))

    def results(self, conn: sqlite3.Connection, question: Mapping[str, str]) -> Results | Moved | Missing:
        """/search and /search.json: articles that hold some words; a web address leads to its article."""
        wanted = asked(question)
        address = words.web_address(wanted.q)
        if address:
            place = pages.find_address(conn, address) or pages.find_address(conn, canonical_url(address))
            key = place.key if place else getattr(withholdings.find(conn, address), "key", None)
            if key:
                return Moved(path=f"/article/{key}")
        meant, sought = self._meant(conn, wanted)
        found = search.search(conn, meant) if meant.match else self.kept.of(
            conn, meant, lambda: search.search(conn, meant))
        last = max(1, -(-found.texts // search.PAGE_LENGTH))
        if meant.page > last:
            return Missing(reason=f"This search has {words.plural(last, 'page')}; there is no page {meant.page}.")
        return Results(asked=wanted, sought=sought, total=found.total, texts=found.texts, pages=last, hits=found.hits,
                       facets=found.facets, address=address)

    def listing(self, conn: sqlite3.Connection, question: Mapping[str, str]) -> Listing:
        """What /search finds, for lists: every article by itself, no page."""
        wanted = asked(question)
        meant, _ = self._meant(conn, wanted)
        total, ids = search.first_found(conn, meant, limit=MOST_LISTED)
        return Listing(asked=wanted, total=total, cited=cited(conn, ids))

    def _meant(self, conn: sqlite3.Connection, wanted: Asked) -> tuple[search.Search, tuple[Sought, ...]]:
        sought: tuple[Sought, ...] = ()
        if wanted.as_typed:
            query = as_typed(wanted.query)
        else:
            query, sought = expanded(wanted.query, self.names.read(), partial(search.words, conn))
        return replace(wanted.search, match=query.match, without=query.without), sought
