"""`stemma withhold URL|FAMILY`: a text is no longer shown, or is shown again; the evidence stays as it is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archive import events, withholdings
from archive.errors import UnknownText
from archive.model import Report
from archive.store import kin, pages
from archive.store import withholdings as withheld
from archive.urls import absolute, canonical_url
from archive.withholdings import Withholding
from pipeline import steps
from pipeline.custody.deciding import decided_of
from pipeline.custody.joining import withheld_families
from pipeline.custody.replaying import renew_index
from pipeline.intake import fold_withheld, index_pending, read_withholdings
from pipeline.linking import link_families
from pipeline.work import Work


def withhold(work: Work, what: str, *, reason: str, by: str | None) -> tuple[list[Report], list[Withholding]]:
    """Withhold an article, by an address, key or public id, or all articles of a family, by the family's public id.

    The texts leave the database before anything else happens. Raises UnknownText for what is not held.
    """
    reports = [index_pending(work), *_taken_off(work)]  # also what was decided by a run that was killed
    decided = [replace(one, reason=reason, by=by, at=work.clock()) for one in meant(work, what)]
    keep(work, decided)
    return [*reports, *_taken_off(work)], decided


def _taken_off(work: Work) -> list[Report]:
    return [step(work) for step in (
        read_withholdings, link_families, steps.catalogue_articles, renew_index, fold_withheld)]


def show_again(work: Work, what: str, *, reason: str, by: str | None) -> tuple[list[Report], list[Withholding]]:
    """Take a withholding back; the texts are read anew from the WARC files. Raises UnknownText where there is none.

    Of a family: what was withheld as one, with what joined it. What was withheld by itself was decided for a reason of
    its own, and is taken back by itself.
    """
    reports = [index_pending(work), read_withholdings(work)]
    urls = tuple(sorted(one.url for one in withheld_families(work) if one.family == what))
    stone = withheld.find(work.conn, absolute("", what) or what if "://" in what else what)
    if not urls and stone is not None and stone.is_erased:
        raise UnknownText(f"{what} was erased; nothing of it is left to be shown")
    if not urls and stone is not None:
        urls = (stone.url,)
    if not urls:
        raise UnknownText(f"{what} is not withheld; the view 'withholding' lists what is")
    decided = [Withholding(url=url, addresses=(), reason=reason, by=by, at=work.clock(), is_undone=True)
               for url in urls]
    keep(work, decided)
    return [*reports, *steps.update(work)], decided


def lines(decided: list[Withholding]) -> Iterator[str]:
    """What was decided, for people."""
    for one in decided:
        yield f"{'shown again' if one.is_undone else 'withheld'}: {one.url}"
        yield from (f"  also at {url}" for url in one.addresses if url != one.url)


def as_json(decided: list[Withholding]) -> list[dict[str, object]]:
    """What was decided, for machines: the events' lines."""
    made = [withholdings.to_event(one) for one in decided]
    return [{"by": event.by, "at": event.at.isoformat(), **event.data} for event in made]


def keep(work: Work, decided: Sequence[Withholding]) -> None:
    """Add decisions to the events."""
    events.append(work.archive.folder.events, *map(withholdings.to_event, decided))


def meant(work: Work, what: str) -> list[Withholding]:
    """The articles that are meant, with all addresses and kin that are known of them; without reason."""
    conn = work.conn
    if "://" not in what and kin.find_family(conn, what) == what:
        return [replace(decided_of(work, member.card.article_id, member.card.url, family=what), is_family=True)
                for member in kin.members(conn, what)]
    address = absolute("", what) if "://" in what else None
    place = pages.named(conn, what)
    if place is not None:
        card = pages.cards(conn, [place.version_id])[place.version_id]
        return [decided_of(work, place.article_id, card.url, family=card.family)]
    stone = withheld.find(conn, address or what)
    if stone is not None:
        raise UnknownText(f"{what} is withheld already, since {stone.since[:10]}: {stone.reason}")
    if address is None or not withheld.is_known(conn, {address, canonical_url(address)}):
        raise UnknownText(f"{what} is no article and no family that the archive holds; give an article's address, key "
                          f"or public id, or the public id of a family")
    return [Withholding(url=canonical_url(address), addresses=(address,), reason="", at=work.clock())]
