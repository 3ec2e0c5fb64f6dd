"""Which captures the index for replay has: how far each WARC file is in it, and in what state its files were left."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archive.model import Capture
from archive.store import transaction
from archive.store.captures import from_row

FILES = "SELECT name, withheld, size FROM replay_files"
ENDS = "SELECT path, indexed FROM replayed"
CAPTURES = """
    SELECT * FROM captures WHERE path = :path AND offset >= :start AND offset < :end AND role <> 'list' ORDER BY offset
"""
SET_FILE = """
    INSERT INTO replay_files (name, withheld, size) VALUES (:name, :withheld, :size)
    ON CONFLICT (name) DO UPDATE SET withheld = excluded.withheld, size = excluded.size
"""
SET_END = """
    INSERT INTO replayed (path, indexed) VALUES (:path, :indexed)
    ON CONFLICT (path) DO UPDATE SET indexed = excluded.indexed
"""
FORGET = "DELETE FROM replay_files WHERE name = :name"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFile:
    """A file of the index as it was left: its bytes, and a digest of what was withheld then."""

    withheld: str
    size: int


def files(conn: sqlite3.Connection) -> dict[str, IndexFile]:
    """The files of the index, by name."""
    return {row["name"]: IndexFile(withheld=row["withheld"], size=row["size"]) for row in conn.execute(FILES)}


def ends(conn: sqlite3.Connection) -> dict[str, int]:
    """For each WARC file the byte up to which its records are in the index."""
    return {row["path"]: row["indexed"] for row in conn.execute(ENDS)}


def captures(conn: sqlite3.Connection, path: str, *, start: int, end: int) -> Iterator[Capture]:
    """The captures of a WARC file whose records begin in a stretch of it; lists are no replay of anything."""
    yield from map(from_row, conn.execute(CAPTURES, {"path": path, "start": start, "end": end}))


def keep(conn: sqlite3.Connection, name: str, file: IndexFile, reached: Mapping[str, int]) -> None:
    """Note how a file of the index was left, and how far WARC files are in it."""
    with transaction(conn):
        conn.execute(SET_FILE, {"name": name, "withheld": file.withheld, "size": file.size})
        conn.executemany(SET_END, [{"path": path, "indexed": end} for path, end in reached.items()])


def forget(conn: sqlite3.Connection, name: str) -> None:
    """Have a file of the index made anew."""
    conn.execute(FORGET, {"name": name})
