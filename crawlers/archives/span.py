"""What a backfill is about: days, the hosts of the sources, the questions that follow, what is left to fetch."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from archive.digests import sha256
from archive.model import Memento, Slice
from archive.store import slices
from archive.store.slices import Scope
from archive.topic import HUNT, PROVENANCE, Topic
from crawlers.archives import ccnews, cdx, gaps, gdelt, gkg
from crawlers.archives.slices import months
from crawlers.robots import robots_url

Service = Literal["wayback", "gdelt", "commoncrawl", "sitemaps", "timemaps", "ccnews", "gdelt-bulk"]
WAYBACK: Service = "wayback"
GDELT: Service = "gdelt"
COMMON_CRAWL: Service = "commoncrawl"
SITEMAPS: Service = "sitemaps"
TIMEMAPS: Service = "timemaps"
CC_NEWS: Service = "ccnews"
GDELT_BULK: Service = "gdelt-bulk"

# In the order in which a turn asks them. The light ones are asked by default; the heavy ones move gigabytes.
LIGHT: tuple[Service, ...] = (
    WAYBACK,
    GDELT,
    COMMON_CRAWL,
    SITEMAPS,
    TIMEMAPS,  # after those whose gaps it fills
)
HEAVY: tuple[Service, ...] = (CC_NEWS, GDELT_BULK)


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
    return cdx.hosts(url for source in topic.sources if span.source in (None, source.name)
                     for url in source.addresses)


def searches(topic: Topic) -> list[str]:
    """What GDELT is searched for: the topic's own terms in each of its languages."""
    return [search for keywords in topic.keywords for search in gdelt.searches(keywords)]


def sources(topic: Topic, span: Span) -> list[str]:
    """Names under which something is announced: of the topic's sources, and where all are meant of what else does."""
    others = [] if span.source else [gdelt.SOURCE, HUNT, PROVENANCE]
    return [source.name for source in topic.sources if span.source in (None, source.name)] + others


def sitemaps(topic: Topic, span: Span) -> Iterator[tuple[str, int, str]]:
    """(address, level, source) of the files that lead to sitemaps: robots.txt of every site, and what the topic names.

    The rules come first: each site is asked for them before anything else of it may be.
    """
    wanted = [source for source in topic.sources if span.source in (None, source.name)]
    yield from ((robots_url(url), 0, source.name) for source in wanted for url in source.addresses)
    yield from ((source.url, 1, source.name) for source in wanted if source.kind == "sitemap" and source.url)


def scope(topic: Topic, span: Span, service: Service) -> Scope:
    """What one service is asked about."""
    since, until = (datetime.combine(day, time(), tzinfo=UTC) for day in (span.first, span.last + timedelta(days=1)))
    if service == CC_NEWS:
        return Scope(service=_read_for(topic, span, service), whats=json.dumps([ccnews.LISTS]),
                     since=since - ccnews.LONGEST, until=until)
    if service == GDELT_BULK:
        return Scope(service=_read_for(topic, span, service), whats=json.dumps(gkg.LISTS), since=since, until=until)
    return Scope(service=service, whats=json.dumps(_whats(topic, span, service)), since=since, until=until)


def _whats(topic: Topic, span: Span, service: Service) -> list[str]:
    """The subjects of a service's questions: searches, names of sources, or hosts."""
    if service == GDELT:
        return searches(topic)
    return sources(topic, span) if service in (SITEMAPS, TIMEMAPS) else hosts(topic, span)


def _read_for(topic: Topic, span: Span, service: Service) -> str:
    """The service's name with what its files are read for: looked through for something else, they are read anew."""
    told_by = (topic.crawl.archives_obey_robots,) if service == CC_NEWS else (topic.keywords, topic.gazetteer)
    what = (sorted(hosts(topic, span)), *told_by)
    return f"{service} {sha256(repr(what).encode())[:20]}"


def plan(topic: Topic, conn: sqlite3.Connection, span: Span, service: Service) -> None:
    """Write down the questions that are known beforehand: one a month for each host or search, one for each file.

    What Common Crawl has, its own list says; where further sitemaps are, those above them say.
    """
    asked = scope(topic, span, service)
    if service == SITEMAPS:
        slices.plan(conn, (
            Slice(service=service, what=url, start=asked.since, end=asked.until, resume_key=f"{level} {source}")
            for url, level, source in sitemaps(topic, span)
        ))
    if service == CC_NEWS:
        slices.plan(conn, months(asked.service, ccnews.LISTS, first=asked.since.date(), last=span.last))
    if service == GDELT_BULK:
        slices.plan(conn, (Slice(service=asked.service, what=name, start=asked.since, end=asked.until)
                           for name in gkg.LISTS))
    whats = {WAYBACK: hosts(topic, span), GDELT: searches(topic)}.get(service, [])
    slices.plan(conn, (part for what in whats for part in months(service, what, first=span.first, last=span.last)))


def estimate(topic: Topic, conn: sqlite3.Connection, span: Span) -> Estimate:
    """What is waiting to be fetched, without copies that their sites' robots rules forbid, as last seen."""
    waiting = [one for service in (WAYBACK, COMMON_CRAWL)
               for one in _allowed(topic, conn, service, slices.wanted(conn, scope(topic, span, service)))]
    filling = scope(topic, span, TIMEMAPS)
    waiting += _allowed(topic, conn, TIMEMAPS, gaps.wanted(conn, filling, gaps.articles(topic, conn, filling)))
    known = [one.length for one in waiting if one.length is not None]
    average = sum(known) / len(known) if known else 0.0
    return Estimate(
        pages=len(waiting), bytes=round(sum(known) + average * (len(waiting) - len(known))),
        seconds=len(waiting) * topic.crawl.delay,
    )


def _allowed(topic: Topic, conn: sqlite3.Connection, service: Service, found: Sequence[Memento]) -> list[Memento]:
    refused = slices.forbidden(conn, service) if topic.crawl.archives_obey_robots else set()
    return [one for one in found if (one.original, one.captured_at) not in refused]


def estimate_files(topic: Topic, conn: sqlite3.Connection, span: Span, service: Service) -> Estimate:
    """What there is to read of a service that has no index: `pages` counts files; unknown sizes are as the known."""
    waiting = slices.wanted(conn, scope(topic, span, service))
    known = [one.length for one in waiting if one.length is not None]
    size = sum(known) + (sum(known) / len(known) if known else 0.0) * (len(waiting) - len(known))
    size -= sum(int(one.place or 0) for one in waiting)
    parts = max(len(waiting), -(-round(size) // min(topic.backfill.range_bytes, topic.crawl.max_body_bytes)))
    return Estimate(pages=len(waiting), bytes=round(size), seconds=parts * topic.crawl.delay)
