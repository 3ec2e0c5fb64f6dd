"""Run by test_batch.py in a process of its own, since Spark's client leaves sockets open: what Spark did, as JSON.

`python spark_checks.py READINGS TOPIC FILES OUT BASE`
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from crashing_stage import end_once
from spark_testing import SETTINGS

from archive.topic import load_topic
from pipeline.batch.pairs import pairs_of
from pipeline.batch.plan import Job, news_files, report
from pipeline.batch.spark import session, through
from pipeline.cli.far import months_of


def main(readings: str, topic: str, files: str, out: str, base: str) -> dict[str, Any]:
    """Pairs joined whole and in parts; rows of a stage whose process ended once; the captures of damaged files."""
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)  # of Spark's own processes
    spark = session("local[2,4]", SETTINGS)
    texts = spark.read.parquet(readings)
    numbers = spark.createDataFrame([(n,) for n in range(20)], "n bigint").repartition(2)
    return {
        "pairs": [sorted(map(tuple, pairs_of(texts, hot=hot).collect())) for hot in (1_000, 3)],
        "rows": sorted(row["n"] for row in through(numbers, end_once, {"n": "bigint"}).collect()),
        "news": list(news_files(spark, base, months_of(None, None, "2024-08..2024-09"))),
        "captures": report(spark, Job(topic=load_topic(topic), files=(files,), out=out)).done,
    }


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
