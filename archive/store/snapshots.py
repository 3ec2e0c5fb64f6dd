"""A database for serving, filled from one state of the archive's own; and what such a database says of itself.

It begins empty, and only what is named here enters it: a text that may not be shown has never stood in the file, so
that no page of it that was freed can hold one. Tables that only the program's work needs stay empty.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from archive.model import CopyLink, Evidence, Passage, Reuse
from archive.packing import prepare_connection
from archive.schema import prepare, show_plain

Contents = Literal["full", "excerpts"]

ATTACH = "ATTACH :source AS source"
DETACH = "DETACH source"
TRIGGERS = "SELECT name FROM main.sqlite_master WHERE type = 'trigger'"

# excerpts: versions of which no more than excerpts is held; explanations: sentences for which whole texts are needed
MARKS = (
    "CREATE TABLE snapshot (contents TEXT NOT NULL, made_at TEXT NOT NULL, program TEXT NOT NULL, title TEXT) STRICT",
    "CREATE TABLE excerpts (version_id INTEGER PRIMARY KEY) STRICT",
    "CREATE TABLE explanations (copy_id INTEGER NOT NULL, exemplar_id INTEGER NOT NULL, sentences TEXT NOT NULL, "
    "PRIMARY KEY (copy_id, exemplar_id)) STRICT, WITHOUT ROWID",
)
ADD_MARK = "INSERT INTO snapshot (contents, made_at, program, title) VALUES (:contents, :made_at, :program, :title)"
ADD_EXCERPT = "INSERT INTO excerpts (version_id) VALUES (:version_id)"
ADD_EXPLANATION = "INSERT INTO explanations VALUES (:copy_id, :exemplar_id, :sentences)"

# What is in no public view of the archive is published neither. Where no list of columns stands, a column that is added
# later is published; where one stands, an insert that lacks it fails, and somebody has to decide. "+" keeps SQLite from
# looking up every pair of two lists by an index.
COPIES = (
    "INSERT INTO main.warcs SELECT * FROM source.warcs",
    """INSERT INTO main.captures SELECT capture_id, url, captured_at, short(via), role, source, status,
              short(media_type), short(charset), short(content_encoding), short(location), short(etag),
              short(last_modified), payload_digest, payload_sha256, payload_length, is_revisit, truncated, path,
              "offset", length
       FROM source.captures WHERE capture_id IN (SELECT capture_id FROM source.capture) AND is_address(url)""",
    """INSERT INTO main.observations SELECT url, at, role, source, outcome, short(error), via FROM source.observation
       WHERE is_address(url)""",
    "INSERT INTO main.sources SELECT * FROM source.sources",
    "INSERT INTO main.outlets SELECT * FROM source.outlets",
    """INSERT INTO main.articles SELECT * FROM source.articles
       WHERE article_id IN (SELECT article_id FROM source.article) AND is_address(url) AND is_address(address)""",
    """INSERT INTO main.addresses SELECT * FROM source.addresses
       WHERE article_id IN (SELECT article_id FROM main.articles) AND is_address(url)""",
    """INSERT INTO main.sightings SELECT * FROM source.sightings
       WHERE capture_id IN (SELECT capture_id FROM source.sighting)
         AND capture_id IN (SELECT capture_id FROM main.captures)
         AND article_id IN (SELECT article_id FROM main.articles)""",
    "INSERT INTO main.members SELECT * FROM source.members WHERE article_id IN (SELECT article_id FROM main.articles)",
    "INSERT INTO main.families SELECT * FROM source.families",
    "INSERT INTO main.judgements SELECT * FROM source.judgements",
    "INSERT INTO main.frozen_families SELECT * FROM source.frozen_families",
    "INSERT INTO main.withholdings SELECT * FROM source.withholdings",
    "INSERT INTO main.withheld_addresses SELECT * FROM source.withheld_addresses",
    """INSERT INTO main.profiles SELECT profile_id, label(outlet), country, short(language), month, role, relation,
              edited, presence FROM source.profiles""",
    "INSERT INTO main.catalogue SELECT * FROM source.catalogue "
    "WHERE article_id IN (SELECT article_id FROM main.articles)",
    """INSERT INTO main.discoveries SELECT url, source, found_at, short(title), published, short(lead), short(byline),
              promise, weighed_by FROM source.discoveries
       WHERE (url, source) IN (SELECT url, source FROM source.discovery) AND is_address(url)""",
    """INSERT INTO main.blocks SELECT payload_digest, url, short(charset), extractor, kind, short(reason), short(title),
              short(lead), short(byline), dating(published), promise, weighed_by FROM source.blocks
       WHERE is_address(url)""",
    # A text that is held whole keeps its number, whoever shares it; what is shown of a cut one is its version's alone.
    """INSERT INTO main.versions SELECT version_id, public_id, article_id, ordinal, document_id, first_seen, last_seen,
              sightings, change, is_latest, short(title), payloads, differences, edit(version_id, passages),
              iif(version_id IN (SELECT version_id FROM main.excerpts), -version_id, text_id)
       FROM source.versions WHERE version_id IN (SELECT version_id FROM source.version)
                              AND article_id IN (SELECT article_id FROM main.articles)""",
    "INSERT INTO main.texts SELECT text_id, 0, inflated(text) FROM source.texts "
    "WHERE text_id IN (SELECT text_id FROM main.versions WHERE text_id > 0)",
    """INSERT INTO main.texts SELECT v.text_id, 0, shown(v.version_id, inflated(t.text))
       FROM main.versions v JOIN source.versions USING (version_id)
       JOIN source.texts t ON t.text_id = source.versions.text_id WHERE v.text_id < 0""",
    """INSERT INTO main.documents SELECT document_id, payload_digest, url, short(charset), extractor, short(title),
              short(byline), short_list(authors), dating(published), dating(modified), short(language),
              label(site_name), short(section), short(canonical), short_list(credits), text_digest,
              body_digest, state_digest, on_topic, score, terms, decided_by, short_list(organisations),
              short_list(agencies), short_list(notices), link_list(alternates), '[]', is_free, link_list(outgoing),
              is_withheld, NULL, is_noarchive, readings(inflated(candidates))
       FROM source.documents WHERE document_id IN (SELECT document_id FROM main.sightings
                                                   UNION SELECT document_id FROM main.versions)""",
    """INSERT INTO main.post_versions SELECT public_id, article_id, short(post), ordinal, short(title),
              post_text(article_id, text), first_seen, last_seen, sightings, change, post_edit(article_id, passages)
       FROM source.post_versions WHERE public_id IN (SELECT public_id FROM source.post_version)
                                   AND article_id IN (SELECT article_id FROM main.articles)""",
    "INSERT INTO main.witnesses SELECT * FROM source.witnesses "
    "WHERE version_id IN (SELECT version_id FROM main.versions)",
    """INSERT INTO main.links SELECT copy_id, exemplar_id, relation, copied, direction, direction_confidence,
              reasons(evidence)
       FROM source.links WHERE +copy_id IN (SELECT version_id FROM main.versions)
                           AND +exemplar_id IN (SELECT version_id FROM main.versions)""",
)

# By these a text is found that shares words with another: only where all are held whole.
COMPARED = (
    """INSERT INTO main.fingerprints SELECT * FROM source.fingerprints
       WHERE version_id IN (SELECT version_id FROM main.versions)
         AND version_id NOT IN (SELECT version_id FROM source.forgotten)""",
    """INSERT INTO main.sketches SELECT * FROM source.sketches
       WHERE version_id IN (SELECT version_id FROM main.versions)""",
    "INSERT INTO main.epochs SELECT * FROM source.epochs",
)

# Where texts are held in excerpts: how rare words are, as the last comparison counted it; the keys come one by one.
EPOCH = "INSERT INTO main.epochs SELECT * FROM source.epochs ORDER BY epoch_id DESC LIMIT 1"
VERSIONS = """
    SELECT version_id FROM main.versions WHERE version_id NOT IN (SELECT version_id FROM source.forgotten)
"""
ADD_KEYS = """
    INSERT INTO main.fingerprints SELECT f.fingerprint, f.version_id
    FROM json_each(:keys) j JOIN source.fingerprints f ON f.fingerprint = j.value AND f.version_id = :version_id
"""

RIGHTS = """
    SELECT v.version_id, v.article_id, d.is_free,
           (SELECT json_group_array(DISTINCT c.source) FROM source.sightings s JOIN source.captures c USING (capture_id)
            WHERE s.version_id = v.version_id AND c.source IS NOT NULL) AS sources,
           EXISTS (SELECT 1 FROM source.sightings s JOIN source.documents n ON n.document_id = s.document_id
                   WHERE s.article_id = v.article_id AND n.is_noarchive) AS is_noarchive
    FROM source.version v JOIN source.documents d ON d.document_id = v.document_id
"""

# What shares most first: where not all can be shown, that is.
REUSES = """
    SELECT r.left_id, r.right_id, r.passages FROM source.reuses r
    WHERE +r.left_id IN (SELECT version_id FROM source.version)
      AND +r.right_id IN (SELECT version_id FROM source.version)
    ORDER BY r.words DESC, r.left_id, r.right_id
"""
TEXT = """
    SELECT inflated(text) AS text FROM source.versions JOIN source.texts USING (text_id)
    WHERE version_id = :version_id
"""
ADD_REUSES = """
    INSERT INTO main.reuses SELECT left_id, right_id, relation, left_coverage, right_coverage, "order", words,
           aligned(left_id, right_id, r.passages, inflated(lt.text), inflated(rt.text)), copied
    FROM source.reuses r
    JOIN source.versions lv ON lv.version_id = left_id JOIN source.texts lt ON lt.text_id = lv.text_id
    JOIN source.versions rv ON rv.version_id = right_id JOIN source.texts rt ON rt.text_id = rv.text_id
    WHERE +left_id IN (SELECT version_id FROM main.versions) AND +right_id IN (SELECT version_id FROM main.versions)
"""

# A link with what two texts share, whichever of them is on the left.
LINKS = """
    SELECT l.copy_id, l.exemplar_id, c.public_id AS copy, e.public_id AS exemplar, l.relation, l.copied, l.direction,
           l.direction_confidence, l.evidence,
           inflated(ct.text) AS copy_text, inflated(et.text) AS exemplar_text,
           r.relation AS shared, r.left_coverage, r.right_coverage, r."order", r.passages, r.copied AS reused
    FROM source.links l JOIN source.versions c ON c.version_id = l.copy_id
    JOIN source.versions e ON e.version_id = l.exemplar_id
    JOIN source.texts ct ON ct.text_id = c.text_id JOIN source.texts et ON et.text_id = e.text_id
    LEFT JOIN source.reuses r ON r.left_id = iif(c.public_id < e.public_id, l.copy_id, l.exemplar_id)
                             AND r.right_id = iif(c.public_id < e.public_id, l.exemplar_id, l.copy_id)
    WHERE +l.copy_id IN (SELECT version_id FROM main.versions)
      AND +l.exemplar_id IN (SELECT version_id FROM main.versions)
      AND (l.copy_id IN (SELECT version_id FROM main.excerpts)
           OR l.exemplar_id IN (SELECT version_id FROM main.excerpts))
"""

# An index of which words stand in which text: without the text (content='') and without the places and the number of a
# word in it (detail=none) nobody can put the words in order again. It has no phrases and no ranks; those come from the
# other one, which is of what is shown.
WORD_INDEX = (
    "DROP TABLE main.words",
    "DROP TABLE main.versions_fts",
    """CREATE VIRTUAL TABLE main.versions_fts USING fts5 (
           title, text, content='', detail=none, tokenize="unicode61 remove_diacritics 2")""",
    """INSERT INTO main.versions_fts (rowid, title, text)
       SELECT v.version_id, v.title, inflated(t.text) FROM source.versions v CROSS JOIN source.texts t USING (text_id)
       WHERE v.version_id IN (SELECT version_id FROM main.versions) ORDER BY v.version_id""",
    "INSERT INTO main.versions_fts (versions_fts) VALUES ('optimize')",
    "CREATE VIRTUAL TABLE main.words USING fts5vocab (versions_fts, row)",
    """CREATE VIRTUAL TABLE main.excerpts_fts USING fts5 (
           title, text, content="version", content_rowid="version_id", tokenize="unicode61 remove_diacritics 2")""",
    """INSERT INTO main.excerpts_fts (rowid, title, text)
       SELECT v.version_id, v.title, t.text FROM main.versions v CROSS JOIN main.texts t USING (text_id)
       ORDER BY v.version_id""",
    "INSERT INTO main.excerpts_fts (excerpts_fts) VALUES ('optimize')",
)
FULL_INDEX = (
    """INSERT INTO main.versions_fts (rowid, title, text)
       SELECT v.version_id, v.title, t.text FROM main.versions v CROSS JOIN main.texts t USING (text_id)
       ORDER BY v.version_id""",
    "INSERT INTO main.versions_fts (versions_fts) VALUES ('optimize')",
)
# Without a journal: it would hold the whole database in memory, and who is stopped leaves a file that nobody reads.
SETTLE = ("ANALYZE main", "PRAGMA main.journal_mode = OFF", "VACUUM main", "PRAGMA main.journal_mode = DELETE")

IS_SNAPSHOT = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'snapshot'"
SNAPSHOT = "SELECT contents, made_at, program, title FROM snapshot"
EXCERPTED = "SELECT version_id FROM excerpts WHERE version_id IN (SELECT value FROM json_each(:ids))"
EXPLANATION = "SELECT sentences FROM explanations WHERE copy_id = :copy_id AND exemplar_id = :exemplar_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a database for serving says of itself: "excerpts" where at least one text is not held whole."""

    contents: Contents
    made_at: str
    program: str
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What decides whether a version may be shown whole: its sources' names, and whether its page says it is free.

    is_noarchive: at one look at least its article asked not to be shown from an archive.
    """

    version_id: int
    article_id: int
    is_free: bool | None
    is_noarchive: bool
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A link, what its texts share, and the texts: that of the smaller public id on the left."""

    copy_id: int
    exemplar_id: int
    link: CopyLink
    reuse: Reuse | None
    texts: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortening:
    """How values become what is shown of them, as functions of the SQL above; JSON in, JSON out where it is JSON."""

    shown: Callable[[int, str], str]
    edit: Callable[[int, str], str]
    post_text: Callable[[int, str], str]
    post_edit: Callable[[int, str], str]
    aligned: Callable[[int, int, str, str, str], str]
    short: Callable[[str | None], str | None]
    label: Callable[[str | None], str | None]
    dating: Callable[[str | None], str | None]
    is_address: Callable[[str], bool]
    short_list: Callable[[str], str]
    link_list: Callable[[str], str]
    readings: Callable[[str], str]
    reasons: Callable[[str], str]


@contextmanager
def filling(path: Path, source: Path) -> Iterator[sqlite3.Connection]:
    """A new database at this program's schema, beside one state of the archive's, whatever a crawl writes meanwhile."""
    conn = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rwc", uri=True, timeout=30.0)
    try:
        conn.row_factory = sqlite3.Row
        prepare_connection(conn)
        prepare(conn, path=str(path))
        show_plain(conn)
        conn.commit()
        conn.isolation_level = None
        conn.execute("PRAGMA journal_mode = MEMORY")  # who is stopped here leaves a file that nobody reads
        conn.execute("PRAGMA synchronous = OFF")  # it is synced once, before it takes its place
        conn.execute(ATTACH, {"source": f"{source.resolve().as_uri()}?mode=ro"})
        for (name,) in conn.execute(TRIGGERS).fetchall():
            conn.execute(f'DROP TRIGGER main."{name}"')  # names take no bound values; these are our own
        conn.execute("BEGIN")
        for statement in MARKS:
            conn.execute(statement)
        yield conn
        conn.execute("COMMIT")
        conn.execute(DETACH)
        for statement in SETTLE:
            conn.execute(statement)
    finally:
        conn.close()


def rights(conn: sqlite3.Connection) -> Iterator[Rights]:
    """Every version on the topic."""
    for row in conn.execute(RIGHTS):
        yield Rights(version_id=row["version_id"], article_id=row["article_id"],
                     sources=tuple(json.loads(row["sources"])), is_noarchive=bool(row["is_noarchive"]),
                     is_free=None if row["is_free"] is None else bool(row["is_free"]))


def reuses(conn: sqlite3.Connection) -> Iterator[tuple[int, int, tuple[Passage, ...]]]:
    """Pairs of versions with the passages that they share, those that share most first."""
    for row in conn.execute(REUSES):
        yield row["left_id"], row["right_id"], passages(row["passages"])


def passages(stored: str) -> tuple[Passage, ...]:
    """What two texts share, as it is stored."""
    return tuple(Passage(left_start=a, left_end=b, right_start=c, right_end=d, words=words)
                 for a, b, c, d, words, *_ in json.loads(stored))


def links(conn: sqlite3.Connection) -> Iterator[Explained]:
    """Every link of a text that is not held whole, with what is needed to say why it is shown."""
    for row in conn.execute(LINKS):
        evidence = tuple(Evidence(kind=r["kind"], favours=r["favours"], weight=float(r["weight"]), detail=r["detail"])
                         for r in json.loads(row["evidence"]))
        texts = (row["copy_text"], row["exemplar_text"])
        yield Explained(
            copy_id=row["copy_id"], exemplar_id=row["exemplar_id"],
            texts=texts if row["copy"] < row["exemplar"] else texts[::-1],
            link=CopyLink(
                copy=row["copy"], exemplar=row["exemplar"], relation=row["relation"], copied=row["copied"],
                direction=row["direction"], direction_confidence=row["direction_confidence"], evidence=evidence),
            reuse=None if row["shared"] is None else Reuse(
                relation=row["shared"], passages=passages(row["passages"]), left_coverage=row["left_coverage"],
                right_coverage=row["right_coverage"], order=row["order"], copied=row["reused"]))


def text(conn: sqlite3.Connection, version_id: int) -> str:
    """The whole text of a version."""
    return str(conn.execute(TEXT, {"version_id": version_id}).fetchone()["text"])


def copy(conn: sqlite3.Connection, short: Shortening, cut: Iterable[int]) -> None:
    """Fill all tables that are shown; of the versions `cut`, only what the functions let through."""
    for name, arguments in (("shown", 2), ("edit", 2), ("post_text", 2), ("post_edit", 2), ("aligned", 5), ("short", 1),
                            ("label", 1), ("dating", 1), ("is_address", 1), ("short_list", 1), ("link_list", 1),
                            ("readings", 1), ("reasons", 1)):
        conn.create_function(name, arguments, getattr(short, name), deterministic=True)
    conn.executemany(ADD_EXCERPT, [{"version_id": version_id} for version_id in sorted(cut)])
    for statement in (*COPIES, ADD_REUSES):
        conn.execute(statement)


def add_keys(conn: sqlite3.Connection, lone: Callable[[int], Iterable[int]]) -> None:
    """Of each version those of its keys that are among `lone`, and how rare words are."""
    conn.execute(EPOCH)
    for row in conn.execute(VERSIONS).fetchall():
        conn.execute(ADD_KEYS, {"version_id": row["version_id"], "keys": json.dumps(sorted(lone(row["version_id"])))})


def add_explanation(conn: sqlite3.Connection, copy_id: int, exemplar_id: int, sentences: Sequence[str]) -> None:
    """Keep why a link is shown."""
    conn.execute(ADD_EXPLANATION, {"copy_id": copy_id, "exemplar_id": exemplar_id,
                                   "sentences": json.dumps(list(sentences), ensure_ascii=False)})


def finish(conn: sqlite3.Connection, snapshot: Snapshot) -> None:
    """Index what is held, and say what it is."""
    for statement in FULL_INDEX if snapshot.contents == "full" else WORD_INDEX:
        conn.execute(statement)
    if snapshot.contents == "full":
        for statement in COMPARED:
            conn.execute(statement)
    conn.execute(ADD_MARK, {"contents": snapshot.contents, "made_at": snapshot.made_at, "program": snapshot.program,
                            "title": snapshot.title})


def read(conn: sqlite3.Connection) -> Snapshot | None:
    """What a database says of itself; None where it is the archive's own."""
    if conn.execute(IS_SNAPSHOT).fetchone() is None:
        return None
    contents, made_at, program, title = tuple(conn.execute(SNAPSHOT).fetchone())
    return Snapshot(contents=contents, made_at=made_at, program=program, title=title)


def is_excerpts(conn: sqlite3.Connection) -> bool:
    """Whether at least one text is not held whole."""
    found = read(conn)
    return found is not None and found.contents == "excerpts"


def excerpted(conn: sqlite3.Connection, version_ids: Iterable[int]) -> frozenset[int]:
    """Those of some versions that are not held whole."""
    if not is_excerpts(conn):
        return frozenset()
    return frozenset(row[0] for row in conn.execute(EXCERPTED, {"ids": json.dumps(sorted(set(version_ids)))}))


def explanation(conn: sqlite3.Connection, copy_id: int, exemplar_id: int) -> tuple[str, ...] | None:
    """Why a link is shown, as it was said where the whole texts are; None where they are here."""
    if not is_excerpts(conn):
        return None
    row = conn.execute(EXPLANATION, {"copy_id": copy_id, "exemplar_id": exemplar_id}).fetchone()
    return tuple(json.loads(row[0])) if row else ()
