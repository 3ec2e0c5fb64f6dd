"""Texts as they are compared: epochs, readings, the keys by which they meet, and who was compared with all before."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum

from archive.times import to_iso

PENDING_WITNESSES = """
    SELECT version_id FROM versions
    WHERE version_id NOT IN (SELECT version_id FROM witnesses WHERE method = :method)
    ORDER BY public_id
"""
COMPARED = "SELECT count(*) FROM witnesses WHERE method = :method"
IS_COMPARED = "SELECT EXISTS (SELECT 1 FROM witnesses WHERE method = :method)"

TEXT = """
    SELECT v.version_id, v.public_id, v.article_id, t.text, d.language, d.body_digest, r.packed AS reading
    FROM versions v JOIN documents d USING (document_id) JOIN texts t ON t.text_id = v.text_id
    LEFT JOIN text_readings r USING (version_id)
    WHERE v.version_id = :version_id
"""

PENDING_VERSION = """
    SELECT version_id FROM versions WHERE public_id = :public_id
      AND version_id NOT IN (SELECT version_id FROM witnesses WHERE method = :method)
"""
READING = "SELECT packed FROM text_readings WHERE version_id = :version_id"

# An article counts once, whatever it was before.
LATEST_TEXTS = """
    SELECT v.version_id, v.public_id, v.article_id, t.text, d.language, d.body_digest, r.packed AS reading
    FROM versions v JOIN documents d USING (document_id) JOIN texts t ON t.text_id = v.text_id
    LEFT JOIN text_readings r USING (version_id)
    WHERE v.is_latest ORDER BY v.public_id
"""
LATEST_COUNT = "SELECT count(DISTINCT article_id) FROM versions"  # by an index alone, which has no texts in it

LAST_EPOCH = "SELECT digest, articles, packed FROM epochs ORDER BY epoch_id DESC LIMIT 1"
EPOCH_OF = "SELECT digest, articles, packed FROM epochs WHERE digest = :digest"
# One that was counted before gets a new number: it is the last again.
ADD_EPOCH = """
    INSERT OR REPLACE INTO epochs (digest, articles, counted_at, packed)
    VALUES (:digest, :articles, :counted_at, :packed)
"""

FORGET_FINGERPRINTS = "DELETE FROM fingerprints WHERE version_id = :version_id"
FORGET_REUSES = "DELETE FROM reuses WHERE left_id = :version_id OR right_id = :version_id"
ADD_FINGERPRINT = "INSERT OR IGNORE INTO fingerprints (fingerprint, version_id) VALUES (:fingerprint, :version_id)"
ADD_READING = "INSERT OR REPLACE INTO text_readings (version_id, packed) VALUES (:version_id, :packed)"
# By the index alone, since most versions that have a key of a text in common with it have too few to meet it: who they
# are is looked up of those that have enough.
SHARED_KEYS = """
    SELECT version_id, fingerprint FROM fingerprints WHERE fingerprint IN (SELECT value FROM json_each(:keys))
"""
KEYS = "SELECT fingerprint FROM fingerprints WHERE version_id = :version_id"
LAST_METHOD = "SELECT method FROM witnesses GROUP BY method ORDER BY count(*) DESC, method LIMIT 1"
SAME_TEXT = """
    SELECT v.version_id FROM documents d JOIN versions v USING (document_id) WHERE d.body_digest = :body_digest
"""
SHARERS = """
    SELECT v.version_id, d.language, a.on_topic, w.version_id IS NOT NULL AS is_compared
    FROM json_each(:version_ids) j JOIN versions v ON v.version_id = j.value
    JOIN documents d USING (document_id) JOIN articles a ON a.article_id = v.article_id
    LEFT JOIN witnesses w ON w.version_id = v.version_id AND w.method = :method
    WHERE v.article_id IS NOT :article_id
"""

# Of the catalogue's indexes: what is catalogued was compared before, and to look at each text took most of a trace.
SEARCHED = """
    WITH counted AS (
        SELECT is_latest, profile_id, count(*) AS texts, min(day) AS first, max(day) AS last FROM catalogue
        WHERE EXISTS (SELECT 1 FROM witnesses WHERE method = :method) GROUP BY is_latest, profile_id
    )
    SELECT coalesce(sum(c.texts), 0) AS texts, coalesce(sum(c.texts * c.is_latest), 0) AS articles,
           count(DISTINCT p.outlet) AS outlets, count(DISTINCT nullif(p.language, '')) AS languages,
           min(c.first) AS first, max(c.last) AS last, max(0, (SELECT count(*) FROM versions)
           - (SELECT count(*) FROM witnesses WHERE method = :method)) AS waiting
    FROM counted c JOIN profiles p USING (profile_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A version's text, to be compared; `reading` is what was stored of it when it was compared, if it was."""

    version_id: int
    public_id: str
    article_id: int
    text: str
    language: str | None
    body_digest: str
    reading: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A version, and those of other articles that may share text with it: what the keys that both have are worth.

    Those in `same` have the same text, credits apart.
    """

    version_id: int
    worth: Mapping[int, float]
    same: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEpoch:
    """An epoch as it is stored, to be unpacked where it is needed; `articles` were counted."""

    digest: str
    articles: int
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a text was compared with; first and last are days: of publication, of an undated text the first sighting.

    `waiting` are texts that it was not compared with, since they have not been compared themselves, or are anew.
    """

    texts: int
    articles: int
    outlets: int
    languages: int
    first: str | None
    last: str | None
    waiting: int


def pending_witnesses(conn: sqlite3.Connection, *, method: str) -> list[int]:
    """Versions that this method has not compared yet."""
    return [row["version_id"] for row in conn.execute(PENDING_WITNESSES, {"method": method})]


def compared(conn: sqlite3.Connection, *, method: str) -> int:
    """How many versions this method compared last."""
    return int(conn.execute(COMPARED, {"method": method}).fetchone()[0])


def is_compared(conn: sqlite3.Connection, *, method: str) -> bool:
    """Whether this method compared a version last."""
    return bool(conn.execute(IS_COMPARED, {"method": method}).fetchone()[0])


def text(conn: sqlite3.Connection, version_id: int) -> Text:
    """The text of one version."""
    return Text(**dict(conn.execute(TEXT, {"version_id": version_id}).fetchone()))


def pending_text(conn: sqlite3.Connection, public_id: str, *, method: str) -> Text | None:
    """The text of a version by its public id; None where there is none that this method has not compared yet."""
    row = conn.execute(PENDING_VERSION, {"public_id": public_id, "method": method}).fetchone()
    return text(conn, row["version_id"]) if row is not None else None


def reading(conn: sqlite3.Connection, version_id: int) -> bytes | None:
    """What was stored of a version when it was compared; None where it was not kept."""
    row = conn.execute(READING, {"version_id": version_id}).fetchone()
    return bytes(row["packed"]) if row is not None else None


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


def epoch_of(conn: sqlite3.Connection, digest: str) -> KeptEpoch | None:
    """The epoch of a digest; None where none is kept, as of the one that ships with the program."""
    row = conn.execute(EPOCH_OF, {"digest": digest}).fetchone()
    return KeptEpoch(**dict(row)) if row is not None else None


def add_epoch(conn: sqlite3.Connection, *, digest: str, articles: int, at: datetime, packed: bytes) -> None:
    """Keep an epoch that was counted; from now on it counts."""
    conn.execute(ADD_EPOCH, {"digest": digest, "articles": articles, "counted_at": to_iso(at), "packed": packed})


def add_reading(conn: sqlite3.Connection, version_id: int, packed: bytes, keys: Iterable[int]) -> None:
    """Put a version's reading and keys in place of the ones before; what it was found to share is forgotten."""
    conn.execute(FORGET_REUSES, {"version_id": version_id})
    conn.execute(FORGET_FINGERPRINTS, {"version_id": version_id})
    conn.execute(ADD_READING, {"version_id": version_id, "packed": packed})
    conn.executemany(ADD_FINGERPRINT, [{"fingerprint": key, "version_id": version_id} for key in sorted(keys)])


def candidates(
    conn: sqlite3.Connection, witness: Text, worth: Mapping[int, float], *, method: str, meeting: float, across: float,
    beside: Sequence[int] = (),
) -> Met:
    """Versions of other articles that may share text with a witness, with what they share.

    They were compared by this method, or are among those `beside` it. `worth` is that of the witness's keys; it takes
    `meeting` of it to meet, `across` languages that much, or the same text.
    """
    shared = _shared(conn, worth)
    same = {row["version_id"] for row in conn.execute(SAME_TEXT, {"body_digest": witness.body_digest})}
    some = {version for version, nats in shared.items() if nats >= min(meeting, across)} | same
    allowed = frozenset(beside)
    met = {row["version_id"] for row in _sharers(conn, some, method=method, article_id=witness.article_id)
           if (row["is_compared"] or row["version_id"] in allowed)
           and (row["version_id"] in same
                or shared[row["version_id"]] >= _least(row["language"], witness.language, meeting, across))}
    return Met(version_id=witness.version_id, worth={version: shared.get(version, 0.0) for version in sorted(met)},
               same=frozenset(same & met))


def matching(
    conn: sqlite3.Connection, worth: Mapping[int, float], language: str | None, *, method: str, meeting: float,
    across: float, article_id: int | None = None,
) -> dict[int, float]:
    """As `candidates`, of a text that is not held, among the versions on the topic; those that share most first."""
    shared = _shared(conn, worth)
    some = {version for version, nats in shared.items() if nats >= min(meeting, across)}
    met = [row["version_id"] for row in _sharers(conn, some, method=method, article_id=article_id)
           if row["is_compared"] and row["on_topic"]
           and shared[row["version_id"]] >= _least(row["language"], language, meeting, across)]
    return {version: shared[version] for version in sorted(met, key=lambda version: (-shared[version], version))}


def _shared(conn: sqlite3.Connection, worth: Mapping[int, float]) -> dict[int, float]:
    """What the keys are worth that each version has of these."""
    shared: dict[int, list[float]] = defaultdict(list)
    for version, fingerprint in conn.execute(SHARED_KEYS, {"keys": json.dumps(list(worth))}):
        shared[version].append(worth[fingerprint])
    return {version: fsum(nats) for version, nats in shared.items()}


def _sharers(
    conn: sqlite3.Connection, versions: Iterable[int], *, method: str, article_id: int | None
) -> Iterable[sqlite3.Row]:
    """Who these versions are, but for those of one article."""
    return conn.execute(SHARERS, {
        "version_ids": json.dumps(sorted(versions)), "method": method, "article_id": article_id})


def _least(one: str | None, other: str | None, meeting: float, across: float) -> float:
    """What two texts must share; one whose language is not known counts as one of the same language."""
    return across if None is not one != other is not None else meeting


def keys(conn: sqlite3.Connection, version_id: int) -> frozenset[int]:
    """The keys by which a version meets others."""
    return frozenset(row["fingerprint"] for row in conn.execute(KEYS, {"version_id": version_id}))


def last_method(conn: sqlite3.Connection) -> str:
    """By which most versions were compared; "" where none was."""
    row = conn.execute(LAST_METHOD).fetchone()
    return str(row["method"]) if row is not None else ""


def searched(conn: sqlite3.Connection, *, method: str) -> Searched:
    """How many texts, articles, outlets and languages are catalogued, if this method compared any of them."""
    return Searched(**dict(conn.execute(SEARCHED, {"method": method}).fetchone()))
