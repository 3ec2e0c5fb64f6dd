"""Commands by which the database is made: update, run, rebuild."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from archive.errors import ArchiveLocked
from pipeline.cli.base import (
    Bars,
    finish,
    finish_noted,
    now,
    opened,
    options,
    refuse_other_topic,
    refuse_placeholder,
    shard_option,
    tell_changes,
)

OVERLAPPING = timedelta(days=1)  # that one run may last before the next ones tell of it


@click.command()
@options
def update(topic: Any, data: Path, as_json: bool) -> None:
    """Extract, judge, fold, compare and link what is pending."""
    from pipeline import steps

    with opened(topic, data, "update") as (work, reports):
        reports += steps.update(work)
        work.progress.close()
        changes, _ = tell_changes(work, reports)
    finish_noted(reports, changes, as_json=as_json)


@click.command()
@options
@shard_option
def run(topic: Any, data: Path, as_json: bool, found: Callable[[Any], Any]) -> None:
    """Crawl and update: the line for cron.

    What needs a person is told when it begins and when it ends; between the two `status` shows it.
    """
    from pipeline import intake, steps

    refuse_placeholder(topic)
    with unless_overlapping(), pinging(topic):
        with opened(topic, data, "run", create=True) as (work, reports):
            reports += [intake.index_pending(work), intake.read_withholdings(work), intake.discover_pending(work),
                        intake.crawl(work, handed=found(work)), *steps.update(work)]
            work.progress.close()
            changes, noted = tell_changes(work, reports)
            reports.append(noted)
        finish_noted(reports, changes, as_json=as_json, is_shown=sys.stdout.isatty())


@contextmanager
def unless_overlapping() -> Iterator[None]:
    """End in silence where the last run is still under way: first crawls take hours, and cron would mail each of them.

    A person at a terminal is told, and who looks after cron is when the other has run for a day.
    """
    try:
        yield
    except ArchiveLocked as error:
        if sys.stderr.isatty() or error.since is None or now() - error.since > OVERLAPPING:
            raise
        sys.exit(error.exit_code)


@contextmanager
def pinging(topic: Any) -> Iterator[None]:
    """Ask the topic's address at the end of a run, by its exit code; where another run holds the lock there is none."""
    if topic.watch.ping is None:
        yield
        return
    from pipeline.custody import trust
    from pipeline.operating import ping

    checked = trust.context(topic)
    try:
        yield
    except (ArchiveLocked, KeyboardInterrupt):  # nothing ran, or a person is there
        raise
    except BaseException:
        _say(ping.ping(topic, checked, is_well=False))
        raise
    _say(ping.ping(topic, checked, is_well=True))


def _say(problem: str | None) -> None:
    if problem is not None:
        click.echo(f"stemma: {problem}", err=True)


@click.command()
@options
def reindex(topic: Any, data: Path, as_json: bool) -> None:
    """Count anew which words are rare and which sentences are furniture, and compare every text again.

    'stemma update' does so by itself when the archive has doubled.
    """
    from pipeline import linking, steps

    with opened(topic, data, "reindex") as (work, reports):
        reports += [step(work) for step in (
            linking.reindex, linking.compare_witnesses, linking.link_families, steps.catalogue_articles)]
        work.progress.close()
    finish(reports, as_json=as_json)


@click.command()
@options
def rebuild(topic: Any, data: Path, as_json: bool) -> None:
    """Make the database anew from the WARC files."""
    from pipeline.operating import care

    refuse_other_topic(topic, data)
    reports = care.rebuild(topic, data, clock=now, progress=Bars())
    finish(reports, as_json=as_json)
