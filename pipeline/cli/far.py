"""Commands for more pages than one machine reads: batch, load."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from archive.errors import MissingExtra, UnreadableFile
from pipeline.cli.base import finish, opened, options, refuse_other_topic

CC_NEWS = "s3a://commoncrawl"
NEWS = "commoncrawl.org"  # who captured it, as a backfill says too


def require(*packages: str) -> None:
    """Raises MissingExtra where what Spark needs is not installed."""
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise MissingExtra(f"{' and '.join(missing)} not installed; pip install 'stemma-archive[spark]'")


def months_of(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:
    """A span of months as questions for their lists."""
    from archive.model import Slice
    from crawlers.archives.ccnews import LISTS

    if text is None:
        return ()
    found = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])(?:\.\.(\d{4})-(0[1-9]|1[0-2]))?", text)
    numbers = [int(part) for part in found.groups() if part] if found else []
    first, last = (numbers[0] * 12 + numbers[1] - 1, numbers[-2] * 12 + numbers[-1] - 1) if numbers else (1, 0)
    if last < first:
        raise click.BadParameter("write it as 2024-08..2025-04, or one month as 2024-08", ctx=ctx, param=option)
    moments = [datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) for month in range(first, last + 2)]
    return tuple(Slice(service="ccnews", what=LISTS, start=start, end=end) for start, end in pairwise(moments))


@click.command()
@click.argument("files", nargs=-1, metavar="[FILES]...")
@click.option("--cc-news", "months", default=None, metavar="MONTH..MONTH", callback=months_of,
              help="Read Common Crawl's news crawl of these months, e.g. 2024-08..2025-04, instead of FILES.")
@click.option("--base", default=CC_NEWS, metavar="URL", show_default=True,
              help="Where the news crawl lies: Common Crawl's bucket, or a copy of it.")
@click.option("--out", required=True, metavar="DIR", help="Where the tables go: a folder, or an address for Spark.")
@click.option("--master", default="local[*,4]", metavar="URL", show_default=True,
              help="The cluster, e.g. spark://HOST:7077; else this machine, four tries a part.")
@click.option("--conf", "spark_settings", multiple=True, metavar="KEY=VALUE",
              help="A setting of Spark's, e.g. --conf spark.executor.memory=8g. Repeatable.")
@click.option("--via", default=None, metavar="NAME", help="Who captured them (default: what the files say).")
@click.option("--keep-all", is_flag=True, help="Keep the records of all captures, not only of articles on the topic.")
@options
def batch(
    topic: Any, data: Path, as_json: bool, files: tuple[str, ...], months: Any, base: str, out: str, master: str,
    spark_settings: tuple[str, ...], via: str | None, keep_all: bool,
) -> None:
    """Work out on Spark what `update` would derive from WARC FILES, and write it to tables with the records.

    FILES are paths, patterns or folders, or their addresses on any filesystem that Spark reads. `load` brings the
    result into an archive.
    """
    require("pyspark", "pandas", "pyarrow")
    from pipeline.batch import plan, refusals, spark

    del data
    if bool(files) == bool(months):
        raise click.UsageError("name the WARC files to read, or the months of --cc-news")
    running = spark.session(master, settings_of(spark_settings))
    with refusals.told(out):
        job = plan.Job(
            topic=topic, files=files or plan.news_files(running, base.rstrip("/"), months), out=out,
            via=via or (NEWS if months else None), keep_all=keep_all)
        report = plan.report(running, job)
    finish([report], as_json=as_json)


def settings_of(settings: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE pairs."""
    if wrong := [one for one in settings if not re.match(r"[^=\s]+=", one)]:
        raise click.UsageError(f"--conf {wrong[0]}: write it as KEY=VALUE")
    return dict(one.split("=", 1) for one in settings)


def result_place(ctx: click.Context, argument: click.Parameter, text: str) -> str | Path:
    """An address as it is written, or a folder, which has to be there."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        return text
    found = click.Path(path_type=Path, file_okay=False, exists=True).convert(text, argument, ctx)
    return Path(found)


@click.command()
@click.argument("place", metavar="FOLDER|URL", callback=result_place)
@click.option("--all", "everything", is_flag=True, help="All that the batch kept, not only what is on its topic.")
@click.option("--conf", "spark_settings", multiple=True, metavar="KEY=VALUE",
              help="A setting of Spark's, by which a URL is read. Repeatable.")
@options
def load(
    topic: Any, data: Path, as_json: bool, place: str | Path, everything: bool, spark_settings: tuple[str, ...],
) -> None:
    """Bring the result of `batch` into the archive: its records, and what was derived from them.

    A FOLDER is read where it is. From a URL on a filesystem that Spark reads, what is needed is copied first.
    """
    require("pyarrow")
    from pipeline.batch import loading

    if spark_settings and isinstance(place, Path):
        raise click.UsageError("a folder is read without Spark; give --conf with a URL")
    refuse_other_topic(topic, data)  # before much is copied
    with at_hand(place, data, settings_of(spark_settings)) as folder, \
            opened(topic, data, "load", create=True) as (work, reports):
        reports += loading.load(work, folder, everything=everything)
        work.progress.close()
    finish(reports, as_json=as_json)


@contextmanager
def at_hand(place: str | Path, data: Path, settings: dict[str, str]) -> Iterator[Path]:
    """A result's folder; of an address, a copy in the data folder meanwhile, before the archive is locked."""
    if isinstance(place, Path):
        yield place
        return
    require("pyspark", "pandas")
    from pipeline.batch import loading, spark

    running = spark.session("local[1]", settings)
    data.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"batch-{os.getpid()}-", dir=data) as name:  # swept where this is killed
        folder, out = Path(name), place.rstrip("/")
        (again := folder / "again").mkdir()  # or what is copied takes its place
        spark.fetch(running, out, ["manifest"], folder)
        manifest = loading.manifest_of(folder, named=place)
        spark.fetch(running, out, loading.READ, folder)
        spark.fetch(running, out, ["manifest"], again)  # or the tables may be of two batches
        if loading.manifest_of(again, named=place) != manifest:
            raise UnreadableFile(f"{place}: another batch was written there meanwhile; load it again")
        running.stop()
        yield folder
