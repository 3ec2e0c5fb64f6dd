"""Texts of an archive read and compared with each other, on all cores where that pays; it writes nothing.

What a text and those that it meets share is a function of these texts and the epoch, so it is found by whichever
process; the one that started them keeps it.
"""

import math
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Protocol, TypeVar

from archive.model import Reuse
from archive.store import comparisons, read_database
from archive.store.comparisons import Asked, KeptSketch, Read, Text
from pipeline import cores
from pipeline.copies import epoch as epochs
from pipeline.copies import vectors
from pipeline.copies.alignment import Profile, profile
from pipeline.copies.epoch import Epoch
from pipeline.copies.indexing import Index, indexed
from pipeline.copies.prepared import prepared
from pipeline.copies.reading import read as read_text
from pipeline.copies.sifting import is_likely
from pipeline.copies.sketches import Sketch, Worth, worth_of
from pipeline.fingerprints import MEETING, OPENINGS, across
from pipeline.reuse import reuse

PROFILED = 300  # texts that are kept at hand in each process, as they are compared
POOL_FROM = 150  # texts from which starting processes pays
CHUNK = 8  # texts in a message to a process

Found = tuple[int, int, Reuse]  # two versions, the smaller public id first
Job = TypeVar("Job")
Result = TypeVar("Result")


class Desk:
    """One process's view of the archive in one epoch: texts as they are compared, the last ones at hand.

    `turns` say which versions come before which, as they are pending when the process begins.
    """

    def __init__(self, conn: sqlite3.Connection, epoch: Epoch, method: str) -> None:
        self.conn, self.epoch = conn, epoch
        self.turns = comparisons.turns(conn, method=method)
        self.encoder = vectors.Remembering() if vectors.installed() else None
        self.profiled = lru_cache(maxsize=PROFILED)(self._profiled)

    def _profiled(self, version_id: int) -> tuple[Text, Profile]:
        text = comparisons.text(self.conn, version_id)
        return text, profile_of(text, self.epoch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a version shares with others: it met so many, and that many of them were compared with it."""

    met: int
    compared: int
    found: Sequence[Found]


class Run(Protocol):
    """How `read` or `compare` is run over many jobs; the results in their order."""

    def __call__(self, one: Callable[[Desk, Job], Result], jobs: Sequence[Job], /) -> Iterator[Result]: ...


def index_of(text: Text) -> Index:
    """A text by its tokens."""
    return indexed(read_text(text.text, text.language))


def profile_of(text: Text, epoch: Epoch) -> Profile:
    """A text as it is compared."""
    return profile(index_of(text), epoch)


def read(desk: Desk, version_id: int) -> Read:
    """What is kept of a version's text."""
    text = comparisons.text(desk.conn, version_id)
    made = prepared(text.text, text.language, desk.epoch, desk.encoder)
    return Read(worth=made.worth, sketch=kept_sketch(version_id, made.sketch))


def kept_sketch(version_id: int, made: Sketch) -> KeptSketch:
    """A sketch as the archive keeps it."""
    return KeptSketch(
        version_id, made.language, made.worth.nats, made.worth.rows, made.worth.sentences, made.packed)


def sketched(kept: KeptSketch) -> Sketch:
    """A sketch that the archive keeps."""
    return Sketch(kept.language, Worth(kept.nats, kept.name_rows, kept.sentences), kept.packed)


def compare(desk: Desk, asked: Asked) -> Compared:
    """What a version shares with each of those that it meets, of those that were compared, or whose turn was before."""
    conn, encoded, turns = desk.conn, desk.encoder is not None, desk.turns
    shared = comparisons.in_common(
        asked.worth, comparisons.holders(conn, asked.worth), least=min(MEETING, across(encoded=encoded)),
        openings=OPENINGS)
    same = comparisons.same_text(conn, asked.body_digest)
    before = {version_id for version_id in shared.keys() | same if turns[version_id] < turns[asked.version_id]}
    enough = {version_id for version_id in before if version_id in same or math.fsum(shared[version_id]) >= MEETING}
    own = sketched(comparisons.sketches(conn, [asked.version_id])[asked.version_id])
    met, close = 0, list[tuple[int, float]]()
    for other in comparisons.others(
            conn, enough, article_id=asked.article_id, across=before - enough, language=own.language):
        met += 1
        told = worth_of(shared.get(other.version_id, ()))
        if other.version_id in same or is_likely(own, sketched(other), told, encoded=encoded):
            close.append((other.version_id, told.nats))
    found = (_shared(desk, asked.version_id, other, meeting) for other, meeting in sorted(close))
    return Compared(met=met, compared=len(close), found=[one for one in found if one is not None])


def _shared(desk: Desk, one_id: int, other_id: int, meeting: float) -> Found | None:
    (left, one), (right, other) = sorted(
        (desk.profiled(one_id), desk.profiled(other_id)), key=lambda pair: pair[0].public_id)
    found = reuse(one, other, meeting=meeting, identical=left.body_digest == right.body_digest, made=desk.encoder)
    return (left.version_id, right.version_id, found) if found is not None else None


@contextmanager
def running(conn: sqlite3.Connection, database: Path, epoch: Epoch, method: str, texts: int) -> Iterator[Run]:
    """Runs here, or in other processes, which see what is committed."""
    if texts < POOL_FROM or cores.count() == 1:
        yield partial(_here, Desk(conn, epoch, method))
        return
    kept = comparisons.last_epoch(conn)
    told = b"" if kept is not None and kept.digest == epoch.digest else epochs.packed(epoch)
    with cores.pool(start=_sit_down, arguments=(database, told, method)) as workers:
        yield partial(_there, workers)


def _here(desk: Desk, one: Callable[[Desk, Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    return map(partial(one, desk), jobs)


def _there(workers: cores.Workers, one: Callable[[Desk, Job], Result], jobs: Sequence[Job]) -> Iterator[Result]:
    return cores.mapped(workers, partial(_at_desk, one), jobs, chunk=CHUNK)


_desk: Desk  # of a process that was started for this


def _sit_down(database: Path, told: bytes, method: str) -> None:
    """In the epoch that is told, or where that is empty in the one that the database has last.

    A large one is not told: where a process dies before it has read more than a pipe holds, `multiprocessing` (3.11)
    writes to it for ever.
    """
    global _desk  # what a worker process starts with has no other place
    conn = read_database(database)
    kept = comparisons.last_epoch(conn)
    epoch = epochs.unpacked(told) if told or kept is None else epochs.unpacked(kept.packed, kept.digest)
    _desk = Desk(conn, epoch, method)


def _at_desk(one: Callable[[Desk, Job], Result], job: Job) -> Result:
    return one(_desk, job)
