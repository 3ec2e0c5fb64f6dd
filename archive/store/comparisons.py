"""Texts as they are compared: epochs, readings, the keys by which they meet, and who was compared with all before."""

import json
import math
import sqlite3
from array import array
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from archive.times import to_iso

# In the order of the table first: by public ids all of them would be looked up there, of a million for a few.
PENDING_WITNESSES = """
    WITH pending AS MATERIALIZED (
        SELECT version_id FROM versions v
        WHERE NOT EXISTS (SELECT 1 FROM witnesses w WHERE w.version_id = v.version_id AND w.method = :method)
    )
    SELECT version_id FROM pending JOIN versions USING (version_id) ORDER BY public_id
"""
LAST_VERSION = "SELECT coalesce(max(version_id), 0) FROM versions"
COMPARED = "SELECT count(*) FROM witnesses WHERE method = :method"
IS_COMPARED = "SELECT EXISTS (SELECT 1 FROM witnesses WHERE method = :method)"

TEXT = """
    SELECT v.version_id, v.public_id, v.article_id, inflated(t.text) AS text, d.language, d.body_digest
    FROM versions v JOIN documents d USING (document_id) JOIN texts t ON t.text_id = v.text_id
    WHERE v.version_id = :version_id
"""

PENDING_VERSION = """
    SELECT v.version_id FROM versions v JOIN documents d USING (document_id)
    WHERE v.public_id = :public_id AND d.body_digest = :body_digest
      AND NOT EXISTS (SELECT 1 FROM witnesses w WHERE w.version_id = v.version_id AND w.method = :method)
"""

# An article counts once, whatever it was before.
LATEST_TEXTS = """
    SELECT v.version_id, v.public_id, v.article_id, inflated(t.text) AS text, d.language, d.body_digest
    FROM versions v JOIN documents d USING (document_id) JOIN texts t ON t.text_id = v.text_id
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

FORGET = tuple(f"DELETE FROM {table} WHERE version_id IN (SELECT value FROM json_each(:versions))"  # noqa: S608  # constants
               for table in ("witnesses", "sketches"))
ANY_FORGOTTEN = "SELECT EXISTS (SELECT 1 FROM forgotten)"
ANY_SKETCH = "SELECT EXISTS (SELECT 1 FROM sketches)"
FORGET_ALL_KEYS = "DELETE FROM fingerprints"  # without a condition SQLite looks at none of them
FORGET_KEYS = "DELETE FROM fingerprints WHERE version_id IN (SELECT version_id FROM forgotten)"
CLEAR_FORGOTTEN = "DELETE FROM forgotten"
FORGET_REUSES = "DELETE FROM reuses WHERE left_id = :version_id OR right_id = :version_id"
ADD_FINGERPRINT = "INSERT OR IGNORE INTO fingerprints (fingerprint, version_id) VALUES (?, ?)"
ADD_SKETCH = """
    INSERT INTO sketches (version_id, language, nats, name_rows, sentences, packed)
    VALUES (:version_id, :language, :nats, :name_rows, :sentences, :packed)
"""
# By the index alone, since most versions that have a key of a text in common with it have too few to meet it: who they
# are is looked up of those that have enough. There are some thousand of a text: a row for each key takes half the time.
HOLDERS = """
    SELECT fingerprint, json_group_array(version_id) FROM fingerprints
    WHERE fingerprint IN (SELECT value FROM json_each(:keys)) GROUP BY fingerprint
"""
LAST_METHOD = "SELECT method FROM witnesses GROUP BY method ORDER BY count(*) DESC, method LIMIT 1"
SAME_TEXT = """
    SELECT v.version_id FROM documents d JOIN versions v USING (document_id) WHERE d.body_digest = :body_digest
"""
SHARERS = """
    SELECT v.version_id, d.language
    FROM json_each(:version_ids) j JOIN versions v ON v.version_id = j.value
    JOIN documents d USING (document_id) JOIN articles a ON a.article_id = v.article_id
    JOIN witnesses w ON w.version_id = v.version_id
    WHERE v.article_id IS NOT :article_id AND w.method = :method AND a.on_topic
"""

# What tells which of them are worth a close look; nothing larger is read of those that are not.
SKETCHES = """
    SELECT s.version_id, s.language, s.nats, s.name_rows, s.sentences, s.packed
    FROM json_each(:version_ids) j JOIN sketches s ON s.version_id = j.value
"""
# `across`: those that have too little in common with a text of their own language.
OTHERS = """
    SELECT s.version_id, s.language, s.nats, s.name_rows, s.sentences, s.packed
    FROM (SELECT value AS version_id, 0 AS is_across FROM json_each(:version_ids)
          UNION ALL SELECT value, 1 FROM json_each(:across)) j
    JOIN sketches s ON s.version_id = j.version_id
    WHERE (NOT j.is_across OR s.language <> :language)
      AND s.version_id NOT IN (SELECT version_id FROM versions WHERE article_id = :article_id)
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
    """A version's text, to be compared."""

    version_id: int
    public_id: str
    article_id: int
    text: str
    language: str | None
    body_digest: str


class KeptSketch(NamedTuple):
    """A text's sketch: what its keys are worth, how many are names in a row, how many sentences, and tokens, packed."""

    version_id: int
    language: str | None
    nats: float
    name_rows: int
    sentences: int
    packed: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What is kept of a version's text: its sketch, and its keys; with what each of these is worth."""

    sketch: KeptSketch
    worth: Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A version to be compared; `worth` is its keys'."""

    version_id: int
    article_id: int
    body_digest: str
    worth: Mapping[int, float]


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


def turns(conn: sqlite3.Connection, *, method: str) -> Sequence[int]:
    """By the number of a version, when it is this method's turn to compare it: from 1, 0 where it was compared.

    Four bytes a version: there may be millions, and each process that compares has them.
    """
    (last,) = conn.execute(LAST_VERSION).fetchone()
    found = array("I", bytes(4 * (1 + last)))
    for turn, version_id in enumerate(pending_witnesses(conn, method=method), start=1):
        found[version_id] = turn
    return found


def compared(conn: sqlite3.Connection, *, method: str) -> int:
    """How many versions this method compared last."""
    return int(conn.execute(COMPARED, {"method": method}).fetchone()[0])


def is_compared(conn: sqlite3.Connection, *, method: str) -> bool:
    """Whether this method compared a version last."""
    return bool(conn.execute(IS_COMPARED, {"method": method}).fetchone()[0])


def text(conn: sqlite3.Connection, version_id: int) -> Text:
    """The text of one version."""
    return Text(**dict(conn.execute(TEXT, {"version_id": version_id}).fetchone()))


def pending_version(conn: sqlite3.Connection, public_id: str, *, body_digest: str, method: str) -> int | None:
    """A version by its public id and its body; None where there is none that this method has not compared yet."""
    row = conn.execute(PENDING_VERSION, {
        "public_id": public_id, "body_digest": body_digest, "method": method}).fetchone()
    return int(row["version_id"]) if row is not None else None


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


def forget(conn: sqlite3.Connection, versions: Iterable[int]) -> None:
    """Forget what was kept of versions that are read anew, and the keys of what is gone: before anything is added.

    There is no way back from a version to its keys, which would take as much room as the way there: where some are to
    go all are looked at, once for all versions. What lost its sketch is noted by a trigger until then.
    """
    told = {"versions": json.dumps(list(versions))}
    for statement in FORGET:
        conn.execute(statement, told)
    sweep(conn)


def sweep(conn: sqlite3.Connection) -> None:
    """Take away the keys of texts that are gone, or are to be read anew."""
    if conn.execute(ANY_FORGOTTEN).fetchone()[0]:
        conn.execute(FORGET_KEYS if conn.execute(ANY_SKETCH).fetchone()[0] else FORGET_ALL_KEYS)
        conn.execute(CLEAR_FORGOTTEN)


def add_readings(conn: sqlite3.Connection, read: Iterable[Read]) -> None:
    """Keep what was read of versions of which nothing is kept (`forget`); of what they shared nothing stays.

    Their keys in order, so that no page of the table is looked up twice.
    """
    added = list[tuple[int, int]]()
    for one in read:
        version_id = one.sketch.version_id
        conn.execute(FORGET_REUSES, {"version_id": version_id})
        conn.execute(ADD_SKETCH, one.sketch._asdict())
        added += [(key, version_id) for key in one.worth]
    added.sort()
    conn.executemany(ADD_FINGERPRINT, added)


def holders(conn: sqlite3.Connection, keys: Iterable[int]) -> dict[int, Sequence[int]]:
    """The versions that have each of some keys."""
    return {key: json.loads(held) for key, held in conn.execute(HOLDERS, {"keys": json.dumps(list(keys))})}


def in_common(
    worth: Mapping[int, float], held: Mapping[int, Sequence[int]], *, least: float, openings: int | None = None
) -> dict[int, Sequence[float]]:
    """What those keys are worth, each, that a text has of these, of the texts where it is `least` or more in all.

    Also of those that have so many `openings` in common: keys that are worth nothing, and are not told. Most texts that
    have a key of another have no second one, so that counting tells nearly all of them.
    """
    alike = _opening_alike(worth, held, openings)
    found = {key: held[key] for key, nats in worth.items() if nats and key in held}
    counted = Counter(chain.from_iterable(found.values()))
    some = {text for text, keys in counted.items() if keys > 1}
    some.update(alike, *(texts for key, texts in found.items() if worth[key] >= least))
    shared: dict[int, list[float]] = {text: [] for text in some}
    for key, texts in found.items():
        nats = worth[key]
        for text in some.intersection(texts):
            shared[text].append(nats)
    return {text: each for text, each in shared.items() if math.fsum(each) >= least or text in alike}


def _opening_alike(
    worth: Mapping[int, float], held: Mapping[int, Sequence[int]], openings: int | None
) -> frozenset[int]:
    if openings is None:
        return frozenset()
    counted = Counter(chain.from_iterable(held[key] for key, nats in worth.items() if not nats and key in held))
    return frozenset(text for text, keys in counted.items() if keys >= openings)


def others(
    conn: sqlite3.Connection, versions: Iterable[int], *, article_id: int, across: Iterable[int] = (),
    language: str | None = None,
) -> Iterator[KeptSketch]:
    """The sketches of those versions that are of other articles; of those `across`, of another language too."""
    cursor = conn.cursor()
    cursor.row_factory = None
    return map(KeptSketch._make, cursor.execute(OTHERS, {
        "version_ids": json.dumps(sorted(versions)), "across": json.dumps(sorted(across)), "language": language,
        "article_id": article_id}))


def sketches(conn: sqlite3.Connection, versions: Iterable[int]) -> Mapping[int, KeptSketch]:
    """The sketches of versions."""
    cursor = conn.cursor()
    cursor.row_factory = None
    rows = cursor.execute(SKETCHES, {"version_ids": json.dumps(sorted(versions))})
    return {sketch.version_id: sketch for sketch in map(KeptSketch._make, rows)}


def same_text(conn: sqlite3.Connection, body_digest: str) -> frozenset[int]:
    """The versions of one body."""
    return frozenset(row["version_id"] for row in conn.execute(SAME_TEXT, {"body_digest": body_digest}))


def matching(
    conn: sqlite3.Connection, worth: Mapping[int, float], language: str | None, *, method: str, meeting: float,
    across: float, openings: int | None = None, article_id: int | None = None,
) -> dict[int, Sequence[float]]:
    """The versions on the topic that a text meets that is not held, with what each key is worth that both have.

    Those that share most come first. They were compared by this method, and it takes `meeting` nats to meet, `across`
    languages that much or so many `openings`.
    """
    shared = in_common(worth, holders(conn, worth), least=min(meeting, across), openings=openings)
    rows = conn.execute(SHARERS, {
        "version_ids": json.dumps(sorted(shared)), "method": method, "article_id": article_id})
    met = {row["version_id"]: nats for row in rows
           if (nats := math.fsum(shared[row["version_id"]])) >= meeting or _is_across(row["language"], language)}
    return {version: shared[version] for version in sorted(met, key=lambda version: (-met[version], version))}


def _is_across(one: str | None, other: str | None) -> bool:
    """Whether two texts are of two languages, so that what `in_common` tells of them is enough."""
    return None is not one != other is not None


def common_keys(
    conn: sqlite3.Connection, keys: Iterable[int], versions: Container[int]
) -> Mapping[int, frozenset[int]]:
    """Of some keys those that each of some versions has."""
    found = defaultdict[int, set[int]](set)
    for key, held in holders(conn, keys).items():
        for version_id in held:
            if version_id in versions:
                found[version_id].add(key)
    return {version_id: frozenset(those) for version_id, those in found.items()}


def last_method(conn: sqlite3.Connection) -> str:
    """By which most versions were compared; "" where none was."""
    row = conn.execute(LAST_METHOD).fetchone()
    return str(row["method"]) if row is not None else ""


def searched(conn: sqlite3.Connection, *, method: str) -> Searched:
    """How many texts, articles, outlets and languages are catalogued, if this method compared any of them."""
    return Searched(**dict(conn.execute(SEARCHED, {"method": method}).fetchone()))
