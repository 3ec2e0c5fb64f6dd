"""What a backfill is about: days, the hosts of the sources, the questions that follow, what is left to fetch."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from archive.digests import sha256
from archive.model import Slice
from archive.store import slices
from archive.store.slices import Scope
from archive.topic import Source, Topic
from archive.urls import host_of
from crawlers import ccnews, cdx, gdelt, gkg
from crawlers.slices import months

Service = Literal["wayback", "gdelt", "commoncrawl", "ccnews", "gdelt-bulk"]
WAYBACK: Service = "wayback"
GDELT: Service = "gdelt"
COMMON_CRAWL: Service = "commoncrawl"
CC_NEWS: Service = "ccnews"
GDELT_BULK: Service = "gdelt-bulk"


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


def searches(topic: Topic) -> list[str]:
    """What GDELT is searched for: the topic's own terms in each of its languages."""
    return [search for keywords in topic.keywords for search in gdelt.searches(keywords)]


def scope(topic: Topic, span: Span, service: Service) -> Scope:
    """What one service is asked about."""
    since, until = (datetime.combine(day, time(), tzinfo=UTC) for day in (span.first, span.last + timedelta(days=1)))
    if service == CC_NEWS:
        return Scope(service=_read_for(topic, span, service), whats=json.dumps([ccnews.LISTS]),
                     since=since - ccnews.LONGEST, until=until)
    if service == GDELT_BULK:
        return Scope(service=_read_for(topic, span, service), whats=json.dumps(gkg.LISTS), since=since, until=until)
    whats = searches(topic) if service == GDELT else hosts(topic, span)
    return Scope(service=service, whats=json.dumps(whats), since=since, until=until)


def _read_for(topic: Topic, span: Span, service: Service) -> str:
    """The service's name with what its files are read for: looked through for something else, they are read anew."""
    told_by = (topic.crawl.archives_obey_robots,) if service == CC_NEWS else (topic.keywords, topic.gazetteer)
    what = (sorted(hosts(topic, span)), *told_by)
    return f"{service} {sha256(repr(what).encode())[:20]}"


def plan(topic: Topic, conn: sqlite3.Connection, span: Span, service: Service) -> None:
    """Write down the questions: one a month for each host or search. What Common Crawl has, its own list says."""
    asked = scope(topic, span, service)
    if service == CC_NEWS:
        slices.plan(conn, months(asked.service, ccnews.LISTS, first=asked.since.date(), last=span.last))
    if service == GDELT_BULK:
        slices.plan(conn, (Slice(service=asked.service, what=name, start=asked.since, end=asked.until)
                           for name in gkg.LISTS))
    whats = {WAYBACK: hosts(topic, span), GDELT: searches(topic)}.get(service, [])
    slices.plan(conn, (part for what in whats for part in months(service, what, first=span.first, last=span.last)))


def estimate(topic: Topic, conn: sqlite3.Connection, span: Span) -> Estimate:
    """What is waiting to be fetched."""
    waiting = [one for service in (WAYBACK, COMMON_CRAWL) for one in slices.wanted(conn, scope(topic, span, service))]
    known = [one.length for one in waiting if one.length is not None]
    average = sum(known) / len(known) if known else 0.0
    return Estimate(
        pages=len(waiting), bytes=round(sum(known) + average * (len(waiting) - len(known))),
        seconds=len(waiting) * topic.crawl.delay,
    )


def estimate_files(topic: Topic, conn: sqlite3.Connection, span: Span, service: Service) -> Estimate:
    """What there is to read of a service that has no index: `pages` counts files; unknown sizes are as the known."""
    waiting = slices.wanted(conn, scope(topic, span, service))
    known = [one.length for one in waiting if one.length is not None]
    size = sum(known) + (sum(known) / len(known) if known else 0.0) * (len(waiting) - len(known))
    size -= sum(int(one.place or 0) for one in waiting)
    parts = max(len(waiting), -(-round(size) // min(topic.backfill.range_bytes, topic.crawl.max_body_bytes)))
    return Estimate(pages=len(waiting), bytes=round(size), seconds=parts * topic.crawl.delay)
