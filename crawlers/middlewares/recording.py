"""Validators and recorder, nearest to the network: what is asked, and what came, kept before anything else."""

import asyncio
import sqlite3

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, IgnoreRequest, StopDownload
from scrapy.http import Response

from archive.errors import ArchiveError
from archive.store import captures
from archive.urls import host_of
from crawlers.crawl import Refused, unkept
from crawlers.middlewares.base import RECEIVED, Middleware
from crawlers.reasons import reason_of
from crawlers.recorder import CAPTURE, ROLE, UNKEPT, VALIDATED, WHY
from crawlers.resolver import refusal_of


class ValidatorsMiddleware(Middleware):
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


class RecorderMiddleware(Middleware):
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
