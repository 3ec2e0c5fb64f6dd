"""How sources, hosts and runs fare, and the alarms that a person was told: what `stemma status` is made from."""

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from archive.model import Alarm
from archive.store import transaction
from archive.times import from_iso, to_iso

# A redirect is on the way to a look, and no look of its own; nor is a try that failed and was made again at once.
SOURCES = """
    WITH look AS NOT MATERIALIZED (
        SELECT source, role, at, outcome, error, outcome IN ('failed', 'gone', 'blocked') AS is_failed
        FROM observations o WHERE via = 'stemma' AND outcome != 'redirected'
          AND NOT (outcome = 'failed' AND EXISTS (
              SELECT 1 FROM observations n WHERE n.source = o.source AND n.role = o.role AND n.url = o.url
              AND n.via = 'stemma' AND n.at > o.at AND n.at <= strftime('%Y-%m-%dT%H:%M:%fZ', o.at, '+10 minutes')
              AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.started_at > o.at AND r.started_at <= n.at)))
    )
    SELECT s.name, s.outlet, s.kind, s.address,
           (SELECT max(at) FROM look l WHERE l.source = s.name AND l.role = s.kind) AS last_look,
           (SELECT max(at) FROM look l WHERE l.source = s.name AND l.role = s.kind AND NOT is_failed) AS last_success,
           (SELECT count(*) FROM look l WHERE l.source = s.name AND l.role = s.kind AND at >= :since) AS looks,
           (SELECT count(*) FROM look l WHERE l.source = s.name AND l.role = s.kind AND at >= :since AND is_failed)
               AS failed,
           (SELECT CASE WHEN is_failed THEN coalesce(error, outcome) END FROM look l
            WHERE l.source = s.name AND l.role = s.kind ORDER BY at DESC LIMIT 1) AS reason,
           (SELECT reason FROM failures f WHERE f.stage = 'refused' AND f.subject = s.address) AS refused,
           (SELECT reason FROM failures f WHERE f.stage = 'discover' AND f.subject = s.address) AS unreadable,
           (SELECT count(*) FROM discoveries d WHERE d.source = s.name) AS discovered,
           (SELECT r.discoveries FROM captures c JOIN readings r USING (capture_id)
            WHERE c.url = s.address AND c.role = s.kind AND c.status BETWEEN 200 AND 299
            ORDER BY c.captured_at DESC LIMIT 1) AS last_read
    FROM sources s ORDER BY s.name
"""

# Back from each source's last arrival, so that one which fell silent keeps its history for good.
ARRIVALS = """
    WITH shown AS (
        SELECT source, strftime('%Y-%m-%dT%H:%M:%fZ', max(found_at), '-' || :days || ' days') AS since
        FROM discoveries GROUP BY source
    )
    SELECT d.source, d.found_at, count(*) AS n FROM discoveries d JOIN shown s USING (source)
    WHERE d.found_at >= s.since GROUP BY d.source, d.found_at ORDER BY d.found_at
"""

# The status of what was refused; none where a page stood in the article's place.
LOOKS = """
    SELECT url, outcome = 'blocked' AS is_blocked, CASE WHEN outcome = 'blocked' THEN (
               SELECT nullif(max(c.status), 200) FROM captures c WHERE c.url = o.url AND c.captured_at = o.at
           ) END AS status
    FROM observations o
    WHERE via = 'stemma' AND role != 'robots' AND at >= :since AND outcome NOT IN ('redirected', 'failed')
"""

# Sites that a crawl left alone: their failures have the site's name for a subject.
LEFT_ALONE = """
    SELECT subject, reason, at FROM failures WHERE stage = 'crawl' AND subject IN (SELECT domain FROM outlets)
"""

OUTLET_DOMAINS = "SELECT domain FROM outlets"

DAMAGED = "SELECT subject, reason FROM failures WHERE stage IN ('index', 'log') ORDER BY subject"

# Of a damaged record the subject names the byte: that is mended by a rebuild.
LOST_FILES = "SELECT subject FROM failures WHERE stage = 'index' AND subject NOT LIKE '% at byte %'"
FOUND_AGAIN = "DELETE FROM failures WHERE stage = 'index' AND subject = :subject"

REDIRECTS = "SELECT url, error FROM observations WHERE outcome = 'redirected' ORDER BY at"

DECLARED_DATES = "SELECT published FROM discoveries WHERE source = :source AND published IS NOT NULL"

FIRST_RUN = "SELECT min(started_at) AS at FROM runs"

LAST_RUN_OF = "SELECT max(ended_at) AS at FROM runs WHERE command = :command"

LAST_CRAWL = """
    SELECT report FROM runs WHERE command IN ('run', 'crawl') AND ended_at IS NOT NULL ORDER BY run_id DESC LIMIT 1
"""

INTEGRITY = "PRAGMA integrity_check(20)"

ALARMS = "SELECT name, since, sentence FROM alarms ORDER BY since, name"
CLEAR_ALARMS = "DELETE FROM alarms"
ADD_ALARM = "INSERT INTO alarms (name, since, sentence) VALUES (:name, :since, :sentence)"

CARED_FOR = """
    SELECT command, program, topic_digest, started_at, ended_at, report FROM runs
    WHERE command IN ('backup', 'verify') AND ended_at IS NOT NULL ORDER BY run_id
"""
ADD_RUN = """
    INSERT INTO runs (command, program, topic_digest, started_at, ended_at, report)
    VALUES (:command, :program, :topic_digest, :started_at, :ended_at, :report)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceHealth:
    """A source with its looks; looks and failed count those since a moment.

    reason is why the last look failed, refused why the address may not be asked, unreadable what it gave could not be;
    last_read is what the newest answer announced, None where it was not read.
    """

    name: str
    outlet: str
    kind: str
    address: str | None
    last_look: datetime | None
    last_success: datetime | None
    looks: int
    failed: int
    reason: str | None
    refused: str | None
    unreadable: str | None
    discovered: int
    last_read: int | None


def sources(conn: sqlite3.Connection, *, since: datetime) -> list[SourceHealth]:
    """Every source of the topic with its looks."""
    return [SourceHealth(**dict(row) | {
        "last_look": _moment(row["last_look"]), "last_success": _moment(row["last_success"]),
    }) for row in conn.execute(SOURCES, {"since": to_iso(since)})]


def arrivals(conn: sqlite3.Connection, *, days: int) -> Iterator[tuple[str, datetime, int]]:
    """(source, moment, new addresses) of the days before each source's last arrival, in the order of time."""
    for row in conn.execute(ARRIVALS, {"days": days}).fetchall():
        yield row["source"], from_iso(row["found_at"]), row["n"]


def looks(conn: sqlite3.Connection, *, since: datetime) -> Iterator[tuple[str, bool, int | None]]:
    """(address, whether it refused, with which status) of every look that was answered."""
    for row in conn.execute(LOOKS, {"since": to_iso(since)}):
        yield row["url"], bool(row["is_blocked"]), row["status"]


def left_alone(conn: sqlite3.Connection) -> dict[str, tuple[str, datetime]]:
    """Registered domain -> why, and when, a crawl last left a site of the topic alone."""
    return {row["subject"]: (row["reason"], from_iso(row["at"])) for row in conn.execute(LEFT_ALONE)}


def outlet_domains(conn: sqlite3.Connection) -> frozenset[str]:
    """Registered domains of the topic's sources."""
    return frozenset(row["domain"] for row in conn.execute(OUTLET_DOMAINS))


def damaged(conn: sqlite3.Connection) -> tuple[tuple[str, str], ...]:
    """(WARC file, what is wrong) of every record and file that cannot be read."""
    return tuple((row["subject"].partition(" at byte ")[0], row["reason"]) for row in conn.execute(DAMAGED))


def clear_found(conn: sqlite3.Connection, lost: Collection[str]) -> None:
    """WARC files that were missing or cut off and are not among the lost any more are no damage."""
    gone = [row["subject"] for row in conn.execute(LOST_FILES)]
    conn.executemany(FOUND_AGAIN, [{"subject": subject} for subject in gone if subject not in lost])


def integrity(conn: sqlite3.Connection) -> list[str]:
    """What SQLite finds wrong with the database's structure and indexes, twenty things at most."""
    try:
        found = [str(row[0]) for row in conn.execute(INTEGRITY)]
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return [str(error)]
    return [line for line in found if line != "ok"]


def redirects(conn: sqlite3.Connection) -> dict[str, str | None]:
    """Where addresses last redirected to, as their servers said it."""
    return {row["url"]: row["error"] for row in conn.execute(REDIRECTS)}


def declared_dates(conn: sqlite3.Connection, source: str) -> list[str]:
    """The dates of what a source announced, verbatim."""
    return [row["published"] for row in conn.execute(DECLARED_DATES, {"source": source})]


def first_run(conn: sqlite3.Connection) -> datetime | None:
    """When the first run began that this database knows of."""
    return _moment(conn.execute(FIRST_RUN).fetchone()["at"])


def last_run_of(conn: sqlite3.Connection, command: str) -> datetime | None:
    """When a command last ended in order."""
    return _moment(conn.execute(LAST_RUN_OF, {"command": command}).fetchone()["at"])


def last_crawl_said(conn: sqlite3.Connection) -> tuple[str, ...]:
    """What a person must mend by the report of the last crawl."""
    row = conn.execute(LAST_CRAWL).fetchone()
    steps = json.loads(row["report"]) if row and row["report"] else []
    return tuple(sentence for step in steps if step["step"] == "crawl" for sentence in step["attention"])


def alarms(conn: sqlite3.Connection) -> list[Alarm]:
    """What a person was told and stands."""
    return [Alarm(name=row["name"], since=from_iso(row["since"]), sentence=row["sentence"])
            for row in conn.execute(ALARMS)]


def set_alarms(conn: sqlite3.Connection, standing: Sequence[Alarm]) -> None:
    """Put what stands now in place of what stood before."""
    with transaction(conn):
        conn.execute(CLEAR_ALARMS)
        conn.executemany(ADD_ALARM, [
            {"name": alarm.name, "since": to_iso(alarm.since), "sentence": alarm.sentence} for alarm in standing
        ])


def carry_over(old: sqlite3.Connection, new: sqlite3.Connection) -> None:
    """Take into a new database what was told, and when the archive was cared for; what cannot be read is let go."""
    with suppress(sqlite3.DatabaseError), transaction(new):
        new.executemany(ADD_RUN, [dict(row) for row in old.execute(CARED_FOR)])
        new.executemany(ADD_ALARM, [dict(row) for row in old.execute(ALARMS)])


def _moment(text: str | None) -> datetime | None:
    return from_iso(text) if text else None
