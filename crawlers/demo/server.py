"""A web on loopback: any host, http and https, directly or as a forward proxy; a handler decides every answer.

A client reaches it in three ways: directly, by the Host header (http only); by a proxy request with a whole URL
(`GET http://host/path`); by CONNECT, after which it speaks TLS with a certificate made for that host. Responses can
misbehave in the ways of `Delivery`, so that a crawler's faults are tested on real sockets.
"""

import socket
import socketserver
import ssl
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from threading import Event, Lock, Thread
from typing import Literal, NamedTuple, Self
from urllib.parse import urlsplit

from crawlers.demo.authority import Authority, Flaw

Headers = tuple[tuple[str, str], ...]

Delivery = Literal[
    "whole",  # Content-Length and the body
    "chunked",  # Transfer-Encoding: chunked, in several chunks
    "close-delimited",  # HTTP/1.0, no length: the body ends where the connection does
    "hang-up",  # Content-Length of the whole body, half of it sent, then a normal close
    "drip",  # the whole body, in pieces, over `drip_seconds`
    "reset",  # the connection is reset before a single byte is sent
    "cut",  # the connection is reset in mid-body
    "once",  # whole, but the next request on this connection is met with a close
    "raw",  # the pieces of `raw`, as they are, `drip_seconds` before each; then a close
]
PIECES = 10  # of a chunked or dripped body
LONGEST_DRIP = 30.0  # seconds
CUT_AFTER = 0.2  # seconds between the last byte and the reset of a connection that is cut
IDLE_SECONDS = 60.0  # after which a silent connection is closed


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRequest:
    """One request as the handler sees it: host in lower case without port, path with its query."""

    method: str
    scheme: str
    host: str
    path: str
    headers: Headers
    body: bytes

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebResponse:
    """One answer, and how well it is delivered; Content-Length is added where missing and the delivery has one."""

    status: int = 200
    reason: str = "OK"
    headers: Headers = ()
    body: bytes = b""
    delivery: Delivery = "whole"
    drip_seconds: float = 0.0
    raw: Callable[[], Iterable[bytes]] = tuple


class LoggedRequest(NamedTuple):
    """One line of the log; at is seconds of `time.monotonic()` when the request had been read."""

    at: float
    scheme: str
    host: str
    path: str
    status: int


Handler = Callable[[WebRequest], WebResponse]


class LoopbackWeb:
    """Serves a handler on 127.0.0.1 in daemon threads, between `with` and its end.

    `flaws` says for which hosts the certificate is a bad one, and how; `address` may be the loopback of IPv6.
    """

    def __init__(
        self, handler: Handler, *, port: int = 0, flaws: Mapping[str, Flaw] | None = None, address: str = "127.0.0.1",
    ) -> None:
        self._authority = Authority()
        server = _ServerOfIPv6 if ":" in address else _Server
        self._server = server((address, port), handler, self._authority, flaws or {})
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def proxy_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def authority_pem(self) -> bytes:
        """The certificate that clients must trust, in PEM."""
        return self._authority.pem

    @property
    def log(self) -> list[LoggedRequest]:
        """The requests so far, in order of arrival: a copy, safe to read while others are served."""
        return self._server.logged()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.close_connections()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False  # a client that keeps a connection open must not hold up the stop
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], handler: Handler, authority: Authority, flaws: Mapping[str, Flaw]
    ) -> None:
        self.handler = handler
        self.authority = authority
        self.flaws = flaws
        self.stopping = Event()
        self._lock = Lock()
        self._log: list[LoggedRequest] = []
        self._connections: set[_Connection] = set()
        super().__init__(address, _Connection)

    def record(self, line: LoggedRequest) -> None:
        with self._lock:
            self._log.append(line)

    def logged(self) -> list[LoggedRequest]:
        with self._lock:
            return list(self._log)

    def opened(self, connection: "_Connection") -> None:
        with self._lock:
            self._connections.add(connection)

    def closed(self, connection: "_Connection") -> None:
        with self._lock:
            self._connections.discard(connection)

    def close_connections(self) -> None:
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):
                # not SSLSocket.shutdown: that takes the TLS state away from the thread that is reading
                socket.socket.shutdown(connection.connection, socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up all the time, and a stop cuts them off: neither is worth a word."""


class _ServerOfIPv6(_Server):
    address_family = socket.AF_INET6


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: _Server
    tunnel_host: str | None = None
    is_spent = False  # the next request gets no answer

    def setup(self) -> None:
        super().setup()
        self.server.opened(self)

    def finish(self) -> None:
        self.server.closed(self)
        with suppress(OSError, ValueError):
            super().finish()
        with suppress(OSError):
            self.connection.close()  # in a tunnel this is not the socket that the server closes

    def log_message(self, *arguments: object) -> None:
        """Say nothing: `LoopbackWeb.log` has it."""

    def do_CONNECT(self) -> None:
        host = urlsplit("//" + self.path).hostname
        if not host or self.tunnel_host:
            self.send_error(400)
            return
        context = self.server.authority.context(host, flaw=self.server.flaws.get(host))
        self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb")
        self.tunnel_host = host
        self.close_connection = False  # http.client sends CONNECT as HTTP/1.0

    def answer(self) -> None:
        request = self._request()
        if self.is_spent:
            self.close_connection = True
            return
        arrived = time.monotonic()
        try:
            response = self.server.handler(request)
        except Exception as error:  # noqa: BLE001  (a broken handler must show itself in the client's test)
            response = WebResponse(status=500, reason="Handler failed", body=repr(error).encode())
        self.server.record(LoggedRequest(arrived, request.scheme, request.host, request.path, response.status))
        self._deliver(response)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = answer  # noqa: N815  (BaseHTTPRequestHandler asks)

    def _request(self) -> WebRequest:
        target = urlsplit(self.path) if "://" in self.path.split("?")[0] else None
        origin = target.netloc if target else self.headers.get("Host") or self.tunnel_host or ""
        path = (target.path or "/") + (target.query and f"?{target.query}") if target else self.path
        return WebRequest(
            method=self.command,
            scheme="https" if self.tunnel_host else (target.scheme if target else "http"),
            host=urlsplit("//" + origin).hostname or "",
            path=path,
            headers=tuple(self.headers.items()),
            body=self.rfile.read(int(self.headers.get("Content-Length") or 0)),
        )

    def _deliver(self, response: WebResponse) -> None:
        if response.delivery == "reset":
            self._reset()
            return
        if response.delivery == "raw":
            self._send(response.raw(), pause=min(response.drip_seconds, LONGEST_DRIP))
            self.close_connection = True
            return
        self.is_spent = response.delivery == "once"
        self.close_connection = self.close_connection or response.delivery in ("close-delimited", "hang-up")
        pieces = iter(()) if self.command == "HEAD" else _pieces(response)
        pause = min(response.drip_seconds, LONGEST_DRIP) / PIECES if response.delivery == "drip" else 0.0
        self.connection.sendall(_head(response) + next(pieces, b""))
        self._send(pieces, pause=pause)
        if response.delivery == "cut":
            self.server.stopping.wait(CUT_AFTER)  # what was sent arrives before the reset, which overtakes it
            self._reset()

    def _send(self, pieces: Iterable[bytes], *, pause: float) -> None:
        for piece in pieces:
            if self.server.stopping.wait(pause) if pause else self.server.stopping.is_set():
                return
            self.connection.sendall(piece)

    def _reset(self) -> None:
        """Close with a lingering time of zero, which TCP answers with RST."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()  # a socket stays open as long as a file made from it
        with suppress(OSError, ssl.SSLError):
            self.wfile.close()
        self.connection.close()


def _head(response: WebResponse) -> bytes:
    version = "HTTP/1.0" if response.delivery == "close-delimited" else "HTTP/1.1"
    names = {name.lower() for name, _ in response.headers}
    headers = [*response.headers]
    if response.delivery == "chunked":
        headers.append(("Transfer-Encoding", "chunked"))
    elif response.delivery != "close-delimited" and "content-length" not in names and _has_body(response.status):
        headers.append(("Content-Length", str(len(response.body))))
    lines = [f"{version} {response.status} {response.reason}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _has_body(status: int) -> bool:
    return status >= 200 and status not in (204, 304)


def _pieces(response: WebResponse) -> Iterator[bytes]:
    """The bytes after the head, in the order and sizes in which they are sent."""
    body = response.body if _has_body(response.status) else b""
    size = max(1, -(-len(body) // PIECES))
    cuts = [body[start : start + size] for start in range(0, len(body), size)]
    match response.delivery:
        case "chunked":
            yield from (b"%x\r\n%s\r\n" % (len(cut), cut) for cut in cuts)
            yield b"0\r\n\r\n"
        case "drip":
            yield from cuts
        case "hang-up" | "cut":
            yield body[: len(body) // 2]
        case _:
            yield body
