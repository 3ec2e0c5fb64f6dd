"""What readers write themselves waits for its turn; a page of the site never waits for it."""

import asyncio
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from archive.topic_settings import PublishSettings
from datasette_config import turns
from datasette_config.limits import Bucket
from datasette_config.turns import Turns, in_turn

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"
SQL = f"/archive.json?sql={quote(ENDLESS)}"


async def ask(app: Any, client: str, path: str, method: str = "GET") -> tuple[int, dict[str, str]]:
    """Status and headers."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    name, _, query = path.partition("?")
    await app({"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
               "path": name, "raw_path": name.encode(), "query_string": query.encode(), "root_path": "",
               "server": ("site.example", 80), "client": (client, 5000), "headers": [(b"host", b"site.example")]},
              receive, send)
    return sent[0]["status"], {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}


class Held:
    """An application whose answers come when they are let go; `most` were under way at once."""

    def __init__(self) -> None:
        self.go, self.now, self.most = asyncio.Event(), 0, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del scope, receive
        self.now += 1
        self.most = max(self.most, self.now)
        await self.go.wait()
        self.now -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(("clients", "most", "refused"), [
    pytest.param(["203.0.113.1"] * 4, 1, [200, 429, 429, 429], id="one client has one"),
    pytest.param(["2001:db8::1", "2001:db8::2"], 1, [200, 429], id="a network is one client"),
    pytest.param([f"203.0.113.{n}" for n in range(4)], 2, [200, 200, 503, 503], id="all have two"),
    pytest.param(["127.0.0.1"] * 3, 2, [200, 200, 503], id="this machine has as many as all"),
])
def test_who_has_no_turn_is_told_to_come_back(
    clients: list[str], most: int, refused: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "WAIT", 0.05)

    async def go() -> tuple[Held, list[Any], list[Any]]:
        held = Held()
        app = in_turn(held, Turns(), None, base="/")
        asked = [asyncio.create_task(ask(app, client, "/archive/article.json?_where=1")) for client in clients]
        await asyncio.sleep(0.2)
        held.go.set()
        return held, await asyncio.gather(*asked), [await ask(app, client, SQL) for client in clients]

    held, first, later = asyncio.run(go())
    assert held.most == most
    assert [status for status, _ in first] == refused
    assert all(headers["retry-after"] == "10" for status, headers in first if status != 200)
    assert [status for status, _ in later] == [200] * len(clients), "a turn is given back"


@pytest.mark.parametrize(("path", "method", "waits"), [
    ("/archive?sql=select+1", "GET", True), ("/_memory.json?sql=select+1", "GET", True),
    ("/~61rchive/article", "GET", True), ("/archive/who_copies_whom.json", "GET", True),
    ("/archive/article", "GET", True), ("/-/mcp", "POST", True), ("/-/mcp/", "POST", True), ("/-/mcp", "GET", False),
    ("/archive", "GET", False), ("/search?q=sql", "GET", False), ("/", "GET", False), ("/archive.db", "GET", False),
])
@pytest.mark.parametrize("base", ["/", "/stemma/"])
def test_what_is_not_ours_takes_a_turn(path: str, method: str, waits: bool, base: str) -> None:
    name, _, query = path.partition("?")
    scope = {"path": base.rstrip("/") + name, "query_string": query.encode(), "method": method}
    assert turns.takes_a_turn(scope, base=base) is waits


def test_what_was_asked_is_paid_for_by_the_time_it_took() -> None:
    bucket = Bucket(60, lambda: 0.0)

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.2)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    asyncio.run(ask(in_turn(slow, Turns(), bucket, base="/"), "203.0.113.1", SQL))
    assert bucket.wait("203.0.113.1", 60) >= 2.0
    assert bucket.wait("203.0.113.2", 60) == 0.0


@pytest.mark.parametrize(("query", "statuses"), [("sql=1", [200, 200]), ("sql=1&_stream=on", [200, 429])])
def test_who_takes_an_answer_slowly_is_in_nobodys_way(
    query: str, statuses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for what is still being read while it is sent."""
    monkeypatch.setattr(turns, "WAIT", 0.05)

    async def go() -> list[int]:
        taken = asyncio.Event()

        async def sending(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await taken.wait()

        app = in_turn(sending, Turns(), None, base="/")
        asked = [asyncio.create_task(ask(app, "203.0.113.1", f"/archive.csv?{query}")) for _ in statuses]
        await asyncio.sleep(0.2)
        taken.set()
        return [status for status, _ in await asyncio.gather(*asked)]

    assert asyncio.run(go()) == statuses


@pytest.fixture
def impatient(own_archive: Archive, site_of: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(turns, "WAIT", 0.1)
    with site_of(own_archive.data, publish=PublishSettings()) as site:
        site.datasette._settings["sql_time_limit_ms"] = 1_500
        yield site


def test_a_page_does_not_wait_for_the_sql_of_others(impatient: Site) -> None:
    app = impatient.datasette.app()

    async def go() -> tuple[list[int], int, int]:
        asked = [asyncio.create_task(ask(app, f"203.0.113.{n % 2}", SQL)) for n in range(12)]
        await asyncio.sleep(0.2)
        status, _ = await ask(app, "203.0.113.9", "/about")
        under_way = sum(not one.done() for one in asked)
        return [found[0] for found in await asyncio.gather(*asked)], status, under_way

    statuses, status, under_way = impatient.loop.run_until_complete(go())
    assert status == 200
    assert under_way <= 2, "the page came while the two that had turns were still being answered"
    assert sorted(statuses) == [400] * 2 + [429] * 10, "two ran into the time limit"
