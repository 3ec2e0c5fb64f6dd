"""Robots rules: asked for once in a crawl and once in 24 hours; every request waits for those of its host."""

import asyncio
from datetime import timedelta

from scrapy import Request
from scrapy.crawler import Crawler

from archive import warc
from archive.errors import DamagedWarc
from archive.model import Capture
from archive.observations import REDIRECTS
from archive.payloads import UndecodablePayload, decoded
from archive.store import captures, runs, withholdings
from archive.urls import absolute
from archive.withholdings import covers
from crawlers.crawl import Crawl, Refused
from crawlers.middlewares.base import CRAWL_DELAY, Middleware
from crawlers.recorder import CAPTURE, ORIGINAL, ROLE
from crawlers.robots import MAX_HOPS, MAX_UNPACKED_BYTES, Robots, endless, is_kept_answer, robots, robots_url

ROBOTS_KEPT = timedelta(hours=24)  # RFC 9309, 2.4


class RobotsMiddleware(Middleware):
    """Asks each host for its rules once in a crawl, and once in 24 hours; every request waits for them."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._withheld = withholdings.addresses(self.crawl.conn)
        self._rules: dict[str, asyncio.Task[Robots]] = {}
        self.crawl.copy_refusal = self.copy_refusal

    async def process_request(self, request: Request) -> None:
        """Raise Refused for what the host's rules forbid, or what is withheld; note the delay that they ask for."""
        if request.meta.get(ROLE) == "robots":
            return
        if covers(self._withheld, request.meta.get(ORIGINAL) or request.url):
            raise Refused("it is withheld, so it is not fetched either; see 'stemma withhold'")
        rules = await self._rules_for(request.url)
        if not rules.allows(request.url):
            raise Refused(rules.why)
        if rules.crawl_delay is not None:
            request.meta[CRAWL_DELAY] = rules.crawl_delay
        else:
            request.meta.pop(CRAWL_DELAY, None)  # a redirect brings that of the site before it
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
    if capture is None or capture.role != "robots" or capture.truncated or not is_kept_answer(capture.status):
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
