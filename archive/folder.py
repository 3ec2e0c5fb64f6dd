"""The data folder: where everything of one archive lies, and the lock that lets one run at a time write to it."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archive.errors import ArchiveLocked, MissingArchive
from archive.store import open_database


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
    def lock(self) -> Path:
        return self.path / "lock"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that is open for writing, under its lock."""

    folder: DataFolder
    conn: sqlite3.Connection


@contextmanager
def open_archive(path: Path, *, create: bool = False) -> Iterator[Archive]:
    """Open an archive for writing. Raises MissingArchive, ArchiveLocked, ForeignDatabase or NewerSchema."""
    folder = DataFolder(path)
    with locked(folder, create=create):
        conn = open_database(folder.database, create=create or any(folder.warcs.rglob("*.warc.gz")))
        try:
            yield Archive(folder, conn)
        finally:
            conn.close()


@contextmanager
def locked(folder: DataFolder, *, create: bool = False) -> Iterator[None]:
    """Hold the archive's lock; the system drops it with the process, however that ends."""
    if not create and not folder.path.is_dir():
        raise MissingArchive(f"{folder.path} does not exist; make an archive with 'stemma init', or pass --data DIR")
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        file = open(folder.lock, "a+", encoding="utf-8")  # noqa: SIM115  # the next statement closes it
    except OSError as error:
        raise MissingArchive(f"{folder.path}: {error.strerror}; pass a --data DIR that can be written") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise ArchiveLocked(
                f"{folder.path} is in use by {holder}; wait until it has ended, or stop it"
            ) from None
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n")
        file.flush()
        yield
