"""How much one client may ask: a bucket of tokens for each, in memory, of a bounded number of clients.

Every path costs something but those that cost the site nothing, so that a page that is added later is limited as well.
Who asks is whom the connection is from: what a request says of that itself is for the server to believe, which does so
of the proxies that are named to it.
"""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, unquote

MAX_CLIENTS = 10_000  # that are remembered; the one that has asked nothing for longest is forgotten first
_NETWORK = 64  # bits of an IPv6 address that one client has to itself
WHOLE_TABLE = 30  # tokens
COSTS = tuple((re.compile(pattern), tokens) for pattern, tokens in (
    (r"^/-/static|^/robots\.txt$|^/favicon", 0), (r"^/archive\.db$|^/data/", WHOLE_TABLE),
    (r"^/-/login", 20), (r"^/search\.(?!json$)|^/sitemap-", 10), (r"\.prov(?:n|\.json(?:ld)?)$|^/trace", 5),
    (r"^/archive|^/-/mcp", 2)))

App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(slots=True)
class Bucket:
    """Lets each client ask `a_minute` times at once, and then as often as tokens drip in."""

    a_minute: int
    clock: Callable[[], float] = monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, client: str, cost: int = 1) -> float:
        """Take so many tokens, of those that a bucket holds: 0.0, or the seconds until there are as many again."""
        cost = min(cost, self.a_minute)
        tokens = self._tokens(client)
        allowed = tokens >= cost
        self._keep(client, tokens - cost * allowed)
        return 0.0 if allowed else (cost - tokens) / (self.a_minute / 60)

    def charge(self, client: str, cost: float) -> None:
        """Take so many tokens for what was done already, as far as there are any."""
        self._keep(client, max(0.0, self._tokens(client) - cost))

    def _tokens(self, client: str) -> float:
        now = self.clock()
        tokens, at = self._left.get(network(client), (float(self.a_minute), now))
        return min(float(self.a_minute), tokens + (now - at) * self.a_minute / 60)

    def _keep(self, client: str, tokens: float) -> None:
        name = network(client)
        self._left.pop(name, None)  # at the end: who asked longest ago is forgotten first
        self._left[name] = (tokens, self.clock())
        if len(self._left) > MAX_CLIENTS:
            del self._left[next(iter(self._left))]


def limited(app: App, bucket: Bucket, *, base: str) -> App:
    """The application, which tells who asks too much to come back later; `base` is what its paths begin with.

    This machine's own programs are not counted: a proxy here that is not named as one would be taken for all readers.
    """

    async def limit(scope: dict[str, Any], receive: Any, send: Any) -> None:
        client = str((scope.get("client") or ("",))[0]) if scope["type"] == "http" else ""
        path = str(scope.get("path", ""))
        price = cost(written_plainly(path, base=base), scope.get("query_string", b"")) if client else 0
        wait = bucket.wait(client, price) if price and not is_here(client) else 0.0
        if wait:
            seconds = ceil(wait)
            await refuse(send, 429, f"Too much was asked for from this address; ask again in {seconds} s.", seconds,
                         as_json=path.endswith(".json"))
        else:
            await app(scope, receive, send)

    return limit


def written_plainly(path: str, *, base: str) -> str:
    """A path without the site's base, and as Datasette reads it: /~61rchive is /archive."""
    return unquote("/" + path.removeprefix(base).lstrip("/").replace("%", "%25").replace("~", "%"))


def cost(path: str, query: bytes = b"") -> int:
    """How many tokens a path costs: about how many searches would take as long."""
    if any(name == "_stream" for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)):
        return WHOLE_TABLE
    return next((tokens for pattern, tokens in COSTS if pattern.search(path)), 1)


async def refuse(send: Any, status: int, reason: str, seconds: int, *, as_json: bool) -> None:
    """Say why there is no answer now, and after how many seconds to ask again."""
    text = json.dumps({"ok": False, "status": status, "error": reason}) if as_json else reason + "\n"
    kind = b"application/json" if as_json else b"text/plain"
    await send({"type": "http.response.start", "status": status, "headers": [
        (b"content-type", kind + b"; charset=utf-8"), (b"retry-after", b"%d" % seconds),
        (b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]})
    await send({"type": "http.response.body", "body": text.encode()})


def is_here(client: str) -> bool:
    """Whether an address is this machine's own."""
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False


def network(client: str) -> str:
    """What counts as one client: an address, of IPv6 the network that one client has to itself."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        return f"{int(address) >> (128 - _NETWORK):x}"
    return client
