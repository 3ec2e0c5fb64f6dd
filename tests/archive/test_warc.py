"""WARC files: what goes in comes out, whatever a server or a full disk does."""

import gzip
import os
import resource
import signal
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker

from archive import warc
from archive.digests import payload_digest
from archive.errors import DamagedWarc, WriteFailed
from archive.model import Capture, Exchange, FailedFetch, RecordRef
from archive.warc import WarcRecord, WarcWriter

AT = datetime(2025, 3, 15, 12, 0, 0, 123_456, tzinfo=UTC)
Made = Callable[..., Exchange]


@contextmanager
def writing(folder: Path, **options: int) -> Iterator[WarcWriter]:
    writer = WarcWriter(folder, started_at=AT, software="stemma tests", **options)
    yield writer
    writer.close()


def read(folder: Path) -> list[Capture | FailedFetch]:
    return [meaning for path in warc.files(folder) for meaning, _ in warc.records(folder, path) if meaning is not None]


def is_sound(folder: Path) -> bool:
    """Whether other programs read every file: gzip, and the digests by the WARC library's own check."""
    for path in warc.files(folder):
        assert subprocess.run(["gzip", "-t", str(folder / path)], check=False).returncode == 0
        checker = Checker(type("Options", (), {"inputs": [str(folder / path)], "verbose": False}))
        checker.process_all()
        if checker.exit_value:
            return False
    return True


# Heads as hostile servers send them: any bytes, and near-misses of real ones.
LINES = st.one_of(
    st.sampled_from(
        [
            b"HTTP/1.1 200 OK",
            b"HTTP/1.0 404",
            b"ICY 200 OK",
            b"Content-Type: text/html; charset=utf-8",
            b"no colon",
            b"Set-Cookie: a=1",
            b"set-cookie: b=2",
            b"X:\x00\x01\xff",
            b" folded: more",
            b"",
            b"\t",
            b"\xc2\x85",
            b"Content-Encoding: gzip",
            b"Content-Length: 3",
            b"Transfer-Encoding: chunked",
            b"Content-Type: ;;=;charset*0*=x",
            b"Location: /\xd0\xb0",
            b"WARC/1.1",
            "Заголовок: значение".encode(),
        ]
    ),
    st.binary(max_size=30),
)
HEADS = st.builds(
    lambda lines, end: end.join(lines), st.lists(LINES, max_size=8), st.sampled_from([b"\r\n", b"\n", b"\r\r\n"])
)


@given(head=HEADS, body=st.binary(max_size=300), revisited=st.booleans())
@example(head=b"HTTP/1.1 200 OK\r\nA: b\n\nC: d", body=b"x", revisited=False)
@example(head=b"HTTP/1.1 200 OK\r\n", body=b"\r\n\r\n", revisited=False)
@example(head=b"\r\nHTTP/1.1 200 OK", body=b"hello", revisited=True)
@settings(max_examples=120, deadline=None)
def test_an_exchange_comes_back_as_the_capture_that_the_writer_returned(
    exchange: Made, head: bytes, body: bytes, revisited: bool
) -> None:
    with tempfile.TemporaryDirectory() as name, writing(folder := Path(name)) as writer:
        given_exchange = exchange(response_head=head, body=body)
        if not head.decode("latin-1").strip() or not head.decode("utf-8", "replace").strip():
            with pytest.raises(ValueError, match="failed fetch"):
                writer.write(given_exchange)
            return
        captures = [writer.write(given_exchange)]
        if revisited:
            later = replace(given_exchange, fetched_at=AT + timedelta(days=1))
            captures.append(writer.write(later, revisit_of=captures[0]))
        assert read(folder) == captures
        record = warc.read_record(folder, captures[0].record)
        assert record.payload == body
        said = dict(record.headers).get("Stemma-Head")
        assert (record.http_head == head) == (said is None)
        assert is_sound(folder)


def test_a_head_keeps_case_order_duplicates_and_bytes_beyond_ascii(exchange: Made, tmp_path: Path) -> None:
    head = (b"HTTP/1.1 200 Sehr gut\r\nset-cookie: b=2\r\nX-Name: \xcf\xf0\xe8\xe2\xe5\xf2\r\nSET-Cookie:a=1\r\n"
            b"X-Folded: one\r\n two\r\nX-Name:  " + "Привіт".encode())
    with writing(tmp_path) as writer:
        capture = writer.write(exchange(response_head=head))
    assert warc.read_record(tmp_path, capture.record).http_head == head
    assert is_sound(tmp_path)


@pytest.mark.parametrize(("head", "expected"), [
    (b"HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; Charset=UTF-8", (200, "text/html", "utf-8", None)),
    (b"HTTP/2 301\nlocation: /\xd0\xb0\nLocation: /b", (301, None, None, "/а")),
    (b"HTTP/1.1 302 Found\r\nLocation: /\xe0", (302, None, None, "/à")),
    (b"HTTP/1.1 200 OK\r\nContent-Type: html", (200, None, None, None)),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=", (200, "text/html", None, None)),
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset*0*='", (200, "text/html", "'", None)),
    (b"HTTP/1.1 200 OK\r\nContent-Type: \xff\x00; charset=\xff", (200, None, None, None)),
    (b"Content-Type: text/html", (0, None, None, None)),
    (b"garbage", (0, None, None, None)),
    (b"HTTP/1.1 OK", (0, None, None, None)),
])
def test_what_is_read_from_a_head(
    exchange: Made, tmp_path: Path, head: bytes, expected: tuple[int, str | None, str | None, str | None]
) -> None:
    with writing(tmp_path) as writer:
        capture = writer.write(exchange(response_head=head))
    assert (capture.status, capture.media_type, capture.charset, capture.location) == expected
    assert read(tmp_path) == [capture]


def test_a_very_long_head_comes_back(exchange: Made, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n" + b"\r\n".join(b"A: b" for _ in range(20_000))
    with writing(tmp_path) as writer:
        capture = writer.write(exchange(response_head=head))
    assert warc.read_record(tmp_path, capture.record).http_head == head


def test_an_exchange_without_a_head_is_refused(exchange: Made, tmp_path: Path) -> None:
    with writing(tmp_path) as writer, pytest.raises(ValueError, match="failed fetch"):
        writer.write(exchange(response_head=b"\r\n"))


HOSTILE = st.one_of(
    st.text(max_size=20), st.text(alphabet="a: \r\n\t\x00\x0b\x85\u2028\ud800WARC-Type", max_size=30)
)


@given(tail=HOSTILE, source=HOSTILE, error=HOSTILE)
@example(tail="\r\nWARC-Type: warcinfo\r\nX: ", source="a\r\nStemma-Role: feed", error="x\r\n\r\nWARC/1.1\r\n\r\n")
@example(tail=" b ", source=" ", error="\ud800")
@settings(max_examples=100, deadline=None)
def test_no_text_becomes_a_header_of_its_own(exchange: Made, tail: str, source: str, error: str) -> None:
    url = "https://news.example/" + tail
    with tempfile.TemporaryDirectory() as name, writing(folder := Path(name)) as writer:
        capture = writer.write(exchange(url=url, source=source))
        again = writer.write(exchange(url=url, source=source, fetched_at=AT), revisit_of=replace(capture, url=url))
        failed = FailedFetch(url=url, at=AT, role="feed", source=source, error=error)
        ref = writer.write_failed(failed)
        listed = writer.write_list([url.replace("\n", "").encode("utf-8", "replace").decode()], source=source, at=AT)
        found = read(folder)
        assert [found[0], found[1], found[3]] == [capture, again, listed]
        assert isinstance(found[2], FailedFetch)
        assert found[2].url == capture.url
        for place in (capture.record, again.record, ref, listed.record):
            names = [name for name, _ in warc.read_record(folder, place).headers]
            assert len(names) == len(set(names))
            assert not {"X", "A"} & set(names)
        with open(folder / warc.files(folder)[0], "rb") as file:
            kinds = [record.rec_type for record in ArchiveIterator(file)]
        assert kinds == ["warcinfo", "request", "response", "request", "revisit", "metadata", "resource"]
        assert is_sound(folder)


def test_a_failed_fetch_comes_back(tmp_path: Path) -> None:
    failed = FailedFetch(url="https://news.example/", at=AT.replace(microsecond=0), role="article", source="вести",
                         error="TimeoutError: error: nothing came within 30 s")
    with writing(tmp_path) as writer:
        ref = writer.write_failed(failed)
    assert list(warc.records(tmp_path, ref.path, start=ref.offset)) == [(failed, ref)]


def test_an_address_list_comes_back(tmp_path: Path) -> None:
    urls = ["https://news.example/a", "https://суджа.рф/новость"]
    with writing(tmp_path) as writer:
        capture = writer.write_list(urls, source="мой список", at=AT)
    assert read(tmp_path) == [capture]
    assert capture.url == warc.list_name("мой список")
    assert warc.read_payload(tmp_path, capture.record) == warc.list_payload(urls)
    assert capture.payload_digest == payload_digest(warc.list_payload(urls))


def test_a_revisit_refers_to_the_capture_that_holds_its_payload(exchange: Made, tmp_path: Path) -> None:
    later = datetime(2025, 3, 16, tzinfo=UTC)
    with writing(tmp_path) as writer:
        first = writer.write(exchange(body=b"the payload"))
        second = writer.write(exchange(body=b"the payload", fetched_at=later), revisit_of=first)
    assert second.is_revisit
    assert (second.payload_digest, second.payload_sha256, second.payload_length) == \
        (first.payload_digest, first.payload_sha256, len(b"the payload"))
    record = warc.read_record(tmp_path, second.record)
    headers = dict(record.headers)
    assert record.payload == b""
    assert headers["WARC-Refers-To-Target-URI"] == first.url
    assert headers["WARC-Refers-To-Date"] == "2025-03-15T12:00:00.123Z"
    assert headers["WARC-Payload-Digest"] == first.payload_digest
    assert headers["WARC-Profile"].endswith("/identical-payload-digest")


def test_what_was_cut_off_and_where_it_came_from_stands_in_the_record(exchange: Made, tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        capture = writer.write(exchange(truncated="length", ip_address="192.0.2.7", head_is_raw=False))
    headers = dict(warc.read_record(tmp_path, capture.record).headers)
    assert (headers["WARC-Truncated"], headers["WARC-IP-Address"]) == ("length", "192.0.2.7")
    assert "rebuilt" in headers["Stemma-Head"]
    assert read(tmp_path) == [capture]


def test_a_record_is_read_by_itself_with_one_seek(exchange: Made, tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        captures = [writer.write(exchange(body=b"body %d" % n)) for n in range(5)]
    for n, capture in enumerate(captures):
        assert warc.read_payload(tmp_path, capture.record) == b"body %d" % n
        assert gzip.decompress(warc.read_bytes(tmp_path, capture.record)).startswith(b"WARC/1.1\r\n")


def test_a_full_file_is_followed_by_the_next(exchange: Made, tmp_path: Path) -> None:
    with writing(tmp_path, rotate_bytes=1_500) as writer:
        captures = [writer.write(exchange(body=os.urandom(400))) for _ in range(6)]
    paths = warc.files(tmp_path)
    assert len(paths) > 2
    assert paths == sorted({capture.record.path for capture in captures})
    assert read(tmp_path) == captures
    assert all(next(iter(warc.records(tmp_path, path)))[0] is None for path in paths), "each begins with warcinfo"
    assert is_sound(tmp_path)


def test_two_writers_of_one_second_write_two_files(exchange: Made, tmp_path: Path) -> None:
    with writing(tmp_path) as one, writing(tmp_path) as other:
        first, second = one.write(exchange()), other.write(exchange())
    assert first.record.path != second.record.path
    assert len(read(tmp_path)) == 2


def test_a_writer_that_writes_nothing_leaves_no_file(tmp_path: Path) -> None:
    with writing(tmp_path):
        pass
    assert list(tmp_path.rglob("*")) == []


@pytest.fixture(scope="module")
def small(exchange: Made, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, bytes, list[int]]:
    """A file of a few records: its path, its bytes, and where its records end."""
    folder = tmp_path_factory.mktemp("small")
    with writing(folder) as writer:
        for n in range(2):
            writer.write(exchange(body=b"body %d" % n))
    (path,) = warc.files(folder)
    return path, (folder / path).read_bytes(), [end for _, end, _ in warc.stretches(folder / path)]


def test_a_file_that_was_cut_anywhere_keeps_its_whole_records(
    small: tuple[str, bytes, list[int]], tmp_path: Path
) -> None:
    path, raw, ends = small
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    aside = tmp_path / "aside"
    for cut in range(len(raw) + 1):
        file.write_bytes(raw[:cut])
        kept = max((end for end in ends if end <= cut), default=0)
        assert warc.mend_tail(tmp_path, path, start=0, aside=aside) == cut - kept
        tails = [tail.read_bytes() for tail in aside.glob("*.tail")] if cut > kept else [b""]
        assert [file.read_bytes() + tail for tail in tails] == [raw[:cut]]
        assert len(list(warc.records(tmp_path, path))) == ends.index(kept) + 1 if kept else True
        assert warc.mend_tail(tmp_path, path, start=0, aside=aside) == 0, "a sound file is left alone"
        for tail in aside.glob("*.tail"):
            tail.unlink()


@pytest.mark.parametrize("garbage", [b"\0" * 5_000, b"\x1f\x8b\x08\0", b"WARC/1.1\r\n", b"\x02" + os.urandom(300)])
def test_garbage_after_the_last_record_is_put_aside(
    small: tuple[str, bytes, list[int]], tmp_path: Path, garbage: bytes
) -> None:
    path, raw, ends = small
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(raw + garbage)
    assert warc.mend_tail(tmp_path, path, start=ends[1], aside=tmp_path / "aside") == len(garbage)
    (tail,) = (tmp_path / "aside").iterdir()
    assert tail.read_bytes() == garbage
    assert (tmp_path / path).read_bytes() == raw


def test_every_damaged_byte_of_a_record_is_noticed(small: tuple[str, bytes, list[int]], tmp_path: Path) -> None:
    path, raw, ends = small
    (tmp_path / path).parent.mkdir(parents=True)
    ref = RecordRef(path=path, offset=ends[1], length=ends[2] - ends[1])
    (tmp_path / path).write_bytes(raw)
    sound = warc.read_record(tmp_path, ref)
    for place in range(ref.offset, ref.offset + ref.length):
        damaged = bytearray(raw)
        damaged[place] ^= 0x20
        (tmp_path / path).write_bytes(damaged)
        found: WarcRecord | str
        try:
            found = warc.read_record(tmp_path, ref)
        except DamagedWarc as error:
            found = str(error)
        # Some bits of the gzip header and the last bits of its data carry nothing.
        assert found == sound or (isinstance(found, str) and f"{path} at byte {ref.offset}" in found)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"offset": 1}, id="not at a record's start"),
        pytest.param({"length": 5}, id="shorter"),
        pytest.param({"length": 10**6}, id="beyond the file's end"),
        pytest.param({"path": "none.warc.gz"}, id="no such file"),
        pytest.param({"offset": 10**6}, id="after the file's end"),
        pytest.param({"length": 0}, id="nothing"),
    ],
)
def test_a_wrong_place_is_a_damaged_record(
    small: tuple[str, bytes, list[int]], tmp_path: Path, change: dict[str, object]
) -> None:
    path, raw, ends = small
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(raw)
    ref = replace(RecordRef(path=path, offset=0, length=ends[0]), **change)  # type: ignore[arg-type]
    with pytest.raises(DamagedWarc, match=ref.path):
        warc.read_record(tmp_path, ref)


def test_a_place_that_spans_two_records_is_damaged(small: tuple[str, bytes, list[int]], tmp_path: Path) -> None:
    path, raw, ends = small
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(raw)
    with pytest.raises(DamagedWarc, match="end where it should"):
        warc.read_record(tmp_path, RecordRef(path=path, offset=0, length=ends[1]))


@pytest.mark.parametrize("block", [
    b"", b"no WARC at all",
    b"WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: 4\r\n\r\nA: b\r\n\r\n",
    b"WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: 99\r\n\r\nA: b\r\n\r\n",
    b"WARC/1.1\r\nWARC-Type: metadata\r\nStemma-Role: feed\r\nWARC-Target-URI: u\r\nWARC-Date: today\r\n"
    b"Content-Length: 4\r\n\r\nA: b\r\n\r\n",
])
def test_a_member_that_is_no_record_of_ours_is_damaged_and_its_place_is_named(tmp_path: Path, block: bytes) -> None:
    (tmp_path / "x.warc.gz").write_bytes(gzip.compress(block))
    ((meaning, ref),) = warc.records(tmp_path, "x.warc.gz")
    assert isinstance(meaning, warc.Damage)
    assert (ref.path, ref.offset) == ("x.warc.gz", 0)


def test_a_role_that_this_program_does_not_know_is_another(tmp_path: Path) -> None:
    block = (b"WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http\r\nStemma-Role: spaceship\r\n"
             b"WARC-Target-URI: https://a.example/\r\nWARC-Date: 2025-03-15T12:00:00Z\r\nContent-Length: 19\r\n\r\n"
             b"HTTP/1.1 200 OK\r\n\r\n\r\n\r\n")
    (tmp_path / "x.warc.gz").write_bytes(gzip.compress(block))
    (capture,) = read(tmp_path)
    assert isinstance(capture, Capture)
    assert (capture.role, capture.status, capture.payload_length) == ("other", 200, 0)


FULL_DISK = """
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from archive import warc
from archive.errors import WriteFailed
from archive.model import Exchange

folder, kept = Path(sys.argv[1]), 0
at = datetime(2025, 3, 15, tzinfo=UTC)
writer = warc.WarcWriter(folder, started_at=at, software="tests")
noise = random.Random(0).randbytes(int(sys.argv[2]))
try:
    for n in range(10):
        writer.write(Exchange(
            url="https://news.example/", fetched_at=at, request_head=b"GET / HTTP/1.1", role="article",
            response_head=b"HTTP/1.1 200 OK", body=noise + b"%d" % n))
        kept += 1
except WriteFailed as error:
    print(kept, error)
writer.close()
"""


@pytest.mark.parametrize(("limit", "size"), [(100, 10), (3_000, 400), (3_300, 10), (20_000, 5_000)])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, limit: int, size: int) -> None:
    def no_large_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(size)], text=True, capture_output=True, check=False,
        preexec_fn=no_large_files, env=os.environ | {"PYTHONPATH": str(Path(warc.__file__).parent.parent.parent)},
    )
    assert "free some space" in done.stdout, done.stderr
    kept = int(done.stdout.split()[0])
    assert len(read(tmp_path)) == kept
    for path in warc.files(tmp_path):
        assert warc.mend_tail(tmp_path, path, start=0, aside=tmp_path / "aside") == 0
        kinds = [warc.read_record(tmp_path, ref).headers[0] for _, ref in warc.records(tmp_path, path)]
        assert len(kinds) == 1 + 2 * kept, "request and response together or neither"
    assert kept or not warc.files(tmp_path), "a file appears with its first record"
    assert is_sound(tmp_path)


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(exchange: Made, tmp_path: Path) -> None:
    (tmp_path / "2025").write_text("a file where a folder should be")
    with writing(tmp_path) as writer, pytest.raises(WriteFailed, match="free some space"):
        writer.write(exchange())


def test_member_ends_are_found_whatever_the_members_size(tmp_path: Path) -> None:
    members = [zlib_member(os.urandom(size)) for size in (0, 1, 70_000, 5, 200_000, 65_536 - 23, 3)]
    (tmp_path / "x.gz").write_bytes(b"".join(members))
    ends = [sum(len(member) for member in members[:n + 1]) for n in range(len(members))]
    assert [end for _, end, _ in warc.stretches(tmp_path / "x.gz")] == ends
    assert [end for _, end, _ in warc.stretches(tmp_path / "x.gz", start=ends[2])] == ends[3:]


def zlib_member(data: bytes) -> bytes:
    compress = zlib.compressobj(0, zlib.DEFLATED, 31)
    return compress.compress(data) + compress.flush()


def test_damage_in_the_middle_hides_no_later_record_and_shortens_no_file(
    small: tuple[str, bytes, list[int]], tmp_path: Path
) -> None:
    path, raw, ends = small
    (tmp_path / path).parent.mkdir(parents=True)
    damaged = raw[:ends[1] + 30] + bytes(16) + raw[ends[1] + 46:]
    (tmp_path / path).write_bytes(damaged)
    assert warc.mend_tail(tmp_path, path, start=0, aside=tmp_path / "aside") == 0
    assert (tmp_path / path).read_bytes() == damaged
    found = list(warc.records(tmp_path, path))
    assert [(ref.offset, isinstance(meaning, warc.Damage)) for meaning, ref in found] == [
        (offset, offset == ends[1]) for offset in [0, *ends[:-1]]]


def test_a_last_record_with_a_damaged_byte_is_reported_and_not_cut_off(
    small: tuple[str, bytes, list[int]], tmp_path: Path
) -> None:
    path, raw, ends = small
    (tmp_path / path).parent.mkdir(parents=True)
    place = (ends[-2] + ends[-1]) // 2
    damaged = raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1:]
    (tmp_path / path).write_bytes(damaged)
    assert warc.mend_tail(tmp_path, path, start=0, aside=tmp_path / "aside") == 0
    assert isinstance(list(warc.records(tmp_path, path))[-1][0], warc.Damage)


def test_the_file_of_another_program_is_never_cut(tmp_path: Path) -> None:
    (tmp_path / "alien.warc.gz").write_bytes(b"rubbish")
    assert warc.mend_tail(tmp_path, "alien.warc.gz", start=0, aside=tmp_path / "aside") == 0
    assert (tmp_path / "alien.warc.gz").read_bytes() == b"rubbish"
