"""Several crawlers that share a topic's sites, each with its own archive, and the archive that they are merged into.

A crawler asks for its own domains only. What it hears of others' it leaves to them: they look into the archives of
the crawlers beside them when they begin.
"""

import os
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import monotonic

from archive import warc
from archive.errors import ForeignDatabase, MissingArchive, OlderSchema, UnreadableFile
from archive.folder import DataFolder, locked
from archive.model import Capture, Report
from archive.shards import Shard
from archive.store import announced, read_database, withholdings
from archive.topic import Source, Topic
from archive.urls import absolute
from crawlers.archives.imports import brings_back
from pipeline.work import Work, by_frequency

COPIED = 1 << 20  # bytes at a time
BRINGS_BACK = "it has what was erased here: run 'stemma erase' in that archive too, then import again"


def topic_of(topic: Topic, shard: Shard) -> Topic:
    """The topic with the sources that are this crawler's own; of lists it takes its own addresses."""
    own = tuple(one for one in topic.sources if one.kind == "list" or one.url is None or shard.owns(one.url))
    return replace(topic, sources=own, crawl=replace(topic.crawl, shard=shard))


def with_handed(topic: Topic, handed: Mapping[str, Iterable[str]]) -> Topic:
    """The topic with what other crawlers heard of this one's sites, as lists under the names of their sources."""
    lists = tuple(Source(name=source, outlet=source, kind="list", urls=tuple(sorted(urls)))
                  for source, urls in sorted(handed.items()))
    return replace(topic, sources=topic.sources + lists)


def handed(work: Work, shard: Shard, data: Path) -> dict[str, set[str]]:
    """By sources, the addresses of this crawler's sites that the crawlers beside it know of and this one does not."""
    known, found = announced.known(work.conn), defaultdict[str, set[str]](set)
    for folder in shard.beside(data):
        try:
            conn = read_database(DataFolder(folder).database)
        except (MissingArchive, ForeignDatabase, OlderSchema, sqlite3.OperationalError):
            continue  # it is being made at this moment: what it will hear of, the next run is told
        try:
            for url, source, location in announced.addresses(conn):
                target = url if location is None else absolute(url, location)
                if target is not None and target not in known and shard.owns(target):
                    found[source].add(target)
        finally:
            conn.close()
    return found


# ---- many archives into one

def merge(work: Work, folder: Path) -> Report:
    """Copy the WARC files of another archive of this program's as they are, or what they grew by since the last time.

    Nothing else is taken over: the rest is derived, and what people decided is decided in the archive that they use
    (`pipeline.intake.decided_there` tells of it).
    A file that has an article which was erased here is not taken, till it is erased there too.
    Raises ArchiveLocked while the other is written to, UnreadableFile for what is no archive, or one whose files are
    not what they were.
    """
    started, source, erased = monotonic(), DataFolder(folder), withholdings.erased_addresses(work.conn)
    failed = Counter[str]()
    if not source.warcs.is_dir():
        raise UnreadableFile(f"{folder}: no archive, since it has no folder 'warc'; name WARC or WACZ files, or an "
                             f"archive's folder")
    counts = dict.fromkeys(("files", "bytes"), 0)
    with locked(source):
        for path in warc.files(source.warcs):
            target = work.archive.folder.warcs / _own_name(source.warcs, path)
            held = target.stat().st_size if target.exists() else 0
            if erased and _brings_back(source.warcs, path, erased, start=held):
                work.fail("merge", str(source.warcs / path), BRINGS_BACK)
                failed[BRINGS_BACK] += 1
                continue
            grown = _copy(source.warcs / path, target, held=held)
            counts["files"] += grown > 0
            counts["bytes"] += grown
            work.progress("merge", counts["files"], 0)
    return Report(step="merge", done=counts["files"], counts=(("bytes", counts["bytes"]),), failed=by_frequency(failed),
                  attention=tuple(failed), seconds=monotonic() - started)


def _brings_back(folder: Path, path: str, erased: frozenset[str], *, start: int) -> bool:
    """Whether a file has, from a byte on, captures of erased articles."""
    return any(
        isinstance(found, Capture) and brings_back(
            erased, [found.url], found.role, warc.read_payload(folder, ref), content_encoding=found.content_encoding)
        for found, ref in warc.records(folder, path, start=start))


def _own_name(folder: Path, path: str) -> str:
    """A file's name with a digest of how it begins: two crawlers that began in one second have files of one name."""
    first = next(warc.stretches(folder / path), (0, 0, False))
    with open(folder / path, "rb") as file:
        begins = sha256(file.read(first[1])).hexdigest()[:8]
    return path.removesuffix(".warc.gz") + f"-{begins}.warc.gz"


def _copy(source: Path, target: Path, *, held: int) -> int:
    """The bytes that a file got beyond those that are held; it appears whole, and what is there is as it was."""
    size = source.stat().st_size
    if held > size:
        raise UnreadableFile(f"{source}: it is shorter than when it was copied to {target}; restore it from a backup")
    if held == size:
        return 0
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with open(source, "rb") as read, open(target if held else part, "ab" if held else "wb") as write:
        read.seek(held)
        shutil.copyfileobj(read, write, COPIED)
        write.flush()
        os.fsync(write.fileno())
    if not held:
        os.replace(part, target)
    return size - held
