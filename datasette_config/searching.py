"""A search as an address asks for it -> a page of what was found, or all of it for a program."""

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from archive.store import pages, search, vocabulary, withholdings
from archive.store.cited import Cited, cited
from archive.store.facets import Counted, KeptProfiles
from archive.store.pages import Card
from archive.store.search import Piece
from datasette_config import words
from datasette_config.answers import Missing, Moved
from datasette_config.expanding import FullTextQuery, Sought, as_typed, expanded
from datasette_config.kept_answers import KeptAnswers
from datasette_config.names import KeptNames, is_written_small
from datasette_config.parameters import Asked, ParameterError, asked

KEPT = 32  # answers without words, in each thread: they count the whole archive, and many ask them
LOOKED_AT = 8  # texts, to see whether a form is written as a name
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
    facets: tuple[Counted, ...]
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
    profiles: KeptProfiles = field(default_factory=KeptProfiles)

    def results(self, conn: sqlite3.Connection, question: Mapping[str, str]) -> Results | Moved | Missing:
        """/search and /search.json: articles that hold some words; a web address leads to its article."""
        wanted = asked(question)
        address = words.web_address(wanted.q)
        if address:
            place = pages.find_address(conn, address)
            key = place.key if place else getattr(withholdings.find(conn, address), "key", None)
            if key:
                return Moved(path=f"/article/{key}")
        meant, sought = self._meant(conn, wanted)
        found = search.search(conn, meant, self.profiles) if meant.match else self.kept.of(
            conn, meant, lambda: search.search(conn, meant, self.profiles))
        last = max(1, -(-found.texts // search.PAGE_LENGTH))
        if meant.page > last:
            return Missing(reason=f"This search has {words.plural(last, 'page')}; there is no page {meant.page}.")
        return Results(asked=wanted, sought=sought, total=found.total, texts=found.texts, pages=last,
                       hits=tuple(_narrowed(hit, wanted) for hit in found.hits),
                       facets=found.facets, address=address)

    def listing(self, conn: sqlite3.Connection, question: Mapping[str, str]) -> Listing:
        """What /search finds, for lists: every article by itself, no page."""
        wanted = asked(question)
        meant, _ = self._meant(conn, wanted)
        total, ids = search.first_found(conn, meant, limit=MOST_LISTED)
        return Listing(asked=wanted, total=total, cited=cited(conn, ids))

    def _meant(self, conn: sqlite3.Connection, wanted: Asked) -> tuple[search.Search, tuple[Sought, ...]]:
        try:
            query, sought = self._query(conn, wanted)
        except vocabulary.TooManyStretches as error:
            raise ParameterError(str(error)) from error
        return replace(wanted.search, match=query.match, without=query.without), sought

    def _query(self, conn: sqlite3.Connection, wanted: Asked) -> tuple[FullTextQuery, tuple[Sought, ...]]:
        sought: tuple[Sought, ...] = ()
        if wanted.as_typed:
            query = as_typed(wanted.query, partial(vocabulary.words, conn))
        else:
            query, sought = expanded(wanted.query, self.names.read(), partial(vocabulary.words, conn),
                                     is_name=partial(is_name, conn))
        return query, sought


def _narrowed(hit: search.Hit, wanted: Asked) -> search.Hit:
    """A hit whose marks, in a script without spaces, are around what was looked for, not around all beside it."""
    sought = [word for group in wanted.query.wanted for term in group for word in term.words
              if vocabulary.UNSPACED.search(word)]
    if not sought:
        return hit
    word = re.compile("|".join(map(re.escape, sorted(sought, key=len, reverse=True))), re.IGNORECASE)
    return replace(hit, title=tuple(_around(hit.title, word)), snippet=tuple(_around(hit.snippet, word)))


def _around(pieces: Iterable[Piece], word: re.Pattern[str]) -> Iterator[Piece]:
    for piece in pieces:
        if not piece.hit or not word.search(piece.text):
            yield piece
            continue
        done = 0
        for found in word.finditer(piece.text):
            if found.start() > done:
                yield Piece(text=piece.text[done:found.start()], hit=False)
            yield Piece(text=found[0], hit=True)
            done = found.end()
        if done < len(piece.text):
            yield Piece(text=piece.text[done:], hit=False)


def is_name(conn: sqlite3.Connection, form: str) -> bool:
    """Whether some texts that have a form write it as a name; also where they do not tell."""
    return not is_written_small(form, vocabulary.texts_with(conn, form, limit=LOOKED_AT))
