"""Commands by which captures come in: init, check, crawl, import, backfill."""

import json
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipeline.cli.base import (
    DEFAULT_TOPIC,
    Bars,
    attend,
    finish,
    finish_noted,
    now,
    opened,
    options,
    refuse_other_topic,
    refuse_placeholder,
    shard_option,
    tell,
    tell_changes,
)

PLACEHOLDER = "mailto:you@example.org"
DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--topic", default=DEFAULT_TOPIC, metavar="NAME|FILE", show_default=True,
              help="A bundled topic's name, or a topic file; one that does not exist is written.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="The archive's folder (default: the topic file's 'data', else ./data).")
@click.option("--contact", default=None, metavar="ADDRESS",
              help="Your address, for the crawler's user agent, put into the topic file that is written.")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE",
              help="Override a setting of the topic file while outlets are looked at, e.g. --set crawl.delay=10.")
@click.option("--cron", "scheduler", flag_value="cron",
              help="Print the line for crontab that runs it once an hour; an archive that exists is left alone.")
@click.option("--systemd", "scheduler", flag_value="systemd", help="The same as a systemd service and its timer.")
@click.argument("urls", nargs=-1, metavar="[URL]...")
def init(
    topic: str, data: Path | None, contact: str | None, settings: tuple[str, ...], scheduler: str | None,
    urls: tuple[str, ...],
) -> None:
    """Make an empty archive, and a topic file to start from.

    With the URLs of outlets, look for their feeds, sitemaps and section pages and put them into the topic file as
    sources; a new file then starts from the default topic's keywords.
    """
    from archive.folder import DataFolder

    data = data or _own_folder(topic)
    if scheduler is None:
        _make(topic, data, contact, settings, urls)
        return
    if urls:
        raise click.UsageError(f"--{scheduler} prints what calls an archive; look for the outlets' sources first")
    if not DataFolder(data).database.exists():
        with redirect_stdout(sys.stderr):  # what is printed may go into a file
            _make(topic, data, contact, settings, urls)
    _print_schedule(topic, data, settings, scheduler)


def _own_folder(topic: str) -> Path:
    """The folder that a topic file names, as the other commands find it."""
    from archive.topic import load_topic

    read = load_topic(topic) if Path(topic).is_file() else None
    return Path(read.path).parent / read.data if read is not None and read.data else Path("data")


def _make(topic: str, data: Path, contact: str | None, settings: tuple[str, ...], urls: tuple[str, ...]) -> None:
    from archive.folder import open_archive
    from archive.topic import bundled_topics, load_topic, parse_topic, with_overrides
    from pipeline.intake import keep_topic
    from pipeline.operating import outlets

    is_new = topic not in bundled_topics() and not Path(topic).exists()
    if is_new:
        text = outlets.new_text(Path(topic), contact=contact or PLACEHOLDER, like=DEFAULT_TOPIC if urls else None)
    elif contact is not None:
        raise click.UsageError(f"--contact is for a topic file that is to be written, and there is {topic}: put it in "
                               f"there, or pass --set contact={contact} to the commands that crawl")
    read = with_overrides(parse_topic(text, path=topic) if is_new else load_topic(topic), settings)
    refuse_other_topic(read, data)
    if urls:
        refuse_placeholder(read)
    if is_new:
        outlets.write(Path(topic), text)
        click.echo(f"wrote {topic}: put in {'your contact address, ' if contact is None else ''}keywords and sources")
    silent = []
    if urls:
        for url, sources in outlets.add(Path(topic), urls, settings=settings, clock=now):
            click.echo(f"{url}: {len(sources)} new sources")
            for source in sources:
                click.echo(f"  {source.kind:<8} {source.name:<28} {source.url}")
            silent += [] if sources else [url]
    with open_archive(data, create=True) as archive:
        keep_topic(archive.folder.events, load_topic(topic), at=now())  # else the next command would not know of it
        file, folder = shlex.quote(topic), shlex.quote(str(data))
        click.echo(f"archive in {data}; next: stemma check --topic {file} && stemma run --topic {file} --data {folder}")
    if read.has_placeholder_contact:
        click.echo(f"put your own contact address into the topic file before that: {read.contact} is a placeholder")
    if silent:
        click.echo(f"nothing new was found at {', '.join(silent)}; write their sources by hand", err=True)
        sys.exit(1)


def _print_schedule(topic: str, data: Path, settings: tuple[str, ...], scheduler: str) -> None:
    """A line or units with the absolute paths of this program, the topic file and the data folder."""
    from archive.topic import bundled_topics, load_topic, with_overrides
    from pipeline.operating import schedule

    read = with_overrides(load_topic(topic), settings)
    refuse_placeholder(read)  # the line would fail each hour
    file = topic if topic in bundled_topics() else str(Path(topic).resolve())
    command = [*_program(), "run", "--topic", file, "--data", str(data.resolve())]
    command += [word for setting in settings for word in ("--set", setting)]
    if scheduler == "cron":
        click.echo(schedule.cron_line(command))
    else:
        for name, text in schedule.systemd_units(command, name=read.name, title=read.title).items():
            click.echo(f"# /etc/systemd/system/{name}\n{text}")
        click.echo(f"# then: systemctl daemon-reload && systemctl enable --now stemma-{read.name}.timer")


def _program() -> list[str]:
    """This interpreter's `stemma`; where it was not installed as a script, the module."""
    script = Path(sys.executable).with_name("stemma")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "pipeline"]


@click.command()
@click.option("--live", is_flag=True, help="Ask every source once; say what each answers, or what stands in its way.")
@options
def check(topic: Any, data: Path, live: bool, as_json: bool) -> None:
    """Check the topic file, and with --live its sources."""
    from pipeline.operating import checks

    del data
    rows = checks.live(topic, now) if live else []
    if as_json:
        click.echo(json.dumps([row._asdict() for row in rows], ensure_ascii=False))
    else:
        click.echo(f"{topic.path}: {len(topic.sources)} sources, {len(topic.gazetteer)} names; every key is right")
        width = max((len(row.source) for row in rows), default=0)
        for row in rows:
            verdict = "ok  " if row.answers else "FAIL"
            click.echo(f"{verdict}  {row.source:<{width}}  {row.kind:<7}  {row.items:>6} items  "
                       f"newest {row.newest or 'not said':<25}  robots {row.robots:<7}  {row.detail}".rstrip())
    if topic.has_placeholder_contact:  # of a bundled topic it is for the command line to give
        click.echo(f"{topic.path}: contact {topic.contact} is a placeholder; put in yours before you crawl", err=True)
    missing = checks.missing(topic)
    tell(missing)
    if missing or any(not row.answers for row in rows):
        sys.exit(1)


@click.command()
@options
@shard_option
def crawl(topic: Any, data: Path, as_json: bool, found: Callable[[Any], Any]) -> None:
    """Fetch sources and the articles that are due into WARC files."""
    from pipeline import intake

    refuse_placeholder(topic)
    with opened(topic, data, "crawl", create=True) as (work, reports):
        reports += [intake.index_pending(work), intake.discover_pending(work),
                    intake.crawl(work, handed=found(work))]
        work.progress.close()
        changes, _ = tell_changes(work, reports)
    finish_noted(reports, changes, as_json=as_json)


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@options
def capture(topic: Any, data: Path, as_json: bool, urls: tuple[str, ...]) -> None:
    """Fetch these pages now, whatever the schedule; link them, and print findings and citation.

    Robots rules, delays and budgets hold as for every crawl. Exit code 1 where a page could not be had.
    """
    from archive.urls import absolute
    from pipeline.operating import capture as capturing

    refuse_placeholder(topic)
    addresses = [absolute("", url) for url in urls]
    if wrong := [url for url, address in zip(urls, addresses, strict=True) if address is None]:
        raise click.UsageError(f"no web address: {', '.join(wrong)}; give whole addresses, such as https://news.example/a")
    with opened(topic, data, "capture", create=True) as (work, reports):
        done, findings = capturing.capture(work, [address for address in addresses if address])
        reports += done
        work.progress.close()
    if as_json:
        click.echo(json.dumps([capturing.as_json(finding) for finding in findings], ensure_ascii=False))
    for finding in findings if not as_json else ():
        click.echo("\n".join(capturing.lines(finding, topic=topic.title)))
    attend(reports)
    if not all(finding.is_captured for finding in findings):
        sys.exit(1)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--via", default=None, metavar="NAME", help="Who captured them (default: what the files say).")
@options
def import_(topic: Any, data: Path, as_json: bool, files: tuple[Path, ...], via: str | None) -> None:
    """Copy the captures of WARC and WACZ FILES into the archive.

    Of a folder that is another archive, such as that of one of several crawlers, the WARC files are taken as they are.
    """
    from pipeline import intake, shards
    from pipeline.operating import backfill as archives

    folders = [path for path in files if path.is_dir()]
    others = [path for path in files if not path.is_dir()]
    with opened(topic, data, "import", create=True) as (work, reports):
        reports += [intake.index_pending(work), intake.read_withholdings(work)]
        for folder in folders:
            reports += [shards.merge(work, folder), intake.decided_there(work, folder)]
        reports += [intake.index_pending(work)] if folders else []
        reports += [archives.import_files(work, others, via=via)] if others else []
        work.progress.close()
    finish(reports, as_json=as_json)


def known_services(ctx: click.Context, option: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """The services that are asked for, in the order in which they are asked; without names the light ones."""
    from crawlers.archives.span import HEAVY, LIGHT

    if unknown := [name for name in names if name not in LIGHT + HEAVY]:
        raise click.BadParameter(f"{unknown[0]!r} is none of {', '.join(LIGHT + HEAVY)}", ctx=ctx, param=option)
    return tuple(service for service in LIGHT + HEAVY if service in names) if names else LIGHT


@click.command()
@click.option("--from", "first", type=DAY, default=None, help="First day, as 2024-08-06 (default: the topic's).")
@click.option("--to", "last", type=DAY, default=None, help="Last day (default: the topic's).")
@click.option("--source", default=None, metavar="NAME", help="Only the site of one source of the topic file.")
@click.option("--service", "services", multiple=True, metavar="NAME", callback=known_services,
              help="Ask only this one; repeatable (default: all that move no gigabytes).")
@click.option("--dry-run", is_flag=True, help="Ask what archives hold; say how much there is to fetch, fetch no page.")
@options
def backfill(
    topic: Any, data: Path, as_json: bool, first: datetime | None, last: datetime | None, source: str | None,
    services: tuple[Any, ...], dry_run: bool,
) -> None:
    """Fetch what web archives kept of the sources' sites, under the archives' own dates."""
    from crawlers.archives.span import Span
    from pipeline.operating import backfill as archives

    refuse_placeholder(topic)
    if first and last and last < first:
        raise click.UsageError(f"--to {last:%Y-%m-%d} is before --from {first:%Y-%m-%d}")
    span = Span(first=first.date() if first else topic.start, last=last.date() if last else topic.end, source=source)
    reports = archives.backfill(topic, data, span, services=services, dry_run=dry_run, clock=now, progress=Bars())
    finish(reports, as_json=as_json)
