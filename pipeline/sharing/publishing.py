"""The archive -> a folder that any Datasette can serve: database, description, feed, citations."""

import os
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic

from archive.errors import OlderSchema, TopicError, UnreadableFile
from archive.folder import DataFolder
from archive.model import Report
from archive.store import read_database, search, snapshots, tables, withholdings
from archive.store.cited import Cited, cited
from archive.store.pages import Card
from archive.store.snapshots import Snapshot
from archive.topic import Topic, parse_topic
from datasette_config import lists, serving
from datasette_config.downloads import TABLES
from datasette_config.kept_topic import PUBLISHED
from datasette_config.parameters import asked
from datasette_config.searching import Listing
from pipeline import PROGRAM
from pipeline.sharing import citations, parquet
from pipeline.sharing.snapshot import Made, snapshot
from pipeline.work import Clock, Work

DATABASE, DESCRIPTION = "archive.db", "metadata.yaml"
FED = 100  # articles in the feed, the newest
AT_ONCE = 500  # articles whose citations are read at once
EVERY = 1 << 60
LISTS = ("feed.atom", "citations.bib", "citations.csl.json")
TOLD, MADE_BY = "README.txt", "Made by Stemma"  # written first, so that a publication that was stopped is known as one
OPERATORS = ("crawl", "backfill", "publish", "stamp", "watch")  # tables of the topic file that are no reader's business

README = """{title}
{line}

{what}
{made_by} {program} at {made_at}. To serve it, on any host that has Python 3.11:

    pip install stemma-archive
    cd {folder_name}
    {command}

A new publication into this folder shows on the running site by itself; a new metadata.yaml when it starts again.

archive.db          the database, SQLite, read-only; "snapshot" says what it holds
metadata.yaml       its description, for Datasette
topic.toml          what is searched for under which names
feed.atom           the newest articles
citations.bib       citations of all articles, BibTeX
citations.csl.json  the same, CSL-JSON
"""
GIVEN = "tables/*.parquet    what the views of the database hold, as Apache Parquet\n"
UNWRITTEN = "views not written as Parquet, for which pip install 'stemma-archive[parquet]'"


def publish(topic: Topic, data: Path, folder: Path, *, site: str | None, clock: Clock) -> Report:
    """Write all that is published to a folder, also while that is being served: each file appears whole, the database
    last. Raises what `snapshot` raises, UnreadableFile where files of others would be overwritten.
    """
    _refuse_others(folder)
    started = monotonic()
    base = f"{site.rstrip('/')}/" if site else None

    def beside(database: Path) -> None:
        conn = read_database(database)
        try:
            for name, text in _files(conn, topic, folder, base):
                _write(folder / name, text)
            _write_tables(conn, folder / TABLES, is_given=topic.publish.downloads)
        finally:
            conn.close()

    return _report("publish", topic, snapshot(topic, data, folder / DATABASE, now=clock(), beside=beside), started)


def _refuse_others(folder: Path) -> None:
    """Where there is a database, `snapshot` says whose it is."""
    told = folder / TOLD
    is_told = told.is_file() and MADE_BY in told.read_text(encoding="utf-8", errors="replace")
    if is_told or (folder / DATABASE).exists():
        return
    if others := [name for name in (TOLD, DESCRIPTION, PUBLISHED, *LISTS) if (folder / name).exists()]:
        raise UnreadableFile(f"{folder}: {', '.join(others)} in it would be overwritten, and no publication wrote "
                             f"them; give another folder")


def refresh(topic: Topic, data: Path, *, clock: Clock) -> Report:
    """Bring the data folder's own database for serving up to date."""
    started, folder = monotonic(), DataFolder(data).public

    def beside(database: Path) -> None:
        _write(folder / PUBLISHED, public_topic(topic))
        conn = read_database(database)
        try:
            if stale := [name for name in LISTS if (folder / name).exists()]:  # of a publication into this folder
                for name, text in _files(conn, topic, folder, None):
                    if name in stale:
                        _write(folder / name, text)
            _write_tables(conn, folder / TABLES, is_given=topic.publish.downloads)
        finally:
            conn.close()

    return _report("snapshot", topic, snapshot(topic, data, folder / DATABASE, now=clock(), beside=beside), started)


def renewed(work: Work) -> list[Report]:
    """The same where it was made before, and other articles were withheld then.

    What is not to be shown any more must not be shown there until the next start, whichever run finds that it is not.
    Nothing is done where others are served nothing.
    """
    folder = work.archive.folder
    if not (folder.public / DATABASE).exists():
        return []
    try:
        conn = read_database(folder.public / DATABASE)
    except OlderSchema:  # by an older program, which said otherwise what is withheld
        (folder.public / DATABASE).unlink()
        return [refresh(work.topic, folder.path, clock=work.clock)]
    try:
        is_same = withholdings.state(conn) == withholdings.state(work.conn)
    finally:
        conn.close()
    return [] if is_same else [refresh(work.topic, folder.path, clock=work.clock)]


def _report(step: str, topic: Topic, made: Made, started: float) -> Report:
    unwritten = len(tables.VIEWS) if topic.publish.downloads and not parquet.is_installed() else 0
    counts = (("of them as excerpts", made.excerpts), *(((UNWRITTEN, unwritten),) if unwritten else ()))
    return Report(step=step, done=made.versions, counts=counts, seconds=monotonic() - started)


def public_topic(topic: Topic) -> str:
    """The topic file without what is for its operators only; nothing where that cannot be told apart."""
    kept, is_kept = [], True
    for line in topic.text.splitlines(keepends=True):
        header = re.match(r"""\s*\[+\s*["']?([\w-]+)""", line)
        if header:
            is_kept = header[1] not in OPERATORS
        kept += [line] if is_kept else []
    text = "".join(kept)
    try:
        read = parse_topic(text, path=PUBLISHED)
    except TopicError:
        return ""
    if not set(OPERATORS).isdisjoint(tomllib.loads(text)):
        return ""  # such a table was written in another way than under a header of its own
    return text if (read.gazetteer, read.keywords) == (topic.gazetteer, topic.keywords) else ""


def _files(conn: sqlite3.Connection, topic: Topic, folder: Path, site: str | None) -> Iterator[tuple[str, str]]:
    """Everything but the database, by name."""
    made = snapshots.read(conn)
    if made is None:
        raise AssertionError("a database that was made for serving says so")
    yield TOLD, _readme(made, topic, folder)
    yield DESCRIPTION, serving.description(made, topic.publish)
    yield PUBLISHED, public_topic(topic)
    yield "feed.atom", _feed(conn, made, topic, site)
    yield "citations.bib", _cited(conn, citations.bibtex, site)
    yield "citations.csl.json", _cited(conn, citations.csl_json, site)


def _readme(made: Snapshot, topic: Topic, folder: Path) -> str:
    title = made.title or "Stemma"
    what = ("News articles as they were found, in excerpts: the full texts are at their original addresses."
            if made.contents == "excerpts" else "News articles as they were found.")
    told = README.format(title=title, line="=" * len(title), what=what, made_by=MADE_BY, program=made.program,
                         made_at=made.made_at, folder_name=folder.name, command=serving.command(topic.publish))
    return told + GIVEN if topic.publish.downloads and parquet.is_installed() else told


def _feed(conn: sqlite3.Connection, made: Snapshot, topic: Topic, site: str | None) -> str:
    total, ids = search.first_found(conn, search.Search(), limit=FED)

    def at(card: Card) -> str:
        return f"{site}article/{card.key}" if site else card.url

    newest = Listing(asked=asked({}), total=total, cited=cited(conn, ids))
    here = f"{site}search.atom" if site else f"urn:stemma:{topic.name}"
    return lists.as_atom(newest, at, title=made.title or "Stemma", here=here)


def _cited(
    conn: sqlite3.Connection, write: Callable[[Iterator[citations.Citation]], str], site: str | None
) -> str:
    _, ids = search.first_found(conn, search.Search(), limit=EVERY)

    def every() -> Iterator[Cited]:
        for start in range(0, len(ids), AT_ONCE):
            yield from cited(conn, ids[start:start + AT_ONCE])

    return write(citations.citation(one, site=site) for one in every())


def _write_tables(conn: sqlite3.Connection, folder: Path, *, is_given: bool) -> None:
    """Each view as a file; where they are not given any more, or pyarrow is missing, none: not those of another day."""
    if not is_given or not parquet.is_installed():
        for view in tables.VIEWS:
            (folder / f"{view}.parquet").unlink(missing_ok=True)
        with suppress(OSError):  # others' files are in it, or it is not there
            folder.rmdir()
        return
    folder.mkdir(exist_ok=True)
    for view in tables.VIEWS:
        with _replacing(folder / f"{view}.parquet") as part:
            parquet.write(part, tables.kinds(conn, view), tables.rows(conn, view), program=PROGRAM)


def _write(path: Path, text: str) -> None:
    with _replacing(path) as part:
        part.write_text(text, encoding="utf-8", newline="")


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file to write, which takes the place of another when it is whole."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
