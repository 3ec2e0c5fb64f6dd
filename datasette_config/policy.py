"""What a browser may run on Datasette's own pages: Datasette's scripts as they ship, and nothing that a row holds.

Our pages come with their own, stricter rule. Datasette's have a few scripts within the page, each the same every time;
they are known by their hashes, taken from the templates that are installed. Their styles name columns, so that no hash
is known of them before: styles within a page are let be, which cannot run anything.
"""

import base64
import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator
from functools import lru_cache
from importlib import resources
from typing import Any

from datasette_config.cells import Rows

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

_SCRIPT = re.compile(r"<script(?: type=\"module\")?>(.*?)</script>", re.DOTALL)
_VALUE = re.compile(r"\{\{.*?\}\}")
_VALUES = ("true", "false", "null")  # that a template puts into a script


def guarded(app: Any) -> Any:
    """The application, whose HTML answers without a rule of their own get this one."""

    async def guard(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def ruled(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                names = {name.lower(): value for name, value in headers}
                if names.get(b"content-type", b"").startswith(b"text/html") and (
                        b"content-security-policy" not in names):
                    message["headers"] = [*headers, (b"content-security-policy", rule()),
                                          (b"referrer-policy", b"no-referrer"), (b"x-content-type-options", b"nosniff")]
            await send(message)

        await app(scope, receive, ruled if scope["type"] == "http" else send)

    return guard


def tabular(app: Any) -> Any:
    """The application, whose CSV has no cell that a spreadsheet runs: Datasette writes what a row holds."""

    async def wrapped(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        rows = Rows()

        async def plain(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                is_last = not message.get("more_body", False)
                message = message | {"body": rows.feed(message.get("body", b""), is_last=is_last)}
            elif message["type"] == "http.response.start":
                message = message | {"headers": [one for one in message.get("headers", ())
                                                 if one[0].lower() != b"content-length"]}
            await send(message)

        is_table = scope["type"] == "http" and str(scope.get("path", "")).endswith(".csv")
        await app(scope, receive, plain if is_table else send)

    return wrapped


def without(app: Any, path: str) -> Any:
    """The application, in which one path is not there, whatever plugin answers it."""

    async def closed(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and str(scope.get("path", "")).rstrip("/") in (path, path[path.index("/-/"):]):
            await send({"type": "http.response.start", "status": 404,
                        "headers": [(b"content-type", b"text/plain; charset=utf-8")]})
            await send({"type": "http.response.body", "body": b"This site does not offer that.\n"})
        else:
            await app(scope, receive, send)

    return closed


@lru_cache(maxsize=1)
def rule() -> bytes:
    """The header's value."""
    hashes = " ".join(sorted(f"'sha256-{_hash(text)}'" for text in set(_scripts())))
    return (f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'").encode()


def _scripts() -> Iterator[str]:
    """The scripts within Datasette's templates, where a value is put in once with each that it can have."""
    for template in resources.files("datasette").joinpath("templates").iterdir():
        if template.name.endswith(".html"):
            for text in _SCRIPT.findall(template.read_text("utf-8")):
                yield from (_VALUE.sub(value, text) for value in _VALUES) if _VALUE.search(text) else (text,)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
