"""Spark as a batch uses it: a session, tables of Parquet, files as bytes, stages in Python.

Files come through Spark's own filesystems as bytes in order, one task a file, whatever compresses them: Hadoop's
PassthroughCodec hands them on as they are, and they are cut where a gzip member may begin, so that a row is small.
"""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
from pyspark import TaskContext
from pyspark.errors import AnalysisException, PySparkRuntimeError
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f
from pyspark.sql.window import Window

from archive.errors import MissingExtra, SparkFailed, UnreadableFile
from pipeline.batch.refusals import java, plainly, quiet, told
from pipeline.batch.rows import Columns, Row

GZIP = b"\x1f\x8b\x08"
ROWS = 64  # in a message between Spark and Python: of the largest, records of a file, some megabytes
ARROW = {"string": pa.string(), "bigint": pa.int64(), "int": pa.int32(), "double": pa.float64(),
         "boolean": pa.bool_(), "binary": pa.binary(), "array<string>": pa.list_(pa.string()),
         "array<bigint>": pa.list_(pa.int64()), "array<double>": pa.list_(pa.float64())}
# Hadoop's own name of an option, and the name that it has in the jar that Spark brings (3.4.1), where all names of
# classes were written anew and this one with them.
AS_BYTES = {
    "io.compression.codecs": "org.apache.hadoop.io.compress.PassthroughCodec",
    "io.compress.passthrough.extension": ".gz",
    "org.apache.hadoop.shaded.io.compress.passthrough.extension": ".gz",
    "encoding": "ISO-8859-1", "lineSep": GZIP.decode("latin-1"), "recursiveFileLookup": "true",
}

Stage = Callable[[Iterable[Row]], Iterator[Row]]


def session(master: str, settings: Mapping[str, str]) -> SparkSession:
    """Spark, here or on a cluster. Raises MissingExtra where there is no Java, SparkFailed where it does not begin."""
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise MissingExtra("Spark needs Java 17, and there is no 'java'; install it (Debian: openjdk-17-jre-headless), "
                           "or set JAVA_HOME")
    here = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    if master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("stemma batch")
    chosen = {
        "spark.sql.session.timeZone": "UTC", "spark.sql.execution.arrow.maxRecordsPerBatch": str(ROWS),
        "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
        "spark.sql.parquet.compression.codec": "zstd",
    } | (here if master.startswith("local") else {}) | dict(settings)
    for name, value in chosen.items():
        builder = builder.config(name, value)
    try:
        with told(f"Spark on {master} did not begin"):
            found = builder.getOrCreate()
    except PySparkRuntimeError as error:  # Java ended at once, and has said why
        raise SparkFailed(f"Spark did not begin: {plainly(str(error))}; see above, mend the --conf that it names, and "
                          f"run it again") from error
    quiet(found)
    return found


class Tables:
    """The tables under one address."""

    def __init__(self, spark: SparkSession, out: str) -> None:
        self._spark, self._out = spark, out.rstrip("/")

    def refuse_others(self, names: Iterable[str]) -> None:
        """Raises UnreadableFile where a table of these names would take the place of what no batch wrote.

        A batch writes its manifest first.
        """
        hadoop, settings = java(self._spark).org.apache.hadoop.fs, self._spark.sparkContext._jsc.hadoopConfiguration()
        out = hadoop.Path(self._out)
        with told(f"{self._out}: not written"):
            store = out.getFileSystem(settings)
            is_ours = not store.exists(out) or store.exists(hadoop.Path(f"{self._out}/manifest"))
            found = set() if is_ours else {str(one.getPath().getName()) for one in store.listStatus(out)}
        if others := sorted(found.intersection(names)):
            raise UnreadableFile(f"{self._out}: {', '.join(others)} in it would be written anew, and is no result of "
                                 f"'stemma batch'; give another folder")

    def write(self, name: str, table: DataFrame, *, by_month: bool = True) -> DataFrame:
        """Write a table in place of what is there, and what it then holds."""
        writer, place = table.write.mode("overwrite"), f"{self._out}/{name}"
        with told(f"{place}: not written"):
            (writer.partitionBy("month") if by_month else writer).parquet(place)
            # With its columns told: those of an empty table are nowhere, and months would be read as dates.
            return self._spark.read.schema(table.schema).parquet(place)


def file_pieces(spark: SparkSession, files: Sequence[str]) -> DataFrame:
    """The bytes of files in rows of `file` and `piece`; `whole` puts together what they were cut at.

    A file is named as `literal` takes it. Raises UnreadableFile where there is no such file, SparkFailed where a
    filesystem does not tell of it.
    """
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    try:
        with told(f"{files[0]}{more}: not read"):
            found = spark.read.format("text").options(**AS_BYTES).load(list(files))
    except AnalysisException as error:
        raise UnreadableFile(
            f"{plainly(error.getMessage() or str(error))}; name files or folders that Spark can read") from error
    # What Spark names is an address, where a space is written %20; a + is itself.
    return found.selectExpr("url_decode(replace(_metadata.file_path, '+', '%2B')) AS file",
                            "CAST(value AS BINARY) AS piece")


def literal(file: str) -> str:
    """The pattern that is met by a file of this name alone."""
    return re.sub(r"[\\{}\[\]*?]", r"\\\g<0>", file)


def fetch(spark: SparkSession, out: str, names: Iterable[str], folder: Path) -> None:
    """Copy tables from an address into a folder here. Raises SparkFailed where one is not to be had."""
    hadoop, settings = java(spark).org.apache.hadoop.fs, spark.sparkContext._jsc.hadoopConfiguration()
    here = hadoop.Path(folder.resolve().as_uri())
    for name in names:
        with told(f"{out}/{name}: not read"):
            source = hadoop.Path(f"{out}/{name}")
            source.getFileSystem(settings).copyToLocalFile(False, source, here, True)


def whole(pieces: Iterable[Row]) -> Iterator[tuple[str, bytes]]:
    """The bytes of files in order, each piece with its file."""
    last = None
    for row in pieces:
        yield row["file"], row["piece"] if row["file"] != last else GZIP + row["piece"]
        last = row["file"]


def through(table: DataFrame, stage: Stage, columns: Columns) -> DataFrame:
    """What a stage makes of a table's rows, part by part, in Python."""
    return table.mapInArrow(partial(_through, stage=stage, columns=columns), spelled(columns))


def grouped(
    table: DataFrame, key: Sequence[str], stage: Callable[[Sequence[Row]], Iterator[Row]], columns: Columns
) -> DataFrame:
    """What a stage makes of the rows that have a key in common, in Python."""
    return table.groupBy(*key).applyInArrow(partial(_grouped, stage=stage, columns=columns), spelled(columns))


def _grouped(group: pa.Table, *, stage: Callable[[Sequence[Row]], Iterator[Row]], columns: Columns) -> pa.Table:
    return pa.Table.from_batches([_batch(list(stage(group.to_pylist())), columns)])


def spelled(columns: Columns) -> str:
    """Columns as Spark's definition of a table."""
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())


def _through(batches: Iterator[pa.RecordBatch], *, stage: Stage, columns: Columns) -> Iterator[pa.RecordBatch]:
    found: list[Row] = []
    for row in stage(row for batch in batches for row in batch.to_pylist()):
        found.append(row)
        if len(found) == ROWS:
            yield _batch(found, columns)
            found = []
    yield _batch(found, columns)


def _batch(found: Sequence[Row], columns: Columns) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([row.get(name) for row in found], type=ARROW[kind]) for name, kind in columns.items()],
        names=list(columns))


def is_retry() -> bool:
    """Whether this part was tried before: one of its pages may have ended the process that read it."""
    context = TaskContext.get()
    return context is not None and context.attemptNumber() > 0


def first_of(table: DataFrame, key: Sequence[str], order: Sequence[str | Column]) -> DataFrame:
    """Of rows with one key the first in an order."""
    window = Window.partitionBy(*key).orderBy(*order)
    return table.withColumn("place", f.row_number().over(window)).where(f.col("place") == 1).drop("place")
