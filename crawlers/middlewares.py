"""What stands between spider and network, in this order: guard, robots, validators, recorder, manners."""

import asyncio
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from random import Random
from time import monotonic
from typing import Any, Self, cast
from urllib.request import proxy_bypass

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.dupefilters import BaseDupeFilter
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest, StopDownload
from scrapy.http import Headers, Response
from scrapy.utils.httpobj import urlparse_cached

from archive import log, warc
from archive.errors import ArchiveError, DamagedWarc
from archive.model import Capture
from archive.observations import REDIRECTS
from archive.payloads import UndecodablePayload, decoded
from archive.store import captures, runs
from archive.urls import absolute, canonical_url, host_of, registered_domain
from crawlers.crawl import Crawl, Postponed, Refused, unkept
from crawlers.earlier import waits
from crawlers.politeness import LONGEST_WAIT, Manners, after, with_floor
from crawlers.reasons import reason_of
from crawlers.recorder import CAPTURE, ORIGINAL, ROLE, STARTED, UNKEPT, VALIDATED, WHY
from crawlers.resolver import refusal_of
from crawlers.robots import MAX_HOPS, MAX_UNPACKED_BYTES, Robots, endless, is_kept_answer, robots, robots_url

RECEIVED, CRAWL_DELAY, TURN = "stemma_received", "stemma_crawl_delay", "stemma_turn"
LONGEST_SLEEP = 0.5  # seconds, after which a waiting request looks whether the crawl is ending
ROBOTS_KEPT = timedelta(hours=24)  # RFC 9309, 2.4


class _Middleware:
    """What they share: they find the crawl on the spider."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.crawl: Crawl = cast(Any, crawler.spider).crawl

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)


class GuardMiddleware(_Middleware):
    """Refuses addresses that may not be fetched, redirect targets included."""

    def process_request(self, request: Request) -> None:
        """Raise Refused with the reason, or let the request pass."""
        if reason := self.crawl.guard.refusal(request.url):
            raise Refused(reason)
        request.meta["download_slot"] = registered_domain(host_of(request.url))


class RobotsMiddleware(_Middleware):
    """Asks each host for its rules once in a crawl, and once in 24 hours; every request waits for them."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._rules: dict[str, asyncio.Task[Robots]] = {}
        self.crawl.copy_refusal = self.copy_refusal

    async def process_request(self, request: Request) -> None:
        """Raise Refused for what the host's rules forbid; note the delay that they ask for."""
        if request.meta.get(ROLE) == "robots":
            return
        rules = await self._rules_for(request.url)
        if not rules.allows(request.url):
            raise Refused(rules.why)
        if rules.crawl_delay is not None:
            request.meta[CRAWL_DELAY] = rules.crawl_delay
        original = request.meta.get(ORIGINAL)
        if original and (reason := await self.copy_refusal(original)):
            raise Refused(f"{original}: {reason}")

    async def copy_refusal(self, original: str) -> str | None:
        """Why an archive's copy of an address may not be taken; None where it may."""
        if not self.crawl.topic.crawl.archives_obey_robots:
            return None
        rules = await self._rules_for(original)
        if rules.allows(original):
            return None
        return f"{rules.why}, which by crawl.archives_obey_robots counts for archives too"

    async def _rules_for(self, url: str) -> Robots:
        address = robots_url(url)
        if address not in self._rules:
            self._rules[address] = asyncio.ensure_future(self._fetch(address))
        return await asyncio.shield(self._rules[address])

    async def _fetch(self, address: str) -> Robots:
        """The rules of a host: as kept in the last 24 hours, else asked for; no answer forbids all."""
        agent, url = self.crawl.topic.crawl.agent, address
        for _ in range(MAX_HOPS + 1):
            answer = kept_rules(self.crawl, url) or await self._asked(url)
            if answer is None:
                return robots(status=None, body=b"", agent=agent)
            capture, body = answer
            target = absolute(url, capture.location or "") if capture.status in REDIRECTS else None
            if target is None:
                return self._judged(address, robots(status=capture.status, body=_decoded(capture, body), agent=agent))
            url = target
        return self._judged(address, endless(agent))

    def _judged(self, address: str, rules: Robots) -> Robots:
        """The rules, with a note for people where something else than rules was there."""
        if rules.flaw is not None:
            self.crawl.failed("robots", address, rules.flaw)
        else:
            runs.clear_failure(self.crawl.conn, stage="robots", subject=address)
        return rules

    async def _asked(self, url: str) -> tuple[Capture, bytes] | None:
        """What a host answers now; each hop of a redirect is an answer of its own."""
        engine = self.crawler.engine
        assert engine is not None
        try:
            response = await engine.download_async(
                Request(url, meta={ROLE: "robots", "dont_redirect": True}, priority=100))
        except Refused:  # its reason is the reason of all that waits for these rules
            raise
        except Exception:  # noqa: BLE001  # whatever went wrong, there was no answer: RFC 9309 then forbids
            return None
        capture: Capture | None = response.meta.get(CAPTURE)
        return None if capture is None or capture.truncated == "disconnect" else (capture, response.body)


def kept_rules(crawl: Crawl, address: str) -> tuple[Capture, bytes] | None:
    """What an address of rules answered in the last 24 hours, with its payload; None where it is to be asked for."""
    now = crawl.recorder.clock()
    # Not after now: where the clock was put back, what it said before must not hold for longer than a day.
    capture = captures.latest(crawl.conn, url=address, since=now - ROBOTS_KEPT, until=now)
    if capture is None or capture.truncated or not is_kept_answer(capture.status):
        return None
    held = captures.original(crawl.conn, url=address, payload_digest=capture.payload_digest) or capture
    try:
        return capture, warc.read_payload(crawl.warcs, held.record)
    except DamagedWarc:  # rules that are held no more are asked for again
        return None


def _decoded(capture: Capture, body: bytes) -> bytes:
    try:
        return decoded(body, content_encoding=capture.content_encoding, limit=MAX_UNPACKED_BYTES)
    except UndecodablePayload:
        return b"User-agent: *\nDisallow: /\n"  # rules that cannot be read are taken as a refusal


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


class MannersMiddleware(_Middleware):
    """Last before the network: a request waits here for its site's turn; sites that do not want us are left alone.

    Scrapy's own download slots know no Retry-After and let requests pass before an answer can close a site, so they
    are left open and all waiting is done here.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._sites: dict[str, Site] = {}
        minutes = self.crawl.topic.crawl.minutes
        self._ends_at = monotonic() + minutes * 60 if minutes else float("inf")
        self._received = 0  # bytes of the run
        self._asked_to_wait = waits(self.crawl.conn, self.crawl.warcs, now=self.crawl.recorder.clock())
        self._started_at = monotonic()
        crawler.signals.connect(self.bytes_received, signals.bytes_received)
        crawler.signals.connect(self.headers_received, signals.headers_received)
        self._jitter = Random()  # noqa: S311  # spreads requests, hides nothing

    async def process_request(self, request: Request) -> None:
        """Wait for the turn; raise Refused where the site is left alone or its share of the run's budget is spent."""
        site, settings = self._site(request), self.crawl.topic.crawl
        site.manners = with_floor(site.manners, request.meta.get(CRAWL_DELAY, 0.0))
        if settings.per_host_requests is not None and site.asked >= settings.per_host_requests:
            raise Postponed("crawl.per_host_requests is spent")
        if not site.asked and settings.per_host_minutes is not None:
            site.ends_at = monotonic() + settings.per_host_minutes * 60
        site.asked += 1
        await site.turns.acquire()
        try:
            await self._wait(site)
        except BaseException:
            site.turns.release()
            raise
        request.meta[TURN] = True
        request.meta[STARTED] = self.crawl.recorder.clock()
        site.started_at = monotonic()
        site.next_at = site.started_at + site.manners.wait

    async def _wait(self, site: Site) -> None:
        while True:
            if site.manners.left_alone:
                raise Postponed(f"the site is left alone in this run: {site.manners.left_alone}")
            if self.crawl.fatal is not None or not self.crawler.crawling or monotonic() > self._ends_at:
                raise Postponed("the crawl is ending")
            if spent := self._spent(site):
                raise Postponed(f"{spent} is spent")
            # A Crawl-delay that was read meanwhile counts from the last request, that for robots.txt itself included.
            wait = max(site.next_at, site.started_at + site.manners.floor) - monotonic()
            if wait <= 0:
                return
            await asyncio.sleep(min(wait, LONGEST_SLEEP))

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
        site, name = self._site(request), request.meta["download_slot"]
        retry_after = response.headers.get("Retry-After")
        before = site.manners
        site.manners = after(
            before, status=response.status, latency=float(request.meta.get("download_latency", 0.0)),
            retry_after=retry_after.decode("latin-1") if retry_after else None, now=self.crawl.recorder.clock(),
            jitter=self._jitter.uniform(0.0, 0.25), is_page=request.meta.get(ROLE) != "robots",
        )
        if response.status in (429, 503):  # Retry-After counts from the answer, and a later one shortens no wait
            site.next_at = max(site.next_at, monotonic() + site.manners.wait)
        if site.manners.left_alone and not before.left_alone:
            self.crawl.failed("crawl", name, site.manners.left_alone)
            log.event("left_alone", site=name, reason=site.manners.left_alone)
        self._end_turn(site, request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """No answer came: the turn is over all the same."""
        del exception
        self._end_turn(self._site(request), request)

    def _end_turn(self, site: Site, request: Request) -> None:
        if request.meta.pop(TURN, False):
            site.turns.release()

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


class ValidatorsMiddleware(_Middleware):
    """Asks only for what changed: the validators of the last whole capture go with the request."""

    def process_request(self, request: Request) -> None:
        """Add If-None-Match and If-Modified-Since, and keep the capture that a 304 would stand for."""
        # A redirect or a retry brings the validators of the request before it, which may be another address's.
        request.meta.pop(VALIDATED, None)
        request.headers.pop("If-None-Match", None)
        request.headers.pop("If-Modified-Since", None)
        if request.meta.get(ROLE) not in ("article", "feed", "sitemap", "section"):
            return
        held = captures.validated(self.crawl.conn, url=request.url)
        if held is None:
            return
        request.meta[VALIDATED] = held
        if held.etag:
            request.headers["If-None-Match"] = held.etag
        if held.last_modified:
            request.headers["If-Modified-Since"] = held.last_modified


class RecorderMiddleware(_Middleware):
    """Nearest to the network: sees each payload as received and every redirect hop, and records it first."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        crawler.signals.connect(self.bytes_received, signals.bytes_received)

    def process_request(self, request: Request) -> None:
        """A retry or redirect begins to count anew."""
        request.meta.pop(RECEIVED, None)

    def process_response(self, request: Request, response: Response) -> Response:
        """Record the exchange, unless it is to be read only; a full disk ends the crawl with nothing half written."""
        if request.meta.get(UNKEPT):
            return response
        try:
            capture = self.crawl.recorder.record(request, response)
            request.meta[CAPTURE] = capture
            if why := request.meta.pop(WHY, None):
                self.crawl.failed("crawl", request.url, why)
            elif request.meta.get(ROLE) != "robots":
                self.crawl.succeeded(request.url)
        except (ArchiveError, sqlite3.Error, OSError) as error:
            self._stop(error)
            raise IgnoreRequest(str(error)) from error
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Record that there was no answer; refusals are no fetches."""
        if isinstance(exception, IgnoreRequest):
            return
        if isinstance(exception, CannotResolveHostError) and (reason := refusal_of(host_of(request.url))):
            raise Refused(reason)
        try:
            self.crawl.recorder.record_failure(request, exception)
            self.crawl.failed("crawl", request.url, reason_of(exception))
        except (ArchiveError, sqlite3.Error, OSError) as error:
            self._stop(error)

    def bytes_received(self, data: bytes, request: Request) -> None:
        """Stop a body at the limit; what came until then is kept and marked as cut off."""
        received = request.meta.get(RECEIVED, 0) + len(data)
        request.meta[RECEIVED] = received
        if received > self.crawl.topic.crawl.max_body_bytes:
            raise StopDownload(fail=False)

    def _stop(self, error: Exception) -> None:
        """End the crawl: were it to go on, a later record would be indexed over one that is not."""
        if self.crawl.fatal is None:
            self.crawl.fatal = unkept(error)
            engine = self.crawler.engine
            assert engine is not None
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason="archive error"))


class ProxyMiddleware(HttpProxyMiddleware):
    """Scrapy's, but for each host the environment is asked once what it exempts (Scrapy: for each request, a twentieth
    of a crawl's time)."""

    def __init__(self, auth_encoding: str | None = "latin-1") -> None:
        super().__init__(auth_encoding)
        self._is_exempt = lru_cache(maxsize=65_536)(proxy_bypass)

    def process_request(self, request: Request, spider: Any = None) -> None:
        """Name the proxy of the request's scheme, unless its host is exempt."""
        del spider
        parts = urlparse_cached(request)
        creds, address = self.proxies.get(parts.scheme, (None, None))
        request.headers.pop("Proxy-Authorization", None)  # a redirect brings that of the request before it
        if address is None or self._is_exempt(parts.hostname or ""):
            request.meta.pop("proxy", None)
            return
        request.meta["proxy"] = address
        if creds:
            request.headers["Proxy-Authorization"] = b"Basic " + creds


class ExactDupeFilter(BaseDupeFilter):
    """One request for one address in a run, to the letter, and for articles one for each canonical URL.

    A redirect within one canonical URL (to https, to a trailing slash) is followed; one to another article is not
    where that was asked for already.
    """

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._articles: set[str] = set()

    def request_seen(self, request: Request) -> bool:
        """Whether the address, or its article, was asked for before."""
        if request.url in self._seen:
            return True
        self._seen.add(request.url)
        if request.meta.get(ROLE) != "article" or ORIGINAL in request.meta:
            return False
        article = canonical_url(request.url)
        if article in map(canonical_url, request.meta.get("redirect_urls", ())):
            return False
        is_seen = article in self._articles
        self._articles.add(article)
        return is_seen
