"""Mementos of single articles, by their TimeMaps: for what no look could read and no list of a whole host has."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from archive.model import Memento, Slice
from archive.observations import GONE
from archive.store import slices
from archive.urls import host_of, is_fetchable
from crawlers.archives import cdx, gaps, wayback
from crawlers.archives.timemap import TimeMap, timemap
from crawlers.archives.turn import Turn, below, place_of, read_files
from crawlers.errors import Unreadable

DEEPEST = 2  # TimeMaps above one: a TimeMap of TimeMaps, and the pages of one that goes on
MOST = 10  # further TimeMaps of one
MOST_MEMENTOS = 10_000  # of one TimeMap that are looked at


async def bring(turn: Turn) -> None:
    """Read the TimeMaps, then fetch what was chosen of what they name."""
    firsts = await _read_timemaps(turn)
    if not turn.is_over:
        await wayback.fetch_all(turn, gaps.wanted(turn.crawl.conn, turn.scope, firsts), _fetch)


async def survey(turn: Turn) -> None:
    """Read the TimeMaps of every article that has to be asked for, and note what of them may not be fetched."""
    firsts = await _read_timemaps(turn)
    await wayback.note_refusals(turn, gaps.wanted(turn.crawl.conn, turn.scope, firsts))


async def _read_timemaps(turn: Turn) -> Mapping[str, datetime]:
    """Plan and read; the articles, and from when on mementos of them count."""
    conn, bases = turn.crawl.conn, turn.crawl.topic.backfill.timemaps
    firsts = gaps.articles(turn.crawl.topic, conn, turn.scope)
    slices.plan(conn, (
        Slice(service=turn.scope.service, what=f"{base}/{article}", start=turn.scope.since, end=turn.scope.until,
              resume_key=f"0 {article}")
        for article in firsts for base in bases
    ))
    # One after the other: the delay of an index lies between two questions.
    await read_files(turn, replace(turn.scope, whats=json.dumps(list(firsts))), _read, workers=1)
    return firsts


async def _read(turn: Turn, part: Slice) -> bool:
    """One TimeMap, kept with the further ones that it names; False where there was no answer."""
    conn, (depth, article) = turn.crawl.conn, place_of(part)
    wait = wayback.delay(part.what, turn.crawl.topic.backfill.cdx_delay)
    answer = await turn.ask_index(part.what, delay=wait)
    if answer is None or turn.stopped:
        return False
    turn.count("answers of the index")
    if answer.status in GONE or (answer.status == 200 and not answer.body.strip()):  # there are none
        slices.settle(conn, part, "done")
        return True
    if answer.status != 200:
        raise Unreadable(f"the archive answers {answer.status}")
    found = timemap(answer.body)
    further = [address for address in found.further if depth < DEEPEST and is_fetchable(address)][:MOST]
    mementos = list(_mementos(found, article, part))
    slices.plan(conn, (below(part, address) for address in further))
    slices.answered(conn, part, mementos, resume_key=None, of=article)
    turn.count("mementos named", len(mementos))
    return True


def _mementos(found: TimeMap, article: str, part: Slice) -> Iterator[Memento]:
    """Those whose payload can be had as it was captured, with its address as their place."""
    for address, at in found.mementos[:MOST_MEMENTOS]:
        raw = cdx.raw_form(_by_same_scheme(address, part.what))
        if raw is not None and at >= part.start:
            yield Memento(urlkey=raw[1], original=article, captured_at=at, digest="", place=raw[0])


def _by_same_scheme(address: str, asked: str) -> str:
    """web.archive.org writes http, and then sends each request on to https."""
    return urlsplit(address)._replace(scheme=urlsplit(asked).scheme).geturl() \
        if host_of(address) == host_of(asked) else address


async def _fetch(turn: Turn, memento: Memento) -> None:
    address, original = memento.place or "", memento.urlkey
    base = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    await wayback.fetch(turn, memento, address, original=original, base=base)
