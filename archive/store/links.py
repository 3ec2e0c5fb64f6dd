"""Witnesses, their fingerprints, what they share, links and families."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import fsum
from typing import cast

from archive.model import CopyLink, Direction, Evidence, Family, Passage, Relation, Reuse, Witness
from archive.store.documents import moment_from
from archive.times import from_iso, to_iso
from archive.urls import host_of

PENDING_WITNESSES = """
    SELECT version_id FROM versions
    WHERE version_id NOT IN (SELECT version_id FROM witnesses WHERE method = :method)
    ORDER BY public_id
"""

TEXT = """
    SELECT v.version_id, v.public_id, v.article_id, v.text, d.language, d.body_digest
    FROM versions v JOIN documents d USING (document_id) WHERE v.version_id = :version_id
"""

# An article counts once, whatever it was before.
LATEST_TEXTS = """
    SELECT v.version_id, v.public_id, v.article_id, v.text, d.language, d.body_digest
    FROM versions v JOIN documents d USING (document_id) WHERE v.is_latest ORDER BY v.public_id
"""
LATEST_COUNT = "SELECT count(*) FROM versions WHERE is_latest"

LAST_EPOCH = "SELECT digest, articles, packed FROM epochs ORDER BY epoch_id DESC LIMIT 1"
# One that was counted before gets a new number: it is the last again.
ADD_EPOCH = """
    INSERT OR REPLACE INTO epochs (digest, articles, counted_at, packed)
    VALUES (:digest, :articles, :counted_at, :packed)
"""

FORGET_FINGERPRINTS = "DELETE FROM fingerprints WHERE version_id = :version_id"
FORGET_REUSES = "DELETE FROM reuses WHERE left_id = :version_id OR right_id = :version_id"
ADD_FINGERPRINT = "INSERT OR IGNORE INTO fingerprints (fingerprint, version_id) VALUES (:fingerprint, :version_id)"
ADD_WITNESS = """
    INSERT INTO witnesses (version_id, method) VALUES (:version_id, :method)
    ON CONFLICT (version_id) DO UPDATE SET method = excluded.method
"""

# The keys that a compared version shares with other articles' versions, and the versions of the same text.
SHARED_KEYS = """
    SELECT f.fingerprint, f.version_id FROM fingerprints k
    JOIN fingerprints f ON f.fingerprint = k.fingerprint AND f.version_id != k.version_id
    JOIN versions v ON v.version_id = f.version_id
    JOIN witnesses w ON w.version_id = f.version_id AND w.method = :method
    WHERE k.version_id = :version_id AND v.article_id != :article_id
"""
SAME_TEXT = """
    SELECT v.version_id FROM documents d JOIN versions v USING (document_id)
    JOIN witnesses w ON w.version_id = v.version_id AND w.method = :method
    WHERE d.body_digest = :body_digest AND v.article_id != :article_id
"""

# The same for keys of a text that is not held.
MATCHING = """
    SELECT f.fingerprint, f.version_id FROM fingerprints f
    JOIN witnesses w ON w.version_id = f.version_id AND w.method = :method
    JOIN versions v ON v.version_id = f.version_id JOIN articles a ON a.article_id = v.article_id
    WHERE f.fingerprint IN (SELECT value FROM json_each(:keys)) AND a.on_topic AND v.article_id IS NOT :article_id
"""

LANGUAGES = """
    SELECT v.version_id, d.language FROM json_each(:version_ids) j
    JOIN versions v ON v.version_id = j.value JOIN documents d USING (document_id)
"""

SEARCHED = """
    SELECT count(*) AS texts, count(DISTINCT v.article_id) AS articles, count(DISTINCT a.domain) AS outlets,
           count(DISTINCT d.language) AS languages, min(json_extract(d.published, '$.earliest')) AS first,
           max(json_extract(d.published, '$.latest')) AS last
    FROM witnesses w JOIN versions v USING (version_id) JOIN articles a ON a.article_id = v.article_id
    JOIN documents d ON d.document_id = v.document_id
    WHERE w.method = :method AND a.on_topic
"""

ADD_REUSE = """
    INSERT OR REPLACE INTO reuses (
        left_id, right_id, relation, left_coverage, right_coverage, "order", words, passages, copied
    ) VALUES (
        :left_id, :right_id, :relation, :left_coverage, :right_coverage, :order, :words, :passages, :copied
    )
"""

QUEUE = "INSERT OR IGNORE INTO unlinked (article_id) SELECT article_id FROM versions WHERE version_id = :version_id"
UNLINKED = "SELECT article_id FROM unlinked ORDER BY article_id"
CLEAR_UNLINKED = "DELETE FROM unlinked WHERE article_id = :article_id"

# All reuses between one article's versions and other articles'.
REUSES_OF = """
    SELECT r.*, lv.article_id AS left_article, rv.article_id AS right_article, lv.public_id AS left_name,
           rv.public_id AS right_name
    FROM versions own JOIN reuses r ON r.left_id = own.version_id
    JOIN versions lv ON lv.version_id = r.left_id JOIN versions rv ON rv.version_id = r.right_id
    WHERE own.article_id = :article_id
    UNION ALL
    SELECT r.*, lv.article_id, rv.article_id, lv.public_id, rv.public_id
    FROM versions own JOIN reuses r ON r.right_id = own.version_id
    JOIN versions lv ON lv.version_id = r.left_id JOIN versions rv ON rv.version_id = r.right_id
    WHERE own.article_id = :article_id
"""

WITNESS = """
    SELECT v.version_id, v.public_id, a.url, coalesce(o.outlet, d.site_name, a.domain) AS outlet, v.title, d.language,
           d.byline, d.published, v.first_seen, d.canonical, d.credits, v.text,
           (SELECT max(p.last_seen) FROM versions p
            WHERE p.article_id = v.article_id AND p.ordinal < v.ordinal) AS unlike_until
    FROM versions v JOIN articles a USING (article_id) JOIN documents d USING (document_id)
    LEFT JOIN outlets o ON o.domain = a.domain
    WHERE v.version_id = :version_id
"""

VERSION_ID = "SELECT version_id FROM versions WHERE public_id = :public_id"

DELETE_LINKS = """
    DELETE FROM links WHERE copy_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
    OR exemplar_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
"""
ADD_LINK = """
    INSERT OR REPLACE INTO links (
        copy_id, exemplar_id, relation, copied, direction, direction_confidence, evidence
    ) VALUES (:copy_id, :exemplar_id, :relation, :copied, :direction, :direction_confidence, :evidence)
"""

NEIGHBOURS = """
    SELECT e.article_id FROM links l JOIN versions c ON c.version_id = l.copy_id
    JOIN versions e ON e.version_id = l.exemplar_id WHERE c.article_id = :article_id
    UNION
    SELECT c.article_id FROM links l JOIN versions c ON c.version_id = l.copy_id
    JOIN versions e ON e.version_id = l.exemplar_id WHERE e.article_id = :article_id
    UNION
    SELECT o.article_id FROM members m JOIN members o USING (family_id) WHERE m.article_id = :article_id
"""

LINKS_OF = """
    SELECT l.*, c.public_id AS copy, e.public_id AS exemplar
    FROM links l JOIN versions c ON c.version_id = l.copy_id JOIN versions e ON e.version_id = l.exemplar_id
    WHERE c.article_id = :article_id
"""

LEAVE_FAMILY = "DELETE FROM members WHERE article_id = :article_id"
ADD_FAMILY = """
    INSERT INTO families (public_id, inferred) VALUES (:public_id, :inferred)
    ON CONFLICT (public_id) DO UPDATE SET inferred = excluded.inferred
"""
ADD_MEMBER = """
    INSERT INTO members (article_id, family_id, version_id, parent_id)
    SELECT v.article_id, f.family_id, v.version_id,
           (SELECT article_id FROM versions p WHERE p.public_id = :parent)
    FROM versions v, families f WHERE v.public_id = :witness AND f.public_id = :family
"""
DROP_EMPTY_FAMILIES = "DELETE FROM families WHERE family_id NOT IN (SELECT family_id FROM members)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A version's text, to be compared."""

    version_id: int
    public_id: str
    article_id: int
    text: str
    language: str | None
    body_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEpoch:
    """An epoch as it is stored, to be unpacked where it is needed; `articles` were counted."""

    digest: str
    articles: int
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a text was compared with; first and last are the earliest and the latest publication, ISO 8601."""

    texts: int
    articles: int
    outlets: int
    languages: int
    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A stored reuse with the rows of its two sides."""

    left_id: int
    right_id: int
    left_name: str
    right_name: str
    left_article: int
    right_article: int
    reuse: Reuse


def pending_witnesses(conn: sqlite3.Connection, *, method: str) -> list[int]:
    """Versions that this method has not compared yet."""
    return [row["version_id"] for row in conn.execute(PENDING_WITNESSES, {"method": method})]


def text(conn: sqlite3.Connection, version_id: int) -> Text:
    """The text of one version."""
    return Text(**dict(conn.execute(TEXT, {"version_id": version_id}).fetchone()))


def latest_texts(conn: sqlite3.Connection) -> Iterator[Text]:
    """The text of each article's latest version."""
    for row in conn.execute(LATEST_TEXTS):
        yield Text(**dict(row))


def article_count(conn: sqlite3.Connection) -> int:
    """Articles that have a version."""
    return int(conn.execute(LATEST_COUNT).fetchone()[0])


def last_epoch(conn: sqlite3.Connection) -> KeptEpoch | None:
    """The epoch that counts; None before the first."""
    row = conn.execute(LAST_EPOCH).fetchone()
    return KeptEpoch(**dict(row)) if row is not None else None


def add_epoch(conn: sqlite3.Connection, *, digest: str, articles: int, at: datetime, packed: bytes) -> None:
    """Keep an epoch that was counted; from now on it counts."""
    conn.execute(ADD_EPOCH, {"digest": digest, "articles": articles, "counted_at": to_iso(at), "packed": packed})


def add_fingerprints(conn: sqlite3.Connection, version_id: int, keys: Iterable[int]) -> None:
    """Put a version's keys in place of the ones before; what it was found to share is forgotten."""
    conn.execute(FORGET_REUSES, {"version_id": version_id})
    conn.execute(FORGET_FINGERPRINTS, {"version_id": version_id})
    conn.executemany(ADD_FINGERPRINT, [{"fingerprint": key, "version_id": version_id} for key in sorted(keys)])


def candidates(
    conn: sqlite3.Connection, witness: Text, worth: Mapping[int, float], *, method: str, meeting: float, across: float
) -> dict[int, float]:
    """Versions of other articles that may share text with a witness whose keys are stored, with what they share.

    `worth` is that of the witness's keys; it takes `meeting` of it to meet, `across` languages that much, or the same
    text.
    """
    values = {"version_id": witness.version_id, "article_id": witness.article_id, "method": method}
    shared: dict[int, list[float]] = defaultdict(list)
    for fingerprint, version in conn.execute(SHARED_KEYS, values):
        shared[version].append(worth[fingerprint])
    found = {version: fsum(nats) for version, nats in sorted(shared.items())}
    same = {row["version_id"] for row in conn.execute(SAME_TEXT, values | {"body_digest": witness.body_digest})}
    met = _met(conn, found, witness.language, meeting, across) | same
    return {version: found.get(version, 0.0) for version in sorted(met)}


def matching(
    conn: sqlite3.Connection, worth: Mapping[int, float], language: str | None, *, method: str, meeting: float,
    across: float, article_id: int | None = None,
) -> dict[int, float]:
    """As `candidates`, of a text that is not held, among the versions on the topic; those that share most first."""
    values = {"method": method, "keys": json.dumps(sorted(worth)), "article_id": article_id}
    shared: dict[int, list[float]] = defaultdict(list)
    for fingerprint, version in conn.execute(MATCHING, values):
        shared[version].append(worth[fingerprint])
    found = {version: fsum(nats) for version, nats in shared.items()}
    met = _met(conn, found, language, meeting, across)
    return {version: found[version] for version in sorted(met, key=lambda version: (-found[version], version))}


def _met(
    conn: sqlite3.Connection, shared: Mapping[int, float], language: str | None, meeting: float, across: float
) -> set[int]:
    """Which versions share enough; a text whose language is not known counts as one of the same language."""
    some = [version for version, nats in shared.items() if across <= nats < meeting]
    foreign = {row["version_id"] for row in conn.execute(LANGUAGES, {"version_ids": json.dumps(some)})
               if None is not row["language"] != language is not None}
    return foreign | {version for version, nats in shared.items() if nats >= meeting}


def searched(conn: sqlite3.Connection, *, method: str) -> Searched:
    """How many texts, articles, outlets and languages a comparison in one epoch looks at."""
    return Searched(**dict(conn.execute(SEARCHED, {"method": method}).fetchone()))


def add_witness(
    conn: sqlite3.Connection, witness: Text, found: Sequence[tuple[int, int, Reuse]], *, method: str
) -> None:
    """Note that a version was compared with all before it, what it shares, and whose links that touches."""
    conn.execute(QUEUE, {"version_id": witness.version_id})
    for left_id, right_id, reuse in found:
        conn.execute(ADD_REUSE, {
            "left_id": left_id, "right_id": right_id, "relation": reuse.relation,
            "left_coverage": reuse.left_coverage, "right_coverage": reuse.right_coverage, "order": reuse.order,
            "copied": reuse.copied, "words": reuse.words, "passages": json.dumps(
                [[p.left_start, p.left_end, p.right_start, p.right_end, p.words] for p in reuse.passages]),
        })
        conn.execute(QUEUE, {"version_id": left_id})
        conn.execute(QUEUE, {"version_id": right_id})
    conn.execute(ADD_WITNESS, {"version_id": witness.version_id, "method": method})


def unlinked(conn: sqlite3.Connection) -> list[int]:
    """Articles whose links and family are to be decided again."""
    return [row["article_id"] for row in conn.execute(UNLINKED)]


def reuses_of(conn: sqlite3.Connection, article_id: int) -> list[Shared]:
    """What an article's versions share with other articles'."""
    return [_shared(row) for row in conn.execute(REUSES_OF, {"article_id": article_id})]


def witness(conn: sqlite3.Connection, version_id: int) -> Witness:
    """A version with what speaks for its age and origin."""
    row = conn.execute(WITNESS, {"version_id": version_id}).fetchone()
    return Witness(
        public_id=row["public_id"], article=row["url"], outlet=row["outlet"], host=host_of(row["url"]),
        title=row["title"], language=row["language"], published=moment_from(row["published"]),
        first_seen=from_iso(row["first_seen"]), canonical=row["canonical"],
        credits=tuple(json.loads(row["credits"])),
        byline=row["byline"], text=row["text"],
        unlike_until=from_iso(row["unlike_until"]) if row["unlike_until"] is not None else None,
    )


def version_id(conn: sqlite3.Connection, public_id: str) -> int:
    """The row of a version."""
    return int(conn.execute(VERSION_ID, {"public_id": public_id}).fetchone()["version_id"])


def set_links(conn: sqlite3.Connection, article_id: int, links: Sequence[CopyLink]) -> None:
    """Put an article's links in place of the ones before."""
    conn.execute(DELETE_LINKS, {"article_id": article_id})
    for link in links:
        conn.execute(ADD_LINK, {
            "copy_id": version_id(conn, link.copy), "exemplar_id": version_id(conn, link.exemplar),
            "relation": link.relation, "copied": link.copied, "direction": link.direction,
            "direction_confidence": link.direction_confidence,
            "evidence": json.dumps([asdict(e) for e in link.evidence], ensure_ascii=False),
        })


def connected(conn: sqlite3.Connection, articles: Iterable[int]) -> set[int]:
    """The articles, all that links connect them with, and the rest of the families they were in."""
    seen: set[int] = set()
    waiting = list(articles)
    while waiting:
        article_id = waiting.pop()
        if article_id not in seen:
            seen.add(article_id)
            waiting.extend(row[0] for row in conn.execute(NEIGHBOURS, {"article_id": article_id}))
    return seen


def links_between(conn: sqlite3.Connection, articles: Iterable[int]) -> list[CopyLink]:
    """The links whose copy is one of the articles."""
    return [
        CopyLink(
            copy=row["copy"], exemplar=row["exemplar"], relation=cast(Relation, row["relation"]),
            copied=row["copied"], direction=cast(Direction, row["direction"]),
            direction_confidence=row["direction_confidence"],
            evidence=tuple(Evidence(**e) for e in json.loads(row["evidence"])),
        )
        for article_id in sorted(articles)
        for row in conn.execute(LINKS_OF, {"article_id": article_id})
    ]


def set_families(conn: sqlite3.Connection, articles: Iterable[int], families: Sequence[Family]) -> None:
    """Put the families of some articles in place of the ones before, and note that these articles are linked."""
    for article_id in articles:
        conn.execute(LEAVE_FAMILY, {"article_id": article_id})
        conn.execute(CLEAR_UNLINKED, {"article_id": article_id})
    conn.execute(DROP_EMPTY_FAMILIES)
    for family in families:
        conn.execute(ADD_FAMILY, {
            "public_id": family.public_id,
            "inferred": json.dumps([asdict(one) for one in family.inferred], ensure_ascii=False)})
        for member in family.members:
            conn.execute(ADD_MEMBER, {
                "witness": member.witness, "parent": member.parent, "family": family.public_id,
            })


def witnesses(conn: sqlite3.Connection, links: Iterable[CopyLink]) -> Mapping[str, Witness]:
    """Every version that the links name, by public id."""
    names = {name for link in links for name in (link.copy, link.exemplar)}
    return {name: witness(conn, version_id(conn, name)) for name in sorted(names)}


def _shared(row: sqlite3.Row) -> Shared:
    passages = tuple(
        Passage(left_start=a, left_end=b, right_start=c, right_end=d, words=n)
        for a, b, c, d, n in json.loads(row["passages"])
    )
    return Shared(
        left_id=row["left_id"], right_id=row["right_id"], left_name=row["left_name"], right_name=row["right_name"],
        left_article=row["left_article"],
        right_article=row["right_article"], reuse=Reuse(
            relation=cast(Relation, row["relation"]), passages=passages, left_coverage=row["left_coverage"],
            right_coverage=row["right_coverage"], order=row["order"], copied=row["copied"],
        ),
    )
