"""Backfill from Common Crawl: its index says where records lie, which are then asked for one by one, by byte ranges."""

import asyncio
import io
from collections import Counter
from dataclasses import replace

from archive.errors import UnreadableFile
from archive.foreign import Foreign, plain, responses
from archive.model import Failure, Memento, Slice
from archive.store import captures, runs, slices
from archive.urls import host_of, registered_domain
from crawlers.archives import commoncrawl
from crawlers.archives.imports import Problem, keep
from crawlers.archives.ranges import Busy, NoRanges
from crawlers.archives.span import COMMON_CRAWL
from crawlers.archives.turn import Turn
from crawlers.archives.wayback import WORKERS, ask_slices, delay, note_refusals
from crawlers.crawl import Refused
from crawlers.errors import Unreadable


async def bring(turn: Turn) -> None:
    """Read the index to its end, then fetch what it names."""
    await list_pages(turn)
    if turn.is_over:
        return
    waiting = iter(slices.wanted(turn.crawl.conn, turn.scope))

    async def worker() -> None:
        for memento in waiting:
            if turn.is_over:
                return
            await _fetch(turn, memento)

    await asyncio.gather(*(worker() for _ in range(WORKERS)))


async def survey(turn: Turn) -> None:
    """Read the index, and note which of the pages may not be fetched."""
    await list_pages(turn)
    await note_refusals(turn, slices.wanted(turn.crawl.conn, turn.scope))


async def list_pages(turn: Turn) -> None:
    """Ask the index of every crawl of the time in question for every host."""
    settings = turn.crawl.topic.backfill
    wait = delay(settings.commoncrawl, settings.cdx_delay)
    answer = await turn.ask_index(f"{settings.commoncrawl}/collinfo.json", delay=wait)
    if answer is None or turn.stopped:
        return
    try:
        known = commoncrawl.crawls(answer.body)
    except Unreadable as error:
        turn.stop(str(error))
        return
    names = {(crawl.start, crawl.end): crawl.name for crawl in known
             if crawl.start < turn.scope.until and crawl.end > turn.scope.since}
    slices.plan(turn.crawl.conn, (
        Slice(service=COMMON_CRAWL, what=host, start=start, end=end) for start, end in names for host in turn.hosts
    ))

    async def ask_one(turn: Turn, part: Slice) -> bool:
        name = names.get((part.start, part.end))
        if name is None:
            raise Unreadable("the crawl is no longer listed")
        return await _ask_one(turn, part, name)

    await ask_slices(turn, ask_one)


async def _ask_one(turn: Turn, part: Slice, crawl: str) -> bool:
    """First how many pages a crawl's list of a host has, then one page, kept with the number of the next.

    Asked for a page after the last, the index would answer with an error.
    """
    conn, settings = turn.crawl.conn, turn.crawl.topic.backfill
    page, pages = _place(part.resume_key)
    url = (commoncrawl.pages_query(crawl, part.what, base=settings.commoncrawl) if pages is None
           else commoncrawl.query(crawl, part.what, page=page, base=settings.commoncrawl))
    answer = await turn.ask_index(url, delay=delay(settings.commoncrawl, settings.cdx_delay))
    if answer is None or turn.stopped:
        return False
    if answer.status == 404:  # it has nothing of the host
        slices.settle(conn, part, "done")
    elif answer.status != 200:
        raise Unreadable(f"the index answers {answer.status}")
    elif pages is None:
        pages = commoncrawl.pages(answer.body)
        slices.answered(conn, part, (), resume_key=_next(page, pages))
    else:
        slices.answered(conn, part, commoncrawl.records(answer.body), resume_key=_next(page + 1, pages))
    turn.count("answers of the index")
    return True


def _place(resume_key: str | None) -> tuple[int, int | None]:
    """The page to ask for, and how many there are, once that is known."""
    page, _, pages = (resume_key or "0").partition("/")
    return int(page), int(pages) if pages else None


def _next(page: int, pages: int) -> str | None:
    return f"{page}/{pages}" if page < pages else None


async def _fetch(turn: Turn, memento: Memento) -> None:
    conn, base = turn.crawl.conn, turn.crawl.topic.backfill.commoncrawl_files
    via = registered_domain(host_of(base))
    if captures.is_kept(conn, url=memento.original, captured_at=memento.captured_at, via=via):
        slices.settle_memento(conn, COMMON_CRAWL, memento, "kept")
        turn.count("held already")
        return
    name, offset, length = commoncrawl.parted(memento.place or "")
    try:
        part = await turn.read(f"{base}/{name}", start=offset, length=length, original=memento.original)
    except Refused as error:
        slices.settle_memento(conn, COMMON_CRAWL, memento, "waiting", str(error))
        turn.count("refused")
        return
    except Unreadable as error:
        _without(turn, memento, error)
        return
    if part is None or (len(part.body) < length and not part.is_end):
        slices.settle_memento(conn, COMMON_CRAWL, memento, "waiting", "no whole answer")
        turn.count("no answer")
        return
    found = _record(part.body[:length], via)
    if found is None or found.exchange.url != memento.original:
        slices.settle_memento(conn, COMMON_CRAWL, memento, "missing", "there is no record of it")
        turn.count("missing in the archive")
    else:
        keep_found(turn, replace(found, exchange=replace(found.exchange, source=COMMON_CRAWL)), name)
        slices.settle_memento(conn, COMMON_CRAWL, memento, "kept")
        turn.count("pages")
    turn.progress += 1


def _without(turn: Turn, memento: Memento, error: Unreadable) -> None:
    """An answer that gives no part of the file: asked again later, unless the file is gone."""
    is_for_later = isinstance(error, Busy | NoRanges)
    state: slices.MementoState = "waiting" if is_for_later else "missing"
    slices.settle_memento(turn.crawl.conn, COMMON_CRAWL, memento, state, str(error))
    turn.count("no answer" if is_for_later else "missing in the archive")
    turn.progress += not is_for_later


def _record(packed: bytes, via: str) -> Foreign | None:
    """The one response in the bytes of a range; None where they hold none."""
    try:
        found = next(responses("range", plain("range", io.BytesIO(packed)), via=via), None)
    except UnreadableFile:
        return None
    return found if isinstance(found, Foreign) else None


def keep_found(turn: Turn, found: Foreign, name: str) -> Counter[str]:
    """Copy a record of a file of Common Crawl, unless it is held; returns what was done."""
    counts = Counter[str]()
    keep(turn.crawl.conn, turn.crawl.recorder.writer, found, name, counts, problem_of(turn))
    return counts


def problem_of(turn: Turn) -> Problem:
    """Where to tell what is wrong with a file."""
    crawl = turn.crawl

    def problem(subject: str, reason: str) -> None:
        failure = Failure(stage="backfill", subject=subject, reason=reason, at=crawl.recorder.clock())
        runs.add_failure(crawl.conn, failure, program=crawl.program)

    return problem
