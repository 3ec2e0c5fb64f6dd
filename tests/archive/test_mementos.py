"""Captures by others: their WARC records stay as fetched, and give back what the index says of them."""

import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from sqlite3 import Connection

from hypothesis import given, settings
from hypothesis import strategies as st

from archive import warc
from archive.model import Capture, Days, Exchange
from archive.store import captures
from archive.times import to_iso
from archive.warc import WarcWriter

AT = datetime(2026, 3, 15, 12, 0, 0, 123_456, tzinfo=UTC)
THEN = datetime(2024, 8, 6, 14, 22, 33, tzinfo=UTC)
SERVED = "https://web.archive.example/web/20240806142233id_/https://news.example/story"
TEXT = st.text(alphabet="a: \r\n\t\x00\x85\ud800яWARC-Type", max_size=20)


@given(via=TEXT, tail=TEXT, body=st.binary(max_size=50), has_request=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_memento_comes_back_as_the_capture_that_the_writer_returned(
    exchange: Callable[..., Exchange], via: str, tail: str, body: bytes, has_request: bool
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        writer = WarcWriter(folder, started_at=AT, software="stemma tests")
        given_exchange = exchange(
            url=SERVED, via=via, original_url=f"https://news.example/{tail}", captured_at=THEN, body=body,
            **({} if has_request else {"request_head": b""}),
        )
        capture = writer.write(given_exchange)
        writer.close()
        found = [meaning for path in warc.files(folder) for meaning, _ in warc.records(folder, path) if meaning]
        assert found == [capture]
        assert capture.captured_at == THEN
        assert capture.url.startswith("https://news.example/")
        assert capture.via == (" ".join(via.encode("utf-8", "replace").decode().split()) or "stemma")
        headers = warc.read_record(folder, capture.record).headers
        assert dict(headers)["WARC-Target-URI"] == SERVED, "the record stays as fetched"
        assert dict(headers)["WARC-Date"] == to_iso(given_exchange.fetched_at)
        assert len({field for field, _ in headers}) == len(headers), "no text became a header of its own"


def test_a_record_says_which_days_its_list_was_read_for(exchange: Callable[..., Exchange], tmp_path: Path) -> None:
    days = Days(first=date(2024, 8, 6), last=date(2025, 4, 30))
    writer = WarcWriter(tmp_path, started_at=AT, software="stemma tests")
    listed = [writer.write(exchange(role="list", asked_days=asked)) for asked in (days, None)]
    again = writer.write(exchange(role="list", asked_days=days), revisit_of=listed[1])
    writer.close()
    read = [warc.asked_days(warc.read_record(tmp_path, capture.record)) for capture in (*listed, again)]
    assert read == [days, None, days], "a revisit says it for itself"


def test_what_an_archive_captured_is_no_look_of_ours(conn: Connection, capture: Callable[..., Capture]) -> None:
    captures.add(conn, capture(via="web.archive.example", captured_at=THEN))
    url, digest = capture().url, capture().payload_digest
    assert captures.original(conn, url=url, payload_digest=digest) is None
    assert captures.holder(conn, url=url, payload_digest=digest) is not None
    assert captures.validated(conn, url=url) is None
    assert captures.is_kept(conn, url=url, captured_at=THEN, via="web.archive.example")
    assert not captures.is_kept(conn, url=url, captured_at=THEN, via="stemma")
