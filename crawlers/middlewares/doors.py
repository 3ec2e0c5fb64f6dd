"""Which requests go out at all, and which way: guard and proxy."""

from functools import lru_cache
from typing import Any
from urllib.request import proxy_bypass

from scrapy import Request
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.utils.httpobj import urlparse_cached

from archive.urls import host_of, registered_domain
from crawlers.crawl import Postponed, Refused
from crawlers.middlewares.base import Middleware
from crawlers.recorder import ROLE


class GuardMiddleware(Middleware):
    """Refuses addresses that may not be fetched, redirect targets included."""

    def process_request(self, request: Request) -> None:
        """Raise Refused with the reason, or let the request pass."""
        if reason := self.crawl.guard.refusal(request.url):
            raise Refused(reason)
        shard = self.crawl.topic.crawl.shard
        # The rules of a host that keeps them on another's are asked for by both.
        if shard is not None and request.meta.get(ROLE) != "robots" and not shard.owns(request.url):
            raise Postponed(f"its site is another crawler's than {shard}")
        request.meta["download_slot"] = registered_domain(host_of(request.url))


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
