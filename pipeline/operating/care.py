"""Steps around a whole archive: rebuild, export, serve."""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from archive.errors import ForeignDatabase, MissingArchive, OlderSchema
from archive.folder import Archive, DataFolder, locked
from archive.model import Report
from archive.store import export, fold_in, health, open_database, read_database, snapshots
from archive.topic import Topic
from pipeline.steps import update
from pipeline.work import Clock, Progress, Work, noted_run


def rebuild(topic: Topic, data: Path, *, clock: Clock, progress: Progress) -> list[Report]:
    """Make the database anew from the WARC files, beside the old one, which is replaced at the end.

    What was recorded only in the database, `runs` and `failures`, is begun anew; what a person was told, and when the
    archive was cared for, is taken over as far as the old one can be read.
    """
    folder = DataFolder(data)
    if not folder.warcs.is_dir():
        raise MissingArchive(f"{folder.warcs} does not exist: there are no WARC files to rebuild from; pass --data DIR")
    with locked(folder):
        _refuse_newer(folder.database)
        new = folder.path / "archive.db.rebuild"
        removed(new)
        conn = open_database(new, create=True)
        try:
            archive = Archive(folder, conn)
            with noted_run(archive, topic, "rebuild", clock) as reports:
                reports += update(Work(archive, topic, clock, progress))
            _carry_over(folder.database, conn)
            fold_in(conn)
        finally:
            conn.close()
        _settle(folder.database)
        os.replace(new, folder.database)
        removed(new)
    return reports


def _refuse_newer(database: Path) -> None:
    """A newer program's database is not replaced by an older one; a damaged or missing one is what this is for."""
    with suppress(MissingArchive, ForeignDatabase):
        read_database(database).close()


def _carry_over(database: Path, new: sqlite3.Connection) -> None:
    with suppress(MissingArchive, ForeignDatabase, OlderSchema):
        old = read_database(database)
        try:
            health.carry_over(old, new)
        finally:
            old.close()


def _settle(database: Path) -> None:
    """Take the old database's log into its file, so that nothing of it is beside the new one."""
    with suppress(MissingArchive, ForeignDatabase, sqlite3.DatabaseError):
        conn = open_database(database)
        fold_in(conn)
        conn.close()
    removed(database, but_main=True)


def removed(database: Path, *, but_main: bool = False) -> None:
    """Take a database away with what SQLite keeps beside it."""
    for suffix in ("-wal", "-shm") if but_main else ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def export_jsonl(data: Path, file: Path) -> Report:
    """Write every article on the topic, one JSON object a line; the file appears whole or not at all."""
    started, done = monotonic(), 0
    with reading(data) as conn:
        if str(file) == "-":
            for article in export.articles(conn):
                sys.stdout.write(json.dumps(article, ensure_ascii=False) + "\n")
                done += 1
        else:
            part = file.with_name(file.name + ".part")
            try:
                with open(part, "w", encoding="utf-8") as out:
                    for article in export.articles(conn):
                        out.write(json.dumps(article, ensure_ascii=False) + "\n")
                        done += 1
                os.replace(part, file)
            finally:
                part.unlink(missing_ok=True)
    return Report(step="export", done=done, seconds=monotonic() - started)


@contextmanager
def reading(data: Path) -> Iterator[sqlite3.Connection]:
    """One consistent state of the database, whatever a crawl writes meanwhile."""
    conn = read_database(DataFolder(data).database)
    try:
        conn.execute("BEGIN")
        yield conn
    finally:
        conn.close()


def serve(topic: Topic, data: Path, *, host: str, port: int, clock: Clock) -> None:
    """Serve the archive until it is stopped: to others, as far as the topic file lets texts be published.

    What they may read is a database of its own, made anew here. Raises PortBusy where the address is taken.
    """
    from datasette_config import serving
    from pipeline.sharing import publishing

    with reading(data) as conn:  # a missing or newer database is said here, in one sentence
        is_published = snapshots.read(conn) is not None
    folder = DataFolder(data).path
    # Also where all may be read: some pages ask for excerpts, and the next crawl may bring one.
    if not is_published and (topic.publish.full_text == "none" or not serving.is_loopback(host)):
        publishing.refresh(topic, data, clock=clock)
        folder = DataFolder(data).public
    title = None if is_published else topic.publish.title or topic.title  # a published one has its own
    serving.serve(folder, host=host, port=port, title=title, publish=topic.publish)
