"""`stemma status`: what is held, how sources, disk and runs fare, and what needs a person."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli.base import now, options

if TYPE_CHECKING:
    from pipeline.operating.status import Status

HOSTS_SHOWN = 20


@click.command()
@options
def status(topic: Any, data: Path, as_json: bool) -> None:
    """Say what the archive holds, how its sources are, and what needs a person: exit code 1 while anything does."""
    from pipeline.operating import status as module

    found = module.status(topic, data, now=now())
    if as_json:
        click.echo(json.dumps(module.as_json(found), ensure_ascii=False))
    else:
        for line in _lines(found):
            click.echo(line)
    if found.alarms:
        sys.exit(1)


def _lines(found: "Status") -> Iterator[str]:
    for what, n in found.holds.items():
        yield f"{n:>12,} {what}"
    for stage, reason, n in found.failures:
        yield f"{n:>12,} failed in {stage}: {reason}"
    yield ""
    yield from _sources(found)
    yield ""
    yield from _surroundings(found)
    for run in found.runs:
        yield f"{'run':<10} {run['started_at'][:16].replace('T', ' ')}  {run['command']:<9} {run['state']}"
    for alarm in found.alarms:
        yield f"{'ALARM':<10} since {_minute(alarm.since)}: {alarm.sentence}"
    if not found.alarms:
        yield "nothing needs a person"


def _sources(found: "Status") -> Iterator[str]:
    from pipeline.operating import watch

    figures = found.figures
    width = max([6, *(len(source.name) for source in figures.sources)])
    yield (f"{'source':<{width}}  {'last answer, UTC':<16}  {'new a day':>9}  {'failed':>6}  {'last new, UTC':<16}  "
           f"{'silent':>6}  remarks")
    for source in figures.sources:
        share, times = source.failure_share, watch.silence(source, last_look=figures.last_look)
        yield (f"{source.name:<{width}}  {_minute(source.last_success):<16}  {source.new / found.days:>9.1f}  "
               f"{'-' if share is None else f'{share:.0%}':>6}  {_minute(max(source.arrivals, default=None)):<16}  "
               f"{'-' if times is None else f'{times:.1f} ×':>6}  "
               f"{source.hindrance or source.reason or ''}").rstrip()


def _surroundings(found: "Status") -> Iterator[str]:
    from pipeline.operating.watch import in_bytes

    figures = found.figures
    disk = figures.disk
    grows = "growth not known yet" if disk.growth is None else f"{in_bytes(disk.growth)} more a day"
    left = "" if disk.days_left is None else f": full in {disk.days_left:,.0f} days"
    yield f"{'disk':<10} {in_bytes(disk.held)} held, {in_bytes(disk.free)} free, {grows}{left}"
    yield f"{'backup':<10} {_minute(figures.backup)}"
    yield f"{'verified':<10} {_minute(figures.verified)}"
    place = f", asked from {figures.vantage}" if figures.vantage else ""
    for host in sorted(figures.hosts, key=lambda host: (-host.blocked / host.looks, host.host))[:HOSTS_SHOWN]:
        statuses = ", ".join(map(str, sorted(host.statuses))) or "pages in an article's place"
        perhaps = ", perhaps for its country" if host.is_geo_blocked else ""
        yield f"{'refuses':<10} {host.host}: {host.blocked} of {host.looks} looks ({statuses}){perhaps}{place}"
    if len(figures.hosts) > HOSTS_SHOWN:
        yield f"{'refuses':<10} {len(figures.hosts) - HOSTS_SHOWN} more hosts; see --json"


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else "never"
