"""Backfill from CC-NEWS: month by month its files are read whole, part by part, and the hosts' records copied.

There is no index: what is wanted is found by reading all. A file is gone on with at the byte where it stopped.
"""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from archive.errors import UnreadableFile
from archive.foreign import Foreign, Referring, Unusable, plain, responses
from archive.members import MemberReader, RecordHead, Run
from archive.model import Memento, Slice
from archive.store import slices
from archive.urls import host_of, registered_domain
from crawlers.archives import ccnews
from crawlers.archives.commoncrawl_turn import keep_found, problem_of
from crawlers.archives.imports import keep_revisit
from crawlers.archives.ranges import Absent, Stretch
from crawlers.archives.span import CC_NEWS
from crawlers.archives.turn import Turn
from crawlers.archives.wayback import ask_slices, delay
from crawlers.crawl import Refused
from crawlers.errors import Unreadable


async def list_files(turn: Turn) -> None:
    """Ask for the list of every month, and for the sizes of some of the files; no file is read."""
    await ask_slices(turn, _ask_one)
    waiting = slices.wanted(turn.crawl.conn, turn.scope)
    unknown = [one for one in waiting if one.length is None]
    missing = max(0, ccnews.SAMPLE - (len(waiting) - len(unknown)))
    for one in unknown[::max(1, len(unknown) // ccnews.SAMPLE)][:missing]:
        if turn.is_over:
            return
        part = await _part(turn, one, start=0, length=1)
        if part is not None:
            slices.reached(turn.crawl.conn, turn.scope.service, one, int(one.place or 0), size=part.size)


async def bring(turn: Turn) -> None:
    """Ask for the lists, then read what they name, the oldest first."""
    await ask_slices(turn, _ask_one)
    for one in slices.wanted(turn.crawl.conn, turn.scope):
        if turn.is_over:
            return
        await _read(turn, one)


async def _ask_one(turn: Turn, part: Slice) -> bool:
    """One month's list; that of a month which is not over is asked for again by the next backfill."""
    settings, conn = turn.crawl.topic.backfill, turn.crawl.conn
    answer = await turn.ask_index(
        ccnews.list_address(part, base=settings.commoncrawl_files),
        delay=delay(settings.commoncrawl_files, settings.cdx_delay),
    )
    if answer is None or turn.stopped:
        return False
    is_over = part.end + ccnews.LONGEST <= turn.crawl.recorder.clock()
    if answer.status == 404 and is_over:
        slices.settle(conn, part, "done", "there is no list of this month")
    elif answer.status == 200:
        found = ccnews.files(answer.body, part)
        slices.answered(conn, part, found, resume_key=None if is_over else "the list grows")
    if answer.status not in (200, 404):
        raise Unreadable(f"the list of files is answered {answer.status}")
    if not is_over:
        raise Unreadable("the month is not over; its list is asked for again")
    turn.count("answers of the index")
    return True


async def _part(turn: Turn, one: Memento, *, start: int, length: int) -> Stretch | None:
    """Bytes of a file; None where there are none, and then it is noted why."""
    url = f"{turn.crawl.topic.backfill.commoncrawl_files}/{one.original}"
    try:
        part = await turn.read(url, start=start, length=length)
    except Absent as error:
        slices.settle_memento(turn.crawl.conn, turn.scope.service, one, "missing", str(error))
        turn.count("missing in the archive")
        return None
    except (Refused, Unreadable) as error:  # it would be the same for the next file
        turn.stop(f"{url}: {error}")
        part = None
    if part is not None and (part.body or part.is_end):
        return part
    slices.settle_memento(turn.crawl.conn, turn.scope.service, one, "waiting", turn.stopped or "no whole answer")
    turn.count("no answer")
    return None


async def _read(turn: Turn, one: Memento) -> None:
    """A file to its end, or until the turn is over; what was copied twice after a crash is passed over as held."""
    wants = ccnews.wants(turn.hosts, since=turn.scope.since + ccnews.LONGEST, until=turn.scope.until)
    reader, refused = MemberReader(wants, start=int(one.place or 0)), Counter[str]()
    while not turn.is_over:
        part = await _part(turn, one, start=reader.position, length=turn.crawl.topic.backfill.range_bytes)
        if part is None:
            return
        runs = reader.feed(part.body)
        is_end = part.is_end or reader.damage is not None
        for run in [*runs, *reader.finish()] if is_end else runs:
            await _copy(turn, run, one.original, wants, refused)
        turn.progress += 1
        turn.count("parts of files read")
        if is_end:
            _settle(turn, one, reader.damage, refused)
            return
        slices.reached(turn.crawl.conn, turn.scope.service, one, reader.resume_at, size=part.size)


def _settle(turn: Turn, one: Memento, damage: str | None, refused: Counter[str]) -> None:
    """A file was read to its end, with what is to be known of it."""
    reasons = [f"{n} records were refused: {reason}" for reason, n in refused.items()]
    if damage:
        turn.count("files that end in the middle of a record")
        problem_of(turn)(one.original, damage)
        reasons.append(damage)
    slices.settle_memento(turn.crawl.conn, turn.scope.service, one, "kept", "; ".join(reasons) or None)
    turn.count("files read")


async def _copy(
    turn: Turn, run: Run, name: str, wants: Callable[[RecordHead], bool], refused: Counter[str]
) -> None:
    """The captures of a run, as far as their own site lets them be taken from archives."""
    via = registered_domain(host_of(turn.crawl.topic.backfill.commoncrawl_files))
    try:
        found = list(responses(name, plain(name, io.BytesIO(run.packed)), via=via))
    except UnreadableFile as error:
        problem_of(turn)(f"{name} at byte {run.start:,}", str(error))
        return
    for one in found:
        if isinstance(one, Unusable):
            turn.count("unusable")
            problem_of(turn)(f"{name} {one.record_id}", one.reason)
        elif not wants(RecordHead(kind="response", url=one.exchange.url, date="")):
            continue  # a second record within a member, of another site
        elif reason := await turn.refusal(one.exchange.url):
            turn.count("refused")
            refused[reason] += 1
        else:
            _keep(turn, one, name)


def _keep(turn: Turn, found: Foreign | Referring, name: str) -> None:
    found = replace(found, exchange=replace(found.exchange, source=CC_NEWS))
    if isinstance(found, Foreign):
        counts = keep_found(turn, found, name)
    else:
        crawl = turn.crawl
        counts = keep_revisit(crawl.conn, crawl.recorder.writer, found, name, problem_of(turn), crawl.warcs)
    turn.count("pages", counts.pop("captures", 0))
    for what, n in counts.items():
        turn.count(what, n)
