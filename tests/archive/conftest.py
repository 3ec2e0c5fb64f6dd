"""Exchanges, captures and an empty archive for the tests of this room."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any

import pytest

from archive.digests import payload_digest, sha256
from archive.model import Capture, Exchange, RecordRef
from archive.store import open_database

AT = datetime(2025, 3, 15, 12, 0, 0, 123_000, tzinfo=UTC)


@pytest.fixture(scope="session")
def exchange() -> Callable[..., Exchange]:
    """An exchange of an ordinary page, but for what the test says."""

    def made(**changes: Any) -> Exchange:
        return Exchange(**{
            "url": "https://news.example/story", "fetched_at": AT, "role": "article", "source": "front",
            "request_head": b"GET /story HTTP/1.1\r\nHost: news.example",
            "response_head": b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8", "body": b"<p>Text</p>",
        } | changes)

    return made


@pytest.fixture(scope="session")
def capture() -> Callable[..., Capture]:
    """A capture of an ordinary page, but for what the test says; `body` gives the digests, `n` the record's place."""

    def made(*, body: bytes = b"<p>Text</p>", n: int = 0, **changes: Any) -> Capture:
        return Capture(**{
            "url": "https://news.example/story", "captured_at": AT, "via": "stemma", "role": "article",
            "source": "front", "status": 200, "media_type": "text/html", "charset": "utf-8",
            "content_encoding": None, "location": None, "payload_digest": payload_digest(body),
            "payload_sha256": sha256(body), "payload_length": len(body),
            "record": RecordRef(path="2025/03/a.warc.gz", offset=n * 1_000, length=1_000),
        } | changes)

    return made


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    """An empty archive's database."""
    connection = open_database(tmp_path / "archive.db", create=True)
    yield connection
    connection.close()
