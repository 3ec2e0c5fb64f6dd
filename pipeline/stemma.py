"""Copy links -> families: each witness under the exemplar that explains it best (pure)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from archive.model import CopyLink, Family, FamilyMember, Witness
from pipeline.direction import DECIDED, copied, is_link, link, probability_first

__all__ = ["DECIDED", "copied", "families", "is_link", "link", "probability_first"]


def families(links: Iterable[CopyLink], witnesses: Mapping[str, Witness]) -> tuple[Family, ...]:
    """The articles that links connect, each under the exemplar that explains it best; no cycles, one root or more.

    `witnesses` is keyed by public id and holds every version that a link names. An article stands for its versions:
    a member is the version that was copied or made by copying, of a root the oldest one. A family is called after
    its oldest root.
    """
    listed = sorted(links, key=lambda found: (found.copy, found.exemplar))
    parents = _parents(listed, witnesses)
    result = []
    for articles in _connected(listed, witnesses):
        members = sorted((_member(article, parents, listed, witnesses) for article in articles),
                         key=lambda member: (_age(witnesses[member.witness]), member.witness))
        made = Counter(witnesses[member.parent].article for member in members if member.parent is not None)
        roots = [member for member in members if member.parent is None]
        root = min(roots, key=lambda member: -made[witnesses[member.witness].article])  # of equals the oldest
        result.append(Family(public_id=root.witness, members=tuple(members)))
    return tuple(sorted(result, key=lambda family: family.public_id))


def _member(
    article: str, parents: Mapping[str, CopyLink], links: Sequence[CopyLink], witnesses: Mapping[str, Witness]
) -> FamilyMember:
    if article in parents:
        return FamilyMember(witness=parents[article].copy, parent=parents[article].exemplar)
    own = {w for found in links for w in (found.copy, found.exemplar) if witnesses[w].article == article}
    return FamilyMember(witness=min(own, key=lambda w: (witnesses[w].first_seen, w)), parent=None)


def _age(witness: Witness) -> str:
    """What an older witness sorts first by: the middle of when it can have been published, else its first sighting."""
    moment = witness.published
    middle = moment.earliest + (moment.latest - moment.earliest) / 2 if moment is not None else witness.first_seen
    return middle.isoformat()


def _parents(links: Sequence[CopyLink], witnesses: Mapping[str, Witness]) -> dict[str, CopyLink]:
    """Each article's best exemplar, the surest links first; a link that would close a circle is passed over.

    Of equally sure ones the exemplar that is itself no copy, then the older one.
    """
    parents: dict[str, CopyLink] = {}
    copies = {witnesses[found.copy].article for found in links if found.direction == "decided"}
    ranked = sorted(
        (found for found in links if found.direction == "decided"),
        key=lambda found: (
            -found.direction_confidence, witnesses[found.exemplar].article in copies, -found.copied,
            _age(witnesses[found.exemplar]), found.copy, found.exemplar,
        ),
    )
    above: dict[str, str] = {}
    for found in ranked:
        copy, exemplar = witnesses[found.copy].article, witnesses[found.exemplar].article
        if copy not in parents and not _is_above(copy, exemplar, above):
            parents[copy] = found
            above[copy] = exemplar
    return parents


def _is_above(ancestor: str, article: str, above: Mapping[str, str]) -> bool:
    while article != ancestor and article in above:
        article = above[article]
    return article == ancestor


def _connected(links: Sequence[CopyLink], witnesses: Mapping[str, Witness]) -> list[list[str]]:
    neighbours: dict[str, set[str]] = defaultdict(set)
    for found in links:
        copy, exemplar = witnesses[found.copy].article, witnesses[found.exemplar].article
        neighbours[copy].add(exemplar)
        neighbours[exemplar].add(copy)
    seen: set[str] = set()
    groups = []
    for start in sorted(neighbours):
        if start in seen:
            continue
        group: set[str] = set()
        waiting = [start]
        while waiting:
            article = waiting.pop()
            if article not in group:
                group.add(article)
                waiting.extend(neighbours[article] - group)
        seen |= group
        groups.append(sorted(group))
    return groups
