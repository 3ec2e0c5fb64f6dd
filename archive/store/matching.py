"""The versions that hold some words -> articles in the order that was asked for, those of a family as one text.

One look at the search index gives all of them, with what the catalogue says of each, so that every count is of all that
was found and none is an estimate. They are read as one row of columns, each a JSON list of numbers: between two rows
sqlite3 lets go of the interpreter, and has to wait for it where other threads work.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archive.store import snapshots
from archive.store.facets import FACETS, Profiles
from archive.store.vocabulary import in_words

Sort = Literal["best", "newest", "oldest", "copies", "arrived"]

STANDS_FOR = ("exemplar", "alone", "undecided", "repost")  # which of folded articles is shown

# The newest article is first; `by` is what an order goes by beside age. A score is a whole number of 1e-14, since of
# another SQLite writes 15 digits, which takes longer.
_COLUMNS = """
    SELECT json_group_array(version_id), json_group_array(article_id), json_group_array(is_latest),
           json_group_array(profile_id), json_group_array(fold), json_group_array(score), json_group_array(by)
    FROM (
        SELECT c.version_id, c.article_id, c.is_latest, c.profile_id, c.fold, CAST(h.score * 1e14 AS INTEGER) AS score,
               CASE :sort WHEN 'copies' THEN c.kin WHEN 'arrived' THEN c.first_seen END AS by
"""
_NEWEST_FIRST = """
        JOIN catalogue c ON c.version_id = h.version_id
        WHERE c.day BETWEEN :since AND :until ORDER BY c.day DESC, c.dated DESC, c.article_id DESC
    )
"""
HITS = _COLUMNS + """
        FROM (SELECT rowid AS version_id, bm25(versions_fts, 4.0, 1.0) AS score
              FROM versions_fts WHERE versions_fts MATCH :match) h
""" + _NEWEST_FIRST  # noqa: S608  # constants, as all that follow

# In any other order than by the best, scores decide only which of an article's earlier versions is shown, of those few
# articles of which several have the words and the latest has not: two fifths of the time went into all the others.
FOUND = _COLUMNS + """
        FROM (SELECT rowid AS version_id, 0 AS score FROM versions_fts WHERE versions_fts MATCH :match) h
""" + _NEWEST_FIRST  # noqa: S608
SCORES = """
    SELECT rowid, CAST(bm25(versions_fts, 4.0, 1.0) * 1e14 AS INTEGER)
    FROM versions_fts WHERE versions_fts MATCH :match AND rowid IN (SELECT value FROM json_each(:ids))
"""

# Where the index has all words of texts and neither their places nor ranks: those are of what is held of the texts.
RANKED = _COLUMNS + """
        FROM (SELECT f.version_id, coalesce(r.score, 0.0) AS score
              FROM (SELECT rowid AS version_id FROM versions_fts WHERE versions_fts MATCH :match) f
              LEFT JOIN (SELECT rowid AS version_id, bm25(excerpts_fts, 4.0, 1.0) AS score
                         FROM excerpts_fts WHERE excerpts_fts MATCH :phrases) r ON r.version_id = f.version_id) h
""" + _NEWEST_FIRST  # noqa: S608

DATED = "SELECT version_id, dated FROM catalogue WHERE version_id IN (SELECT value FROM json_each(:ids))"

Group = Sequence[tuple[int, int]]  # versions with their profiles, of articles that are shown as one; the first is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Articles that hold some words, each by one version, the newest first; every list has one value of each.

    `by` are the numbers of their kin, or when they were first seen, where the order asks for that.
    """

    versions: Sequence[int]
    articles: Sequence[int]
    profiles: Sequence[int]
    folds: Sequence[int]
    scores: Sequence[int]
    by: Sequence[Any]

    def among(self, profiles: Container[int]) -> "Matched":
        """Those that have one of these profiles."""
        return self._at([place for place, profile in enumerate(self.profiles) if profile in profiles])

    def in_order(self, sort: Sort, *, folded: bool) -> list[int]:
        """Their folds, or each version by itself: by the best, newest or oldest of each; of equals the newest first."""
        names = self.folds if folded else self.versions
        if sort == "oldest":
            return list(dict.fromkeys(reversed(names)))
        newest = list(dict.fromkeys(names))
        if sort == "newest":
            return newest
        if sort == "best":
            return sorted(newest, key=_least(names, self.scores).__getitem__)
        return sorted(newest, key=_most(names, self.by).__getitem__, reverse=True)

    def groups(self, conn: sqlite3.Connection, folds: Iterable[int], profiles: Profiles) -> list[Group]:
        """What is folded under each of some folds, the article first that stands for it."""
        members: dict[int, list[int]] = {fold: [] for fold in folds}
        for place, fold in enumerate(self.folds):
            if fold in members:
                members[fold].append(place)
        several = [self.versions[place] for group in members.values() if len(group) > 1 for place in group]
        dated = {version: at for version, at in conn.execute(DATED, {"ids": json.dumps(several)})} if several else {}
        role = FACETS.index("role")

        def stands(place: int) -> tuple[int, str, int]:
            version = self.versions[place]
            return STANDS_FOR.index(profiles[self.profiles[place]][role]), dated[version], self.articles[place]

        return [
            [(self.versions[place], self.profiles[place])
             for place in (sorted(group, key=stands) if len(group) > 1 else group)]
            for group in members.values()]

    def _at(self, places: Sequence[int]) -> "Matched":
        if len(places) == len(self.versions):
            return self
        return Matched(**{name: [column[place] for place in places] for name, column in (
            ("versions", self.versions), ("articles", self.articles), ("profiles", self.profiles),
            ("folds", self.folds), ("scores", self.scores), ("by", self.by))})


def matched(conn: sqlite3.Connection, match: str, values: Mapping[str, object], *, sort: Sort) -> Matched:
    """Every article of which a version holds the words, by its latest where that has them, else by the best of them.

    `values` are the days `since` and `until` between which they lie.
    """
    if snapshots.is_excerpts(conn):
        query, asked = RANKED, {"match": in_words(conn, match), "phrases": match}
    else:
        query, asked = HITS if sort == "best" else FOUND, {"match": match}
    row = conn.execute(query, {**values, **asked, "sort": sort}).fetchone()
    versions, articles, latest, profiles, folds, scores, by = map(json.loads, row)
    if query is FOUND:
        scores = _scores(conn, match, articles, latest, versions)
    found = Matched(versions=versions, articles=articles, profiles=profiles, folds=folds, scores=scores, by=by)
    return found._at(_best(articles, latest, scores, versions))


def _scores(
    conn: sqlite3.Connection, match: str, articles: Sequence[int], latest: Sequence[int], versions: Sequence[int]
) -> Sequence[int]:
    """The scores of the versions between which they decide, 0 of all others."""
    current = {article for article, is_latest in zip(articles, latest, strict=True) if is_latest}
    earlier = Counter(article for article in articles if article not in current)
    open_ = [version for article, version in zip(articles, versions, strict=True) if earlier[article] > 1]
    if not open_:
        return [0] * len(versions)
    known = dict(map(tuple, conn.execute(SCORES, {"match": match, "ids": json.dumps(open_)})))
    return [known.get(version, 0) for version in versions]


def _best(
    articles: Sequence[int], latest: Sequence[int], scores: Sequence[int], versions: Sequence[int]
) -> list[int]:
    """The places of each article's latest version, or else of that which has the words best."""
    best: dict[int, int] = {}
    for place, article in enumerate(articles):
        before = best.setdefault(article, place)
        if before != place and (latest[place], -scores[place], -versions[place]) > (
                latest[before], -scores[before], -versions[before]):
            best[article] = place
    return list(best.values())


def _least(names: Sequence[int], values: Sequence[int]) -> dict[int, int]:
    least: dict[int, int] = {}
    for name, value in zip(names, values, strict=True):
        if value < least.get(name, value + 1):
            least[name] = value
    return least


def _most(names: Sequence[int], values: Sequence[Any]) -> dict[int, Any]:
    most: dict[int, Any] = {}
    for name, value in zip(names, values, strict=True):
        if name not in most or value > most[name]:
            most[name] = value
    return most
