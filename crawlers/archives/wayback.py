"""Backfill from a Wayback Machine: its index is read whole, slice by slice, then the pages are fetched as captured."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

from archive.model import Memento, Slice
from archive.store import captures, slices
from archive.urls import host_of, without_default_port
from crawlers.archives import cdx
from crawlers.archives.slices import halves
from crawlers.archives.turn import Answer, Turn
from crawlers.crawl import Refused
from crawlers.errors import Unreadable

PUBLIC = "web.archive.org"
PUBLIC_DELAY = 2.5  # seconds between two questions to its index: 0.4 a second at most
WORKERS = 4  # fetches under way at once; the archive's own delay lies between their starts


def delay(base: str, wished: float) -> float:
    """Seconds between two questions to an index."""
    return max(PUBLIC_DELAY, wished) if host_of(base) == PUBLIC else wished


async def list_pages(turn: Turn) -> None:
    """Ask the index for every pending slice of the scope."""
    await ask_slices(turn, _ask_one)


async def survey(turn: Turn) -> None:
    """Read the index, and note which of the pages may not be fetched."""
    await list_pages(turn)
    await note_refusals(turn, slices.wanted(turn.crawl.conn, turn.scope))


async def note_refusals(turn: Turn, mementos: Iterable[Memento]) -> None:
    """Ask the rules of the pages' own sites, so that what is to fetch can be said before it is."""
    conn, service = turn.crawl.conn, turn.scope.service
    before = slices.forbidden(conn, service)
    for one in mementos:
        if turn.is_over:
            return
        try:
            reason = await turn.refusal(without_default_port(one.original))
        except Refused:  # the site itself may not be asked now
            continue
        if (reason is not None) is not ((one.original, one.captured_at) in before):
            slices.settle_memento(conn, service, one, "waiting", reason)


async def ask_slices(turn: Turn, ask_one: Callable[[Turn, Slice], Awaitable[bool]]) -> None:
    """Question after question of the scope; one that cannot be answered now is passed over until the next turn."""
    given_up = set[tuple[str, datetime, datetime]]()
    while not turn.is_over:
        parts = slices.pending(turn.crawl.conn, turn.scope, limit=len(given_up) + 1)
        part = next((one for one in parts if (one.what, one.start, one.end) not in given_up), None)
        if part is None:
            return
        try:
            is_answered = await ask_one(turn, part)
        except Unreadable as error:
            slices.note(turn.crawl.conn, part, str(error))
            is_answered = False
        if is_answered:
            turn.progress += 1
        elif not turn.is_over:
            turn.count("questions without an answer")
            given_up.add((part.what, part.start, part.end))


async def _ask_one(turn: Turn, part: Slice) -> bool:
    """One answer of the index, kept with the place of the next; False where there was none."""
    conn, settings = turn.crawl.conn, turn.crawl.topic.backfill
    wait = delay(settings.wayback, settings.cdx_delay)
    answer = await turn.ask_index(cdx.query(part, base=settings.wayback), delay=wait)
    if answer is None or turn.stopped:
        return False
    try:
        page = cdx.page(answer.body, status=answer.status)
    except cdx.Excluded as error:
        slices.settle(conn, part, "refused", str(error))
        turn.count("questions that the archive refused")
        return True
    except cdx.TooMuch as error:
        shorter = halves(part, unit=cdx.SHORTEST)
        if not shorter:
            raise
        slices.split(conn, part, shorter, str(error))
        turn.count("questions cut in two")
        return True
    if page.resume_key is not None and page.resume_key == part.resume_key:
        raise Unreadable("the index names the same place to go on again")
    slices.answered(conn, part, page.mementos, resume_key=page.resume_key)
    turn.count("answers of the index")
    return True


async def bring(turn: Turn) -> None:
    """Read the index to its end, then fetch what it names."""
    await list_pages(turn)
    if not turn.is_over:
        await fetch_pages(turn)


async def fetch_pages(turn: Turn) -> None:
    """Fetch what the index named and the archive lacks, oldest first."""
    await fetch_all(turn, slices.wanted(turn.crawl.conn, turn.scope), _fetch)


async def fetch_all(
    turn: Turn, mementos: Iterable[Memento], fetch_one: Callable[[Turn, Memento], Awaitable[None]]
) -> None:
    """Fetch in the order given, until the turn is over."""
    waiting = iter(mementos)

    async def worker() -> None:
        for memento in waiting:
            if turn.is_over:
                return
            await fetch_one(turn, memento)

    await asyncio.gather(*(worker() for _ in range(WORKERS)))


async def _fetch(turn: Turn, memento: Memento) -> None:
    base = turn.crawl.topic.backfill.wayback
    original = without_default_port(memento.original)
    await fetch(turn, memento, cdx.raw_address(memento, base=base), original=original, base=base)


async def fetch(turn: Turn, memento: Memento, address: str, *, original: str, base: str) -> None:
    """Fetch a memento's payload from the archive at `base` and settle it; what is held is not fetched."""
    conn, service = turn.crawl.conn, turn.scope.service
    if captures.is_kept(conn, url=original, captured_at=memento.captured_at, via=cdx.service_name(base)):
        slices.settle_memento(conn, service, memento, "kept")
        turn.count("held already")
        return
    try:
        answer = await turn.ask(address, source=service, original=original, archive=base)
    except Refused as error:
        slices.settle_memento(conn, service, memento, "waiting", str(error))
        turn.count("refused")
        return
    if answer is None:
        slices.settle_memento(conn, service, memento, "waiting", "no whole answer")
        turn.count("no answer")
    elif answer.capture.via == cdx.service_name(base):
        slices.settle_memento(conn, service, memento, "kept", _nearest(memento, answer))
        turn.count("pages")
        turn.progress += 1
    elif answer.status in (429, 503):
        turn.stop(f"{base} answers {answer.status}; it is left in peace for now")
    else:
        slices.settle_memento(conn, service, memento, "missing", f"HTTP status {answer.status}, and no capture")
        turn.count("missing in the archive")
        turn.progress += 1


def _nearest(memento: Memento, answer: Answer) -> str | None:
    away = abs(answer.capture.captured_at - memento.captured_at)
    return f"the archive gave a capture {away} away" if away >= timedelta(seconds=1) else None
