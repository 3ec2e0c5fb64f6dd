"""What a batch wrote -> an archive: the records first, then what was derived from them, as if the archive had done it.

A record is copied as `stemma import` copies it. Of the rest only what rests on captures that the archive holds is
taken, and only what this program's own stages would make: else `stemma update` makes it anew.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import monotonic

import pyarrow.dataset as ds

from archive.errors import UnreadableFile
from archive.foreign import Foreign, Referring, Unusable, plain, responses
from archive.model import Failure, Relevance, Report
from archive.store import captures, documents, runs, transaction, withholdings
from archive.warc import WarcWriter
from crawlers.archives.imports import keep, keep_revisit
from pipeline import PROGRAM
from pipeline.batch.rows import Row, block_from, document_from
from pipeline.extract import EXTRACTOR
from pipeline.intake import erase_pending, index_pending, note_topic, read_withholdings
from pipeline.steps import decided_by, derive_links, derive_versions, withhold
from pipeline.work import Work, by_frequency

ROWS = 200  # that are held at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the tables were made by: extractor, rule and topic of the decisions, method and epoch of the comparison."""

    program: str
    extractor: str
    decided_by: str
    topic: str


def load(work: Work, folder: Path, *, everything: bool) -> list[Report]:
    """Bring a batch's result into the archive: what is on its topic, or all of which it has the records."""
    manifest = manifest_of(folder)
    note_topic(work)
    return [
        *(step(work) for step in (erase_pending, index_pending, read_withholdings)),
        copy_records(work, folder, everything=everything), take_readings(work, folder, manifest),
        *derive_versions(work), *derive_links(work),
    ]


def manifest_of(folder: Path) -> Manifest:
    """Raises UnreadableFile where a folder holds no finished batch."""
    found = list(table(folder, "manifest")) if (folder / "manifest").is_dir() else []
    if len(found) != 1:
        raise UnreadableFile(f"{folder}: no result of 'stemma batch', or of one that was not finished; run it again")
    return Manifest(**found[0])


def table(folder: Path, name: str, columns: list[str] | None = None) -> Iterator[Row]:
    """The rows of a table, some at a time."""
    for batch in ds.dataset(folder / name, format="parquet", partitioning="hive").to_batches(
            columns=columns, batch_size=ROWS, batch_readahead=1, fragment_readahead=1):
        yield from batch.to_pylist()


# ---- evidence

def copy_records(work: Work, folder: Path, *, everything: bool) -> Report:
    """Copy the records that the archive lacks; revisits last, when what they refer to is there."""
    started, failed, counts = monotonic(), Counter[str](), Counter[str]()

    def problem(subject: str, reason: str) -> None:
        runs.add_failure(work.conn, Failure(stage="import", subject=subject, reason=reason, at=work.clock()),
                         program=PROGRAM)
        failed[reason] += 1

    for row in table(folder, "failures"):
        if row["stage"] == "import":
            problem(row["subject"], row["reason"])
    warcs = work.archive.folder.warcs
    writer = WarcWriter(warcs, started_at=work.clock(), software=f"stemma-archive/{PROGRAM}")
    try:
        for is_last in (False, True):
            for name, found in _exchanges(folder, everything=everything):
                if isinstance(found, Foreign) and not is_last:
                    keep(work.conn, writer, found, name, counts, problem)
                elif isinstance(found, Referring) and is_last:
                    counts += keep_revisit(work.conn, writer, found, name, problem, warcs)
                work.progress("import", counts.total(), 0)
    finally:
        writer.close()
    held = counts.pop("held already", 0)
    return Report(step="import", done=counts.pop("captures", 0), skipped=held, counts=tuple(sorted(counts.items())),
                  failed=by_frequency(failed), seconds=monotonic() - started)


def _exchanges(folder: Path, *, everything: bool) -> Iterator[tuple[str, Foreign | Referring]]:
    for row in table(folder, "records"):
        if everything or row["is_wanted"]:
            name = str(row["file"]).rpartition("/")[2]
            for found in responses(name, plain(name, BytesIO(row["packed"])), via=row["maker"]):
                if not isinstance(found, Unusable):  # which the batch has told of
                    yield name, found


# ---- what was read

def take_readings(work: Work, folder: Path, manifest: Manifest) -> Report:
    """Take documents, what stands in an article's place, and the failures to read, of payloads that are held."""
    started, counts = monotonic(), Counter[str]()
    if manifest.extractor != EXTRACTOR:
        return Report(step="documents", seconds=monotonic() - started, counts=(
            (f"read by {manifest.extractor}, where this program has {EXTRACTOR}: read anew", 1),))
    is_decided = manifest.decided_by == decided_by(work.topic)
    withheld = withholdings.addresses(work.conn)
    for row in table(folder, "documents"):
        if _is_held(work, row):
            _take_document(work, row, withheld, decided=manifest.decided_by if is_decided else None)
            counts["documents"] += 1
    for row in table(folder, "blocks"):
        if _is_held(work, row):
            block = block_from(row["block"])
            with transaction(work.conn):
                documents.add_block(work.conn, block)
                withhold(work, block, withheld)
            counts["in an article's place"] += 1
    for row in table(folder, "failures"):
        digest, _, url = str(row["subject"]).partition(" ")
        if row["stage"] == "extract" and _is_held(work, {"url": url, "payload_digest": digest}):
            work.fail("extract", row["subject"], row["reason"], program=f"{PROGRAM} {EXTRACTOR}")
            counts["failed"] += 1
    return Report(step="documents", done=counts.pop("documents", 0), counts=tuple(sorted(counts.items())),
                  seconds=monotonic() - started)


def _take_document(work: Work, row: Row, withheld: frozenset[str], *, decided: str | None) -> None:
    document = document_from(row["document"])
    with transaction(work.conn):
        documents.add(work.conn, document)
        withhold(work, document, withheld)
    document_id = documents.undecided(work.conn, document)
    if decided is not None and document_id is not None:
        decision = Relevance(score=row["score"], on_topic=row["on_topic"], terms=tuple(row["terms"]))
        documents.set_relevance(work.conn, document_id, decision, decided_by=decided)


def _is_held(work: Work, row: Mapping[str, str]) -> bool:
    """Whether the archive has the payload from which a row was read: nothing is taken without its evidence."""
    return captures.holder(work.conn, url=row["url"], payload_digest=row["payload_digest"]) is not None
