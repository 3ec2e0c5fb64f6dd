"""Manners: a request waits for its site's turn, and sites that do not want us are left alone."""

import asyncio
from dataclasses import dataclass
from random import Random
from time import monotonic

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response

from archive import log
from crawlers.crawl import Postponed
from crawlers.earlier import waits
from crawlers.middlewares.base import CRAWL_DELAY, Middleware
from crawlers.politeness import LONGEST_WAIT, Manners, after, with_floor
from crawlers.recorder import ROLE, STARTED

TURN = "stemma_turn"  # of its site, that a request holds
# Seconds between the starts of any two requests, where sites have delays: thirty at once reached their sites up to 80
# ms after their turns, and the next requests of these sites, which count from the turn, came as much too soon.
BETWEEN_STARTS = 0.004
LONGEST_SLEEP = 0.5  # seconds, after which a waiting request looks whether the crawl is ending


@dataclass(slots=True)
class Site:
    """A registered domain in this run: its manners, whose turn it is, and when the next request may start."""

    manners: Manners
    turns: asyncio.Semaphore
    next_at: float = 0.0  # seconds of the monotonic clock
    started_at: float = float("-inf")  # of the last request, on the same clock
    asked: int = 0
    received: int = 0  # bytes
    ends_at: float = float("inf")  # when its minutes of the run are over, known from its first request on


class MannersMiddleware(Middleware):
    """Last before the network: a request waits here for its site's turn; sites that do not want us are left alone.

    Scrapy's own download slots know no Retry-After and let requests pass before an answer can close a site, so they
    are left open and all waiting is done here.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._sites: dict[str, Site] = {}
        self._places = asyncio.Semaphore(self.crawl.topic.crawl.concurrency)  # under way at once, at whatever sites
        self._door = asyncio.Lock()
        self.crawl.sent = self.sent
        minutes = self.crawl.topic.crawl.minutes
        self._ends_at = monotonic() + minutes * 60 if minutes else float("inf")
        self._asked = 0  # requests of the run, with retries, redirects and robots.txt
        self._received = 0  # bytes of the run
        self._asked_to_wait = waits(self.crawl.conn, self.crawl.warcs, now=self.crawl.recorder.clock())
        self._started_at = monotonic()
        crawler.signals.connect(self.bytes_received, signals.bytes_received)
        crawler.signals.connect(self.headers_received, signals.headers_received)
        self._jitter = Random()  # noqa: S311  # spreads requests, hides nothing

    async def process_request(self, request: Request) -> None:
        """Wait for the turn; raise Refused where the site is left alone or its share of the run's budget is spent."""
        site, settings = self._site(request), self.crawl.topic.crawl
        before = site.manners
        site.manners = with_floor(before, request.meta.get(CRAWL_DELAY, 0.0))
        self._tell(request, before, site.manners)
        self._refuse_late(site)  # what is asked for in vain takes nothing from the budget
        if settings.requests is not None and self._asked >= settings.requests:
            raise Postponed("crawl.requests is spent")
        if settings.per_host_requests is not None and site.asked >= settings.per_host_requests:
            raise Postponed("crawl.per_host_requests is spent")
        if not site.asked and settings.per_host_minutes is not None:
            site.ends_at = monotonic() + settings.per_host_minutes * 60
        self._asked += 1
        site.asked += 1
        await site.turns.acquire()
        try:
            await self._wait(site)
        except BaseException:
            site.turns.release()
            raise
        request.meta[TURN] = True  # and a place among all
        request.meta[STARTED] = self.crawl.recorder.clock()
        site.started_at = monotonic()
        site.next_at = site.started_at + site.manners.wait

    async def _wait(self, site: Site) -> None:
        """Wait for the site's time, and then for a place: who waits for a site takes none from the others."""
        has_place = False
        try:
            while True:
                self._refuse_late(site)
                # A Crawl-delay that was read meanwhile counts from the last request, that for robots.txt included.
                wait = max(site.next_at, site.started_at + site.manners.floor) - monotonic()
                if wait <= 0 and has_place:
                    return
                if wait <= 0:
                    await self._places.acquire()
                    has_place = True
                    if site.manners.floor:
                        async with self._door:
                            await asyncio.sleep(BETWEEN_STARTS)
                    continue  # the site's time may have been put off meanwhile
                if has_place:
                    self._places.release()
                    has_place = False
                await asyncio.sleep(min(wait, LONGEST_SLEEP))
        except BaseException:
            if has_place:
                self._places.release()
            raise

    def sent(self, request: Request) -> None:
        """A request goes out now: its site's delay counts from here, whatever else was to be done since its turn."""
        site = self._site(request)
        site.started_at = monotonic()
        site.next_at = max(site.next_at, site.started_at + site.manners.wait)

    def _refuse_late(self, site: Site) -> None:
        """Raise Postponed for what waited in vain: the site is left alone, the crawl ends, or a budget is spent."""
        if site.manners.left_alone:
            raise Postponed(f"the site is left alone in this run: {site.manners.left_alone}")
        if self.crawl.fatal is not None or not self.crawler.crawling or monotonic() > self._ends_at:
            raise Postponed("the crawl is ending")
        if spent := self._spent(site):
            raise Postponed(f"{spent} is spent")

    def _spent(self, site: Site) -> str | None:
        """The budget that leaves no room for a further request."""
        settings = self.crawl.topic.crawl
        if settings.bytes is not None and self._received >= settings.bytes:
            return "crawl.bytes"
        if settings.per_host_bytes is not None and site.received >= settings.per_host_bytes:
            return "crawl.per_host_bytes"
        return "crawl.per_host_minutes" if monotonic() > site.ends_at else None

    def headers_received(self, headers: Headers, request: Request) -> None:
        """Count the head; by its parsed lines, which is what it is but for blanks."""
        self._count(request, len(headers.to_string()))

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Count a piece of a body."""
        self._count(request, len(data))

    def _count(self, request: Request, received: int) -> None:
        self._received += received
        self._site(request).received += received

    def process_response(self, request: Request, response: Response) -> Response:
        """Learn from the answer how long to wait, and let the next request have its turn."""
        site = self._site(request)
        retry_after = response.headers.get("Retry-After")
        before = site.manners
        site.manners = after(
            before, status=response.status, latency=float(request.meta.get("download_latency", 0.0)),
            retry_after=retry_after.decode("latin-1") if retry_after else None, now=self.crawl.recorder.clock(),
            jitter=self._jitter.uniform(0.0, 0.25), is_page=request.meta.get(ROLE) != "robots",
        )
        if response.status in (429, 503):  # Retry-After counts from the answer, and a later one shortens no wait
            site.next_at = max(site.next_at, monotonic() + site.manners.wait)
        self._tell(request, before, site.manners)
        self._end_turn(site, request)
        return response

    def _tell(self, request: Request, before: Manners, now: Manners) -> None:
        """Keep why a site is left alone, once."""
        if now.left_alone and not before.left_alone:
            name = request.meta["download_slot"]
            self.crawl.failed("crawl", name, now.left_alone)
            log.event("left_alone", site=name, reason=now.left_alone)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """No answer came: the turn is over all the same."""
        del exception
        self._end_turn(self._site(request), request)

    def _end_turn(self, site: Site, request: Request) -> None:
        if request.meta.pop(TURN, False):
            site.turns.release()
            self._places.release()

    def _site(self, request: Request) -> Site:
        name = request.meta.get("download_slot", "")
        if name not in self._sites:
            settings, wait = self.crawl.topic.crawl, self._asked_to_wait.get(name, 0.0)
            reason = f"it asked to wait {wait:.0f} s from the start of this run on" if wait > LONGEST_WAIT else None
            self._sites[name] = Site(
                manners=Manners(floor=settings.delay, wait=settings.delay, left_alone=reason),
                turns=asyncio.Semaphore(settings.per_host), next_at=self._started_at + wait,
            )
        return self._sites[name]
