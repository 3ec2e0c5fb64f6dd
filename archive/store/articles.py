"""Articles: the addresses that are one, their sightings and versions."""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

from archive.digests import address_key
from archive.model import Post, RecordRef, Sighting, Version
from archive.store.documents import PendingPayload
from archive.times import from_iso, to_iso
from archive.urls import host_of, registered_domain

# Captures that the current extractor read and that no version holds yet, or holds as another reading; and those that
# are held as another extractor read them, which this one could not.
PENDING_FOLD = """
    SELECT DISTINCT c.url FROM captures c
    JOIN documents d ON d.payload_digest = c.payload_digest AND d.url = c.url AND d.charset = coalesce(c.charset, '')
    LEFT JOIN sightings s ON s.capture_id = c.capture_id
    WHERE c.role = 'article' AND c.status IN (200, 304) AND c.truncated IS NULL
      AND d.on_topic IS NOT NULL AND d.extractor = :extractor
      AND (s.capture_id IS NULL OR s.document_id != d.document_id)
    UNION
    SELECT DISTINCT c.url FROM sightings s JOIN documents d USING (document_id) JOIN captures c USING (capture_id)
    WHERE d.extractor != :extractor
    ORDER BY 1
"""

LATEST_DOCUMENT = """
    SELECT d.canonical FROM captures c
    JOIN documents d ON d.payload_digest = c.payload_digest AND d.url = c.url AND d.charset = coalesce(c.charset, '')
    WHERE c.url = :url AND d.extractor = :extractor
    ORDER BY c.captured_at DESC, c.payload_digest LIMIT 1
"""

ARTICLE = "SELECT article_id FROM articles WHERE url = :url"
ARTICLE_OF = "SELECT article_id FROM addresses WHERE url = :url"
ARTICLE_URL = "SELECT url FROM articles WHERE article_id = :article_id"
ADD_ARTICLE = """
    INSERT INTO articles (url, address, key, domain, on_topic) VALUES (:url, :url, :key, :domain, 0)
"""
SET_ADDRESS = """
    INSERT INTO addresses (url, article_id, is_read) VALUES (:url, :article_id, :is_read)
    ON CONFLICT (url) DO UPDATE SET article_id = excluded.article_id, is_read = max(is_read, excluded.is_read)
"""
# Where they lead may have changed with the article: they are placed again.
FREE_ADDRESSES = "DELETE FROM addresses WHERE article_id = :article_id AND NOT is_read"
QUEUE_FOLD = "INSERT OR IGNORE INTO unfolded (article_id) VALUES (:article_id)"
UNFOLDED = "SELECT article_id FROM unfolded ORDER BY article_id"
FOLDED = "DELETE FROM unfolded WHERE article_id = :article_id"
FORGET_SIGHTINGS = "DELETE FROM sightings WHERE article_id = :article_id"

# CROSS JOIN here and below, and + before the role: else SQLite, without statistics, looks through all captures of
# articles for each article.
SIGHTINGS = """
    SELECT c.capture_id, c.captured_at, c.via, c.url, c.payload_digest, d.document_id, d.canonical,
           d.title, d.byline, coalesce(inflated(t.text), '') AS text,
           d.text_digest, d.state_digest, d.on_topic, d.posts, f.surface
    FROM addresses x
    CROSS JOIN captures c ON c.url = x.url AND +c.role = 'article' AND c.status IN (200, 304) AND c.truncated IS NULL
    JOIN documents d ON d.payload_digest = c.payload_digest AND d.url = c.url AND d.charset = coalesce(c.charset, '')
         AND d.extractor = :extractor
    LEFT JOIN surfaces f ON f.payload_digest = d.payload_digest AND f.url = d.url AND f.charset = d.charset
         AND f.method = :method
    LEFT JOIN texts t ON t.text_id = d.text_id
    WHERE x.article_id = :article_id AND d.on_topic IS NOT NULL
    ORDER BY c.captured_at, c.capture_id
"""

# Payloads beside others of one state that the method has not read; as for extraction, with the record that holds each.
UNREAD_SURFACES = """
    WITH seen AS (
        SELECT DISTINCT d.url, d.charset, d.payload_digest, d.state_digest
        FROM addresses x
        CROSS JOIN captures c
            ON c.url = x.url AND +c.role = 'article' AND c.status IN (200, 304) AND c.truncated IS NULL
        JOIN documents d ON d.payload_digest = c.payload_digest AND d.url = c.url
             AND d.charset = coalesce(c.charset, '') AND d.extractor = :extractor
        WHERE x.article_id = :article_id
    )
    SELECT s.url, s.charset, s.payload_digest, o.content_encoding, o.media_type, o.path, o.offset, o.length
    FROM seen s JOIN captures o ON o.capture_id = (
        SELECT capture_id FROM captures
        WHERE url = s.url AND payload_digest = s.payload_digest AND NOT is_revisit AND truncated IS NULL
        ORDER BY captured_at LIMIT 1)
    WHERE s.state_digest IN (SELECT state_digest FROM seen GROUP BY 1 HAVING count(DISTINCT payload_digest) > 1)
      AND NOT EXISTS (SELECT 1 FROM surfaces f WHERE f.payload_digest = s.payload_digest AND f.url = s.url
                      AND f.charset = s.charset AND f.method = :method)
    ORDER BY s.url, s.payload_digest
"""
ADD_SURFACE = """
    INSERT OR REPLACE INTO surfaces (payload_digest, url, charset, surface, method)
    VALUES (:payload_digest, :url, :charset, :surface, :method)
"""

VERSIONS = "SELECT version_id, public_id FROM versions WHERE article_id = :article_id"
DELETE_VERSION = "DELETE FROM versions WHERE version_id = :version_id"
SET_VERSION = """
    INSERT INTO versions (
        public_id, article_id, ordinal, document_id, first_seen, last_seen, sightings, change, is_latest, title,
        text_id, payloads, differences, passages
    ) VALUES (
        :public_id, :article_id, :ordinal, :document_id, :first_seen, :last_seen, :sightings, :change, :is_latest,
        :title, (SELECT text_id FROM documents WHERE document_id = :document_id), :payloads, :differences,
        :passages
    )
    ON CONFLICT (public_id) DO UPDATE SET
        article_id = excluded.article_id, ordinal = excluded.ordinal, document_id = excluded.document_id,
        first_seen = excluded.first_seen, last_seen = excluded.last_seen, sightings = excluded.sightings,
        change = excluded.change, is_latest = excluded.is_latest, title = excluded.title, text_id = excluded.text_id,
        payloads = excluded.payloads, differences = excluded.differences, passages = excluded.passages
    RETURNING version_id
"""
# A version that another extractor reads otherwise is read and compared anew: its text, its language, or its credits.
_READ_OTHERWISE = """
    WHERE version_id IN (
        SELECT v.version_id FROM versions v
        JOIN documents before USING (document_id) JOIN documents now ON now.document_id = :document_id
        WHERE v.public_id = :public_id AND (v.text_id, before.language, before.body_digest)
              IS NOT (now.text_id, now.language, now.body_digest))
"""
FORGET_COMPARED = tuple(f"DELETE FROM {table} {_READ_OTHERWISE}"  # noqa: S608  # constants
                        for table in ("witnesses", "sketches"))
SET_SIGHTING = """
    INSERT INTO sightings (capture_id, article_id, document_id, version_id, difference)
    VALUES (:capture_id, :article_id, :document_id, :version_id, :difference)
    ON CONFLICT (capture_id) DO UPDATE SET
        article_id = excluded.article_id, document_id = excluded.document_id, version_id = excluded.version_id,
        difference = excluded.difference
"""
FORGET_POSTS = "DELETE FROM post_versions WHERE article_id = :article_id"
ADD_POST_VERSION = """
    INSERT OR REPLACE INTO post_versions (
        public_id, article_id, post, ordinal, title, text, first_seen, last_seen, sightings, change, passages
    ) VALUES (
        :public_id, :article_id, :post, :ordinal, :title, :text, :first_seen, :last_seen, :sightings, :change, :passages
    )
"""
SET_ON_TOPIC = """
    UPDATE articles SET on_topic = :on_topic, address = coalesce(:address, url) WHERE article_id = :article_id
"""
# The article and its family: a version that goes takes its links and its place in the tree with it.
QUEUE_LINKS = """
    INSERT OR IGNORE INTO unlinked (article_id)
    SELECT :article_id UNION SELECT o.article_id FROM members m JOIN members o USING (family_id)
    WHERE m.article_id = :article_id
"""
DELETE_EMPTY = """
    DELETE FROM articles WHERE article_id = :article_id
    AND NOT EXISTS (SELECT 1 FROM addresses x WHERE x.article_id = articles.article_id)
"""

REDIRECTED = """
    SELECT c.url, c.location FROM captures c
    LEFT JOIN addresses x ON x.url = c.url
    WHERE c.role = 'article' AND c.status BETWEEN 301 AND 308 AND c.location IS NOT NULL AND x.url IS NULL
    ORDER BY c.captured_at
"""

# Announced, and never asked for: most are another address of an article that was.
UNPLACED = """
    SELECT DISTINCT d.url FROM discoveries d LEFT JOIN addresses x ON x.url = d.url WHERE x.url IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A sighting with the rows that it came from."""

    capture_id: int
    document_id: int
    sighting: Sighting
    canonical: str | None
    on_topic: bool


def pending_fold(conn: sqlite3.Connection, *, extractor: str) -> list[str]:
    """URLs with captures that were read but are in no version yet, or whose reading changed."""
    return [row["url"] for row in conn.execute(PENDING_FOLD, {"extractor": extractor})]


def declared_canonical(conn: sqlite3.Connection, url: str, *, extractor: str) -> str | None:
    """What the newest document of a URL names as its canonical address."""
    row = conn.execute(LATEST_DOCUMENT, {"url": url, "extractor": extractor}).fetchone()
    return row["canonical"] if row else None


def article_of(conn: sqlite3.Connection, url: str) -> int | None:
    """The article that an address belongs to."""
    row = conn.execute(ARTICLE_OF, {"url": url}).fetchone()
    return int(row["article_id"]) if row else None


def article_url(conn: sqlite3.Connection, article_id: int) -> str:
    """The canonical URL of an article."""
    return str(conn.execute(ARTICLE_URL, {"article_id": article_id}).fetchone()["url"])


def queue_fold(conn: sqlite3.Connection, touched: Iterable[int]) -> None:
    """Note that articles are to be folded anew."""
    conn.executemany(QUEUE_FOLD, [{"article_id": article_id} for article_id in sorted(touched)])


def unfolded(conn: sqlite3.Connection) -> list[int]:
    """Articles that are to be folded anew."""
    return [row["article_id"] for row in conn.execute(UNFOLDED)]


def set_address(conn: sqlite3.Connection, url: str, *, article: str, is_read: bool = True) -> int:
    """Make an address one of the article with a canonical URL, which is made where there is none.

    is_read: its own pages say so; False: it was only announced, or redirects there.
    """
    row = conn.execute(ARTICLE, {"url": article}).fetchone()
    if row is None:
        values = {"url": article, "key": address_key(article), "domain": registered_domain(host_of(article))}
        article_id = int(conn.execute(ADD_ARTICLE, values).lastrowid or 0)
    else:
        article_id = int(row["article_id"])
    conn.execute(SET_ADDRESS, {"url": url, "article_id": article_id, "is_read": int(is_read)})
    return article_id


def redirected(conn: sqlite3.Connection) -> list[tuple[str, str]]:
    """(URL, Location) of captured redirects whose address belongs to no article yet."""
    return [(row["url"], row["location"]) for row in conn.execute(REDIRECTED)]


def article_at(conn: sqlite3.Connection, url: str) -> int | None:
    """The article with a canonical URL."""
    row = conn.execute(ARTICLE, {"url": url}).fetchone()
    return int(row["article_id"]) if row else None


def unplaced(conn: sqlite3.Connection) -> list[str]:
    """Discovered addresses that belong to no article yet."""
    return [row["url"] for row in conn.execute(UNPLACED)]


def unread_surfaces(
    conn: sqlite3.Connection, article_id: int, *, extractor: str, method: str
) -> list[PendingPayload]:
    """Payloads of an article that have a text in common, and whose surfaces are not known."""
    values = {"article_id": article_id, "extractor": extractor, "method": method}
    return [
        PendingPayload(
            url=row["url"], charset=row["charset"] or None, payload_digest=row["payload_digest"],
            content_encoding=row["content_encoding"], media_type=row["media_type"],
            record=RecordRef(path=row["path"], offset=row["offset"], length=row["length"]),
        )
        for row in conn.execute(UNREAD_SURFACES, values)
    ]


def add_surface(conn: sqlite3.Connection, payload: PendingPayload, surface: str, *, method: str) -> None:
    """Keep what the reader of a payload sees, as a digest."""
    conn.execute(ADD_SURFACE, {"payload_digest": payload.payload_digest, "url": payload.url,
                               "charset": payload.charset or "", "surface": surface, "method": method})


def sightings(conn: sqlite3.Connection, article_id: int, *, extractor: str, method: str = "") -> list[Seen]:
    """Every sighting of an article, oldest first; `method` is that of their surfaces."""
    rows = conn.execute(SIGHTINGS, {"article_id": article_id, "extractor": extractor, "method": method})
    return [
        Seen(
            capture_id=row["capture_id"], document_id=row["document_id"], canonical=row["canonical"],
            on_topic=bool(row["on_topic"]),
            sighting=Sighting(
                captured_at=from_iso(row["captured_at"]), via=row["via"], url=row["url"],
                state_digest=row["state_digest"],
                payload_digest=row["payload_digest"], title=row["title"], byline=row["byline"],
                text_digest=row["text_digest"], text=row["text"], surface=row["surface"],
                posts=tuple(Post(**post) for post in json.loads(row["posts"])),
            ),
        )
        for row in rows
    ]


def set_versions(
    conn: sqlite3.Connection, article_id: int, seen: Sequence[Seen], versions: Sequence[Version], *,
    address: str | None = None, flips: Collection[Sighting] = (),
) -> None:
    """Put an article's versions and sightings in place of the ones before, and queue its links.

    `flips` are the sightings that another agent had in between, of no version.
    Versions keep their rows by public id, so what hangs on them stays. No versions: the article is off the topic.
    """
    key = {"article_id": article_id}
    for statement in (QUEUE_LINKS, FREE_ADDRESSES, FORGET_SIGHTINGS, FOLDED):
        conn.execute(statement, key)
    wanted = {version.public_id for version in versions}
    for row in conn.execute(VERSIONS, {"article_id": article_id}).fetchall():
        if row["public_id"] not in wanted:
            conn.execute(DELETE_VERSION, {"version_id": row["version_id"]})
    ids = [_set_version(conn, article_id, version, seen, is_latest=version is versions[-1]) for version in versions]
    for one in seen:
        place = _version_of(one.sighting, versions)
        differences = dict(versions[place].differences) if place is not None else {}
        conn.execute(SET_SIGHTING, {
            "capture_id": one.capture_id, "article_id": article_id, "document_id": one.document_id,
            "version_id": None if place is None else ids[place],
            "difference": "flip" if one.sighting in flips else differences.get(one.sighting.payload_digest),
        })
    conn.execute(SET_ON_TOPIC, key | {"on_topic": int(bool(versions)), "address": address})
    conn.execute(DELETE_EMPTY, {"article_id": article_id})


def set_posts(conn: sqlite3.Connection, article_id: int, seen: Sequence[Seen], versions: Sequence[Version]) -> None:
    """Put the versions of a live blog's posts in place of the ones before."""
    conn.execute(FORGET_POSTS, {"article_id": article_id})
    for version in versions:
        key = version.article.partition("#")[2]
        post = next(post for one in seen if one.sighting.captured_at == version.first_seen
                    and one.sighting.payload_digest == version.payload_digest
                    for post in one.sighting.posts if post.key == key)
        conn.execute(ADD_POST_VERSION, {
            "public_id": version.public_id, "article_id": article_id, "post": key, "ordinal": version.ordinal,
            "title": post.title, "text": post.text, "first_seen": to_iso(version.first_seen),
            "last_seen": to_iso(version.last_seen), "sightings": version.sightings,
            "change": json.dumps(version.change), "passages": _passages(version),
        })


def _passages(version: Version) -> str:
    return json.dumps([asdict(passage) for passage in version.passages], ensure_ascii=False)


def _set_version(
    conn: sqlite3.Connection, article_id: int, version: Version, seen: Sequence[Seen], *, is_latest: bool
) -> int:
    first = next(one for one in seen if one.sighting.captured_at == version.first_seen
                 and one.sighting.state_digest == version.state_digest)
    for statement in FORGET_COMPARED:
        conn.execute(statement, {"public_id": version.public_id, "document_id": first.document_id})
    row = conn.execute(SET_VERSION, {
        "public_id": version.public_id, "article_id": article_id, "ordinal": version.ordinal,
        "document_id": first.document_id, "first_seen": to_iso(version.first_seen),
        "last_seen": to_iso(version.last_seen), "sightings": version.sightings,
        "change": json.dumps(version.change), "is_latest": int(is_latest), "title": first.sighting.title or "",
        "payloads": version.payloads,
        "differences": json.dumps(Counter(kind for _, kind in version.differences), sort_keys=True),
        "passages": _passages(version),
    }).fetchone()
    return int(row["version_id"])


def _version_of(sighting: Sighting, versions: Sequence[Version]) -> int | None:
    """The place of a sighting's version among them."""
    for place, version in enumerate(versions):
        if (version.first_seen <= sighting.captured_at <= version.last_seen
                and version.state_digest == sighting.state_digest):
            return place
    return None
