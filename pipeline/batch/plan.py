"""What a batch works out, table by table, from WARC files to links; how many rows each has is its report."""

from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic

from pyspark import Broadcast
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from archive.errors import UnreadableFile
from archive.model import Block, Document, Report, Slice
from archive.store.documents import PendingPayload
from archive.topic import Topic
from crawlers.archives import ccnews
from crawlers.errors import Unreadable
from pipeline import PROGRAM, cores
from pipeline.batch import looks, pairs, rows, texts
from pipeline.batch.rows import Columns, Row
from pipeline.batch.spark import Tables, file_pieces, first_of, grouped, is_retry, literal, spelled, through, whole
from pipeline.copies import vectors
from pipeline.copies.epoch import Epoch, packed
from pipeline.extract import EXTRACTOR
from pipeline.fingerprints import method
from pipeline.intake import outlet_rows
from pipeline.steps import decided_by, read_page

REASONS = 20  # of failures that the report tells; the table has all
HOPS = 10  # redirects that are followed
AS_RECORD = ("url", "captured_at", "payload_digest")  # one capture, however many files have it
AS_PAGE = ("payload_digest", "url", "charset")  # one payload as it is read
AT = ("file", "start", "ordinal")  # where a capture's row is in what was read
DECISION = ("on_topic", "score", "terms")
PAGE: Columns = {name: rows.LOOK[name] for name in (*AS_PAGE, *AT, "reads", "canonical", *DECISION, "month")}
TABLES = ("manifest", "read", "captures", "pages", "steps", "addresses", "records", "documents", "versions", "readings",
          "pairs", "reuses", "links", "failures")
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
    tables.refuse_others(TABLES)
    read = read_files(spark, job)  # which finds the files, or an earlier result stays as it is
    # None while the tables are written: a batch that is killed leaves no result, also where an earlier one was.
    tables.write("manifest", spark.createDataFrame([], spelled(MANIFEST)), by_month=False)
    read = tables.write("read", read)
    captures = tables.write("captures", captures_of(read))
    pages = tables.write("pages", pages_of(captures, read, job.topic), by_month=False)
    addresses = tables.write("addresses", addresses_of(tables, captures, pages), by_month=False)
    documents = documents_of(pages if job.keep_all else on_topic(pages, addresses), read)
    written = {
        "records": tables.write("records", records_of(spark, job, captures, addresses, read)),
        "documents": tables.write("documents", documents),
        "versions": tables.write("versions", versions_of(captures, pages, addresses, read, job.topic)),
    }
    epoch = pairs.epoch_of(written["versions"], job.topic)
    told = pairs.broadcast(spark, packed(epoch))
    readings = tables.write("readings", pairs.readings_of(written["versions"], told))
    written["pairs"] = tables.write("pairs", pairs.pairs_of(readings), by_month=False)
    written["reuses"] = tables.write("reuses", pairs.shared_of(written["pairs"], readings, told))
    written["links"] = tables.write("links", pairs.links_of(written["reuses"], written["versions"], addresses))
    failures = tables.write("failures", failures_of(read, pages), by_month=False)
    tables.write("manifest", manifest_of(spark, job, epoch), by_month=False)
    failed = failures.groupBy("reason").count().orderBy(f.desc("count")).limit(REASONS).collect()
    return Report(
        step="batch", done=captures.count(), seconds=monotonic() - started,
        counts=(("paths", len(job.files)), *((name, table.count()) for name, table in written.items())),
        failed=tuple((row["reason"], row["count"]) for row in failed))


def manifest_of(spark: SparkSession, job: Job, epoch: Epoch) -> DataFrame:
    """What the tables were made by; written last: without it, they are not whole."""
    told = {
        "program": PROGRAM, "extractor": EXTRACTOR, "decided_by": decided_by(job.topic), "topic": job.topic.name,
        "method": method(epoch.digest, encoder=vectors.installed()), "epoch": packed(epoch)}
    return spark.createDataFrame([told], spelled(MANIFEST)).coalesce(1)


# ---- captures

def news_files(spark: SparkSession, base: str, months: Iterable[Slice]) -> tuple[str, ...]:
    """The files of Common Crawl's news crawl that were begun in these months, by its own lists under an address.

    Raises UnreadableFile where a list is missing or is none.
    """
    found: list[str] = []
    for month in months:
        address = ccnews.list_address(month, base=base)
        body = b"".join(piece for _, piece in whole(row.asDict() for row in file_pieces(spark, [address]).collect()))
        try:
            found += [f"{base}/{one.original}" for one in ccnews.files(body, month)]
        except Unreadable as error:
            raise UnreadableFile(f"{address}: {error}; get the list again") from error
    return tuple(found)


def read_files(spark: SparkSession, job: Job) -> DataFrame:
    """Every capture of the files with what was read on its page, and what could not be read."""
    return through(file_pieces(spark, job.files),
                   partial(_read, via=job.via, topic=job.topic, keep_records=job.keep_all), rows.READ)


def _read(pieces: Iterable[Row], *, via: str | None, topic: Topic, keep_records: bool) -> Iterator[Row]:
    with page_reader(read_page, is_careful=is_retry()) as reader:
        yield from looks.read_pieces(
            whole(pieces), via=via, read_page=reader, decide=texts.deciding(topic), keep_records=keep_records)


@contextmanager
def page_reader(read_one: looks.ReadPage, *, is_careful: bool) -> Iterator[looks.ReadPage]:
    """Reads pages here; carefully, in a process beside this one, so that a page that ends it ends no other's work."""
    with ExitStack() as stack:
        workers: list[cores.Workers] = []

        def alone(stored: bytes, head: bytes, payload: PendingPayload) -> Document | Block | str:
            if not workers:
                workers.append(stack.enter_context(cores.pool(1)))
            try:
                return workers[0].submit(read_one, stored, head, payload).result()
            except BrokenProcessPool:
                workers.clear()
                return "the extractor's process ended on this page"

        yield alone if is_careful else read_one


def captures_of(read: DataFrame) -> DataFrame:
    """Each capture once, without what was read; of revisits those whose payload is in one of the files."""
    told = first_of(read.where(f.col("failed_stage").isNull()).select(*rows.LOOK), AS_RECORD, ("file", "start"))
    held = told.where(f.col("refers_to").isNull() & f.col("truncated").isNull()).select(
        f.col("url").alias("holder"), f.col("payload_digest").alias("held")).distinct()
    revisits = told.where(f.col("refers_to").isNotNull()).join(
        held, (f.col("payload_digest") == f.col("held"))
        & ((f.col("holder") == f.col("url")) | (f.col("holder") == f.col("refers_to"))), "left_semi")
    return told.where(f.col("refers_to").isNull()).unionByName(revisits)


def failures_of(read: DataFrame, pages: DataFrame) -> DataFrame:
    """What could not be read of the files, and of the pages."""
    of_files = read.where(f.col("failed_stage").isNotNull()).select(
        f.col("failed_stage").alias("stage"), f.col("failed_subject").alias("subject"),
        f.col("failed_reason").alias("reason"))
    of_pages = pages.where(f.col("reads") == "refusal").join(read.select(*AT, "refusal"), list(AT)).select(
        f.lit("extract").alias("stage"), f.concat_ws(" ", "payload_digest", "url").alias("subject"),
        f.col("refusal").alias("reason"))
    return of_files.unionByName(of_pages).dropDuplicates(["stage", "subject"])


def records_of(
    spark: SparkSession, job: Job, captures: DataFrame, addresses: DataFrame, read: DataFrame
) -> DataFrame:
    """The records of captures as they lie in their files: the evidence, which goes with what is derived from it.

    Of all captures, they were taken along when the files were read. Of those of articles on the topic, the files are
    read once more for them, and nothing is unpacked.
    """
    wanted = on_topic(captures, addresses)
    if job.keep_all:
        places = captures.select("file", "start").distinct().join(
            wanted.select("file", "start", f.lit(True).alias("is_wanted")).distinct(), ["file", "start"], "left")
        kept = read.where(f.col("packed").isNotNull()).join(places, ["file", "start"])
        return kept.withColumn("is_wanted", f.coalesce("is_wanted", f.lit(False))).select(*rows.RECORD)
    by_file: dict[str, list[Row]] = {}
    for row in wanted.select(*rows.PLACE, "maker", "month").dropDuplicates(["file", "start"]).toLocalIterator():
        by_file.setdefault(row["file"], []).append(row.asDict() | {"is_wanted": True})
    if not by_file:
        return spark.createDataFrame([], spelled(rows.RECORD))
    told = spark.sparkContext.broadcast(by_file)
    again = file_pieces(spark, [literal(file) for file in sorted(by_file)])
    return through(again, partial(_cut, told=told), rows.RECORD)


def _cut(pieces: Iterable[Row], *, told: "Broadcast[dict[str, list[Row]]]") -> Iterator[Row]:
    return looks.cut(whole(pieces), told.value)


# ---- documents

def pages_of(captures: DataFrame, read: DataFrame, topic: Topic) -> DataFrame:
    """Each page once as it was read, at the place where it was; one with several statuses as with the least of them.

    A text without a date is judged by its first capture: where that is another one than the one that was read, the
    text is judged anew.
    """
    first = captures.where(f.col("role") == "article").groupBy("payload_digest", "url").agg(
        f.min("captured_at").alias("first_captured"))
    pages = first_of(captures.where(f.col("reads").isNotNull()), AS_PAGE, ("status", "captured_at", "file", "start"))
    pages = pages.join(first, ["payload_digest", "url"])
    is_late = (f.col("reads") == "document") & (f.col("first_captured") < f.col("captured_at"))
    late = pages.where(is_late).join(read.select(*AT, "document"), list(AT))
    again = through(late.select(*(name for name in PAGE if name not in DECISION), "document", "first_captured"),
                    partial(texts.decided, topic=topic), PAGE)
    return pages.where(~is_late).select(*PAGE).unionByName(again)


def documents_of(pages: DataFrame, read: DataFrame) -> DataFrame:
    """What was read on pages: documents with the decisions on them, and what stands in an article's place."""
    found = pages.where(f.col("reads") != "refusal").drop("canonical")
    return found.join(read.select(*AT, "document", "block"), list(AT)).drop(*AT)


# ---- articles

def on_topic(table: DataFrame, addresses: DataFrame) -> DataFrame:
    """The rows of addresses of articles on the topic."""
    return table.join(addresses.select("url"), "url", "left_semi")


def addresses_of(tables: Tables, captures: DataFrame, pages: DataFrame) -> DataFrame:
    """The addresses of articles on the topic: those that were read, and those that redirect to them.

    What one step after the other rests on is written, and not held by workers, which may be lost.
    """
    documents = pages.where(f.col("reads") == "document").select(*AS_PAGE, "canonical")
    looked = captures.select(*AS_PAGE, "captured_at").join(documents, list(AS_PAGE))
    newest = first_of(looked, ("url",), (f.desc("captured_at"), "payload_digest"))
    read = tables.write("steps/read", through(newest.select("url", "canonical"), texts.placed, ADDRESS), by_month=False)
    told = sightings_of(captures, pages, read).where("on_topic").select("article").distinct()
    found = read.join(told, "article", "left_semi").select("url", "article")
    step = found = tables.write("steps/0", found, by_month=False)
    waiting = captures.where(
        (f.col("role") == "article") & f.col("status").between(301, 308) & f.col("location").isNotNull()
    ).select("url", "location", "captured_at").join(read, "url", "left_anti")
    waiting = tables.write("steps/waiting", through(waiting, texts.led_to, REDIRECT), by_month=False)
    for hop in range(1, HOPS + 1):
        led = waiting.join(step.select(f.col("url").alias("target"), "article"), "target")
        step = first_of(led, ("url",), (f.desc("captured_at"), "target")).select("url", "article")
        step = tables.write(f"steps/{hop}", step, by_month=False)
        if step.isEmpty():
            break
        found = found.unionByName(step)
        waiting = waiting.join(step, "url", "left_anti")
    return found


def sightings_of(captures: DataFrame, pages: DataFrame, addresses: DataFrame) -> DataFrame:
    """The looks that found an article in a state, each with the place where its page was read."""
    looked = captures.where((f.col("role") == "article") & f.col("status").isin(200, 304) & f.col("truncated").isNull())
    read = pages.where(f.col("reads") == "document").select(*AS_PAGE, *AT, "on_topic")
    return looked.select(*AS_PAGE, "captured_at", "via").join(read, list(AS_PAGE)).join(addresses, "url")


def versions_of(
    captures: DataFrame, pages: DataFrame, addresses: DataFrame, read: DataFrame, topic: Topic
) -> DataFrame:
    """The versions of the articles on the topic, an article at a time."""
    seen = sightings_of(captures, pages, addresses).join(read.select(*AT, "document"), list(AT))
    outlets = {str(row["domain"]): (str(row["outlet"]), row["owner"])
               for row in reversed(list(outlet_rows(topic)))}  # of several of one domain the first
    return grouped(seen.select("article", *AS_PAGE, "captured_at", "via", "document"), ("article",),
                   partial(texts.folded, outlets=outlets), texts.VERSION)
