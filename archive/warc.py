"""WARC files: exchanges in, records out; the only module that imports the WARC library.

Each record is one gzip member, so a RecordRef reads with one seek, and a file that was cut off is mended by cutting
it back to its last whole member. Role and source of a record, which no standard field holds, are extension fields
(`Stemma-Role`, `Stemma-Source`), so that a database can be rebuilt from the files alone. So is what others captured:
`Stemma-Via` says who, `Stemma-Original-URI` and `Stemma-Captured-At` what a memento is a capture of. Of a sitemap that
was read for what it has of a span of days, `Stemma-Asked-Days` says which.
"""

import io
import os
import re
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.message import Message
from pathlib import Path
from time import monotonic
from typing import IO, cast, get_args
from uuid import uuid4

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordbuilder import RecordBuilder
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.digests import payload_digest, sha256
from archive.errors import DamagedWarc, WriteFailed
from archive.lines import one_line, one_word
from archive.model import Capture, Days, Exchange, FailedFetch, RecordRef, Role, Truncated
from archive.times import from_iso, to_iso, to_milliseconds

ROTATE_BYTES = 1_000_000_000
SYNC_SECONDS = 1.0
VIA = "stemma"
NOT_MODIFIED_PROFILE = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
LIST_TYPE = "text/uri-list"
PREFIX = "stemma-"  # of the files that this program writes
_GZIP = b"\x1f\x8b\x08"
_CHUNK = 1 << 16
_BUILDER = RecordBuilder(warc_version="WARC/1.1")
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?\s+(\d{3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRecord:
    """One record as it lies in its file; `payload` keeps its Content-Encoding."""

    headers: tuple[tuple[str, str], ...]
    http_head: bytes
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A stretch of a file that holds no readable record, and why."""

    reason: str


Meaning = Capture | FailedFetch | Damage | None


class _RawHead(StatusAndHeaders):  # type: ignore[misc]  # the library is untyped
    """An HTTP head that is written as it was received; the library would rebuild it from parsed headers."""

    def __init__(self, head: bytes) -> None:
        line = head.split(b"\r\n", 1)[0].decode("latin-1")
        super().__init__(line, [], protocol="")
        self._head = head

    def compute_headers_buffer(self, header_filter: object = None) -> None:  # noqa: ARG002  # the library's signature
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
        self._warcinfo_id = ""
        self._file: IO[bytes] | None = None
        self._synced = monotonic()

    def write(self, exchange: Exchange, *, revisit_of: Capture | None = None) -> Capture:
        """Append request and response, or a revisit where an earlier capture holds the same payload: both or none.

        The capture's values are those that the record gives back. Raises ValueError where there is no response head:
        that is a FailedFetch.
        """
        exchange, request_id = _storable(exchange), f"<urn:uuid:{uuid4()}>"
        request = [_request_record(exchange, request_id)] if exchange.request_head else []
        ref = self._append(*request, _response_record(exchange, request_id, revisit_of))[-1]
        return _capture(
            url=exchange.original_url or exchange.url,
            captured_at=to_milliseconds(exchange.captured_at or exchange.fetched_at), role=exchange.role,
            source=exchange.source, head=exchange.response_head, digest=payload_digest(exchange.body),
            sha=sha256(exchange.body), length=len(exchange.body), record=ref, is_revisit=revisit_of is not None,
            truncated=exchange.truncated, via=exchange.via or VIA,
        )

    def write_not_modified(self, exchange: Exchange, held: Capture) -> Capture:
        """Append a request and its 304 as a revisit of the capture whose validators were sent.

        WARC 1.1, 6.7.2 (profile server-not-modified); replay indexes leave such records out.
        """
        request_id = f"<urn:uuid:{uuid4()}>"
        content_type = "; charset=".join(part for part in (held.media_type, held.charset) if part)
        fields = _extension(exchange.role, exchange.source) | {
            "WARC-Date": to_iso(exchange.fetched_at), "WARC-Concurrent-To": request_id,
            "WARC-Profile": NOT_MODIFIED_PROFILE, "WARC-Payload-Digest": held.payload_digest,
            "WARC-Refers-To-Target-URI": one_word(held.url), "WARC-Refers-To-Date": to_iso(held.captured_at),
            "Stemma-Payload-SHA256": held.payload_sha256, "Stemma-Payload-Length": str(held.payload_length),
            "Stemma-Content-Type": content_type, "Stemma-Content-Encoding": held.content_encoding or "",
        }
        record = _BUILDER.create_warc_record(
            one_word(exchange.url), "revisit", http_headers=_RawHead(exchange.response_head), warc_headers_dict=fields,
        )
        _, ref = self._append(_request_record(exchange, request_id), record)
        return replace(
            _capture(
                url=exchange.url, captured_at=to_milliseconds(exchange.fetched_at), role=exchange.role,
                source=exchange.source, head=exchange.response_head, digest=held.payload_digest,
                sha=held.payload_sha256, length=held.payload_length, record=ref, is_revisit=True, truncated=None,
            ),
            media_type=held.media_type, charset=held.charset, content_encoding=held.content_encoding,
        )

    def write_failed(self, failed: FailedFetch) -> RecordRef:
        """Append a metadata record for a look that got no answer."""
        fields = f"outcome: failed\r\nerror: {one_line(failed.error)}\r\n".encode()
        (ref,) = self._append(_BUILDER.create_warc_record(
            one_word(failed.url), "metadata", payload=io.BytesIO(fields), length=len(fields),
            warc_content_type="application/warc-fields",
            warc_headers_dict=_extension(failed.role, failed.source) | {"WARC-Date": to_iso(failed.at)},
        ))
        return ref

    def write_list(self, urls: Sequence[str], *, source: str, at: datetime) -> Capture:
        """Append a resource record with a URL list of the topic file, so that a rebuild finds its discoveries."""
        return self.write_resource(
            list_name(source), list_payload(urls), media_type=LIST_TYPE, source=source, at=at)

    def write_resource(self, name: str, payload: bytes, *, media_type: str, source: str, at: datetime) -> Capture:
        """Append a resource record with what a source announced, in UTF-8, where no exchange says it."""
        (ref,) = self._append(_BUILDER.create_warc_record(
            name, "resource", payload=io.BytesIO(payload), length=len(payload), warc_content_type=media_type,
            warc_headers_dict=_extension("list", source) | {"WARC-Date": to_iso(at)},
        ))
        return _list_capture(name, to_milliseconds(at), one_line(source) or None, media_type, payload, ref)

    def close(self) -> None:
        """Force what was written to the disk and close the file."""
        if self._file is not None:
            file, self._file = self._file, None
            with file:
                self._sync(file)

    def _append(self, *records: ArcWarcRecord) -> list[RecordRef]:
        """The records, all of them or none: where the disk is full the file is as it was."""
        if self._file is not None and self._file.tell() >= self._rotate_bytes:
            self.close()
        if self._file is None:
            self._warcinfo_id = f"<urn:uuid:{uuid4()}>"
        for record in records:
            record.rec_headers.add_header("WARC-Warcinfo-ID", self._warcinfo_id)
        members = [_member(record) for record in records]
        try:
            file = self._file or self._next_file()
        except OSError as error:
            raise self._failed(error) from error
        if self._file is None:
            info = {"software": self._software, "format": "WARC File Format 1.1",
                    "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"}
            about = _BUILDER.create_warcinfo_record(Path(self._path).name, info)
            about.rec_headers.replace_header("WARC-Record-ID", self._warcinfo_id)
            about.rec_headers.replace_header("WARC-Date", to_iso(self._started_at))
            members.insert(0, _member(about))
        offset = file.tell()
        try:
            _write_all(file, b"".join(members))
        except OSError as error:
            self._take_back(file, offset)
            raise self._failed(error) from error
        self._file = file
        if monotonic() - self._synced >= SYNC_SECONDS:
            self._sync(file)
        refs = []
        for member in members:
            refs.append(RecordRef(path=self._path, offset=offset, length=len(member)))
            offset += len(member)
        return refs[-len(records):]

    def _take_back(self, file: IO[bytes], offset: int) -> None:
        file.truncate(offset)
        file.seek(offset)
        if not offset:  # a file appears with its first record
            file.close()
            (self._folder / self._path).unlink()

    def _failed(self, error: OSError) -> WriteFailed:
        return WriteFailed(
            f"{self._folder / self._path}: {error.strerror}; free some space and run again, nothing was lost"
        )

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

    def _sync(self, file: IO[bytes]) -> None:
        try:
            os.fsync(file.fileno())
        except OSError as error:
            raise self._failed(error) from error
        self._synced = monotonic()


def _member(record: ArcWarcRecord) -> bytes:
    """A record as the gzip member that it is kept as."""
    buffer = io.BytesIO()
    WARCWriter(buffer, gzip=True, warc_version="WARC/1.1").write_record(record)
    return buffer.getvalue()


def _write_all(file: IO[bytes], raw: bytes) -> None:
    rest = memoryview(raw)
    while rest:  # an unbuffered write may take a part only
        rest = rest[file.write(rest):]


def _storable(exchange: Exchange) -> Exchange:
    """The exchange with nothing in it that would end a header or a head before its end.

    A blank line within a head, where some readers take the body to begin, is left out, and the record then says
    that the head is not raw.
    """
    head = _without_blank_lines(exchange.response_head)
    if not head:
        raise ValueError(f"{exchange.url}: an exchange without a response head is a failed fetch")
    return replace(
        exchange, url=one_word(exchange.url), source=one_line(exchange.source or "") or None,
        via=one_line(exchange.via or "") or None, original_url=one_word(exchange.original_url or "") or None,
        request_head=_without_blank_lines(exchange.request_head), response_head=head,
        head_is_raw=exchange.head_is_raw and head == exchange.response_head,
    )


def _without_blank_lines(head: bytes) -> bytes:
    lines = head.split(b"\n")
    kept = [line for line in lines if _text(line).strip()]
    return head if len(kept) == len(lines) else b"\n".join(kept).rstrip(b"\r")


def list_name(source: str) -> str:
    """The name under which a source's URL list is kept."""
    return one_word(f"urn:stemma:list:{one_line(source)}")


def list_payload(urls: Sequence[str]) -> bytes:
    """A URL list as it is kept: one a line (text/uri-list, RFC 2483, with bare line feeds)."""
    return "".join(f"{url}\n" for url in urls).encode()


def read_record(folder: Path, record: RecordRef) -> WarcRecord:
    """The one record at a place. Raises DamagedWarc where there is no such file or no whole record."""
    raw = read_bytes(folder, record)
    try:
        # By zlib, which checks the sum of the whole member; the library reads plain text where it finds no gzip.
        inflate = zlib.decompressobj(31)
        plain = inflate.decompress(raw)
        found = next(iter(ArchiveIterator(io.BytesIO(plain), no_record_parse=True)))
        content = found.raw_stream.read()
    except (StopIteration, ArchiveLoadFailed, EOFError, OSError, ValueError, zlib.error) as error:
        raise _damaged(record, str(error) or "empty") from error
    if not inflate.eof or inflate.unused_data or len(content) != found.length:
        raise _damaged(record, "it does not end where it should")
    head, payload = _head_and_payload(found, content)
    return WarcRecord(headers=tuple(found.rec_headers.headers), http_head=head, payload=payload)


def _damaged(record: RecordRef, reason: str) -> DamagedWarc:
    return DamagedWarc(
        f"{record.path} at byte {record.offset}: no readable record ({reason}); run 'stemma verify', or restore the "
        f"file from a backup"
    )


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


def _head_and_payload(found: ArcWarcRecord, content: bytes) -> tuple[bytes, bytes]:
    """The HTTP head as its bytes lie in the record: the library's own copy is parsed and put together again."""
    if not (found.content_type or "").lower().startswith("application/http"):
        return b"", content
    head, _, payload = content.partition(b"\r\n\r\n")
    return head, payload


def records(folder: Path, path: str, *, start: int = 0) -> Iterator[tuple[Meaning, RecordRef]]:
    """What lies in a file from byte `start` on: what each record means to the index, None where nothing, or Damage."""
    for offset, end, is_whole in stretches(folder / path, start=start):
        ref = RecordRef(path=path, offset=offset, length=end - offset)
        if not is_whole:
            yield Damage(reason=f"{end - offset:,} bytes hold no whole record"), ref
            continue
        try:
            yield _meaning(read_record(folder, ref), ref), ref
        except DamagedWarc as error:
            yield Damage(reason=str(error)), ref
        except (KeyError, ValueError) as error:
            yield Damage(reason=f"its header cannot be read: {error}"), ref


def stretches(path: Path, *, start: int = 0) -> Iterator[tuple[int, int, bool]]:
    """A file from byte `start` on as (offset, end, is_whole): whole gzip members, and what lies between them.

    A damaged stretch ends where the next member begins that holds a WARC record, so damage hides no later record.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        position = start
        while position < size:
            end = _member_end(file, position)
            if end is not None:
                yield position, end, True
            else:
                end = _next_member(file, position + 1) or size
                yield position, end, False
            position = end


def _member_end(file: IO[bytes], start: int) -> int | None:
    """Where the gzip member ends that begins at a byte; None where no whole one does."""
    file.seek(start)
    inflate, position = zlib.decompressobj(31), start
    while chunk := file.read(_CHUNK):
        try:
            inflate.decompress(chunk)
        except zlib.error:
            return None
        position += len(chunk)
        if inflate.eof:
            return position - len(inflate.unused_data)
    return None


def _next_member(file: IO[bytes], start: int) -> int | None:
    """Where, from a byte on, the next gzip member begins that unpacks to the start of a WARC record."""
    file.seek(start)
    base, held = start, b""
    while chunk := file.read(_CHUNK):
        held += chunk
        place = held.find(_GZIP)
        while place >= 0:
            if _begins_record(file, base + place):
                return base + place
            place = held.find(_GZIP, place + 1)
        base, held = base + len(held) - len(_GZIP), held[-len(_GZIP):]
        file.seek(base + len(held))
    return None


def _begins_record(file: IO[bytes], start: int) -> bool:
    file.seek(start)
    try:
        return zlib.decompressobj(31).decompress(file.read(512), 5) == b"WARC/"
    except zlib.error:
        return False


def files(folder: Path) -> list[str]:
    """The WARC files of the archive, relative to the folder, oldest first."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.warc.gz"))


def mend_tail(folder: Path, path: str, *, start: int, aside: Path) -> int:
    """Cut a torn tail off a file of this program; it is kept in the folder `aside`.

    Torn is a last record that was cut off, or what never was one, after byte `start`: damage inside a record, or
    before others, shortens no evidence. Returns the bytes that were cut off, 0 where nothing was torn. The tail is on
    the disk before the file is cut.
    """
    last = next(iter(deque(stretches(folder / path, start=start), maxlen=1)), None)
    if last is None or last[2] or not Path(path).name.startswith(PREFIX) or not _is_torn(folder / path, last[0]):
        return 0
    torn, size, _ = last
    aside.mkdir(parents=True, exist_ok=True)
    with open(folder / path, "r+b") as file:
        file.seek(torn)
        with open(aside / f"{Path(path).name}.{torn}.tail", "wb") as tail:
            while chunk := file.read(_CHUNK):
                tail.write(chunk)
            tail.flush()
            os.fsync(tail.fileno())
        file.truncate(torn)
        os.fsync(file.fileno())
    return size - torn


def _is_torn(path: Path, start: int) -> bool:
    """Whether what begins at a byte ends before a gzip member does, or is no gzip member at all."""
    with open(path, "rb") as file:
        file.seek(start)
        inflate, chunk = zlib.decompressobj(31), file.read(_CHUNK)
        if not _GZIP.startswith(chunk[:len(_GZIP)]):
            return True
        try:
            while chunk:
                inflate.decompress(chunk)
                chunk = file.read(_CHUNK)
        except zlib.error:
            return False
    return True


def _request_record(exchange: Exchange, request_id: str) -> ArcWarcRecord:
    return _BUILDER.create_warc_record(
        exchange.url, "request", payload=io.BytesIO(exchange.request_body), length=len(exchange.request_body),
        http_headers=_RawHead(exchange.request_head),
        warc_headers_dict={"WARC-Record-ID": request_id, "WARC-Date": to_iso(exchange.fetched_at)},
    )


def _response_record(exchange: Exchange, request_id: str, revisit_of: Capture | None) -> ArcWarcRecord:
    fields = _extension(exchange.role, exchange.source) | _origin(exchange)
    fields["WARC-Date"] = to_iso(exchange.fetched_at)
    if exchange.request_head:
        fields["WARC-Concurrent-To"] = request_id
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
        exchange.url, payload_digest(exchange.body), one_word(revisit_of.url), to_iso(revisit_of.captured_at),
        http_headers=head, warc_headers_dict=fields,
    )


def _extension(role: Role, source: str | None) -> dict[str, str]:
    name = one_line(source or "")
    return {"Stemma-Role": role} | ({"Stemma-Source": name} if name else {})


def _origin(exchange: Exchange) -> dict[str, str]:
    """Who captured it, what and when, where that is not this program, now."""
    fields = {"Stemma-Via": exchange.via} if exchange.via else {}
    if exchange.original_url:
        fields["Stemma-Original-URI"] = exchange.original_url
    if exchange.captured_at:
        fields["Stemma-Captured-At"] = to_iso(exchange.captured_at)
    if exchange.asked_days:
        fields["Stemma-Asked-Days"] = f"{exchange.asked_days.first}/{exchange.asked_days.last}"
    return fields


def asked_days(record: WarcRecord) -> Days | None:
    """The days that the record's list was read for; None where it was read for all that it says."""
    first, _, last = dict(record.headers).get("Stemma-Asked-Days", "").partition("/")
    try:
        return Days(first=date.fromisoformat(first), last=date.fromisoformat(last))
    except ValueError:
        return None


def _meaning(record: WarcRecord, ref: RecordRef) -> Capture | FailedFetch | None:
    headers = {name.lower(): value for name, value in record.headers}
    kind = headers.get("warc-type")
    role = cast(Role, named if (named := headers.get("stemma-role")) in get_args(Role) else "other")
    source = headers.get("stemma-source")
    if kind == "metadata" and "stemma-role" in headers:
        fields = dict(line.split(": ", 1) for line in record.payload.decode("utf-8", "replace").splitlines()
                      if ": " in line)
        return FailedFetch(url=headers["warc-target-uri"], at=from_iso(headers["warc-date"]), role=role, source=source,
                           error=fields.get("error", ""))
    if kind == "resource" and role == "list":
        at, said = from_iso(headers["warc-date"]), headers.get("content-type", LIST_TYPE)
        return _list_capture(headers["warc-target-uri"], at, source, said, record.payload, ref)
    if kind not in ("response", "revisit") or not record.http_head:
        return None
    is_revisit = kind == "revisit"
    capture = _capture(
        url=headers.get("stemma-original-uri") or headers["warc-target-uri"],
        captured_at=from_iso(headers.get("stemma-captured-at") or headers["warc-date"]), role=role, source=source,
        via=headers.get("stemma-via") or VIA, head=record.http_head, record=ref, is_revisit=is_revisit,
        digest=headers["warc-payload-digest"] if is_revisit else payload_digest(record.payload),
        sha=headers.get("stemma-payload-sha256", "") if is_revisit else sha256(record.payload),
        length=int(headers.get("stemma-payload-length", "0")) if is_revisit else len(record.payload),
        truncated=cast("Truncated | None", headers.get("warc-truncated")),
    )
    if headers.get("warc-profile") != NOT_MODIFIED_PROFILE:
        return capture
    media_type, charset = _content_type(headers.get("stemma-content-type", ""))
    return replace(capture, media_type=media_type, charset=charset,
                   content_encoding=headers.get("stemma-content-encoding") or None)


def _capture(
    *, url: str, captured_at: datetime, role: Role, source: str | None, head: bytes, digest: str, sha: str,
    length: int, record: RecordRef, is_revisit: bool, truncated: Truncated | None, via: str = VIA,
) -> Capture:
    status, headers = parse_head(head)
    media_type, charset = _content_type(headers.get("content-type", ""))
    return Capture(
        url=url, captured_at=captured_at, via=via, role=role, source=source, status=status,
        media_type=media_type, charset=charset, content_encoding=headers.get("content-encoding"),
        location=headers.get("location"), etag=headers.get("etag"), last_modified=headers.get("last-modified"),
        payload_digest=digest, payload_sha256=sha, payload_length=length, record=record, is_revisit=is_revisit,
        truncated=truncated,
    )


def _content_type(value: str) -> tuple[str | None, str | None]:
    """Media type and charset of a Content-Type header, lower case; None where it names none."""
    message = Message()
    message["Content-Type"] = value
    try:
        charset = message.get_content_charset()
    except (LookupError, ValueError):  # the library stumbles over some parameters in RFC 2231's notation
        charset = None
    named = value.partition(";")[0].strip().lower()
    return named if re.fullmatch(r"[^\s/]+/[^\s/]+", named) else None, charset or None


def _list_capture(
    name: str, at: datetime, source: str | None, media_type: str, payload: bytes, ref: RecordRef
) -> Capture:
    return Capture(
        url=name, captured_at=at, via=VIA, role="list", source=source, status=200, media_type=media_type,
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
            headers.setdefault(_text(name).lower(), _text(value))
    return int(status.group(1)) if status else 0, headers


def _text(raw: bytes) -> str:
    """Header bytes as text: UTF-8, as servers send addresses that they forgot to encode, else what HTTP says."""
    try:
        return raw.strip().decode()
    except UnicodeDecodeError:
        return raw.strip().decode("latin-1")
