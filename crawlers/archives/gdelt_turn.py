"""Discoveries from GDELT: its lists are asked slice by slice, cut in two where one is full."""

from archive.model import Slice
from archive.store import discoveries, slices
from archive.urls import host_of
from crawlers.archives import gdelt
from crawlers.archives.slices import halves
from crawlers.archives.turn import Turn
from crawlers.archives.wayback import ask_slices

PUBLIC = "api.gdeltproject.org"
PUBLIC_DELAY = 5.5  # seconds: it asks for one request every 5


async def announce(turn: Turn) -> None:
    """Ask for every pending slice of the scope."""
    await ask_slices(turn, _ask_one)


async def _ask_one(turn: Turn, part: Slice) -> bool:
    """One list, kept as the announcement of who asks, the backfill or a hunt; False where there was none."""
    conn, settings = turn.crawl.conn, turn.crawl.topic.backfill
    wait = max(PUBLIC_DELAY, settings.gdelt_delay) if host_of(settings.gdelt) == PUBLIC else settings.gdelt_delay
    url = gdelt.query(part, base=settings.gdelt)
    answer = await turn.ask_index(url, delay=wait, role="list", source=part.service)
    if answer is None or turn.stopped:
        return False
    try:
        found = gdelt.discoveries(answer.body, found_at=answer.capture.captured_at, source=part.service)
    except gdelt.AsksForRest as error:
        turn.stop(str(error))
        raise
    discoveries.add_discoveries(conn, answer.capture.record, found)
    turn.count("articles announced", len(found))
    shorter = halves(part, unit=gdelt.SHORTEST) if gdelt.is_full(found) else ()
    if shorter:
        slices.split(conn, part, shorter, f"{len(found)} articles: the list is full")
    else:
        slices.settle(conn, part, "done", "the list is full" if gdelt.is_full(found) else None)
    turn.count("answers of the index")
    return True
