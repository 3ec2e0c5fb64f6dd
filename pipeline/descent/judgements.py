"""Links as the program finds them, and what people decided on them -> the links that are shown (pure)."""

import math
from collections.abc import Iterable
from dataclasses import replace

from archive.digests import key_in
from archive.model import CopyLink, Evidence, Standing

SURE = 0.99  # confidence in what a person vouches for
_WEIGHT = round(math.log(SURE / (1 - SURE)), 2)  # the same as log-odds
_SAID = {"confirm": "confirmed", "reverse": "reversed", "add": "added"}


def judged(links: Iterable[CopyLink], judgements: Iterable[Standing]) -> list[CopyLink]:
    """The links without those that were rejected, with the direction that people gave, and with those they added.

    A judgement is on two articles, whichever of their versions are linked today. One that speaks for a copy holds also
    where the program finds none (any more): it knew less than the person.
    """
    standing = {_pair(one.copy, one.exemplar): one for one in judgements}
    kept = []
    for link in links:
        judgement = standing.pop(_pair(link.copy, link.exemplar), None)
        if judgement is None:
            kept.append(link)
        elif judgement.verdict != "reject":
            kept.append(_vouched(_turned(link, judgement), judgement))
    added = (_added(one) for one in standing.values() if one.verdict in _SAID)
    return [*kept, *sorted(added, key=lambda link: (link.copy, link.exemplar))]


def _turned(link: CopyLink, judgement: Standing) -> CopyLink:
    """The link in the direction that the judgement gives."""
    if key_in(link.copy) == key_in(judgement.copy):
        return link
    return replace(link, copy=link.exemplar, exemplar=link.copy)


def _vouched(link: CopyLink, judgement: Standing) -> CopyLink:
    evidence = Evidence(kind="judgement", favours=link.exemplar, weight=_WEIGHT, detail=_told(judgement))
    return replace(link, copied=max(link.copied, SURE), direction="decided", direction_confidence=SURE,
                   evidence=(evidence, *link.evidence))


def _added(judgement: Standing) -> CopyLink:
    bare = CopyLink(copy=judgement.copy, exemplar=judgement.exemplar, relation=judgement.relation, copied=SURE,
                    direction="decided", direction_confidence=SURE, evidence=())
    return _vouched(bare, judgement)


def _told(judgement: Standing) -> str:
    note = f": “{judgement.note}”" if judgement.note else ""
    return f"{_SAID[judgement.verdict]} by {judgement.by} on {judgement.at:%Y-%m-%d}{note}"


def _pair(one: str, other: str) -> frozenset[str]:
    return frozenset((key_in(one), key_in(other)))
