"""What archives hold of the topic's sites, brought in by turns, each of which is a process under the archive's lock."""

import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic

from archive.store import slices
from archive.store.slices import Scope
from archive.topic import HUNT, Topic
from archive.warc import WarcWriter
from crawlers.archives import ccnews_turn, commoncrawl_turn, gdelt_turn, gkg_turn, sitemaps_turn, timemap_turn, wayback
from crawlers.archives.slices import months
from crawlers.archives.span import (
    CC_NEWS,
    COMMON_CRAWL,
    GDELT,
    GDELT_BULK,
    SITEMAPS,
    TIMEMAPS,
    WAYBACK,
    Service,
    Span,
    hosts,
    scope,
)
from crawlers.archives.turn import Turn, TurnSpider
from crawlers.crawl import Crawl
from crawlers.frontier import UNRANKED, Ranking
from crawlers.recorder import Recorder
from crawlers.session import run_spider
from crawlers.settings import guard

TURN_SECONDS = 240.0  # of one turn: then the lock is free, and an hourly run has its chance

Task = Callable[[Turn], Awaitable[None]]
_WORK: dict[Service, tuple[Task, Task]] = {  # for a dry run, which asks and fetches no page, and for a real one
    WAYBACK: (wayback.survey, wayback.bring),
    GDELT: (gdelt_turn.announce, gdelt_turn.announce),
    COMMON_CRAWL: (commoncrawl_turn.survey, commoncrawl_turn.bring),
    SITEMAPS: (sitemaps_turn.announce, sitemaps_turn.announce),
    TIMEMAPS: (timemap_turn.survey, timemap_turn.bring),
    CC_NEWS: (ccnews_turn.list_files, ccnews_turn.bring),
    GDELT_BULK: (gkg_turn.list_files, gkg_turn.announce),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReport:
    """What one turn did; `has_more`: its time was up before its work was."""

    has_more: bool
    stopped: str | None
    counts: dict[str, int]


def turn(
    topic: Topic, conn: sqlite3.Connection, services: Sequence[Service], span: Span, *, dry_run: bool,
    warc_folder: Path, clock: Callable[[], datetime], program: str, ranking: Ranking = UNRANKED,
    seconds: float = TURN_SECONDS,
) -> dict[Service, TurnReport]:
    """Run one turn to its end, with dry_run of questions only. Once in a process; raises as run_spider."""
    crawl = unbound(topic, conn, warc_folder=warc_folder, clock=clock, program=program, ranking=ranking)
    ends_at, asked = monotonic() + seconds, hosts(topic, span)
    turns = {service: Turn(crawl=crawl, scope=scope(topic, span, service), hosts=asked, ends_at=ends_at)
             for service in services}
    tasks = [(turns[service], _WORK[service][not dry_run]) for service in services]
    run_spider(TurnSpider, crawl, prepare=lambda: None, tasks=tasks)
    is_up = monotonic() >= ends_at and any(one.progress for one in turns.values())  # else another would be in vain
    return {service: TurnReport(has_more=is_up and one.stopped is None, stopped=one.stopped, counts=one.notes)
            for service, one in turns.items()}


def unbound(
    topic: Topic, conn: sqlite3.Connection, *, warc_folder: Path, clock: Callable[[], datetime], program: str,
    ranking: Ranking = UNRANKED,
) -> Crawl:
    """What a turn works with: a run's budgets are for the hourly crawl; a turn has its own, in seconds."""
    writer = WarcWriter(warc_folder, started_at=clock(), software=f"stemma-archive/{program}")
    without_budgets = replace(topic, crawl=replace(
        topic.crawl, requests=None, per_host_requests=None, bytes=None, per_host_bytes=None, minutes=None,
        per_host_minutes=None,
    ))
    return Crawl(
        topic=without_budgets, conn=conn, recorder=Recorder(conn=conn, writer=writer, clock=clock), warcs=warc_folder,
        guard=guard(topic), program=program, progress=lambda _: None, ranking=ranking,
    )


def hunt(
    topic: Topic, conn: sqlite3.Connection, searches: Sequence[str], *, first: date, last: date, warc_folder: Path,
    clock: Callable[[], datetime], program: str, seconds: float = TURN_SECONDS,
) -> TurnReport:
    """Ask GDELT for searches that are none of the topic's, within days; what was asked before is not asked again.

    What it names is announced by HUNT, so that the next crawl fetches it. Once in a process; raises as run_spider.
    """
    since, until = (datetime.combine(day, time(), tzinfo=UTC) for day in (first, last + timedelta(days=1)))
    slices.plan(conn, (part for search in searches for part in months(HUNT, search, first=first, last=last)))
    crawl = unbound(topic, conn, warc_folder=warc_folder, clock=clock, program=program)
    asked = Scope(service=HUNT, whats=json.dumps(list(searches)), since=since, until=until)
    ends_at = monotonic() + seconds
    one = Turn(crawl=crawl, scope=asked, hosts=(), ends_at=ends_at)
    run_spider(TurnSpider, crawl, prepare=lambda: None, tasks=[(one, gdelt_turn.announce)])
    return TurnReport(has_more=monotonic() >= ends_at, stopped=one.stopped, counts=one.notes)
