"""Steps by which an archive outlives its disk: backup, check of a backup, restore."""

import os
import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from time import monotonic

from archive import backup as copies
from archive import erasures
from archive.folder import DataFolder, locked
from archive.model import Report
from archive.store import open_database, read_database, runs
from archive.topic import Topic
from pipeline import PROGRAM
from pipeline.intake import erasures_of
from pipeline.work import Clock, by_frequency

NOT_NOTED = "archive that cannot be written to, so that 'status' knows nothing of this"


def backup(topic: Topic, data: Path, target: Path, *, clock: Clock) -> Report:
    """Bring a backup up to date, beside a crawl too: the archive's lock is not taken, the backup's own is.

    That it was made is noted in `runs`, where `stemma status` finds it.
    """
    started, folder, began = monotonic(), DataFolder(data), clock()
    read_database(folder.database).close()  # a missing or other database is said before anything is made
    with locked(DataFolder(target), create=True):
        done = copies.backup(folder, target, now=began, erased=lambda name: _erased(
            folder.events, folder.events.stat().st_size if folder.events.exists() else 0).get(name, {}))
    report = _report("backup", done, started)
    try:
        _note(folder, topic, report, began=began, ended=clock())
    except sqlite3.OperationalError:
        if all(os.access(path, os.W_OK) for path in (folder.path, folder.database)):
            raise
        # An archive on a disk that cannot be written to is backed up all the same.
        return replace(report, counts=(*report.counts, (NOT_NOTED, 1)))
    return report


@lru_cache(maxsize=1)
def _erased(file: Path, size: int) -> dict[str, dict[int, bytes]]:
    """What was erased, by the events when their file had that size: by WARC file, at which bytes what stands now."""
    del size
    return {f"warc/{path}": written for path, written in erasures.by_path(erasures.fillers(erasures_of(file)[0]))}


def _note(folder: DataFolder, topic: Topic, report: Report, *, began: datetime, ended: datetime) -> None:
    conn: sqlite3.Connection = open_database(folder.database)
    try:
        run_id = runs.start_run(conn, command="backup", program=PROGRAM, topic_digest=topic.digest, at=began)
        runs.end_run(conn, run_id, [report], at=ended)
    finally:
        conn.close()


def check(target: Path) -> Report:
    """Read every file of a backup against its manifest."""
    started = monotonic()
    wrong = [f"{name} is not what the backup's manifest says: the backup is damaged there; make another in an empty "
             f"folder" for name in copies.differing(target)]
    return Report(step="check", done=len(copies.manifest(target)), failed=by_frequency(Counter(wrong)),
                  attention=tuple(wrong), seconds=monotonic() - started)


def restore(source: Path, data: Path) -> Report:
    """Put an archive together from a backup."""
    started = monotonic()
    folder = DataFolder(data)
    copies.manifest(source)  # what is no backup is said before a folder is made
    with locked(folder, create=True):
        return _report("restore", copies.restore(source, folder), started)


def _report(step: str, done: copies.Outcome, started: float) -> Report:
    return Report(step=step, done=done.copied, skipped=done.kept, failed=by_frequency(Counter(done.troubles)),
                  attention=done.troubles, seconds=monotonic() - started)
