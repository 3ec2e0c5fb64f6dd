"""A family as it was cited <-> its event: members, links and their evidence as of a run; no later run changes it.

The statement is JSON without a word of any text, so that what is withheld or erased later is in none: members and links
by public ids, evidence by kind, side and weight, with the digest of what it said. Its own digest is that of its
canonical JSON. Run N is the one that signed the log's N-th head, which the statement names; where a log that was begun
anew comes to a number that the family was cited under before, the next free one is taken (pure).
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.events import Event
from archive.model import InferredExemplar
from archive.store.kin import Link, Member

KIND = "family-cited"
FORMAT = "stemma-family/1"
_NAME = re.compile(r"(.+)@(\d{1,9})", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A family's statement as of a run; family is the public id that it had then."""

    family: str
    run: int
    at: datetime
    by: str | None
    digest: str
    statement: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is cited by."""
        return f"{self.family}@{self.run}"


def parted(name: str) -> tuple[str, int] | None:
    """The family and the run of such a name; None for another."""
    found = _NAME.fullmatch(name)
    return (found[1], int(found[2])) if found else None


def told(
    members: tuple[Member, ...], links: tuple[Link, ...], inferred: tuple[InferredExemplar, ...]
) -> dict[str, Any]:
    """What a statement says of a family: the same of the same family, whenever it is asked."""
    names = {member.card.article_id: member.card.public_id for member in members}
    return {
        "members": sorted(({
            "public_id": member.card.public_id, "url": member.card.url, "first_seen": member.card.first_seen,
            "made_from": names.get(member.parent) if member.parent is not None else None,
        } for member in members), key=lambda one: str(one["public_id"])),
        "links": sorted(map(_link, links), key=lambda one: (one["copy"], one["exemplar"])),
        "inferred": [{"name": one.name, "kind": one.kind, "witnesses": list(one.witnesses)} for one in inferred],
    }


def _link(link: Link) -> dict[str, Any]:
    return {
        "copy": link.copy.public_id, "exemplar": link.exemplar.public_id, "relation": link.relation,
        "confidence": link.confidence, "direction": link.direction, "direction_confidence": link.direction_confidence,
        "copy_coverage": link.copy_coverage, "exemplar_coverage": link.exemplar_coverage, "words": link.words,
        "order_kept": link.order_kept,
        "evidence": [{"kind": one.kind, "favours": one.favours, "weight": one.weight,
                      "detail_sha256": hashlib.sha256(one.detail.encode()).hexdigest()} for one in link.evidence],
    }


def digest_of(statement: Mapping[str, Any]) -> str:
    """ "sha256:" and the hexadecimal digest of the statement's canonical JSON: keys sorted, no spaces, ASCII."""
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def to_event(frozen: Frozen) -> Event:
    """The event that keeps a statement."""
    return Event(kind=KIND, at=frozen.at, by=frozen.by, data={
        "family": frozen.family, "run": frozen.run, "digest": frozen.digest, "statement": frozen.statement})


def from_event(event: Event) -> Frozen:
    """The statement that an event keeps. Raises ValueError with what is wrong with it."""
    statement, family, run = event.data.get("statement"), event.data.get("family"), event.data.get("run")
    if not isinstance(statement, dict) or not isinstance(family, str) or type(run) is not int:
        raise ValueError("a family that was cited has a name, a run and a statement; this one lacks one")
    if event.data.get("digest") != digest_of(statement):
        raise ValueError(f"the statement of the family {family} as of run {run} is not the one whose digest stands "
                         f"beside it: it was changed; restore events.jsonl from a backup")
    return Frozen(family=family, run=run, at=event.at, by=event.by, digest=digest_of(statement), statement=statement)
