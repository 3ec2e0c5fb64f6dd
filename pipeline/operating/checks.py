"""`stemma check`: what a topic file lacks before it can find anything; with --live, what each source answers.

Every source is asked once, into an archive that is thrown away.
"""

import sqlite3
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from archive.folder import open_archive
from archive.store import health, runs
from archive.times import from_mail
from archive.topic import TEMPLATE_TERM, Source, Topic
from archive.urls import absolute
from pipeline import intake
from pipeline.extraction.dates import moment
from pipeline.work import Clock, Work

NOT_ASKED = "not asked: its site is left alone, a budget is spent, or another source leads to the same address"
MOST_HOPS = 6  # of a source that redirects

Permission = Literal["allow", "forbid", "unknown"]


class LiveSource(NamedTuple):
    """What a source answered: newest is the latest date that an item declared, detail what stands in its way."""

    source: str
    kind: str
    url: str
    answers: bool
    items: int
    newest: str | None
    robots: Permission
    detail: str


def missing(topic: Topic) -> list[str]:
    """What is still to be put into a topic file that has no mistakes, for it to find anything."""
    found = [f"{topic.path}: keywords.{keywords.language}.must is still the template's {TEMPLATE_TERM!r}; put in yours"
             for keywords in topic.keywords if TEMPLATE_TERM in keywords.must]
    if not topic.sources:
        found.append(f"{topic.path}: no sources yet; name some, or use 'stemma init --topic FILE URL...'")
    return found


def live(topic: Topic, clock: Clock) -> list[LiveSource]:
    """Every source of the topic, in its order; of an index of sitemaps a few files are looked into.

    A list is not fetched: it answers by being read.
    """
    with TemporaryDirectory() as folder, open_archive(Path(folder) / "data", create=True) as archive:
        started = clock()
        intake.crawl(Work(archive, topic, clock, lambda *_: None), sources_only=True)
        fared = {source.name: source for source in health.sources(archive.conn, since=started)}
        return [_listed(source, fared[source.name]) if source.kind == "list"
                else _answer(archive.conn, source, fared[source.name]) for source in topic.sources]


def _listed(source: Source, fared: health.SourceHealth) -> LiveSource:
    return LiveSource(source=source.name, kind="list", url=source.file or "", answers=True, items=fared.discovered,
                      newest=None, robots="unknown", detail="")


def _answer(conn: sqlite3.Connection, source: Source, fared: health.SourceHealth) -> LiveSource:
    reason = _in_the_way(conn, source.url or "")
    answers = fared.last_success is not None and reason is None
    is_forbidden = reason is not None and reason.startswith("robots.txt forbids")
    is_unknown = reason is not None and reason.startswith("robots.txt") and not is_forbidden
    return LiveSource(
        source=source.name, kind=source.kind, url=source.url or "", answers=answers, items=fared.discovered,
        newest=newest(health.declared_dates(conn, source.name)),
        robots="forbid" if is_forbidden else "unknown" if is_unknown or fared.last_look is None else "allow",
        detail=reason or ("" if answers else fared.reason or NOT_ASKED),
    )


def _in_the_way(conn: sqlite3.Connection, url: str) -> str | None:
    """Why an address, or the one that it redirects to, did not answer; None where it did."""
    reasons, redirects = runs.reasons(conn), health.redirects(conn)
    for _ in range(MOST_HOPS):
        if url in reasons or url not in redirects:
            break
        url = absolute(url, redirects[url] or "") or url
    return reasons.get(url)


def newest(declared: list[str]) -> str | None:
    """The latest of dates as feeds and sitemaps declare them, as ISO 8601; a day where only that is said."""
    found = [read for text in declared if (read := _read(text)) is not None]
    return max(found)[1] if found else None


def _read(text: str) -> tuple[datetime, str] | None:
    """A date as the latest moment that it may mean, and as it is to be shown."""
    iso = moment(text, basis="declared")
    if iso is not None:
        return iso.latest, iso.iso
    at = from_mail(text)
    return (at, at.isoformat()) if at is not None else None
