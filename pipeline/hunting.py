"""`stemma hunt ARTICLE|FILE`: what a text's rare names and numbers find at GDELT, announced to the next crawl."""

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import monotonic

from archive.errors import UnknownText, UnreadableFile
from archive.model import PARAGRAPH_BREAK, Block, Days, Report
from archive.store import captures, pages
from archive.times import from_iso
from archive.topic import HUNT, Topic
from archive.urls import absolute, canonical_url, host_of, registered_domain
from pipeline import PROGRAM
from pipeline.intake import index_pending, note_topic
from pipeline.leads import Leads, leads, subject_of
from pipeline.work import Work

BEFORE, AFTER = timedelta(days=14), timedelta(days=45)  # around a text's own date, in which its kin is looked for
HTML = frozenset({".html", ".htm"})
MAX_FILE_BYTES = 5_000_000
LONGEST_TITLE = 300  # characters of a first line that is taken for the headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A text whose kin is looked for; `dated` is None where the text itself must tell when it was written."""

    title: str | None
    paragraphs: tuple[str, ...]
    language: str | None
    dated: Days | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked, and for which days; `leads` are what it was made from."""

    searches: tuple[str, ...]
    days: Days
    leads: Leads


def read_file(file: Path) -> Subject:
    """A text file (its first line, if a short one, is the headline) or a saved page. Raises UnreadableFile."""
    from pipeline.extract import NoText, extract, language

    try:
        raw = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"{file}: {error.strerror}; give a text file, a saved page, or an address") from error
    if len(raw) > MAX_FILE_BYTES:
        raise UnreadableFile(f"{file} has {len(raw):,} bytes; a text of at most {MAX_FILE_BYTES:,} can be looked for")
    if file.suffix.lower() in HTML:
        try:
            found = extract(raw, url=file.resolve().as_uri(), charset=None, payload_digest="")
        except NoText as error:
            raise UnreadableFile(f"{file}: {error}; save the article's text as a .txt file") from error
        if isinstance(found, Block):
            raise UnreadableFile(f"{file}: {found.reason}, and no article; save the article's text as a .txt file")
        return Subject(title=found.title, paragraphs=found.paragraphs, language=found.language)
    parts = [line.strip() for line in raw.decode("utf-8", "replace").splitlines() if line.strip()]
    if not parts:
        raise UnreadableFile(f"{file} holds no text; give a text file, a saved page, or an article's address")
    has_title = len(parts) > 1 and len(parts[0]) <= LONGEST_TITLE and parts[0][-1:] not in ".!…"
    return Subject(title=parts[0] if has_title else None, paragraphs=tuple(parts[has_title:]),
                   language=language("\n".join(parts)))


def read_article(conn: sqlite3.Connection, name: str) -> Subject:
    """An article of the archive, by its address, key or a version's public id. Raises UnknownText."""
    address = absolute("", name) if "://" in name else None
    place = pages.find(conn, name) if address is None else (
        pages.find_address(conn, address) or pages.find_address(conn, canonical_url(address)))
    if place is None:
        raise UnknownText(f"{name} is no file, and no article on the topic that the archive holds; give the path of a "
                          f"text file, or fetch the article with 'stemma capture' first")
    card = pages.cards(conn, [place.version_id])[place.version_id]
    dating = card.dating
    last = from_iso(dating.latest).date()
    text = pages.texts(conn, [place.version_id])[place.version_id]
    return Subject(
        title=card.title, paragraphs=tuple(text.split(PARAGRAPH_BREAK)), language=card.language,
        dated=Days(first=min(from_iso(dating.earliest).date(), last), last=last) if dating.earliest else None,
    )


def plan(topic: Topic, subject: Subject, *, today: date, first: date | None = None, last: date | None = None) -> Plan:
    """What to ask for a text: the days that were asked for, else around its date or the one that it implies."""
    period = Days(first=topic.start, last=topic.end)
    found = leads(subject.title, subject.paragraphs, subject.language, gazetteer=topic.gazetteer, period=period,
                  outlets=outlets_of(topic), subject=subject_of(topic.keywords, subject.language), known=topic.events)
    implied = found.window
    around = subject.dated
    if around is None and implied is not None:
        around = Days(first=min(implied.days, default=implied.first), last=max(implied.days, default=implied.last))
    if around is not None and around.meets(period):  # a date that is far off is a wrong one
        period = Days(first=around.first - BEFORE, last=around.last + AFTER)
    end = min(last or period.last, today)
    return Plan(searches=found.gdelt, days=Days(first=min(first or period.first, end), last=end), leads=found)


def outlets_of(topic: Topic) -> dict[str, str]:
    """The outlets of the topic's sources, each with the registered domain of its address."""
    return {source.outlet: registered_domain(host_of(url)) for source in topic.sources for url in source.addresses[:1]}


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
    found = captures.announced(work.conn, HUNT, since=since)
    more = ("time was up before all was asked; run it again, it goes on where it stopped",) if done.has_more else ()
    return [*reports, Report(
        step="hunt", done=len(found), failed=((done.stopped, 1),) if done.stopped else (), attention=more,
        counts=tuple(sorted(done.counts.items())), seconds=monotonic() - started,
    )], found


def as_json(wanted: Plan, found: Sequence[tuple[str, str | None]] | None) -> dict[str, object]:
    """The plan for machines, and what came of it; None where nothing was asked."""
    from pipeline.leads import as_json as told

    return {
        "searches": list(wanted.searches), "first": wanted.days.first.isoformat(), "last": wanted.days.last.isoformat(),
        "found": None if found is None else [{"url": url, "title": title} for url, title in found],
        "leads": told(wanted.leads),
    }


def lines(wanted: Plan) -> list[str]:
    """The plan for people: what the text says of its source, then what GDELT would be asked."""
    from pipeline.leads import lines as told

    none = ["gdelt        the text has no name or number that is rare enough to ask for"] if not wanted.searches else []
    return [*told(wanted.leads), *none, *(
        f"gdelt        {search}  ({wanted.days.first} to {wanted.days.last})" for search in wanted.searches)]


def is_file(name: str) -> bool:
    """Whether what was named is a file."""
    with suppress(OSError, ValueError):
        return "://" not in name and Path(name).is_file()
    return False
