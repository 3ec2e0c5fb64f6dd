"""The spider: Scrapy fetches what the frontier asks for; guard, robots and recorder stand in its way in that order."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self, cast

from scrapy import Request, Spider, signals
from scrapy.crawler import Crawler, CrawlerProcess
from scrapy.exceptions import IgnoreRequest, StopDownload
from scrapy.http import Response
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred

from archive.digests import payload_digest
from archive.errors import ArchiveError, CrawlFailed, TopicError
from archive.model import Capture, Discovery, Failure
from archive.payloads import UndecodablePayload, decoded
from archive.store import captures, runs
from archive.times import to_milliseconds
from archive.topic import Topic
from archive.urls import canonical_url, host_of, registered_domain
from archive.warc import WarcWriter, list_name, list_payload
from crawlers import rawhead
from crawlers.discover import announcement
from crawlers.errors import Unreadable
from crawlers.frontier import Fetch, due, is_article, source_fetches
from crawlers.guard import Guard
from crawlers.recorder import CAPTURE, ROLE, SOURCE, Recorder
from crawlers.robots import Robots, robots, robots_url
from crawlers.settings import guard, scrapy_settings, trust

MAX_SITEMAP_DEPTH = 3
DEPTH, RECEIVED = "stemma_depth", "stemma_received"
_PRIORITY = {"feed": 20, "sitemap": 20, "article": 0}


@dataclass(slots=True)
class Crawl:
    """What one crawl works with; its middlewares find it on the spider."""

    topic: Topic
    conn: sqlite3.Connection
    recorder: Recorder
    guard: Guard
    program: str
    progress: Callable[[str], None]
    sources_only: bool = False
    asked: set[str] = field(default_factory=set)
    requests: int = 0
    fatal: ArchiveError | None = None


class ArchiveSpider(Spider):
    """Asks for every source, and for every article that is due or newly announced."""

    name = "stemma"

    def __init__(self, crawl: Crawl, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.crawl = crawl

    async def start(self) -> AsyncIterator[Request]:
        """Sources first, so that new articles are known before old ones are looked at again."""
        crawl = self.crawl
        for fetch in source_fetches(crawl.topic.sources):
            if request := self._request(fetch):
                yield request
        if crawl.sources_only:
            return
        # Read whole: discoveries are written to the same database while the requests go out.
        waiting = list(captures.looks(crawl.conn))
        crawl.asked.update(canonical_url(look.url) for look in waiting)
        for fetch in due(waiting, now=crawl.recorder.clock(), revisit=crawl.topic.crawl.revisit):
            if request := self._request(fetch):
                yield request

    def _request(self, fetch: Fetch, *, depth: int = 0) -> Request | None:
        """The request of a fetch; None once the run's budget is spent."""
        crawl = self.crawl
        if crawl.topic.crawl.requests is not None and crawl.requests >= crawl.topic.crawl.requests:
            crawl.recorder.count("over budget")
            return None
        crawl.requests += 1
        try:
            return Request(
                fetch.url, callback=self.read_source if fetch.role in ("feed", "sitemap") else self.keep,
                errback=self.note_failure, priority=_PRIORITY.get(fetch.role, 0),
                meta={ROLE: fetch.role, SOURCE: fetch.source, DEPTH: depth,
                      "download_slot": registered_domain(host_of(fetch.url))},
            )
        except ValueError as error:
            self._fail("crawl", fetch.url, str(error))
            return None

    async def keep(self, response: Response) -> None:
        """An article needs nothing more: the recorder has kept it."""
        self.crawl.progress(response.url)

    async def read_source(self, response: Response) -> AsyncIterator[Request]:
        """Discoveries of a feed or sitemap, its further files, and the articles that were not known."""
        capture = cast("Capture | None", response.meta.get(CAPTURE))
        if capture is None or not 200 <= capture.status < 300 or capture.truncated:
            return
        try:
            read = announcement(capture, response.body)
        except Unreadable as error:
            self._fail("discover", capture.url, str(error))
            captures.add_discoveries(self.crawl.conn, capture.record, ())
            return
        captures.add_discoveries(self.crawl.conn, capture.record, read.discoveries)
        if self.crawl.sources_only:
            return
        depth = response.meta[DEPTH] + 1
        for child in read.children if depth <= MAX_SITEMAP_DEPTH else ():
            if request := self._request(Fetch(url=child, role="sitemap", source=capture.source or ""), depth=depth):
                yield request
        for request in self._new_articles(read.discoveries):
            yield request

    def _new_articles(self, discoveries: tuple[Discovery, ...]) -> Iterator[Request]:
        for discovery in discoveries:
            key = canonical_url(discovery.url)
            if key in self.crawl.asked or not is_article(discovery.url):
                continue
            self.crawl.asked.add(key)
            if request := self._request(Fetch(url=discovery.url, role="article", source=discovery.source)):
                yield request

    def note_failure(self, failure: Any) -> None:
        """What robots or the guard refused is counted; what failed on the way was recorded."""
        if isinstance(failure.value, Refused):
            self.crawl.recorder.count("refused")

    def _fail(self, stage: str, subject: str, reason: str) -> None:
        failure = Failure(stage=stage, subject=subject, reason=reason, at=self.crawl.recorder.clock())
        runs.add_failure(self.crawl.conn, failure, program=self.crawl.program)
        self.crawl.recorder.count("failed")


class Refused(IgnoreRequest):
    """A request that must not be made; no exchange took place."""


class _Middleware:
    """What the three share: they find the crawl on the spider."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.crawl: Crawl = cast(ArchiveSpider, crawler.spider).crawl

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)


class GuardMiddleware(_Middleware):
    """Refuses addresses that may not be fetched, redirect targets included."""

    def process_request(self, request: Request) -> None:
        """Raise Refused with the reason, or let the request pass."""
        if reason := self.crawl.guard.refusal(request.url):
            raise Refused(f"{request.url}: {reason}")
        request.meta["download_slot"] = registered_domain(host_of(request.url))


class RobotsMiddleware(_Middleware):
    """Asks each host for its rules once in a crawl; every request waits for them."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._rules: dict[str, asyncio.Task[Robots]] = {}

    async def process_request(self, request: Request) -> None:
        """Raise Refused for what the host's rules forbid; slow down to the delay that they ask for."""
        if request.meta.get(ROLE) == "robots":
            return
        address = robots_url(request.url)
        if address not in self._rules:
            self._rules[address] = asyncio.ensure_future(self._fetch(address))
        rules = await asyncio.shield(self._rules[address])
        if not rules.allows(request.url):
            raise Refused(f"{request.url}: robots.txt forbids it")
        if rules.crawl_delay is not None:
            self._slow_down(request, rules.crawl_delay)

    async def _fetch(self, address: str) -> Robots:
        engine = self.crawler.engine
        assert engine is not None
        request = Request(address, meta={ROLE: "robots"}, priority=100)
        agent = self.crawl.topic.crawl.agent
        try:
            response = await engine.download_async(request)
        except Exception:  # noqa: BLE001  # whatever went wrong, there was no answer: RFC 9309 then forbids
            return robots(status=None, body=b"", agent=agent)
        capture: Capture | None = response.meta.get(CAPTURE)
        if capture is None or capture.truncated == "disconnect":
            return robots(status=None, body=b"", agent=agent)
        return robots(status=response.status, body=_decoded(capture, response.body), agent=agent)

    def _slow_down(self, request: Request, delay: float) -> None:
        engine = self.crawler.engine
        slot = engine.downloader.slots.get(request.meta["download_slot"]) if engine is not None else None
        if slot is not None and slot.delay < delay:
            slot.delay = delay


def _decoded(capture: Capture, body: bytes) -> bytes:
    try:
        return decoded(body, content_encoding=capture.content_encoding, limit=len(body) * 100 + 1_000_000)
    except UndecodablePayload:
        return b"User-agent: *\nDisallow: /\n"  # rules that cannot be read are taken as a refusal


class RecorderMiddleware(_Middleware):
    """Nearest to the network: sees each payload as received and every redirect hop, and records it first."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        crawler.signals.connect(self.bytes_received, signals.bytes_received)

    def process_response(self, request: Request, response: Response) -> Response:
        """Record the exchange; a full disk ends the crawl with nothing half written."""
        try:
            request.meta[CAPTURE] = self.crawl.recorder.record(request, response)
        except ArchiveError as error:
            self._stop(error)
            raise IgnoreRequest(str(error)) from error
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Record that there was no answer; refusals are no fetches."""
        if isinstance(exception, IgnoreRequest):
            return
        try:
            self.crawl.recorder.record_failure(request, exception)
        except ArchiveError as error:
            self._stop(error)

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Stop a body at the limit; what came until then is kept and marked as cut off."""
        received = request.meta.get(RECEIVED, 0) + len(data)
        request.meta[RECEIVED] = received
        if received > self.crawl.topic.crawl.max_body_bytes:
            raise StopDownload(fail=False)

    def _stop(self, error: ArchiveError) -> None:
        if self.crawl.fatal is None:
            self.crawl.fatal = error
            engine = self.crawler.engine
            assert engine is not None
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason="archive error"))


class GuardedResolver(CachingThreadedResolver):
    """Names are judged by the address that the connection then uses, so an answer cannot change in between."""

    guard = Guard()

    def getHostByName(self, name: str, timeout: Any = ()) -> Deferred[str]:
        """The address of a name; an OSError that says why where it may not be asked."""
        found: Deferred[str] = super().getHostByName(name, timeout)
        return found.addCallback(lambda address: self._checked(name, address))

    def _checked(self, name: str, address: str) -> str:
        if reason := self.guard.refusal_of_address(name, ip_address(address)):
            raise OSError(reason)
        return address


def crawl(
    topic: Topic, conn: sqlite3.Connection, *, warc_folder: Path, clock: Callable[[], datetime], program: str,
    progress: Callable[[str], None], sources_only: bool = False,
) -> dict[str, int]:
    """Run one crawl to its end and return its counts; once in a process, as Twisted's reactor starts only once.

    Raises CrawlFailed, or the archive's own error, for what is not a page's fault; KeyboardInterrupt after Ctrl-C.
    """
    writer = WarcWriter(warc_folder, started_at=clock(), software=f"stemma-archive/{program}")
    recorder = Recorder(conn=conn, writer=writer, clock=clock)
    work = Crawl(topic=topic, conn=conn, recorder=recorder, guard=guard(topic), program=program, progress=progress,
                 sources_only=sources_only)
    rawhead.install()
    GuardedResolver.guard = work.guard
    with TemporaryDirectory() as folder:
        trust(_authorities(topic), bundle=Path(folder) / "authorities.pem")
        try:
            _keep_lists(topic, recorder)
            process = CrawlerProcess(scrapy_settings(topic))
            crawler = process.create_crawler(ArchiveSpider)
            process.crawl(crawler, crawl=work)
            process.start()
        finally:
            with suppress(OSError):
                writer.close()
    if work.fatal is not None:
        raise work.fatal
    reason = crawler.stats.get_value("finish_reason") if crawler.stats else None
    if reason == "shutdown":  # Scrapy took the signal, to end what was under way; now the command ends
        raise KeyboardInterrupt
    if reason not in ("finished", "closespider_timeout"):
        raise CrawlFailed(f"the crawl ended early ({reason}); see the messages above, then run it again")
    return recorder.counts


def _authorities(topic: Topic) -> list[Path]:
    files = [Path(topic.path).parent / name for name in topic.crawl.authorities]
    for file in files:
        if not file.is_file():
            raise TopicError(f"{topic.path}: crawl.authorities: there is no file {file}; mend the path")
    return files


def _keep_lists(topic: Topic, recorder: Recorder) -> None:
    """URL lists are sources like any other: kept as records where they changed, and read for discoveries."""
    for source in topic.sources:
        if source.kind != "list":
            continue
        urls = source.urls or _lines(topic, source.file or "")
        name = list_name(source.name)
        digest = payload_digest(list_payload(urls))
        if captures.original(recorder.conn, url=name, payload_digest=digest) is None:
            capture = recorder.writer.write_list(urls, source=source.name, at=to_milliseconds(recorder.clock()))
            captures.add(recorder.conn, capture)
            read = announcement(capture, list_payload(urls))
            captures.add_discoveries(recorder.conn, capture.record, read.discoveries)


def _lines(topic: Topic, file: str) -> tuple[str, ...]:
    path = Path(topic.path).parent / file
    try:
        return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise TopicError(f"{path}: cannot read this list of URLs ({error}); mend 'file' in {topic.path}") from error
