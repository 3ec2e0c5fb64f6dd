"""Discoveries: what sources announced, what of them is still to be read, and what is known of each address."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.model import Capture, Discovery, RecordRef, Role
from archive.store import transaction, withholdings
from archive.store.captures import from_row
from archive.times import from_iso, to_iso
from archive.withholdings import covers

END_OF_TIME = datetime.max.replace(tzinfo=UTC)

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
       -- what was withheld, and is shown again
       OR excluded.found_at = found_at AND coalesce(discoveries.title, discoveries.lead, discoveries.byline) IS NULL
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
    WHERE NOT EXISTS (SELECT 1 FROM withheld_addresses w WHERE w.url = d.url)
    GROUP BY d.url ORDER BY min(d.found_at), d.url
"""

# Addresses that a source announced since a moment, and that nobody looked at.
ANNOUNCED = """
    SELECT url, title FROM discoveries d
    WHERE source = :source AND found_at >= :since AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.url = d.url)
    ORDER BY found_at, url
"""


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


def unread_sources(conn: sqlite3.Connection) -> list[Capture]:
    """Captures of feeds, sitemaps and lists whose discoveries are not in the database yet, oldest first."""
    return [from_row(row) for row in conn.execute(UNREAD_SOURCES)]


def read_sources(conn: sqlite3.Connection) -> list[ReadSource]:
    """Every answer of a source that could be read, oldest first."""
    return [ReadSource(**dict(row)) for row in conn.execute(READ_SOURCES)]


def unread_provenance(conn: sqlite3.Connection) -> list[Capture]:
    """Captures of articles on the topic that were not read for what they declare as their source, oldest first."""
    return [from_row(row) for row in conn.execute(UNREAD_PROVENANCE)]


def add_discoveries(conn: sqlite3.Connection, record: RecordRef, discoveries: Iterable[Discovery]) -> int:
    """Keep what one capture of a source, or of an article, announced; a source's earliest announcement stands."""
    found, withheld = tuple(discoveries), withholdings.addresses(conn)
    rows = (
        {"url": d.url, "source": d.source, "found_at": to_iso(d.found_at), "title": d.title, "published": d.published,
         "lead": d.lead, "byline": d.byline}
        for d in found
    )
    with transaction(conn):
        conn.executemany(ADD_DISCOVERY, rows)
        for d in found if withheld else ():
            article = withholdings.article_of(conn, d.url) if covers(withheld, d.url) else None
            if article is not None:
                withholdings.cover(conn, article, [d.url])
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
    """Every discovered URL that is not withheld, with what was seen of it until a moment, in the order of discovery.

    What a clock that was wrong put into the future would keep a page from being looked at until then.
    """
    names: dict[str, str] = {}  # of which one text each is enough, in whatever is kept of so many rows
    for row in conn.execute(LOOKS, {"until": to_iso(until)}):
        yield Look(
            url=row["url"], source=names.setdefault(row["source"], row["source"]), looks=row["looks"],
            first_at=_moment(row["first_at"]), last_at=_moment(row["last_at"]),
            on_topic=None if row["on_topic"] is None else bool(row["on_topic"]), title=row["title"], lead=row["lead"],
            published=_moment(row["published"]), gone_since=_moment(row["gone_since"]),
            edits=tuple(map(from_iso, row["edits"].split(","))) if row["edits"] else (),
        )


def announced(conn: sqlite3.Connection, source: str, *, since: datetime) -> list[tuple[str, str | None]]:
    """(URL, headline) of what a source announced since a moment, and nobody looked at yet."""
    rows = conn.execute(ANNOUNCED, {"source": source, "since": to_iso(since)})
    return [(row["url"], row["title"]) for row in rows]


def _moment(text: str | None) -> datetime | None:
    return from_iso(text) if text else None
