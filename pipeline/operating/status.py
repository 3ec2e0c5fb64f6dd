"""`stemma status`, and what `stemma run` tells at its end: the figures of an archive, gathered and judged."""

import os
import re
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from archive import log, warc
from archive.folder import DataFolder, is_alive
from archive.model import Alarm, Report
from archive.store import health, runs
from archive.times import to_iso
from archive.topic import Topic
from archive.urls import host_of, registered_domain
from pipeline.operating import watch
from pipeline.operating.care import reading
from pipeline.operating.watch import Changes, DiskFigures, Figures, HostFigures, SourceFigures
from pipeline.work import Work

RUNS_SHOWN = 5
ONE_CLOCK = timedelta(seconds=2)  # to which the system's start and the lock's moment are known


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the archive holds, how it fares, and what needs a person. A run's `state`: ended, running, or killed."""

    holds: dict[str, int]
    failures: list[tuple[str, str, int]]
    figures: Figures
    runs: list[dict[str, Any]]
    alarms: tuple[Alarm, ...]
    days: int


def status(topic: Topic, data: Path, *, now: datetime) -> Status:
    """How an archive fares now; for reading only, beside a crawl."""
    folder = DataFolder(data)
    with reading(data) as conn:
        found = figures(conn, topic, folder, now=now, network=health.last_crawl_said(conn))
        return Status(
            holds=runs.counts(conn), failures=runs.failures(conn), figures=found, days=topic.watch.days,
            runs=list(_with_state(runs.last_runs(conn, limit=RUNS_SHOWN), is_running=_is_held(folder))),
            alarms=_changes(conn, topic, found, now).standing,
        )


def judge(work: Work, reports: Sequence[Report]) -> Changes:
    """What needs a person at a run's end, beside what one was told before.

    Of the network the crawl tells, or where none was part of the run, the last one.
    """
    now = work.clock()
    crawls = [report for report in reports if report.step == "crawl"]
    said = tuple(sentence for report in crawls for sentence in report.attention) if crawls \
        else health.last_crawl_said(work.conn)
    return _changes(work.conn, work.topic, figures(
        work.conn, work.topic, work.archive.folder, now=now, network=said), now)


def keep(work: Work, told: Changes) -> Report:
    """Note what a person was told, so that it is told once; the report's attention is what is new."""
    health.set_alarms(work.conn, told.standing)
    for state, alarms in (("begun", told.begun), ("ended", told.ended)):
        for alarm in alarms:
            log.event("alarm", state=state, name=alarm.name, since=to_iso(alarm.since), sentence=alarm.sentence)
    return Report(step="alarms", done=len(told.standing), attention=tuple(alarm.sentence for alarm in told.begun),
                  counts=(("new", len(told.begun)), ("ended", len(told.ended))))


def _changes(conn: sqlite3.Connection, topic: Topic, found: Figures, now: datetime) -> Changes:
    told = health.alarms(conn)
    troubles = watch.troubles(found, topic.watch, now=now, standing={alarm.name for alarm in told})
    return watch.changes(told, troubles, now=now)


def figures(
    conn: sqlite3.Connection, topic: Topic, folder: DataFolder, *, now: datetime, network: tuple[str, ...]
) -> Figures:
    """What an archive shows of itself now."""
    since = now - timedelta(days=topic.watch.days)
    sources = health.sources(conn, since=since)
    files = list(_warc_files(folder))
    # The first file too, since a rebuild forgets runs.
    started = min(filter(None, (health.first_run(conn), *(at for at, _ in files))), default=None)
    return Figures(
        sources=tuple(_sources(conn, sources, since=since)), hosts=_hosts(conn, since),
        disk=_disk(folder, files, started, topic.watch.days, now), started=started,
        last_look=max((source.last_look for source in sources if source.last_look), default=None),
        backup=max(filter(None, (health.last_run_of(conn, "backup"), _newest_file(topic))), default=None),
        verified=health.last_run_of(conn, "verify"), damaged=health.damaged(conn), network=network,
        vantage=topic.crawl.vantage,
    )


def _sources(
    conn: sqlite3.Connection, sources: Sequence[health.SourceHealth], *, since: datetime
) -> Iterator[SourceFigures]:
    arrivals: dict[str, list[datetime]] = defaultdict(list)
    new = Counter[str]()
    for name, at, n in health.arrivals(conn, days=watch.HISTORY_DAYS):
        arrivals[name].append(at)
        new[name] += n if at >= since else 0
    left_alone = health.left_alone(conn)
    for source in sources:
        # Of the newest answer, or of what never brought anything: others may have been read since.
        unreadable = None if source.discovered and source.last_read != 0 else source.unreadable
        yield SourceFigures(
            name=source.name, kind=source.kind, outlet=source.outlet, address=source.address,
            host=host_of(source.address) if source.address and source.kind != "list" else None,
            last_success=source.last_success, discovered=source.discovered, looks=source.looks, failed=source.failed,
            new=new[source.name], arrivals=tuple(arrivals[source.name]), reason=source.reason,
            hindrance=source.refused or unreadable or _left_alone(source, left_alone),
        )


def _left_alone(source: health.SourceHealth, left_alone: Mapping[str, tuple[str, datetime]]) -> str | None:
    """Why a source's site was left alone, if it has not answered since."""
    if source.address is None or source.kind == "list":
        return None
    reason, at = left_alone.get(registered_domain(host_of(source.address)), (None, None))
    is_over = at is not None and source.last_success is not None and source.last_success > at
    return None if is_over else reason


def _hosts(conn: sqlite3.Connection, since: datetime) -> tuple[HostFigures, ...]:
    """The hosts that refused a look."""
    looks, blocked, statuses = Counter[str](), Counter[str](), defaultdict[str, set[int]](set)
    for url, is_blocked, status in health.looks(conn, since=since):
        host = host_of(url)
        looks[host] += 1
        blocked[host] += is_blocked
        statuses[host] |= {status} if status is not None else set()
    outlets = health.outlet_domains(conn)
    return tuple(
        HostFigures(host=host, looks=looks[host], blocked=n, statuses=frozenset(statuses[host]),
                    is_outlet=registered_domain(host) in outlets)
        for host, n in sorted(blocked.items()) if n
    )


def _disk(
    folder: DataFolder, files: Sequence[tuple[datetime, int]], started: datetime | None, days: int, now: datetime
) -> DiskFigures:
    """Sizes, and the growth by the WARC files of the last days, the database growing along with them."""
    warcs = sum(size for _, size in files)
    held = warcs + (folder.database.stat().st_size if folder.database.exists() else 0)
    span = timedelta(days=days)
    growth = None
    if started is not None and warcs and now - started >= watch.MIN_GROWTH:
        of_late = sum(size for at, size in files if at >= now - span)
        growth = of_late * (held / warcs) / (min(span, now - started) / timedelta(days=1))
    return DiskFigures(held=held, free=shutil.disk_usage(folder.path).free, growth=growth)


def _warc_files(folder: DataFolder) -> Iterator[tuple[datetime, int]]:
    """(when it was begun, bytes) of every WARC file."""
    for name in warc.files(folder.warcs):
        with suppress(FileNotFoundError):  # it went away meanwhile
            yield _written_at(folder.warcs / name), (folder.warcs / name).stat().st_size


def _written_at(file: Path) -> datetime:
    """When a WARC file was begun, by its name, which a restored copy keeps; else when it was last written."""
    match = re.search(r"(\d{8}T\d{6})Z", file.name)
    if match is not None:
        with suppress(ValueError):
            return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _newest_file(topic: Topic) -> datetime | None:
    """When the newest file of the backup's folder was written; None without folder or file."""
    if topic.watch.backup is None:
        return None
    newest = None
    for folder, _, names in os.walk(Path(topic.path).parent / topic.watch.backup):
        for name in names:
            with suppress(OSError):  # it went away meanwhile
                at = (Path(folder) / name).stat().st_mtime
                newest = at if newest is None else max(newest, at)
    return datetime.fromtimestamp(newest, UTC) if newest is not None else None


def _is_held(folder: DataFolder) -> bool:
    """Whether the process that took the lock last is alive; asked without touching the lock, which a run may want.

    A process that began after the lock was taken is another one, which has the dead one's number by now.
    """
    try:
        match = re.search(r"process (\d+), since (\S+ \S+) UTC", folder.lock.read_text(encoding="utf-8"))
        if match is None:
            return False
        if not is_alive(int(match[1])):
            return False
        taken_at = datetime.fromisoformat(match[2]).replace(tzinfo=UTC)
    except (OSError, ValueError):
        return False
    began = _began(int(match[1]))
    return began is None or began <= taken_at + ONE_CLOCK


def _began(process: int) -> datetime | None:
    """When a process began, by Linux's word (proc(5): ticks since the system's start); None where that is not had."""
    try:
        ticks = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19])
        lines = Path("/proc/stat").read_text().splitlines()
        started = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    except (OSError, ValueError, IndexError, StopIteration):
        return None
    return datetime.fromtimestamp(started + ticks / os.sysconf("SC_CLK_TCK"), UTC)


def _with_state(rows: Sequence[dict[str, object]], *, is_running: bool) -> Iterator[dict[str, Any]]:
    """The newest runs first, with whether each ended; of those without an end only the newest can be running."""
    for place, row in enumerate(rows):
        state = "ended" if row["ended_at"] else "running" if place == 0 and is_running else "killed"
        yield row | {"state": state}


def as_json(found: Status) -> dict[str, Any]:
    """A status for machines."""
    figures = found.figures
    return {
        "holds": found.holds, "failures": found.failures,
        "sources": [_source_json(source, figures, found.days) for source in figures.sources],
        "disk": {"held": figures.disk.held, "free": figures.disk.free, "growth_per_day": figures.disk.growth,
                 "days_left": figures.disk.days_left},
        "backup": _iso(figures.backup), "verified": _iso(figures.verified), "vantage": figures.vantage,
        "blocked_hosts": [
            {"host": host.host, "looks": host.looks, "blocked": host.blocked, "statuses": sorted(host.statuses),
             "blocks_all": host.is_blocked, "geo_blocked": host.is_geo_blocked} for host in figures.hosts
        ],
        "runs": found.runs,
        "alarms": [{"name": alarm.name, "since": to_iso(alarm.since), "sentence": alarm.sentence}
                   for alarm in found.alarms],
    }


def _source_json(source: SourceFigures, figures: Figures, days: int) -> dict[str, Any]:
    usual = watch.usual_interval(source.arrivals) if source.kind != "list" else None
    return {
        "name": source.name, "kind": source.kind, "outlet": source.outlet, "address": source.address,
        "last_success": _iso(source.last_success), "discovered": source.discovered, "new_per_day": source.new / days,
        "looks": source.looks, "failed": source.failed, "failure_share": source.failure_share,
        "last_new": _iso(max(source.arrivals, default=None)),
        "usual_interval_seconds": usual.total_seconds() if usual else None,
        "silent_for_intervals": watch.silence(source, last_look=figures.last_look),
        "reason": source.reason, "hindrance": source.hindrance,
    }


def _iso(moment: datetime | None) -> str | None:
    return to_iso(moment) if moment is not None else None
