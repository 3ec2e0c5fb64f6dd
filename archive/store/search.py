"""The search page's question: which articles hold these words, under these filters, twenty at a time."""

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from archive.store.pages import Card, cards

Kind = Literal["all", "reposts", "exemplars", "edited", "removed"]
Sort = Literal["best", "newest"]

PAGE_LENGTH = 20

# Around a found word, in text that is escaped afterwards: private use, and no letter of any script.
_OPEN, _CLOSE = "\ue000", "\ue001"
_NOTHING = '""'  # a full-text query that matches no row; NULL would be a syntax error

# An article once: its latest version where that has the words, else the version that ranks best. The bare columns
# beside min() come from the row that has the minimum (SQLite's rule). A day is compared as the page states it,
# since that is the day people look for, whatever the time zone.
FOUND = """
    WITH hit AS MATERIALIZED (
        SELECT rowid AS version_id, bm25(versions_fts, 4.0, 1.0) AS score
        FROM versions_fts WHERE versions_fts MATCH :match
    ), best AS MATERIALIZED (
        SELECT v.article_id, v.version_id, h.score, min(h.score - 1000000 * v.is_latest)
        FROM hit h JOIN versions v ON v.version_id = h.version_id
        GROUP BY v.article_id
        UNION ALL
        SELECT v.article_id, v.version_id, 0.0, 0.0
        FROM versions v
        WHERE :everything AND v.is_latest
          AND v.version_id NOT IN (SELECT rowid FROM versions_fts WHERE versions_fts MATCH :without)
    ), found AS MATERIALIZED (
        SELECT b.version_id, b.score, a.article_id, a.dated,
               substr(coalesce(a.published, a.first_seen), 1, 10) AS day
        FROM best b JOIN article a ON a.article_id = b.article_id
        WHERE (:outlet IS NULL OR a.outlet = :outlet)
          AND (:language IS NULL OR a.language = :language)
          AND (:since IS NULL OR day >= :since)
          AND (:until IS NULL OR day <= :until)
          AND CASE :kind
              WHEN 'all' THEN 1
              WHEN 'edited' THEN a.versions > 1
              WHEN 'removed' THEN a.gone_at IS NOT NULL
              WHEN 'reposts' THEN a.article_id IN
                  (SELECT copy_article_id FROM copy_link WHERE direction = 'decided')
              WHEN 'exemplars' THEN a.article_id IN
                  (SELECT exemplar_article_id FROM copy_link WHERE direction = 'decided')
              END
    )
    SELECT total.total, page.version_id
    FROM (SELECT count(*) AS total FROM found) total LEFT JOIN (
        SELECT version_id, row_number() OVER (
            ORDER BY CASE :sort WHEN 'best' THEN score END, day DESC, dated DESC, article_id DESC) AS place
        FROM found ORDER BY place LIMIT :limit OFFSET :offset
    ) page ON 1
    ORDER BY page.place
"""

SNIPPETS = """
    SELECT rowid AS version_id, highlight(versions_fts, 0, :open, :close) AS title,
           snippet(versions_fts, 1, :open, :close, '…', 40) AS text
    FROM versions_fts
    WHERE versions_fts MATCH :match AND rowid IN (SELECT value FROM json_each(:ids))
"""

BEGINNINGS = """
    SELECT version_id, title, substr(text, 1, 280) || CASE WHEN length(text) > 280 THEN '…' ELSE '' END AS text
    FROM versions WHERE version_id IN (SELECT value FROM json_each(:ids))
"""

OUTLETS = "SELECT outlet, count(*) AS articles FROM article GROUP BY outlet ORDER BY outlet"

LANGUAGES = """
    SELECT language, count(*) AS articles FROM article WHERE language IS NOT NULL
    GROUP BY language ORDER BY articles DESC, language
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was asked; `match` and `without` are full-text queries (without: only where match is None).

    `since` and `until` are days, both included; None does not restrict.
    """

    match: str | None = None
    without: str | None = None
    outlet: str | None = None
    language: str | None = None
    since: str | None = None
    until: str | None = None
    kind: Kind = "all"
    sort: Sort = "newest"
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a text, and whether it is what was searched for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article that was found, by the version that has the words."""

    card: Card
    title: tuple[Piece, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what was found, and how many articles there are in all."""

    total: int
    hits: tuple[Hit, ...]


def search(conn: sqlite3.Connection, asked: Search) -> Found:
    """Articles that hold the words, twenty a page; without words, all of them."""
    rows = conn.execute(FOUND, {
        "match": asked.match or _NOTHING, "without": asked.without or _NOTHING, "everything": asked.match is None,
        "outlet": asked.outlet, "language": asked.language, "since": asked.since, "until": asked.until,
        "kind": asked.kind, "sort": asked.sort, "limit": PAGE_LENGTH, "offset": (asked.page - 1) * PAGE_LENGTH,
    }).fetchall()
    ids = [row["version_id"] for row in rows if row["version_id"] is not None]
    known = cards(conn, ids)
    texts = _texts(conn, asked.match, ids)
    hits = tuple(
        Hit(card=known[v], title=_pieces(texts[v]["title"]), snippet=_pieces(" ".join(texts[v]["text"].split())))
        for v in ids if v in texts and v in known
    )
    return Found(total=rows[0]["total"], hits=hits)


def outlets(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """Every outlet with its number of articles, by name."""
    return [(row["outlet"], row["articles"]) for row in conn.execute(OUTLETS)]


def languages(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """Every language with its number of articles, most first."""
    return [(row["language"], row["articles"]) for row in conn.execute(LANGUAGES)]


def _texts(conn: sqlite3.Connection, match: str | None, ids: Iterable[int]) -> dict[int, sqlite3.Row]:
    values = {"match": match, "ids": json.dumps(list(ids)), "open": _OPEN, "close": _CLOSE}
    found = conn.execute(SNIPPETS if match else BEGINNINGS, values)
    return {row["version_id"]: row for row in found}


def _pieces(marked: str) -> tuple[Piece, ...]:
    """Cut a marked text at its marks; the odd pieces are what lies between an opening and a closing one."""
    cut = re.split(f"{_OPEN}(.*?){_CLOSE}", marked, flags=re.DOTALL)
    return tuple(
        Piece(text=text.replace(_OPEN, "").replace(_CLOSE, ""), hit=place % 2 == 1)
        for place, text in enumerate(cut) if text
    )
