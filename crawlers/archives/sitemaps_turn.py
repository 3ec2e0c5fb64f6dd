"""Discoveries from publishers' own archives: sitemaps read in full, file by file, for what they have of a span."""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit

from archive.model import Days, Slice
from archive.observations import GONE
from archive.payloads import UndecodablePayload, decoded
from archive.store import discoveries, slices
from crawlers.archives.turn import Turn, below, place_of, read_files
from crawlers.discover import MAX_SOURCE_BYTES, Announcement, announcement
from crawlers.errors import Unreadable
from crawlers.middlewares.rules import kept_rules
from crawlers.sitemaps import sitemap

DEEPEST = 5  # files above one, the robots.txt included: indexes of indexes are no deeper, loops are
MOST = 2_000  # files of one site for one span: five years of a sitemap a day
WORKERS = 4  # files under way at once; the sites' own delays lie between those of one site


async def announce(turn: Turn) -> None:
    """Read every pending file of the scope."""
    await read_files(turn, turn.scope, _read, workers=WORKERS)


async def _read(turn: Turn, part: Slice) -> bool:
    """One file, kept as a source's announcement, with the files that it leads to; False where there was no answer.

    Asked for without validators: a rebuild must find in its record, or in the one that it refers to, what it
    announces.
    """
    days = Days(first=part.start.date(), last=(part.end - timedelta(days=1)).date())
    if urlsplit(part.what).path == "/robots.txt":
        children = await _named_by_rules(turn, part, days)
    else:
        children = await _named_by_sitemap(turn, part, days)
    if children is None:
        return False
    slices.plan(turn.crawl.conn, (below(part, child) for child in _bounded(turn, part, children)))
    slices.settle(turn.crawl.conn, part, "done")
    return True


async def _named_by_rules(turn: Turn, part: Slice, days: Days) -> tuple[str, ...] | None:
    """The sitemaps of a robots.txt, as kept for the crawl in the last 24 hours, else asked for."""
    kept = kept_rules(turn.crawl, part.what)
    if kept is None or 300 <= kept[0].status < 400:
        answer = await turn.ask(part.what, role="robots")
        if answer is None:
            return None
        kept = answer.capture, answer.payload
    capture, payload = kept
    if capture.status >= 500:
        raise Unreadable(f"HTTP status {capture.status}")
    if capture.status >= 300:  # it has none
        return ()
    try:
        body = decoded(payload, content_encoding=capture.content_encoding, limit=MAX_SOURCE_BYTES)
        read = sitemap(body, url=part.what, source="", found_at=capture.captured_at, charset=capture.charset,
                       within=days)
    except (UndecodablePayload, Unreadable):  # most name no sitemap; an error page names none either
        return ()
    return read.children


async def _named_by_sitemap(turn: Turn, part: Slice, days: Days) -> tuple[str, ...] | None:
    """Announce what a sitemap has of the days; the further sitemaps that it names."""
    crawl, source = turn.crawl, place_of(part)[1]
    answer = await turn.ask(part.what, role="list", source=source, days=days)
    if answer is None:
        return None
    if answer.status in GONE:
        turn.count("sitemaps that are gone")
        return ()
    if not 200 <= answer.status < 300:
        raise Unreadable(f"HTTP status {answer.status}")
    try:
        read = announcement(answer.capture, answer.payload, asked_days=days)
    except Unreadable as error:
        crawl.failed("discover", answer.capture.url, str(error))
        discoveries.add_discoveries(crawl.conn, answer.capture.record, ())
        raise
    discoveries.add_discoveries(crawl.conn, answer.capture.record, read.discoveries)
    turn.count("sitemaps read")
    turn.count("articles announced", _articles(read))
    return read.children


def _articles(read: Announcement) -> int:
    return len({one.url for one in read.discoveries})


def _bounded(turn: Turn, part: Slice, children: Iterable[str]) -> list[str]:
    """The files that may still be read, as deep and as many as they are."""
    kept, room = list[str](), dict[str, int]()
    for child in children:
        site = "{0.scheme}://{0.netloc}/".format(urlsplit(child))
        if site not in room:
            room[site] = MOST - slices.planned_files(turn.crawl.conn, part, site=site)
        if place_of(part)[0] < DEEPEST and room[site] > 0:
            room[site] -= 1
            kept.append(child)
        else:
            turn.count("sitemaps beyond the bounds")
    return kept
