"""What is new in the archive, and what all of it is called, for feeds and sitemaps: from the catalogue alone."""

import sqlite3
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Literal

from archive.store.pages import Card, cards

News = Literal["articles", "versions", "reposts"]

# Read in the order of an index until there are enough, once for latest versions and once for those before.
_NEW = """
    SELECT c.first_seen, c.version_id FROM catalogue c
    WHERE c.is_latest = :is_latest AND {} EXISTS (
        SELECT 1 FROM catalogue o WHERE o.article_id = c.article_id AND o.first_seen < c.first_seen)
"""
_ORDER = " ORDER BY c.first_seen DESC, c.version_id DESC"
ARTICLES = _NEW.format("NOT") + _ORDER
VERSIONS = _NEW.format("") + _ORDER
_IS_REPOST = " AND c.profile_id IN (SELECT profile_id FROM profiles WHERE role = 'repost')"
REPOSTS = _NEW.format("NOT") + _IS_REPOST + _ORDER
_QUERIES: dict[News, str] = {"articles": ARTICLES, "versions": VERSIONS, "reposts": REPOSTS}

LAST_ARTICLE = "SELECT coalesce(max(article_id), 0) FROM articles"
ARTICLE_NAMES = """
    SELECT a.key, c.first_seen FROM catalogue c JOIN articles a ON a.article_id = c.article_id
    WHERE c.article_id BETWEEN :first AND :last AND +c.is_latest = 1 ORDER BY c.article_id
"""
FAMILY_NAMES = "SELECT public_id FROM family ORDER BY members DESC, public_id LIMIT :limit"


def newest(conn: sqlite3.Connection, kind: News, *, limit: int) -> tuple[Card, ...]:
    """The articles, reposts (by their first versions) or later versions that were seen last, the last one first."""
    found = [conn.cursor() for _ in range(2)]
    for is_latest, cursor in enumerate(found):
        cursor.row_factory = None
        cursor.execute(_QUERIES[kind], {"is_latest": is_latest})
    ids = [version_id for _, version_id in islice(merge(*found, reverse=True), limit)]
    known = cards(conn, ids)
    return tuple(known[one] for one in ids if one in known)


def last_article(conn: sqlite3.Connection) -> int:
    """The greatest number of an article; many below it may be off the topic."""
    return int(conn.execute(LAST_ARTICLE).fetchone()[0])


def article_names(conn: sqlite3.Connection, *, first: int, last: int) -> Iterator[tuple[str, str]]:
    """Keys of the articles on the topic with numbers from `first` to `last`, and since when each is as it is now."""
    for row in conn.execute(ARTICLE_NAMES, {"first": first, "last": last}):
        yield row[0], row[1]


def family_names(conn: sqlite3.Connection, *, limit: int) -> list[str]:
    """Public ids of families, the largest first."""
    return [row[0] for row in conn.execute(FAMILY_NAMES, {"limit": limit})]
