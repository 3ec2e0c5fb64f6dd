"""Commands by which the database is made: update, run, rebuild."""

import sys
from pathlib import Path
from typing import Any

import click

from pipeline.cli.base import Bars, attend, finish, now, opened, options, refuse_other_topic, refuse_placeholder


@click.command()
@options
def update(topic: Any, data: Path, as_json: bool) -> None:
    """Extract, judge, fold, compare and link what is pending."""
    from pipeline import steps

    with opened(topic, data, "update") as (work, reports):
        reports += steps.update(work)
        work.progress.close()
    finish(reports, as_json=as_json)


@click.command()
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


@click.command()
@options
def rebuild(topic: Any, data: Path, as_json: bool) -> None:
    """Make the database anew from the WARC files."""
    from pipeline import care

    refuse_other_topic(topic, data)
    reports = care.rebuild(topic, data, clock=now, progress=Bars())
    finish(reports, as_json=as_json)
