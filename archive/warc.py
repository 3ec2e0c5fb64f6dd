"""WARC files: exchanges in, records out; the only module that imports the WARC library.

Each record is one gzip member, so a RecordRef reads with one seek, and a file that was cut off is mended by cutting
it back to its last whole member. Role and source of a record, which no standard field holds, are extension fields
(`Stemma-Role`, `Stemma-Source`), so that a database can be rebuilt from the files alone.
"""

import io
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from pathlib import Path
from time import monotonic
from typing import IO, cast
from uuid import uuid4

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordbuilder import RecordBuilder
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.digests import payload_digest, sha256
from archive.errors import DamagedWarc, WriteFailed
from archive.model import Capture, Exchange, FailedFetch, RecordRef, Role, Truncated
from archive.times import from_iso, to_iso, to_milliseconds

ROTATE_BYTES = 1_000_000_000
SYNC_SECONDS = 1.0
VIA = "stemma"
LIST_TYPE = "text/uri-list"
_CHUNK = 1 << 20
_BUILDER = RecordBuilder(warc_version="WARC/1.1")
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?\s+(\d{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRecord:
    """One record as it lies in its file; `payload` keeps its Content-Encoding."""

    headers: tuple[tuple[str, str], ...]
    http_head: bytes
    payload: bytes


class _RawHead(StatusAndHeaders):  # type: ignore[misc]  # the library is untyped
    """An HTTP head that is written as it was received; the library would rebuild it from parsed headers."""

    def __init__(self, head: bytes) -> None:
        line = head.split(b"\r\n", 1)[0].decode("latin-1")
        super().__init__(line, [], protocol="")
        self._head = head

    def compute_headers_buffer(self, header_filter: object = None) -> None:
        self.headers_buff = self._head + b"\r\n\r\n"


class WarcWriter:
    """Appends records to one WARC file after another; nothing is ever rewritten.

    A file appears with its first record. What is written is handed to the operating system at once and forced to
    the disk every SYNC_SECONDS, at rotation and on close.
    """

    def __init__(self, folder: Path, *, started_at: datetime, software: str, rotate_bytes: int = ROTATE_BYTES) -> None:
        self._folder = folder
        self._started_at = started_at
        self._software = software
        self._rotate_bytes = rotate_bytes
        self._serial = 0
        self._path = ""
        self._file: IO[bytes] | None = None
        self._synced = monotonic()

    def write(self, exchange: Exchange, *, revisit_of: Capture | None = None) -> Capture:
        """Append request and response, or a revisit where an earlier capture holds the same payload."""
        request_id = f"<urn:uuid:{uuid4()}>"
        self._append(_request_record(exchange, request_id))
        ref = self._append(_response_record(exchange, request_id, revisit_of))
        return _capture(
            url=exchange.url, captured_at=to_milliseconds(exchange.fetched_at), role=exchange.role,
            source=exchange.source, head=exchange.response_head, digest=payload_digest(exchange.body),
            sha=sha256(exchange.body), length=len(exchange.body), record=ref, is_revisit=revisit_of is not None,
            truncated=exchange.truncated,
        )

    def write_failed(self, failed: FailedFetch) -> RecordRef:
        """Append a metadata record for a look that got no answer."""
        fields = f"outcome: failed\r\nerror: {' '.join(failed.error.split())}\r\n".encode()
        return self._append(_BUILDER.create_warc_record(
            failed.url, "metadata", payload=io.BytesIO(fields), length=len(fields),
            warc_content_type="application/warc-fields",
            warc_headers_dict=_extension(failed.role, failed.source) | {"WARC-Date": to_iso(failed.at)},
        ))

    def write_list(self, urls: Sequence[str], *, source: str, at: datetime) -> Capture:
        """Append a resource record with a URL list of the topic file, so that a rebuild finds its discoveries."""
        name, payload = list_name(source), list_payload(urls)
        ref = self._append(_BUILDER.create_warc_record(
            name, "resource", payload=io.BytesIO(payload), length=len(payload), warc_content_type=LIST_TYPE,
            warc_headers_dict=_extension("list", source) | {"WARC-Date": to_iso(at)},
        ))
        return _list_capture(name, to_milliseconds(at), source, payload, ref)

    def close(self) -> None:
        """Force what was written to the disk and close the file."""
        if self._file is not None:
            self._sync()
            self._file.close()
            self._file = None

    def _append(self, record: ArcWarcRecord) -> RecordRef:
        """One record, whole or not at all: where the disk is full the file is cut back to where it was."""
        file = self._open()
        offset = file.tell()
        try:
            length = _write_all(file, record)
        except OSError as error:
            file.truncate(offset)
            file.seek(offset)
            raise WriteFailed(
                f"{self._folder / self._path}: {error.strerror}; free some space and run again, nothing was lost"
            ) from error
        if monotonic() - self._synced >= SYNC_SECONDS:
            self._sync()
        return RecordRef(path=self._path, offset=offset, length=length)

    def _open(self) -> IO[bytes]:
        if self._file is not None and self._file.tell() >= self._rotate_bytes:
            self.close()
        if self._file is None:
            self._file = self._next_file()
            info = {"software": self._software, "format": "WARC File Format 1.1",
                    "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"}
            _write_all(self._file, _BUILDER.create_warcinfo_record(Path(self._path).name, info))
        return self._file

    def _next_file(self) -> IO[bytes]:
        month = self._started_at.strftime("%Y/%m")
        (self._folder / month).mkdir(parents=True, exist_ok=True)
        while True:
            self._serial += 1
            self._path = f"{month}/stemma-{self._started_at:%Y%m%dT%H%M%SZ}-{self._serial:05d}.warc.gz"
            try:
                return open(self._folder / self._path, "xb", buffering=0)
            except FileExistsError:
                continue

    def _sync(self) -> None:
        if self._file is not None:
            os.fsync(self._file.fileno())
            self._synced = monotonic()


def _write_all(file: IO[bytes], record: ArcWarcRecord) -> int:
    buffer = io.BytesIO()
    WARCWriter(buffer, gzip=True, warc_version="WARC/1.1").write_record(record)
    raw = buffer.getvalue()
    written = 0
    while written < len(raw):  # an unbuffered write may take a part only
        written += file.write(raw[written:])
    return written


def list_name(source: str) -> str:
    """The name under which a source's URL list is kept."""
    return f"urn:stemma:list:{source}"


def list_payload(urls: Sequence[str]) -> bytes:
    """A URL list as it is kept: one a line (text/uri-list, RFC 2483, with bare line feeds)."""
    return "".join(f"{url}\n" for url in urls).encode()


def read_record(folder: Path, record: RecordRef) -> WarcRecord:
    """The one record at a place. Raises DamagedWarc where there is no such file or no whole record."""
    raw = read_bytes(folder, record)
    where = f"{record.path} at byte {record.offset}"
    try:
        found = next(iter(ArchiveIterator(io.BytesIO(raw))))
        payload = found.raw_stream.read()
    except (StopIteration, ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
        raise DamagedWarc(f"{where}: no readable record ({error}); run 'stemma verify'") from error
    head, payload = _head_and_payload(found, payload, raw)
    return WarcRecord(headers=tuple(found.rec_headers.headers), http_head=head, payload=payload)


def read_bytes(folder: Path, record: RecordRef) -> bytes:
    """The record's own compressed bytes: a WARC file of one record by themselves."""
    try:
        with open(folder / record.path, "rb") as file:
            file.seek(record.offset)
            raw = file.read(record.length)
    except OSError as error:
        raise DamagedWarc(f"{folder / record.path}: {error.strerror}; restore the file from a backup") from error
    if len(raw) < record.length:
        raise DamagedWarc(f"{record.path} at byte {record.offset}: the file ends early; restore it from a backup")
    return raw


def read_payload(folder: Path, record: RecordRef) -> bytes:
    """The payload of a response record, with its Content-Encoding."""
    return read_record(folder, record).payload


def _head_and_payload(found: ArcWarcRecord, payload: bytes, raw: bytes) -> tuple[bytes, bytes]:
    """The HTTP head as its bytes lie in the record: the library's own copy is parsed and put together again."""
    if found.http_headers is None:
        return b"", payload
    block = zlib.decompressobj(31).decompress(raw)
    http = block.split(b"\r\n\r\n", 1)[1]
    head = http.split(b"\r\n\r\n", 1)[0]
    return head, payload


def records(folder: Path, path: str, *, start: int = 0) -> Iterator[tuple[Capture | FailedFetch | None, RecordRef]]:
    """Every record from byte `start` of a sound file with what it means to the index, None where nothing."""
    offset = start
    for end in member_ends(folder / path, start=start):
        ref = RecordRef(path=path, offset=offset, length=end - offset)
        yield _meaning(read_record(folder, ref), ref), ref
        offset = end


def member_ends(path: Path, *, start: int = 0) -> Iterator[int]:
    """Where each whole gzip member ends, from byte `start` on; stops before a member that is cut off or damaged."""
    with open(path, "rb") as file:
        file.seek(start)
        position, pending = start, b""
        inflate = zlib.decompressobj(31)
        while pending or (pending := file.read(_CHUNK)):
            try:
                inflate.decompress(pending)
            except zlib.error:
                return
            if inflate.eof:
                position += len(pending) - len(inflate.unused_data)
                yield position
                pending, inflate = inflate.unused_data, zlib.decompressobj(31)
            else:
                position += len(pending)
                pending = b""


def files(folder: Path) -> list[str]:
    """The WARC files of the archive, relative to the folder, oldest first."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.warc.gz"))


def mend_tail(folder: Path, path: str, *, start: int, aside: Path) -> int:
    """Cut a file back to its last whole record after byte `start`; the rest is kept in the folder `aside`.

    Returns the bytes that were cut off, 0 for a sound file. The tail is on the disk before the file is cut.
    """
    end = start
    for end in member_ends(folder / path, start=start):
        pass
    size = (folder / path).stat().st_size
    if size <= end:
        return 0
    aside.mkdir(parents=True, exist_ok=True)
    with open(folder / path, "r+b") as file:
        file.seek(end)
        with open(aside / f"{Path(path).name}.{end}.tail", "wb") as tail:
            while chunk := file.read(_CHUNK):
                tail.write(chunk)
            tail.flush()
            os.fsync(tail.fileno())
        file.truncate(end)
        os.fsync(file.fileno())
    return size - end


def _request_record(exchange: Exchange, request_id: str) -> ArcWarcRecord:
    return _BUILDER.create_warc_record(
        exchange.url, "request", payload=io.BytesIO(exchange.request_body), length=len(exchange.request_body),
        http_headers=_RawHead(exchange.request_head),
        warc_headers_dict={"WARC-Record-ID": request_id, "WARC-Date": to_iso(exchange.fetched_at)},
    )


def _response_record(exchange: Exchange, request_id: str, revisit_of: Capture | None) -> ArcWarcRecord:
    fields = _extension(exchange.role, exchange.source) | {
        "WARC-Date": to_iso(exchange.fetched_at), "WARC-Concurrent-To": request_id,
    }
    if exchange.ip_address:
        fields["WARC-IP-Address"] = exchange.ip_address
    if exchange.truncated:
        fields["WARC-Truncated"] = exchange.truncated
    if not exchange.head_is_raw:
        fields["Stemma-Head"] = "rebuilt from parsed headers"
    head = _RawHead(exchange.response_head)
    if revisit_of is None:
        return _BUILDER.create_warc_record(
            exchange.url, "response", payload=io.BytesIO(exchange.body), length=len(exchange.body),
            http_headers=head, warc_headers_dict=fields,
        )
    # A revisit has no payload of its own: what its index row needs of it travels in extension fields.
    fields |= {"Stemma-Payload-SHA256": sha256(exchange.body), "Stemma-Payload-Length": str(len(exchange.body))}
    return _BUILDER.create_revisit_record(
        exchange.url, payload_digest(exchange.body), revisit_of.url, to_iso(revisit_of.captured_at),
        http_headers=head, warc_headers_dict=fields,
    )


def _extension(role: Role, source: str | None) -> dict[str, str]:
    return {"Stemma-Role": role} | ({"Stemma-Source": source} if source else {})


def _meaning(record: WarcRecord, ref: RecordRef) -> Capture | FailedFetch | None:
    headers = {name.lower(): value for name, value in record.headers}
    kind = headers.get("warc-type")
    role = cast(Role, headers.get("stemma-role", "other"))
    source = headers.get("stemma-source")
    if kind == "metadata" and "stemma-role" in headers:
        fields = dict(line.split(": ", 1) for line in record.payload.decode().splitlines() if ": " in line)
        return FailedFetch(url=headers["warc-target-uri"], at=from_iso(headers["warc-date"]), role=role, source=source,
                           error=fields.get("error", ""))
    if kind == "resource" and role == "list":
        return _list_capture(headers["warc-target-uri"], from_iso(headers["warc-date"]), source, record.payload, ref)
    if kind not in ("response", "revisit") or not record.http_head:
        return None
    is_revisit = kind == "revisit"
    return _capture(
        url=headers["warc-target-uri"], captured_at=from_iso(headers["warc-date"]), role=role, source=source,
        head=record.http_head, record=ref, is_revisit=is_revisit,
        digest=headers["warc-payload-digest"] if is_revisit else payload_digest(record.payload),
        sha=headers.get("stemma-payload-sha256", "") if is_revisit else sha256(record.payload),
        length=int(headers.get("stemma-payload-length", "0")) if is_revisit else len(record.payload),
        truncated=cast("Truncated | None", headers.get("warc-truncated")),
    )


def _capture(
    *, url: str, captured_at: datetime, role: Role, source: str | None, head: bytes, digest: str, sha: str,
    length: int, record: RecordRef, is_revisit: bool, truncated: Truncated | None,
) -> Capture:
    status, headers = parse_head(head)
    message = Message()
    message["Content-Type"] = headers.get("content-type", "")
    media_type = message.get_content_type() if headers.get("content-type") else None
    charset = message.get_content_charset() if media_type else None
    return Capture(
        url=url, captured_at=captured_at, via=VIA, role=role, source=source, status=status,
        media_type=media_type, charset=charset, content_encoding=headers.get("content-encoding"),
        location=headers.get("location"), payload_digest=digest, payload_sha256=sha, payload_length=length,
        record=record, is_revisit=is_revisit, truncated=truncated,
    )


def _list_capture(name: str, at: datetime, source: str | None, payload: bytes, ref: RecordRef) -> Capture:
    return Capture(
        url=name, captured_at=at, via=VIA, role="list", source=source, status=200, media_type=LIST_TYPE,
        charset="utf-8", content_encoding=None, location=None, payload_digest=payload_digest(payload),
        payload_sha256=sha256(payload), payload_length=len(payload), record=ref,
    )


def parse_head(head: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers (lower-case names, the first of each) of a raw response head; status 0 where it has none."""
    lines = head.replace(b"\r\n", b"\n").split(b"\n")
    status = _STATUS_LINE.match(lines[0])
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if colon:
            headers.setdefault(name.strip().lower().decode("latin-1"), value.strip().decode("latin-1"))
    return int(status.group(1)) if status else 0, headers
