"""What one crawl works with, shared by the spider and its middlewares."""

import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from archive import log
from archive.errors import ArchiveError, CrawlFailed
from archive.model import Capture, Failure
from archive.store import runs
from archive.topic import Topic
from archive.urls import host_of, registered_domain
from crawlers.frontier import UNRANKED, Fetch, Ranking
from crawlers.guard import Guard
from crawlers.recorder import Recorder
from crawlers.waiting import Known, Waiting

_STAGES = ("crawl", "refused")


@dataclass(slots=True)
class Crawl:
    """What one crawl works with; its middlewares find it on the spider."""

    topic: Topic
    conn: sqlite3.Connection
    recorder: Recorder
    warcs: Path
    guard: Guard
    program: str
    progress: Callable[[str], None]
    sources_only: bool = False
    only: tuple[str, ...] = ()  # these addresses and nothing else
    ranking: Ranking = UNRANKED
    follow: Callable[[Capture, bytes], Iterable[Fetch]] | None = None  # where else the answer of a source leads
    copy_refusal: Callable[[str], Awaitable[str | None]] | None = None  # the robots rules', given when Scrapy runs
    waiting: Waiting[Fetch | Request] = field(default_factory=Waiting)
    known: Known = field(default_factory=Known)
    sent: Callable[[Request], None] | None = None  # tells the manners that a request goes out, given when Scrapy runs
    again: list[Fetch] = field(default_factory=list)  # held back until the sources were read
    last: list[Fetch] = field(default_factory=list)  # held back until nothing else is to be done
    told: set[tuple[str, str]] = field(default_factory=set)  # sites and reasons of what was postponed
    sources_under_way: int = 0
    fatal: ArchiveError | None = None
    broken: Exception | None = None
    failures: Counter[str] = field(default_factory=Counter)
    _troubled: set[str] | None = None  # subjects with a failure to be cleared, read when the first page comes

    def failed(self, stage: str, subject: str, reason: str) -> None:
        """Keep why something could not be fetched or read; the run's report counts it by its reason."""
        failure = Failure(stage=stage, subject=subject, reason=reason, at=self.recorder.clock())
        runs.add_failure(self.conn, failure, program=self.program)
        self._in_trouble().add(subject)
        self.failures[reason] += 1
        if stage != "crawl":  # a fetch that failed has its line
            log.event("failure", stage=stage, subject=subject, reason=reason)

    def refused(self, subject: str, reason: str) -> None:
        """Keep why an address may not be asked for."""
        failure = Failure(stage="refused", subject=subject, reason=reason, at=self.recorder.clock())
        runs.add_failure(self.conn, failure, program=self.program)
        self._in_trouble().add(subject)
        log.event("refused", url=subject, reason=reason)
        self.recorder.count(f"refused ({reason})" if len(reason) < 60 else "refused")

    def postponed(self, url: str, reason: str) -> None:
        """Count what is left for another run."""
        self.recorder.count("left for another run")
        self.told_once(url, reason)

    def told_once(self, url: str, reason: str) -> None:
        """Log what is left for another run: of each site and reason, one line is enough."""
        site = registered_domain(host_of(url))
        if (site, reason) not in self.told:
            self.told.add((site, reason))
            log.event("postponed", site=site, reason=reason, url=url)

    def succeeded(self, subject: str) -> None:
        """What failed or was refused before was fetched."""
        if subject in self._in_trouble():
            for stage in _STAGES:
                runs.clear_failure(self.conn, stage=stage, subject=subject)
            self._in_trouble().discard(subject)

    def readable(self, subject: str) -> None:
        """A source's answer could be read, as one before it perhaps could not."""
        runs.clear_failure(self.conn, stage="discover", subject=subject)

    def _in_trouble(self) -> set[str]:
        if self._troubled is None:
            self._troubled = runs.subjects(self.conn, stages=_STAGES)
        return self._troubled


def unkept(error: Exception) -> ArchiveError:
    """What ends a crawl where a capture, or what it said, could not be kept."""
    if isinstance(error, ArchiveError):
        return error
    return CrawlFailed(f"what was fetched could not be kept ({error}); mend that and run again, the WARC file is sound")


class Refused(IgnoreRequest):
    """A request that must not be made; no exchange took place. The message is the reason alone."""


class Postponed(Refused):
    """A request that is for another run: the budget is spent, or the crawl is ending."""
