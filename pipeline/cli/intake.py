"""Commands by which captures come in: init, check, crawl, import, backfill."""

import json
import shlex
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipeline.cli.base import DEFAULT_TOPIC, Bars, finish, now, opened, options, refuse_placeholder

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
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


@click.command()
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


@click.command()
@options
def crawl(topic: Any, data: Path, as_json: bool) -> None:
    """Fetch sources and the articles that are due into WARC files."""
    from pipeline import intake

    refuse_placeholder(topic)
    with opened(topic, data, "crawl", create=True) as (work, reports):
        reports += [intake.index_pending(work), intake.discover_pending(work), intake.crawl(work)]
        work.progress.close()
    finish(reports, as_json=as_json)


@click.command("import")
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


@click.command()
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
