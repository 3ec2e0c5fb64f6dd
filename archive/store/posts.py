"""What the site's pages show of live blogs: their posts, each with versions of its own, read from the public view."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from archive.model import ChangedPassage

# The newest posts first, as live blogs have them; the versions of one in a row.
POSTS = """
    SELECT post, public_id, ordinal, title, text, first_seen, last_seen, sightings, change, passages
    FROM (SELECT p.*, min(first_seen) OVER (PARTITION BY post) AS began FROM post_version p
          WHERE article_key = :article_key)
    ORDER BY began DESC, post, ordinal LIMIT :limit
"""

COUNT = "SELECT count(DISTINCT post) AS posts FROM post_version WHERE article_key = :article_key"

ARTICLE_OF = "SELECT article_key FROM post_version WHERE public_id = :public_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostState:
    """A version of a post; `passages` are what changed from the one before."""

    public_id: str
    ordinal: int
    title: str | None
    text: str
    first_seen: str
    last_seen: str
    sightings: int
    change: tuple[str, ...]
    passages: tuple[ChangedPassage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostLine:
    """A post of a live blog, `post` being what names it in its article, with its versions, first to latest."""

    post: str
    versions: tuple[PostState, ...]


def posts(conn: sqlite3.Connection, article_key: str, *, limit: int) -> tuple[PostLine, ...]:
    """The posts of a live blog, newest first, with `limit` versions in all; none of any other article."""
    rows = conn.execute(POSTS, {"article_key": article_key, "limit": limit})
    return tuple(_post(post, found) for post, found in groupby(rows, key=lambda row: str(row["post"])))


def post_count(conn: sqlite3.Connection, article_key: str) -> int:
    """How many posts are held of an article."""
    return int(conn.execute(COUNT, {"article_key": article_key}).fetchone()["posts"])


def article_of(conn: sqlite3.Connection, public_id: str) -> str | None:
    """The key of the article in which a version of a post stands."""
    row = conn.execute(ARTICLE_OF, {"public_id": public_id}).fetchone()
    return str(row["article_key"]) if row is not None else None


def _post(post: str, rows: Iterable[sqlite3.Row]) -> PostLine:
    return PostLine(post=post, versions=tuple(
        PostState(
            public_id=row["public_id"], ordinal=row["ordinal"], title=row["title"], text=row["text"],
            first_seen=row["first_seen"], last_seen=row["last_seen"], sightings=row["sightings"],
            change=tuple(json.loads(row["change"])),
            passages=tuple(ChangedPassage(**passage) for passage in json.loads(row["passages"])),
        ) for row in rows))
