"""Which requests go out at all, and which way: guard, proxy, and each address once."""

from functools import lru_cache
from typing import Any
from urllib.request import proxy_bypass

from scrapy import Request
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.dupefilters import BaseDupeFilter
from scrapy.utils.httpobj import urlparse_cached

from archive.urls import canonical_url, host_of, registered_domain
from crawlers.crawl import Refused
from crawlers.middlewares.base import Middleware
from crawlers.recorder import ORIGINAL, ROLE


class GuardMiddleware(Middleware):
    """Refuses addresses that may not be fetched, redirect targets included."""

    def process_request(self, request: Request) -> None:
        """Raise Refused with the reason, or let the request pass."""
        if reason := self.crawl.guard.refusal(request.url):
            raise Refused(reason)
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
