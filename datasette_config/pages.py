"""The site's pages as Datasette's routes: an answer, rendered as HTML or as JSON.

Every page has a twin: the same path with ".json" gives the same answer as data, {"ok": true, ...}. Problems are
pages too: 400 says which parameter is wrong, 404 what is not held, 410 since when and why it is withheld, 503 that the
question takes too long, 413 and 429 that a traced text is too long or that too many were asked for; as JSON
{"ok": false, "status": ..., "error": ...}.
"""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlencode

from datasette import Response
from datasette.utils import add_cors_headers, sqlite_timelimit

from archive.store.cited import Cited
from archive.store.lineage import Lineage
from datasette_config import answers, records, timemap, tracing, words
from datasette_config.answers import Missing, Moved, Withheld, presentable
from datasette_config.limits import Bucket
from datasette_config.parameters import ParameterError
from datasette_config.plugin import DATABASE
from pipeline import PROGRAM, citations, prov
from pipeline.trace import as_json

TIME_LIMIT_MS = 5_000  # for all of a page's queries; a page that takes longer is a question that is too wide
TRACES_A_MINUTE = 12  # for each client
TRACES_AT_ONCE = 2  # of all clients, so that other pages have threads left
TRACE_LIMIT_MS = 8_000  # for all of a trace's queries; twice what its close looks may take
TRACE_WAIT = 5.0  # seconds for one's turn

# Nothing runs but the site's own files, and nothing is fetched from elsewhere, whatever an archived text holds and
# however it got into a page.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# Of the file's name: how it is written, and its media type.
FORMATS: Mapping[str, tuple[str, str]] = MappingProxyType({
    "ris": ("ris", "application/x-research-info-systems; charset=utf-8"),
    "bib": ("bibtex", "application/x-bibtex; charset=utf-8"),
    "json": ("csl", "application/vnd.citationstyles.csl+json"),
    "html": ("robust", "text/html; charset=utf-8"),
})

Build = Callable[[sqlite3.Connection, Mapping[str, str]], Any]
View = Callable[[Any, Any], Awaitable[Any]]


class TooSlowError(Exception):
    """A page's queries were stopped at the time limit."""


def routes(datasette: Any) -> list[tuple[str, View]]:
    """Address patterns and their views; Datasette's own index stays at /archive and /-/databases."""
    topic = tracing.KeptTopic(Path(datasette.databases[DATABASE].path or ""))
    name = r"(?P<name>[^/]+?)"
    told = r"(?P<tail>\.provn|\.prov\.json(?:ld)?)"
    return [
        (r"^/$", _page("start", answers.start)),
        (r"^/index\.json$", _page("start", answers.start)),
        (r"^/search(?P<json>\.json)?$", _page("search", answers.results)),
        (rf"^/article/{name}{told}$", _lineage(answers.article_lineage)),
        (rf"^/family/{name}{told}$", _lineage(answers.family_lineage)),
        (rf"^/article/{name}(?P<json>\.json)?$", _page("article", answers.article, _citing)),
        (rf"^/article/{name}(?P<tail>/cite\.(?:{'|'.join(FORMATS)}))$", cite),
        (rf"^/family/{name}(?P<json>\.json)?$", _page("family", answers.family)),
        (r"^/compare(?P<json>\.json)?$", _page("compare", answers.comparison)),
        (rf"^/capture/{name}\.warc$", download),
        (rf"^/capture/{name}(?P<json>\.json)?$", _page("capture", records.capture, headers=_memento)),
        (r"^/timemap/link/(?P<address>.+)$", times),
        (r"^/trace(?P<json>\.json)?$", Tracing(topic, Bucket(TRACES_A_MINUTE)).view),
        (r"^/about$", _page("about", lambda _conn, _question: None)),
    ]


async def cite(request: Any, datasette: Any) -> Any:
    """/article/NAME/cite.ris and the like: the citation of one version, to be saved."""
    found = await _ask(datasette, request, answers.cited)
    if not isinstance(found, Cited):
        return found
    ending = _ending(request)
    writer, media_type = FORMATS[ending]
    text = citations.WRITERS[writer]([citations.citation(found, site=_site(datasette, request))])
    headers = {"Content-Disposition": f'attachment; filename="{found.card.public_id}.{ending}"'}
    return Response(body=text, status=200, headers=_HEADERS | headers, content_type=media_type)


def _lineage(build: Build) -> View:
    """/article/NAME.prov.json, .prov.jsonld, .provn, and of /family the same: W3C PROV."""

    async def view(request: Any, datasette: Any) -> Any:
        found = await _ask(datasette, request, build)
        if not isinstance(found, Lineage):
            return found
        ending = _ending(request)
        text = await asyncio.to_thread(prov.written, found, ending, program=PROGRAM, site=_site(datasette, request))
        headers = dict(_HEADERS)
        if datasette.cors:
            add_cors_headers(headers)
        return Response(body=text, status=200, headers=headers, content_type=prov.FORMATS[ending][1])

    return view


async def download(request: Any, datasette: Any) -> Any:
    """/capture/ID.warc: the one record, to be saved, never shown."""
    found = await _ask(datasette, request, records.record_bytes)
    if not isinstance(found, bytes):
        return found
    headers = {"Content-Disposition": f'attachment; filename="stemma-capture-{int(request.url_vars["name"])}.warc"'}
    return Response(body=found, status=200, headers=_HEADERS | headers, content_type="application/warc")


async def times(request: Any, datasette: Any) -> Any:
    """/timemap/link/URL: when that address was captured; what follows a question mark is of the address."""
    query = f"?{request.query_string}" if request.query_string else ""
    given = request.url_vars["address"] + query
    # Servers in between make one slash of two.
    wanted = re.sub(r"^(https?):/(?!/)", r"\1://", given if "://" in given or ":/" in given else unquote(given))
    found = await _ask(datasette, request, lambda conn, _: timemap.held(conn, wanted))
    if not isinstance(found, timemap.TimeMap):
        return found
    text = timemap.link_format(found, to=partial(_whole, datasette, request))
    return Response(body=text, status=200, headers=dict(_HEADERS), content_type=timemap.MEDIA_TYPE)


@dataclass(slots=True)
class Tracing:
    """/trace and /trace.json: a text in a form, or a name in the address. What was asked is not kept, nor cached."""

    topic: tracing.KeptTopic
    bucket: Bucket
    turns: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, TRACES_AT_ONCE))

    async def view(self, request: Any, datasette: Any) -> Any:
        """The form, or its answer."""
        if request.method not in ("GET", "HEAD", "POST"):
            return await _problem(datasette, request, 405, "Ask with GET or POST.")
        if not await _may_view(datasette, request):
            return await _problem(datasette, request, 403, "This archive is not open to everyone.")
        try:
            asked = await _asked(request)
        except tracing.TooLongError:
            return await _problem(datasette, request, 413, f"At most {tracing.MAX_BYTES // 1024} KiB of text can be "
                                  "traced at once; its first paragraphs will do.")
        except ParameterError as error:
            return await _problem(datasette, request, 400, f"{error}.")
        return await self._answer(datasette, request, asked)

    async def _answer(self, datasette: Any, request: Any, asked: tracing.Asked) -> Any:
        if asked.is_empty:
            if request.method != "POST" and not _is_json(request):
                return await _traced(datasette, request, tracing.Answer(asked=asked))
            return await self._refused(datasette, request, asked, 400, "Paste a text, or give the address or the "
                                       "public id of an article of the archive.")
        wait = self.bucket.wait(str((request.scope.get("client") or ("",))[0]))
        if wait:
            return await self._refused(
                datasette, request, asked, 429, f"That were more than {self.bucket.a_minute} texts in a minute; the "
                f"next can be traced in {words.plural(ceil(wait), 'second')}.", wait=ceil(wait))
        return await self._found(datasette, request, asked)

    async def _found(self, datasette: Any, request: Any, asked: tracing.Asked) -> Any:
        topic = await asyncio.to_thread(self.topic.read)
        if topic is None:
            return await self._refused(datasette, request, asked, 404, "This archive has not kept its topic file yet; "
                                       "after its first run, texts can be traced.")
        try:
            await asyncio.wait_for(self.turns.acquire(), TRACE_WAIT)
        except TimeoutError:
            return await self._refused(datasette, request, asked, 503, "Other texts are being traced; try again in a "
                                       "minute.", wait=60)
        try:
            answer = await _read(datasette, lambda conn, _: tracing.answered(conn, topic, asked), {},
                                 limit_ms=TRACE_LIMIT_MS)
        except ParameterError as error:
            return await self._refused(datasette, request, asked, 400, f"{error}.")
        except TooSlowError:
            return await self._refused(datasette, request, asked, 503, "This text takes too long; give a part of it.")
        finally:
            self.turns.release()
        if isinstance(answer, Withheld):
            return await _tombstone(datasette, request, answer)
        if isinstance(answer, Missing):
            return await self._refused(datasette, request, asked, 404, answer.reason)
        return await _traced(datasette, request, answer)

    async def _refused(
        self, datasette: Any, request: Any, asked: tracing.Asked, status: int, reason: str, *, wait: int = 0
    ) -> Any:
        """The form as it was filled in, with what is wrong with it."""
        if _is_json(request):
            response = await _problem(datasette, request, status, reason)
        else:
            response = await _traced(datasette, request, tracing.Answer(asked=asked, problem=reason), status)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


async def _traced(datasette: Any, request: Any, answer: tracing.Answer, status: int = 200) -> Any:
    if _is_json(request) and answer.found is not None:
        response = _json(datasette, {"ok": True} | as_json(answer.found))
    else:
        response = await _html(datasette, request, "trace", {"page": answer}, status)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _asked(request: Any) -> tracing.Asked:
    """What a request asks, of which no more is read than can be of use. Raises ParameterError, TooLongError."""
    if request.method != "POST":
        return tracing.in_address(_question(request))
    body = b""
    while True:
        message = await request.receive()
        body += message.get("body", b"")
        if len(body) > tracing.MAX_BODY_BYTES:
            raise tracing.TooLongError
        if message["type"] != "http.request" or not message.get("more_body", False):
            return tracing.in_body(body, request.headers.get("content-type", ""))


def address(datasette: Any, path: str, arguments: Mapping[str, Any] | None = None, **more: Any) -> str:
    """A path of the site with the site's base, and arguments; those that are None are left out."""
    given = {name: value for name, value in {**(arguments or {}), **more}.items() if value is not None}
    return str(datasette.urls.path(path)) + (f"?{urlencode(given)}" if given else "")


def _ending(request: Any) -> str:
    """What the file's name ends with."""
    return str(request.url_vars["tail"].rpartition(".")[2])


def _site(datasette: Any, request: Any) -> str:
    """The address at which the site was asked, with its base."""
    return _whole(datasette, request, "/")


def _whole(datasette: Any, request: Any, path: str) -> str:
    """The whole address of a path of the site."""
    return str(datasette.absolute_url(request, datasette.urls.path("/"))).rstrip("/") + path


def _citing(datasette: Any, request: Any, answer: answers.ArticleAnswer) -> dict[str, Any]:
    """What an article's page says for other programs: a link that lasts, and an item of schema.org."""
    shown, *sources = [citations.citation(found, site=_site(datasette, request)) for found in answer.cited]
    return {"permalink": shown.permalink, "robust_link": citations.robust_links([shown]).strip(),
            "item": citations.news_article(shown, based_on=sources)}


def _memento(datasette: Any, request: Any, answer: records.CaptureAnswer) -> dict[str, str]:
    """That the page is of a capture, as Memento has it."""
    capture = answer.capture
    return timemap.headers(capture.url, capture.captured_at, to=partial(_whole, datasette, request))


def _page(
    template: str, build: Build, more: Callable[..., dict[str, Any]] = lambda *_: {},
    headers: Callable[..., dict[str, str]] = lambda *_: {},
) -> View:
    async def view(request: Any, datasette: Any) -> Any:
        answer = await _ask(datasette, request, build)
        if isinstance(answer, Response):
            return answer
        if _is_json(request):
            return _json(datasette, {"ok": True} | presentable(answer))
        page = await _html(datasette, request, template, {"page": answer} | more(datasette, request, answer))
        page.headers.update(headers(datasette, request, answer))
        return page

    return view


async def _ask(datasette: Any, request: Any, build: Build) -> Any:
    """The answer to a request, or the response that says why there is none."""
    if not await _may_view(datasette, request):
        return await _problem(datasette, request, 403, "This archive is not open to everyone.")
    try:
        answer = await _read(datasette, build, _question(request))
    except ParameterError as error:
        return await _problem(datasette, request, 400, f"{error}.")
    except TooSlowError:
        return await _problem(datasette, request, 503, "This question takes too long; ask for something rarer.")
    if isinstance(answer, Missing):
        return await _problem(datasette, request, 404, answer.reason)
    if isinstance(answer, Withheld):
        return await _tombstone(datasette, request, answer)
    return _moved(datasette, request, answer) if isinstance(answer, Moved) else answer


async def _read(
    datasette: Any, build: Build, question: Mapping[str, str], *, limit_ms: int | None = None
) -> Any:
    """The answer, from one state of the database although a crawl may be writing."""

    def read(conn: sqlite3.Connection) -> Any:
        try:
            with sqlite_timelimit(conn, TIME_LIMIT_MS if limit_ms is None else limit_ms):
                conn.execute("BEGIN")
                return build(conn, question)
        except sqlite3.OperationalError as error:
            if str(error) == "interrupted":
                raise TooSlowError from error
            raise
        finally:
            conn.rollback()

    return await datasette.get_database(DATABASE).execute_fn(read)


def _question(request: Any) -> dict[str, str]:
    """The arguments, each name's first value, and the name from the path as ""."""
    arguments = {name: request.args[name] for name in request.args if name}
    name = unquote(request.url_vars.get("name") or "", errors="replace")
    return arguments | {"": re.sub(r"[\x00-\x1f\ud800-\udfff]", "\ufffd", name)}


def _is_json(request: Any) -> bool:
    return bool(request.path.endswith(".json"))


async def _may_view(datasette: Any, request: Any) -> bool:
    """Datasette's own rules about who may see the database hold for these pages too."""
    if hasattr(datasette, "permission_allowed"):  # Datasette 0.x
        instance = await datasette.permission_allowed(request.actor, "view-instance", default=True)
        return bool(instance and await datasette.permission_allowed(
            request.actor, "view-database", DATABASE, default=True))
    from datasette.resources import DatabaseResource

    return bool(await datasette.allowed(
        action="view-database", resource=DatabaseResource(DATABASE), actor=request.actor))


def _moved(datasette: Any, request: Any, moved: Moved) -> Any:
    path = moved.path + (request.url_vars.get("tail") or (".json" if _is_json(request) else ""))
    place = address(datasette, path, dict(moved.arguments)) + (f"#{moved.fragment}" if moved.fragment else "")
    return Response.redirect(place, headers=dict(_HEADERS))


def _json(datasette: Any, data: Mapping[str, Any], status: int = 200) -> Any:
    headers = dict(_HEADERS)
    if datasette.cors:
        add_cors_headers(headers)
    return Response.json(data, status=status, headers=headers)


async def _html(datasette: Any, request: Any, template: str, context: dict[str, Any], status: int = 200) -> Any:
    to = partial(address, datasette)
    values = context | {"to": to, "say": words, "here": template, "twin": _twin(request, template, to),
                        "site_title": await _title(datasette)}
    body = await datasette.render_template(f"stemma/{template}.html", values, request=request)
    return Response.html(body, status=status, headers=dict(_HEADERS))


async def _title(datasette: Any) -> str:
    """The site's title, from Datasette's metadata."""
    if hasattr(datasette, "get_instance_metadata"):  # Datasette 1.0
        return str((await datasette.get_instance_metadata()).get("title") or "Stemma")
    return str(datasette.metadata("title") or "Stemma")


async def _problem(datasette: Any, request: Any, status: int, reason: str) -> Any:
    if _is_json(request):
        return _json(datasette, {"ok": False, "status": status, "error": reason}, status)
    return await _html(datasette, request, "problem", {"reason": reason, "status": status}, status)


async def _tombstone(datasette: Any, request: Any, answer: Withheld) -> Any:
    """What stands in a text's place: 410, since when it is withheld, and why."""
    stone = answer.stone
    if _is_json(request):
        reason = f"withheld since {stone.since[:10]}: {stone.reason}"
        return _json(datasette, {"ok": False, "status": 410, "error": reason, "withheld": presentable(stone)}, 410)
    return await _html(datasette, request, "withheld", {"page": answer}, 410)


def _twin(request: Any, template: str, to: Callable[..., str]) -> str | None:
    """The address of the same page as JSON."""
    if template in ("about", "problem", "withheld") or (template == "trace" and not request.query_string):
        return None
    path = "/index.json" if template == "start" else f"/{template}"
    name = request.url_vars.get("name")
    if name:
        path += f"/{name}"
    query = request.query_string
    return to(path if template == "start" else f"{path}.json") + (f"?{query}" if query else "")
