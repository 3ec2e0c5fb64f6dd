"""The bundled web: a request and a moment -> the response of the outlet that was asked.

Moment 1 is the first crawl. At moment 2 some articles have been edited, corrected or removed, and new ones are out.
`truth.toml` beside this file says what is a copy of what, and which addresses fail, move or are forbidden.
"""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from threading import Lock
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from crawlers.demo import render
from crawlers.demo.articles import Article, Deed, Moment, Outlet, Site, SourceKind, Special, load_sites
from crawlers.demo.server import WebRequest, WebResponse

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc00000030101001845a8060000000049454e44ae426082"
)
REASONS = {
    200: "OK",
    301: "Moved Permanently",
    304: "Not Modified",
    404: "Not Found",
    405: "Method Not Allowed",
    410: "Gone",
    500: "Internal Server Error",
    502: "Bad Gateway",
}
MEDIA_TYPES: dict[SourceKind, str] = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "gzipped-sitemap": "application/gzip",
    "page-not-feed": "text/html",
}
DRIP_SECONDS = 1.0


class SourceAddress(NamedTuple):
    """What a topic file needs to know of one source; urls has one address, except for a list."""

    name: str
    kind: Literal["feed", "sitemap", "list"]
    urls: tuple[str, ...]
    outlet: str
    language: str
    country: str


SOURCES: tuple[SourceAddress, ...] = (
    SourceAddress(
        "Border Herald feed", "feed", ("https://www.borderherald.example/feed.xml",), "The Border Herald", "en", "GB"
    ),
    SourceAddress(
        "Border Herald sitemap", "sitemap", ("https://www.borderherald.example/sitemap.xml",),
        "The Border Herald", "en", "GB",
    ),
    SourceAddress(
        "Border Herald news sitemap", "sitemap", ("https://www.borderherald.example/news-sitemap.xml",),
        "The Border Herald", "en", "GB",
    ),
    SourceAddress(
        "Harbour Courier feed", "feed", ("https://www.harbourcourier.example/rss/news",),
        "The Harbour Courier", "en", "IE",
    ),
    SourceAddress(  # answers with a page instead of a feed
        "Harbour Courier world feed", "feed", ("https://www.harbourcourier.example/rss/world",),
        "The Harbour Courier", "en", "IE",
    ),
    SourceAddress(
        "Dnipro Wire sitemaps", "sitemap", ("https://wire.dniprowire.example/sitemap-index.xml",),
        "Dnipro Wire", "en", "UA",
    ),
    SourceAddress(
        "Слобідський вісник, Atom", "feed", ("https://slobidskyi-visnyk.example/atom.xml",),
        "Слобідський вісник", "uk", "UA",
    ),
    SourceAddress(
        "Сеймские вести, RSS", "feed", ("http://seymskie-vesti.example/rss.xml",), "Сеймские вести", "ru", "RU"
    ),
    SourceAddress(
        "Перекрёсток, RSS", "feed", ("https://www.perekrestok-media.example/rss/all",), "Перекрёсток", "ru", "LV"
    ),
    SourceAddress(
        "Corriere d'Oriente, sitemap", "sitemap", ("https://www.corrieredoriente.example/sitemap.xml.gz",),
        "Corriere d'Oriente", "it", "IT",
    ),
    SourceAddress(
        "El Mirador, portada", "feed", ("https://www.elmirador.example/atom/portada.xml",),
        "El Mirador Internacional", "es", "ES",
    ),
    SourceAddress(
        "East Watch Digest feed", "feed", ("https://eastwatchdigest.example/feed/",), "East Watch Digest", "en", "US"
    ),
    SourceAddress("NewsFunnel feed", "feed", ("http://newsfunnel.example/rss",), "NewsFunnel", "en", "US"),
    SourceAddress(
        "Frontier Studies publications", "list",
        (
            "https://www.frontierstudies.example/publications/2024/occupation-law-sudzha",
            "https://www.frontierstudies.example/publications/2024/dprk-contingent-first-contact",
            "https://www.frontierstudies.example/publications/2025/leaving-well-kursk-withdrawal",
        ),
        "Centre for Frontier Studies", "en", "BE",
    ),
)  # fmt: skip


class DemoWeb:
    """All outlets at one moment; `respond` is the handler for `LoopbackWeb`, `moment` may be set at any time."""

    def __init__(self, moment: Moment = 1) -> None:
        self.moment: Moment = moment  # one assignment of an int: atomic for the threads that read it
        self._sites = {site.outlet.host: site for site in load_sites()}
        self._templates = render.environment()
        self._requests = count()
        self._lock = Lock()

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(self._sites.values())

    def respond(self, request: WebRequest) -> WebResponse:
        """The outlet's answer: its own host and scheme are told by a redirect, an unknown host is 502."""
        site = self._sites.get(request.host) or self._sites.get(f"www.{request.host}")
        if site is None:
            return _plain(502, f"The bundled web has no host {request.host}.\n")
        outlet = site.outlet
        if (request.scheme, request.host) != (outlet.scheme, outlet.host):
            return _moved(outlet.root + request.path)
        if request.method not in ("GET", "HEAD"):
            return _plain(405, "Only GET and HEAD.\n")
        response = self._at(site, urlsplit(request.path).path, self.moment)
        return _negotiated(outlet, request, response)

    def _at(self, site: Site, path: str, moment: Moment) -> WebResponse:
        outlet = site.outlet
        if path == "/robots.txt" and outlet.robots is not None:
            return _plain(200, outlet.robots)
        for source_path, kind in outlet.sources:
            if path == source_path:
                return self._source(site, kind, moment)
        page = self._page(site, path, moment)
        special = next((special for special in outlet.specials if special.path == path), None)
        return page if special is None else self._special(site, special, page, moment)

    def _page(self, site: Site, path: str, moment: Moment, *, amp: bool = False) -> WebResponse:
        outlet = site.outlet
        articles = site.articles(moment)
        shown = [article for article in articles if article.announced and not article.gone]
        if path == "/":
            return _html(outlet, render.front_page(self._templates, outlet, shown, nonce=self._nonce()))
        found = next((article for article in articles if article.path == path), None)
        if found is None:
            return _error_page(outlet, 404)
        if found.gone:
            return _error_page(outlet, 410)
        others = [article for article in shown if article.path != path]
        template = "amp.html" if amp else outlet.template
        return _html(outlet, render.article_page(self._templates, template, outlet, found, others, nonce=self._nonce()))

    def _nonce(self) -> str:
        """Another value for each page: what advertisements do to the bytes of a text that stays the same."""
        with self._lock:
            return hashlib.sha256(str(next(self._requests)).encode()).hexdigest()[:16]

    def _special(self, site: Site, special: Special, page: WebResponse, moment: Moment) -> WebResponse:
        outlet = site.outlet
        deeds: dict[Deed, Callable[[], WebResponse]] = {
            "moved": lambda: _moved(outlet.root + special.to),
            "missing": lambda: _error_page(outlet, 404),
            "gone": lambda: _error_page(outlet, 410),
            "failed": lambda: _error_page(outlet, 500),
            "amp": lambda: self._page(site, special.to, moment, amp=True),
            "image": lambda: replace(page, status=200, reason="OK", body=PNG),
            "cut-gzip": lambda: _cut(page),
            "hang-up": lambda: replace(page, delivery="hang-up"),
            "reset": lambda: replace(page, delivery="reset"),
            "drip": lambda: replace(page, delivery="drip", drip_seconds=DRIP_SECONDS),
        }
        return deeds[special.does]()

    def _source(self, site: Site, kind: SourceKind, moment: Moment) -> WebResponse:
        outlet = site.outlet
        if kind == "page-not-feed":
            return self._page(site, "/", moment)
        sitemaps = [outlet.root + path for path, kind in outlet.sources if kind in ("sitemap", "gzipped-sitemap")]
        text = render.feed(self._templates, kind, outlet, _entries(site, kind, moment), sitemaps)
        body = text.encode(outlet.encoding, "xmlcharrefreplace")
        if kind == "gzipped-sitemap":
            body = gzip.compress(body, mtime=0)
        return WebResponse(headers=(("Content-Type", MEDIA_TYPES.get(kind, "application/xml")),), body=body)


def _entries(site: Site, kind: SourceKind, moment: Moment) -> list[render.Entry]:
    """What a feed or sitemap lists, newest first; AMP twins are for sitemaps only."""
    outlet = site.outlet
    shown = [article for article in site.articles(moment) if article.announced and not article.gone]
    entries = [_entry(outlet, article) for article in shown]
    for special in outlet.specials:
        if special.published and (special.does != "amp" or kind == "sitemap"):
            url, at = outlet.root + special.path, special.published
            entries.append(render.Entry(url, special.title, at, at, "", ""))
    return sorted(entries, key=lambda entry: entry.published, reverse=True)


def _entry(outlet: Outlet, article: Article) -> render.Entry:
    return render.Entry(
        url=outlet.root + article.path,
        title=article.title,
        published=article.published,
        modified=article.modified,
        author=", ".join(article.authors),
        summary=article.lead or next((block.text for block in article.blocks if block.kind == "paragraph"), ""),
    )


def _html(outlet: Outlet, text: str) -> WebResponse:
    media_type = f"text/html; charset={outlet.encoding}" if outlet.tells_charset else "text/html"
    body = text.encode(outlet.encoding, "xmlcharrefreplace")
    return WebResponse(headers=(("Content-Type", media_type),), body=body)


def _error_page(outlet: Outlet, status: int) -> WebResponse:
    reason = REASONS[status]
    page = _html(outlet, f"<!doctype html><title>{reason}</title><h1>{status} {reason}</h1><p>{outlet.name}</p>\n")
    return replace(page, status=status, reason=reason)


def _plain(status: int, text: str) -> WebResponse:
    headers = (("Content-Type", "text/plain; charset=utf-8"),)
    return WebResponse(status=status, reason=REASONS[status], headers=headers, body=text.encode())


def _moved(url: str) -> WebResponse:
    return WebResponse(status=301, reason=REASONS[301], headers=(("Location", url),))


def _cut(page: WebResponse) -> WebResponse:
    """The page in gzip without its second half; Content-Length is that of what is sent, so only gzip can tell."""
    packed = gzip.compress(page.body, mtime=0)
    return replace(page, headers=(*page.headers, ("Content-Encoding", "gzip")), body=packed[: len(packed) // 2])


def _negotiated(outlet: Outlet, request: WebRequest, response: WebResponse) -> WebResponse:
    """Conditional requests and compression, where the outlet has them."""
    if response.status != 200 or response.delivery != "whole":
        return response
    if outlet.tells_etag:
        etag = f'"{hashlib.sha256(response.body).hexdigest()[:20]}"'
        response = replace(response, headers=(*response.headers, ("ETag", etag)))
        if request.header("If-None-Match") == etag:
            return replace(response, status=304, reason=REASONS[304], body=b"")
    accepts = "gzip" in (request.header("Accept-Encoding") or "")
    packed = any(name == "Content-Encoding" for name, _ in response.headers)
    if outlet.gzips and accepts and not packed:
        body = gzip.compress(response.body, mtime=0)
        headers = (*response.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
        return replace(response, headers=headers, body=body)
    return response
