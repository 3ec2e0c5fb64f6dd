"""Which texts share text, which way it went, and their families: the shell around the comparing stages."""

import sqlite3
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import TYPE_CHECKING

from archive import events
from archive.events import Event
from archive.model import CopyLink, Report, Witness
from archive.store import comparisons, file_of, judgements, links, transaction
from archive.store.comparisons import Asked, KeptEpoch
from archive.store.links import Shared
from archive.urls import registered_domain
from pipeline.work import Work

if TYPE_CHECKING:
    from pipeline.copies.comparing import Run
    from pipeline.copies.epoch import Epoch

EPOCH = "epoch"  # the kind of event
# Texts that are written, then compared, at a time: one part in so many, of few texts and of many no fewer and no more.
# Each batch writes nearly all pages of a large table of keys anew, so few batches write less; its texts are in memory.
BATCHES, FEWEST, MOST = 25, 400, 2_000
# In so many parts what was kept of texts is forgotten that are compared anew: who traces a text meanwhile finds those
# that are not yet, and each part takes a look at all keys.
FORGOTTEN = 10
WITNESSES = 3_000  # that are kept at hand while links are decided
COUNTED_FROM = 200  # articles; of fewer, a count says less than the table that ships with the program
AS_MUCH = 0.97  # of the most words that two versions share: as much, but for a typing error that was mended
GROWTH = 2  # times as many articles as the last epoch counted: a new one
SMALL_GROWTH = 1.25  # the same of fewer than COUNTED_FROM, of which furniture alone is counted


def compare_witnesses(work: Work) -> Report:
    """Compare each new version's text with every version before it; in a new epoch, all with all."""
    from concurrent.futures.process import BrokenProcessPool

    from pipeline.copies import vectors
    from pipeline.copies.comparing import running
    from pipeline.fingerprints import method

    started = monotonic()
    kept = epoch_in_force(work)
    named = method(kept.digest, encoder=vectors.installed())
    pending = comparisons.pending_witnesses(work.conn, method=named)
    if pending and (counted := _early(work)):
        kept = counted
        named = method(kept.digest, encoder=vectors.installed())
        pending = comparisons.pending_witnesses(work.conn, method=named)
    counts = Counter[str]()
    anew = _told_anew(work, kept.digest)
    with transaction(work.conn):
        comparisons.sweep(work.conn)
    if pending:
        epoch = kept.epoch()
        database = file_of(work.conn)  # which in a rebuild is not the archive's yet
        try:
            with running(work.conn, database, epoch, named, len(pending)) as run:
                _compare_all(work, run, pending, named, counts)
        except BrokenProcessPool:  # memory ran out, most likely: one process needs less
            pending = comparisons.pending_witnesses(work.conn, method=named)
            with running(work.conn, database, epoch, named, 1) as run:
                _compare_all(work, run, pending, named, counts)
    return Report(step="compare", done=counts["done"], seconds=monotonic() - started, counts=() if not pending else (
        ("pairs that met", counts["met"]), ("pairs compared", counts["pairs"]),
        ("pairs that share text", counts["found"]), *anew))


def _told_anew(work: Work, digest: str) -> tuple[tuple[str, int], ...]:
    """What the extra `vectors`, installed or removed since, makes to be compared again: one archive, one method."""
    from pipeline.copies import vectors
    from pipeline.fingerprints import method

    if vectors.installed():
        said, before = "compared before without the extra vectors, now with it", method(digest)
    else:
        said, before = ("compared before with the extra vectors, now without: pip install 'stemma-archive[vectors]'",
                        method(digest, encoder=vectors.NAME))
    again = comparisons.compared(work.conn, method=before)
    return ((said, again),) if again else ()


def _compare_all(work: Work, run: "Run", pending: Sequence[int], named: str, counts: Counter[str]) -> None:
    """In batches, so that what the processes read is committed: a text is compared with those before it in its own."""
    from pipeline.copies.comparing import compare, read

    size = min(max(FEWEST, len(pending) // BATCHES), MOST)
    forgotten = size * max(1, len(pending) // (FORGOTTEN * size))
    for start in range(0, len(pending), size):
        if start % forgotten == 0:
            with transaction(work.conn):
                comparisons.forget(work.conn, pending[start:start + forgotten])
        batch = pending[start:start + size]
        readings = list(run(read, batch))
        with transaction(work.conn):
            comparisons.add_readings(work.conn, readings)
        witnesses = [comparisons.text(work.conn, version_id) for version_id in batch]
        asked = [Asked(version_id=witness.version_id, article_id=witness.article_id, body_digest=witness.body_digest,
                       worth=kept.worth) for witness, kept in zip(witnesses, readings, strict=True)]
        with transaction(work.conn):
            for witness, compared in zip(witnesses, run(compare, asked), strict=True):
                links.add_witness(work.conn, witness.version_id, compared.found, method=named)
                counts += Counter(done=1, met=compared.met, pairs=compared.compared, found=len(compared.found))
                work.progress("compare", counts["done"], len(pending))
        del readings, witnesses, asked  # or they are held while the next are read


@dataclass(frozen=True, slots=True)
class EpochInForce:
    """An epoch by its digest; the whole of it, which takes time to unpack, only for who compares."""

    digest: str
    epoch: "Callable[[], Epoch]"


def epoch_in_force(work: Work) -> EpochInForce:
    """The epoch in which texts are compared; a new one is counted when the archive has grown GROWTH times."""
    from pipeline.copies.epoch import shipped, unpacked
    from pipeline.copies.terms import own_tokens

    kept = comparisons.last_epoch(work.conn) or logged_epoch(work)
    if is_outgrown(kept.articles if kept is not None else 0, held=comparisons.article_count(work.conn)):
        counted = _count(work)
        return EpochInForce(counted.digest, lambda: counted)
    if kept is not None:
        return EpochInForce(kept.digest, lambda: unpacked(kept.packed, kept.digest))
    first = shipped(own_tokens(work.topic))
    return EpochInForce(first.digest, lambda: first)


def _early(work: Work) -> "EpochInForce | None":
    """Of an archive that is small: a new epoch, if it has grown and another furniture is found in it now."""
    from pipeline.copies.comparing import index_of
    from pipeline.copies.epoch import FURNITURE_TEXTS, told_furniture
    from pipeline.copies.terms import own_tokens

    kept, held = comparisons.last_epoch(work.conn), comparisons.article_count(work.conn)
    if not max(FURNITURE_TEXTS, SMALL_GROWTH * (kept.articles if kept is not None else 0)) <= held < COUNTED_FROM:
        return None
    found = told_furniture(map(index_of, comparisons.latest_texts(work.conn)), own_tokens(work.topic))
    if kept is None and not found.furniture:
        return None
    keep_epoch(work, found, articles=held)
    return EpochInForce(found.digest, lambda: found)


def is_outgrown(articles: int, *, held: int) -> bool:
    """Whether an epoch of so many articles is to be counted anew when so many are held."""
    return held >= max(COUNTED_FROM, GROWTH * articles)


def reindex(work: Work) -> Report:
    """Count rarity and furniture anew over the latest versions; the next comparison compares every pair again."""
    started = monotonic()
    epoch = _count(work)
    return Report(step="reindex", done=epoch.articles, seconds=monotonic() - started,
                  counts=(("tokens", len(epoch.counts)), ("sentences of furniture", len(epoch.furniture))))


def _count(work: Work) -> "Epoch":
    """Count a new epoch, and keep it as an event where it is another than the one before."""
    from pipeline.copies.comparing import index_of
    from pipeline.copies.epoch import counted
    from pipeline.copies.terms import own_tokens

    epoch = counted(map(index_of, comparisons.latest_texts(work.conn)), own_tokens(work.topic))
    keep_epoch(work, epoch)
    return epoch


def keep_epoch(work: Work, epoch: "Epoch", *, articles: int | None = None) -> None:
    """Keep an epoch that was counted as an event, where it is another than the one before: from now on it counts.

    `articles` are those that were looked at, where it says of none how rare their words are.
    """
    from pipeline.copies.epoch import packed

    before = comparisons.last_epoch(work.conn)
    if before is None or before.digest != epoch.digest:
        stored, at, held = packed(epoch), work.clock(), epoch.articles if articles is None else articles
        told = {"digest": epoch.digest, "articles": held, "packed": b64encode(stored).decode()}
        events.append(work.archive.folder.events, Event(kind=EPOCH, at=at, data=told))
        with transaction(work.conn):
            comparisons.add_epoch(
                work.conn, digest=epoch.digest, articles=held, at=at, packed=stored)


def logged_epoch(work: Work) -> KeptEpoch | None:
    """The last epoch that events.jsonl has, which a rebuilt database compares in; None before the first."""
    from pipeline.copies.epoch import unpacked

    for event in reversed(events.read(work.archive.folder.events).of(EPOCH)):
        try:
            stored = b64decode(str(event.data["packed"]), validate=True)
            epoch, articles = unpacked(stored), int(str(event.data["articles"]))
        except (KeyError, ValueError, OSError) as error:
            work.fail("epoch", f"epoch of {event.at:%Y-%m-%d %H:%M}", f"cannot be read: {type(error).__name__}")
            continue
        with transaction(work.conn):
            comparisons.add_epoch(work.conn, digest=epoch.digest, articles=articles, at=event.at, packed=stored)
        return comparisons.last_epoch(work.conn)
    return None


def link_families(work: Work) -> Report:
    """Decide links and families of the articles that changed, and of all that links connect them with."""
    from pipeline.stemma import families

    started = monotonic()
    pending = links.unlinked(work.conn)
    if not pending:
        return Report(step="link", seconds=monotonic() - started)
    witness = lru_cache(maxsize=WITNESSES)(lambda version_id: links.witness(work.conn, version_id))
    with transaction(work.conn):
        before = links.connected(work.conn, pending)
        for index, article_id in enumerate(pending, start=1):
            links.set_links(work.conn, article_id, _links_of(work.conn, article_id, witness))
            work.progress("link", index, len(pending))
        counts, done = Counter[str](), set[int]()
        for article_id in sorted(before.union(pending)):
            if article_id in done:
                continue
            # What links connect at a time: of all at once the texts would not fit into memory.
            touched = links.connected(work.conn, [article_id])
            decided = links.links_between(work.conn, touched)
            trees = families(decided, links.witnesses(work.conn, decided))
            links.set_families(work.conn, touched, trees)
            done |= touched
            counts += Counter(links=len(decided), families=len(trees))
        links.drop_empty_families(work.conn)
    return Report(step="link", done=len(pending), seconds=monotonic() - started, counts=(
        ("links", counts["links"]), ("families", counts["families"])))


def _links_of(conn: sqlite3.Connection, article_id: int, witness: Callable[[int], Witness]) -> list[CopyLink]:
    """One link for each other article that shares text: between the closest versions; as people judged."""
    from pipeline.descent.direction import link
    from pipeline.descent.judgements import judged
    from pipeline.reuse import is_link

    found = defaultdict[int, list[Shared]](list)
    for shared in links.reuses_of(conn, article_id):
        found[shared.right_article if shared.left_article == article_id else shared.left_article].append(shared)
    decided = []
    for shared in map(closest, found.values()):
        left, right = witness(shared.left_id), witness(shared.right_id)
        if is_link(shared.reuse, same_site=registered_domain(left.host) == registered_domain(right.host)):
            decided.append(link(left, right, shared.reuse))
    return judged(decided, judgements.standing(conn, article_id))


def closest(found: Sequence[Shared]) -> Shared:
    """Of the version pairs of two articles the one to link: of those that share about the most words the earliest.

    A version that came after what was made of the text can share a word more by chance, or all in fewer words of its
    own. Of pairs that were there at one time the one that shares more, and of more of both texts, is the nearer.
    """
    most = max(shared.reuse.words for shared in found)
    return min((shared for shared in found if shared.reuse.words >= AS_MUCH * most), key=distance)


def distance(shared: Shared) -> tuple[str, int, float, str, str]:
    """Sorts version pairs that share as much: the earliest first, of equals by their public ids, never by arrival."""
    reuse = shared.reuse
    began = max(name.rsplit("-", 2)[1] for name in (shared.left_name, shared.right_name))  # when both were there
    return (began, -reuse.words, -reuse.left_coverage - reuse.right_coverage, shared.left_name, shared.right_name)
