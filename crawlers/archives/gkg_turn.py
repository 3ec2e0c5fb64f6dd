"""Discoveries from GDELT's bulk files: its lists are read by parts, then each file of the span."""

from archive.digests import payload_digest
from archive.model import Memento, Slice
from archive.store import captures, discoveries, slices
from archive.times import to_milliseconds
from archive.urls import host_of
from crawlers.archives import cdx, gkg
from crawlers.archives.gdelt import SOURCE
from crawlers.archives.ranges import Busy, NoRanges, Stretch
from crawlers.archives.turn import Turn
from crawlers.archives.wayback import ask_slices
from crawlers.crawl import Refused
from crawlers.discover import announcement
from crawlers.errors import Unreadable


async def list_files(turn: Turn) -> None:
    """Read the lists of files; where a list was read to its end, it is read on from there."""
    await ask_slices(turn, _read_list)


async def announce(turn: Turn) -> None:
    """Read the lists, then what they name, the oldest first."""
    await list_files(turn)
    for one in slices.wanted(turn.crawl.conn, turn.scope):
        if turn.is_over:
            return
        await _read(turn, one)


async def _read_list(turn: Turn, part: Slice) -> bool:
    """A part of a list, kept with the place of the next."""
    start = int(part.resume_key or 0)
    got = await _part(turn, f"{gkg.FOLDER}/{part.what}", start, turn.crawl.topic.backfill.range_bytes)
    if got is None:
        return False
    if not start and not got.body:
        raise Unreadable("the list is empty")
    is_over = part.end + gkg.LATE <= turn.crawl.recorder.clock()
    lines = gkg.whole_lines(got.body, is_end=got.is_end and is_over)  # of a list that grows the last may be unfinished
    resume_key = None if got.is_end and is_over else str(start + len(lines))
    slices.answered(turn.crawl.conn, part, gkg.files(lines, part), resume_key=resume_key)
    if got.is_end and not is_over:
        raise Unreadable("the span is not over; the list is read on by the next backfill")
    turn.count("parts of lists read")
    return True


async def _part(turn: Turn, path: str, start: int, length: int) -> Stretch | None:
    """Bytes of a list or file; None where there was no answer, or the server is left in peace. Raises Unreadable."""
    url = f"{turn.crawl.topic.backfill.gdelt_files}/{path}"
    try:
        got = await turn.read(url, start=start, length=length)
    except (Refused, Busy, NoRanges) as error:
        turn.stop(f"{url}: {error}")
        return None
    return got if got is not None and (got.body or got.is_end) else None


async def _read(turn: Turn, one: Memento) -> None:
    """A file, whose wanted articles are announced; one that is not what its list says is passed over."""
    crawl = turn.crawl
    try:
        packed = await _whole(turn, one)
        if packed is None:
            slices.settle_memento(crawl.conn, turn.scope.service, one, "waiting", turn.stopped or "no whole answer")
            turn.count("no answer")
            return
        read = gkg.reading(gkg.checked(packed, one), wants=lambda url, title: _is_wanted(turn, url, title))
    except Unreadable as error:
        crawl.failed("backfill", one.original, str(error))
        slices.settle_memento(crawl.conn, turn.scope.service, one, "missing", str(error))
        turn.count("files that cannot be read")
    else:
        _announce(turn, one, read)
        slices.settle_memento(crawl.conn, turn.scope.service, one, "kept")
        turn.count("files read")
        turn.count("lines passed over", read.passed_over)
    turn.progress += 1


async def _whole(turn: Turn, one: Memento) -> bytes | None:
    """The bytes of a file, which are few enough to be held."""
    size, packed = one.length or 0, b""
    if size > gkg.MAX_PACKED_BYTES:
        raise Unreadable(f"it has {size:,} bytes, which is over the limit of {gkg.MAX_PACKED_BYTES:,}")
    while len(packed) < size:
        left = min(size - len(packed), turn.crawl.topic.backfill.range_bytes)
        got = await _part(turn, one.original, len(packed), left)
        if got is None:
            return None
        packed += got.body
        if got.is_end:
            break
    return packed


def _is_wanted(turn: Turn, url: str, title: str | None) -> bool:
    """Whether an article is of the topic's hosts, or speaks for itself by its headline or address."""
    return cdx.host_prefix(host_of(url)) in turn.hosts or (turn.crawl.ranking.weigh(url, title, None) or 0) > 0


def _announce(turn: Turn, one: Memento, read: gkg.Reading) -> None:
    """Keep what is wanted of a file as a record of our own, and as what the source announced.

    The file itself is not kept: 2,000 lines for the few that count, 96 times a day. A rebuild reads the record.
    """
    recorder, name, payload = turn.crawl.recorder, gkg.record_name(one), gkg.payload(read.articles)
    if not payload or captures.original(recorder.conn, url=name, payload_digest=payload_digest(payload)) is not None:
        return
    capture = recorder.writer.write_resource(
        name, payload, media_type=gkg.TYPE, source=SOURCE, at=to_milliseconds(recorder.clock()))
    captures.add(recorder.conn, capture)
    discoveries.add_discoveries(recorder.conn, capture.record, announcement(capture, payload).discoveries)
    turn.count("articles announced", len(read.articles))
