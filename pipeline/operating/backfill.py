"""`stemma backfill` and `stemma import`: what others captured, brought into the archive."""

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING

from archive.errors import ArchiveError, CrawlFailed, TopicError
from archive.folder import DataFolder, open_archive
from archive.model import Failure, Report
from archive.store import runs
from archive.topic import Topic
from archive.warc import WarcWriter
from crawlers.archives.span import HEAVY, Service, Span, estimate, estimate_files, hosts, plan
from pipeline import PROGRAM
from pipeline.intake import index_pending, note_topic, read_withholdings
from pipeline.operating.care import reading
from pipeline.work import Clock, Progress, Work, noted_run

if TYPE_CHECKING:
    from crawlers.archives.backfill import TurnReport

BETWEEN_TURNS = 1.0  # seconds in which who waits for the lock gets it
TURN_PATIENCE = 7_200.0  # seconds that a later turn waits for an hourly run to end
BROUGHT = ("pages", "held already", "answers of the index", "articles announced")  # by one, a service is there
WARC_OVERHEAD = 1.1  # our record with its request, by the archive's own


@dataclass(frozen=True, slots=True)
class Job:
    """What a turn's process is given."""

    topic: Topic
    data: Path
    clock: Clock
    services: tuple[Service, ...]
    dry_run: bool
    span: Span
    patience: float


def backfill(
    topic: Topic, data: Path, span: Span, *, services: tuple[Service, ...], dry_run: bool, clock: Clock,
    progress: Progress,
) -> list[Report]:
    """Ask archives what they hold of the topic's sites, then fetch it; with dry_run only ask, and say what is to fetch.

    It may be stopped at any time: what it was told is kept, and the next one goes on from there.
    """
    if span.source is not None and span.source not in {source.name for source in topic.sources}:
        known = ", ".join(source.name for source in topic.sources[:8])
        raise TopicError(f"{topic.path}: no source is called {span.source!r}; give one of the file's, such as {known}")
    if not hosts(topic, span):
        raise TopicError(f"{topic.path}: no source has an address to ask archives for; add one")
    started, counts, stopped = monotonic(), defaultdict[Service, Counter[str]](Counter), dict[Service, str]()
    job = Job(topic, data, clock, services, dry_run, span, patience=0.0)
    while job.services:
        done = _in_a_process(job)
        for service, report in done.items():
            counts[service].update(report.counts)
            stopped |= {service: report.stopped} if report.stopped else {}
            progress(service, counts[service].total(), 0)
        job = replace(job, services=tuple(s for s in job.services if done[s].has_more), patience=TURN_PATIENCE)
        sleep(BETWEEN_TURNS if job.services else 0.0)
    is_dead = all(service in stopped and not any(counts[service][what] for what in BROUGHT) for service in services)
    reports = [_report(service, counts[service], stopped.get(service), monotonic() - started) for service in services]
    if is_dead:
        reports[0] = replace(reports[0], attention=(f"no service gave an answer ({stopped[services[0]]}); try again "
                                                    f"later, or check the network and http_proxy",))
    if not dry_run:
        return reports
    return [*reports, *(_to_read(topic, data, span, service) for service in services if service in HEAVY),
            _estimate(topic, data, span)]


def _report(service: Service, counts: Counter[str], stopped: str | None, seconds: float) -> Report:
    brought, skipped = counts.pop("pages", 0), counts.pop("refused", 0) + counts.pop("held already", 0)
    return Report(step=service, done=brought, skipped=skipped, counts=tuple(sorted(counts.items())),
                  failed=((stopped, 1),) if stopped else (), seconds=seconds)


def _in_a_process(job: Job) -> "dict[Service, TurnReport]":
    """One turn in a process that starts afresh, since Twisted's reactor starts once; its errors are raised here."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_turn, args=(sender, job))
    process.start()
    sender.close()
    try:
        done: dict[Service, TurnReport] | BaseException = receiver.recv()
    except EOFError:
        done = CrawlFailed("a turn of the backfill was killed; run it again, it goes on where it stopped")
    finally:
        process.join()
        receiver.close()
    if isinstance(done, BaseException):
        raise done
    return done


def _turn(sender: Connection, job: Job) -> None:
    """The process's part: a turn under the lock, and what came of it into the pipe."""
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        sender.send(_locked_turn(job))
    except (ArchiveError, KeyboardInterrupt) as error:
        sender.send(error)


def _end_with_parent() -> None:
    """A turn whose command was killed ends like one that was killed: every step stands that."""
    if (parent := parent_process()) is not None:
        parent.join()
        os._exit(1)


def _locked_turn(job: Job) -> "dict[Service, TurnReport]":
    from crawlers.archives import backfill as plans
    from pipeline.topicality.promise import ranking_of

    with (open_archive(job.data, create=True, turn_patience=job.patience) as archive,
          noted_run(archive, job.topic, "backfill", job.clock) as reports):
        work = Work(archive, job.topic, job.clock, lambda *_: None)
        started = monotonic()
        reports += [index_pending(work), read_withholdings(work)]
        note_topic(work)
        for service in job.services:
            plan(job.topic, archive.conn, job.span, service)
        done = plans.turn(
            job.topic, archive.conn, job.services, job.span, dry_run=job.dry_run,
            warc_folder=archive.folder.warcs, clock=job.clock, program=PROGRAM, ranking=ranking_of(job.topic),
        )
        reports += [_report(service, Counter(one.counts), one.stopped, monotonic() - started)
                    for service, one in done.items()]
    return done


def _estimate(topic: Topic, data: Path, span: Span) -> Report:
    """What is to fetch, how long that takes at the topic's own delay, and whether the disk has room for it."""
    with reading(data) as conn:
        waiting = estimate(topic, conn, span)
    return Report(step="to fetch", done=0, counts=(
        ("pages to fetch", waiting.pages), ("bytes to fetch", waiting.bytes),
        ("days of fetching, rounded up", -(-round(waiting.seconds) // 86_400)),
        ("bytes of disk", round(waiting.bytes * WARC_OVERHEAD)),
        ("bytes free on the disk", shutil.disk_usage(DataFolder(data).path).free),
    ))


def _to_read(topic: Topic, data: Path, span: Span, service: Service) -> Report:
    """What a service without an index would have us read, and how long that takes at the topic's own delay."""
    with reading(data) as conn:
        waiting = estimate_files(topic, conn, span, service)
    return Report(step=f"to read of {service}", done=0, counts=(
        ("files to read", waiting.pages), ("bytes to read", waiting.bytes),
        ("days of waiting, rounded up", -(-round(waiting.seconds) // 86_400)),
    ))


def import_files(work: Work, files: Sequence[Path], *, via: str | None) -> Report:
    """Copy what WARC and WACZ files hold into the archive, under the times and names of who captured it.

    A record that is damaged, or not what its digest says, needs a person; one that gives no capture does not.
    """
    from crawlers.archives import imports

    started, failed, damaged = monotonic(), Counter[str](), list[str]()
    folder = work.archive.folder.warcs

    def problem(subject: str, reason: str) -> None:
        runs.add_failure(
            work.conn, Failure(stage="import", subject=subject, reason=reason, at=work.clock()), program=PROGRAM
        )
        failed[reason] += 1

    def damage(subject: str, reason: str) -> None:
        problem(subject, reason)
        damaged.append(f"{subject}: {reason}")

    writer = WarcWriter(folder, started_at=work.clock(), software=f"stemma-archive/{PROGRAM}")
    try:
        counts = imports.import_files(
            files, work.conn, writer, warc_folder=folder, via=via, problem=problem, damage=damage,
            progress=lambda n: work.progress("import", n, 0),
        )
    finally:
        writer.close()
    held = counts.pop("held already", 0)
    return Report(step="import", done=counts.pop("captures", 0), skipped=held, counts=tuple(sorted(counts.items())),
                  failed=tuple(failed.most_common()), attention=tuple(damaged), seconds=monotonic() - started)
