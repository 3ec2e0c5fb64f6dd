"""The shell: one function per command. Each step is a query for pending work, a pure function, one write per item.

So any step may be killed and run again, and a second run does nothing.
"""

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from archive import events, warc
from archive.errors import DamagedWarc
from archive.folder import Archive
from archive.model import Capture, CopyLink, Discovery, Document, FailedFetch, Failure, RecordRef, Report
from archive.payloads import UndecodablePayload, page_bytes
from archive.store import articles, captures, documents, links, runs, transaction
from archive.store.documents import PendingPayload
from archive.store.links import Shared, Text
from archive.topic import PROVENANCE, Topic
from archive.urls import absolute, canonical_url, host_of, registered_domain, same_site
from crawlers.discover import announcement
from crawlers.errors import Unreadable
from crawlers.frontier import Fetch
from pipeline import PROGRAM

if TYPE_CHECKING:
    from pipeline.relevance import Matcher

Clock = Callable[[], datetime]
Follow = Callable[[Capture, bytes], Iterable[Fetch]]
Progress = Callable[[str, int, int], None]  # step, done, total (0: not known)

KEPT = frozenset({"new", "unchanged", "gone", "blocked", "redirected", "feed", "sitemap", "section", "robots", "other"})
SKIPPED = ("refused", "over budget", "left for another run")  # how the crawl's counts of these begin
POOL_FROM = 40  # payloads from which starting processes pays
TOKENISED = 500  # texts whose words are kept at hand while others are compared with them
BATCH = 16  # payloads per message to a worker


@dataclass(frozen=True, slots=True)
class Work:
    """What every step works with."""

    archive: Archive
    topic: Topic
    clock: Clock
    progress: Progress

    @property
    def conn(self) -> sqlite3.Connection:
        return self.archive.conn


# ---- in


def index_pending(work: Work) -> Report:
    """Bring WARC records after the last indexed byte into the database; a torn tail is cut off and kept aside.

    What is damaged, missing or shorter than it was is a failure that a person must mend; all the rest is indexed.
    """
    started, done, torn, failed = monotonic(), 0, 0, Counter[str]()
    folder = work.archive.folder
    for path in warc.files(folder.warcs):
        start = captures.indexed(work.conn, path)
        if (folder.warcs / path).stat().st_size <= start:
            continue
        torn += warc.mend_tail(folder.warcs, path, start=start, aside=folder.aside) > 0
        for meaning, ref in warc.records(folder.warcs, path, start=start):
            if isinstance(meaning, warc.Damage):
                _fail(work, "index", f"{path} at byte {ref.offset}", meaning.reason)
                failed["damaged records: restore their files from a backup, then run 'stemma rebuild'"] += 1
            done += _index_record(work.conn, meaning, ref)
            work.progress("index", done, 0)
    for path, reason in _lost(work):
        _fail(work, "index", path, reason)
        failed["WARC files that are missing or shorter than they were: restore them from a backup"] += 1
    return Report(step="index", done=done, failed=_sorted(failed), attention=tuple(failed),
                  counts=(("torn tails kept aside", torn),),
                  seconds=monotonic() - started)


def _index_record(conn: sqlite3.Connection, meaning: warc.Meaning, ref: RecordRef) -> bool:
    if isinstance(meaning, Capture):
        captures.add(conn, meaning)
    elif isinstance(meaning, FailedFetch):
        captures.add_failed(conn, meaning, ref)
    captures.set_indexed(conn, ref.path, ref.offset + ref.length)
    return isinstance(meaning, Capture | FailedFetch)


def _lost(work: Work) -> Iterator[tuple[str, str]]:
    """WARC files that the database knows more of than there is."""
    for path, indexed in captures.indexed_files(work.conn):
        file = work.archive.folder.warcs / path
        size = file.stat().st_size if file.exists() else None
        if size is None:
            yield path, "the file is missing"
        elif size < indexed:
            yield path, f"the file ends at byte {size:,}; it was indexed up to byte {indexed:,}"


def discover_pending(work: Work) -> Report:
    """Read the captured feeds, sitemaps and lists that no crawl got round to reading."""
    started, done, failed = monotonic(), 0, Counter[str]()
    for capture in captures.unread_sources(work.conn):
        record = capture.record
        if capture.is_revisit:
            original = captures.original(work.conn, url=capture.url, payload_digest=capture.payload_digest)
            record = original.record if original else record
        try:
            payload = warc.read_payload(work.archive.folder.warcs, record)
            found = announcement(capture, payload, sitemap_days=work.topic.crawl.sitemap_days).discoveries
        except Unreadable as error:
            found = ()
            failed[str(error)] += 1
            _fail(work, "discover", capture.url, str(error))
        captures.add_discoveries(work.conn, capture.record, found)
        done += 1
    return Report(step="discover", done=done, failed=_sorted(failed), seconds=monotonic() - started)


def crawl(work: Work, *, sources_only: bool = False, follow: Follow | None = None) -> Report:
    """Fetch sources and what is due; every exchange is kept before anything else happens to it.

    With sources_only, `follow` tells where else the answer of a source leads. The report says of the sample of what
    is ranked last how much was on the topic after all.
    """
    from crawlers import spider  # scrapy is imported by this step alone
    from pipeline.promise import ranking_of

    started, fetched = monotonic(), Counter[str]()
    note_topic(work)

    def progress(url: str) -> None:
        fetched["pages"] += 1
        work.progress(f"crawl {host_of(url)}", fetched["pages"], 0)

    ranking = ranking_of(work.topic)
    sampled, lost = ranking.lost(captures.looks(work.conn))
    counts, failed = spider.crawl(
        work.topic, work.conn, warc_folder=work.archive.folder.warcs, clock=work.clock, program=PROGRAM,
        progress=progress, ranking=ranking, sources_only=sources_only, follow=follow,
    )
    kept = sum(n for what, n in counts.items() if what in KEPT)
    return Report(
        step="crawl", done=kept, skipped=sum(n for what, n in counts.items() if what.startswith(SKIPPED)),
        failed=_sorted(failed), attention=_silence(work.topic, counts, failed),
        counts=(*sorted(counts.items()), ("of the sample of the last judged", sampled),
                ("of these on the topic", lost)),
        seconds=monotonic() - started,
    )


def _silence(topic: Topic, counts: Mapping[str, int], failed: Counter[str]) -> tuple[str, ...]:
    """That no source at all answered, which is the network's fault and not the sources'."""
    asked = sum(source.kind != "list" for source in topic.sources)
    if not asked or any(counts.get(role) for role in ("feed", "sitemap", "section")):
        return ()
    why = failed.most_common(1)[0][0] if failed else "see 'stemma status'"
    return (f"none of the {asked} sources answered ({why}); check the network, http_proxy and crawl.authorities",)


def note_topic(work: Work) -> None:
    """Keep the topic file as an event when it is new, and its sources and outlets in the database."""
    folder = work.archive.folder
    last = [e for e in events.read(folder.events) if e.get("kind") == "topic"][-1:]
    if not last or last[0].get("digest") != work.topic.digest:
        events.append(folder.events, "topic", work.clock(), name=work.topic.name, digest=work.topic.digest,
                      file=str(Path(work.topic.path).resolve()), text=work.topic.text)
    runs.set_sources(work.conn, list(_source_rows(work.topic)), list(_outlet_rows(work.topic)))


def _source_rows(topic: Topic) -> Iterator[dict[str, str | None]]:
    for source in topic.sources:
        yield {"name": source.name, "outlet": source.outlet, "kind": source.kind, "address": source.url or source.file,
               "country": source.country, "language": source.language}


def _outlet_rows(topic: Topic) -> Iterator[dict[str, str | None]]:
    """Registered domains of the sources; a list names an outlet only where all its addresses are of one."""
    for source in topic.sources:
        domains = {registered_domain(host_of(url)) for url in ([source.url] if source.url else source.urls)}
        if len(domains) == 1:
            yield {"domain": domains.pop(), "outlet": source.outlet, "country": source.country,
                   "owner": source.owner}


# ---- through


def update(work: Work) -> list[Report]:
    """Everything that is derived, for what is pending."""
    note_topic(work)
    return [step(work) for step in (
        index_pending, discover_pending, extract_pending, decide_relevance, follow_provenance, weigh_unread,
        fold_versions, compare_witnesses, link_families,
    )]


def extract_pending(work: Work) -> Report:
    """Read text and metadata from payloads that the current extractor has not read."""
    from pipeline.extract import EXTRACTOR

    started, failed, done = monotonic(), Counter[str](), 0
    program = f"{PROGRAM} {EXTRACTOR}"  # what failed is tried again by a newer one of either
    pending = documents.pending_extraction(work.conn, extractor=EXTRACTOR, program=program)
    for index, (payload, result) in enumerate(_extracted(work.archive.folder.warcs, pending), start=1):
        if isinstance(result, Document):
            with transaction(work.conn):
                documents.add(work.conn, result)
                runs.clear_failure(work.conn, stage="extract", subject=payload.subject)
            done += 1
        else:
            _fail(work, "extract", payload.subject, result, program=program)
            failed[result] += 1
        work.progress("extract", index, len(pending))
    return Report(step="extract", done=done, failed=_sorted(failed), seconds=monotonic() - started)


def _extracted(
    folder: Path, pending: Sequence[PendingPayload]
) -> Iterator[tuple[PendingPayload, Document | str]]:
    """Each payload with its document, or with the reason that there is none; on all cores where it pays."""
    jobs = [(folder, payload) for payload in pending]
    workers = os.cpu_count() or 1
    if len(jobs) < POOL_FROM or workers == 1:
        yield from zip(pending, map(_extract_one, jobs), strict=True)
        return
    # Processes that start afresh: a fork would take the database connection and the lock with it.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        with _interrupts_ignored():  # which the workers inherit: Ctrl-C is this process's to answer
            results = pool.map(_extract_one, jobs, chunksize=BATCH)
        try:
            yield from zip(pending, results, strict=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _extract_one(job: tuple[Path, PendingPayload]) -> Document | str:
    """The worker's part: bytes of a record in, a document or a reason out."""
    from pipeline.extract import MAX_HTML_BYTES, NoText, extract

    folder, payload = job
    try:
        stored = warc.read_payload(folder, payload.record)
        body = page_bytes(stored, content_encoding=payload.content_encoding, limit=MAX_HTML_BYTES)
        return extract(body, url=payload.url, charset=payload.charset, payload_digest=payload.payload_digest)
    except (NoText, UndecodablePayload, DamagedWarc) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  # a hostile page may raise anything inside three parsers: it is a row
        return f"the extractor failed: {type(error).__name__}: {str(error)[:200]}"


def decide_relevance(work: Work) -> Report:
    """Decide on documents that this topic file has not decided on."""
    started = monotonic()
    pending = documents.pending_relevance(work.conn, decided_by=work.topic.digest)
    on_topic = 0
    for index, (document, matcher) in enumerate(_with_matcher(pending, work.topic), start=1):
        from pipeline.relevance import relevance

        decision = relevance(document.title, document.paragraphs, document.language, matcher)
        documents.set_relevance(work.conn, document.document_id, decision, decided_by=work.topic.digest)
        on_topic += decision.on_topic
        work.progress("relevance", index, len(pending))
    return Report(step="relevance", done=len(pending), seconds=monotonic() - started,
                  counts=(("on topic", on_topic), ("off topic", len(pending) - on_topic)))


def _with_matcher(
    pending: Sequence[documents.Undecided], topic: Topic
) -> "Iterator[tuple[documents.Undecided, Matcher]]":
    """Each document with the topic's matcher, which is compiled only if there is a document."""
    from pipeline.relevance import matcher_of

    if pending:
        matcher = matcher_of(topic)
        yield from ((document, matcher) for document in pending)


def follow_provenance(work: Work) -> Report:
    """Announce what pages on the topic declare as their source or translation; the next crawl fetches it."""
    from pipeline.extract import MAX_HTML_BYTES
    from pipeline.provenance import declared

    started, announced = monotonic(), 0
    pending = captures.unread_provenance(work.conn)
    for index, capture in enumerate(pending, start=1):
        try:
            stored = warc.read_payload(work.archive.folder.warcs, capture.record)
            page = page_bytes(stored, content_encoding=capture.content_encoding, limit=MAX_HTML_BYTES)
        except (UndecodablePayload, DamagedWarc):
            page = b""
        links = declared(page, url=capture.url, charset=capture.charset, languages=work.topic.languages)
        announced += captures.add_discoveries(work.conn, capture.record, (
            Discovery(url=link, source=PROVENANCE, found_at=capture.captured_at) for link in links
        ))
        work.progress("provenance", index, len(pending))
    return Report(step="provenance", done=len(pending), counts=(("declared sources", announced),),
                  seconds=monotonic() - started)


def weigh_unread(work: Work) -> Report:
    """Decide whether what was announced of articles that could not be read is on the topic."""
    from pipeline.promise import ranking_of

    started, ranking = monotonic(), ranking_of(work.topic)
    pending = captures.unweighed(work.conn, weighed_by=work.topic.digest)
    for index, (url, source, title, lead) in enumerate(pending, start=1):
        points = ranking.weigh(url, title, lead)
        captures.set_promise(work.conn, url, source, points, weighed_by=work.topic.digest)
        work.progress("unread", index, len(pending))
    return Report(step="unread", done=len(pending), seconds=monotonic() - started)


def fold_versions(work: Work) -> Report:
    """Put captures under their articles and fold each touched article's sightings into versions."""
    from pipeline.extract import EXTRACTOR
    from pipeline.versions import has_correction, versions

    started, folded = monotonic(), 0
    _set_addresses(work, articles.pending_fold(work.conn, extractor=EXTRACTOR), EXTRACTOR)
    touched = articles.unfolded(work.conn)
    for index, article_id in enumerate(touched, start=1):
        with transaction(work.conn):
            url = articles.article_url(work.conn, article_id)
            seen = articles.sightings(work.conn, article_id, extractor=EXTRACTOR, is_correction=has_correction)
            is_on_topic = any(one.on_topic for one in seen)
            found = versions(url, [one.sighting for one in seen]) if is_on_topic else ()
            articles.set_versions(work.conn, article_id, seen, found, address=shown_address(url, seen))
        folded += len(found)
        work.progress("versions", index, len(touched))
    _merge_addresses(work)
    return Report(step="versions", done=len(touched), counts=(("versions", folded),), seconds=monotonic() - started)


def _set_addresses(work: Work, urls: Iterable[str], extractor: str) -> None:
    """Assign URLs to articles; the articles that gained or lost an address wait to be folded anew."""
    for url in urls:
        declared = articles.declared_canonical(work.conn, url, extractor=extractor)
        with transaction(work.conn):
            before = articles.article_of(work.conn, url)
            after = articles.set_address(work.conn, url, article=article_address(url, declared), is_read=True)
            articles.queue_fold(work.conn, {after} | ({before} if before is not None else set()))


def shown_address(article: str, seen: Sequence[articles.Seen]) -> str:
    """Where an article answers: what it last declared as canonical, else as it was fetched; its key has no scheme.

    `article` is the canonical URL that is its key; of several addresses as fetched the shortest, over TLS before not.
    """
    for one in sorted(seen, key=lambda one: one.sighting.captured_at, reverse=True):
        if one.canonical is not None and canonical_url(one.canonical) == article:
            return one.canonical
    own = {one.sighting.url for one in seen if canonical_url(one.sighting.url) == article}
    return min(own or {one.sighting.url for one in seen} or {article},
               key=lambda url: (not url.startswith("https:"), len(url), url))


def article_address(url: str, declared: str | None) -> str:
    """The canonical URL of a page's article: what it declares, if that is of the same site and names a page.

    Front pages are declared as canonical by broken templates, so a declared root counts only for the root.
    """
    own = canonical_url(url)
    if declared is None or not same_site(url, declared):
        return own
    named = canonical_url(declared)
    is_root = named.rstrip("/").count("/") == 2 and "?" not in named
    return own if is_root and own.rstrip("/") != named.rstrip("/") else named


def _merge_addresses(work: Work) -> None:
    """Addresses that were only announced, or that redirect (over at most ten hops), to the articles they lead to."""
    with transaction(work.conn):
        for url in articles.unplaced(work.conn):
            article = canonical_url(url)
            if articles.article_at(work.conn, article) is not None:
                articles.set_address(work.conn, url, article=article, is_read=False)
    for _ in range(10):
        moved = 0
        with transaction(work.conn):
            for url, location in articles.redirected(work.conn):
                target = absolute(url, location)
                article_id = articles.article_of(work.conn, target) if target else None
                if article_id is not None:
                    article = articles.article_url(work.conn, article_id)
                    articles.set_address(work.conn, url, article=article, is_read=False)
                    moved += 1
        if not moved:
            return


def compare_witnesses(work: Work) -> Report:
    """Compare each new version's text with every version before it."""
    from pipeline.fingerprints import METHOD, MIN_SHARED, keys
    from pipeline.reuse import reuse
    from pipeline.text import words

    started, pairs, found_pairs = monotonic(), 0, 0
    pending = links.pending_witnesses(work.conn, method=METHOD)
    tokens = lru_cache(maxsize=TOKENISED)(lambda text: words(text.text))  # saves, changes nothing
    for index, witness in enumerate(pending, start=1):
        with transaction(work.conn):
            links.add_fingerprints(work.conn, witness.version_id, keys(tokens(witness)))
            found = []
            for other_id in links.candidates(work.conn, witness, method=METHOD, min_shared=MIN_SHARED):
                left, right = _ordered(witness, links.text(work.conn, other_id))
                shared = reuse(tokens(left), tokens(right), identical=left.body_digest == right.body_digest)
                pairs += 1
                if shared is not None:
                    found.append((left.version_id, right.version_id, shared))
            links.add_witness(work.conn, witness, found, method=METHOD)
        found_pairs += len(found)
        work.progress("compare", index, len(pending))
    return Report(step="compare", done=len(pending), seconds=monotonic() - started,
                  counts=(("pairs compared", pairs), ("pairs that share text", found_pairs)))


def _ordered(one: Text, other: Text) -> tuple[Text, Text]:
    return (one, other) if one.public_id < other.public_id else (other, one)


def link_families(work: Work) -> Report:
    """Decide links and families of the articles that changed, and of all that links connect them with."""
    from pipeline.stemma import families

    started = monotonic()
    pending = links.unlinked(work.conn)
    if not pending:
        return Report(step="link", seconds=monotonic() - started)
    with transaction(work.conn):
        before = links.connected(work.conn, pending)
        for index, article_id in enumerate(pending, start=1):
            links.set_links(work.conn, article_id, _links_of(work.conn, article_id))
            work.progress("link", index, len(pending))
        touched = links.connected(work.conn, before)
        decided = links.links_between(work.conn, touched)
        trees = families(decided, links.witnesses(work.conn, decided))
        links.set_families(work.conn, touched | set(pending), trees)
    return Report(step="link", done=len(pending), seconds=monotonic() - started,
                  counts=(("links", len(decided)), ("families", len(trees))))


def _links_of(conn: sqlite3.Connection, article_id: int) -> list[CopyLink]:
    """One link for each other article that shares text: between the versions that share the most."""
    from pipeline.stemma import is_link, link

    best: dict[int, Shared] = {}
    for shared in links.reuses_of(conn, article_id):
        other = shared.right_article if shared.left_article == article_id else shared.left_article
        if other not in best or _distance(shared) < _distance(best[other]):
            best[other] = shared
    decided = []
    for shared in best.values():
        left, right = links.witness(conn, shared.left_id), links.witness(conn, shared.right_id)
        if is_link(shared.reuse, same_site=registered_domain(left.host) == registered_domain(right.host)):
            decided.append(link(left, right, shared.reuse))
    return decided


def _distance(shared: Shared) -> tuple[float, int, str, str]:
    """Sorts the version pairs of two articles: the closest first, of equals by their public ids, never by arrival."""
    reuse = shared.reuse
    return (-reuse.left_coverage - reuse.right_coverage, -reuse.words, shared.left_name, shared.right_name)


# ---- care


def rebuild(work: Work) -> list[Report]:
    """Fill an empty database from the WARC files alone."""
    return update(work)


def _fail(work: Work, stage: str, subject: str, reason: str, *, program: str = PROGRAM) -> None:
    runs.add_failure(
        work.conn, Failure(stage=stage, subject=subject, reason=reason, at=work.clock()), program=program
    )


def _sorted(failed: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(failed.most_common())

