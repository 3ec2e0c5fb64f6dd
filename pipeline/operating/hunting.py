"""`stemma hunt ARTICLE|FILE`: what a text's rare names and numbers find at GDELT, announced to the next crawl."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from time import monotonic

from archive.model import Days, Report
from archive.store import discoveries
from archive.topic import HUNT, Topic
from pipeline import PROGRAM
from pipeline.intake import index_pending, note_topic
from pipeline.origins.leads import Leads
from pipeline.origins.subject import Subject, leads_of
from pipeline.work import Work

BEFORE, AFTER = timedelta(days=14), timedelta(days=45)  # around a text's own date, in which its kin is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked, and for which days; `leads` are what it was made from."""

    searches: tuple[str, ...]
    days: Days
    leads: Leads


def plan(topic: Topic, subject: Subject, *, today: date, first: date | None = None, last: date | None = None) -> Plan:
    """What to ask for a text: the days that were asked for, else around its date or the one that it implies."""
    period = Days(first=topic.start, last=topic.end)
    found = leads_of(subject, topic)
    implied = found.window
    around = subject.dated
    if around is None and implied is not None:
        around = Days(first=min(implied.days, default=implied.first), last=max(implied.days, default=implied.last))
    if around is not None and around.meets(period):  # a date that is far off is a wrong one
        period = Days(first=around.first - BEFORE, last=around.last + AFTER)
    end = min(last or period.last, today)
    return Plan(searches=found.gdelt, days=Days(first=min(first or period.first, end), last=end), leads=found)


def hunt(work: Work, wanted: Plan) -> tuple[list[Report], list[tuple[str, str | None]]]:
    """Ask for what was planned; the addresses, with their headlines, that were not known before.

    What the archive already looked at is announced too and fetched by no schedule but its own.
    """
    from crawlers.archives import backfill

    started, since = monotonic(), work.clock()
    reports = [index_pending(work)]
    note_topic(work)
    if not wanted.searches:
        return [*reports, Report(step="hunt", seconds=monotonic() - started)], []
    done = backfill.hunt(
        work.topic, work.conn, wanted.searches, first=wanted.days.first, last=wanted.days.last,
        warc_folder=work.archive.folder.warcs, clock=work.clock, program=PROGRAM,
    )
    found = discoveries.announced(work.conn, HUNT, since=since)
    more = ("time was up before all was asked; run it again, it goes on where it stopped",) if done.has_more else ()
    return [*reports, Report(
        step="hunt", done=len(found), failed=((done.stopped, 1),) if done.stopped else (), attention=more,
        counts=tuple(sorted(done.counts.items())), seconds=monotonic() - started,
    )], found


def as_json(wanted: Plan, found: Sequence[tuple[str, str | None]] | None) -> dict[str, object]:
    """The plan for machines, and what came of it; None where nothing was asked."""
    from pipeline.origins.leads import as_json as told

    return {
        "searches": list(wanted.searches), "first": wanted.days.first.isoformat(), "last": wanted.days.last.isoformat(),
        "found": None if found is None else [{"url": url, "title": title} for url, title in found],
        "leads": told(wanted.leads),
    }


def lines(wanted: Plan) -> list[str]:
    """The plan for people: what the text says of its source, then what GDELT would be asked."""
    from pipeline.origins.leads import lines as told

    none = ["gdelt        the text has no name or number that is rare enough to ask for"] if not wanted.searches else []
    return [*told(wanted.leads), *none, *(
        f"gdelt        {search}  ({wanted.days.first} to {wanted.days.last})" for search in wanted.searches)]
