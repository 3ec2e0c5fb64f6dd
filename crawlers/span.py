"""What a backfill is about: days, the hosts of the sources, the questions that follow, what is left to fetch."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from archive.model import Slice
from archive.store import slices
from archive.store.slices import Scope
from archive.topic import Source, Topic
from archive.urls import host_of
from crawlers import cdx
from crawlers.slices import months

WAYBACK = "wayback"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is asked for: the days from `first` to `last`, of one source or of all."""

    first: date
    last: date
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What there is to fetch; bytes as the archive keeps them, seconds at the topic's own delay."""

    pages: int
    bytes: int
    seconds: float


def hosts(topic: Topic, span: Span) -> list[str]:
    """The hosts of the topic's sources, in the order of the file, as archives' indexes write them."""
    found = (cdx.host_prefix(host_of(url)) for source in topic.sources if span.source in (None, source.name)
             for url in _addresses(source))
    return list(dict.fromkeys(host for host in found if host))


def _addresses(source: Source) -> tuple[str, ...]:
    return (source.url,) if source.url else source.urls


def scope(topic: Topic, span: Span) -> Scope:
    """What the Wayback Machine is asked about."""
    since, until = (datetime.combine(day, time(), tzinfo=UTC) for day in (span.first, span.last + timedelta(days=1)))
    return Scope(service=WAYBACK, whats=json.dumps(hosts(topic, span)), since=since, until=until)


def plan(topic: Topic, conn: sqlite3.Connection, span: Span) -> None:
    """Write down the questions: one a host and month."""
    def parts() -> Iterator[Slice]:
        for host in hosts(topic, span):
            yield from months(WAYBACK, host, first=span.first, last=span.last)

    slices.plan(conn, parts())


def estimate(topic: Topic, conn: sqlite3.Connection, span: Span) -> Estimate:
    """What is waiting to be fetched."""
    waiting = slices.wanted(conn, scope(topic, span))
    known = [one.length for one in waiting if one.length is not None]
    average = sum(known) / len(known) if known else 0.0
    return Estimate(
        pages=len(waiting), bytes=round(sum(known) + average * (len(waiting) - len(known))),
        seconds=len(waiting) * topic.crawl.delay,
    )
