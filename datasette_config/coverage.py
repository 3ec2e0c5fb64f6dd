"""The archive as a whole: what it holds, where from, and how its sources and runs fare."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from archive.model import Alarm
from archive.store import coverage, health, kin, runs
from archive.store.coverage import Counts, OutletCounts
from archive.store.pages import Card
from archive.times import from_iso, to_iso
from datasette_config.chart import Chart, chart
from datasette_config.kept_answers import KeptAnswers
from datasette_config.plugin import DATABASE, PACKAGE

LISTED = 8  # articles and families in each list of the start page
OUTLETS = 12  # on the start page
RUNS, FAILURES = 30, 60
COUNTED = timedelta(days=30)  # before the last run, in which looks are counted: of years they are millions
_EVER, _NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

Question = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The start page; `days` are (day, language, articles), which `chart` draws.

    `troubled` are the first LISTED of `trouble_count` sources that failed or brought nothing at the last look.
    """

    counts: Counts
    outlet_count: int
    languages: int
    days: tuple[tuple[str, str, int], ...]
    chart: Chart | None
    outlets: tuple[OutletCounts, ...]
    latest: tuple[Card, ...]
    families: tuple[kin.FamilyCard, ...]
    most_edited: tuple[Card, ...]
    gone: tuple[Card, ...]
    alarms: int
    source_count: int
    trouble_count: int
    troubled: tuple["SourceLine", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """A source as its page shows it: how often it was looked at in the 30 days before the last run, and how often that
    failed; `discovered` are all addresses that it ever announced.
    """

    name: str
    outlet: str
    kind: str
    address: str | None
    last_look: str | None
    last_success: str | None
    looks: int
    failed: int
    discovered: int
    trouble: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where articles are announced, and the outlets that the articles are of."""

    sources: tuple[SourceLine, ...]
    outlets: tuple[OutletCounts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Every outlet, the one with most articles first."""

    outlets: tuple[OutletCounts, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A command that ran: what its steps did; `ended_at` is None where it is running or was killed."""

    command: str
    program: str
    started_at: str
    ended_at: str | None
    steps: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What needs a person, the last runs, and what could not be processed, with how often."""

    alarms: tuple[Alarm, ...]
    runs: tuple[Run, ...]
    failures: tuple[tuple[str, str, int], ...]
    failure_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view of the read model with what its columns mean, as metadata.yaml says it."""

    name: str
    description: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What can be taken away."""

    views: tuple[View, ...]
    queries: tuple[tuple[str, str, str], ...]


def kept_start() -> Callable[[sqlite3.Connection, Question], Start]:
    """/ and /index.json: what the archive holds, counted when it has changed."""
    kept = KeptAnswers(1)
    return lambda conn, _question: kept.of(conn, "start", lambda: start(conn))


def start(conn: sqlite3.Connection) -> Start:
    """What the archive holds."""
    days, held = coverage.days(conn), coverage.outlets(conn)
    asked = [_line(source) for source in health.sources(conn, since=_NEVER)]
    troubled = [source for source in asked if source.trouble]
    return Start(
        counts=coverage.counts(conn), days=tuple(days), chart=chart(days), outlets=held[:OUTLETS],
        outlet_count=len(held), languages=len({language for _, language, _ in days if language}),
        latest=coverage.latest(conn, limit=LISTED), families=kin.largest_families(conn, limit=LISTED),
        most_edited=coverage.most_edited(conn, limit=LISTED), gone=coverage.gone(conn, limit=LISTED),
        alarms=len(health.alarms(conn)), source_count=len(asked), trouble_count=len(troubled),
        troubled=tuple(troubled[:LISTED]),
    )


def sources(conn: sqlite3.Connection, _question: Question) -> Sources:
    """/sources and its .json: where articles are announced, and by whom they were published."""
    (last,) = runs.last_runs(conn, limit=1) or ({},)
    since = from_iso(str(last["started_at"])) - COUNTED if last else _EVER
    return Sources(sources=tuple(map(_line, health.sources(conn, since=since))), outlets=coverage.outlets(conn))


def outlets(conn: sqlite3.Connection, _question: Question) -> Outlets:
    """/outlets and its .json: by whom the articles were published."""
    return Outlets(outlets=coverage.outlets(conn))


def condition(conn: sqlite3.Connection, _question: Question) -> Health:
    """/health and its .json: what needs a person, and what the last runs did."""
    failures = runs.failures(conn)
    return Health(
        alarms=tuple(health.alarms(conn)), runs=tuple(map(_run, runs.last_runs(conn, limit=RUNS))),
        failures=tuple(failures[:FAILURES]), failure_count=sum(n for _, _, n in failures))


def data(conn: sqlite3.Connection, _question: Question) -> Data:
    """/data and its .json: the views and what their columns mean."""
    database = _described()["databases"][DATABASE]
    return Data(
        views=tuple(
            View(name=name, description=table["description"], columns=_columns(conn, name, table.get("columns", {})))
            for name, table in database["tables"].items() if not table.get("hidden")),
        queries=tuple((name, query["title"], query.get("description", ""))
                      for name, query in database["queries"].items()),
    )


@lru_cache(maxsize=1)
def _described() -> Any:
    return yaml.safe_load(resources.files(PACKAGE).joinpath("metadata.yaml").read_text("utf-8"))


def _columns(conn: sqlite3.Connection, view: str, described: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, described.get(name, "")) for name in coverage.columns(conn, view))


def _line(source: health.SourceHealth) -> SourceLine:
    return SourceLine(
        name=source.name, outlet=source.outlet, kind=source.kind, address=source.address,
        last_look=to_iso(source.last_look) if source.last_look else None,
        last_success=to_iso(source.last_success) if source.last_success else None,
        looks=source.looks, failed=source.failed, discovered=source.discovered,
        trouble=source.refused or source.unreadable or source.reason,
    )


def _run(row: Mapping[str, Any]) -> Run:
    steps = json.loads(row["report"]) if row["report"] else []
    return Run(
        command=row["command"], program=row["program"], started_at=row["started_at"], ended_at=row["ended_at"],
        steps=tuple((step["step"], step["done"], sum(step["failed"].values())) for step in steps))
