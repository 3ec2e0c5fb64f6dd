"""Sightings of one article, in any order -> its versions with change classes (pure)."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from archive.digests import address_key, normalised
from archive.model import ChangeClass, Sighting, Version
from archive.times import to_digits

FLIP = timedelta(hours=24)  # a state that is shown for less, by another agent, between the same state twice

_CORRECTION = re.compile(
    r"^\W*(?:correction|corrected|clarification|editor[’']s note|an earlier version of this (?:article|story)"
    r"|исправлен|уточнен|поправк|редакц(?:ионная|ійна) (?:поправка|примітка)|виправлен|уточнен|errata|rettifica"
    r"|correzione|corrección|fe de erratas|correctif|korrektur|berichtigung|sprostowanie)"
)


def versions(article: str, sightings: Iterable[Sighting]) -> tuple[Version, ...]:
    """Fold the sightings of one article into its versions; order of arrival does not matter, a revert is a version.

    `article` is the canonical URL. A flip (design, "version") joins the state that stands around it. While one
    address of an article was looked at, what its other addresses (a mobile site's) showed is no version.
    """
    ordered = sorted(_of_main_address(list(sightings)), key=_place)
    runs = _without_flips([list(run) for _, run in groupby(ordered, key=lambda s: s.state_digest)])
    folded = []
    for ordinal, run in enumerate(runs, start=1):
        first = run[0]
        folded.append(Version(
            public_id=public_id(article, first), article=article, ordinal=ordinal, state_digest=first.state_digest,
            payload_digest=first.payload_digest, first_seen=first.captured_at, last_seen=run[-1].captured_at,
            sightings=len(run), change=_change(runs[ordinal - 2][-1], first) if ordinal > 1 else ("first",),
        ))
    return tuple(folded)


def _of_main_address(sightings: Sequence[Sighting]) -> list[Sighting]:
    """The sightings of the address that was looked at most, and of others before its first and after its last."""
    looks = Counter(s.url for s in sightings)
    if len(looks) < 2:
        return list(sightings)
    main = min(looks, key=lambda url: (-looks[url], url))
    times = [s.captured_at for s in sightings if s.url == main]
    return [s for s in sightings if s.url == main or not min(times) <= s.captured_at <= max(times)]


def _place(sighting: Sighting) -> tuple[datetime, str, str, str]:
    return sighting.captured_at, sighting.payload_digest, sighting.state_digest, sighting.via


def public_id(article: str, sighting: Sighting) -> str:
    """What a version is cited by: the article's key, the first capture's second and payload digest."""
    digest = sighting.payload_digest.rpartition(":")[2][:8].lower()
    return f"{address_key(article)}-{to_digits(sighting.captured_at)}-{digest}"


def has_correction(paragraphs: Iterable[str]) -> bool:
    """Whether a paragraph is a correction notice."""
    return any(len(p) < 1_000 and _CORRECTION.match(normalised(p)) for p in paragraphs)


def _without_flips(runs: list[list[Sighting]]) -> list[list[Sighting]]:
    """Runs with each flip's neighbours joined; the flip's own sightings belong to no version."""
    kept: list[list[Sighting]] = []
    index = 0
    while index < len(runs):
        if kept and index + 1 < len(runs) and _is_flip(kept[-1], runs[index], runs[index + 1]):
            kept[-1] = kept[-1] + runs[index + 1]
            index += 2
        else:
            kept.append(runs[index])
            index += 1
    return kept


def _is_flip(before: Sequence[Sighting], run: Sequence[Sighting], after: Sequence[Sighting]) -> bool:
    if before[-1].state_digest != after[0].state_digest:
        return False
    shown = run[-1].captured_at - run[0].captured_at
    return shown < FLIP and not {s.via for s in run} & {before[-1].via, after[0].via}


def _change(before: Sighting, after: Sighting) -> tuple[ChangeClass, ...]:
    changed: list[ChangeClass] = []
    if normalised(before.title or "") != normalised(after.title or ""):
        changed.append("headline")
    if normalised(before.byline or "") != normalised(after.byline or ""):
        changed.append("byline")
    if before.text_digest != after.text_digest:
        changed.append("body")
    if after.is_correction and not before.is_correction:
        changed.append("correction")
    return tuple(changed)
