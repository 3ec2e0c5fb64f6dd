"""Every exchange -> WARC, before anything else happens to it, then its row in the database."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from http.client import responses
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from archive.digests import payload_digest
from archive.model import Capture, Exchange, FailedFetch, Truncated
from archive.store import captures
from archive.times import to_milliseconds
from archive.warc import WarcWriter
from crawlers.rawhead import META_KEY, RawHead

ROLE, SOURCE, CAPTURE = "stemma_role", "stemma_source", "stemma_capture"
_FLAG_TRUNCATED: dict[str, Truncated] = {"dataloss": "disconnect", "download_stopped": "length"}


@dataclass(slots=True)
class Recorder:
    """The crawl's pen: one WARC writer and one database connection."""

    conn: sqlite3.Connection
    writer: WarcWriter
    clock: Callable[[], datetime]
    counts: dict[str, int] = field(default_factory=dict)

    def record(self, request: Request, response: Response) -> Capture:
        """Keep an exchange; a payload that this URL gave before becomes a revisit record."""
        exchange = exchange_of(request, response, fetched_at=to_milliseconds(self.clock()))
        earlier = None
        if exchange.truncated is None and response.status == 200:
            earlier = captures.original(
                self.conn, url=exchange.url, payload_digest=payload_digest(exchange.body)
            )
        capture = self.writer.write(exchange, revisit_of=earlier)
        seen = captures.add(self.conn, capture)
        self.count(seen.outcome if exchange.role == "article" else exchange.role)
        return capture

    def record_failure(self, request: Request, error: BaseException) -> None:
        """Keep a look that got no answer."""
        failed = FailedFetch(
            url=request.url, at=to_milliseconds(self.clock()), role=request.meta.get(ROLE, "other"),
            source=request.meta.get(SOURCE), error=f"{type(error).__name__}: {str(error)[:500]}",
        )
        captures.add_failed(self.conn, failed, self.writer.write_failed(failed))
        self.count("failed")

    def count(self, what: str) -> None:
        """Add one to a figure of the crawl's report."""
        self.counts[what] = self.counts.get(what, 0) + 1


def exchange_of(request: Request, response: Response, *, fetched_at: datetime) -> Exchange:
    """The exchange as received: raw heads where the downloader kept them, the body with its Content-Encoding."""
    raw: RawHead | None = request.meta.get(META_KEY)
    head = raw.response if raw else None
    flags = [flag for flag in response.flags if flag in _FLAG_TRUNCATED]
    return Exchange(
        url=request.url, fetched_at=fetched_at, request_head=_request_head(request, raw),
        request_body=request.body, response_head=_dechunked(head or _rebuilt_head(response)), body=response.body,
        role=request.meta.get(ROLE, "other"), source=request.meta.get(SOURCE),
        ip_address=str(response.ip_address) if response.ip_address and not request.meta.get("proxy") else None,
        head_is_raw=head is not None, truncated=_FLAG_TRUNCATED[flags[0]] if flags else None,
    )


def _request_head(request: Request, raw: RawHead | None) -> bytes:
    """Request line in origin form and the headers as they were sent (a proxy's share of them left out)."""
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = raw.request_headers if raw else tuple(
        (name, value) for name, values in request.headers.items() for value in values
    )
    lines = [f"{request.method} {target} HTTP/1.1".encode()]
    lines += [name + b": " + value for name, value in sent if not name.lower().startswith(b"proxy-")]
    return b"\r\n".join(lines)


def _rebuilt_head(response: Response) -> bytes:
    """A head from parsed headers, for when its bytes were not to be had; the record says that it was rebuilt."""
    protocol = response.protocol or "HTTP/1.1"
    lines = [f"{protocol} {response.status} {responses.get(response.status, '')}".rstrip().encode()]
    lines += [name + b": " + value for name, values in response.headers.items() for value in values]
    return b"\r\n".join(lines)


def _dechunked(head: bytes) -> bytes:
    """Transfer-Encoding renamed, since the body is kept without chunks; no other line is touched."""
    lines = head.split(b"\r\n")
    return b"\r\n".join(
        b"X-Archive-Orig-" + line if line.lower().startswith(b"transfer-encoding:") else line for line in lines
    )
