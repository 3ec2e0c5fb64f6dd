"""`stemma erase URL|FAMILY`: captures of a text leave the WARC files for good; a signed tombstone stays."""

from collections.abc import Iterator
from dataclasses import replace

from archive import erasures, events, withholdings
from archive.erasures import Erasure
from archive.model import Report
from archive.store import evidence, kin
from archive.store import withholdings as withheld
from archive.withholdings import Withholding
from pipeline.intake import erase_pending, index_pending, read_withholdings, withholdings_of
from pipeline.linking import link_families
from pipeline.replaying import renew_index
from pipeline.steps import catalogue_articles
from pipeline.withheld import Withheld
from pipeline.withholding import keep, meant
from pipeline.work import Work


def erase(
    work: Work, what: str, *, reason: str, by: str | None, announcements: bool
) -> tuple[list[Report], list[Erasure]]:
    """Withhold what is meant, keep what is to be erased as events, and overwrite it.

    announcements: also the captures of feeds, sitemaps and lists that name one of its addresses. Killed before
    the places are kept, which are all kept at once, all is withheld, and this command again goes on; killed later, the
    next run does, too. Raises UnknownText for what is not held.
    """
    reports = [erase_pending(work), index_pending(work), read_withholdings(work)]
    decided = [replace(one, reason=reason, by=by, at=work.clock()) for one in _meant(work, what)]
    keep(work, decided)
    reports.append(read_withholdings(work))
    made = [_erasure(work, one, announcements=announcements) for one in decided]
    events.append(work.archive.folder.events, *(erasures.to_event(one) for one in made if one.places))
    reports += [read_withholdings(work), erase_pending(work), link_families(work), catalogue_articles(work),
                renew_index(work)]
    work.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # else the texts would stay in SQLite's side file
    return reports, made


def _meant(work: Work, what: str) -> list[Withholding]:
    """What is withheld already under that name, and what is not yet.

    Of a family all that is withheld goes, also what was withheld by itself: who has a family erased wants nothing left.
    """
    conn = work.conn
    decisions, _ = withholdings_of(work.archive.folder.events)
    standing = withholdings.standing(decisions)
    stone = withheld.find(conn, what)
    urls = {*withheld.of_family(conn, what), *([stone.url] if stone is not None else [])}
    found = [standing[url] for url in sorted(urls) if url in standing]
    is_shown = kin.find_family(conn, what) == what
    return [*found, *(meant(work, what) if is_shown or not found else [])]


def _erasure(work: Work, one: Withholding, *, announcements: bool) -> Erasure:
    """Every record with a payload of a withheld article; revisits too, which hold the answer's head."""
    conn, places = work.conn, withheld.captures_of(work.conn, one.url)
    if announcements:
        told = Withheld(conn, work.archive.folder.warcs, withheld.addresses_of(conn, one.url))
        places += [capture.record for capture, _ in evidence.wanted(conn) if capture in told
                   and capture.record not in places]
    return Erasure(url=one.url, places=tuple(places), reason=one.reason, at=one.at, by=one.by)


def lines(decided: list[Erasure]) -> Iterator[str]:
    """What was done, for people."""
    for one in decided:
        yield f"erased: {one.url}, {len(one.places)} captures"
    yield "each backup holds them until the next 'stemma backup' into it; no other copy is in this program's reach"


def as_json(decided: list[Erasure]) -> list[dict[str, object]]:
    """What was done, for machines: the events' lines."""
    made = [erasures.to_event(one) for one in decided]
    return [{"by": event.by, "at": event.at.isoformat(), **event.data} for event in made]
