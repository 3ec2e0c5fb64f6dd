"""How much of what readers write themselves runs at once: SQL, questions to tables and views, calls by MCP.

Each may take a thread for as long as Datasette lets a query run, and there are few threads; a page of the site must
find one whatever is asked beside it. So one client has one such question at a time, all together have AT_ONCE; who does
not get a turn for WAIT seconds is told to come back later. What a question took is paid for when it is answered.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

from datasette_config.limits import App, Bucket, is_here, network, refuse, written_plainly
from datasette_config.plugin import DATABASE, MCP

AT_ONCE = 2  # of all clients, so that other pages have threads left
WAIT = 5.0  # seconds for one's turn, with one's own other question and with others'
AGAIN = 10  # seconds, after which to ask again
A_SECOND = 10  # tokens that a second of such a question costs

_OWN_SQL = ("sql", "_where")


class NoTurnError(Exception):
    """There was no turn in time; the text is for who asked."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(slots=True)
class _Place:
    """A client's own place: how many of its questions are here, of which one goes on."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    here: int = 0


@dataclass(slots=True)
class Turns:
    """Who is asking now. A client is remembered only while it asks."""

    in_all: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, AT_ONCE))
    _places: dict[str, _Place] = field(default_factory=dict)

    @asynccontextmanager
    async def of(self, client: str) -> AsyncIterator[None]:
        """A client's turn, and one of all. This machine's own programs have none apart. Raises NoTurnError."""
        if is_here(client):
            async with self._one_of_all():
                yield
            return
        name = network(client)
        place = self._places.setdefault(name, _Place())
        place.here += 1
        try:
            await _taken(place.turn, 429, "Another question of this address is still under way; ask one at a time.")
            try:
                async with self._one_of_all():
                    yield
            finally:
                place.turn.release()
        finally:
            place.here -= 1
            if not place.here:
                del self._places[name]

    @asynccontextmanager
    async def _one_of_all(self) -> AsyncIterator[None]:
        await _taken(self.in_all, 503, "Questions of others are still being answered; ask again in a few seconds.")
        try:
            yield
        finally:
            self.in_all.release()


async def _taken(turn: asyncio.Lock | asyncio.Semaphore, status: int, reason: str) -> None:
    try:
        await asyncio.wait_for(turn.acquire(), WAIT)
    except TimeoutError as error:
        raise NoTurnError(status, reason) from error


def in_turn(app: App, turns: Turns, bucket: Bucket | None, *, base: str) -> App:
    """The application, in which such questions wait for their turns; `base` is what its paths begin with."""

    async def waiting(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not takes_a_turn(scope, base=base):
            await app(scope, receive, send)
            return
        client = str((scope.get("client") or ("",))[0])
        async with AsyncExitStack() as turn:
            try:
                await turn.enter_async_context(turns.of(client))
            except NoTurnError as error:
                is_data = str(scope["path"]).endswith((".json", MCP))
                await refuse(send, error.status, str(error), AGAIN, as_json=is_data)
                return
            if bucket is not None and client and not is_here(client):
                turn.callback(_charge, bucket, client, monotonic())

            async def sending(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start" and not _is_made_while_sent(scope, base=base):
                    await turn.aclose()  # all is read: a client that takes it slowly is in nobody's way
                await send(message)

            await app(scope, receive, sending)

    return waiting


def _charge(bucket: Bucket, client: str, begun: float) -> None:
    bucket.charge(client, (monotonic() - begun) * A_SECOND)


def takes_a_turn(scope: dict[str, Any], *, base: str) -> bool:
    """Whether a request may run a query that is not ours: SQL to any database, a table or a view, a call by MCP."""
    if _is_mcp(scope, base=base):
        return scope.get("method") == "POST"  # what is got there is a line that stays open
    asked = _asked(scope)
    is_table = written_plainly(str(scope.get("path", "")), base=base).startswith(f"/{DATABASE}/")
    return is_table or any(name in asked for name in _OWN_SQL)


def _is_made_while_sent(scope: dict[str, Any], *, base: str) -> bool:
    """Whether queries run after an answer has begun: for a table as CSV of any length, and for calls by MCP."""
    return "_stream" in _asked(scope) or _is_mcp(scope, base=base)


def _is_mcp(scope: dict[str, Any], *, base: str) -> bool:
    return written_plainly(str(scope.get("path", "")), base=base).rstrip("/") == MCP


def _asked(scope: dict[str, Any]) -> dict[str, list[str]]:
    return parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
