"""`stemma erase URL|FAMILY`: captures of a text leave the WARC files for good; a signed tombstone stays."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from archive import erasures, events, log, warc, withholdings
from archive.erasures import LEAST, Erasure
from archive.model import RecordRef, Report
from archive.store import evidence, kin
from archive.store import withholdings as withheld
from archive.urls import canonical_url
from archive.withholdings import Withholding, covers
from pipeline.custody.replaying import renew_index
from pipeline.custody.withheld import Withheld
from pipeline.custody.withholding import meant
from pipeline.intake import erase_pending, fold_withheld, index_pending, read_withholdings, withholdings_of
from pipeline.linking import link_families
from pipeline.steps import catalogue_articles
from pipeline.work import Work


def erase(
    work: Work, what: str, *, reason: str, by: str | None, announcements: bool
) -> tuple[list[Report], list[Erasure]]:
    """Withhold what is meant, keep what is to be erased as events, and overwrite it.

    announcements: also the captures of feeds, sitemaps and lists that name one of its addresses. What is withheld and
    what is erased are kept at once: killed before, nothing was done, killed later, the next run goes on. Raises
    UnknownText for what is not held.
    """
    reports = [erase_pending(work), index_pending(work), read_withholdings(work)]
    decided = [replace(one, reason=reason, by=by, at=work.clock()) for one in _meant(work, what)]
    with withheld.foreseen(work.conn, decided):
        made = _erasures(work, decided, announcements=announcements)
    events.append(work.archive.folder.events, *map(withholdings.to_event, decided),
                  *(erasures.to_event(one) for one in made if one.places))
    reports += [read_withholdings(work), erase_pending(work), link_families(work), catalogue_articles(work),
                renew_index(work), fold_withheld(work)]
    erased = withheld.erased_addresses(work.conn)
    log.strike(work.archive.folder.log, lambda url: covers(erased, url))
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


def _erasures(work: Work, decided: list[Withholding], *, announcements: bool) -> list[Erasure]:
    """Every record of each article: what was answered, revisits too, which hold the answer's head, and what was asked.

    A record is erased for the first article only that it is of.
    """
    conn, warcs, of = work.conn, work.archive.folder.warcs, dict[RecordRef, str]()
    by_address = dict[str, str]()
    for one in decided:
        addresses = withheld.addresses_of(conn, one.url)
        by_address |= dict.fromkeys(addresses, one.url)
        places = withheld.captures_of(conn, one.url)
        if announcements:
            told = Withheld(conn, warcs, addresses)
            places += [capture.record for capture, _ in evidence.wanted(conn) if capture in told]
        for ref in places:
            of.setdefault(ref, one.url)
    for ref, url in _asked(work, of, by_address):
        of.setdefault(ref, url)
    return [Erasure(url=one.url, reason=one.reason, at=one.at, by=one.by, places=tuple(
        ref for ref, url in of.items() if url == one.url and ref.length >= LEAST)) for one in decided]


def _asked(
    work: Work, of: Mapping[RecordRef, str], by_address: Mapping[str, str]
) -> Iterator[tuple[RecordRef, str]]:
    """The requests, and the fetches without an answer, each with its article; nothing says in which file, so in all.

    A request to a web archive has that archive's address, and is known by the answer that lies behind it.
    """
    folder, known = work.archive.folder.warcs, defaultdict[str, list[RecordRef]](list)
    for ref in withheld.all_captures(work.conn):
        known[ref.path].append(ref)
    answers = {(ref.path, ref.offset): url for ref, url in of.items()}
    for path in warc.files(folder):
        for ref, address, is_request in warc.beside(folder, path, known[path]):
            url = by_address.get(address) or by_address.get(canonical_url(address) if address else "")
            if url is None and is_request:
                url = answers.get((path, ref.offset + ref.length))
            if url is not None:
                yield ref, url


def lines(decided: list[Erasure]) -> Iterator[str]:
    """What was done, for people."""
    for one in decided:
        yield f"erased: {one.url}, {len(one.places)} records"
    yield "each backup holds them until the next 'stemma backup' into it; no other copy is in this program's reach"


def as_json(decided: list[Erasure]) -> list[dict[str, object]]:
    """What was done, for machines: the events' lines."""
    made = [erasures.to_event(one) for one in decided]
    return [{"by": event.by, "at": event.at.isoformat(), **event.data} for event in made]
