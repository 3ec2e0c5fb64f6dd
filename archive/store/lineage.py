"""Where texts come from: captures, versions and links of articles, as their lineage is exported."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from archive.store import cited as citing
from archive.store import kin
from archive.store.cited import Cited
from archive.store.kin import Link

VERSIONS = """
    SELECT v.version_id, v.public_id, v.ordinal, v.last_seen, v.change, v.text_digest, v.extractor,
           (SELECT method FROM witnesses w WHERE w.version_id = v.version_id) AS method
    FROM json_each(:ids) i CROSS JOIN articles a ON a.article_id = i.value JOIN version v USING (article_id)
    ORDER BY a.key, v.ordinal
"""

CAPTURES = """
    SELECT v.public_id AS version, c.url, c.captured_at, c.via, c.status, c.payload_digest, c.payload_sha256,
           c.is_revisit, c.path, c.offset
    FROM json_each(:ids) i CROSS JOIN sightings s ON s.article_id = i.value JOIN captures c USING (capture_id)
    JOIN version v ON v.version_id = s.version_id
    ORDER BY v.public_id, c.captured_at, c.url
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCapture:
    """A capture that found a version: `via` says who made it, path and offset where its WARC record lies."""

    version: str
    url: str
    captured_at: str
    via: str
    status: int
    payload_digest: str
    payload_sha256: str
    is_revisit: bool
    path: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineVersion:
    """A version, what read it (`extractor`), and what compared it with others (None: not compared yet)."""

    cited: Cited
    ordinal: int
    last_seen: str
    change: tuple[str, ...]
    text_digest: str
    extractor: str
    method: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Articles' versions, each article's in their order, their captures, and the links of these articles.

    others are the versions at the far ends of links, of articles whose own lineage is not told here; family is the
    public id of the family that was asked for.
    """

    versions: tuple[LineVersion, ...]
    captures: tuple[LineCapture, ...]
    links: tuple[Link, ...]
    others: tuple[Cited, ...]
    family: str | None


def of_article(conn: sqlite3.Connection, article_id: int) -> Lineage:
    """The lineage of one article, with what it was made from and what was made from it."""
    return _lineage(conn, [article_id], kin.links(conn, article_id), family=None)


def of_family(conn: sqlite3.Connection, family: str) -> Lineage:
    """The lineage of all articles of a family."""
    articles = [member.card.article_id for member in kin.members(conn, family)]
    links = {(link.copy.public_id, link.exemplar.public_id): link
             for article_id in articles for link in kin.links(conn, article_id)}
    return _lineage(conn, articles, tuple(link for _, link in sorted(links.items())), family=family)


def _lineage(
    conn: sqlite3.Connection, articles: Iterable[int], links: tuple[Link, ...], *, family: str | None
) -> Lineage:
    ids = {"ids": json.dumps(sorted(set(articles)))}
    rows = {row["version_id"]: row for row in conn.execute(VERSIONS, ids)}
    ends = {card.version_id for link in links for card in (link.copy, link.exemplar)}
    named = {found.card.version_id: found for found in citing.cited(conn, [*rows, *sorted(ends - rows.keys())])}
    return Lineage(
        versions=tuple(
            LineVersion(cited=named[version_id], ordinal=row["ordinal"], last_seen=row["last_seen"],
                        change=tuple(json.loads(row["change"])), text_digest=row["text_digest"],
                        extractor=row["extractor"], method=row["method"])
            for version_id, row in rows.items()),
        captures=tuple(LineCapture(**dict(row) | {"is_revisit": bool(row["is_revisit"])})
                       for row in conn.execute(CAPTURES, ids)),
        links=links, others=tuple(found for version_id, found in named.items() if version_id not in rows),
        family=family,
    )
