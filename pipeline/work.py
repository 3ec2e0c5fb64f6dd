"""What every step works with: an open archive, its topic, a clock and a way to show progress."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from archive import log
from archive.errors import DamagedLog, MissingKey, TopicError, WriteFailed
from archive.folder import Archive
from archive.ledger.extend import extend
from archive.model import Failure, Report
from archive.store import runs
from archive.topic import Topic
from pipeline import PROGRAM
from pipeline.custody.stamping import keep_authorities, stamp

Clock = Callable[[], datetime]
Progress = Callable[[str, int, int], None]  # step, done, total (0: not known)


@dataclass(frozen=True, slots=True)
class Work:
    """What every step works with."""

    archive: Archive
    topic: Topic
    clock: Clock
    progress: Progress

    @property
    def conn(self) -> sqlite3.Connection:
        """The archive's database."""
        return self.archive.conn

    def fail(self, stage: str, subject: str, reason: str, *, program: str = PROGRAM) -> None:
        """Keep why a stage could not process a subject; `program` names what may try again only when it changed."""
        log.event("failure", stage=stage, subject=subject, reason=reason)
        runs.add_failure(
            self.conn, Failure(stage=stage, subject=subject, reason=reason, at=self.clock()), program=program
        )


@contextmanager
def noted_run(archive: Archive, topic: Topic, command: str, clock: Clock) -> Iterator[list[Report]]:
    """A run in `runs` and in the log, and the list of its reports; one without an end was killed.

    What refuses, or fails, ends it with the reason as its one report more.
    """
    with log.logging_to(archive.folder.log):
        reports: list[Report] = []
        run_id = runs.start_run(archive.conn, command=command, program=PROGRAM, topic_digest=topic.digest, at=clock())
        log.event("run_started", command=command, run=run_id, program=PROGRAM, topic=topic.name)
        try:
            yield reports
        except BaseException as error:
            log.event("run_failed", command=command, run=run_id, error=f"{type(error).__name__}: {error}")
            if isinstance(error, Exception):
                with suppress(sqlite3.Error):  # the disk may be full, or the database gone
                    runs.end_run(archive.conn, run_id, [*reports, Report(step=command, failed=((str(error), 1),))],
                                 at=clock())
            raise
        if not any(report.step == "log" for report in reports):
            reports += sealed(archive, topic, clock)
        runs.end_run(archive.conn, run_id, reports, at=clock())
        for report in reports:
            log.event("step", run=run_id, step=report.step, done=report.done, skipped=report.skipped,
                      failed=sum(n for _, n in report.failed), seconds=report.seconds)
        log.event("run_ended", command=command, run=run_id)


def sealed(archive: Archive, topic: Topic, clock: Clock) -> list[Report]:
    """Enter what is new into the signed log, sign its head and have it stamped with the time.

    What hinders that needs a person, and stops no run.
    """
    entered = _entered(archive, topic, clock)
    stamped = stamp(archive, topic, now=clock()) if not entered.failed else None
    return [entered, *([stamped] if stamped is not None else [])]


def _entered(archive: Archive, topic: Topic, clock: Clock) -> Report:
    started, subject = monotonic(), "log"
    try:
        keep_authorities(archive.folder, topic, now=clock())
        added, _ = extend(archive.folder, now=clock())
    except (DamagedLog, MissingKey, TopicError, WriteFailed) as error:
        runs.add_failure(archive.conn, Failure(stage="log", subject=subject, reason=str(error), at=clock()),
                         program=PROGRAM)
        return Report(step="log", failed=((str(error), 1),), attention=(str(error),), seconds=monotonic() - started)
    runs.clear_failure(archive.conn, stage="log", subject=subject)
    return Report(step="log", done=added, seconds=monotonic() - started)


def by_frequency(failed: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Reasons with their counts, the most frequent first."""
    return tuple(failed.most_common())
