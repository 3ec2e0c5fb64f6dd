"""Which articles to ask TimeMaps for, and which of their mementos to fetch."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from archive.model import Days, Memento
from archive.store import gaps
from archive.store.gaps import Gap
from archive.store.slices import Scope
from archive.topic import HUNT, Topic
from archive.urls import absolute, canonical_url, host_of, is_front_page
from crawlers.archives import cdx, days, gdelt

INDEX = "wayback"  # the service that is asked for whole hosts
MOST = 4  # mementos of one article: what a TimeMap names has no digest, so most of them may be the same


def articles(topic: Topic, conn: sqlite3.Connection, scope: Scope) -> dict[str, datetime]:
    """Articles of the span that our own looks found gone, blocked or silent, and from when on mementos of them count.

    Those of hosts that are asked for as a whole are left out, unless the index did not tell all of the host. What was
    not looked at yet is left to the crawl: else the order of crawl and backfill would show in what is fetched.
    """
    span = Days(first=scope.since.date(), last=(scope.until - timedelta(days=1)).date())
    covered = set(cdx.hosts(url for source in topic.sources for url in source.addresses))
    covered -= gaps.untold(conn, scope, service=INDEX)
    undated = {source.name for source in topic.sources if source.kind == "list"} | {gdelt.SOURCE, HUNT}
    found: dict[str, datetime] = {}
    for gap in gaps.unread(conn, scope):
        first = _first_day(gap, span, undated=gap.source in undated)
        if first is None or cdx.host_prefix(host_of(gap.url)) in covered or is_front_page(gap.url):
            continue
        if not _was_read_elsewhere(conn, gap):
            found[gap.url] = min(first, found.get(gap.url, first))
    return found


def _first_day(gap: Gap, span: Days, *, undated: bool) -> datetime | None:
    """When an announcement says that the article began to be; None where that is not in the span.

    By the date declared, else that of the address, else the day of the announcement. Lists and what GDELT is asked for
    are about no day: who gave them meant the span.
    """
    known = days.declared(gap.published) or days.of_article(gap.url)
    if known is None:
        day = gap.found_at.date()
        known = span if undated else Days(first=day, last=day)
    first = max(known.first, span.first) if known.meets(span) else None
    return datetime.combine(first, time(), tzinfo=UTC) if first else None


def _was_read_elsewhere(conn: sqlite3.Connection, gap: Gap) -> bool:
    """Whether the address sent us on to another page: not where that is the front page, nor another spelling of it."""
    target = absolute(gap.url, gap.moved_to) if gap.moved_to else None
    if target is None or is_front_page(target):
        return False
    return canonical_url(target) != canonical_url(gap.url) or gaps.is_read(conn, target)


def wanted(conn: sqlite3.Connection, scope: Scope, firsts: Mapping[str, datetime]) -> list[Memento]:
    """The mementos to fetch, oldest first."""
    found = []
    for article, named in gaps.listed(conn, scope.service, firsts).items():
        moments = chosen([one.captured_at for one, _ in named], since=firsts[article], until=scope.until)
        found += [one for one, is_waiting in named if is_waiting and one.captured_at in moments]
    return sorted(found, key=lambda one: (one.captured_at, one.original))


def chosen(moments: Sequence[datetime], *, since: datetime, until: datetime) -> list[datetime]:
    """The first moment after the announcement, and of those before `until` the last and some between.

    Spread by number, not by time: archives come back most often while a page still changes. Where there is none before
    `until`, the first is all that says what the page was.
    """
    later = sorted({moment for moment in moments if moment >= since})
    inside = [moment for moment in later if moment < until]
    if len(inside) <= MOST:
        return inside or later[:1]
    return [inside[round(n * (len(inside) - 1) / (MOST - 1))] for n in range(MOST)]
