"""Commands for more pages than one machine reads: batch, load."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from archive.errors import MissingExtra
from pipeline.cli.base import finish, opened, options

CC_NEWS = "s3a://commoncrawl"


def require(*packages: str) -> None:
    """Raises MissingExtra where what Spark needs is not installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingExtra(f"{' and '.join(missing)} not installed; pip install 'stemma-archive[spark]'")


@click.command()
@click.argument("files", nargs=-1, metavar="[FILES]...")
@click.option("--out", required=True, metavar="DIR", help="Where the tables go: a folder, or an address for Spark.")
@click.option("--master", default="local[*,4]", metavar="URL", show_default=True,
              help="The cluster, e.g. spark://HOST:7077; else this machine, four tries a part.")
@click.option("--conf", "spark_settings", multiple=True, metavar="KEY=VALUE",
              help="A setting of Spark's, e.g. --conf spark.executor.memory=8g. Repeatable.")
@click.option("--via", default=None, metavar="NAME", help="Who captured them (default: what the files say).")
@click.option("--keep-all", is_flag=True, help="Keep the records of all captures, not only of articles on the topic.")
@options
def batch(
    topic: Any, data: Path, as_json: bool, files: tuple[str, ...], out: str, master: str,
    spark_settings: tuple[str, ...], via: str | None, keep_all: bool,
) -> None:
    """Work out on Spark what `update` would derive from WARC FILES, and write it to tables with the records.

    FILES are paths, patterns or folders, or their addresses on any filesystem that Spark reads. `load` brings the
    result into an archive.
    """
    require("pyspark", "pandas", "pyarrow")
    from pipeline.batch import plan, spark

    del data
    if not files:
        raise click.UsageError("name the WARC files to read")
    job = plan.Job(topic=topic, files=files, out=out, via=via, keep_all=keep_all)
    finish([plan.report(spark.session(master, settings_of(spark_settings)), job)], as_json=as_json)


def settings_of(settings: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE pairs."""
    if wrong := [one for one in settings if not re.match(r"[^=\s]+=", one)]:
        raise click.UsageError(f"--conf {wrong[0]}: write it as KEY=VALUE")
    return dict(one.split("=", 1) for one in settings)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--all", "everything", is_flag=True, help="All that the batch kept, not only what is on its topic.")
@options
def load(topic: Any, data: Path, as_json: bool, folder: Path, everything: bool) -> None:
    """Bring the result of `batch` in FOLDER into the archive: its records, and what was derived from them."""
    require("pyarrow")
    from pipeline.batch import loading

    with opened(topic, data, "load", create=True) as (work, reports):
        reports += loading.load(work, folder, everything=everything)
        work.progress.close()
    finish(reports, as_json=as_json)
