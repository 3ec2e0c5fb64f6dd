"""Spark for tests: whether it is there, quickly begun, small."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest
from stemma_testing import opened

SETTINGS = {
    "spark.driver.memory": "1g", "spark.executor.memory": "600m", "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    # What is compiled for speed pays in hours, not in seconds.
    "spark.sql.codegen.wholeStage": "false",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}
CONF = tuple(word for name, value in SETTINGS.items() for word in ("--conf", f"{name}={value}"))


def require_spark() -> None:
    """Skip where Java or pyspark is missing; fail where the environment says that it must be there."""
    missing = [name for name in ("pyspark", "pandas", "pyarrow") if importlib.util.find_spec(name) is None]
    missing += [] if shutil.which("java") else ["java"]
    if missing and os.environ.get("STEMMA_REQUIRE_SPARK"):
        pytest.fail(f"STEMMA_REQUIRE_SPARK is set, and there is no {', '.join(missing)}")
    if missing:
        pytest.skip(f"Spark needs what is not installed: {', '.join(missing)} (the extra 'spark', openjdk-17-jre-headless)")


def held(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """The versions, links and captures of an archive, as its views show them."""
    conn = opened(data / "archive.db")
    found = {name: sorted(conn.execute(query)) for name, query in {
        "versions": "SELECT public_id, text FROM version",
        "links": "SELECT copy, exemplar, relation, confidence, direction_confidence FROM copy_link",
        "captures": "SELECT url, captured_at, payload_digest, status FROM capture",
    }.items()}
    conn.close()
    return found
