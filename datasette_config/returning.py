"""Who signs in goes on where they came from, whatever plugin signs them in: /-/login?next=PATH, kept in a cookie.

Plugins lead to the start page. The path is the site's own, or it is not followed: a link to the login page must not be
a way to bring a signed-in reader elsewhere.
"""

import re
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, quote, unquote

LOGIN = "/-/login"
_COOKIE = "stemma_next"
_OWN = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f-\uffff]{0,500}")
_MINUTES = 15

App = Callable[[Any, Any, Any], Awaitable[None]]


def returning(app: App, *, base: str) -> App:
    """The application, whose login leads back; `base` is what its paths begin with."""
    login = base + LOGIN.lstrip("/")

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope.get("path") not in (login, LOGIN):
            await app(scope, receive, send)
            return
        asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("next", [""])[0]
        kept = _kept(scope)

        async def leading(message: Any) -> None:
            if message["type"] == "http.response.start":
                is_in = scope["method"] == "POST" and message["status"] in (302, 303)
                if is_in and _is_own(kept, base):
                    message = message | {"headers": [
                        *((name, value) for name, value in message["headers"] if name.lower() != b"location"),
                        (b"location", kept.encode()), _cookie("", login, seconds=0)]}
                elif scope["method"] == "GET" and _is_own(asked, base):
                    message = message | {"headers": [
                        *message["headers"], _cookie(asked, login, seconds=60 * _MINUTES)]}
            await send(message)

        await app(scope, receive, leading)

    return wrapped


def _is_own(path: str, base: str) -> bool:
    return path.startswith(base) and _OWN.fullmatch(path) is not None


def _kept(scope: Any) -> str:
    found: SimpleCookie = SimpleCookie()
    for name, value in scope.get("headers", ()):
        if name.lower() == b"cookie":
            try:
                found.load(value.decode("latin-1"))
            except CookieError:
                return ""
    return unquote(found[_COOKIE].value) if _COOKIE in found else ""


def _cookie(path: str, login: str, *, seconds: int) -> tuple[bytes, bytes]:
    return b"set-cookie", (
        f"{_COOKIE}={quote(path, safe='')}; Path={login}; Max-Age={seconds}; HttpOnly; SameSite=Lax").encode()
