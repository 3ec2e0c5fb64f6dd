"""Every exchange -> WARC, before anything else happens to it, then its row in the database."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.client import responses
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from archive import log
from archive.digests import payload_digest
from archive.model import Capture, Exchange, FailedFetch, Observation, Truncated
from archive.store import captures
from archive.times import to_milliseconds
from archive.warc import WarcWriter, parse_head
from crawlers.archives.cdx import memento_served, service_name
from crawlers.rawhead import META_KEY, RawHead
from crawlers.reasons import reason_of

ROLE, SOURCE, CAPTURE, VALIDATED = "stemma_role", "stemma_source", "stemma_capture", "stemma_validated"
WHY = "stemma_why"  # a look that failed: the reason
STARTED = "stemma_started"  # when the request went out: the moment of its capture (WARC 1.1, 5.4)
ARCHIVE, ORIGINAL = "stemma_archive", "stemma_original"  # of a memento: the archive's base address, the original's
DAYS = "stemma_days"  # that a list is read for
# What is asked for with this is read and not kept: the parts of other people's archives in which the wanted records
# lie. Those are copied whole, with who captured them; kept as exchanges too they would be here twice, and with them
# all that nobody wants.
UNKEPT = "stemma_unkept"
_FLAG_TRUNCATED: dict[str, Truncated] = {"dataloss": "disconnect", "download_stopped": "length"}


@dataclass(slots=True)
class Recorder:
    """The crawl's pen: one WARC writer and one database connection."""

    conn: sqlite3.Connection
    writer: WarcWriter
    clock: Callable[[], datetime]
    counts: dict[str, int] = field(default_factory=dict)
    answers: int = 0  # of any kind, by which the network is known to be there
    unanswered: int = 0

    def record(self, request: Request, response: Response) -> Capture:
        """Keep an exchange; a payload that this URL gave before becomes a revisit record."""
        self.answers += 1
        started_at = request.meta.get(STARTED) or self.clock()
        exchange = _as_memento(exchange_of(request, response, fetched_at=to_milliseconds(started_at)), request)
        if response.status == 304 and (held := request.meta.get(VALIDATED)) is not None:
            original = captures.original(self.conn, url=held.url, payload_digest=held.payload_digest)
            capture = self.writer.write_not_modified(exchange, original or held)
        else:
            capture = self.writer.write(exchange, revisit_of=self._earlier(exchange, response.status))
        seen = captures.add(self.conn, capture)
        self._log(request, seen, capture, started_at)
        if seen.outcome == "failed":
            request.meta[WHY] = seen.error
        else:
            self.count(seen.outcome if exchange.role == "article" else exchange.role)
        return capture

    def _earlier(self, exchange: Exchange, status: int) -> Capture | None:
        if exchange.truncated is not None or status != 200 or exchange.via is not None:
            return None
        return captures.original(self.conn, url=exchange.url, payload_digest=payload_digest(exchange.body))

    def record_failure(self, request: Request, error: BaseException) -> None:
        """Keep a look that got no answer; it is counted with the failures of the run."""
        failed = FailedFetch(
            url=request.url, at=to_milliseconds(request.meta.get(STARTED) or self.clock()),
            role=request.meta.get(ROLE, "other"), source=request.meta.get(SOURCE),
            error=reason_of(error),
        )
        self.unanswered += 1
        seen = captures.add_failed(self.conn, failed, self.writer.write_failed(failed))
        self._log(request, seen, None, failed.at)

    def _log(self, request: Request, seen: Observation, capture: Capture | None, started_at: datetime) -> None:
        log.event(
            "fetch", url=request.url, role=request.meta.get(ROLE, "other"), source=request.meta.get(SOURCE),
            status=capture.status if capture else None, outcome=seen.outcome, error=seen.error,
            bytes=capture.payload_length if capture else 0, seconds=(self.clock() - started_at).total_seconds(),
        )

    def count(self, what: str, n: int = 1) -> None:
        """Add to a figure of the crawl's report."""
        self.counts[what] = self.counts.get(what, 0) + n


def exchange_of(request: Request, response: Response, *, fetched_at: datetime) -> Exchange:
    """The exchange as received: raw heads where the downloader kept them, the body with its Content-Encoding."""
    raw: RawHead | None = request.meta.get(META_KEY)
    head = raw.response if raw else None
    return Exchange(
        url=request.url, fetched_at=fetched_at, request_head=_request_head(request, raw),
        request_body=request.body, response_head=_dechunked(head or _rebuilt_head(response)), body=response.body,
        role=request.meta.get(ROLE, "other"), source=request.meta.get(SOURCE),
        ip_address=str(response.ip_address) if response.ip_address and not request.meta.get("proxy") else None,
        head_is_raw=head is not None, truncated=cut_off(response),
        asked_days=request.meta.get(DAYS),
    )


def cut_off(response: Response) -> Truncated | None:
    """Why a body is not whole; None where it is."""
    return next((_FLAG_TRUNCATED[flag] for flag in response.flags if flag in _FLAG_TRUNCATED), None)


def _as_memento(exchange: Exchange, request: Request) -> Exchange:
    """What a web archive served as a capture of its own: the archive is the agent, its time the capture's."""
    base = request.meta.get(ARCHIVE)
    if base is None:
        return exchange
    status, headers = parse_head(exchange.response_head)
    served = memento_served(exchange.url, base=base, headers=headers, status=status)
    if served is None:
        return exchange
    return replace(exchange, role="article", via=service_name(base), original_url=served[0], captured_at=served[1])


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
