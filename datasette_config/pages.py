"""The site's pages as Datasette's routes: an answer, rendered as HTML or as JSON.

Every page has a twin: the same path with ".json" gives the same answer as data, {"ok": true, ...}.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from datasette import Response

from datasette_config import about, answers, coverage, downloads, frozen, offers, programs, records, timemap
from datasette_config.answers import presentable
from datasette_config.choices import choices
from datasette_config.drawing import drawn
from datasette_config.kept_topic import KeptTopic
from datasette_config.limits import Bucket
from datasette_config.names import KeptNames, Names, marked, mentioned
from datasette_config.places import KeptPlaces
from datasette_config.plugin import DATABASE, MCP
from datasette_config.responses import Build, View, address, ask, html_of, is_json, json_of, problem, site_of, whole
from datasette_config.review_view import ReviewView
from datasette_config.reviewing import Reviewing
from datasette_config.searching import Results, Searching
from datasette_config.trace_view import Tracing
from pipeline.sharing import citations

MARKED_LENGTH = 100_000  # characters of a text in which names are marked
TRACES_A_MINUTE = 12  # for each client


def routes(datasette: Any) -> list[tuple[str, View]]:
    """Address patterns and their views; Datasette's own index stays at /archive and /-/databases."""
    topic = KeptTopic(Path(datasette.databases[DATABASE].path or ""))
    names = KeptNames(topic)
    searching, start = Searching(names), coverage.kept_start()
    name = r"(?P<name>[^/]+?)"
    told = r"(?P<tail>\.provn|\.prov\.json(?:ld)?)"
    return [(pattern, _unchanging(view)) for pattern, view in [
        (r"^/$", page("start", start)),
        (r"^/index\.json$", page("start", start)),
        (r"^/sources(?P<json>\.json)?$", page("sources", coverage.sources)),
        (r"^/health(?P<json>\.json)?$", page("health", coverage.condition)),
        (r"^/data/(?P<file>[a-z_]+\.parquet)$", downloads.table),
        (r"^/places(?P<json>\.json)?$", page("places", KeptPlaces(topic))),
        (r"^/outlets(?P<json>\.json)?$", page("outlets", coverage.outlets)),
        (r"^/data(?P<json>\.json)?$", page("data", coverage.data, quick=_offering)),
        (r"^/search(?P<json>\.json)?$", page("search", searching.results, quick=_choosing)),
        (r"^/search(?P<tail>\.(?:csv|atom|bib|ris|csl\.json))$", downloads.listed(searching.listing)),
        (rf"^/article/{name}{told}$", downloads.lineage(answers.article_lineage)),
        (rf"^/family/{name}{told}$", downloads.lineage(answers.family_lineage)),
        (rf"^/article/{name}(?P<json>\.json)?$", page("article", answers.article, _citing, partial(_naming, names))),
        (rf"^/article/{name}(?P<tail>/cite\.(?:{'|'.join(downloads.FORMATS)}))$", downloads.cite),
        (r"^/family/(?P<name>[^/]+(?:@|%40)\d+?)(?P<json>\.json)?$", page("frozen", frozen.frozen_family)),
        (rf"^/family/{name}(?P<tail>/cite\.(?:{'|'.join(downloads.FORMATS)}))$", downloads.cite_family),
        (rf"^/family/{name}(?P<json>\.json)?$", page("family", answers.family, quick=_drawing)),
        (r"^/compare(?P<json>\.json)?$", page("compare", answers.comparison)),
        (rf"^/capture/{name}\.warc$", downloads.record),
        (rf"^/capture/{name}(?P<json>\.json)?$", page("capture", records.capture, headers=_memento)),
        (r"^/timemap/link/(?P<address>.+)$", downloads.times),
        (r"^/about(?P<json>\.json)?$", page("about", partial(about.told, datasette))),
        (r"^/feeds/(?P<kind>articles|versions|reposts)\.atom$", programs.feed),
        (r"^/sitemap(?:-(?P<name>[1-9][0-9]{0,5}))?\.xml$", programs.sitemap),
        (r"^/robots\.txt$", programs.robots),
        (r"^/llms\.txt$", programs.guide),
    ]] + [
        (r"^/trace(?P<json>\.json)?$", _function(Tracing(topic, Bucket(TRACES_A_MINUTE)).view)),
        (r"^/review(?P<json>\.json)?$", _function(ReviewView(Reviewing(topic.database)).view)),
    ]


def _unchanging(shown: View) -> View:
    """A page that is only read: who would change it is told so."""

    async def view(request: Any, datasette: Any) -> Any:
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            response = await problem(datasette, request, 405, "This address can be read, with GET, and not changed.")
            response.headers["Allow"] = "GET, HEAD"
            return response
        return await shown(request, datasette)

    return view


def _function(method: View) -> View:
    """A bound method as a function, which alone Datasette 1.0 takes for a view."""

    async def view(request: Any, datasette: Any) -> Any:
        return await method(request, datasette)

    return view


def page(
    template: str, build: Build, *more: Callable[..., dict[str, Any]],
    quick: Callable[..., dict[str, Any]] | None = None,
    headers: Callable[..., dict[str, str]] = lambda *_: {},
) -> View:
    """A page and its twin; `more` adds to what the page alone shows, `headers` to what it says of itself.

    `quick` adds to it too, in less time than a thread takes to have its turn.
    """

    async def view(request: Any, datasette: Any) -> Any:
        answer = await ask(datasette, request, build)
        if isinstance(answer, Response):
            return answer
        if is_json(request):
            return json_of(datasette, {"ok": True} | presentable(answer))
        values = {"page": answer} | (quick(datasette, request, answer) if quick else {})
        for adding in more:
            values |= await asyncio.to_thread(adding, datasette, request, answer)
        response = await html_of(datasette, request, template, values)
        response.headers.update(headers(datasette, request, answer))
        return response

    return view


def _memento(datasette: Any, request: Any, answer: records.CaptureAnswer) -> dict[str, str]:
    """That the page is of a capture, as Memento has it."""
    capture = answer.capture
    return timemap.headers(capture.url, capture.captured_at, to=partial(whole, datasette, request))


def _choosing(datasette: Any, _request: Any, answer: Results) -> dict[str, Any]:
    """What a search's facets offer."""
    return {"choices": choices(answer, partial(address, datasette))}


def _drawing(datasette: Any, _request: Any, answer: answers.FamilyAnswer) -> dict[str, Any]:
    """What a family's page says of each of its texts."""
    return {"drawn": drawn(answer, partial(address, datasette))}


def _offering(datasette: Any, _request: Any, _answer: coverage.Data) -> dict[str, Any]:
    """What can be taken whole here."""
    return {"offers": offers.of_site(datasette), "mcp": MCP, "tables": list(downloads.tables_of(datasette))}


def _citing(datasette: Any, request: Any, answer: answers.ArticleAnswer) -> dict[str, Any]:
    """What an article's page says for other programs: a link that lasts, and an item of schema.org."""
    shown, *sources = [citations.citation(found, site=site_of(datasette, request)) for found in answer.cited]
    return {"permalink": shown.permalink, "robust_link": citations.robust_links([shown]).strip(),
            "item": citations.news_article(shown, based_on=sources)}


def _naming(names: KeptNames, _datasette: Any, _request: Any, answer: answers.ArticleAnswer) -> dict[str, Any]:
    """An article's paragraphs with the topic's names marked, and which those are; an endless text stays unmarked."""
    text = answer.version.text
    paragraphs = marked(text, names.read() if len(text) <= MARKED_LENGTH else Names(()))
    return {"paragraphs": paragraphs, "mentioned": mentioned(paragraphs)}
