"""Which texts share text, which way it went, and their families: the shell around the comparing stages."""

import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING

from archive import events
from archive.events import Event
from archive.model import CopyLink, Report, Witness
from archive.store import judgements, links, transaction
from archive.store.links import KeptEpoch, Shared
from archive.urls import registered_domain
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.alignment import Profile
    from pipeline.epoch import Epoch

EPOCH = "epoch"  # the kind of event
PROFILED = 3_000  # texts that are kept at hand, as they are compared: about 50 kB each
COUNTED_FROM = 200  # articles; of fewer, a count says less than the table that ships with the program
GROWTH = 2  # times as many articles as the last epoch counted: a new one


def compare_witnesses(work: Work) -> Report:
    """Compare each new version's text with every version before it; in a new epoch, all with all."""
    from pipeline.fingerprints import MEETING, TRANSLATED, keys, method
    from pipeline.reuse import reuse

    started, pairs, found_pairs = monotonic(), 0, 0
    kept = _epoch_in_force(work)
    named = method(kept.digest)
    pending = links.pending_witnesses(work.conn, method=named)
    if not pending:
        return Report(step="compare", seconds=monotonic() - started)
    epoch = kept.epoch()
    profiled = lru_cache(maxsize=PROFILED)(lambda version_id: _profile(work.conn, version_id, epoch))
    for index, version_id in enumerate(pending, start=1):
        with transaction(work.conn):
            witness, profile = profiled(version_id)
            worth = keys(profile.reading, epoch)
            links.add_fingerprints(work.conn, version_id, worth)
            found = []
            for other_id, meeting in links.candidates(
                work.conn, witness, worth, method=named, meeting=MEETING, across=TRANSLATED
            ).items():
                (left, one), (right, other) = sorted(
                    ((witness, profile), profiled(other_id)), key=lambda pair: pair[0].public_id)
                shared = reuse(one, other, meeting=meeting, identical=left.body_digest == right.body_digest)
                pairs += 1
                if shared is not None:
                    found.append((left.version_id, right.version_id, shared))
            links.add_witness(work.conn, witness, found, method=named)
        found_pairs += len(found)
        work.progress("compare", index, len(pending))
    return Report(step="compare", done=len(pending), seconds=monotonic() - started,
                  counts=(("pairs compared", pairs), ("pairs that share text", found_pairs)))


def _profile(conn: sqlite3.Connection, version_id: int, epoch: "Epoch") -> "tuple[links.Text, Profile]":
    from pipeline.alignment import profile
    from pipeline.reading import read

    text = links.text(conn, version_id)
    return text, profile(read(text.text, text.language), epoch)


@dataclass(frozen=True, slots=True)
class _InForce:
    """An epoch by its digest; the whole of it, which takes time to unpack, only for who compares."""

    digest: str
    epoch: "Callable[[], Epoch]"


def _epoch_in_force(work: Work) -> _InForce:
    """The epoch in which texts are compared; a new one is counted when the archive has grown GROWTH times."""
    from pipeline.epoch import shipped, unpacked
    from pipeline.terms import own_tokens

    kept = links.last_epoch(work.conn) or _logged(work)
    held = links.article_count(work.conn)
    if held >= max(COUNTED_FROM, GROWTH * (kept.articles if kept is not None else 0)):
        counted = _count(work)
        return _InForce(counted.digest, lambda: counted)
    if kept is not None:
        return _InForce(kept.digest, lambda: unpacked(kept.packed))
    first = shipped(own_tokens(work.topic))
    return _InForce(first.digest, lambda: first)


def reindex(work: Work) -> Report:
    """Count rarity and furniture anew over the latest versions; the next comparison compares every pair again."""
    started = monotonic()
    epoch = _count(work)
    return Report(step="reindex", done=epoch.articles, seconds=monotonic() - started,
                  counts=(("tokens", len(epoch.counts)), ("sentences of furniture", len(epoch.furniture))))


def _count(work: Work) -> "Epoch":
    """Count a new epoch, and keep it as an event where it is another than the one before."""
    from pipeline.epoch import counted, packed
    from pipeline.reading import read
    from pipeline.terms import own_tokens

    epoch = counted((read(text.text, text.language) for text in links.latest_texts(work.conn)), own_tokens(work.topic))
    before = links.last_epoch(work.conn)
    if before is None or before.digest != epoch.digest:
        stored, at = packed(epoch), work.clock()
        told = {"digest": epoch.digest, "articles": epoch.articles, "packed": b64encode(stored).decode()}
        events.append(work.archive.folder.events, Event(kind=EPOCH, at=at, data=told))
        with transaction(work.conn):
            links.add_epoch(
                work.conn, digest=epoch.digest, articles=epoch.articles, at=at, packed=stored)
    return epoch


def _logged(work: Work) -> KeptEpoch | None:
    """The last epoch that events.jsonl has, which a rebuilt database compares in; None before the first."""
    from pipeline.epoch import unpacked

    for event in reversed(events.read(work.archive.folder.events).of(EPOCH)):
        try:
            stored = b64decode(str(event.data["packed"]), validate=True)
            epoch = unpacked(stored)
        except (KeyError, ValueError, OSError) as error:
            work.fail("epoch", f"epoch of {event.at:%Y-%m-%d %H:%M}", f"cannot be read: {type(error).__name__}")
            continue
        with transaction(work.conn):
            links.add_epoch(work.conn, digest=epoch.digest, articles=epoch.articles, at=event.at, packed=stored)
        return links.last_epoch(work.conn)
    return None


def link_families(work: Work) -> Report:
    """Decide links and families of the articles that changed, and of all that links connect them with."""
    from pipeline.stemma import families

    started = monotonic()
    pending = links.unlinked(work.conn)
    if not pending:
        return Report(step="link", seconds=monotonic() - started)
    witness = lru_cache(maxsize=PROFILED)(lambda version_id: links.witness(work.conn, version_id))
    with transaction(work.conn):
        before = links.connected(work.conn, pending)
        for index, article_id in enumerate(pending, start=1):
            links.set_links(work.conn, article_id, _links_of(work.conn, article_id, witness))
            work.progress("link", index, len(pending))
        touched = links.connected(work.conn, before)
        decided = links.links_between(work.conn, touched)
        trees = families(decided, links.witnesses(work.conn, decided))
        links.set_families(work.conn, touched | set(pending), trees)
    return Report(step="link", done=len(pending), seconds=monotonic() - started,
                  counts=(("links", len(decided)), ("families", len(trees))))


def _links_of(conn: sqlite3.Connection, article_id: int, witness: Callable[[int], Witness]) -> list[CopyLink]:
    """One link for each other article that shares text: between the versions that share the most; as people judged."""
    from pipeline.direction import link
    from pipeline.judgements import judged
    from pipeline.reuse import is_link

    best: dict[int, Shared] = {}
    for shared in links.reuses_of(conn, article_id):
        other = shared.right_article if shared.left_article == article_id else shared.left_article
        if other not in best or _distance(shared) < _distance(best[other]):
            best[other] = shared
    decided = []
    for shared in best.values():
        left, right = witness(shared.left_id), witness(shared.right_id)
        if is_link(shared.reuse, same_site=registered_domain(left.host) == registered_domain(right.host)):
            decided.append(link(left, right, shared.reuse))
    return judged(decided, judgements.standing(conn, article_id))


def _distance(shared: Shared) -> tuple[float, int, str, str]:
    """Sorts the version pairs of two articles: the closest first, of equals by their public ids, never by arrival."""
    reuse = shared.reuse
    return (-reuse.left_coverage - reuse.right_coverage, -reuse.words, shared.left_name, shared.right_name)
