"""The data folder: where everything of one archive lies, and the lock that lets one run at a time write to it."""

import fcntl
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from archive.errors import ArchiveLocked, MissingArchive
from archive.store import open_database

PATIENCE = 900.0  # seconds: longer than a turn of a backfill, shorter than an hour
POLL_SECONDS = 0.2
TURN = "a turn of a backfill, "


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The paths of one archive."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "archive.db"

    @property
    def warcs(self) -> Path:
        return self.path / "warc"

    @property
    def aside(self) -> Path:
        """Where the tails of unfinished WARC files are kept."""
        return self.path / "aside"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        """What happened, for the operator."""
        return self.path / "log" / "stemma.log"

    @property
    def entries(self) -> Path:
        """The entries of the signed log, one a line."""
        return self.path / "log" / "entries.jsonl"

    @property
    def heads(self) -> Path:
        """The signed heads of the log, one a line."""
        return self.path / "log" / "heads.jsonl"

    @property
    def stamps(self) -> Path:
        """Time stamps of the signed heads, one a line."""
        return self.path / "log" / "stamps.jsonl"

    @property
    def key(self) -> Path:
        """The archive's private key: nobody else's."""
        return self.path / "key.pem"

    @property
    def replay(self) -> Path:
        """What pywb needs to serve the WARC files; derived."""
        return self.path / "replay"

    @property
    def public(self) -> Path:
        """Where the database lies that is served to other machines."""
        return self.path / "public"

    @property
    def lock(self) -> Path:
        return self.path / "lock"


SINCE = "%Y-%m-%d %H:%M:%S UTC"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is open for writing, under its lock."""

    folder: DataFolder
    conn: sqlite3.Connection


@contextmanager
def open_archive(path: Path, *, create: bool = False, turn_patience: float | None = None) -> Iterator[Archive]:
    """Open an archive for writing. Raises MissingArchive, ArchiveLocked, ForeignDatabase or NewerSchema.

    turn_patience is for one turn of a long work: it says so to others, and waits that many seconds for its own turn.
    """
    folder = DataFolder(path)
    with locked(folder, create=create, turn_patience=turn_patience):
        conn = open_database(folder.database, create=create or any(folder.warcs.rglob("*.warc.gz")))
        try:
            yield Archive(folder, conn)
        finally:
            conn.close()


@contextmanager
def locked(folder: DataFolder, *, create: bool = False, turn_patience: float | None = None) -> Iterator[None]:
    """Hold the archive's lock; the system drops it with the process, however that ends.

    Who finds a turn of a long work there waits for its end, at most PATIENCE seconds; who finds anything else does not.
    """
    if not create and not folder.path.is_dir():
        raise MissingArchive(f"{folder.path} does not exist; make an archive with 'stemma init', or pass --data DIR")
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        file = open(folder.lock, "a+", encoding="utf-8")  # noqa: SIM115  # the next statement closes it
    except OSError as error:
        raise MissingArchive(f"{folder.path}: {error.strerror}; pass a --data DIR that can be written") from error
    with file:
        started = monotonic()
        while (holder := _holder(file)) is not None:
            patience = turn_patience if turn_patience is not None else PATIENCE if holder.startswith(TURN) else 0.0
            if monotonic() - started >= patience:
                raise ArchiveLocked(f"{folder.path} is in use by {holder}; wait until it has ended, or stop it",
                                    since=_since(holder))
            sleep(POLL_SECONDS)
        file.seek(0)
        file.truncate()
        who = f"{TURN}process" if turn_patience is not None else "process"
        file.write(f"{who} {os.getpid()}, since {datetime.now(UTC):{SINCE}}\n")
        file.flush()
        _sweep(folder)
        yield


def _sweep(folder: DataFolder) -> None:
    """Remove what a killed command left half made: it may hold texts that are withheld or erased since.

    The databases are made under the lock, so that nobody is at them; those for serving may be, by a process that lives.
    """
    for left in folder.path.glob("archive.db.*"):
        if re.fullmatch(r"archive\.db\.(?:rebuild|compare)(?:-wal|-shm|-journal)?", left.name):
            left.unlink(missing_ok=True)
    for left in folder.path.glob("batch-*"):  # a copy of a batch's result, which is made before the lock is taken
        maker = re.fullmatch(r"batch-(\d+)-\w+", left.name)
        if maker and not is_alive(int(maker[1])):
            shutil.rmtree(left, ignore_errors=True)
    for left in folder.public.glob("**/*.part*"):
        maker = re.search(r"\.(\d+)\.part", left.name)
        if maker and not is_alive(int(maker[1])):
            left.unlink(missing_ok=True)


def is_alive(process: int) -> bool:
    """Whether there is a process of that number, whoever's."""
    try:
        os.kill(process, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _since(holder: str) -> datetime | None:
    """Since when the lock is held, by what its holder wrote."""
    try:
        return datetime.strptime(holder.partition(", since ")[2], SINCE).replace(tzinfo=UTC)
    except ValueError:
        return None


def _holder(file: IO[str]) -> str | None:
    """Take the lock; who has it, where it is taken."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        return file.read().strip() or "another process"
    return None
