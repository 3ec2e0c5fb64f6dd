"""What is derived from captures, in the order of the data.

The shell around the stages: each step is a query for pending work, a pure function, one write per item. So any step
may be killed and run again, and a second run does nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from archive import warc
from archive.errors import DamagedWarc
from archive.model import Block, Discovery, Document, Report
from archive.payloads import UndecodablePayload, page_bytes
from archive.store import articles, catalogue, discoveries, documents, room, runs, transaction, withholdings, word_index
from archive.store.documents import PendingPayload
from archive.topic import PROVENANCE, Topic
from archive.urls import absolute, canonical_url, is_front_page, plain_url, same_site
from archive.withholdings import covers
from pipeline import PROGRAM, cores
from pipeline.custody.freezing import read_frozen
from pipeline.custody.joining import withhold_joiners
from pipeline.custody.replaying import renew_index
from pipeline.intake import (
    discover_pending,
    erase_pending,
    fold_withheld,
    index_pending,
    note_topic,
    read_judgements,
    read_withholdings,
)
from pipeline.linking import compare_witnesses, link_families
from pipeline.work import Work, by_frequency

if TYPE_CHECKING:
    from pipeline.relevance import Matcher

Job = tuple[Path, PendingPayload]
ExtractOne = Callable[[Job], Document | Block | str]

POOL_FROM = 40  # payloads from which starting processes pays
DECIDED = 500  # documents whose texts are in memory while it is decided on them
CATALOGUED = 500  # articles a transaction, with their kin
BATCH = 16  # payloads per message to a worker
ROUND = 20_000  # payloads that are told to the workers at a time: each takes two kilobytes until it is read
SUSPECT_BATCHES = 2 * cores.count()  # that may have been under way when a worker died


def update(work: Work) -> list[Report]:
    """Everything that is derived, for what is pending."""
    note_topic(work)
    return [*(step(work) for step in (erase_pending, index_pending, read_withholdings)), *derive_versions(work),
            *derive_links(work)]


def derive_versions(work: Work) -> list[Report]:
    """From what is captured to the versions of articles on the topic."""
    return [step(work) for step in (
        discover_pending, extract_pending, decide_relevance, follow_provenance, weigh_unread, fold_versions)]


def derive_links(work: Work) -> list[Report]:
    """From versions to links, families, and what searches go by; judgements say what joins no withheld family."""
    return [step(work) for step in (
        compare_witnesses, read_judgements, withhold_joiners, link_families, catalogue_articles, read_frozen,
        renew_index, fold_withheld)]


def extract_pending(work: Work) -> Report:
    """Read text and metadata from payloads that the current extractor has not read."""
    from pipeline.extract import EXTRACTOR

    started, failed, done, in_place = monotonic(), Counter[str](), 0, Counter[str]()
    program = f"{PROGRAM} {EXTRACTOR}"  # what failed is tried again by a newer one of either
    total = documents.pending_extractions(work.conn, extractor=EXTRACTOR, program=program)
    withheld = withholdings.addresses(work.conn)
    for index, (payload, result) in enumerate(_in_rounds(work, total, program), start=1):
        if isinstance(result, Document | Block):
            with transaction(work.conn):
                if isinstance(result, Block):
                    documents.add_block(work.conn, result)
                    in_place[result.kind] += 1
                else:
                    documents.add(work.conn, result)
                    done += 1
                withhold(work, result, withheld)
                runs.clear_failure(work.conn, stage="extract", subject=payload.subject)
        else:
            work.fail("extract", payload.subject, result, program=program)
            failed[result] += 1
        work.progress("extract", index, total)
    return Report(step="extract", done=done, failed=by_frequency(failed), seconds=monotonic() - started, counts=tuple(
        (f"in an article's place ({kind})", n) for kind, n in sorted(in_place.items())))


def _in_rounds(work: Work, total: int, program: str) -> Iterator[tuple[PendingPayload, Document | Block | str]]:
    """Each pending payload with what was read of it; a round's at a time are in memory, however many there are.

    What the caller has kept, or noted as failed, when it asks for more is no longer pending.
    """
    from pipeline.extract import EXTRACTOR

    for _ in range(0, total, ROUND):
        pending = documents.pending_extraction(work.conn, extractor=EXTRACTOR, program=program, limit=ROUND)
        yield from extracted(work.archive.folder.warcs, pending, _extract_one)


def withhold(work: Work, read: Document | Block, withheld: frozenset[str]) -> None:
    """Blank what was read if its page, or the article that it says it is, is withheld; in the same transaction."""
    names = [read.url, *([article_address(read.url, read.canonical)] if isinstance(read, Document) else [])]
    article = next((found for name in names if covers(withheld, name)
                    and (found := withholdings.article_of(work.conn, name)) is not None), None)
    if article is not None:
        withholdings.cover(work.conn, article, [read.url])


def extracted(
    folder: Path, pending: Sequence[PendingPayload], extract_one: ExtractOne
) -> Iterator[tuple[PendingPayload, Document | Block | str]]:
    """Each payload with its document, or with the reason that there is none; on all cores where it pays."""
    jobs = [(folder, payload) for payload in pending]
    done = 0
    if len(jobs) < POOL_FROM or cores.count() == 1:
        yield from zip(pending, map(extract_one, jobs), strict=True)
        return
    while done < len(jobs):
        try:
            for result in _in_pool(jobs[done:], extract_one):
                yield pending[done], result
                done += 1
        except BrokenProcessPool:  # a page took its process with it; it is among the next ones
            for job in jobs[done:done + BATCH * SUSPECT_BATCHES]:
                yield pending[done], _alone(job, extract_one)
                done += 1


def _in_pool(jobs: Sequence[Job], extract_one: ExtractOne) -> Iterator[Document | Block | str]:
    with cores.pool() as workers:
        yield from cores.mapped(workers, extract_one, jobs, chunk=BATCH)


def _alone(job: Job, extract_one: ExtractOne) -> Document | Block | str:
    """One payload in a process of its own, so that it can harm no other."""
    try:
        with cores.pool(1) as workers:
            return workers.submit(extract_one, job).result()
    except BrokenProcessPool:
        return "the extractor's process ended on this page"


def _extract_one(job: Job) -> Document | Block | str:
    """The worker's part: bytes of a record in, a document or a reason out."""
    folder, payload = job
    try:
        record = warc.read_record(folder, payload.record)
    except DamagedWarc as error:
        return str(error)
    return read_page(record.payload, record.http_head, payload)


def read_page(stored: bytes, head: bytes, payload: PendingPayload) -> Document | Block | str:
    """What a page's bytes, as transferred, and its answer's head hold; or the reason that there is no document."""
    from pipeline.extract import MAX_HTML_BYTES, NoText, extract, preview
    from pipeline.extraction.noarchive import of_head

    if is_front_page(payload.url):
        return "a front page, which lists articles and is none"
    try:
        body = page_bytes(stored, content_encoding=payload.content_encoding, limit=MAX_HTML_BYTES)
        if payload.status != 200:
            return preview(body, url=payload.url, charset=payload.charset, payload_digest=payload.payload_digest,
                           status=payload.status)
        read = extract(body, url=payload.url, charset=payload.charset, payload_digest=payload.payload_digest)
        return replace(read, is_noarchive=True) if isinstance(read, Document) and of_head(head) else read
    except (NoText, UndecodablePayload) as error:
        return str(error)
    except Exception as error:  # noqa: BLE001  # a hostile page may raise anything inside three parsers: it is a row
        return f"the extractor failed: {type(error).__name__}: {str(error)[:200]}"


def decide_relevance(work: Work) -> Report:
    """Decide on documents that this topic file has not decided on."""
    from pipeline.relevance import days_of

    started = monotonic()
    begins, _ = days_of(work.topic)
    pending = documents.pending_relevance(work.conn, decided_by=decided_by(work.topic), begins=begins)
    on_topic = 0
    for index, (document, matcher) in enumerate(_with_matcher(work, pending), start=1):
        from pipeline.relevance import relevance

        decision = relevance(
            document.title, document.paragraphs, document.language, matcher, dated=document.published_between
        )
        documents.set_relevance(work.conn, document.document_id, decision, decided_by=decided_by(work.topic))
        on_topic += decision.on_topic
        work.progress("relevance", index, len(pending))
    return Report(step="relevance", done=len(pending), seconds=monotonic() - started,
                  counts=(("on topic", on_topic), ("off topic", len(pending) - on_topic)))


def decided_by(topic: Topic) -> str:
    """What a decision rests on: another rule or another topic file decides anew."""
    from pipeline.relevance import RULE

    return f"{RULE} {topic.digest}"


def _with_matcher(work: Work, pending: Sequence[int]) -> "Iterator[tuple[documents.Undecided, Matcher]]":
    """Each document with the topic's matcher, which is compiled only if there is a document; some texts at a time."""
    from pipeline.relevance import matcher_of

    if pending:
        matcher = matcher_of(work.topic)
        for start in range(0, len(pending), DECIDED):
            for document in documents.to_decide(work.conn, pending[start:start + DECIDED]):
                yield document, matcher


def follow_provenance(work: Work) -> Report:
    """Announce what pages on the topic declare as their source or translation; the next crawl fetches it."""
    from pipeline.extract import MAX_HTML_BYTES
    from pipeline.extraction.provenance import declared

    started, announced = monotonic(), 0
    pending = discoveries.unread_provenance(work.conn)
    for index, capture in enumerate(pending, start=1):
        try:
            stored = warc.read_payload(work.archive.folder.warcs, capture.record)
            page = page_bytes(stored, content_encoding=capture.content_encoding, limit=MAX_HTML_BYTES)
        except (UndecodablePayload, DamagedWarc):
            page = b""
        links = declared(page, url=capture.url, charset=capture.charset, languages=work.topic.languages)
        announced += discoveries.add_discoveries(work.conn, capture.record, (
            Discovery(url=link, source=PROVENANCE, found_at=capture.captured_at) for link in links
        ))
        work.progress("provenance", index, len(pending))
    return Report(step="provenance", done=len(pending), counts=(("declared sources", announced),),
                  seconds=monotonic() - started)


def weigh_unread(work: Work) -> Report:
    """Decide whether what is told of articles that could not be read, by sources or previews, is on the topic."""
    from pipeline.relevance import matcher_of
    from pipeline.topicality.promise import told_on_topic

    started, weighed_by = monotonic(), decided_by(work.topic)
    matcher = lru_cache(maxsize=1)(lambda: matcher_of(work.topic))
    pending = discoveries.unweighed(work.conn, weighed_by=weighed_by)
    for index, (url, source, title, lead) in enumerate(pending, start=1):
        points = told_on_topic(url, title, lead, matcher())
        discoveries.set_promise(work.conn, url, source, points, weighed_by=weighed_by)
        work.progress("unread", index, len(pending))
    previews = discoveries.unweighed_previews(work.conn, weighed_by=weighed_by)
    for url, digest, title, lead in previews:
        points = told_on_topic(url, title, lead, matcher())
        discoveries.set_preview_promise(work.conn, url, digest, points, weighed_by=weighed_by)
    return Report(step="unread", done=len(pending) + len(previews), seconds=monotonic() - started)


def fold_versions(work: Work) -> Report:
    """Put captures under their articles and fold each touched article's sightings into versions."""
    from pipeline.extract import EXTRACTOR
    from pipeline.versions import flips, post_versions, versions

    started, folded = monotonic(), 0
    _set_addresses(work, articles.pending_fold(work.conn, extractor=EXTRACTOR), EXTRACTOR)
    touched = articles.unfolded(work.conn)
    for index, article_id in enumerate(touched, start=1):
        with transaction(work.conn):
            url = articles.article_url(work.conn, article_id)
            withholdings.spread(work.conn, article_id)
            seen = _sightings(work, article_id, EXTRACTOR)
            looks = [one.sighting for one in seen] if any(one.on_topic for one in seen) else []
            found = versions(url, looks)
            articles.set_versions(work.conn, article_id, seen, found, address=shown_address(url, seen),
                                  flips=frozenset(flips(looks)))
            articles.set_posts(work.conn, article_id, seen, post_versions(url, looks))
        folded += len(found)
        work.progress("versions", index, len(touched))
    _merge_addresses(work)
    withholdings.spread_all(work.conn)
    return Report(step="versions", done=len(touched), counts=(("versions", folded),), seconds=monotonic() - started)


def catalogue_articles(work: Work) -> Report:
    """Bring what searches look up, count and sort by up to the articles that changed."""
    started, done = monotonic(), 0
    while pending := catalogue.pending(work.conn, limit=CATALOGUED):
        with transaction(work.conn):
            catalogue.renew(work.conn, pending)
        done += len(pending)
    if done:
        word_index.settle(work.conn)
    room.give_back(work.conn)
    return Report(step="catalogue", done=done, seconds=monotonic() - started)


def _sightings(work: Work, article_id: int, extractor: str) -> list[articles.Seen]:
    """An article's sightings; where payloads differ and texts do not, with what the pages' readers see."""
    from pipeline.extract import MAX_HTML_BYTES
    from pipeline.extraction.surface import METHOD, surface

    seen = articles.sightings(work.conn, article_id, extractor=extractor, method=METHOD)
    if not any(one.on_topic for one in seen):
        return seen
    pending = articles.unread_surfaces(work.conn, article_id, extractor=extractor, method=METHOD)
    for payload in pending:
        try:
            stored = warc.read_payload(work.archive.folder.warcs, payload.record)
            page = page_bytes(stored, content_encoding=payload.content_encoding, limit=MAX_HTML_BYTES)
        except (UndecodablePayload, DamagedWarc):
            continue
        articles.add_surface(work.conn, payload, surface(page, payload.charset), method=METHOD)
    return articles.sightings(work.conn, article_id, extractor=extractor, method=METHOD) if pending else seen


def _set_addresses(work: Work, urls: Iterable[str], extractor: str) -> None:
    """Assign URLs to articles; the articles that gained or lost an address wait to be folded anew."""
    for url in urls:
        declared = articles.declared_canonical(work.conn, url, extractor=extractor)
        with transaction(work.conn):
            before = articles.article_of(work.conn, url)
            after = articles.set_address(work.conn, url, article=article_address(url, declared), is_read=True)
            articles.queue_fold(work.conn, {after} | ({before} if before is not None else set()))


def shown_address(article: str, seen: Sequence[articles.Seen]) -> str:
    """Where an article answers: what it last declared as canonical, else as it was fetched, without trackers.

    `article` is the canonical URL that is its key; of several addresses as fetched the shortest, over TLS before not.
    """
    for one in sorted(seen, key=lambda one: one.sighting.captured_at, reverse=True):
        if one.canonical is not None and canonical_url(one.canonical) == article:
            return one.canonical
    own = {one.sighting.url for one in seen if canonical_url(one.sighting.url) == article}
    return min(map(plain_url, own or {one.sighting.url for one in seen} or {article}),
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
