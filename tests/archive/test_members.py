"""Records out of a file that comes in pieces: the same however it is cut, and wherever reading goes on."""

import gzip
import io
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive import members
from archive.foreign import Foreign, plain, responses
from archive.members import MemberReader, RecordHead, Run

OURS, OTHER = "https://news.example", "https://other.example"


def warc(*pages: tuple[str, bytes], requests: bool = True) -> bytes:
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=True)

    def write(record: ArcWarcRecord) -> None:
        writer.write_record(record)
        record.raw_stream.close()

    write(writer.create_warcinfo_record("a.warc.gz", {"software": "a crawler"}))
    for url, body in pages:
        fields = {"WARC-Date": "2024-08-06T14:22:33Z"}
        if requests:
            head = StatusAndHeaders("GET / HTTP/1.1", [("Host", "x")], is_http_request=True)
            write(writer.create_warc_record(url, "request", http_headers=head, warc_headers_dict=fields))
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], "HTTP/1.1")
        write(writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=head, warc_headers_dict=fields))
    return buffer.getvalue()


def wants(head: RecordHead) -> bool:
    return head.url.startswith(OURS)


def read(pieces: list[bytes], *, start: int = 0) -> tuple[list[Run], MemberReader]:
    reader = MemberReader(wants, start=start)
    found = [run for piece in pieces for run in reader.feed(piece)]
    return found + reader.finish(), reader


def pages(runs: list[Run]) -> list[tuple[str, bytes]]:
    found = [one for run in runs for one in responses("x", plain("x", io.BytesIO(run.packed)), via="x")]
    assert all(isinstance(one, Foreign) and one.exchange.request_head for one in found)
    return [(one.exchange.url, one.exchange.body) for one in found if isinstance(one, Foreign)]


PAGES = [(f"{OTHER}/0", b"none" * 900), (f"{OURS}/1", b"one" * 700), (f"{OURS}/2", bytes(range(256)) * 90),
         (f"{OTHER}/3", b"three"), (f"{OURS}/4", b"four")]
WANTED = [page for page in PAGES if page[0].startswith(OURS)]
FILE = warc(*PAGES)


@given(cuts=st.lists(st.integers(0, len(FILE)), max_size=20).map(sorted), stop=st.integers(0, 20))
def test_however_a_file_is_cut_and_wherever_reading_goes_on_the_records_are_the_same(
    cuts: list[int], stop: int
) -> None:
    edges = [0, *cuts, len(FILE)]
    pieces = [FILE[start:end] for start, end in pairwise(edges)]
    runs, reader = read(pieces)
    assert pages(runs) == WANTED
    assert (reader.position, reader.damage) == (len(FILE), None)
    first = MemberReader(wants)
    before = [run for piece in pieces[:stop] for run in first.feed(piece)]
    after, _ = read([FILE[first.resume_at:]], start=first.resume_at)
    assert before + after == runs, "stopped anywhere, nothing is lost and nothing doubled"


def test_a_record_that_is_cut_off_is_told_with_its_place_and_those_before_it_are_given() -> None:
    whole, _ = read([FILE])
    runs, reader = read([FILE[:-9]])
    assert reader.damage is not None
    assert "is cut off" in reader.damage
    assert pages(runs[:2]) == WANTED[:2]
    assert pages(whole) == WANTED
    start = reader.resume_at
    assert read([FILE[start:]], start=start)[0][-1].packed == whole[-1].packed[-(len(FILE) - start):]


def test_what_lies_within_a_page_is_no_record_of_another_site() -> None:
    forged = warc((f"{OURS}/forged", b"never said"))
    stored = zlib.compressobj(0, wbits=31)
    plain_text = gzip.decompress(warc((f"{OTHER}/evil", b"x" * 50 + forged), requests=False))
    hostile = stored.compress(plain_text) + stored.flush()
    assert forged in hostile, "the forged records lie in the file's own bytes"
    assert pages(read([hostile, FILE])[0]) == WANTED


def test_damage_ends_a_file_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray(FILE)
    damaged[-6] ^= 0xFF  # in the last member's CRC: a byte of its data may as well make it look cut off
    runs, reader = read([bytes(damaged)])
    assert "damaged" in (reader.damage or "")
    assert pages(runs[:2]) == WANTED[:2]
    assert "damaged" in (read([b"<html>no WARC file</html>"])[1].damage or "")
    monkeypatch.setattr(members, "MAX_RECORD_BYTES", 10_000)
    runs, reader = read([FILE])
    assert "more than 10,000 bytes" in (reader.damage or ""), "a record without end"
    assert pages(runs)[0] == WANTED[0]


def test_zeros_between_records_are_passed_over() -> None:
    runs, reader = read([FILE, b"\0" * 700, FILE[:100], FILE[100:], b"\0" * 10])
    assert (pages(runs), reader.damage) == (WANTED * 2, None)
