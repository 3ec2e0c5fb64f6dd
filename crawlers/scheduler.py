"""Scrapy's scheduler, ours: requests are made of what waits (crawlers.waiting) when their sites' turns come."""

from collections import Counter
from typing import Any, Self, cast

from scrapy import Request
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler

from archive.urls import host_of, registered_domain
from crawlers.crawl import Crawl
from crawlers.frontier import Fetch
from crawlers.recorder import ROLE

CROWD = 2  # times the places, from which on one request of a site is enough to take the next place


class Scheduler(BaseScheduler):
    """Hands a site's requests to the engine a few at a time, as many as may be under way at the site."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)

    @property
    def _crawl(self) -> Crawl:
        return cast(Crawl, cast(Any, self._crawler.spider).crawl)

    def has_pending_requests(self) -> bool:
        """Whether anything waits."""
        return len(self._crawl.waiting) > 0

    def enqueue_request(self, request: Request) -> bool:
        """Take a redirect, or another try, as Scrapy made it; where a redirect leads may have been asked for before."""
        led_by = tuple(request.meta.get("redirect_urls", ()))
        if led_by and not request.dont_filter and self._crawl.known.is_repeated(
                request.url, is_article=request.meta.get(ROLE) == "article", led_by=led_by):
            return False
        self._crawl.waiting.add(registered_domain(host_of(request.url)), (-request.priority, 0), request)
        return True

    def next_request(self) -> Request | None:
        """The next request; None while every site that something waits for has as many under way as it may."""
        engine, settings = self._crawler.engine, self._crawl.topic.crawl
        assert engine is not None
        active = engine.downloader.active
        under_way = Counter(str(request.meta.get("download_slot")) for request in active)
        is_crowd = len(active) >= CROWD * settings.concurrency
        entry = self._crawl.waiting.next(under_way, most=1 if is_crowd else settings.per_host)
        return cast(Any, self._crawler.spider).request_of(entry) if isinstance(entry, Fetch) else entry
