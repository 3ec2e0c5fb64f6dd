"""What the site tells programs of itself: feeds of what is new, a sitemap, and for whom its pages are.

Each article has one address for search engines, its key's; lists, comparisons and SQL have too many to be of use there.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from datasette import Response

from archive.store import news
from archive.store.pages import Card
from datasette_config import coverage, lists, offers, rendering, words
from datasette_config.answers import Missing
from datasette_config.plugin import MCP
from datasette_config.responses import HEADERS, address, ask, publication, title_of, whole

FED = 100  # entries of a feed, the newest
A_PART = 25_000  # numbers of articles in a part of the sitemap; half of what a sitemap may have (sitemaps.org)
MAX_FAMILIES = 10_000
PAGES = ("/", "/about", "/data", "/sources", "/places", "/outlets")
UNWANTED = ("/search", "/compare", "/trace", "/review", "/capture/", "/archive", "/-/", "/timemap/")
NEEDED = ("/-/static",)  # within what is unwanted; first, as some programs take the first line that fits
TITLES: Mapping[str, str] = {"articles": "new articles", "versions": "new versions", "reposts": "new reposts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """A part of the sitemap, or None for the list of all `parts`."""

    parts: int
    part: int | None
    articles: tuple[tuple[str, str], ...] = ()
    families: tuple[str, ...] = ()


async def feed(request: Any, datasette: Any) -> Any:
    """/feeds/articles.atom, versions, reposts: what was seen last; an entry of a version is that version's own."""
    kind: news.News = request.url_vars["kind"]
    found = await ask(datasette, request, lambda conn, _: news.newest(conn, kind, limit=FED))
    if not isinstance(found, tuple):
        return found

    def at(card: Card) -> str:
        return whole(datasette, request, f"/article/{card.public_id if kind == 'versions' else card.key}")

    text = lists.atom(found, at, title=f"{await title_of(datasette)}: {TITLES[kind]}",
                      here=whole(datasette, request, f"/feeds/{kind}.atom"), is_of_versions=kind == "versions")
    return Response(text, headers=dict(HEADERS), content_type="application/atom+xml; charset=utf-8")


async def sitemap(request: Any, datasette: Any) -> Any:
    """/sitemap.xml, which lists its parts, and these: the site's own pages, every article, the largest families."""
    found = await ask(datasette, request, _names)
    if not isinstance(found, Names):
        return found
    lines = _index(found) if found.part is None else _entries(found)
    kind = "sitemapindex" if found.part is None else "urlset"
    within = "sitemap" if found.part is None else "url"
    body = "\n".join([
        '<?xml version="1.0" encoding="UTF-8"?>', f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        *(f"<{within}><loc>{escape(whole(datasette, request, path))}</loc>"
          + (f"<lastmod>{escape(since[:19])}Z</lastmod>" if since else "") + f"</{within}>" for path, since in lines),
        f"</{kind}>"])
    return Response(body, headers=dict(HEADERS), content_type="application/xml; charset=utf-8")


def _names(conn: sqlite3.Connection, question: Mapping[str, str]) -> Names | Missing:
    parts = max(1, -(-news.last_article(conn) // A_PART))
    if not question[""]:
        return Names(parts=parts, part=None)
    part = int(question[""])
    if not 1 <= part <= parts:
        return Missing(reason=f"The sitemap has {words.plural(parts, 'part')}.")
    return Names(
        parts=parts, part=part,
        articles=tuple(news.article_names(conn, first=(part - 1) * A_PART + 1, last=part * A_PART)),
        families=tuple(news.family_names(conn, limit=MAX_FAMILIES)) if part == 1 else ())


def _index(found: Names) -> Iterator[tuple[str, str]]:
    for part in range(1, found.parts + 1):
        yield f"/sitemap-{part}.xml", ""


def _entries(found: Names) -> Iterator[tuple[str, str]]:
    if found.part == 1:
        yield from ((path, "") for path in PAGES)
    yield from ((f"/article/{key}", since) for key, since in found.articles)
    yield from ((f"/family/{public_id}", "") for public_id in found.families)


async def robots(request: Any, datasette: Any) -> Any:
    """/robots.txt: articles may be indexed; what has endless addresses, or costs much, is for people and for those who
    ask for it.
    """
    lines = ["User-agent: *", *(f"Allow: {address(datasette, path)}" for path in NEEDED),
             *(f"Disallow: {address(datasette, path)}" for path in UNWANTED), "",
             f"Sitemap: {whole(datasette, request, '/sitemap.xml')}", ""]
    return Response.text("\n".join(lines), headers=dict(HEADERS))


async def guide(request: Any, datasette: Any) -> Any:
    """/llms.txt: what is held, under which addresses, in which views, and how often it may be asked."""
    found = await ask(datasette, request, coverage.data)
    if not isinstance(found, coverage.Data):
        return found
    text = await rendering.rendered(datasette, "stemma/llms.txt", {
        "page": found, "site_title": await title_of(datasette), "publication": await publication(datasette),
        "offers": offers.of_site(datasette), "mcp": MCP, "at": partial(whole, datasette, request)})
    return Response.text(text, headers=dict(HEADERS))
