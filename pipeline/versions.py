"""Sightings of one article, in any order -> its versions with change classes and changed passages (pure)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from archive.digests import address_key, normalised, state_digest, text_digest
from archive.model import PARAGRAPH_BREAK, ChangeClass, ChangedPassage, Difference, Sighting, Version
from archive.times import to_digits
from pipeline.diff import changed_passages
from pipeline.extraction.notices import corrections

FLIP = timedelta(hours=24)  # a state that is shown for less, by another agent, between the same state twice

def versions(article: str, sightings: Iterable[Sighting]) -> tuple[Version, ...]:
    """Fold the sightings of one article into its versions; order of arrival does not matter, a revert is a version.

    `article` is the canonical URL. A flip (design, "version") joins the state that stands around it. While one
    address of an article was looked at, what its other addresses (a mobile site's) showed is no version.
    """
    folded: list[Version] = []
    runs = _runs(sightings)
    for ordinal, (before, run) in enumerate(pairwise([runs[0][:1], *runs] if runs else []), start=1):
        first, differences = run[0], tuple(_differences(run))
        passages = tuple(_passages(before[0], first)) if ordinal > 1 else ()
        folded.append(Version(
            public_id=public_id(article, first), article=article, ordinal=ordinal, state_digest=first.state_digest,
            payload_digest=first.payload_digest, first_seen=first.captured_at, last_seen=run[-1].captured_at,
            sightings=len(run), change=_change(before[0], first, passages) if ordinal > 1 else ("first",),
            passages=passages, payloads=len({s.payload_digest for s in run}), differences=differences,
        ))
    return tuple(folded)


def post_versions(article: str, sightings: Iterable[Sighting]) -> tuple[Version, ...]:
    """The versions of each post of a live blog, by the posts' keys; none where no sighting has posts.

    A post is folded like an article of its own, whose name is the article's with the post's key as its fragment. One
    that a look lacks has no sighting there: live blogs show their newest posts only, so it says nothing.
    """
    looks: dict[str, list[Sighting]] = {}
    for sighting in sightings:
        for post in sighting.posts:
            looks.setdefault(post.key, []).append(replace(
                sighting, title=post.title, byline=None, text=post.text, text_digest=text_digest(post.text), posts=(),
                state_digest=state_digest(title=post.title, byline=None, text=post.text),
            ))
    return tuple(version for key in sorted(looks) for version in versions(f"{article}#{key}", looks[key]))


def flips(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """The sightings of an article's main address that belong to no version, oldest first."""
    seen = list(sightings)
    kept = {id(s) for run in _runs(seen) for s in run}
    return tuple(s for s in sorted(_of_main_address(seen), key=_place) if id(s) not in kept)


def _runs(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    ordered = sorted(_of_main_address(list(sightings)), key=_place)
    return _without_flips([list(run) for _, run in groupby(ordered, key=lambda s: s.state_digest)])


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


def _change(before: Sighting, after: Sighting, passages: Sequence[ChangedPassage]) -> tuple[ChangeClass, ...]:
    changed: list[ChangeClass] = []
    if normalised(before.title or "") != normalised(after.title or ""):
        changed.append("headline")
    if normalised(before.byline or "") != normalised(after.byline or ""):
        changed.append("byline")
    if before.text_digest != after.text_digest:
        changed.append("body")
    if any(passage.is_notice for passage in passages):
        changed.append("correction")
    return tuple(changed)


def _passages(before: Sighting, after: Sighting) -> Iterator[ChangedPassage]:
    """What changed, headline first; a passage in a correction notice that was not there is marked as one."""
    was, now = before.title or "", after.title or ""
    if normalised(was) != normalised(now):
        yield ChangedPassage(part="headline", was=was, now=now)
    was, now = before.byline or "", after.byline or ""
    if normalised(was) != normalised(now):
        yield ChangedPassage(part="byline", was=was, now=now)
    if before.text_digest == after.text_digest:
        return
    paragraphs = after.text.split(PARAGRAPH_BREAK)
    known = set(map(normalised, before.text.split(PARAGRAPH_BREAK)))
    new = {notice for notice in corrections(paragraphs) if normalised(notice) not in known}
    for passage in changed_passages(before.text, after.text):
        is_notice = passage.later is not None and paragraphs[passage.later - 1] in new
        yield replace(passage, is_notice=is_notice)


def _differences(run: Sequence[Sighting]) -> Iterator[tuple[str, Difference]]:
    """Of each payload of a version but the first, how it differs from the one that was first seen before it."""
    first: dict[str, Sighting] = {}
    for sighting in run:
        first.setdefault(sighting.payload_digest, sighting)
    for before, after in pairwise(first.values()):
        yield after.payload_digest, _difference(before, after)


def _difference(before: Sighting, after: Sighting) -> Difference:
    if (before.title, before.byline, before.text) != (after.title, after.byline, after.text):
        return "typography"
    if before.surface is None or after.surface is None:
        return "unread"
    return "markup" if before.surface == after.surface else "surroundings"
