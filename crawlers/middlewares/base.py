"""What the middlewares share: they find the crawl on the spider, and leave each other notes in a request's meta."""

from typing import Any, Self, cast

from scrapy.crawler import Crawler

from crawlers.crawl import Crawl

RECEIVED = "stemma_received"  # bytes of the body so far
CRAWL_DELAY = "stemma_crawl_delay"  # seconds that robots.txt asks for


class Middleware:
    """What they share: they find the crawl on the spider."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.crawl: Crawl = cast(Any, crawler.spider).crawl

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)
