"""A request -> the answer's values, and these as a response: HTML, JSON, or what stands in their place.

Problems are pages too: 400 says which parameter is wrong, 404 what is not held, 410 since when and why it is withheld,
503 that the question takes too long; as JSON {"ok": false, "status": ..., "error": ...}.
"""

import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote, urlencode

from datasette import Response
from datasette.utils import add_cors_headers, sqlite_timelimit

from archive.store import snapshots
from datasette_config import rendering, words
from datasette_config.answers import Missing, Moved, Withheld, presentable
from datasette_config.bounds import unbound
from datasette_config.parameters import Arguments, ParameterError
from datasette_config.pieces import Pieces
from datasette_config.plugin import DATABASE

TIME_LIMIT_MS = 5_000  # for all of a page's queries; a page that takes longer is a question that is too wide

# Nothing runs but the site's own files, and nothing is fetched from elsewhere, whatever an archived text holds and
# however it got into a page.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
                               "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

REVIEW = "stemma-review"  # by which Datasette's permissions can name who may judge links

_CONTENTS = "stemma_contents"  # in a request's scope: what its answer's database holds

Build = Callable[[sqlite3.Connection, Mapping[str, str]], Any]
View = Callable[[Any, Any], Awaitable[Any]]


class TooSlowError(Exception):
    """A page's queries were stopped at the time limit."""


async def ask(datasette: Any, request: Any, build: Build) -> Any:
    """The answer to a request, or the response that says why there is none."""
    if not await may_view(datasette, request):
        return await problem(datasette, request, 403, "This archive is not open to everyone.")

    def told(conn: sqlite3.Connection, question: Mapping[str, str]) -> Any:
        request.scope[_CONTENTS] = _contents(conn)  # on the way: to ask for it takes a thread's turn
        return build(conn, question)

    try:
        answer = await read(datasette, told, question_of(request))
    except ParameterError as error:
        return await problem(datasette, request, 400, f"{error}.")
    except TooSlowError:
        return await problem(datasette, request, 503, "This question takes too long; ask for something rarer.")
    if isinstance(answer, Missing):
        return await problem(datasette, request, 404, answer.reason)
    if isinstance(answer, Withheld):
        return await tombstone(datasette, request, answer)
    return _moved(datasette, request, answer) if isinstance(answer, Moved) else answer


async def read(
    datasette: Any, build: Build, question: Mapping[str, str], *, limit_ms: int | None = None
) -> Any:
    """The answer, from one state of the database although a crawl may be writing."""

    def read(conn: sqlite3.Connection) -> Any:
        try:
            with unbound(conn), sqlite_timelimit(conn, TIME_LIMIT_MS if limit_ms is None else limit_ms):
                conn.execute("BEGIN")
                return build(conn, question)
        except sqlite3.OperationalError as error:
            if str(error) == "interrupted":
                raise TooSlowError from error
            raise
        finally:
            conn.rollback()

    return await datasette.get_database(DATABASE).execute_fn(read)


def question_of(request: Any) -> Arguments:
    """The arguments, and the name from the path as ""."""
    every = {name: request.args.getlist(name) for name in request.args if name}
    name = unquote(request.url_vars.get("name") or "", errors="replace")
    named = {"": re.sub(r"[\x00-\x1f\ud800-\udfff]", "\ufffd", name)}
    return Arguments({name: values[0] for name, values in every.items()} | named, every)


def is_json(request: Any) -> bool:
    return bool(request.path.endswith(".json"))


def ending_of(request: Any) -> str:
    """What the file's name ends with."""
    return str(request.url_vars["tail"].rpartition(".")[2])


def site_of(datasette: Any, request: Any) -> str:
    """The address at which the site was asked, with its base."""
    return whole(datasette, request, "/")


def whole(datasette: Any, request: Any, path: str) -> str:
    """The whole address of a path of the site."""
    return str(datasette.absolute_url(request, datasette.urls.path("/"))).rstrip("/") + path


def address(datasette: Any, path: str, arguments: Mapping[str, Any] | None = None, **more: Any) -> str:
    """A path of the site with the site's base, and arguments; those that are None are left out."""
    given = {name: value for name, value in {**(arguments or {}), **more}.items() if value is not None}
    return str(datasette.urls.path(path)) + (f"?{urlencode(given, doseq=True)}" if given else "")


async def may_view(datasette: Any, request: Any) -> bool:
    """Datasette's own rules about who may see the database hold for these pages too."""
    if hasattr(datasette, "permission_allowed"):  # Datasette 0.x
        instance = await datasette.permission_allowed(request.actor, "view-instance", default=True)
        return bool(instance and await datasette.permission_allowed(
            request.actor, "view-database", DATABASE, default=True))
    from datasette.resources import DatabaseResource

    return bool(await datasette.allowed(
        action="view-database", resource=DatabaseResource(DATABASE), actor=request.actor))


async def may_review(datasette: Any, request: Any) -> bool:
    """Who is signed in, unless Datasette's configuration says otherwise."""
    if request.actor is None:
        return False
    if hasattr(datasette, "permission_allowed"):  # Datasette 0.x
        return bool(await datasette.permission_allowed(request.actor, REVIEW, default=True))
    return bool(await datasette.allowed(action=REVIEW, actor=request.actor))


def json_of(datasette: Any, data: Mapping[str, Any], status: int = 200) -> Any:
    headers = dict(HEADERS)
    if datasette.cors:
        add_cors_headers(headers)
    return Response.json(data, status=status, headers=headers)


async def html_of(datasette: Any, request: Any, template: str, context: dict[str, Any], status: int = 200) -> Any:
    to = partial(address, datasette)
    copy_of = request.scope[_CONTENTS] if _CONTENTS in request.scope else await publication(datasette)
    values = context | {"to": to, "whole": partial(whole, datasette, request), "say": words, "here": template,
                        "piece": Pieces(to), "twin": _twin(request, template, to),
                        "site_title": await title_of(datasette), "publication": copy_of,
                        "may_review": copy_of is None and await may_review(datasette, request)}
    body = await rendering.rendered(datasette, f"stemma/{template}.html", values, request)
    return Response.html(body, status=status, headers=dict(HEADERS))


async def problem(datasette: Any, request: Any, status: int, reason: str, *, sign_in: bool = False) -> Any:
    """What stands in an answer's place, and why; sign_in: it is there for who is signed in."""
    if is_json(request):
        return json_of(datasette, {"ok": False, "status": status, "error": reason}, status)
    asked = str(request.path) + (f"?{request.query_string}" if request.query_string else "")
    context = {"reason": reason, "status": status, "sign_in": asked if sign_in else None}
    return await html_of(datasette, request, "problem", context, status)


async def tombstone(datasette: Any, request: Any, answer: Withheld) -> Any:
    """What stands in a text's place: 410, since when it is withheld, and why."""
    stone = answer.stone
    if is_json(request):
        reason = f"withheld since {stone.since[:10]}: {stone.reason}"
        return json_of(datasette, {"ok": False, "status": 410, "error": reason, "withheld": presentable(stone)}, 410)
    return await html_of(datasette, request, "withheld", {"page": answer}, 410)


def _moved(datasette: Any, request: Any, moved: Moved) -> Any:
    path = moved.path + (request.url_vars.get("tail") or (".json" if is_json(request) else ""))
    place = address(datasette, path, dict(moved.arguments)) + (f"#{moved.fragment}" if moved.fragment else "")
    return Response.redirect(place, headers=dict(HEADERS))


async def title_of(datasette: Any) -> str:
    """The site's title, from Datasette's metadata."""
    if hasattr(datasette, "get_instance_metadata"):  # Datasette 1.0
        return str((await datasette.get_instance_metadata()).get("title") or "Stemma")
    return str(datasette.metadata("title") or "Stemma")


async def publication(datasette: Any) -> str | None:
    """What a database for serving holds, whole texts or excerpts; None of the archive's own."""
    found: str | None = await datasette.get_database(DATABASE).execute_fn(_contents)
    return found


def _contents(conn: sqlite3.Connection) -> str | None:
    found = snapshots.read(conn)
    return found.contents if found else None


def _twin(request: Any, template: str, to: Callable[..., str]) -> str | None:
    """The address of the same page as JSON."""
    if template in ("problem", "withheld") or (template == "trace" and not request.query_string):
        return None
    path = "/index.json" if template == "start" else f"/{template}"
    name = request.url_vars.get("name")
    if name:
        path += f"/{name}"
    query = request.query_string
    return to(path if template == "start" else f"{path}.json") + (f"?{query}" if query else "")
