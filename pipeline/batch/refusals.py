"""What Spark, or a filesystem that it asks, refuses -> one error: what was done, why not, what to do next."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import IllegalArgumentException, UnsupportedOperationException
from pyspark.sql import SparkSession

from archive.errors import SparkFailed

AGAIN = "mend that, and run it again"
NO_JAR = ("Spark has no jar for this filesystem; name one that has it, and run it again (of s3a:// "
          "--conf spark.jars.packages=org.apache.hadoop:hadoop-aws:3.4.1)")
NO_CLASS = ("ClassNotFoundException", "UnsupportedFileSystemException")
# Of Java's, these write whole traces of what is told as one error here, or is mended by a retry.
TRACED = ("executor.Executor", "util.Utils", "sql.execution.datasources.FileFormatWriter", "SparkContext")


@contextmanager
def told(what: str) -> Iterator[None]:
    """What Spark cannot do within is SparkFailed, whose text begins with `what`. A stage's own error is none of it."""
    try:
        yield
    except Py4JJavaError as error:
        causes = list(_causes(error.java_exception))
        raise SparkFailed(f"{what}: {_reason(causes)}; {_advice(causes)}") from error
    except UnsupportedOperationException as error:  # of http:// and https://
        raise SparkFailed(f"{what}: {plainly(str(error))}; files cannot be listed there: copy them to where they can, "
                          f"and name the folder") from error
    except (Py4JError, IllegalArgumentException) as error:  # Java ended; or an address is none
        raise SparkFailed(f"{what}: {plainly(str(error))}; {AGAIN}") from error


def quiet(spark: SparkSession) -> None:
    """Errors alone are logged, and no traces."""
    spark.sparkContext.setLogLevel("ERROR")
    logging = java(spark).org.apache.logging.log4j
    for name in TRACED:
        logging.core.config.Configurator.setLevel(f"org.apache.spark.{name}", logging.Level.OFF)


def java(spark: SparkSession) -> Any:
    """Java's classes by their names, as Spark's process has them."""
    return spark.sparkContext._jvm


def plainly(message: str) -> str:
    """The first line of a message of Spark's, without its codes for machines."""
    line = next(iter(message.splitlines()), "")
    code, bracket, rest = line.partition("] ")
    return (rest if bracket and code.startswith("[") else line).partition(" SQLSTATE")[0].rstrip(" .")


def _causes(error: Any) -> Iterator[tuple[str, str]]:
    """The names of an error's class and of its causes', each with its message."""
    while error is not None:
        yield str(error.getClass().getName()), str(error.getMessage() or "")
        error = error.getCause()


def _reason(causes: list[tuple[str, str]]) -> str:
    """What the outermost error says that is not Spark's own; before it, where Spark says it, which file it was."""
    files = [plainly(message) for _, message in causes if message.startswith("[FAILED_READ_FILE")]
    others = [f"{name.rpartition('.')[2]}: {plainly(message)}" for name, message in causes
              if not name.startswith("org.apache.spark.")]
    return ": ".join([*files[:1], *others[:1]]) or plainly(causes[0][1])


def _advice(causes: list[tuple[str, str]]) -> str:
    return NO_JAR if any(name.endswith(NO_CLASS) for name, _ in causes) else AGAIN
