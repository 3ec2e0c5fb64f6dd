"""The search page's question: which articles hold these words, under these filters, and how many of each kind.

With words, `matching` has all that was found. Without, there is no such list: then SQL counts, and reads on by date
until a page is full.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import NamedTuple

from archive.store import facets, snapshots
from archive.store.facets import FACETS, Chosen, Counted, Profiles
from archive.store.matching import STANDS_FOR, Group, Sort, matched
from archive.store.pages import Card, cards
from archive.store.vocabulary import in_words

ReadProfiles = Callable[[sqlite3.Connection, Collection[int]], Profiles]

PAGE_LENGTH = 20
LONGEST_SHOWN = 1_200  # characters of a title or a snippet

# Around a found word, in text that is escaped afterwards: private use, and no letter of any script.
_OPEN, _CLOSE = "\ue000", "\ue001"
_NEVER, _ALWAYS = "0000", "9999"  # days before and after all others

# What follows is asked where no word is wanted: of the latest versions, less those that have an unwanted word. A plus
# before a column keeps SQLite from the index that begins with it: each of these has one that it can read in order.
_WITHOUT = """
    AND (:without IS NULL OR version_id NOT IN (
        SELECT rowid FROM versions_fts WHERE versions_fts MATCH coalesce(:without, '""')))
"""
COUNTED = """
    SELECT profile_id, count(*) FROM catalogue INDEXED BY catalogue_profile
    WHERE is_latest = 1 AND day BETWEEN :since AND :until
""" + _WITHOUT + "GROUP BY profile_id"  # noqa: S608  # constants, as all that follow
_CHOSEN = " AND (:profiles IS NULL OR profile_id IN (SELECT value FROM json_each(:profiles)))"
_ROWS = "SELECT version_id, article_id, profile_id, fold, dated FROM catalogue "
_LATEST = _ROWS + "WHERE is_latest = 1 AND day BETWEEN :since AND :until" + _CHOSEN + _WITHOUT
# Families among the members of families; all others are families of their own.
FOLDS = """
    SELECT count(*) FILTER (WHERE fold < 0) + count(DISTINCT CASE WHEN fold > 0 THEN fold END)
    FROM catalogue INDEXED BY catalogue_fold
    WHERE is_latest = 1 AND day BETWEEN :since AND :until
""" + _CHOSEN + _WITHOUT  # noqa: S608
NEWEST = _LATEST + "ORDER BY day DESC, dated DESC, article_id DESC"
OLDEST = _LATEST + "ORDER BY day, dated, article_id"
MOST_COPIES = _LATEST + "ORDER BY kin DESC, fold, day, dated, article_id"
ARRIVED = _LATEST + "ORDER BY first_seen DESC, article_id DESC"
_BY_SORT: Mapping[Sort, str] = {
    "newest": NEWEST, "oldest": OLDEST, "copies": MOST_COPIES, "best": NEWEST, "arrived": ARRIVED}
FOLDED = _ROWS + """
    WHERE fold IN (SELECT value FROM json_each(:folds)) AND +is_latest = 1 AND +day BETWEEN :since AND :until
""" + _CHOSEN + _WITHOUT + "ORDER BY day, dated, article_id"  # noqa: S608

HOLDING = """
    SELECT sum(n.articles), min(n.first), max(n.last), group_concat(DISTINCT p.language)
    FROM (SELECT profile_id, count(DISTINCT article_id) AS articles, min(day) AS first, max(day) AS last
          FROM catalogue WHERE version_id IN (SELECT rowid FROM versions_fts WHERE versions_fts MATCH :match)
          GROUP BY profile_id) n JOIN profiles p USING (profile_id)
"""

# Of each version title and text, all in one row. (Without a limit SQLite would ask for marks where there is no match.)
SNIPPETS = """
    SELECT json_group_array(json_array(version_id, title, text)) FROM (
        SELECT rowid AS version_id, highlight(versions_fts, 0, :open, :close) AS title,
               snippet(versions_fts, 1, :open, :close, '…', 40) AS text
        FROM versions_fts
        WHERE versions_fts MATCH :match AND rowid IN (SELECT value FROM json_each(:ids)) LIMIT -1)
"""

# A query of many thousand stretches costs as much for each text that it is asked of by number as for all that it finds.
SNIPPETS_OF_MANY = SNIPPETS.replace("AND rowid IN", "AND +rowid IN")
MANY = 10_000  # characters of a query

SHOWN = """
    SELECT json_group_array(json_array(version_id, title, text)) FROM (
        SELECT rowid AS version_id, highlight(excerpts_fts, 0, :open, :close) AS title,
               snippet(excerpts_fts, 1, :open, :close, '…', 40) AS text
        FROM excerpts_fts
        WHERE excerpts_fts MATCH :match AND rowid IN (SELECT value FROM json_each(:ids)) LIMIT -1)
"""

BEGINNINGS = """
    SELECT json_group_array(json_array(
        version_id, title, substr(text, 1, 280) || iif(length(text) > 280, '…', '')))
    FROM (SELECT v.version_id, v.title, inflated(t.text) AS text FROM versions v JOIN texts t USING (text_id)
          WHERE v.version_id IN (SELECT value FROM json_each(:ids)) LIMIT -1)  -- or it is inflated three times
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was asked; `match` and `without` are full-text queries (without: only where match is None).

    `chosen` has the values of each facet that restricts, of which an article has one ('' is: not known; NOT before one:
    any other). `since` and `until` are days, both included. is_unfolded: each article by itself, not under the earliest
    of its family.
    """

    match: str | None = None
    without: str | None = None
    chosen: Chosen = ()
    since: str | None = None
    until: str | None = None
    is_unfolded: bool = False
    sort: Sort = "newest"
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a text, and whether it is what was searched for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article that was found, by the version that has the words.

    `others` is how many of its family fit the search too and are folded under it, in `languages`.
    """

    card: Card
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]
    others: int
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what was found: `total` articles in `texts`, families counting once; `facets` count them all."""

    total: int
    texts: int
    hits: tuple[Hit, ...]
    facets: tuple[Counted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many articles hold some words, the days of the first and last of them, and their languages."""

    articles: int
    first: str | None
    last: str | None
    languages: tuple[str, ...]


class _Row(NamedTuple):
    version_id: int
    article_id: int
    profile_id: int
    fold: int
    dated: str


def search(conn: sqlite3.Connection, asked: Search, read: ReadProfiles = facets.read_profiles) -> Found:
    """Articles that hold the words, twenty texts a page; without words, all of them. `read` may keep what it read."""
    asked = _askable(conn, asked)
    return _by_words(conn, asked.match, asked, read) if asked.match else _by_date(conn, asked, read)


def first_found(conn: sqlite3.Connection, asked: Search, *, limit: int) -> tuple[int, list[int]]:
    """How many articles were found, and the versions of the first ones in order, every article by itself."""
    asked = _askable(conn, asked)
    if asked.match:
        found = matched(conn, asked.match, _bounds(asked), sort=asked.sort)
        fitting = found.among(facets.allowed(facets.read_profiles(conn, set(found.profiles)), asked.chosen))
        total, ids = len(fitting.versions), fitting.in_order(asked.sort, folded=False)[:limit]
    else:
        counts = _counted(conn, asked)
        allowed = facets.allowed(facets.read_profiles(conn, counts), asked.chosen)
        rows = _rows(conn, _BY_SORT[asked.sort], {**_bounds(asked), **_restricted(asked, allowed)})
        total, ids = sum(counts[one] for one in allowed), [row.version_id for row in islice(rows, limit)]
    return total, ids


def holding(conn: sqlite3.Connection, match: str) -> Held:
    """How many articles hold the words in any version, and of what days and languages these are."""
    wanted = in_words(conn, match) if snapshots.is_excerpts(conn) else match
    articles, first, last, languages = tuple(conn.execute(HOLDING, {"match": wanted}).fetchone())
    return Held(articles=articles, first=first, last=last,
                languages=tuple(sorted(filter(None, (languages or "").split(",")))))


def _by_words(conn: sqlite3.Connection, match: str, asked: Search, read: ReadProfiles) -> Found:
    found = matched(conn, match, _bounds(asked), sort=asked.sort)
    counts = Counter(found.profiles)
    profiles = read(conn, counts)
    fitting = found.among(facets.allowed(profiles, asked.chosen)) if asked.chosen else found
    names = fitting.in_order(asked.sort, folded=not asked.is_unfolded)
    start = (asked.page - 1) * PAGE_LENGTH
    shown = names[start:start + PAGE_LENGTH]
    if asked.is_unfolded:
        of_version = dict(zip(fitting.versions, fitting.profiles, strict=True))
        groups: list[Group] = [[(version, of_version[version])] for version in shown]
    else:
        groups = fitting.groups(conn, shown, profiles)
    return Found(
        total=len(fitting.versions), texts=len(names), facets=facets.counted(counts, profiles, asked.chosen),
        hits=_hits(conn, match, groups, profiles))


def _by_date(conn: sqlite3.Connection, asked: Search, read: ReadProfiles) -> Found:
    counts = _counted(conn, asked)
    profiles = read(conn, counts)
    allowed = facets.allowed(profiles, asked.chosen)
    values = {**_bounds(asked), **_restricted(asked, allowed)}
    total = sum(counts[profile] for profile in allowed)
    rows = _rows(conn, _BY_SORT[asked.sort], values)
    start = (asked.page - 1) * PAGE_LENGTH
    if asked.is_unfolded:
        groups: list[Group] = [
            [(row.version_id, row.profile_id)] for row in islice(rows, start, start + PAGE_LENGTH)]
    else:
        page = list(islice(_first_of_folds(rows), start, start + PAGE_LENGTH))
        members: dict[int, list[_Row]] = {row.fold: [] for row in page}
        for row in _rows(conn, FOLDED, values | {"folds": json.dumps(list(members))}):
            members[row.fold].append(row)
        groups = [_led(group, profiles) for group in members.values()]
    texts = total if asked.is_unfolded else int(conn.execute(FOLDS, values).fetchone()[0])
    return Found(total=total, texts=texts, facets=facets.counted(counts, profiles, asked.chosen),
                 hits=_hits(conn, None, groups, profiles))


def _askable(conn: sqlite3.Connection, asked: Search) -> Search:
    """The question as this archive's index can answer it: an index without places knows no phrase to be unwanted."""
    if asked.without is None or not snapshots.is_excerpts(conn):
        return asked
    return replace(asked, without=in_words(conn, asked.without))


def _bounds(asked: Search) -> dict[str, object]:
    return {"since": asked.since or _NEVER, "until": asked.until or _ALWAYS, "without": asked.without}


def _restricted(asked: Search, allowed: Collection[int]) -> dict[str, object]:
    return {"profiles": json.dumps(list(allowed)) if asked.chosen else None}


def _rows(conn: sqlite3.Connection, query: str, values: Mapping[str, object]) -> Iterator[_Row]:
    cursor = conn.cursor()
    cursor.row_factory = None  # many rows: tuples are read in a third of the time
    yield from map(partial(tuple.__new__, _Row), cursor.execute(query, values))


def _counted(conn: sqlite3.Connection, asked: Search) -> Counter[int]:
    cursor = conn.cursor()
    cursor.row_factory = None
    return Counter(dict(cursor.execute(COUNTED, _bounds(asked))))


def _led(group: Iterable[_Row], profiles: Profiles) -> Group:
    """The articles of a family that fit, the one that the others were made from first, of several the earliest."""
    role = FACETS.index("role")
    return [(row.version_id, row.profile_id) for row in sorted(group, key=lambda row: (
        STANDS_FOR.index(profiles[row.profile_id][role]), row.dated, row.article_id))]


def _first_of_folds(rows: Iterable[_Row]) -> Iterator[_Row]:
    seen: set[int] = set()
    for row in rows:
        if row.fold not in seen:
            seen.add(row.fold)
            yield row


def _hits(
    conn: sqlite3.Connection, match: str | None, groups: Sequence[Group], profiles: Profiles
) -> tuple[Hit, ...]:
    ids = [group[0][0] for group in groups]
    known, texts = cards(conn, ids), _texts(conn, match, ids)
    language = FACETS.index("language")
    return tuple(
        Hit(card=known[shown], title=_cut(_pieces(texts[shown][0])),
            snippet=_cut(_pieces(" ".join(texts[shown][1].split()))), others=len(group) - 1,
            languages=tuple(sorted({profiles[profile][language] for _, profile in group[1:]})))
        for shown, group in zip(ids, groups, strict=True) if shown in texts and shown in known
    )


def _texts(conn: sqlite3.Connection, match: str | None, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """What is shown of versions, title and text, with marks."""
    values = {"match": match, "ids": json.dumps(list(ids)), "open": _OPEN, "close": _CLOSE}
    if snapshots.is_excerpts(conn):
        return _read(conn, BEGINNINGS, values) | (_read(conn, SHOWN, values) if match else {})
    if not match:
        return _read(conn, BEGINNINGS, values)
    return _read(conn, SNIPPETS_OF_MANY if len(match) > MANY else SNIPPETS, values)


def _read(conn: sqlite3.Connection, query: str, values: Mapping[str, object]) -> dict[int, tuple[str, str]]:
    (found,) = conn.execute(query, values).fetchone()
    return {version: (title, text) for version, title, text in json.loads(found)}


def _cut(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """As much of a marked text as a list shows: words can be endless."""
    kept, left = list[Piece](), LONGEST_SHOWN
    for piece in pieces:
        if len(piece.text) > left:
            return (*kept, replace(piece, text=piece.text[:left] + "…"))
        kept.append(piece)
        left -= len(piece.text)
    return tuple(kept)


def _pieces(marked: str) -> tuple[Piece, ...]:
    """Cut a marked text at its marks; the odd pieces are what lies between an opening and a closing one."""
    cut = re.split(f"{_OPEN}(.*?){_CLOSE}", marked, flags=re.DOTALL)
    return tuple(
        Piece(text=text.replace(_OPEN, "").replace(_CLOSE, ""), hit=place % 2 == 1)
        for place, text in enumerate(cut) if text
    )
