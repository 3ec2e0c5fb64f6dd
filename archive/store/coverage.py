"""What the archive holds, in numbers, for the pages that show it as a whole: from the catalogue, not from texts."""

import sqlite3
from dataclasses import dataclass

from archive.store.pages import Card, cards

COUNTS = """
    SELECT count(*) AS versions, coalesce(sum(is_latest), 0) AS articles, max(last_seen) AS last_seen,
           (SELECT count(*) FROM families) AS families, (SELECT count(*) FROM links) AS links,
           (SELECT count(*) FROM captures) AS captures
    FROM catalogue
"""

# By profile first, in the order of an index; what a profile's language is, is asked once for each.
DAYS = """
    WITH n AS MATERIALIZED (
        SELECT profile_id, day, count(*) AS articles FROM catalogue INDEXED BY catalogue_profile
        WHERE is_latest = 1 GROUP BY profile_id, day
    )
    SELECT n.day, p.language, sum(n.articles) AS articles FROM n JOIN profiles p USING (profile_id)
    GROUP BY n.day, p.language ORDER BY n.day, p.language
"""

OUTLETS = """
    WITH n AS (SELECT profile_id, count(*) AS articles FROM catalogue WHERE is_latest = 1 GROUP BY profile_id)
    SELECT p.outlet, max(p.country) AS country, group_concat(DISTINCT nullif(p.language, '')) AS languages,
           sum(n.articles) AS articles, sum(n.articles * (p.role = 'exemplar')) AS exemplars,
           sum(n.articles * (p.role = 'repost')) AS reposts, sum(n.articles * (p.edited = 'edited')) AS edited,
           sum(n.articles * (p.presence <> 'present')) AS gone
    FROM n JOIN profiles p USING (profile_id) GROUP BY p.outlet ORDER BY articles DESC, p.outlet
"""

LATEST = """
    SELECT version_id FROM catalogue WHERE is_latest = 1 ORDER BY day DESC, dated DESC, article_id DESC LIMIT :limit
"""

MOST_EDITED = """
    WITH edited AS (
        SELECT article_id, count(*) AS edits FROM catalogue WHERE is_latest = 0
        GROUP BY article_id ORDER BY edits DESC, article_id DESC LIMIT :limit
    )
    SELECT c.version_id FROM edited e JOIN catalogue c USING (article_id) WHERE +c.is_latest = 1
    ORDER BY e.edits DESC, c.dated DESC
"""

GONE = """
    SELECT version_id FROM catalogue WHERE gone_at IS NOT NULL AND +is_latest = 1 ORDER BY gone_at DESC LIMIT :limit
"""

COLUMNS = "SELECT name FROM pragma_table_xinfo(:view) ORDER BY cid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the archive holds; `last_seen` is None for an empty one."""

    articles: int
    versions: int
    families: int
    links: int
    captures: int
    last_seen: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletCounts:
    """An outlet's articles: how many others were made from, how many are copies, were edited, are gone or removed."""

    outlet: str
    country: str | None
    languages: tuple[str, ...]
    articles: int
    exemplars: int
    reposts: int
    edited: int
    gone: int


def counts(conn: sqlite3.Connection) -> Counts:
    """What there is of each kind."""
    return Counts(**dict(conn.execute(COUNTS).fetchone()))


def days(conn: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """(day, language, articles), by day; the language is "" where it is not known."""
    return [tuple(row) for row in conn.execute(DAYS)]


def outlets(conn: sqlite3.Connection) -> tuple[OutletCounts, ...]:
    """Every outlet, the one with most articles first."""
    return tuple(
        OutletCounts(**dict(row) | {
            "country": row["country"] or None, "languages": tuple(sorted((row["languages"] or "").split(",")))})
        for row in conn.execute(OUTLETS))


def columns(conn: sqlite3.Connection, view: str) -> list[str]:
    """The names of a view's columns."""
    return [row["name"] for row in conn.execute(COLUMNS, {"view": view})]


def latest(conn: sqlite3.Connection, *, limit: int) -> tuple[Card, ...]:
    """The newest articles, by day."""
    return _cards(conn, LATEST, limit)


def most_edited(conn: sqlite3.Connection, *, limit: int) -> tuple[Card, ...]:
    """The articles with most versions."""
    return _cards(conn, MOST_EDITED, limit)


def gone(conn: sqlite3.Connection, *, limit: int) -> tuple[Card, ...]:
    """The articles that were last found gone."""
    return _cards(conn, GONE, limit)


def _cards(conn: sqlite3.Connection, query: str, limit: int) -> tuple[Card, ...]:
    ids = [row["version_id"] for row in conn.execute(query, {"limit": limit})]
    known = cards(conn, ids)
    return tuple(known[one] for one in ids if one in known)
