"""Articles that are withheld: the database does not hold their texts, only that they are withheld, since when and why.

What was read of their pages is blanked rather than deleted, so that no step takes it for still to be read; shown again,
it is deleted, and read anew from the WARC files.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from archive.digests import address_key, key_in, text_digest
from archive.errors import UnknownText
from archive.model import FailedFetch, RecordRef
from archive.store import comparisons, transaction
from archive.store.documents import PendingPayload
from archive.times import to_iso
from archive.urls import canonical_url
from archive.withholdings import Withholding, covers

ALL = "SELECT url, at, reason, is_erased FROM withholdings"
ADDRESSES = "SELECT url FROM withheld_addresses"
ERASED_ADDRESSES = """
    SELECT a.url FROM withheld_addresses a JOIN withholdings w ON w.url = a.article WHERE w.is_erased
"""
ADDRESSES_OF_ARTICLE = "SELECT url FROM withheld_addresses WHERE article = :url"
FORGET = "DELETE FROM withholdings WHERE url = :url"
ADD = """
    INSERT INTO withholdings (url, key, at, reason, family, kin, is_erased)
    VALUES (:url, :key, :at, :reason, :family, :kin, :is_erased)
"""
COVER = "INSERT OR IGNORE INTO withheld_addresses (url, key, article) VALUES (:url, :key, :article)"

# Every address by which the text may be announced, captured or read.
KNOWN = "SELECT url FROM captures UNION SELECT url FROM discoveries UNION SELECT url FROM addresses"

IS_KNOWN = """
    SELECT 1 FROM json_each(:urls) u
    WHERE EXISTS (SELECT 1 FROM captures WHERE url = u.value) OR EXISTS (SELECT 1 FROM discoveries WHERE url = u.value)
    LIMIT 1
"""
POSTS_OF = """
    SELECT DISTINCT a.url || '#' || p.post AS name FROM post_versions p JOIN articles a USING (article_id)
    WHERE p.article_id = :article_id ORDER BY 1
"""
STATE = """
    SELECT w.url AS article, w.at, w.reason, w.is_erased, a.url
    FROM withholdings w LEFT JOIN withheld_addresses a ON a.article = w.url
"""
CANONICAL = "SELECT url FROM articles WHERE article_id = :article_id"

ARTICLES = """
    SELECT DISTINCT article_id, a.url FROM articles a
    WHERE a.url = :url OR a.article_id IN (
        SELECT x.article_id FROM addresses x JOIN withheld_addresses w USING (url) WHERE w.article = :url)
"""
ADDRESSES_OF = "SELECT url FROM addresses WHERE article_id = :article_id"
COVERED_ARTICLE = """
    SELECT w.article FROM addresses x JOIN withheld_addresses w USING (url) WHERE x.article_id = :article_id
    UNION SELECT h.url FROM articles a JOIN withholdings h USING (url) WHERE a.article_id = :article_id LIMIT 1
"""

# The text goes from everything that was read of it; what remains names addresses only.
BLANK_DOCUMENTS = """
    UPDATE documents SET title = NULL, byline = NULL, authors = '[]', published = NULL, modified = NULL,
        language = NULL, site_name = NULL, section = NULL, text_id = NULL, credits = '[]', candidates = '[]',
        organisations = '[]', agencies = '[]', notices = '[]', alternates = '[]', outgoing = '[]', posts = '[]',
        is_free = NULL, is_noarchive = 0, text_digest = :nothing, body_digest = :nothing, state_digest = :nothing,
        on_topic = 0, score = NULL, terms = '[]', decided_by = 'withheld', is_withheld = 1
    WHERE NOT is_withheld AND url IN (SELECT url FROM withheld_addresses)
"""
BLANK_DISCOVERIES = """
    UPDATE discoveries SET title = NULL, published = NULL, lead = NULL, byline = NULL, promise = NULL
    WHERE url IN (SELECT url FROM withheld_addresses)
      AND (title IS NOT NULL OR published IS NOT NULL OR lead IS NOT NULL OR byline IS NOT NULL)
"""
BLANK_BLOCKS = """
    UPDATE blocks SET title = NULL, lead = NULL, byline = NULL, published = NULL, promise = NULL
    WHERE url IN (SELECT url FROM withheld_addresses)
      AND (title IS NOT NULL OR published IS NOT NULL OR lead IS NOT NULL OR byline IS NOT NULL)
"""
QUEUE_KIN = """
    INSERT OR IGNORE INTO unlinked (article_id)
    SELECT :article_id UNION SELECT o.article_id FROM members m JOIN members o USING (family_id)
    WHERE m.article_id = :article_id
"""
TAKE_OFF = (
    "DELETE FROM sightings WHERE article_id = :article_id",
    "DELETE FROM post_versions WHERE article_id = :article_id",
    "DELETE FROM versions WHERE article_id = :article_id",
    "UPDATE articles SET on_topic = 0 WHERE article_id = :article_id",
)
HAS_VERSIONS = "SELECT 1 FROM versions WHERE article_id = :article_id LIMIT 1"
MERGE_INDEX = "INSERT INTO versions_fts (versions_fts) VALUES ('optimize')"

LIFT = (
    """DELETE FROM sightings WHERE document_id IN (SELECT document_id FROM documents WHERE is_withheld
       AND url IN (SELECT url FROM withheld_addresses WHERE article = :url))""",
    "DELETE FROM documents WHERE is_withheld AND url IN (SELECT url FROM withheld_addresses WHERE article = :url)",
    "DELETE FROM blocks WHERE url IN (SELECT url FROM withheld_addresses WHERE article = :url)",
    # The sources that announced it are read again, for what they said of it.
    """DELETE FROM readings WHERE capture_id IN (
           SELECT capture_id FROM captures WHERE role IN ('feed', 'sitemap', 'section', 'list') AND source IN (
               SELECT source FROM discoveries
               WHERE url IN (SELECT url FROM withheld_addresses WHERE article = :url)))""",
    "DELETE FROM withheld_addresses WHERE article = :url",
)

# What was read of it before it was blanked names the payloads that hold its text; the newest first.
PAYLOADS_OF = """
    SELECT DISTINCT d.url, d.charset, d.payload_digest, o.media_type, o.content_encoding, o.path, o.offset, o.length,
           o.captured_at
    FROM withheld_addresses w JOIN documents d ON d.url = w.url AND d.is_withheld
    JOIN captures o ON o.capture_id = (
        SELECT capture_id FROM captures
        WHERE url = d.url AND payload_digest = d.payload_digest AND NOT is_revisit AND truncated IS NULL
        ORDER BY captured_at LIMIT 1)
    WHERE w.article = :url ORDER BY o.captured_at DESC, d.url LIMIT :limit
"""
CAPTURES_OF = """
    SELECT path, offset, length FROM captures
    WHERE url IN (SELECT url FROM withheld_addresses WHERE article = :url) ORDER BY path, offset
"""
PLACES = "SELECT path, offset, length FROM captures ORDER BY path, offset"
FORGET_FAILED = "DELETE FROM observations WHERE url = :url AND at = :at AND outcome = 'failed'"
ERASE = (
    """DELETE FROM observations WHERE EXISTS (
           SELECT 1 FROM captures c WHERE c.path = :path AND c.offset = :offset
           AND c.url = observations.url AND c.captured_at = observations.at)""",
    "DELETE FROM captures WHERE path = :path AND offset = :offset",
)
# What was read of payloads that nothing holds any more.
SWEEP = (
    """DELETE FROM documents WHERE is_withheld AND NOT EXISTS (
           SELECT 1 FROM captures c WHERE c.payload_digest = documents.payload_digest AND c.url = documents.url)""",
    """DELETE FROM blocks WHERE url IN (SELECT url FROM withheld_addresses) AND NOT EXISTS (
           SELECT 1 FROM captures c WHERE c.payload_digest = blocks.payload_digest AND c.url = blocks.url)""",
    """DELETE FROM surfaces WHERE url IN (SELECT url FROM withheld_addresses) AND NOT EXISTS (
           SELECT 1 FROM captures c WHERE c.payload_digest = surfaces.payload_digest AND c.url = surfaces.url)""",
)

# A family's name is the public id of its first exemplar, which begins with that one's key.
FOUND = """
    SELECT w.url, w.key, w.since, w.reason, w.erased AS is_erased,
           coalesce(substr(w.family, 1, length(w.key) + 1) = w.key || '-', 0) AS was_first
    FROM withholding w WHERE w.url = :url
"""
BY_ADDRESS = "SELECT article FROM withheld_addresses WHERE url = :url"
BY_KEY = "SELECT article FROM withheld_addresses WHERE key = :key"
BY_FAMILY = "SELECT url FROM withholdings WHERE family = :family ORDER BY url"
OF_KIN = """
    SELECT w.url, w.key, w.since, w.reason, w.erased AS is_erased,
           coalesce(substr(w.family, 1, length(w.key) + 1) = w.key || '-', 0) AS was_first
    FROM withholding w JOIN withholdings h USING (url)
    WHERE EXISTS (SELECT 1 FROM json_each(h.kin) k JOIN json_each(:keys) i ON i.value = k.value)
    ORDER BY w.since, w.url
"""
KIN = "SELECT k.value AS key FROM withholdings h, json_each(h.kin) k WHERE h.url = :url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """What is shown in an article's place: its address and key, since when it is withheld, and why.

    was_first: its family was called after it, when it was withheld.
    """

    url: str
    key: str
    since: str
    reason: str
    is_erased: bool
    was_first: bool


def addresses(conn: sqlite3.Connection) -> frozenset[str]:
    """Every address that is withheld."""
    return frozenset(row["url"] for row in conn.execute(ADDRESSES))


def erased_addresses(conn: sqlite3.Connection) -> frozenset[str]:
    """Every address of an article that was erased."""
    return frozenset(row["url"] for row in conn.execute(ERASED_ADDRESSES))


def state(conn: sqlite3.Connection) -> frozenset[tuple[object, ...]]:
    """What is withheld, for comparing two databases: each article with when, why, whether erased, and an address."""
    return frozenset(map(tuple, conn.execute(STATE)))


def addresses_of(conn: sqlite3.Connection, url: str) -> frozenset[str]:
    """Every address of one withheld article."""
    return frozenset(row["url"] for row in conn.execute(ADDRESSES_OF_ARTICLE, {"url": url}))


def replace(conn: sqlite3.Connection, wanted: Mapping[str, Withholding]) -> int:
    """Make what is withheld what events.jsonl says, in one transaction. Returns how much changed.

    Texts that are withheld from now on leave the database at once: what is deleted is overwritten, also in the index
    of words. Texts that are shown again are for the next steps to read anew.
    """
    known = {row["url"]: (row["at"], row["reason"], bool(row["is_erased"])) for row in conn.execute(ALL)}
    asked = {url: (to_iso(one.at), one.reason, one.is_erased) for url, one in wanted.items()}
    changed = [url for url in sorted(known.keys() | asked.keys()) if known.get(url) != asked.get(url)]
    if wanted or known:
        conn.execute("PRAGMA secure_delete = ON")  # also for what is read later, and blanked
    if not changed:
        return 0
    with transaction(conn):
        for url in changed:
            conn.execute(FORGET, {"url": url})
            if url not in wanted:
                for statement in LIFT:
                    conn.execute(statement, {"url": url})
        for url in changed:
            if url in wanted:
                _add(conn, wanted[url])
        comparisons.sweep(conn)  # keys tell which words a text has
    return len(changed)


@contextmanager
def foreseen(conn: sqlite3.Connection, decided: Iterable[Withholding]) -> Iterator[None]:
    """Meanwhile the database names all addresses of what is decided to be withheld; nothing of that stays."""
    conn.execute("BEGIN IMMEDIATE")
    try:
        for withholding in decided:
            conn.execute(FORGET, {"url": withholding.url})
            _announce(conn, withholding)
        yield
    finally:
        conn.execute("ROLLBACK")


def _add(conn: sqlite3.Connection, withholding: Withholding) -> None:
    for article_id in _announce(conn, withholding):
        take_off(conn, article_id)


def _announce(conn: sqlite3.Connection, withholding: Withholding) -> list[int]:
    """Note a withholding with all the addresses that it covers; the articles whose texts are to go."""
    url = withholding.url
    conn.execute(ADD, {"url": url, "key": address_key(url), "at": to_iso(withholding.at), "family": withholding.family,
                       "reason": withholding.reason, "kin": json.dumps(withholding.kin),
                       "is_erased": int(withholding.is_erased)})
    names = {url, *withholding.addresses, *map(canonical_url, withholding.addresses)}
    cover(conn, url, {*names, *(row["url"] for row in conn.execute(KNOWN) if covers(names, row["url"]))})
    found = [int(row["article_id"]) for row in conn.execute(ARTICLES, {"url": url})]
    for article_id in found:
        spread(conn, article_id)
    return found


def cover(conn: sqlite3.Connection, article: str, urls: Iterable[str]) -> None:
    """Withhold more addresses of an article that is withheld, and blank what was read and told of them."""
    conn.executemany(COVER, [{"url": url, "key": address_key(url), "article": article} for url in sorted(set(urls))])
    nothing = {"nothing": text_digest("")}
    for statement in (BLANK_DOCUMENTS, BLANK_DISCOVERIES, BLANK_BLOCKS):
        conn.execute(statement, nothing if statement is BLANK_DOCUMENTS else {})


def spread(conn: sqlite3.Connection, article_id: int) -> None:
    """Withhold every address of an article of which one is withheld: its pages say that they are one."""
    row = conn.execute(COVERED_ARTICLE, {"article_id": article_id}).fetchone()
    if row is not None:
        cover(conn, row[0], [found["url"] for found in conn.execute(ADDRESSES_OF, {"article_id": article_id})])


def spread_all(conn: sqlite3.Connection) -> None:
    """The same for every article that is withheld, after addresses were merged."""
    with transaction(conn):
        for url in [row["url"] for row in conn.execute(ALL)]:
            for row in conn.execute(ARTICLES, {"url": url}).fetchall():
                spread(conn, row["article_id"])


def take_off(conn: sqlite3.Connection, article_id: int) -> None:
    """Take an article's versions away, and queue its kin; its words leave the index for good."""
    key = {"article_id": article_id}
    if conn.execute(HAS_VERSIONS, key).fetchone() is None:
        return
    conn.execute(QUEUE_KIN, key)
    for statement in TAKE_OFF:
        conn.execute(statement, key)
    conn.execute(MERGE_INDEX)  # FTS5 only notes that words are gone until it merges its parts


def article_of(conn: sqlite3.Connection, url: str) -> str | None:
    """The withheld article that an address belongs to, by its URL."""
    for name in (url, canonical_url(url)):
        row = conn.execute(BY_ADDRESS, {"url": name}).fetchone()
        if row is not None:
            return str(row["article"])
    return None


def find(conn: sqlite3.Connection, name: str) -> Tombstone | None:
    """What stands in the place of an address, an article's key or a version's public id, if it is withheld."""
    if "://" in name:
        url = article_of(conn, name)
    else:
        row = conn.execute(BY_KEY, {"key": key_in(name)}).fetchone()
        url = str(row["article"]) if row is not None else None
    row = conn.execute(FOUND, {"url": url}).fetchone() if url is not None else None
    return _stone(row) if row is not None else None


def refuse(conn: sqlite3.Connection, name: str) -> None:
    """Raises UnknownText with since when and why, where a name is of a text that is withheld."""
    stone = find(conn, name)
    if stone is not None:
        raise UnknownText(f"{name} is withheld since {stone.since[:10]}: {stone.reason}")


def is_known(conn: sqlite3.Connection, urls: Iterable[str]) -> bool:
    """Whether anything is held, or was announced, under one of these addresses."""
    return conn.execute(IS_KNOWN, {"urls": json.dumps(sorted(urls))}).fetchone() is not None


def canonical_of(conn: sqlite3.Connection, article_id: int) -> str:
    """The canonical URL of an article, by which it is withheld."""
    return str(conn.execute(CANONICAL, {"article_id": article_id}).fetchone()["url"])


def posts_of(conn: sqlite3.Connection, article_id: int) -> list[str]:
    """What the posts of a live blog are called in their public ids: the article's URL and the post's key."""
    return [row["name"] for row in conn.execute(POSTS_OF, {"article_id": article_id})]


def of_family(conn: sqlite3.Connection, family: str) -> tuple[str, ...]:
    """The URLs of what was withheld when it was in a family of that name: by itself, or with the whole family."""
    return tuple(row["url"] for row in conn.execute(BY_FAMILY, {"family": family}))


def of_kin(conn: sqlite3.Connection, keys: Iterable[str]) -> tuple[Tombstone, ...]:
    """What is withheld of the texts that shared text with these articles."""
    rows = conn.execute(OF_KIN, {"keys": json.dumps(sorted(keys))})
    return tuple(map(_stone, rows))


def kin_of(conn: sqlite3.Connection, url: str) -> tuple[str, ...]:
    """The keys of the articles that shared text with a withheld one."""
    return tuple(row["key"] for row in conn.execute(KIN, {"url": url}))


def captures_of(conn: sqlite3.Connection, url: str) -> list[RecordRef]:
    """Where the captures of a withheld article lie, under all its addresses."""
    return [RecordRef(path=row["path"], offset=row["offset"], length=row["length"])
            for row in conn.execute(CAPTURES_OF, {"url": url})]


def all_captures(conn: sqlite3.Connection) -> Iterator[RecordRef]:
    """Where every capture lies."""
    for row in conn.execute(PLACES):
        yield RecordRef(path=row["path"], offset=row["offset"], length=row["length"])


def payloads_of(conn: sqlite3.Connection, url: str, *, limit: int) -> list[PendingPayload]:
    """Where the text of a withheld article lies: its payloads, the newest first."""
    return [PendingPayload(
        url=row["url"], charset=row["charset"] or None, payload_digest=row["payload_digest"],
        content_encoding=row["content_encoding"], media_type=row["media_type"],
        record=RecordRef(path=row["path"], offset=row["offset"], length=row["length"]),
    ) for row in conn.execute(PAYLOADS_OF, {"url": url, "limit": limit})]


def forget(
    conn: sqlite3.Connection, places: Iterable[RecordRef], failed: Iterable[FailedFetch] = ()
) -> None:
    """Take what was known of captures, and of fetches without an answer, as if they had never been indexed."""
    conn.execute("PRAGMA secure_delete = ON")
    with transaction(conn):
        for look in failed:
            conn.execute(FORGET_FAILED, {"url": look.url, "at": to_iso(look.at)})
        for ref in places:
            for statement in ERASE:
                conn.execute(statement, {"path": ref.path, "offset": ref.offset})
        for statement in SWEEP:
            conn.execute(statement)


def _stone(row: sqlite3.Row) -> Tombstone:
    return Tombstone(**dict(row) | {name: bool(row[name]) for name in ("is_erased", "was_first")})
