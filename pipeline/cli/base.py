"""What commands share: the group, their options, an archive under its lock, and how reports are shown."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from archive.errors import TopicError, UnknownText
from archive.lines import printable
from archive.model import Report
from pipeline import PROGRAM

DEFAULT_TOPIC = "kursk"
TOLD = 20  # sentences for a person at once; `status` shows all
QUIET = frozenset({  # mostly nothing to do
    "index", "discover", "alarms", "judge", "withhold", "erase", "log", "stamp", "replay", "freeze", "join", "decided",
    "fold"})


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


def shard_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option of the commands that crawl: which part of the sites this crawler asks for, in an archive of its own.

    The command gets the part's topic and folder, and as `found` what tells what other crawlers heard of its sites.
    """
    @click.option("--shard", default=None, metavar="N/COUNT", callback=_shard,
                  help="Be one of so many crawlers: ask for its part of the sites only, in an archive of its own below "
                       "--data; 'stemma import' brings these together.")
    @wraps(command)
    def of_shard(topic: Any, data: Path, shard: Any, **rest: Any) -> Any:
        if shard is None:
            return command(topic=topic, data=data, found=lambda _: None, **rest)
        from pipeline import shards

        return command(topic=shards.topic_of(topic, shard), data=shard.folder(data),
                       found=lambda work: shards.handed(work, shard, data), **rest)

    return of_shard


def _shard(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:
    from archive.shards import shard_from

    try:
        return shard_from(text) if text is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error), ctx=ctx, param=option) from error


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
    """An archive holds one topic: another's words would declare all that it holds to be off the topic.

    One that holds no page yet is anybody's.
    """
    from archive import events
    from archive.folder import DataFolder

    folder = DataFolder(data)
    held = events.last_topic(folder.events)
    if held is not None and held["name"] != topic.name and held["file"] != str(Path(topic.path).resolve()) \
            and any(folder.warcs.rglob("*.warc.gz")):
        raise TopicError(
            f"{data} is the archive of the topic '{held['name']}', not of '{topic.name}'; pass its --topic file, or "
            f"another --data folder"
        )


@contextmanager
def opened(topic: Any, data: Path, command: str, *, create: bool = False) -> Iterator[tuple[Any, list[Report]]]:
    """An archive under its lock, and the list to which the run's reports go; the run is noted in `runs`.

    What it finds to be withheld leaves the database that others are served, too.
    """
    from archive.folder import open_archive
    from pipeline.work import Work, noted_run

    refuse_other_topic(topic, data)
    with open_archive(data, create=create) as archive, noted_run(archive, topic, command, now) as reports:
        work = Work(archive, topic, now, Bars())
        try:
            yield work, reports
        except UnknownText:  # as a withholding that was killed is, when it is asked for again
            _renew_public(work, reports)
            raise
        _renew_public(work, reports)


def _renew_public(work: Any, reports: list[Report]) -> None:
    if work.archive.folder.public.exists():  # most archives have none, and need not load what makes it
        from pipeline.sharing import publishing

        reports += publishing.renewed(work)


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
    """Print what was done, and end with exit code 1 where a person is needed. Failed pages alone are no failure."""
    show(reports, as_json=as_json)
    attend(reports)


def show(reports: Sequence[Report], *, as_json: bool) -> None:
    """Print what was done."""
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
            click.echo(f"{'':<10}   {n} × {printable(reason)}")


def attend(reports: Sequence[Report]) -> None:
    """Say what a person must mend, and end with exit code 1 if there is anything."""
    sentences = [sentence for report in reports for sentence in report.attention]
    tell(sentences)
    if sentences:
        sys.exit(1)


def finish_noted(reports: Sequence[Report], changes: Any, *, as_json: bool, is_shown: bool = True) -> None:
    """Print what was done by a run whose alarms are noted; exit code 1 where there is a new one."""
    if is_shown or as_json:
        show(reports, as_json=as_json)
    if changes.begun:
        sys.exit(1)


def tell_changes(work: Any, reports: list[Report]) -> tuple[Any, Report]:
    """Sign the log and have it stamped, tell what began to need a person and what is over, each once, and note it.

    Between the two `status` shows it.
    """
    from pipeline.operating import status
    from pipeline.work import sealed

    reports += sealed(work.archive, work.topic, work.clock)  # so that what hinders it is told by this run
    changes = status.judge(work, reports)
    tell([alarm.sentence for alarm in changes.begun])  # before it is noted: better twice than never
    tell([f"over: {alarm.name} (since {alarm.since:%Y-%m-%d %H:%M} UTC)" for alarm in changes.ended])
    return changes, status.keep(work, changes)


def tell(sentences: Sequence[str]) -> None:
    """Say something to a person, or to cron's mail."""
    for sentence in sentences[:TOLD]:
        click.echo(f"stemma: {printable(sentence)}", err=True)
    if len(sentences) > TOLD:
        click.echo(f"stemma: {len(sentences) - TOLD} more; see 'stemma status'", err=True)


def refuse_placeholder(topic: Any) -> None:
    """A crawler says who sends it."""
    if topic.has_placeholder_contact:
        raise TopicError(
            f"{topic.path}: contact {topic.contact} is a placeholder; put in an address where site owners reach you, "
            f"or pass --set contact=mailto:YOU@YOUR.DOMAIN"
        )
