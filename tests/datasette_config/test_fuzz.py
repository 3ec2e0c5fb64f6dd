"""Whatever is asked of any route, by any method: an answer or a reason, never a failure of the site.

The routes are those that the plugin names, so that one that is added is asked as well.
"""

import asyncio
import re
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasette_config import pages
from datasette_config.plugin import DATABASE

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

PATTERNS = [pattern for pattern, _ in pages.routes(type("Any", (), {
    "databases": {DATABASE: type("File", (), {"path": "/nowhere/archive.db"})}}))]
ARGUMENTS = (
    "q", "forms", "role", "language", "outlet", "country", "month", "relation", "edited", "presence", "from", "to", "copies",
    "sort", "page", "kind", "version", "left", "right", "of", "text", "next", "verdict", "copy", "exemplar", "note",
    "_format", "_shape", "_size", "sql", "")
VALUES = st.one_of(
    st.text(max_size=40), st.sampled_from([
        "1", "2", "-1", "0", "9" * 30, "2024-08-06", "2024-08", "all", "typed", "reposts", "repost", "best", "arrived", '"',
        "*", "-", "NEAR(", "a OR", "not present", "\x00", "\ud800", "en", "'; DROP TABLE versions; --", "<script>", "%",
        "https://www.borderherald.example/2024/08/06/sudzha-crossing", "{{ 7 * 7 }}"]))
NO_FAILURE = (*range(200, 308), 400, 403, 404, 405, 410, 413, 429)


def of_pattern(pattern: str, names: list[str]) -> st.SearchStrategy[str]:
    """Paths that a route takes, with names that there are and others."""
    known = re.sub(r"\(\?P<name>\[\^/\]\+\?\)", lambda _: f"(?:{'|'.join(map(re.escape, names))})", pattern)
    found = [st.from_regex(re.compile(one), fullmatch=True) for one in {pattern, known}]
    return st.one_of(found).map(lambda path: path.rstrip("\n")).filter(lambda path: len(path) < 2_000)


@pytest.fixture(scope="module")
def names(site: Site, archive: Archive) -> list[str]:
    """Keys and public ids of articles, a family's, and numbers of captures."""
    keys = [archive.herald, archive.hostile, archive.ukrainian]
    return [*keys, archive.family, "1", "13", *(site.json(f"/article/{key}.json")["versions"][0]["public_id"] for key in keys)]


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_question_breaks_a_route(site: Site, names: list[str], pattern: str, data: st.DataObject) -> None:
    path = quote(data.draw(of_pattern(pattern, names)), safe="/:?=&", errors="surrogatepass")
    arguments = data.draw(st.lists(st.tuples(st.sampled_from(ARGUMENTS), st.one_of(VALUES, st.sampled_from(names))), max_size=5))
    query = urlencode(arguments, errors="surrogatepass")
    method = data.draw(st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"]))
    body = data.draw(st.one_of(st.just(query.encode()), st.binary(max_size=60)))
    kind = data.draw(st.sampled_from([
        "application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=a", "application/json", "x", ""]))
    status = ask(site, method, path, query, body if method == "POST" else b"", kind)
    assert status in NO_FAILURE, (method, path, query, body, kind, status)


def ask(site: Site, method: str, path: str, query: str, body: bytes, kind: str) -> int:
    """The status, asked as a server hands a request on, since a client would put an odd address right."""
    statuses: list[int] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    async def go() -> None:
        from urllib.parse import unquote

        await site.datasette.app()({
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": unquote(path, errors="replace"), "raw_path": path.encode("ascii", "replace"), "root_path": "",
            "query_string": query.encode("ascii", "replace"), "server": ("localhost", 80), "client": ("127.0.0.1", 1),
            "headers": [(b"host", b"localhost"), *([(b"content-type", kind.encode())] if kind else [])],
        }, receive, send)

    site.loop.run_until_complete(asyncio.wait_for(go(), 60))
    return statuses[0]


def test_every_page_is_among_the_routes_that_are_asked() -> None:
    asked = " ".join(PATTERNS)
    for name in ("search", "article", "family", "compare", "capture", "trace", "timemap", "review", "places", "outlets",
                 "sources", "health", "data", "about", "feeds", "sitemap", "robots", "llms"):
        assert f"/{name}" in asked, name
