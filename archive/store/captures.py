"""Captures, observations and discoveries: what came in, and how far the WARC files are indexed."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from archive.lines import one_line, one_word
from archive.model import BlockKind, Capture, Discovery, FailedFetch, Observation, RecordRef, Role, Truncated
from archive.observations import observation
from archive.store import transaction
from archive.times import from_iso, to_iso

END_OF_TIME = datetime.max.replace(tzinfo=UTC)

INDEXED = "SELECT indexed FROM warcs WHERE path = :path"

INDEXED_FILES = "SELECT path, indexed FROM warcs ORDER BY path"

SET_INDEXED = """
    INSERT INTO warcs (path, indexed) VALUES (:path, :indexed)
    ON CONFLICT (path) DO UPDATE SET indexed = max(indexed, excluded.indexed)
"""

ADD_CAPTURE = """
    INSERT OR IGNORE INTO captures (
        url, captured_at, via, role, source, status, media_type, charset, content_encoding, location,
        etag, last_modified, payload_digest, payload_sha256, payload_length, is_revisit, truncated, path, offset, length
    ) VALUES (
        :url, :captured_at, :via, :role, :source, :status, :media_type, :charset, :content_encoding, :location,
        :etag, :last_modified, :payload_digest, :payload_sha256, :payload_length, :is_revisit, :truncated,
        :path, :offset, :length
    )
"""

ADD_OBSERVATION = """
    INSERT OR IGNORE INTO observations (url, at, role, source, outcome, error, via)
    VALUES (:url, :at, :role, :source, :outcome, :error, :via)
"""

# What came in later may be the older: the look after it is judged anew, so that no order of arrival shows.
JUDGE_NEXT = """
    UPDATE observations SET outcome = CASE
        WHEN :payload_digest = (SELECT c.payload_digest FROM captures c WHERE c.url = :url AND c.captured_at = at
                                AND c.truncated IS NULL AND c.status BETWEEN 200 AND 299)
        THEN 'unchanged' ELSE 'new' END
    WHERE url = :url AND outcome IN ('new', 'unchanged') AND at = (
        SELECT min(captured_at) FROM captures c
        WHERE url = :url AND captured_at > :at AND truncated IS NULL AND status BETWEEN 200 AND 299
          AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.url = c.url AND b.payload_digest = c.payload_digest))
"""

LAST_DIGEST = """
    SELECT payload_digest FROM captures c
    WHERE url = :url AND captured_at < :at AND truncated IS NULL AND status BETWEEN 200 AND 299
      AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.url = c.url AND b.payload_digest = c.payload_digest)
    ORDER BY captured_at DESC LIMIT 1
"""

BLOCK = "SELECT kind, reason FROM blocks WHERE url = :url AND payload_digest = :payload_digest LIMIT 1"

LOOKS_AT = "SELECT * FROM captures WHERE url = :url AND role = 'article' ORDER BY captured_at, capture_id"

SET_OUTCOME = "UPDATE observations SET outcome = :outcome, error = :error WHERE url = :url AND at = :at"

ORIGINAL = """
    SELECT * FROM captures
    WHERE url = :url AND payload_digest = :payload_digest AND NOT is_revisit AND truncated IS NULL AND via = :via
    ORDER BY captured_at LIMIT 1
"""

HOLDER = """
    SELECT * FROM captures
    WHERE url = :url AND payload_digest = :payload_digest AND NOT is_revisit AND truncated IS NULL
    ORDER BY captured_at LIMIT 1
"""

HELD = """
    SELECT 1 FROM captures
    WHERE url = :url AND captured_at = :captured_at AND payload_digest = :payload_digest LIMIT 1
"""

KEPT = "SELECT 1 FROM captures WHERE url = :url AND captured_at = :captured_at AND via = :via LIMIT 1"

LATEST = """
    SELECT * FROM captures WHERE url = :url AND captured_at BETWEEN :since AND :until AND via = 'stemma'
    ORDER BY captured_at DESC LIMIT 1
"""

# Servers that had too much to do, the last first; of so many answers the older say hardly anything new.
BUSY = """
    SELECT * FROM captures
    WHERE status IN (429, 503) AND captured_at BETWEEN :since AND :until AND via = 'stemma'
    ORDER BY captured_at DESC LIMIT 1000
"""

# The newest whole capture with a payload, if its server gave a validator. A list was read for some days only: "not
# modified" since then would be an answer from which a rebuild could not tell the rest.
VALIDATED = """
    SELECT * FROM (SELECT * FROM captures c WHERE url = :url AND status IN (200, 304) AND truncated IS NULL
                   AND via = 'stemma' AND role <> 'list'
                   AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.url = c.url AND b.payload_digest = c.payload_digest)
                   ORDER BY captured_at DESC LIMIT 1)
    WHERE etag IS NOT NULL OR last_modified IS NOT NULL
"""

UNREAD_SOURCES = """
    SELECT * FROM captures
    WHERE role IN ('feed', 'sitemap', 'section', 'list') AND status BETWEEN 200 AND 299 AND truncated IS NULL
      AND capture_id NOT IN (SELECT capture_id FROM readings)
    ORDER BY captured_at
"""

# Sources that could be read, in the order in which they answered.
READ_SOURCES = """
    SELECT c.url, c.role, c.source, c.payload_digest, r.discoveries
    FROM captures c JOIN readings r USING (capture_id)
    WHERE c.role IN ('feed', 'sitemap', 'section') AND c.source IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.stage = 'discover' AND f.subject = c.url)
    ORDER BY c.captured_at, c.capture_id
"""

# Pages on the topic that were not read for what they declare as their source; a revisit says what its original says.
UNREAD_PROVENANCE = """
    SELECT * FROM captures c
    WHERE role = 'article' AND status = 200 AND NOT is_revisit AND truncated IS NULL
      AND capture_id NOT IN (SELECT capture_id FROM readings)
      AND EXISTS (SELECT 1 FROM documents d
                  WHERE d.payload_digest = c.payload_digest AND d.url = c.url AND d.on_topic)
    ORDER BY captured_at
"""

ADD_DISCOVERY = """
    INSERT INTO discoveries (url, source, found_at, title, published, lead, byline)
    VALUES (:url, :source, :found_at, :title, :published, :lead, :byline)
    ON CONFLICT (url, source) DO UPDATE SET
        found_at = excluded.found_at, title = excluded.title, published = excluded.published,
        lead = excluded.lead, byline = excluded.byline, promise = NULL, weighed_by = NULL
    WHERE excluded.found_at < found_at
"""

# Announcements of what no look could read, which are all that is known of it.
UNWEIGHED = """
    SELECT url, source, title, lead FROM discoveries d
    WHERE weighed_by IS NOT :weighed_by AND (title IS NOT NULL OR lead IS NOT NULL)
      AND EXISTS (SELECT 1 FROM observations o WHERE o.url = d.url AND o.outcome IN ('blocked', 'gone'))
    ORDER BY url, source
"""

UNWEIGHED_PREVIEWS = """
    SELECT url, payload_digest, title, lead FROM blocks
    WHERE weighed_by IS NOT :weighed_by AND (title IS NOT NULL OR lead IS NOT NULL)
    ORDER BY url, payload_digest
"""

SET_PREVIEW_PROMISE = """
    UPDATE blocks SET promise = :promise, weighed_by = :weighed_by
    WHERE url = :url AND payload_digest = :payload_digest
"""

SET_PROMISE = """
    UPDATE discoveries SET promise = :promise, weighed_by = :weighed_by WHERE url = :url AND source = :source
"""

ADD_READING = """
    INSERT OR IGNORE INTO readings (capture_id, discoveries)
    SELECT capture_id, :discoveries FROM captures WHERE path = :path AND offset = :offset
"""

LOOKS = """
    SELECT d.url, min(d.source) AS source, count(DISTINCT o.at) AS looks, min(o.at) AS first_at, max(o.at) AS last_at,
           (SELECT outcome FROM observations l WHERE l.url = d.url AND l.via = 'stemma' ORDER BY at DESC LIMIT 1)
               AS last_outcome,
           (SELECT a.on_topic FROM addresses x JOIN articles a USING (article_id) WHERE x.url = d.url) AS on_topic,
           (SELECT json_extract(t.published, '$.latest') FROM addresses x JOIN versions v USING (article_id)
            JOIN documents t USING (document_id)
            WHERE x.url = d.url AND v.is_latest AND json_extract(t.published, '$.basis') <> 'htmldate') AS published,
           (SELECT group_concat(v.first_seen) FROM addresses x JOIN versions v USING (article_id)
            WHERE x.url = d.url AND v.ordinal > 1) AS edits,
           (SELECT min(g.at) FROM observations g WHERE g.url = d.url AND g.via = 'stemma' AND g.outcome = 'gone'
            AND NOT EXISTS (SELECT 1 FROM observations l WHERE l.url = d.url AND l.via = 'stemma' AND l.at > g.at
                            AND l.outcome IN ('new', 'unchanged'))) AS gone_since,
           max(d.title) AS title, max(d.lead) AS lead
    FROM discoveries d LEFT JOIN observations o ON o.url = d.url AND o.via = 'stemma' AND o.at <= :until
    GROUP BY d.url ORDER BY min(d.found_at), d.url
"""

CAPTURE_AT = "SELECT * FROM captures WHERE path = :path AND offset = :offset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is known of a discovered URL: how often it was looked at and what was found last.

    published is the latest moment at which its page may have been published, as its markup declares it (a date that
    was guessed from the page does not count); edits are the first sightings of its later versions; gone_since is the
    first of the looks that found it gone, if none found it since.
    """

    url: str
    source: str
    looks: int
    first_at: datetime | None
    last_at: datetime | None
    last_outcome: str | None
    on_topic: bool | None
    title: str | None = None
    lead: str | None = None
    published: datetime | None = None
    edits: tuple[datetime, ...] = ()
    gone_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSource:
    """A source's answer that could be read, with the number of its discoveries."""

    url: str
    role: Role
    source: str
    payload_digest: str
    discoveries: int


def indexed(conn: sqlite3.Connection, path: str) -> int:
    """Bytes of a WARC file whose records are in the database."""
    row = conn.execute(INDEXED, {"path": path}).fetchone()
    return int(row["indexed"]) if row else 0


def indexed_files(conn: sqlite3.Connection) -> list[tuple[str, int]]:
    """Every WARC file of which records are in the database, and up to which byte."""
    return [(row["path"], row["indexed"]) for row in conn.execute(INDEXED_FILES)]


def set_indexed(conn: sqlite3.Connection, path: str, end: int) -> None:
    """Note that the records before byte `end` are in the database."""
    conn.execute(SET_INDEXED, {"path": path, "indexed": end})


def add(conn: sqlite3.Connection, capture: Capture) -> Observation:
    """Keep a capture and what it observed, and that its WARC file is indexed up to its end."""
    with transaction(conn):
        row = conn.execute(LAST_DIGEST, {"url": capture.url, "at": to_iso(capture.captured_at)}).fetchone()
        seen = observation(capture, last_digest=row["payload_digest"] if row else None, block=_block(conn, capture))
        set_indexed(conn, capture.record.path, capture.record.offset + capture.record.length)
        conn.execute(ADD_CAPTURE, _capture_values(capture))
        _add_observation(conn, seen, role=capture.role, source=capture.source, via=capture.via)
        if seen.outcome in ("new", "unchanged"):
            conn.execute(JUDGE_NEXT, {
                "url": capture.url, "at": to_iso(capture.captured_at), "payload_digest": capture.payload_digest,
            })
    return seen


def judge_again(conn: sqlite3.Connection, url: str) -> None:
    """Decide anew what every look at an article found, as the blocks known by now make some of them another thing."""
    last_digest = None
    for row in conn.execute(LOOKS_AT, {"url": url}).fetchall():
        capture = _capture(row)
        seen = observation(capture, last_digest=last_digest, block=_block(conn, capture))
        values = {"url": seen.url, "at": to_iso(seen.at), "outcome": seen.outcome, "error": seen.error}
        conn.execute(SET_OUTCOME, values)
        if seen.outcome in ("new", "unchanged"):
            last_digest = capture.payload_digest


def _block(conn: sqlite3.Connection, capture: Capture) -> tuple[BlockKind, str] | None:
    row = conn.execute(BLOCK, {"url": capture.url, "payload_digest": capture.payload_digest}).fetchone()
    return (row["kind"], row["reason"]) if row else None


def add_failed(conn: sqlite3.Connection, failed: FailedFetch, record: RecordRef) -> Observation:
    """Keep a look that got no answer, and that its WARC file is indexed up to its record's end."""
    seen = Observation(url=one_word(failed.url), at=failed.at, outcome="failed", error=one_line(failed.error))
    with transaction(conn):
        set_indexed(conn, record.path, record.offset + record.length)
        _add_observation(conn, seen, role=failed.role, source=failed.source, via="stemma")
    return seen


def original(conn: sqlite3.Connection, *, url: str, payload_digest: str, via: str = "stemma") -> Capture | None:
    """The first whole capture of a URL by one agent that holds a payload, which its later revisits refer to.

    By one agent, so that what is a revisit does not depend on which source was asked first.
    """
    row = conn.execute(ORIGINAL, {"url": url, "payload_digest": payload_digest, "via": via}).fetchone()
    return _capture(row) if row else None


def holder(conn: sqlite3.Connection, *, url: str, payload_digest: str) -> Capture | None:
    """The first whole capture of a URL that holds a payload, whoever captured it."""
    row = conn.execute(HOLDER, {"url": url, "payload_digest": payload_digest}).fetchone()
    return _capture(row) if row else None


def is_held(conn: sqlite3.Connection, *, url: str, captured_at: datetime, payload_digest: str) -> bool:
    """Whether a capture is in the archive already, whoever brought it."""
    values = {"url": url, "captured_at": to_iso(captured_at), "payload_digest": payload_digest}
    return conn.execute(HELD, values).fetchone() is not None


def is_kept(conn: sqlite3.Connection, *, url: str, captured_at: datetime, via: str) -> bool:
    """Whether the archive holds what an agent captured at a moment, whatever the payload."""
    values = {"url": url, "captured_at": to_iso(captured_at), "via": via}
    return conn.execute(KEPT, values).fetchone() is not None


def latest(conn: sqlite3.Connection, *, url: str, since: datetime, until: datetime) -> Capture | None:
    """The newest capture of a URL between two moments."""
    row = conn.execute(LATEST, {"url": url, "since": to_iso(since), "until": to_iso(until)}).fetchone()
    return _capture(row) if row else None


def busy(conn: sqlite3.Connection, *, since: datetime, until: datetime) -> list[Capture]:
    """Answers of 429 and 503 between two moments, the newest first."""
    return [_capture(row) for row in conn.execute(BUSY, {"since": to_iso(since), "until": to_iso(until)})]


def validated(conn: sqlite3.Connection, *, url: str) -> Capture | None:
    """The whole capture whose validators to send when a URL is asked for again; None where it has none."""
    row = conn.execute(VALIDATED, {"url": url}).fetchone()
    return _capture(row) if row else None


def unread_sources(conn: sqlite3.Connection) -> list[Capture]:
    """Captures of feeds, sitemaps and lists whose discoveries are not in the database yet, oldest first."""
    return [_capture(row) for row in conn.execute(UNREAD_SOURCES)]


def read_sources(conn: sqlite3.Connection) -> list[ReadSource]:
    """Every answer of a source that could be read, oldest first."""
    return [ReadSource(**dict(row)) for row in conn.execute(READ_SOURCES)]


def unread_provenance(conn: sqlite3.Connection) -> list[Capture]:
    """Captures of articles on the topic that were not read for what they declare as their source, oldest first."""
    return [_capture(row) for row in conn.execute(UNREAD_PROVENANCE)]


def add_discoveries(conn: sqlite3.Connection, record: RecordRef, discoveries: Iterable[Discovery]) -> int:
    """Keep what one capture of a source, or of an article, announced; a source's earliest announcement stands."""
    found = tuple(discoveries)
    rows = (
        {"url": d.url, "source": d.source, "found_at": to_iso(d.found_at), "title": d.title, "published": d.published,
         "lead": d.lead, "byline": d.byline}
        for d in found
    )
    with transaction(conn):
        conn.executemany(ADD_DISCOVERY, rows)
        conn.execute(ADD_READING, {"path": record.path, "offset": record.offset, "discoveries": len(found)})
    return len(found)


def unweighed(conn: sqlite3.Connection, *, weighed_by: str) -> list[tuple[str, str, str | None, str | None]]:
    """(URL, source, headline, lead) of announcements of what could not be read that a topic file has not weighed."""
    rows = conn.execute(UNWEIGHED, {"weighed_by": weighed_by})
    return [(row["url"], row["source"], row["title"], row["lead"]) for row in rows]


def set_promise(conn: sqlite3.Connection, url: str, source: str, promise: float | None, *, weighed_by: str) -> None:
    """Keep how promising an announcement is for the topic; None: it does not tell."""
    conn.execute(SET_PROMISE, {"url": url, "source": source, "promise": promise, "weighed_by": weighed_by})


def unweighed_previews(
    conn: sqlite3.Connection, *, weighed_by: str
) -> list[tuple[str, str, str | None, str | None]]:
    """(URL, payload digest, headline, lead) of the previews of pages in an article's place, to be weighed."""
    rows = conn.execute(UNWEIGHED_PREVIEWS, {"weighed_by": weighed_by})
    return [(row["url"], row["payload_digest"], row["title"], row["lead"]) for row in rows]


def set_preview_promise(
    conn: sqlite3.Connection, url: str, payload_digest: str, promise: float | None, *, weighed_by: str
) -> None:
    """Keep how promising a preview is for the topic; None: it does not tell."""
    values = {"url": url, "payload_digest": payload_digest, "promise": promise, "weighed_by": weighed_by}
    conn.execute(SET_PREVIEW_PROMISE, values)


def looks(conn: sqlite3.Connection, *, until: datetime = END_OF_TIME) -> Iterator[Look]:
    """Every discovered URL with what was seen of it until a moment, in the order of discovery.

    What a clock that was wrong put into the future would keep a page from being looked at until then.
    """
    names: dict[str, str] = {}  # of which one text each is enough, in whatever is kept of so many rows
    for row in conn.execute(LOOKS, {"until": to_iso(until)}):
        yield Look(
            url=row["url"], source=names.setdefault(row["source"], row["source"]), looks=row["looks"],
            first_at=_moment(row["first_at"]), last_at=_moment(row["last_at"]), last_outcome=row["last_outcome"],
            on_topic=None if row["on_topic"] is None else bool(row["on_topic"]), title=row["title"], lead=row["lead"],
            published=_moment(row["published"]), gone_since=_moment(row["gone_since"]),
            edits=tuple(map(from_iso, row["edits"].split(","))) if row["edits"] else (),
        )


def _moment(text: str | None) -> datetime | None:
    return from_iso(text) if text else None


def capture_at(conn: sqlite3.Connection, *, path: str, offset: int) -> Capture | None:
    """The capture whose WARC record starts at a byte of a file."""
    row = conn.execute(CAPTURE_AT, {"path": path, "offset": offset}).fetchone()
    return _capture(row) if row else None


def _add_observation(
    conn: sqlite3.Connection, seen: Observation, *, role: Role, source: str | None, via: str
) -> None:
    conn.execute(ADD_OBSERVATION, {
        "url": seen.url, "at": to_iso(seen.at), "role": role, "source": source,
        "outcome": seen.outcome, "error": seen.error, "via": via,
    })


def _capture_values(capture: Capture) -> dict[str, object]:
    return {
        "url": capture.url, "captured_at": to_iso(capture.captured_at), "via": capture.via, "role": capture.role,
        "source": capture.source, "status": capture.status, "media_type": capture.media_type,
        "charset": capture.charset, "content_encoding": capture.content_encoding, "location": capture.location,
        "etag": capture.etag, "last_modified": capture.last_modified,
        "payload_digest": capture.payload_digest, "payload_sha256": capture.payload_sha256,
        "payload_length": capture.payload_length, "is_revisit": int(capture.is_revisit),
        "truncated": capture.truncated, "path": capture.record.path, "offset": capture.record.offset,
        "length": capture.record.length,
    }


def _capture(row: sqlite3.Row) -> Capture:
    return Capture(
        url=row["url"], captured_at=from_iso(row["captured_at"]), via=row["via"], role=cast(Role, row["role"]),
        source=row["source"], status=row["status"], media_type=row["media_type"], charset=row["charset"],
        content_encoding=row["content_encoding"], location=row["location"], etag=row["etag"],
        last_modified=row["last_modified"], payload_digest=row["payload_digest"],
        payload_sha256=row["payload_sha256"], payload_length=row["payload_length"],
        is_revisit=bool(row["is_revisit"]), truncated=cast("Truncated | None", row["truncated"]),
        record=RecordRef(path=row["path"], offset=row["offset"], length=row["length"]),
    )
