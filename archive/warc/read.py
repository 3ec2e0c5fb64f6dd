"""Records of WARC files -> what lies in them, and what each means to the index."""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import cast, get_args

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from archive.digests import payload_digest, sha256
from archive.errors import DamagedWarc
from archive.model import Capture, Days, FailedFetch, RecordRef, Role, Truncated
from archive.times import from_iso
from archive.warc.stretches import stretches
from archive.warc.values import LIST_TYPE, NOT_MODIFIED_PROFILE, VIA, capture_of, content_type, list_capture

MAX_FOREIGN_BYTES = 300_000_000  # of a record that others hand over, packed or unpacked


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


def read_record(folder: Path, record: RecordRef) -> WarcRecord:
    """The one record at a place. Raises DamagedWarc where there is no such file or no whole record."""
    return parse_record(read_bytes(folder, record), record)


def parse_record(raw: bytes, record: RecordRef, *, is_foreign: bool = False) -> WarcRecord:
    """The one record that a gzip member holds; `record` is for the message. Raises DamagedWarc.

    is_foreign: it may have been made to unpack without end.
    """
    try:
        # By zlib, which checks the sum of the whole member; the library reads plain text where it finds no gzip.
        inflate = zlib.decompressobj(31)
        plain = inflate.decompress(raw, MAX_FOREIGN_BYTES if is_foreign else 0)
        if inflate.unconsumed_tail:
            raise ValueError(f"it unpacks to over {MAX_FOREIGN_BYTES:,} bytes")
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
        f"file from a backup", reason=reason)


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
        yield (meaning_at(folder, ref) if is_whole
               else Damage(reason=f"{end - offset:,} bytes hold no whole record")), ref


def meaning_at(folder: Path, ref: RecordRef) -> Meaning:
    """What the record at a place means to the index."""
    try:
        return _meaning(read_record(folder, ref), ref)
    except DamagedWarc as error:
        return Damage(reason=str(error))
    except (KeyError, ValueError) as error:
        return Damage(reason=f"its header cannot be read: {error}")


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
        return list_capture(headers["warc-target-uri"], at, source, said, record.payload, ref)
    if kind not in ("response", "revisit") or not record.http_head:
        return None
    is_revisit = kind == "revisit"
    capture = capture_of(
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
    media_type, charset = content_type(headers.get("stemma-content-type", ""))
    return replace(capture, media_type=media_type, charset=charset,
                   content_encoding=headers.get("stemma-content-encoding") or None)
