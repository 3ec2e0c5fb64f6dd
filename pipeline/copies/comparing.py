"""Texts of an archive read and compared with each other, on all cores where that pays; it writes nothing.

What a text and those that it meets share is a function of these texts and the epoch, so it is found by whichever
process; the one that started them keeps it.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from math import fsum
from pathlib import Path
from typing import Protocol, TypeVar

from archive.model import Reuse
from archive.store import comparisons, read_database
from archive.store.comparisons import Met, Text
from pipeline import cores
from pipeline.copies import epoch as epochs
from pipeline.copies import vectors
from pipeline.copies.alignment import Profile, profile
from pipeline.copies.epoch import Epoch
from pipeline.copies.indexing import Index, Sketch, Weighed, indexed, outlined, packed, sketched, unpacked
from pipeline.copies.openings import keys
from pipeline.copies.reading import read as read_text
from pipeline.copies.sifting import is_likely, is_likely_by_keys
from pipeline.reuse import reuse

PROFILED = 300  # texts that are kept at hand in each process, as they are compared
SKETCHED = 2_000  # their sketches
POOL_FROM = 150  # texts from which starting processes pays
CHUNK = 8  # texts in a message to a process

Found = tuple[int, int, Reuse]  # two versions, the smaller public id first
Job = TypeVar("Job")
Result = TypeVar("Result")


class Desk:
    """One process's view of the archive in one epoch: texts as they are compared, the last ones at hand."""

    def __init__(self, conn: sqlite3.Connection, epoch: Epoch) -> None:
        self.conn, self.epoch = conn, epoch
        self.encoder = vectors.Remembering() if vectors.installed() else None
        self.profiled = lru_cache(maxsize=PROFILED)(self._profiled)
        self.reading = lru_cache(maxsize=SKETCHED)(partial(comparisons.reading, conn))
        self.sketched = lru_cache(maxsize=SKETCHED)(self._sketched)

    def may_share(self, one: int, other: int, meeting: float) -> bool:
        """Whether two versions that met are worth a close look: as `is_likely`, which most need no sketch for."""
        ours, theirs = self.reading(one), self.reading(other)
        if ours is None or theirs is None:
            return True
        encoded = self.encoder is not None
        return is_likely_by_keys(outlined(ours), outlined(theirs), meeting, encoded=encoded) and is_likely(
            self.sketched(one), self.sketched(other), meeting, encoded=encoded)

    def _sketched(self, version_id: int) -> Sketch:
        stored = self.reading(version_id)
        assert stored is not None  # who asks has seen it
        return sketched(stored)

    def _profiled(self, version_id: int) -> tuple[Text, Profile]:
        text = comparisons.text(self.conn, version_id)
        return text, profile_of(text, self.epoch)


class Run(Protocol):
    """How `read` or `compare` is run over many jobs; the results in their order."""

    def __call__(self, one: Callable[[Desk, Job], Result], jobs: Sequence[Job], /) -> Iterator[Result]: ...


def index_of(text: Text) -> Index:
    """A text by its tokens, as it was kept; read anew where it was not, or in another form."""
    stored = _stored(text)
    return stored[0] if stored is not None else indexed(read_text(text.text, text.language))


def profile_of(text: Text, epoch: Epoch) -> Profile:
    """A text as it is compared, from what was kept of it."""
    stored = _stored(text)
    return profile(stored[0], epoch, stored[1]) if stored is not None else profile(index_of(text), epoch)


def _stored(text: Text) -> tuple[Index, Weighed] | None:
    return unpacked(text.reading, text.text, text.language) if text.reading is not None else None


def read(desk: Desk, version_id: int) -> tuple[bytes, Mapping[int, float]]:
    """A version's text read anew: the reading packed, and its keys with their worth."""
    text = comparisons.text(desk.conn, version_id)
    reading = read_text(text.text, text.language)
    index = indexed(reading)
    worth = keys(reading, desk.epoch, desk.encoder)
    return packed(index, profile(index, desk.epoch).weighed, fsum(worth.values())), worth


def compare(desk: Desk, met: Met) -> list[Found]:
    """What a version shares with each of those that it met."""
    found = []
    for other_id, meeting in met.worth.items():
        if other_id not in met.same and not desk.may_share(met.version_id, other_id, meeting):
            continue
        (left, one), (right, other) = sorted(
            (desk.profiled(met.version_id), desk.profiled(other_id)), key=lambda pair: pair[0].public_id)
        shared = reuse(one, other, meeting=meeting, identical=left.body_digest == right.body_digest,
                       made=desk.encoder)
        if shared is not None:
            found.append((left.version_id, right.version_id, shared))
    return found


@contextmanager
def running(conn: sqlite3.Connection, database: Path, epoch: Epoch, texts: int) -> Iterator[Run]:
    """Runs here, or in other processes, which see what is committed."""
    if texts < POOL_FROM or cores.count() == 1:
        yield partial(_here, Desk(conn, epoch))
        return
    kept = comparisons.last_epoch(conn)
    told = b"" if kept is not None and kept.digest == epoch.digest else epochs.packed(epoch)
    with cores.pool(start=_sit_down, arguments=(database, told)) as workers:
        yield partial(_there, workers)


def _here(desk: Desk, one: Callable[[Desk, Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    return map(partial(one, desk), jobs)


def _there(workers: cores.Workers, one: Callable[[Desk, Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    return cores.mapped(workers, partial(_at_desk, one), jobs, chunk=CHUNK)


_desk: Desk  # of a process that was started for this


def _sit_down(database: Path, told: bytes) -> None:
    """In the epoch that is told, or where that is empty in the one that the database has last.

    A large one is not told: where a process dies before it has read more than a pipe holds, `multiprocessing` (3.11)
    writes to it for ever.
    """
    global _desk  # what a worker process starts with has no other place
    conn = read_database(database)
    kept = comparisons.last_epoch(conn)
    _desk = Desk(conn, epochs.unpacked(told) if told or kept is None else epochs.unpacked(kept.packed, kept.digest))


def _at_desk(one: Callable[[Desk, Job], Result], job: Job) -> Result:
    return one(_desk, job)
