"""Copy links -> families: each witness under the exemplar that explains it best (pure).

What explains a copy: how sure its direction is, how often the exemplar is one for others, how near the wording is. A
copy of an edited copy is known by the edits that it shares with it. Shared errors of translation are no such sign: an
engine makes the same of the same text for whoever asks it.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import heapify, heappop, heappush
from itertools import pairwise

from archive.model import CopyLink, Family, FamilyMember, InferredExemplar, Witness
from pipeline.descent.copy_traces import is_chrome
from pipeline.descent.crediting import credited_agencies, is_agency
from pipeline.descent.direction import DATED
from pipeline.extraction.credit import is_credit
from pipeline.origins.language_traces import UNKNOWN, by_way_of

# Found on 1,563 copies in 451 families whose texts in part lie identical in several places, with a third of the dates
# moved: the true exemplar is first for .86, where the same weight for dates as in the direction gives .81.
STANDING, NEARNESS = 3.0, 4.0  # beside 1 for the log-odds of the link itself
EARLIER, LATER = 0.8, 1.4  # the most that dates speak for and against an exemplar: siblings are earlier as often as not
MOST_ODDS = 9.0
TRANSLATED = 0.6  # the nearness of a translation, whose words cannot be compared
COPIED_TRANSLATION = 0.9  # nearness to a text of its own language from which that explains it better than translation
EDITED = 0.8  # nearness of an edited copy to its exemplar, which a text that was translated and back does not reach
WORD_FOR_WORD = ("identical", "near-duplicate")
MIN_EDITS = 5  # word pairs that a copy shares with its exemplar alone
MORE_EDITS = 4.0  # times as many as it shares with the other alone
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedExemplar:
    """A text from which a copy may have been made; `score` compares the exemplars of one copy. Undecided: may be."""

    exemplar: str
    score: float
    is_decided: bool


def families(links: Iterable[CopyLink], witnesses: Mapping[str, Witness]) -> tuple[Family, ...]:
    """The articles that links connect, each under the exemplar that explains it best; no cycles, one root or more.

    `witnesses` is keyed by public id and holds every version that a link names. An article stands for its versions:
    a member is the version that was copied or made by copying, of a root the oldest one. A family is called after
    its oldest root. It depends on its own links alone.
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
        result.append(Family(public_id=root.witness, members=tuple(members),
                             inferred=(*_agencies([witnesses[member.witness] for member in roots]),
                                       *_translations(members, parents.values(), witnesses))))
    return tuple(sorted(result, key=lambda family: family.public_id))


def ranked(links: Iterable[CopyLink], witnesses: Mapping[str, Witness]) -> dict[str, tuple[RankedExemplar, ...]]:
    """For each witness those that it may have been made from, best first: by decided links, and undecided ones.

    An undecided link stands on both its sides. Scores fall along each tuple.
    """
    listed = sorted(links, key=lambda found: (found.copy, found.exemplar))
    turned = [_turned(found) for found in listed if found.direction == "undecided"]
    choices = _choices([*listed, *turned], _standing(listed, witnesses), witnesses, lambda found: found.copy)
    return {
        copy: tuple(
            RankedExemplar(exemplar=found.exemplar, is_decided=found.direction == "decided",
                           score=round(min(score for score, _ in best[:n + 1]), 4))
            for n, (_, found) in enumerate(best)
        )
        for copy, best in sorted(choices.items())
    }


def _turned(found: CopyLink) -> CopyLink:
    return CopyLink(
        copy=found.exemplar, exemplar=found.copy, relation=found.relation, copied=found.copied,
        direction=found.direction, direction_confidence=1 - found.direction_confidence, evidence=found.evidence,
    )


def _agencies(roots: Sequence[Witness]) -> tuple[InferredExemplar, ...]:
    """The agencies that two or more witnesses credit for which no exemplar is held, unless the agency's own text is."""
    crediting: dict[str, list[str]] = defaultdict(list)
    for root in roots:
        for name in credited_agencies(root):
            crediting[name].append(root.public_id)
    return tuple(
        InferredExemplar(name=name, kind="agency", witnesses=tuple(sorted(below)))
        for name, below in sorted(crediting.items())
        if len(below) > 1 and not any(is_agency(root, name) for root in roots)
    )


def _translations(
    members: Sequence[FamilyMember], links: Iterable[CopyLink], witnesses: Mapping[str, Witness]
) -> tuple[InferredExemplar, ...]:
    """The languages by way of which copies came whose words say so, where no member is in that language."""
    own = {member.witness for member in members}
    held = {(witnesses[name].language or "").split("-")[0] for name in own}
    through: dict[str, list[str]] = defaultdict(list)
    for found in links:
        if found.copy in own and found.relation not in WORD_FOR_WORD:
            copy = witnesses[found.copy]
            through[_by_way_of(copy.text, witnesses[found.exemplar].text, copy.language)].append(found.copy)
    return tuple(InferredExemplar(name=language, kind="translation", witnesses=tuple(sorted(below)))
                 for language, below in sorted(through.items()) if language != UNKNOWN and language not in held)


_by_way_of = lru_cache(maxsize=1024)(by_way_of)


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


# ---- what explains a copy best

def _parents(links: Sequence[CopyLink], witnesses: Mapping[str, Witness]) -> dict[str, CopyLink]:
    """Each article's best exemplar, the surest first; one that would close a circle gives way to the next."""
    decided = [found for found in links if found.direction == "decided"]
    choices = _choices(decided, _standing(links, witnesses), witnesses, lambda found: witnesses[found.copy].article)
    waiting = [(-best[0][1].direction_confidence, article, 0) for article, best in choices.items()]
    heapify(waiting)
    parents: dict[str, CopyLink] = {}
    above: dict[str, str] = {}
    while waiting:
        _, article, n = heappop(waiting)
        found = choices[article][n][1]
        exemplar = witnesses[found.exemplar].article
        if not _is_above(article, exemplar, above):
            parents[article] = found
            above[article] = exemplar
        elif n + 1 < len(choices[article]):
            heappush(waiting, (-choices[article][n + 1][1].direction_confidence, article, n + 1))
    return parents


Scored = tuple[float, CopyLink]


def _choices(
    links: Iterable[CopyLink], standing: Mapping[str, float], witnesses: Mapping[str, Witness],
    copy_of: Callable[[CopyLink], str],
) -> dict[str, list[Scored]]:
    """The links of each copy, the one that explains it best first."""
    choices: dict[str, list[Scored]] = defaultdict(list)
    for found in links:
        copy, exemplar = witnesses[found.copy], witnesses[found.exemplar]
        score = _worth(found) + STANDING * standing[exemplar.article] + NEARNESS * nearness(copy, exemplar)
        choices[copy_of(found)].append((score, found))
    for best in choices.values():
        best.sort(key=lambda scored: (-scored[0], _age(witnesses[scored[1].exemplar]), scored[1].exemplar,
                                      scored[1].copy))
        _promote(best, witnesses)
    return choices


def _promote(best: list[Scored], witnesses: Mapping[str, Witness]) -> None:
    """Puts a sibling first whose own edits the copy has; each time the wording comes nearer, so it ends."""
    place: int | None = 0
    while place is not None:
        best.insert(0, best.pop(place))
        first = best[0][1]
        place = next((n for n, (_, found) in enumerate(best[1:], start=1)
                      if found.direction == "decided" and _explains_more(found, first, witnesses)), None)


def _explains_more(found: CopyLink, first: CopyLink, witnesses: Mapping[str, Witness]) -> bool:
    copy, sibling, other = witnesses[found.copy], witnesses[found.exemplar], witnesses[first.exemplar]
    if copy.language != sibling.language:
        return False
    if copy.language != other.language:
        return nearness(copy, sibling) >= COPIED_TRANSLATION
    if found.relation == "identical":
        return first.relation != "identical"
    if nearness(sibling, other) < EDITED:
        return False
    ours, theirs, others = (_word_pairs(w.text) for w in (copy, sibling, other))
    shared = len((ours & theirs) - others)
    return shared >= MIN_EDITS and shared >= MORE_EDITS * len((ours & others) - theirs)


def nearness(copy: Witness, exemplar: Witness) -> float:
    """The share of a copy's word pairs that its exemplar has; of a translation TRANSLATED."""
    ours = _word_pairs(copy.text)
    if copy.language != exemplar.language or not ours:
        return TRANSLATED
    return len(ours & _word_pairs(exemplar.text)) / len(ours)


@lru_cache(maxsize=1024)
def _word_pairs(text: str) -> frozenset[tuple[str, str]]:
    """A text's words by twos, without its site's lines and credits."""
    own = "\n".join(line for line in text.split("\n") if not is_chrome(line) and not is_credit(line))
    return frozenset(pairwise(_WORD.findall(own.lower())))


def _standing(links: Iterable[CopyLink], witnesses: Mapping[str, Witness]) -> dict[str, float]:
    """How much each article is an exemplar to those that it shares text with: the mean of what its links say."""
    said: dict[str, list[float]] = defaultdict(list)
    for found in links:
        said[witnesses[found.exemplar].article].append(_worth(found))
        said[witnesses[found.copy].article].append(_worth(_turned(found)))
    return {article: sum(worth) / len(worth) for article, worth in said.items()}


def _worth(found: CopyLink) -> float:
    """The log-odds of a link as they help to choose between exemplars, where dates count for less."""
    dates = text = 0.0
    for reason in found.evidence:
        weight = reason.weight if reason.favours == found.exemplar else -reason.weight
        if reason.kind in DATED:
            dates += weight
        else:
            text += weight
    if not found.evidence:
        sure = min(max(found.direction_confidence, 0.001), 0.999)
        text = math.log(sure / (1 - sure))
    return max(-MOST_ODDS, min(MOST_ODDS, text)) + max(-LATER, min(EARLIER, dates))


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
