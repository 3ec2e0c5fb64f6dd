"""/review in a browser: for people who are signed in, by whatever plugin of Datasette's signs people in."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from datasette import Response

from archive.errors import UnreadableFile, WriteFailed
from archive.store import snapshots
from datasette_config.answers import presentable
from datasette_config.parameters import ParameterError
from datasette_config.plugin import DATABASE
from datasette_config.responses import (
    HEADERS,
    TooSlowError,
    address,
    html_of,
    is_json,
    json_of,
    may_review,
    may_view,
    problem,
    question_of,
    read,
)
from datasette_config.reviewers import PLUGIN
from datasette_config.reviewing import MAX_BODY_BYTES, Reviewing


@dataclass(frozen=True, slots=True)
class ReviewView:
    """The queue, and what its forms send."""

    reviewing: Reviewing

    async def view(self, request: Any, datasette: Any) -> Any:
        """GET shows the queue, POST keeps a verdict and shows the queue again; /review.json can only be read."""
        if request.method not in ("GET", "HEAD", *(() if is_json(request) else ("POST",))):
            return await problem(datasette, request, 405, "Ask with GET; a verdict is sent to /review, with POST.")
        if not await may_view(datasette, request) or not await may_review(datasette, request):
            return await problem(datasette, request, 403, "Uncertain links are judged by reviewers who are signed in.",
                                 sign_in=request.actor is None and bool(datasette.plugin_config(PLUGIN)))
        if await datasette.get_database(DATABASE).execute_fn(snapshots.read) is not None:
            return await problem(datasette, request, 404, "This is a copy for readers; links are judged where the "
                                 "archive is kept.")
        try:
            if request.method == "POST":
                return await self._kept(request, datasette)
            found = await read(datasette, self.reviewing.queue, question_of(request))
        except ParameterError as error:
            return await problem(datasette, request, 400, f"{error}.")
        except WriteFailed as error:
            reason = str(error).replace(f"{self.reviewing.database.parent}/", "")
            return await problem(datasette, request, 507, f"Your verdict was not kept: {reason}. Go back: what you "
                                 "wrote still stands in its form.")
        except UnreadableFile:
            return await problem(datasette, request, 503, "What people decided cannot be read just now, so nothing can "
                                 "be added to it; the archive's log says more.")
        except TooSlowError:
            return await problem(datasette, request, 503, "The queue takes too long; judge with 'stemma judge'.")
        name = name_of(request.actor)
        if is_json(request):
            response = json_of(datasette, {"ok": True, "reviewer": name} | presentable(found))
        else:
            response = await html_of(datasette, request, "review", {"page": found, "reviewer": name})
        response.headers["Cache-Control"] = "no-store"
        return response

    async def _kept(self, request: Any, datasette: Any) -> Any:
        body = await request.post_body()
        if len(body) > MAX_BODY_BYTES:
            raise ParameterError(f"a verdict takes at most {MAX_BODY_BYTES // 1024} KiB")
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
        await read(datasette, partial(self.reviewing.keep, by=name_of(request.actor)), form)
        return Response.redirect(address(datasette, "/review"), status=303, headers=dict(HEADERS))


def name_of(actor: Any) -> str:
    """Under what name a verdict is kept."""
    return str(actor.get("name") or actor.get("display") or actor.get("id") or "a reviewer")[:100]
