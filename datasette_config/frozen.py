"""A family as it was cited -> the values of its page, /family/ID@RUN, and of its citation."""

import sqlite3
from dataclasses import dataclass, field
from typing import Any

from archive.frozen import Frozen, parted
from archive.store import frozen as held
from archive.store import kin, pages
from archive.times import to_iso
from datasette_config.answers import PAGE_ONLY, Missing, Question
from pipeline.sharing import citations


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenMember:
    """A member as it was then; title, outlet and language are those of now, None where it is not shown any more."""

    public_id: str
    url: str
    first_seen: str
    made_from: str | None
    title: str | None
    outlet: str | None
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenAnswer:
    """A family as of a run; `family_now` is its public id today. The statement is what the digest is of."""

    name: str
    family: str
    run: int
    at: str
    by: str | None
    digest: str
    statement: dict[str, Any]
    members: tuple[FrozenMember, ...]
    family_now: str | None
    citation: str
    found: Frozen = field(metadata=PAGE_ONLY)
    title: str | None = field(metadata=PAGE_ONLY)


def frozen_family(conn: sqlite3.Connection, question: Question) -> FrozenAnswer | Missing:
    """/family/ID@RUN and its .json: a family with its links and their evidence as they were when it was cited."""
    name = question[""]
    asked = parted(name)
    found = held.find(conn, *asked) if asked is not None else None
    if found is None:
        return Missing(reason=f"No family was cited under the name {name}.")
    title = held.title(conn, found)
    return FrozenAnswer(
        name=found.name, family=found.family, run=found.run, at=to_iso(found.at), by=found.by, digest=found.digest,
        statement=dict(found.statement), members=tuple(_members(conn, found)), title=title, found=found,
        family_now=kin.find_family(conn, found.family),
        citation=citations.plain(citations.family_citation(found, title=title, site=None)))


def _members(conn: sqlite3.Connection, found: Frozen) -> list[FrozenMember]:
    members = []
    for one in found.statement["members"]:
        place = pages.find(conn, one["public_id"])
        card = pages.cards(conn, [place.version_id])[place.version_id] if place is not None else None
        members.append(FrozenMember(
            public_id=one["public_id"], url=one["url"], first_seen=one["first_seen"], made_from=one["made_from"],
            title=card.title if card else None, outlet=card.outlet if card else None,
            language=card.language if card else None))
    return sorted(members, key=lambda one: (one.first_seen, one.public_id))
