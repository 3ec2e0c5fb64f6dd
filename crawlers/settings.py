"""A topic's crawl settings -> Scrapy settings, and the certificates that connections are checked against."""

import os
import ssl
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies

import certifi

from archive.topic import Topic
from crawlers.guard import Guard

# What Scrapy would do and this crawler does itself, or does not want: bodies stay as received, robots are ours.
_OFF = (
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware",
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware",
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware",
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware",
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware",
)

# What stands between Scrapy and a spider that yields nothing, and counts or judges each answer all the same.
_IDLE = (
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware",
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware",
    "scrapy.spidermiddlewares.referer.RefererMiddleware",
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware",
    "scrapy.spidermiddlewares.depth.DepthMiddleware",
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware",
)


def scrapy_settings(topic: Topic) -> dict[str, object]:
    """The settings of one crawl; nothing is read from a project file or the environment but the proxy."""
    crawl = topic.crawl
    return {
        "USER_AGENT": user_agent(topic),
        "DOWNLOAD_DELAY": 0,  # all waiting is MannersMiddleware's
        "DOWNLOAD_TIMEOUT": crawl.timeout,
        "DOWNLOAD_MAXSIZE": 0,  # the recorder stops a body at its limit and keeps what came
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "CONCURRENT_REQUESTS": 0,  # no bound: what only waits for its site takes no place (MannersMiddleware has them)
        "CONCURRENT_REQUESTS_PER_DOMAIN": crawl.concurrency,
        "REDIRECT_MAX_TIMES": crawl.max_redirects,
        "RETRY_TIMES": crawl.retries,
        "RETRY_HTTP_CODES": [500, 502, 503, 504, 522, 524, 408, 429],
        "CLOSESPIDER_TIMEOUT": int((crawl.minutes or 0) * 60),
        "DEFAULT_REQUEST_HEADERS": {
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": ", ".join(topic.languages) + ", *;q=0.5",
            "Accept-Encoding": "gzip, deflate",  # what archive.payloads can undo
        },
        # Scrapy starts as many tasks for each response; here are no items (measured: a third of the crawl's time).
        "CONCURRENT_ITEMS": 1,
        "SCHEDULER": "crawlers.scheduler.Scheduler",
        "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "crawlers.handler.TellingHandler"),
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "LOG_LEVEL": "ERROR",
        "LOG_INSTALL_ROOT_HANDLER": False,
        "TWISTED_DNS_RESOLVER": "crawlers.resolver.GuardedResolver",
        "DOWNLOADER_MIDDLEWARES": dict.fromkeys(_OFF, None) | {
            "crawlers.middlewares.doors.GuardMiddleware": 90,
            "crawlers.middlewares.rules.RobotsMiddleware": 100,
            "crawlers.middlewares.doors.ProxyMiddleware": 750,
            "crawlers.middlewares.recording.ValidatorsMiddleware": 980,
            "crawlers.middlewares.recording.RecorderMiddleware": 990,
            "crawlers.middlewares.manners.MannersMiddleware": 995,
        },
        "DOWNLOADER_STATS": False,
        "SPIDER_MIDDLEWARES": dict.fromkeys(_IDLE, None),
        "EXTENSIONS": {"scrapy.extensions.logstats.LogStats": None},
    }


def user_agent(topic: Topic) -> str:
    """Who asks, and where to complain."""
    return f"{topic.crawl.agent}/1.0 (+{topic.contact})"


def guard(topic: Topic) -> Guard:
    """Which addresses may be fetched."""
    return Guard(allowed=frozenset(topic.crawl.allow_private), proxies=_proxy_hosts())


def resolver_guard(topic: Topic) -> Guard:
    """Which hosts may have private addresses: the topic's, and the forward proxy's, where the operator pointed us.

    A page on the proxy's host is refused all the same, by `guard`. Behind a proxy other names are its to resolve.
    """
    return Guard(allowed=frozenset(topic.crawl.allow_private) | _proxy_hosts())


def _proxy_hosts() -> frozenset[str]:
    return frozenset(urlsplit(proxy).hostname or "" for proxy in getproxies().values()) - {""}


def trust(authorities: Sequence[Path], *, bundle: Path) -> None:
    """Check servers against the system's authorities and the given PEM files, by a bundle for this process.

    OpenSSL reads one file where SSL_CERT_FILE names one, so the bundle holds all of them; a machine without
    authorities of its own gets certifi's.
    """
    if "SSL_CERT_FILE" in os.environ and not authorities:
        return
    system = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or certifi.where()
    files = [Path(system if Path(system).exists() else certifi.where()), *authorities]
    bundle.write_bytes(b"\n".join(file.read_bytes() for file in files))
    os.environ["SSL_CERT_FILE"] = str(bundle)
