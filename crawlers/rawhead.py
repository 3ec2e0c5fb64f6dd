"""The bytes of a response's head as the server sent them, which Scrapy's parsed headers have lost.

Scrapy keeps neither case nor order nor the place of duplicates. This is the one home of the private names that
give them back (`scrapy.core.downloader.handlers.http11`), written for Scrapy 2.19, to whose minor version
pyproject.toml pins; a test holds that case, order and duplicates survive. Where the names fail, a recorder finds no
head and says so in the record.
"""

from dataclasses import dataclass
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers import http11

META_KEY = "stemma_raw_head"
# Bytes of all heads of one answer, interim ones included: what Chromium allows. Twisted has no bound on the sum, and
# one of 16 KiB on a line, which some sites' security policies are longer than.
MAX_HEAD_BYTES = 262_144
_StockParser = http11._LenientHTTPClientParser
_stock_bodyready = http11._ScrapyAgent._cb_bodyready


@dataclass(frozen=True, slots=True, kw_only=True)
class RawHead:
    """Raw response head without its final blank line, and the headers of the request as they were sent."""

    response: bytes | None
    request_headers: tuple[tuple[bytes, bytes], ...]


class HeadTooLong(Exception):
    """A response head that is over MAX_HEAD_BYTES."""


class RecordingParser(_StockParser):
    """Keeps each line of the head as it arrives, within bounds."""

    MAX_LENGTH = MAX_HEAD_BYTES
    _stemma_received = 0  # bytes of heads: interim answers (1xx) count too, or they could follow each other for ever

    def lineReceived(self, line: bytes) -> None:
        if "_stemma_lines" not in self.__dict__:
            self._stemma_lines: list[bytes] = []
        self._stemma_received += len(line) + 1
        if self._stemma_received > MAX_HEAD_BYTES:
            self.lineLengthExceeded(line)
        self._stemma_lines.append(line.removesuffix(b"\r"))
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Fail the request at once: Twisted's polite close would wait for a server that never stops."""
        del line
        connection: Any = self.transport
        connection._producer.abortConnection()
        raise HeadTooLong(f"the response head is over {MAX_HEAD_BYTES:,} bytes")

    def allHeadersReceived(self) -> None:
        self.response._stemma_head = b"\r\n".join(self._stemma_lines).rstrip(b"\r\n")
        self._stemma_lines = []  # a 100 Continue is followed by the real head
        super().allHeadersReceived()  # type: ignore[no-untyped-call]  # Twisted is untyped


def install() -> None:
    """Make the downloader keep raw heads in `request.meta[META_KEY]`. Called once, by the crawl's own process."""
    http11._LenientHTTPClientParser = RecordingParser  # type: ignore[misc]
    http11._ScrapyAgent._cb_bodyready = _bodyready  # type: ignore[method-assign]


def _bodyready(self: Any, txresponse: Any, request: Request) -> Any:
    inner = txresponse
    while inner is not None and not hasattr(inner, "_stemma_head"):
        inner = getattr(inner, "original", None)
    sent = getattr(txresponse, "request", None)
    headers = sent.headers.getAllRawHeaders() if sent is not None else ()
    request.meta[META_KEY] = RawHead(
        response=getattr(inner, "_stemma_head", None),
        request_headers=tuple((name, value) for name, values in headers for value in values),
    )
    return _stock_bodyready(self, txresponse, request)
