"""The read model as values for the export."""

import json
import sqlite3
from collections.abc import Iterator

ARTICLES = """
    SELECT article_id, url, outlet, language, title, authors, published, modified, text, relevance, first_seen,
           last_seen, gone_at, removed, family FROM article ORDER BY url
"""
URLS = "SELECT url FROM addresses WHERE article_id = :article_id ORDER BY url"
VERSIONS = """
    SELECT ordinal, public_id, title, text, first_seen, last_seen, change, passages FROM version
    WHERE article_id = :article_id ORDER BY ordinal
"""
POSTS = """
    SELECT post, ordinal, public_id, title, text, first_seen, last_seen, change, passages FROM post_versions
    WHERE article_id = :article_id ORDER BY post, ordinal
"""
LINKS = """
    SELECT copy_url, exemplar_url, relation, confidence, direction, direction_confidence FROM copy_link
    WHERE copy_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
    UNION
    SELECT copy_url, exemplar_url, relation, confidence, direction, direction_confidence FROM copy_link
    WHERE exemplar_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
    ORDER BY copy_url, exemplar_url
"""


def articles(conn: sqlite3.Connection) -> Iterator[dict[str, object]]:
    """Every article on the topic in the export's documented shape (docs/export.md), by URL."""
    for row in conn.execute(ARTICLES):
        key = {"article_id": row["article_id"]}
        urls = [found["url"] for found in conn.execute(URLS, key)]
        yield {
            "url": row["url"], "urls": sorted({row["url"], *urls}), "outlet": row["outlet"],
            "language": row["language"], "title": row["title"], "authors": json.loads(row["authors"]),
            "published": row["published"], "modified": row["modified"], "text": row["text"],
            "relevance": row["relevance"], "first_seen": row["first_seen"], "last_seen": row["last_seen"],
            "gone_at": row["gone_at"], "removed": bool(row["removed"]), "family": row["family"],
            "versions": list(map(_version, conn.execute(VERSIONS, key))),
            "posts": list(map(_version, conn.execute(POSTS, key))),
            "links": [dict(found) for found in conn.execute(LINKS, key)],
        }


def _version(row: sqlite3.Row) -> dict[str, object]:
    return dict(row) | {name: json.loads(row[name]) for name in ("change", "passages")}
