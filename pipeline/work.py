"""What every step works with: an open archive, its topic, a clock and a way to show progress."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from archive.folder import Archive
from archive.model import Failure
from archive.store import runs
from archive.topic import Topic
from pipeline import PROGRAM

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
        runs.add_failure(
            self.conn, Failure(stage=stage, subject=subject, reason=reason, at=self.clock()), program=program
        )


def by_frequency(failed: Counter[str]) -> tuple[tuple[str, int], ...]:
    """Reasons with their counts, the most frequent first."""
    return tuple(failed.most_common())
