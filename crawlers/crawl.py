"""What one crawl works with, shared by the spider and its middlewares."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from scrapy.exceptions import IgnoreRequest

from archive.errors import ArchiveError, CrawlFailed
from archive.model import Capture, Failure
from archive.store import runs
from archive.topic import Topic
from crawlers.frontier import UNRANKED, Fetch, Ranking
from crawlers.guard import Guard
from crawlers.recorder import Recorder


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
    ranking: Ranking = UNRANKED
    follow: Callable[[Capture, bytes], Iterable[Fetch]] | None = None  # where else the answer of a source leads
    last: list[Fetch] = field(default_factory=list)  # held back until nothing else is to be done
    asked: set[str] = field(default_factory=set)
    requests: int = 0
    fatal: ArchiveError | None = None
    broken: Exception | None = None
    failures: Counter[str] = field(default_factory=Counter)

    def failed(self, stage: str, subject: str, reason: str) -> None:
        """Keep why something could not be fetched or read; the run's report counts it by its reason."""
        failure = Failure(stage=stage, subject=subject, reason=reason, at=self.recorder.clock())
        runs.add_failure(self.conn, failure, program=self.program)
        self.failures[reason] += 1

    def refused(self, subject: str, reason: str) -> None:
        """Keep why an address may not be asked for."""
        failure = Failure(stage="refused", subject=subject, reason=reason, at=self.recorder.clock())
        runs.add_failure(self.conn, failure, program=self.program)
        self.recorder.count(f"refused ({reason})" if len(reason) < 60 else "refused")

    def succeeded(self, subject: str) -> None:
        """What failed or was refused before was fetched."""
        for stage in ("crawl", "refused"):
            runs.clear_failure(self.conn, stage=stage, subject=subject)


def unkept(error: Exception) -> ArchiveError:
    """What ends a crawl where a capture, or what it said, could not be kept."""
    if isinstance(error, ArchiveError):
        return error
    return CrawlFailed(f"what was fetched could not be kept ({error}); mend that and run again, the WARC file is sound")


class Refused(IgnoreRequest):
    """A request that must not be made; no exchange took place. The message is the reason alone."""


class Postponed(Refused):
    """A request that is for another run: the budget is spent, or the crawl is ending."""
