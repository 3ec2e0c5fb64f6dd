"""The spider: Scrapy fetches what the frontier asks for; crawlers.middlewares stands between it and the network."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from archive import log
from archive.digests import payload_digest
from archive.errors import ArchiveError, TopicError
from archive.model import Capture, Discovery
from archive.store import captures, discoveries
from archive.times import to_milliseconds
from archive.topic import CAPTURE as ASKED
from archive.topic import Topic
from archive.urls import host_of, registered_domain
from archive.warc import WarcWriter, list_name, list_payload, read_payload
from crawlers.crawl import Crawl, Postponed, Refused, unkept
from crawlers.discover import Announcement, announcement
from crawlers.errors import Unreadable
from crawlers.frontier import UNRANKED, Fetch, Ranking, due, is_article, source_fetches
from crawlers.recorder import CAPTURE, ROLE, SOURCE, Recorder
from crawlers.session import run_spider
from crawlers.settings import guard

# How far a source is followed: a robots.txt and indexes of sitemaps, pages of a feed or a section.
MAX_DEPTH = {"sitemap": 4, "feed": 20, "section": 4}
MAX_FILES = 10_000  # of one source in a run, beside the one that the topic names: years of daily sitemaps, no more
LOOKED_INTO = 2  # files of an index of sitemaps, where sources are only looked at
DEPTH = "stemma_depth"
_PRIORITY = {"feed": 20, "sitemap": 20, "section": 20, "article": 0}


class ArchiveSpider(Spider):
    """Asks for every source, and for every article that is due or newly announced."""

    name = "stemma"

    def __init__(self, crawl: Crawl, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.crawl = crawl
        self._files = Counter[str]()  # asked for so far, by source

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Scrapy's way to make one."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.release, signals.spider_idle)
        crawler.signals.connect(spider.dropped, signals.request_dropped)
        crawler.signals.connect(spider.stop, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Sources first: what they have that is new is asked for before old articles are looked at again.

        Nothing is yielded: all that is planned waits in `crawl.waiting`, of which the scheduler makes requests.
        """
        crawl = self.crawl
        for url in crawl.only:
            self._add(Fetch(url=url, role="article", source=ASKED))
        if crawl.only:
            return
        waiting = self._due() if not crawl.sources_only else ()
        for fetch in source_fetches(crawl.topic.sources):
            self._add(fetch)
        for fetch in waiting:
            self._plan(fetch, is_found=False)
        if not crawl.sources_under_way:
            self._again()
        return
        yield  # makes this the asynchronous iterator that Scrapy asks for

    def _due(self) -> Iterable[Fetch]:
        """Read whole, and before the first source answers: what it announces is written to the same database."""
        crawl, now = self.crawl, self.crawl.recorder.clock()
        looks = discoveries.looks(crawl.conn, until=now)
        found, known = due(looks, now=now, revisit=crawl.topic.crawl.revisit, ranking=crawl.ranking)
        crawl.known.learn(known)
        return found

    def request_of(self, fetch: Fetch) -> Request:
        """The request of a fetch. Raises ValueError for what is no address."""
        return Request(
            fetch.url, callback=self.read_source if fetch.role in MAX_DEPTH else self.keep,
            errback=self.note_failure, priority=_PRIORITY.get(fetch.role, 0) + fetch.rank,
            meta={ROLE: fetch.role, SOURCE: fetch.source, DEPTH: fetch.depth,
                  "download_slot": registered_domain(host_of(fetch.url))},
        )

    def _add(self, fetch: Fetch, *, is_found: bool = True) -> None:
        """Let a fetch wait for its site's turn, once in this run; is_found: a source named it just now."""
        try:
            url = Request(fetch.url).url
        except ValueError as error:
            self.crawl.failed("crawl", fetch.url, str(error))
            log.event("refused", url=fetch.url, reason=str(error))
            return
        url = fetch.url if url == fetch.url else url  # one text in memory where they are the same
        shard = self.crawl.topic.crawl.shard
        if shard is not None and not shard.owns(url):
            self.crawl.recorder.count("of other crawlers")
            return
        if not self.crawl.known.is_repeated(url, is_article=fetch.role == "article"):
            self.crawl.sources_under_way += fetch.role in MAX_DEPTH
            order = (-_PRIORITY.get(fetch.role, 0) - fetch.rank, int(not is_found))
            self.crawl.waiting.add(registered_domain(host_of(url)), order, fetch)

    def _plan(self, fetch: Fetch, *, is_found: bool = True) -> None:
        """Let an article wait for its site's turn, or for others where it has to."""
        if fetch.is_last:
            self.crawl.last.append(fetch)
        elif fetch.is_again:
            self.crawl.again.append(fetch)
        else:
            self._add(fetch, is_found=is_found)

    def _source_done(self) -> None:
        """With the last source read, it is time for what is to be looked at again."""
        self.crawl.sources_under_way -= 1
        if not self.crawl.sources_under_way:
            self._again()

    def _again(self) -> None:
        waiting, self.crawl.again = self.crawl.again, []
        for fetch in waiting:
            self._add(fetch, is_found=False)

    def release(self) -> None:
        """With nothing else to do: what had to wait, at the end what is clearly off the topic by its announcement."""
        self._again()
        if not self.crawl.waiting:
            waiting, self.crawl.last = self.crawl.last, []
            for fetch in waiting:
                self._add(fetch, is_found=False)
            self.crawl.recorder.count("ranked last", len(self.crawl.waiting))
        if (entry := self.crawl.waiting.next({}, most=1)) is not None:
            # By the engine's own door, which wakes it.
            self.crawler.engine.crawl(self.request_of(entry) if isinstance(entry, Fetch) else entry)
            raise DontCloseSpider

    def dropped(self, request: Request) -> None:
        """A source that redirects to another one is done with: that one is read anyway."""
        if request.meta.get(ROLE) in MAX_DEPTH:
            self._source_done()

    async def keep(self, response: Response) -> None:
        """An article needs nothing more: the recorder has kept it."""
        self.crawl.progress(response.url)

    async def read_source(self, response: Response) -> None:
        """Discoveries of a source, its further files, and the articles that were not known."""
        self._read(response)
        self._source_done()  # after what it led to

    def _read(self, response: Response) -> None:
        capture = cast("Capture | None", response.meta.get(CAPTURE))
        body = self._payload(capture, response.body) if capture is not None else None
        if capture is None or body is None:
            return
        depth = response.meta[DEPTH] + 1
        self._follow(capture, body, depth)
        try:
            read = announcement(capture, body, sitemap_days=self.crawl.topic.crawl.sitemap_days)
            self.crawl.readable(capture.url)
        except Unreadable as error:
            self.crawl.failed("discover", capture.url, str(error))
            read = Announcement(discoveries=())
        discoveries.add_discoveries(self.crawl.conn, capture.record, read.discoveries)
        if not self.crawl.sources_only:
            self._announced(capture, read, depth)
        elif self.crawl.follow is None and capture.role == "sitemap":  # an index announces nothing by itself
            self._further(capture, read.children[:LOOKED_INTO], depth)

    def _announced(self, capture: Capture, read: Announcement, depth: int) -> None:
        """The articles that were not known, and the source's further files."""
        fresh = self._new_articles(read.discoveries)
        for fetch in fresh:
            self._plan(fetch)
        # A page of a feed or section that brought nothing new is the end of what is new.
        if capture.role == "sitemap" or fresh:
            self._further(capture, read.children, depth)

    def _further(self, capture: Capture, children: Iterable[str], depth: int) -> None:
        """The further files of a source, as far as it is followed."""
        source = capture.source or ""
        for child in children if depth <= MAX_DEPTH[capture.role] else ():
            if self._files[source] >= MAX_FILES:
                self.crawl.failed("discover", capture.url, f"this source has over {MAX_FILES:,} files")
                return
            self._files[source] += 1
            self._add(Fetch(url=child, role=capture.role, source=source, depth=depth))

    def _follow(self, capture: Capture, body: bytes, depth: int) -> None:
        """Where the caller wants to go from the answer of a source."""
        if self.crawl.follow is not None and depth <= MAX_DEPTH[capture.role]:
            for fetch in self.crawl.follow(capture, body):
                self._add(replace(fetch, depth=depth))

    def _payload(self, capture: Capture, body: bytes) -> bytes | None:
        """What a source's capture says; of an unchanged sitemap what is held, since its further files may be new."""
        if capture.truncated:
            return None
        if capture.status == 304 and capture.role == "sitemap":
            held = captures.original(self.crawl.conn, url=capture.url, payload_digest=capture.payload_digest)
            return read_payload(self.crawl.warcs, held.record) if held is not None else None
        return body if 200 <= capture.status < 300 else None

    def _new_articles(self, discoveries: tuple[Discovery, ...]) -> list[Fetch]:
        """What was not known, the promising first."""
        found = []
        for one in discoveries:
            if is_article(one.url) and self.crawl.known.is_new(one.url):
                found.append(self.crawl.ranking.fetch(one.url, source=one.source, title=one.title, lead=one.lead))
        return sorted(found, key=lambda fetch: -fetch.rank)

    def stop(self, failure: Any) -> None:
        """What an answer said could not be kept: end the crawl with why, as Scrapy would log it and go on."""
        error = failure.value
        if self.crawl.fatal is None and isinstance(error, ArchiveError | sqlite3.Error | OSError):
            self.crawl.fatal = unkept(error)
            self._closing = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="archive error"))

    def note_failure(self, failure: Any) -> None:
        """What robots or the guard refused is kept with its reason; what failed on the way was recorded."""
        if isinstance(failure.value, Postponed):
            self.crawl.postponed(failure.request.url, str(failure.value))
        elif isinstance(failure.value, Refused):
            self.crawl.refused(failure.request.url, str(failure.value))
        if failure.request.meta.get(ROLE) in MAX_DEPTH:
            self._source_done()


class Crawled(NamedTuple):
    """What a crawl came to: its counts, its failures by reason, and whether it asked and got no answer of any kind."""

    counts: dict[str, int]
    failures: Counter[str]
    is_silent: bool


def crawl(
    topic: Topic, conn: sqlite3.Connection, *, warc_folder: Path, clock: Callable[[], datetime], program: str,
    progress: Callable[[str], None], ranking: Ranking = UNRANKED, sources_only: bool = False, only: Sequence[str] = (),
    follow: Callable[[Capture, bytes], Iterable[Fetch]] | None = None,
) -> Crawled:
    """Run one crawl to its end.

    Once in a process, as Twisted's reactor starts only once.

    With sources_only no article is fetched, with `only` these addresses and nothing else; `follow` tells where else the
    answer of a source leads.
    Raises CrawlFailed, or the archive's own error, for what is not a page's fault; KeyboardInterrupt after Ctrl-C.
    """
    writer = WarcWriter(warc_folder, started_at=clock(), software=f"stemma-archive/{program}")
    recorder = Recorder(conn=conn, writer=writer, clock=clock)
    work = Crawl(
        topic=topic, conn=conn, recorder=recorder, warcs=warc_folder, guard=guard(topic), program=program,
        progress=progress, ranking=ranking, sources_only=sources_only, only=tuple(only), follow=follow,
    )
    run_spider(ArchiveSpider, work, prepare=lambda: _keep_lists(
        {ASKED: tuple(only)} if only else _lists(topic), recorder))
    return Crawled(recorder.counts, work.failures, recorder.unanswered > 0 and not recorder.answers)


def _lists(topic: Topic) -> dict[str, tuple[str, ...]]:
    """The lists by their sources; of one of several crawlers, what is its own of them."""
    found: dict[str, tuple[str, ...]] = {}
    shard = topic.crawl.shard
    for source in topic.sources:
        if source.kind == "list":
            urls = source.urls or _lines(topic, source.file or "")
            own = tuple(filter(shard.owns, urls)) if shard is not None else urls
            found[source.name] = found.get(source.name, ()) + own
    return found if shard is None else {name: urls for name, urls in found.items() if urls}


def _keep_lists(lists: Mapping[str, tuple[str, ...]], recorder: Recorder) -> None:
    """URL lists are sources like any other: kept as records where they changed, and read for discoveries."""
    for source, urls in lists.items():
        name = list_name(source)
        digest = payload_digest(list_payload(urls))
        if captures.original(recorder.conn, url=name, payload_digest=digest) is None:
            capture = recorder.writer.write_list(urls, source=source, at=to_milliseconds(recorder.clock()))
            captures.add(recorder.conn, capture)
            read = announcement(capture, list_payload(urls))
            discoveries.add_discoveries(recorder.conn, capture.record, read.discoveries)


def _lines(topic: Topic, file: str) -> tuple[str, ...]:
    path = Path(topic.path).parent / file
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise TopicError(f"{path}: cannot read this list of URLs ({error}); mend 'file' in {topic.path}") from error
