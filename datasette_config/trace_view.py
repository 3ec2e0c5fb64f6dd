"""/trace in a browser and for programs: a text comes in, what is held of it goes out, and nothing is kept.

413 and 429 say that a text is too long or that too many were asked for.
"""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from math import ceil
from typing import Any
from urllib.parse import quote

from datasette import Response

from datasette_config import tracing, words
from datasette_config.answers import Missing, Withheld
from datasette_config.kept_topic import KeptTopic
from datasette_config.limits import Bucket
from datasette_config.parameters import ParameterError
from datasette_config.responses import (
    HEADERS,
    TooSlowError,
    address,
    html_of,
    is_json,
    json_of,
    may_view,
    problem,
    publication,
    question_of,
    read,
    tombstone,
)
from pipeline.origins import likely
from pipeline.trace import as_json

TRACES_AT_ONCE = 2  # of all clients, so that other pages have threads left
TRACE_LIMIT_MS = 8_000  # for all of a trace's queries; twice what its close looks may take
TRACE_WAIT = 5.0  # seconds for one's turn


@dataclass(slots=True)
class Tracing:
    """/trace and /trace.json: a text in a form, or a name in the address. What was asked is not kept, nor cached."""

    topic: KeptTopic
    bucket: Bucket
    turns: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, TRACES_AT_ONCE))

    async def view(self, request: Any, datasette: Any) -> Any:
        """The form, or its answer."""
        if request.method not in ("GET", "HEAD", "POST"):
            return await problem(datasette, request, 405, "Ask with GET or POST.")
        if not await may_view(datasette, request):
            return await problem(datasette, request, 403, "This archive is not open to everyone.")
        try:
            asked = await _asked(request)
        except tracing.TooLongError:
            return await self._refused(datasette, request, tracing.Asked(), 413, f"At most {tracing.MAX_BYTES // 1024} "
                                       "KiB of text can be traced at once; its first paragraphs will do.")
        except ParameterError as error:
            return await problem(datasette, request, 400, f"{error}.")
        return await self._answer(datasette, request, asked)

    async def _answer(self, datasette: Any, request: Any, asked: tracing.Asked) -> Any:
        if asked.is_empty:
            if request.method != "POST" and not is_json(request):
                return await _traced(datasette, request, tracing.Answer(asked=asked))
            return await self._refused(datasette, request, asked, 400, "Paste a text, or give the address or the "
                                       "public id of an article of the archive.")
        if await publication(datasette) == "excerpts" and not asked.text.strip():  # its page says what was found of it
            place = f"/article/{quote(asked.of, safe='')}" + (".json" if is_json(request) else "")
            is_address, search = "/" in asked.of, "/search.json" if is_json(request) else "/search"
            return Response.redirect(address(datasette, search if is_address else place,
                                             {"q": asked.of} if is_address else None), headers=dict(HEADERS))
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
            answer = await read(datasette, lambda conn, _: tracing.answered(conn, topic, asked), {},
                                 limit_ms=TRACE_LIMIT_MS)
        except ParameterError as error:
            return await self._refused(datasette, request, asked, 400, f"{error}.")
        except TooSlowError:
            return await self._refused(datasette, request, asked, 503, "This text takes too long; give a part of it.")
        finally:
            self.turns.release()
        if isinstance(answer, Withheld):
            return await tombstone(datasette, request, answer)
        if isinstance(answer, Missing):
            return await self._refused(datasette, request, asked, 404, answer.reason)
        return await _traced(datasette, request, answer)

    async def _refused(
        self, datasette: Any, request: Any, asked: tracing.Asked, status: int, reason: str, *, wait: int = 0
    ) -> Any:
        """The form as it was filled in, with what is wrong with it."""
        if is_json(request):
            response = await problem(datasette, request, status, reason)
        else:
            response = await _traced(datasette, request, tracing.Answer(asked=asked, problem=reason), status)
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response


async def _traced(datasette: Any, request: Any, answer: tracing.Answer, status: int = 200) -> Any:
    if is_json(request) and answer.found is not None:
        response = json_of(datasette, {"ok": True} | as_json(answer.found))
    elif is_json(request) and answer.likely is not None:
        response = json_of(datasette, {"ok": True} | likely.as_json(answer.likely))
    else:
        response = await html_of(datasette, request, "trace", {"page": answer}, status)
    response.headers["Cache-Control"] = "no-store"
    return response


async def _asked(request: Any) -> tracing.Asked:
    """What a request asks, of which no more is read than can be of use. Raises ParameterError, TooLongError."""
    if request.method != "POST":
        return tracing.in_address(question_of(request))
    body = b""
    while True:
        message = await request.receive()
        body += message.get("body", b"")
        if len(body) > tracing.MAX_BODY_BYTES:
            raise tracing.TooLongError
        if message["type"] != "http.request" or not message.get("more_body", False):
            return tracing.in_body(body, request.headers.get("content-type", ""))
