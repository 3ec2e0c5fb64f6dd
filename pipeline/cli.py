"""The command line: each command parses, opens the archive, calls one step and prints its Report."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from archive.errors import ArchiveError, TopicError
from archive.model import Report
from pipeline import PROGRAM

DEFAULT_TOPIC = "kursk"


class Commands(click.Group):
    """Commands in the order of the work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """As they were added."""
        del ctx
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(PROGRAM, prog_name="stemma")
def cli() -> None:
    """Archive the news on a topic, keep every version, find the reposts, and publish it all."""


def main() -> None:
    """Run a command; an error that a person can mend is one message, and its class's exit code."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("stopped; run it again to go on", err=True)
        sys.exit(1)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ArchiveError as error:
        click.echo(f"stemma: {error}", err=True)
        sys.exit(error.exit_code)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
        click.option("--set", "settings", multiple=True, metavar="KEY=VALUE",
                     help="Override a setting of the topic file, e.g. --set crawl.delay=5. Repeatable."),
        click.option("--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
                     help="The archive's folder (default: the topic file's 'data', else ./data)."),
        click.option("--topic", default=None, metavar="NAME|FILE", envvar="STEMMA_TOPIC",
                     help=f"A topic file, or a bundled topic's name (default: {DEFAULT_TOPIC})."),
    ):
        command = option(command)

    @wraps(command)
    def with_topic(topic: str | None, data: Path | None, settings: tuple[str, ...], **rest: Any) -> Any:
        from archive.topic import load_topic, with_overrides

        read = with_overrides(load_topic(topic or DEFAULT_TOPIC), settings)
        folder = data or (Path(read.path).parent / read.data if read.data else Path("data"))
        return command(topic=read, data=folder, **rest)

    return with_topic


@contextmanager
def opened(topic: Any, data: Path, command: str, *, create: bool = False) -> Iterator[tuple[Any, list[Report]]]:
    """An archive under its lock, and the list to which the run's reports go; the run is noted in `runs`."""
    from archive.folder import open_archive
    from archive.store import runs
    from pipeline.steps import Work

    with open_archive(data, create=create) as archive:
        run_id = runs.start_run(archive.conn, command=command, program=PROGRAM, topic_digest=topic.digest, at=now())
        reports: list[Report] = []
        try:
            yield Work(archive, topic, now, Bars()), reports
        finally:
            runs.end_run(archive.conn, run_id, reports, at=now())


def now() -> datetime:
    """The clock that every step is given."""
    return datetime.now(UTC)


class Bars:
    """Progress bars on a terminal, silence elsewhere."""

    def __init__(self) -> None:
        self._step = ""
        self._bar: Any = None

    def __call__(self, step: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        from tqdm import tqdm

        name, _, detail = step.partition(" ")
        if name != self._step:
            self.close()
            self._step, self._bar = name, tqdm(total=total or None, desc=name, leave=False, unit="")
        self._bar.set_postfix_str(detail[:40], refresh=False)
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def finish(reports: Sequence[Report], *, as_json: bool) -> None:
    """Print what was done. Failed pages alone are no failure of the command."""
    from archive.store.runs import as_json as report_json

    if as_json:
        click.echo(json.dumps([report_json(report) for report in reports], ensure_ascii=False))
        return
    for report in reports:
        parts = [f"{report.done} done"]
        parts += [f"{report.skipped} skipped"] if report.skipped else []
        parts += [f"{n} {what}" for what, n in report.counts if n]
        parts += [f"{sum(n for _, n in report.failed)} failed"] if report.failed else []
        click.echo(f"{report.step:<10} {', '.join(parts)} ({report.seconds:.1f} s)")
        for reason, n in report.failed[:5]:
            click.echo(f"{'':<10}   {n} × {reason}")


@cli.command()
@click.option("--topic", default=DEFAULT_TOPIC, metavar="NAME|FILE", show_default=True,
              help="A bundled topic's name, or a topic file; one that does not exist is written.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("data"), show_default=True)
@click.option("--contact", default="mailto:you@example.org", help="Your address, for the crawler's user agent.")
def init(topic: str, data: Path, contact: str) -> None:
    """Make an empty archive, and a topic file to start from."""
    from archive.folder import open_archive
    from archive.topic import bundled_topics, load_topic, new_topic_text

    if topic not in bundled_topics() and not Path(topic).exists():
        name = Path(topic).stem
        text = new_topic_text(name=name, title=name.replace("-", " ").capitalize(), contact=contact)
        try:
            Path(topic).write_text(text, encoding="utf-8")
        except OSError as error:
            raise TopicError(f"{topic}: {error.strerror}; give a path that can be written") from error
        click.echo(f"wrote {topic}: put in your contact address, keywords and sources")
    load_topic(topic)
    with open_archive(data, create=True):
        click.echo(f"archive in {data}; next: stemma check --topic {topic} && stemma run --topic {topic} --data {data}")


@cli.command()
@click.option("--live", is_flag=True, help="Ask every source once and say which answer.")
@options
def check(topic: Any, data: Path, live: bool, as_json: bool) -> None:
    """Check the topic file, and with --live its sources."""
    from pipeline import checks

    del data
    rows = checks.live(topic, now) if live else []
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], ensure_ascii=False))
    else:
        click.echo(f"{topic.path}: {len(topic.sources)} sources, {len(topic.gazetteer)} names, no mistakes")
        for row in rows:
            click.echo(f"{'ok  ' if row.answers else 'FAIL'} {row.source:<28} {row.items:>5} items  {row.detail}")
    if topic.has_placeholder_contact:
        click.echo(f"{topic.path}: contact {topic.contact} is a placeholder; put in yours before you crawl", err=True)
    if any(not row.answers for row in rows):
        sys.exit(1)


@cli.command()
@options
def crawl(topic: Any, data: Path, as_json: bool) -> None:
    """Fetch sources and the articles that are due into WARC files."""
    from pipeline import steps

    refuse_placeholder(topic)
    with opened(topic, data, "crawl", create=True) as (work, reports):
        reports += [steps.index_pending(work), steps.discover_pending(work), steps.crawl(work)]
        work.progress.close()
        finish(reports, as_json=as_json)


@cli.command()
@options
def update(topic: Any, data: Path, as_json: bool) -> None:
    """Extract, judge, fold, compare and link what is pending."""
    from pipeline import steps

    with opened(topic, data, "update") as (work, reports):
        reports += steps.update(work)
        work.progress.close()
        finish(reports, as_json=as_json)


@cli.command()
@options
def run(topic: Any, data: Path, as_json: bool) -> None:
    """Crawl and update: the line for cron."""
    from pipeline import steps

    refuse_placeholder(topic)
    with opened(topic, data, "run", create=True) as (work, reports):
        reports += [steps.index_pending(work), steps.discover_pending(work), steps.crawl(work), *steps.update(work)]
        work.progress.close()
        if as_json or sys.stdout.isatty():
            finish(reports, as_json=as_json)


@cli.command()
@options
def rebuild(topic: Any, data: Path, as_json: bool) -> None:
    """Make the database anew from the WARC files."""
    from pipeline import care

    reports = care.rebuild(topic, data, clock=now, progress=Bars())
    finish(reports, as_json=as_json)


@cli.command()
@options
def status(topic: Any, data: Path, as_json: bool) -> None:
    """Say what the archive holds and how its sources are."""
    from pipeline import care

    del topic
    found = care.status(data)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str))
        return
    for what, n in found["holds"].items():
        click.echo(f"{n:>12,} {what}")
    for stage, reason, n in found["failures"]:
        click.echo(f"{n:>12,} failed in {stage}: {reason}")
    for source in found["sources"]:
        click.echo(f"{source['name']:<28} last answer {source['last_success'] or 'never':<25} "
                   f"{source['discovered']:>6} addresses")


@cli.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve at.")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@options
def serve(topic: Any, data: Path, as_json: bool, host: str, port: int) -> None:
    """Publish the archive through Datasette."""
    from pipeline import care

    del as_json
    care.serve(topic, data, host=host, port=port)


@cli.command()
@click.argument("kind", type=click.Choice(["jsonl"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@options
def export(topic: Any, data: Path, as_json: bool, kind: str, file: Path) -> None:
    """Write the articles to FILE ("-": standard output), one JSON object a line (docs/export.md)."""
    from pipeline import care

    del topic, kind
    finish([care.export_jsonl(data, file)], as_json=as_json) if str(file) != "-" else care.export_jsonl(data, file)


@cli.command()
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-data"), show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, type=click.IntRange(0, 65535))
@click.option("--no-serve", is_flag=True, help="Fill the archive and stop.")
def demo(data: Path, host: str, port: int, no_serve: bool) -> None:
    """Crawl the bundled web twice, find its copies and versions, and serve the archive."""
    from archive.topic import load_topic
    from pipeline import care
    from pipeline import demo as show

    show.fill(data, say=click.echo)
    if not no_serve:
        care.serve(load_topic(data / show.TOPIC_FILE), data, host=host, port=port)


def refuse_placeholder(topic: Any) -> None:
    """A crawler says who sends it."""
    if topic.has_placeholder_contact:
        raise TopicError(
            f"{topic.path}: contact {topic.contact} is a placeholder; put in an address where site owners reach you, "
            f"or pass --set contact=mailto:YOU@YOUR.DOMAIN"
        )
