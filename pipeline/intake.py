"""How evidence comes in: what lies in WARC files, what sources announced, what is fetched now, what people decided.

The shell around `crawlers`: each step is a query for pending work, a pure function, one write per item.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic

from archive import erasures, events, judgements, warc, withholdings
from archive.erasures import Erasure
from archive.errors import DamagedWarc
from archive.folder import DataFolder
from archive.model import Capture, FailedFetch, Failure, Judgement, RecordRef, Report
from archive.store import captures, discoveries, fold_in, health, runs
from archive.store import judgements as judged
from archive.store import withholdings as withheld
from archive.topic import Topic
from archive.urls import host_of, registered_domain
from archive.withholdings import Withholding
from crawlers.discover import announcement
from crawlers.errors import Unreadable
from crawlers.frontier import Fetch
from pipeline import PROGRAM
from pipeline.shards import with_handed
from pipeline.work import Work, by_frequency

Follow = Callable[[Capture, bytes], Iterable[Fetch]]

KEPT = frozenset({"new", "unchanged", "gone", "blocked", "redirected", "feed", "sitemap", "section", "robots", "other"})
STILL_HELD = "archive.db"
HINDERED = ("archive.db still holds what was withheld or erased, since somebody reads it; end the site, export or "
            "query that does, and run 'stemma update'")
SKIPPED = ("refused", "left for another run")  # how the crawl's counts of these begin


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
                work.fail("index", f"{path} at byte {ref.offset}", meaning.reason)
                failed["damaged records: restore their files from a backup, then run 'stemma rebuild'"] += 1
            done += _index_record(work.conn, meaning, ref)
            work.progress("index", done, 0)
    lost = dict(_lost(work))
    health.clear_found(work.conn, lost)
    for path, reason in lost.items():
        work.fail("index", path, reason)
        failed["WARC files that are missing or shorter than they were: restore them from a backup"] += 1
    return Report(step="index", done=done, failed=by_frequency(failed), attention=tuple(failed),
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
    folder = work.archive.folder.warcs
    for capture in discoveries.unread_sources(work.conn):
        record = capture.record
        if capture.is_revisit:
            # Of an imported file the original may have come in under another agent's name.
            original = captures.original(work.conn, url=capture.url, payload_digest=capture.payload_digest) \
                or captures.holder(work.conn, url=capture.url, payload_digest=capture.payload_digest)
            record = original.record if original else record
        try:
            asked = warc.asked_days(warc.read_record(folder, capture.record)) if capture.role == "list" else None
            payload = warc.read_payload(folder, record)
            found = announcement(
                capture, payload, sitemap_days=work.topic.crawl.sitemap_days, asked_days=asked
            ).discoveries
            runs.clear_failure(work.conn, stage="discover", subject=capture.url)
        except (Unreadable, DamagedWarc) as error:
            found = ()
            failed[str(error)] += 1
            work.fail("discover", capture.url, str(error))
        discoveries.add_discoveries(work.conn, capture.record, found)
        done += 1
    return Report(step="discover", done=done, failed=by_frequency(failed), seconds=monotonic() - started)


def crawl(
    work: Work, *, sources_only: bool = False, only: tuple[str, ...] = (), follow: Follow | None = None,
    handed: Mapping[str, Iterable[str]] | None = None,
) -> Report:
    """Fetch sources and what is due; every exchange is kept before anything else happens to it.

    With sources_only, `follow` tells where else the answer of a source leads; with `only`, these addresses are asked
    for, and nothing else. `handed` is what other crawlers heard of this one's sites. The report
    says of the sample of what is ranked last how much was on the topic after all.
    """
    from crawlers import spider  # scrapy is imported by this step alone
    from pipeline.topicality.promise import ranking_of

    started, fetched = monotonic(), Counter[str]()
    note_topic(work)

    def progress(url: str) -> None:
        fetched["pages"] += 1
        work.progress(f"crawl {host_of(url)}", fetched["pages"], 0)

    ranking = ranking_of(work.topic)
    sampled, lost = ranking.lost(discoveries.looks(work.conn))
    counts, failed, is_silent = spider.crawl(
        with_handed(work.topic, handed or {}), work.conn, warc_folder=work.archive.folder.warcs, clock=work.clock,
        program=PROGRAM, progress=progress, ranking=ranking, sources_only=sources_only, only=only, follow=follow,
    )
    kept = sum(n for what, n in counts.items() if what in KEPT)
    return Report(
        step="crawl", done=kept, skipped=sum(n for what, n in counts.items() if what.startswith(SKIPPED)),
        failed=by_frequency(failed), attention=_silence(work.topic, failed) if is_silent and not only else (),
        counts=(*sorted(counts.items()), ("of the sample of the last judged", sampled),
                ("of these on the topic", lost)),
        seconds=monotonic() - started,
    )


def _silence(topic: Topic, failed: Counter[str]) -> tuple[str, ...]:
    """That of all sources that were asked nothing answered, which is the network's fault and not theirs."""
    if not failed or all(source.kind == "list" for source in topic.sources):
        return ()
    why = failed.most_common(1)[0][0]
    return (f"nothing that was asked answered ({why}); check the network, http_proxy and crawl.authorities",)


def keep_topic(file: Path, topic: Topic, *, at: datetime) -> None:
    """Keep the topic file as an event where it is another than the last."""
    last = events.last_topic(file)
    if last is None or last["digest"] != topic.digest:
        events.append(file, events.Event(kind="topic", at=at, data={
            "name": topic.name, "digest": topic.digest, "file": str(Path(topic.path).resolve()), "text": topic.text}))


def note_topic(work: Work) -> None:
    """Keep the topic file as an event when it is new, and its sources and outlets in the database."""
    keep_topic(work.archive.folder.events, work.topic, at=work.clock())
    runs.set_sources(work.conn, list(_source_rows(work.topic)), list(outlet_rows(work.topic)))


def read_judgements(work: Work) -> Report:
    """Bring what people decided into the database; lines of events.jsonl that are none are failures, by their number.

    Their articles are queued, so that their links and families are decided anew.
    """
    started, wanted = monotonic(), dict[int, Judgement]()
    file = work.archive.folder.events
    read = events.read(file)
    wrong = {f"{file.name} line {damage.line}": damage.reason for damage in read.damage}
    for ordinal, event in enumerate(read.of(judgements.KIND), start=1):
        try:
            wanted[ordinal] = judgements.from_event(event)
        except ValueError as error:
            wrong[f"{file.name} judgement {ordinal}"] = str(error)
    changed = judged.replace(work.conn, wanted)
    for mended in runs.subjects(work.conn, stages=["events"]) - wrong.keys():
        runs.clear_failure(work.conn, stage="events", subject=mended)
    for subject, reason in wrong.items():
        work.fail("events", subject, reason)
    return Report(step="judge", done=changed, failed=by_frequency(Counter(wrong.values())),
                  seconds=monotonic() - started)


def read_withholdings(work: Work) -> Report:
    """Bring what people withheld, or show again, into the database; what is wrong in events.jsonl is a failure.

    What is withheld from now on leaves the database in this step, whatever else is pending.
    """
    started = monotonic()
    decisions, wrong = withholdings_of(work.archive.folder.events)
    erased = {erasure.url for erasure in erasures_of(work.archive.folder.events)[0]}
    changed = withheld.replace(work.conn, {
        url: replace(one, is_erased=url in erased) for url, one in withholdings.standing(decisions).items()})
    if changed:  # until `fold_withheld` has done so, also after a kill
        runs.add_failure(work.conn, Failure(
            stage="withhold", subject=STILL_HELD, reason=HINDERED, at=work.clock()), program=PROGRAM)
    for subject, reason in wrong.items():
        work.fail("withhold", subject, reason)
    return Report(step="withhold", done=changed, failed=by_frequency(Counter(wrong.values())),
                  seconds=monotonic() - started)


def fold_withheld(work: Work) -> Report:
    """Overwrite in the database's file what left the database; that a reader hinders this needs a person."""
    started = monotonic()
    if STILL_HELD not in runs.subjects(work.conn, stages=["withhold"]):
        return Report(step="fold")
    if fold_in(work.conn):
        runs.clear_failure(work.conn, stage="withhold", subject=STILL_HELD)
        return Report(step="fold", done=1, seconds=monotonic() - started)
    return Report(step="fold", failed=((HINDERED, 1),), attention=(HINDERED,), seconds=monotonic() - started)


def withholdings_of(file: Path) -> tuple[list[Withholding], dict[str, str]]:
    """What events.jsonl has of texts that are withheld or shown again, and what is wrong with other such lines."""
    found, wrong = list[Withholding](), dict[str, str]()
    for ordinal, event in enumerate(events.read(file).of(withholdings.KIND), start=1):
        try:
            found.append(withholdings.from_event(event))
        except ValueError as error:
            wrong[f"{file.name} withholding {ordinal}"] = str(error)
    return found, wrong


def decided_there(work: Work, folder: Path) -> Report:
    """What people decided in an archive whose files were taken over, which is not: withheld there, shown here."""
    there, here = (withholdings.standing(withholdings_of(DataFolder(one).events)[0])
                   for one in (folder, work.archive.folder.path))
    judgements_there = len(events.read(DataFolder(folder).events).of(judgements.KIND))
    return Report(
        step="decided", counts=(("judgements of the other archive that were not taken over", judgements_there),),
        attention=tuple(f"{url} is withheld in {folder}; 'stemma withhold' it here too, or show it there again"
                        for url in sorted(there.keys() - here.keys())))


def erase_pending(work: Work) -> Report:
    """Overwrite in WARC files what was decided to be erased and is not yet, and take it from the database.

    Mostly there is nothing: `stemma erase` does it itself. A run that was killed, or files that came back from an older
    backup, are gone on with here.
    """
    started, folder, done = monotonic(), work.archive.folder, 0
    found, wrong = erasures_of(folder.events)
    told = runs.subjects(work.conn, stages=["log"])  # by a verification while they were pending
    for path, wanted in erasures.by_path(erasures.fillers(found)):
        pending = warc.unfilled(folder.warcs, path, wanted)
        # Also of what was done before: the run may have been killed between the two. Fetches without an answer are
        # known by their records alone, so by those that still stand.
        withheld.forget(
            work.conn, [RecordRef(path=path, offset=offset, length=len(written)) for offset, written in wanted.items()
                        if captures.capture_at(work.conn, path=path, offset=offset) is not None],
            [meaning for offset in pending if isinstance(meaning := warc.meaning_at(folder.warcs, RecordRef(
                path=path, offset=offset, length=len(wanted[offset]))), FailedFetch)])
        if pending:
            warc.overwrite(folder.warcs, path, pending)
        for subject in told & {f"{path} at byte {offset}" for offset in wanted}:
            runs.clear_failure(work.conn, stage="log", subject=subject)
        done += len(pending)
    for subject, reason in wrong.items():
        work.fail("erase", subject, reason)
    return Report(step="erase", done=done, failed=by_frequency(Counter(wrong.values())), seconds=monotonic() - started)


def erasures_of(file: Path) -> tuple[list[Erasure], dict[str, str]]:
    """The erasures that events.jsonl has, and what is wrong with others."""
    found, wrong = list[Erasure](), dict[str, str]()
    for ordinal, event in enumerate(events.read(file).of(erasures.KIND), start=1):
        try:
            erasure = erasures.from_event(event)
            erasures.fillers([erasure])
            found.append(erasure)
        except ValueError as error:
            wrong[f"{file.name} erasure {ordinal}"] = str(error)
    return found, wrong


def _source_rows(topic: Topic) -> Iterator[dict[str, str | None]]:
    for source in topic.sources:
        yield {"name": source.name, "outlet": source.outlet, "kind": source.kind, "address": source.url or source.file,
               "country": source.country, "language": source.language}


def outlet_rows(topic: Topic) -> Iterator[dict[str, str | None]]:
    """Registered domains of the sources; a list names an outlet only where all its addresses are of one."""
    for source in topic.sources:
        domains = {registered_domain(host_of(url)) for url in ([source.url] if source.url else source.urls)}
        if len(domains) == 1:
            yield {"domain": domains.pop(), "outlet": source.outlet, "country": source.country,
                   "owner": source.owner}
