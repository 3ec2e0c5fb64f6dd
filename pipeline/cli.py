"""The command line: each command parses, opens the archive, calls one step and prints its Report."""

import json
import shlex
import sqlite3
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
QUIET = frozenset({"index", "discover"})  # steps that mostly have nothing to do
DAY = click.DateTime(["%Y-%m-%d"])


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
    except (OSError, sqlite3.OperationalError) as error:  # a full disk, a folder that cannot be written, a locked file
        # SQLite calls it so where there is no room for one of its side files.
        hint = " (is the disk full?)" if str(error) == "disk I/O error" else ""
        click.echo(f"stemma: {error}{hint}; mend that and run again, what was kept is whole", err=True)
        sys.exit(1)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command takes."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the report as JSON."),
        click.option("--set", "settings", multiple=True, metavar="KEY=VALUE",
                     help="Override a setting of the topic file, e.g. --set crawl.delay=5. Repeatable."),
        click.option("--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
                     help="The archive's folder (default: the topic file's 'data', else ./data)."),
        click.option("--topic", default=None, metavar="NAME|FILE", envvar="STEMMA_TOPIC",
                     help=f"A topic file, or a bundled topic's name (default: the archive's own, else "
                          f"{DEFAULT_TOPIC})."),
    ):
        command = option(command)

    @wraps(command)
    def with_topic(topic: str | None, data: Path | None, settings: tuple[str, ...], **rest: Any) -> Any:
        from archive.topic import load_topic, with_overrides

        found = load_topic(topic) if topic else held_topic(data or Path("data")) or load_topic(DEFAULT_TOPIC)
        read = with_overrides(found, settings)
        folder = data or (Path(read.path).parent / read.data if read.data else Path("data"))
        return command(topic=read, data=folder, **rest)

    return with_topic


def held_topic(data: Path) -> Any:
    """The topic that an archive was last fed with: its file as it is now, else as its events kept it; or None."""
    from archive import events
    from archive.folder import DataFolder
    from archive.topic import load_topic, parse_topic

    last = events.last_topic(DataFolder(data).events)
    if last is None:
        return None
    path = Path(str(last["file"]))
    return load_topic(path) if path.is_file() else parse_topic(str(last["text"]), path=str(path))


def refuse_other_topic(topic: Any, data: Path) -> None:
    """An archive holds one topic: another's words would declare all that it holds to be off the topic."""
    from archive import events
    from archive.folder import DataFolder

    held = events.last_topic(DataFolder(data).events)
    if held is not None and held["name"] != topic.name and held["file"] != str(Path(topic.path).resolve()):
        raise TopicError(
            f"{data} is the archive of the topic '{held['name']}', not of '{topic.name}'; pass its --topic file, or "
            f"another --data folder"
        )


@contextmanager
def opened(topic: Any, data: Path, command: str, *, create: bool = False) -> Iterator[tuple[Any, list[Report]]]:
    """An archive under its lock, and the list to which the run's reports go; the run is noted in `runs`."""
    from archive.folder import open_archive
    from archive.store import runs
    from pipeline.work import Work

    refuse_other_topic(topic, data)
    with open_archive(data, create=create) as archive:
        run_id = runs.start_run(archive.conn, command=command, program=PROGRAM, topic_digest=topic.digest, at=now())
        reports: list[Report] = []
        yield Work(archive, topic, now, Bars()), reports
        runs.end_run(archive.conn, run_id, reports, at=now())  # a run without an end was killed, or failed


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
    for report in reports if not as_json else ():
        if not (report.done or report.failed or report.skipped) and report.step in QUIET:
            continue
        parts = [f"{report.done} done"]
        parts += [f"{report.skipped} skipped"] if report.skipped else []
        parts += [f"{n} {what}" for what, n in report.counts if n]
        parts += [f"{sum(n for _, n in report.failed)} failed"] if report.failed else []
        click.echo(f"{report.step:<10} {', '.join(parts)} ({report.seconds:.1f} s)")
        for reason, n in report.failed[:5]:
            click.echo(f"{'':<10}   {n} × {reason}")
    attend(reports)


def attend(reports: Sequence[Report]) -> None:
    """Say what a person must mend, and end with exit code 1 if there is anything."""
    sentences = [sentence for report in reports for sentence in report.attention]
    for sentence in sentences:
        click.echo(f"stemma: {sentence}", err=True)
    if sentences:
        sys.exit(1)


@cli.command()
@click.option("--topic", default=DEFAULT_TOPIC, metavar="NAME|FILE", show_default=True,
              help="A bundled topic's name, or a topic file; one that does not exist is written.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), default=Path("data"), show_default=True)
@click.option("--contact", default="mailto:you@example.org", help="Your address, for the crawler's user agent.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE",
              help="Override a setting of the topic file while outlets are looked at, e.g. --set crawl.delay=10.")
@click.argument("urls", nargs=-1, metavar="[URL]...")
def init(topic: str, data: Path, contact: str, settings: tuple[str, ...], urls: tuple[str, ...]) -> None:
    """Make an empty archive, and a topic file to start from.

    With the URLs of outlets, look for their feeds, sitemaps and section pages and put them into the topic file as
    sources; a new file then starts from the default topic's keywords.
    """
    from archive.folder import open_archive
    from archive.topic import bundled_topics, load_topic, parse_topic, with_overrides
    from pipeline import outlets

    is_new = topic not in bundled_topics() and not Path(topic).exists()
    if is_new:
        text = outlets.new_text(Path(topic), contact=contact, like=DEFAULT_TOPIC if urls else None)
    read = with_overrides(parse_topic(text, path=topic) if is_new else load_topic(topic), settings)
    if urls:
        refuse_placeholder(read)
    if is_new:
        outlets.write(Path(topic), text)
        click.echo(f"wrote {topic}: put in your contact address, keywords and sources")
    silent = []
    if urls:
        for url, sources in outlets.add(Path(topic), urls, settings=settings, clock=now):
            click.echo(f"{url}: {len(sources)} new sources")
            for source in sources:
                click.echo(f"  {source.kind:<8} {source.name:<28} {source.url}")
            silent += [] if sources else [url]
    with open_archive(data, create=True):
        file, folder = shlex.quote(topic), shlex.quote(str(data))
        click.echo(f"archive in {data}; next: stemma check --topic {file} && stemma run --topic {file} --data {folder}")
    if read.has_placeholder_contact:
        click.echo(f"put your own contact address into the topic file before that: {read.contact} is a placeholder")
    if silent:
        click.echo(f"nothing new was found at {', '.join(silent)}; write their sources by hand", err=True)
        sys.exit(1)


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
    if not topic.sources:
        click.echo(f"{topic.path}: no sources yet; name some, or use 'stemma init --topic FILE URL...'", err=True)
    if any(not row.answers for row in rows):
        sys.exit(1)


@cli.command()
@options
def crawl(topic: Any, data: Path, as_json: bool) -> None:
    """Fetch sources and the articles that are due into WARC files."""
    from pipeline import intake

    refuse_placeholder(topic)
    with opened(topic, data, "crawl", create=True) as (work, reports):
        reports += [intake.index_pending(work), intake.discover_pending(work), intake.crawl(work)]
        work.progress.close()
    finish(reports, as_json=as_json)


@cli.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--via", default=None, metavar="NAME", help="Who captured them (default: what the files say).")
@options
def import_(topic: Any, data: Path, as_json: bool, files: tuple[Path, ...], via: str | None) -> None:
    """Copy the captures of WARC and WACZ FILES into the archive."""
    from pipeline import backfill as archives
    from pipeline import intake

    with opened(topic, data, "import", create=True) as (work, reports):
        reports += [intake.index_pending(work), archives.import_files(work, files, via=via)]
        work.progress.close()
    finish(reports, as_json=as_json)


@cli.command()
@click.option("--from", "first", type=DAY, default=None, help="First day, as 2024-08-06 (default: the topic's).")
@click.option("--to", "last", type=DAY, default=None, help="Last day (default: the topic's).")
@click.option("--source", default=None, metavar="NAME", help="Only the site of one source of the topic file.")
@click.option("--dry-run", is_flag=True, help="Ask what archives hold; say how much there is to fetch, fetch no page.")
@options
def backfill(
    topic: Any, data: Path, as_json: bool, first: datetime | None, last: datetime | None, source: str | None,
    dry_run: bool,
) -> None:
    """Fetch what web archives kept of the sources' sites, under the archives' own dates."""
    from crawlers.span import Span
    from pipeline import backfill as archives

    refuse_placeholder(topic)
    span = Span(first=first.date() if first else topic.start, last=last.date() if last else topic.end, source=source)
    finish(archives.backfill(topic, data, span, dry_run=dry_run, clock=now, progress=Bars()), as_json=as_json)


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
    from pipeline import intake, steps

    refuse_placeholder(topic)
    with opened(topic, data, "run", create=True) as (work, reports):
        reports += [intake.index_pending(work), intake.discover_pending(work), intake.crawl(work), *steps.update(work)]
        work.progress.close()
    if as_json or sys.stdout.isatty():
        finish(reports, as_json=as_json)
    attend(reports)


@cli.command()
@options
def rebuild(topic: Any, data: Path, as_json: bool) -> None:
    """Make the database anew from the WARC files."""
    from pipeline import care

    refuse_other_topic(topic, data)
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
