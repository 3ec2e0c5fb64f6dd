"""What a batch wrote -> an archive: the records first, then what was derived from them, as if the archive had done it.

A record is copied as `stemma import` copies it. Of the rest only what rests on captures that the archive holds is
taken, and only what this program's own stages would make: else `stemma update` makes it anew.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from time import monotonic

import pyarrow as pa
import pyarrow.dataset as ds

from archive.errors import UnreadableFile
from archive.foreign import Foreign, Referring, Unusable, plain, responses
from archive.model import Block, Failure, Relevance, Report
from archive.store import captures, comparisons, documents, links, runs, transaction, withholdings
from archive.store.comparisons import Read
from archive.warc import WarcWriter
from crawlers.archives.imports import keep, keep_revisit
from pipeline import PROGRAM
from pipeline.batch.rows import Row, block_from, document_from, reuse_from
from pipeline.copies import epoch as epochs
from pipeline.copies import vectors
from pipeline.copies.comparing import kept_sketch
from pipeline.copies.epoch import Epoch
from pipeline.copies.sketches import Sketch, worth_of
from pipeline.extract import EXTRACTOR
from pipeline.fingerprints import method
from pipeline.intake import erase_pending, index_pending, note_topic, read_withholdings
from pipeline.linking import is_outgrown, keep_epoch, logged_epoch
from pipeline.steps import decided_by, derive_links, derive_versions, withhold
from pipeline.work import Work, by_frequency

ROWS = 200  # that are held at a time
USED = {  # the columns of each that are read
    "manifest": ("program", "extractor", "decided_by", "topic", "method", "epoch"),
    "failures": ("stage", "subject", "reason"),
    "records": ("file", "maker", "is_wanted", "packed"),
    "documents": ("url", "payload_digest", "reads", "document", "block", "on_topic", "score", "terms"),
    "readings": ("public_id", "body_digest", "language", "sketch", "keys", "worths"),
    "reuses": ("left", "right"),
}
READ = tuple(name for name in USED if name != "manifest")  # after which they are read
WHOLE = ("manifest", "failures")  # tables without an empty field


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the tables were made by: extractor, rule and topic of the decisions, method and epoch of the comparison."""

    program: str
    extractor: str
    decided_by: str
    topic: str
    method: str
    epoch: bytes


def load(work: Work, folder: Path, *, everything: bool) -> list[Report]:
    """Bring a batch's result into the archive: what is on its topic, or all of which it has the records."""
    manifest = manifest_of(folder)
    epoch = _epoch_of(manifest, folder)
    note_topic(work)
    return [
        *(step(work) for step in (erase_pending, index_pending, read_withholdings)),
        copy_records(work, folder, everything=everything), take_readings(work, folder, manifest),
        *derive_versions(work), take_comparisons(work, folder, manifest, epoch), *derive_links(work),
    ]


def manifest_of(folder: Path, *, named: str | None = None) -> Manifest:
    """Raises UnreadableFile where a folder, or the address that it is a copy of, holds no finished batch."""
    found = list(table(folder, "manifest")) if (folder / "manifest").is_dir() else []
    if len(found) != 1:
        raise UnreadableFile(
            f"{named or folder}: no result of 'stemma batch', or of one that was not finished; run it again")
    return Manifest(**{name: found[0][name] for name in USED["manifest"]})


def _epoch_of(manifest: Manifest, folder: Path) -> Epoch:
    try:
        return epochs.unpacked(manifest.epoch)
    except (ValueError, OSError, EOFError, zlib.error, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(
            f"{folder / 'manifest'}: its epoch cannot be read; copy or make the result again") from error


def table(folder: Path, name: str, columns: Sequence[str] | None = None) -> Iterator[Row]:
    """The rows of a table, some at a time. Raises UnreadableFile where it is none of a batch's."""
    place, used = folder / name, columns or USED.get(name, ())
    try:
        found = ds.dataset(place, format="parquet", partitioning="hive")
        if not found.files:  # of an empty table there is no file that says which columns it has
            return
        if lacking := sorted(set(used) - set(found.schema.names)):
            raise UnreadableFile(f"{place}: it has no column {', '.join(lacking)}; copy or make the result again")
        for batch in found.to_batches(columns=columns, batch_size=ROWS, batch_readahead=1, fragment_readahead=1):
            for row in batch.to_pylist():
                if name in WHOLE and None in map(row.get, used):
                    raise UnreadableFile(f"{place}: a row lacks a value; copy or make the result again")
                yield row
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"{place}: it cannot be read as a table ({str(error).splitlines()[0]}); copy or make the "
                             f"result again") from error


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
        if not _is_held(work, row):
            continue
        if row["reads"] == "document":
            _take_document(work, row, withheld, decided=manifest.decided_by if is_decided else None)
            counts["documents"] += 1
        else:
            _take_block(work, block_from(row["block"]), withheld)
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


def _take_block(work: Work, block: Block, withheld: frozenset[str]) -> None:
    with transaction(work.conn):
        documents.add_block(work.conn, block)
        withhold(work, block, withheld)


def _is_held(work: Work, row: Mapping[str, str]) -> bool:
    """Whether the archive has the payload from which a row was read: nothing is taken without its evidence."""
    return captures.holder(work.conn, url=row["url"], payload_digest=row["payload_digest"]) is not None


# ---- what texts share

def take_comparisons(work: Work, folder: Path, manifest: Manifest, epoch: Epoch) -> Report:
    """Take readings of versions, and what two of them share, where the archive would compare them just so.

    That is where the batch's epoch is, or becomes, the archive's, and where it has compared no other text in it: what
    the batch did not see, it was not compared with.
    """
    started = monotonic()
    named = method(epoch.digest, encoder=vectors.installed())
    ours = {row["public_id"]: version_id for row in table(folder, "readings", ["public_id", "body_digest"])
            if (version_id := comparisons.pending_version(
                work.conn, row["public_id"], body_digest=row["body_digest"], method=named)) is not None}
    why = _why_not(work, epoch, is_ours=manifest.method == named, named=named)
    if why is not None or not ours:
        return Report(step="compared", skipped=len(ours), seconds=monotonic() - started,
                      counts=() if why is None else ((why, 1),))
    if epoch.articles:
        keep_epoch(work, epoch)
    with transaction(work.conn):
        comparisons.forget(work.conn, ours.values())
    for row in table(folder, "readings", ["public_id", "language", "sketch", "keys", "worths"]):
        if (version_id := ours.get(row["public_id"])) is not None:
            with transaction(work.conn):
                comparisons.add_readings(work.conn, [_read(version_id, row)])
    shared = _take_reuses(work, folder, ours)
    with transaction(work.conn):
        for version_id in ours.values():
            links.add_witness(work.conn, version_id, [], method=named)
    return Report(step="compared", done=len(ours), counts=(("pairs that share text", shared),),
                  seconds=monotonic() - started)


def _read(version_id: int, row: Row) -> Read:
    sketch = Sketch(row["language"], worth_of(row["worths"]), row["sketch"])
    return Read(worth=dict(zip(row["keys"], row["worths"], strict=True)),
                sketch=kept_sketch(version_id, sketch))


def _why_not(work: Work, epoch: Epoch, *, is_ours: bool, named: str) -> str | None:
    """Why the archive has to compare the texts itself; None where it has not."""
    if not is_ours:
        return "the batch compared by another method"
    if comparisons.compared(work.conn, method=named):
        return "the archive has compared other texts in the batch's epoch"
    kept = comparisons.last_epoch(work.conn) or logged_epoch(work)
    held = comparisons.article_count(work.conn)
    if kept is not None and kept.digest != epoch.digest and kept.articles >= epoch.articles:
        return "the archive's epoch was counted on more articles"
    if is_outgrown(epoch.articles, held=held):
        return "the archive has outgrown the batch's epoch"
    return None


def _take_reuses(work: Work, folder: Path, ours: Mapping[str, int]) -> int:
    """What two versions share that both are there as the batch had them."""
    taken = 0
    for row in table(folder, "reuses"):
        left, right = ours.get(row["left"]), ours.get(row["right"])
        if left is not None and right is not None:
            with transaction(work.conn):
                links.add_reuse(work.conn, left, right, reuse_from(row))
            taken += 1
    return taken
