"""Runs and failures: the provenance of every derived row, and what could not be processed."""

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from archive.model import Failure, Report
from archive.store import transaction
from archive.times import to_iso

ADD_FAILURE = """
    INSERT INTO failures (stage, subject, program, reason, at) VALUES (:stage, :subject, :program, :reason, :at)
    ON CONFLICT (stage, subject) DO UPDATE SET program = excluded.program, reason = excluded.reason, at = excluded.at
"""

CLEAR_FAILURE = "DELETE FROM failures WHERE stage = :stage AND subject = :subject"

FAILURES = "SELECT stage, reason, count(*) AS n FROM failures GROUP BY stage, reason ORDER BY n DESC, stage, reason"

SUBJECTS = "SELECT DISTINCT subject FROM failures WHERE stage IN (SELECT value FROM json_each(:stages))"

START_RUN = """
    INSERT INTO runs (command, program, topic_digest, started_at) VALUES (:command, :program, :topic_digest, :at)
"""

END_RUN = "UPDATE runs SET ended_at = :at, report = :report WHERE run_id = :run_id"

LAST_RUNS = "SELECT command, program, started_at, ended_at, report FROM runs ORDER BY run_id DESC LIMIT :limit"

COUNTS = """
    SELECT 'captures' AS what, count(*) AS n FROM captures
    UNION ALL SELECT 'bytes of payloads', coalesce(sum(payload_length), 0) FROM captures WHERE NOT is_revisit
    UNION ALL SELECT 'discovered addresses', count(DISTINCT url) FROM discoveries
    UNION ALL SELECT 'articles on the topic', count(*) FROM articles WHERE on_topic
    UNION ALL SELECT 'articles off the topic', count(*) FROM articles WHERE NOT on_topic
    UNION ALL SELECT 'versions', count(*) FROM versions
    UNION ALL SELECT 'copy links', count(*) FROM links
    UNION ALL SELECT 'families', count(*) FROM families
    UNION ALL SELECT 'failures', count(*) FROM failures
"""

# Of every address that failed, why: what could not be read in it, else what the last look at it found.
REASONS = """
    SELECT url AS subject, error AS reason FROM observations o
    WHERE error IS NOT NULL AND outcome != 'redirected'
      AND at = (SELECT max(at) FROM observations l WHERE l.url = o.url)
    UNION ALL SELECT subject, reason FROM failures WHERE stage IN ('discover', 'crawl', 'refused')
"""

CLEAR_SOURCES = "DELETE FROM sources"
ADD_SOURCE = """
    INSERT INTO sources (name, outlet, kind, address, country, language)
    VALUES (:name, :outlet, :kind, :address, :country, :language)
"""
DROP_OUTLET = "DELETE FROM outlets WHERE domain = :domain"
OUTLETS = "SELECT domain, outlet, country, owner FROM outlets"
# An outlet's name is evidence in credit lines: its articles' links are decided again.
QUEUE_OUTLET = "INSERT OR IGNORE INTO unlinked (article_id) SELECT article_id FROM articles WHERE domain = :domain"
ADD_OUTLET = """
    INSERT INTO outlets (domain, outlet, country, owner) VALUES (:domain, :outlet, :country, :owner)
"""


def add_failure(conn: sqlite3.Connection, failure: Failure, *, program: str) -> None:
    """Keep why a stage could not process a subject; the newest reason stands."""
    conn.execute(ADD_FAILURE, {
        "stage": failure.stage, "subject": failure.subject, "program": program, "reason": failure.reason,
        "at": to_iso(failure.at),
    })


def clear_failure(conn: sqlite3.Connection, *, stage: str, subject: str) -> None:
    """A subject that failed before was processed."""
    conn.execute(CLEAR_FAILURE, {"stage": stage, "subject": subject})


def subjects(conn: sqlite3.Connection, *, stages: Sequence[str]) -> set[str]:
    """What stands in `failures` for some stages."""
    return {row["subject"] for row in conn.execute(SUBJECTS, {"stages": json.dumps(stages)})}


def failures(conn: sqlite3.Connection) -> list[tuple[str, str, int]]:
    """(stage, reason, count), the most frequent first."""
    return [(row["stage"], row["reason"], row["n"]) for row in conn.execute(FAILURES)]


def start_run(conn: sqlite3.Connection, *, command: str, program: str, topic_digest: str | None, at: datetime) -> int:
    """Note that a run began; returns its id."""
    values = {"command": command, "program": program, "topic_digest": topic_digest, "at": to_iso(at)}
    return int(conn.execute(START_RUN, values).lastrowid or 0)


def end_run(conn: sqlite3.Connection, run_id: int, reports: Sequence[Report], *, at: datetime) -> None:
    """Note that a run ended, with what it did."""
    conn.execute(END_RUN, {
        "run_id": run_id, "at": to_iso(at), "report": json.dumps([as_json(report) for report in reports]),
    })


def as_json(report: Report) -> dict[str, object]:
    """A report for machines."""
    return {
        "step": report.step, "done": report.done, "skipped": report.skipped, "failed": dict(report.failed),
        "counts": dict(report.counts), "attention": list(report.attention), "seconds": round(report.seconds, 3),
    }


def last_runs(conn: sqlite3.Connection, *, limit: int) -> list[dict[str, object]]:
    """The newest runs first."""
    return [dict(row) for row in conn.execute(LAST_RUNS, {"limit": limit})]


def reasons(conn: sqlite3.Connection) -> dict[str, str]:
    """Addresses whose last look failed, or that could not be read, with the reason."""
    return {row["subject"]: row["reason"] for row in conn.execute(REASONS)}


def counts(conn: sqlite3.Connection) -> dict[str, int]:
    """What the archive holds."""
    return {row["what"]: row["n"] for row in conn.execute(COUNTS)}


def set_sources(
    conn: sqlite3.Connection, sources: Sequence[dict[str, str | None]], outlets: Sequence[dict[str, str | None]]
) -> None:
    """Put the topic's sources and the outlets of their hosts in place of the ones before."""
    with transaction(conn):
        conn.execute(CLEAR_SOURCES)
        conn.executemany(ADD_SOURCE, sources)
        before = {tuple(row) for row in conn.execute(OUTLETS)}
        first = {row["domain"]: row for row in reversed(outlets)}  # of several of one domain
        wanted = {(row["domain"], row["outlet"], row["country"], row["owner"]): row for row in first.values()}
        changed = before ^ wanted.keys()  # the rest stays: what hangs on an outlet's row is made anew with it
        conn.executemany(DROP_OUTLET, [{"domain": row[0]} for row in changed & before])
        conn.executemany(ADD_OUTLET, [wanted[row] for row in changed - before])
        conn.executemany(QUEUE_OUTLET, [{"domain": domain} for domain in sorted({str(row[0]) for row in changed})])
