"""Scrapy's handler of http and https, which tells when a request really goes out."""

from typing import Any, cast

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawlers.crawl import Crawl


class TellingHandler(HTTP11DownloadHandler):
    """Tells the crawl: a site's delay counts from then, and between a turn and the network much may be to do."""

    lazy = False  # made before the first request, not in its time

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._crawler = crawler

    async def download_request(self, request: Request) -> Response:
        """Download as Scrapy does."""
        crawl = cast(Crawl, cast(Any, self._crawler.spider).crawl)
        if crawl.sent is not None:
            crawl.sent(request)
        return await super().download_request(request)
