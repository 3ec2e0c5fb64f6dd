"""What archives hold of the topic's sites, brought in by turns, each of which is a process under the archive's lock."""

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Literal

from archive.topic import Topic
from archive.warc import WarcWriter
from crawlers import wayback
from crawlers.crawl import Crawl
from crawlers.recorder import Recorder
from crawlers.session import run_spider
from crawlers.settings import guard
from crawlers.span import Span, scope
from crawlers.turn import Turn, TurnSpider

Phase = Literal["wayback index", "wayback"]
TURN_SECONDS = 240.0  # of one turn: then the lock is free, and an hourly run has its chance

_WORK: dict[Phase, Callable[[Turn], Awaitable[None]]] = {
    "wayback index": wayback.list_pages,
    "wayback": wayback.bring,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnReport:
    """What one turn did; `has_more`: its time was up before its work was."""

    has_more: bool
    stopped: str | None
    counts: dict[str, int]


def turn(
    topic: Topic, conn: sqlite3.Connection, phase: Phase, span: Span, *, warc_folder: Path,
    clock: Callable[[], datetime], program: str, progress: Callable[[str], None], seconds: float = TURN_SECONDS,
) -> TurnReport:
    """Run one turn to its end; once in a process, as Twisted's reactor starts only once. Raises as run_spider."""
    writer = WarcWriter(warc_folder, started_at=clock(), software=f"stemma-archive/{program}")
    recorder = Recorder(conn=conn, writer=writer, clock=clock)
    # A run's budgets are for the hourly crawl; a turn has its own, in seconds.
    unbound = replace(topic, crawl=replace(topic.crawl, requests=None, per_host_requests=None, minutes=None))
    crawl = Crawl(
        topic=unbound, conn=conn, recorder=recorder, warcs=warc_folder, guard=guard(topic), program=program,
        progress=progress,
    )
    work = Turn(crawl=crawl, scope=scope(topic, span), ends_at=monotonic() + seconds)
    run_spider(TurnSpider, crawl, prepare=lambda: None, turn=work, task=_WORK[phase])
    has_more = monotonic() >= work.ends_at and work.progress > 0  # without progress another would be in vain
    return TurnReport(has_more=has_more, stopped=work.stopped, counts=work.notes)
