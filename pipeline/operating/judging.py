"""`stemma judge A B VERDICT`: what a person decides on two texts, kept as an event, and the links that follow."""

import sqlite3
from dataclasses import dataclass

from archive import events, judgements
from archive.errors import UnknownText
from archive.model import Judgement, Report, Verdict
from archive.store import judgements as kept
from archive.store import kin, pages, review, withholdings
from archive.store.kin import Link
from archive.store.pages import Place
from pipeline.intake import index_pending, read_judgements
from pipeline.linking import link_families
from pipeline.steps import catalogue_articles
from pipeline.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The judgement as it was kept, the public ids that it names, and the link that the two articles have now."""

    judgement: Judgement
    copy: str
    exemplar: str
    link: Link | None


def judge(
    work: Work, one: str, other: str, verdict: Verdict, *, by: str, note: str | None
) -> tuple[list[Report], Judged]:
    """Keep a judgement and decide the links of the two articles anew.

    `one` and `other` are addresses of articles, or keys or public ids. The copy is `one` of what is confirmed or added;
    what is reversed the link says. Raises UnknownText for what is not held, where there is nothing to decide in that
    way or the link says the opposite, and where the judgements that stand would make a circle.
    """
    conn = work.conn
    reports = [index_pending(work), read_judgements(work), link_families(work)]  # what is judged is what there is now
    left, right = _place(conn, one), _place(conn, other)
    if left.article_id == right.article_id:
        raise UnknownText(f"{one} and {other} are one article; name two, or see its versions with 'stemma serve'")
    copy, exemplar = review.sides(conn, left, right, verdict)
    judgement = Judgement(
        verdict=verdict, copy=kept.capture_key(conn, copy), exemplar=kept.capture_key(conn, exemplar), by=by,
        at=work.clock(), note=note,
    )
    events.append(work.archive.folder.events, judgements.to_event(judgement))
    reports += [read_judgements(work), link_families(work), catalogue_articles(work)]
    named = pages.cards(conn, [copy, exemplar])
    return reports, Judged(
        judgement=judgement, copy=named[copy].public_id, exemplar=named[exemplar].public_id,
        link=kin.link_between(conn, left.article_id, right.article_id),
    )


def as_json(judged: Judged) -> dict[str, object]:
    """What was decided, for machines: the event's line, and the link as it is now."""
    event, link = judgements.to_event(judged.judgement), judged.link
    return {
        "judgement": {"by": event.by, "at": event.at.isoformat(), **event.data}, "copy": judged.copy,
        "exemplar": judged.exemplar, "link": None if link is None else {
            "copy": link.copy.public_id, "exemplar": link.exemplar.public_id, "relation": link.relation,
            "direction": link.direction, "confidence": link.confidence,
            "evidence": [{"kind": reason.kind, "detail": reason.detail} for reason in link.evidence],
        },
    }


def lines(judged: Judged) -> list[str]:
    """What was decided, for people."""
    said = {
        "confirm": f"{judged.copy} was made from {judged.exemplar}", "add": f"{judged.copy} was made from "
        f"{judged.exemplar}", "reverse": f"{judged.copy} was made from {judged.exemplar}, not the other way",
        "reject": f"{judged.copy} and {judged.exemplar} were not made from each other",
        "undo": f"what was decided on {judged.copy} and {judged.exemplar} is taken back",
    }
    link = judged.link
    now = "now not linked" if link is None else (
        f"now shown as: {link.copy.outlet} made from {link.exemplar.outlet}, {link.relation}, {link.direction}")
    return [f"{judged.judgement.by}: {said[judged.judgement.verdict]}", now]


def _place(conn: sqlite3.Connection, name: str) -> Place:
    found = pages.named(conn, name)
    if found is None:
        withholdings.refuse(conn, name)
        raise UnknownText(f"{name} is no article on the topic that the archive holds; give the address of one, or the "
                          f"public id of a version, or fetch it with 'stemma capture'")
    return found
