"""What a batch works out, table by table, from WARC files to links; how many rows each has is its report."""

from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from time import monotonic

from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from archive.model import Block, Document, Report
from archive.store.documents import PendingPayload
from archive.topic import Topic
from pipeline import PROGRAM, cores, vectors
from pipeline.batch import looks, pairs, rows, texts
from pipeline.batch.rows import Columns, Row
from pipeline.batch.spark import Tables, file_pieces, first_of, grouped, is_retry, spelled, through, whole
from pipeline.epoch import Epoch, packed
from pipeline.extract import EXTRACTOR
from pipeline.fingerprints import method
from pipeline.intake import outlet_rows
from pipeline.steps import decided_by, read_page

REASONS = 20  # of failures that the report tells; the table has all
HOPS = 10  # redirects that are followed
AS_RECORD = ("url", "captured_at", "payload_digest")  # one capture, however many files have it
AS_PAGE = ("payload_digest", "url", "charset")  # one payload as it is read
DECIDED: Columns = {name: "string" for name in (*AS_PAGE, "canonical")} | texts.DECIDED
MANIFEST: Columns = {name: "string" for name in ("program", "extractor", "decided_by", "topic", "method")} | {
    "epoch": "binary"}
ADDRESS: Columns = {"url": "string", "article": "string"}
REDIRECT: Columns = {"url": "string", "target": "string", "captured_at": "string"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is asked of a batch: `files` and `out` are paths or addresses that Spark reads and writes.

    `keep_all`: the result has the records of all captures, not only those of articles on the topic.
    """

    topic: Topic
    files: tuple[str, ...]
    out: str
    via: str | None = None
    keep_all: bool = False


def report(spark: SparkSession, job: Job) -> Report:
    """The whole batch; every table is written before the next begins, so that none is worked out twice."""
    started, tables = monotonic(), Tables(spark, job.out)
    read = tables.write("read/looks", read_files(spark, job))
    captures = captures_of(read)
    decided = tables.write("read/decided", decided_of(captures, job.topic), by_month=False)
    addresses = tables.write("addresses", addresses_of(captures, decided), by_month=False)
    wanted = captures.join(addresses.select("url"), "url", "left_semi")
    kept = captures if job.keep_all else wanted
    written = {
        "records": tables.write("records", records_of(spark, job, captures, wanted)),
        "documents": tables.write("documents", documents_of(kept, decided)),
        "blocks": tables.write("blocks", blocks_of(kept)),
        "versions": tables.write("versions", versions_of(captures, decided, addresses, job.topic)),
    }
    epoch = pairs.epoch_of(written["versions"], job.topic)
    told = pairs.broadcast(spark, packed(epoch))
    readings = tables.write("readings", pairs.readings_of(written["versions"], told))
    met = tables.write("read/pairs", pairs.pairs_of(readings), by_month=False)
    written["pairs"] = met
    written["reuses"] = tables.write("reuses", pairs.shared_of(met, readings, told))
    written["links"] = tables.write("links", pairs.links_of(written["reuses"], written["versions"], addresses))
    failures = tables.write("failures", failures_of(read, captures), by_month=False)
    tables.write("manifest", manifest_of(spark, job, epoch), by_month=False)
    failed = failures.groupBy("reason").count().orderBy(f.desc("count")).limit(REASONS).collect()
    return Report(step="batch", done=captures.count(), counts=tuple((n, table.count()) for n, table in written.items()),
                  failed=tuple((row["reason"], row["count"]) for row in failed), seconds=monotonic() - started)


def manifest_of(spark: SparkSession, job: Job, epoch: Epoch) -> DataFrame:
    """What the tables were made by; written last: without it, they are not whole."""
    told = {
        "program": PROGRAM, "extractor": EXTRACTOR, "decided_by": decided_by(job.topic), "topic": job.topic.name,
        "method": method(epoch.digest, encoder=vectors.installed()), "epoch": packed(epoch)}
    return spark.createDataFrame([told], spelled(MANIFEST)).coalesce(1)


# ---- captures

def read_files(spark: SparkSession, job: Job) -> DataFrame:
    """Every capture of the files with what was read on its page, and what could not be read."""
    return through(file_pieces(spark, job.files), partial(_read, via=job.via, keep_records=job.keep_all),
                   rows.READ)


def _read(pieces: Iterable[Row], *, via: str | None, keep_records: bool) -> Iterator[Row]:
    with ExitStack() as stack:
        reader = partial(_read_alone, stack) if is_retry() else read_page
        yield from looks.read_pieces(whole(pieces), via=via, read_page=reader, keep_records=keep_records)


def _read_alone(stack: ExitStack, stored: bytes, head: bytes, payload: PendingPayload) -> Document | Block | str:
    """A page read in a process of its own, so that one that ends its process ends no other's work."""
    try:
        workers = stack.enter_context(cores.pool(1))
        return workers.submit(read_page, stored, head, payload).result()
    except BrokenProcessPool:
        return "the extractor's process ended on this page"


def captures_of(read: DataFrame) -> DataFrame:
    """Each capture once; of revisits those whose payload is in one of the files."""
    told = first_of(read.where(f.col("failed_stage").isNull()), AS_RECORD, ("file", "start"))
    held = told.where(f.col("refers_to").isNull() & f.col("truncated").isNull()).select(
        f.col("url").alias("holder"), f.col("payload_digest").alias("held")).distinct()
    revisits = told.where(f.col("refers_to").isNotNull()).join(
        held, (f.col("payload_digest") == f.col("held"))
        & ((f.col("holder") == f.col("url")) | (f.col("holder") == f.col("refers_to"))), "left_semi")
    return told.where(f.col("refers_to").isNull()).unionByName(revisits)


def failures_of(read: DataFrame, captures: DataFrame) -> DataFrame:
    """What could not be read of the files, and of the pages."""
    of_files = read.where(f.col("failed_stage").isNotNull()).select(
        f.col("failed_stage").alias("stage"), f.col("failed_subject").alias("subject"),
        f.col("failed_reason").alias("reason"))
    of_pages = _read_once(captures).where(f.col("refusal").isNotNull()).select(
        f.lit("extract").alias("stage"), f.concat_ws(" ", "payload_digest", "url").alias("subject"),
        f.col("refusal").alias("reason"))
    return of_files.unionByName(of_pages).dropDuplicates(["stage", "subject"])


def records_of(spark: SparkSession, job: Job, captures: DataFrame, wanted: DataFrame) -> DataFrame:
    """The records of captures as they lie in their files: the evidence, which goes with what is derived from it.

    Of all captures, they were taken along when the files were read. Of the wanted ones, the files are read once more
    for them, and nothing is unpacked.
    """
    places = wanted.select("file", "start").distinct().withColumn("is_wanted", f.lit(True))
    if job.keep_all:
        kept = captures.where(f.col("packed").isNotNull()).join(places, ["file", "start"], "left")
        return kept.select(*(column for column in rows.RECORD if column != "is_wanted"),
                           f.coalesce("is_wanted", f.lit(False)).alias("is_wanted"))
    by_file: dict[str, list[Row]] = {}
    for row in wanted.select(*rows.PLACE, "maker", "month").dropDuplicates(["file", "start"]).toLocalIterator():
        by_file.setdefault(row["file"], []).append(row.asDict() | {"is_wanted": True})
    if not by_file:
        return spark.createDataFrame([], spelled(rows.RECORD))
    told = spark.sparkContext.broadcast(by_file)
    return through(file_pieces(spark, sorted(by_file)), partial(_cut, told=told), rows.RECORD)


def _cut(pieces: Iterable[Row], *, told: "Broadcast[dict[str, list[Row]]]") -> Iterator[Row]:
    return looks.cut(whole(pieces), told.value)


# ---- documents

def _read_once(captures: DataFrame) -> DataFrame:
    """Each page as it was read: one that came with several statuses as with the least, as an article if it ever was."""
    return first_of(captures.where(f.coalesce("document", "block", "refusal").isNotNull()), AS_PAGE,
                    ("status", "captured_at", "file", "start"))


def decided_of(captures: DataFrame, topic: Topic) -> DataFrame:
    """Each page that has a document, with the decision whether that is on the topic; without its text."""
    first = captures.where(f.col("role") == "article").groupBy("payload_digest", "url").agg(
        f.min("captured_at").alias("first_captured"))
    found = _read_once(captures).where(f.col("document").isNotNull()).join(first, ["payload_digest", "url"])
    return through(found.select(*AS_PAGE, "document", "first_captured"), partial(texts.decided, topic=topic), DECIDED)


def documents_of(captures: DataFrame, decided: DataFrame) -> DataFrame:
    """The documents of captures with the decisions on them."""
    found = _read_once(captures).where(f.col("document").isNotNull())
    return found.select(*AS_PAGE, "document", "month").join(decided.drop("canonical"), list(AS_PAGE))


def blocks_of(captures: DataFrame) -> DataFrame:
    """What stands in an article's place."""
    return _read_once(captures).where(f.col("block").isNotNull()).select(*AS_PAGE, "block", "month")


# ---- articles

def addresses_of(captures: DataFrame, decided: DataFrame) -> DataFrame:
    """The addresses of articles on the topic: those that were read, and those that redirect to them."""
    newest = first_of(captures.join(decided, list(AS_PAGE)), ("url",), (f.desc("captured_at"), "payload_digest"))
    read = through(newest.select("url", "canonical"), texts.placed, ADDRESS).localCheckpoint()
    on_topic = sightings_of(captures, decided, read).where("on_topic").select("article").distinct()
    found = read.join(on_topic, "article", "left_semi").select("url", "article").localCheckpoint()
    waiting = captures.where(
        (f.col("role") == "article") & f.col("status").between(301, 308) & f.col("location").isNotNull()
    ).select("url", "location", "captured_at").join(read, "url", "left_anti")
    waiting = through(waiting, texts.led_to, REDIRECT).localCheckpoint()
    step = found
    for _ in range(HOPS):
        led = waiting.join(step.select(f.col("url").alias("target"), "article"), "target")
        step = first_of(led, ("url",), (f.desc("captured_at"), "target")).select("url", "article").localCheckpoint()
        if step.isEmpty():
            break
        found = found.unionByName(step)
        waiting = waiting.join(step, "url", "left_anti").localCheckpoint()
    return found


def sightings_of(captures: DataFrame, decided: DataFrame, addresses: DataFrame) -> DataFrame:
    """The looks that found an article in a state."""
    looked = captures.where((f.col("role") == "article") & f.col("status").isin(200, 304) & f.col("truncated").isNull())
    return looked.select(*AS_PAGE, "captured_at", "via").join(decided, list(AS_PAGE)).join(addresses, "url")


def versions_of(captures: DataFrame, decided: DataFrame, addresses: DataFrame, topic: Topic) -> DataFrame:
    """The versions of the articles on the topic, an article at a time."""
    read = _read_once(captures).select(*AS_PAGE, "document")
    seen = sightings_of(captures, decided, addresses).drop("canonical").join(read, list(AS_PAGE))
    outlets = {str(row["domain"]): str(row["outlet"]) for row in outlet_rows(topic)}
    return grouped(seen, ("article",), partial(texts.folded, outlets=outlets), texts.VERSION)
