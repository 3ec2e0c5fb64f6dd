"""Versions -> what two of them share, and which way it went: the part of a batch that joins texts with each other.

Keys decide which texts meet, as in an archive; those that many texts have are joined in parts, so that no task has all
of their pairs.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from pyspark import Broadcast
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as f

from archive.topic import Topic
from pipeline.batch import texts
from pipeline.batch.rows import Row
from pipeline.batch.spark import grouped, through
from pipeline.copies.epoch import FURNITURE_TEXTS, Epoch, is_furniture, summed
from pipeline.copies.terms import own_tokens
from pipeline.fingerprints import OPENING_WORTH, OPENINGS
from pipeline.linking import COUNTED_FROM

HOT = 1_000  # texts with one key in a part of its join
SLACK = 1e-6  # nats, by which a sum that Spark makes in its own order may be less than the exact one


def epoch_of(versions: DataFrame, topic: Topic) -> Epoch:
    """The epoch of the latest versions, counted in parts; their furniture alone where they are few."""
    latest, own = versions.where("is_latest"), own_tokens(topic)
    articles = latest.count()
    tally = through(latest.select("text", "language"), texts.tallied, texts.TALLY).persist()
    counts = tally.where(f.col("token").isNotNull()).groupBy("token").agg(f.sum("texts").alias("texts")).where(
        f.col("texts") > 1)
    wholes = tally.where(f.col("whole").isNotNull()).select("whole")
    common = wholes.select(f.explode("whole").alias("sentence")).groupBy("sentence").count().where(
        f.col("count") >= FURNITURE_TEXTS)
    told = frozenset(row["sentence"] for row in common.toLocalIterator())
    standing = through(wholes, partial(texts.standing, common=told), texts.STANDING).groupBy("sentence", "told_by").agg(
        f.sum("texts").alias("texts")).groupBy("sentence").agg(
        f.count("*").alias("different"), f.sum("texts").alias("texts"))
    is_small = articles < COUNTED_FROM
    epoch = summed(
        0 if is_small else articles,
        {} if is_small else {row["token"]: row["texts"] for row in counts.toLocalIterator()},
        [row["sentence"] for row in standing.toLocalIterator() if is_furniture(row["different"], row["texts"])], own)
    tally.unpersist()
    return epoch


def readings_of(versions: DataFrame, told: "Broadcast[bytes]") -> DataFrame:
    """Versions as they are compared in the epoch that is told."""
    found = versions.select("public_id", "article", "language", "body_digest", "text", "month")
    return through(found, partial(_read_texts, told=told), texts.READING)


def _read_texts(found: Iterable[Row], *, told: "Broadcast[bytes]") -> Iterator[Row]:
    return texts.read_texts(found, told.value)


def pairs_of(readings: DataFrame, *, hot: int = HOT) -> DataFrame:
    """`left` and `right`, public ids in order, of versions of two articles whose keys may bring them together."""
    text = ("public_id", "article", "language")
    keyed = readings.select(*text, f.explode(f.arrays_zip("keys", "worths")).alias("held")).select(
        *text, f.col("held.keys").alias("key"), f.col("held.worths").alias("worth"))
    one, other = f.col("left_language"), f.col("right_language")
    is_across = one.isNotNull() & other.isNotNull() & (one != other)
    least = f.when(is_across, texts.least(is_across=True)).otherwise(texts.least(is_across=False))
    is_opening = f.col("left_worth") == OPENING_WORTH
    met = _joined(keyed, "key", hot).groupBy("left", "right", one, other).agg(
        f.sum("left_worth").alias("worth"), f.count_if(is_opening).alias("openings")).where(
        (f.col("worth") >= least - SLACK) | (is_across & (f.col("openings") >= OPENINGS)))
    same = _joined(readings.select(*text, "body_digest", f.lit(0.0).alias("worth")), "body_digest", hot)
    return met.select("left", "right").unionByName(same.select("left", "right")).distinct()


def _joined(table: DataFrame, key: str, hot: int) -> DataFrame:
    """Rows with a key in common, of two articles; a key that more than `hot` rows have is joined in parts."""
    parts = table.groupBy(key).count().where(f.col("count") > 1).select(
        key, f.ceil(f.col("count") / hot).cast("int").alias("parts"))
    shared = table.join(parts, key)
    part = f.pmod(f.xxhash64("public_id"), f.col("parts")).cast("int")
    left = shared.withColumn("part", part).select(key, "part", *_as("left"))
    right = shared.withColumn("part", f.explode(f.sequence(f.lit(0), f.col("parts") - 1))).select(
        key, "part", *_as("right"))
    return left.join(right, [key, "part"]).where(
        (f.col("left") < f.col("right")) & (f.col("left_article") != f.col("right_article")))


def _as(side: str) -> list[Column]:
    return [f.col("public_id").alias(side), *(f.col(name).alias(f"{side}_{name}")
                                              for name in ("article", "language", "worth"))]


def shared_of(pairs: DataFrame, readings: DataFrame, told: "Broadcast[bytes]") -> DataFrame:
    """What pairs of versions share, of those that do: texts are sent only to those of which sketches foresee that."""
    likely = through(_both(pairs, readings, texts.OUTLINE), texts.sifted, texts.LIKELY)
    # Pairs of one text one after the other: it is read once.
    both = _both(likely, readings, texts.COMPARED).sortWithinPartitions("left_public_id")
    return through(both, partial(_compared, told=told), texts.SHARED)


def _both(pairs: DataFrame, readings: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Pairs with some columns of the readings of both sides."""
    for side in ("left", "right"):
        named = readings.select(*(f.col(name).alias(f"{side}_{name}") for name in ("public_id", *columns)))
        pairs = pairs.join(named, f.col(side) == f.col(f"{side}_public_id")).drop(side)
    return pairs


def _compared(found: Iterable[Row], *, told: "Broadcast[bytes]") -> Iterator[Row]:
    return texts.compared(found, told.value)


def links_of(shared: DataFrame, versions: DataFrame, addresses: DataFrame) -> DataFrame:
    """One link for each pair of articles, between the versions that share the most."""
    articles = (f.least("left_article", "right_article"), f.greatest("left_article", "right_article"))
    closest = grouped(shared.withColumns({"one": articles[0], "other": articles[1]}), ("one", "other"),
                      texts.closest, texts.SHARED)
    led = addresses.groupBy("article").agg(f.collect_list("url").alias("addresses"))
    witnesses = versions.select("public_id", "article", "witness").join(led, "article")
    for side in ("left", "right"):
        closest = closest.join(witnesses.select(
            f.col("public_id").alias(side), f.col("witness").alias(f"{side}_witness"),
            f.col("addresses").alias(f"{side}_addresses")), side)
    return through(closest, texts.linked, texts.LINK)


def broadcast(spark: SparkSession, packed: bytes) -> "Broadcast[bytes]":
    """An epoch, for every process once."""
    return spark.sparkContext.broadcast(packed)
