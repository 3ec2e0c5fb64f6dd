"""Exchanges -> WARC records, appended to one file after another."""

import io
import os
import zlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import IO
from uuid import uuid4

from warcio.recordbuilder import RecordBuilder
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.digests import payload_digest, sha256
from archive.errors import WriteFailed
from archive.lines import one_line, one_word
from archive.model import Capture, Exchange, FailedFetch, RecordRef, Role
from archive.times import to_iso, to_milliseconds
from archive.warc.values import LIST_TYPE, NOT_MODIFIED_PROFILE, VIA, capture_of, header_text, list_capture

ROTATE_BYTES = 1_000_000_000
SYNC_SECONDS = 1.0
LEVEL = 6  # of zlib: half the CPU of 9, and 0.8 % more bytes (4.0 and 7.4 ms for each of 40 real pages)
_BUILDER = RecordBuilder(warc_version="WARC/1.1")


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
        return _capture(exchange, ref, is_revisit=revisit_of is not None)

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
            capture_of(
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
        return list_capture(name, to_milliseconds(at), one_line(source) or None, media_type, payload, ref)

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


def capture_if_written(exchange: Exchange, record: RecordRef) -> Capture:
    """The capture that an exchange is once it is written to a place. Raises ValueError as `WarcWriter.write` does."""
    return _capture(_storable(exchange), record, is_revisit=False)


def _capture(exchange: Exchange, record: RecordRef, *, is_revisit: bool) -> Capture:
    return capture_of(
        url=exchange.original_url or exchange.url,
        captured_at=to_milliseconds(exchange.captured_at or exchange.fetched_at), role=exchange.role,
        source=exchange.source, head=exchange.response_head, digest=payload_digest(exchange.body),
        sha=sha256(exchange.body), length=len(exchange.body), record=record, is_revisit=is_revisit,
        truncated=exchange.truncated, via=exchange.via or VIA,
    )


def _member(record: ArcWarcRecord) -> bytes:
    """A record as the gzip member that it is kept as; the library would pack it at zlib's level 9."""
    buffer = io.BytesIO()
    WARCWriter(buffer, gzip=False, warc_version="WARC/1.1").write_record(record)
    pack = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)
    return pack.compress(buffer.getbuffer()) + pack.flush()


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
    kept = [line for line in lines if header_text(line).strip()]
    return head if len(kept) == len(lines) else b"\n".join(kept).rstrip(b"\r")


def list_name(source: str) -> str:
    """The name under which a source's URL list is kept."""
    return one_word(f"urn:stemma:list:{one_line(source)}")


def list_payload(urls: Sequence[str]) -> bytes:
    """A URL list as it is kept: one a line (text/uri-list, RFC 2483, with bare line feeds)."""
    return "".join(f"{url}\n" for url in urls).encode()


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
