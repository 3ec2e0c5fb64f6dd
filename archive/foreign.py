"""Foreign WARC and WACZ files -> exchanges, with who captured them; beside archive.warc, home of the WARC library.

Nothing is unpacked to the disk: a WACZ is read where it lies, and names in it that point elsewhere are refused.
"""

import base64
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, cast, get_args

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord

from archive.errors import UnreadableFile
from archive.lines import one_line
from archive.model import Exchange, Role, Truncated
from archive.urls import is_fetchable
from archive.warc import VIA, parse_head

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_RECORD_BYTES = 100_000_000
MAX_LAYERS = 3  # gzip within gzip within gzip
PAGES = frozenset({"text/html", "application/xhtml+xml"})
_GZIP = b"\x1f\x8b"
_WARC_NAME = re.compile(r"^archive/[^/]+\.warc(\.gz)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """One response of a foreign file; `claimed` is its digest's record where the bytes do not bear it out."""

    exchange: Exchange
    record_id: str
    claimed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Referring:
    """A revisit of a foreign file: its payload lies in another capture, of the same address if `refers_to` is None."""

    exchange: Exchange
    record_id: str
    payload_digest: str
    refers_to: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """A record that gives no capture, and why."""

    record_id: str
    reason: str


@contextmanager
def warcs_of(path: Path) -> "Iterator[list[tuple[str, IO[bytes]]]]":
    """The WARC files that a file is or holds, each with its name. Raises UnreadableFile, before anything is read."""
    try:
        file = open(path, "rb")  # noqa: SIM115  # closed by the next statement
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}; give a WARC or WACZ file that can be read") from error
    with file:
        start = file.read(4)
        file.seek(0)
        if start == b"PK\x03\x04" or path.suffix.lower() == ".wacz":
            with _zip(path, file) as bundle:
                yield [(f"{path.name}:{name}", bundle.open(name)) for name in package_members(path, bundle)]
        else:
            yield [(path.name, file)]


def _zip(path: Path, file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableFile(f"{path}: no readable WACZ ({error}); get the file again") from error


def package_members(path: Path, bundle: zipfile.ZipFile) -> list[str]:
    """The WARC files of a WACZ (WACZ 1.1.1, 5.1: in the folder archive/). Raises UnreadableFile for names elsewhere."""
    found = []
    for entry in bundle.infolist():
        name = entry.filename
        if "\\" in name or "\x00" in name or name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name:
            raise UnreadableFile(f"{path}: it holds a file called {name!r}, which points out of it; nothing was read")
        if entry.flag_bits & 0x1:
            raise UnreadableFile(f"{path}: {name} is encrypted; decrypt the file first")
        if _WARC_NAME.fullmatch(name):
            found.append(name)
    if not found:
        raise UnreadableFile(f"{path}: it holds no WARC file in archive/; is this a WACZ?")
    return sorted(found)


class _Unpacked(io.RawIOBase):
    """A gzip stream of any number of members; where it is cut off or damaged it ends."""

    def __init__(self, packed: IO[bytes]) -> None:
        self._unpacked = gzip.GzipFile(fileobj=packed)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer)
        try:
            found = self._unpacked.read1(len(view))
        except (EOFError, OSError, zlib.error):
            return 0
        view[:len(found)] = found
        return len(found)


def plain(name: str, file: IO[bytes]) -> IO[bytes]:
    """The WARC records without gzip, however nested. Raises UnreadableFile for an ARC file, and for what is neither."""
    stream = io.BufferedReader(cast(io.RawIOBase, file))
    for _ in range(MAX_LAYERS):
        if stream.peek(2)[:2] == _GZIP:
            stream = io.BufferedReader(_Unpacked(stream))
    start = stream.peek(20)[:20]
    if start[:2] == _GZIP:
        raise UnreadableFile(f"{name}: it is compressed more than {MAX_LAYERS} times over; unpack it first")
    if start.startswith(b"filedesc:"):
        raise UnreadableFile(f"{name}: this is an ARC file, the format before WARC; convert it, such as by "
                             f"'warcio recompress', and import the result")
    if not start.startswith(b"WARC/"):
        raise UnreadableFile(f"{name}: this is no WARC file; it begins with {start!r}")
    return stream


def responses(name: str, stream: IO[bytes], *, via: str | None) -> Iterator[Foreign | Referring | Unusable]:
    """Every HTTP response and revisit of one WARC file, in its order, with its request where one belongs to it.

    `via` overrides what the file says of its maker. A record that is cut off ends the file.
    """
    made_by = via
    for record, content, request in _exchanges(_records(stream)):
        reason = _unread(record, content)
        if record is None or reason is not None:
            yield Unusable(record_id=_id(record) if record is not None else "at its end", reason=reason or "")
        elif record.rec_type == "warcinfo":
            made_by = via or _maker(content) or made_by  # files may be joined, each with its own maker
        else:
            yield _response(record, content, request, made_by or name)


def maker(stream: IO[bytes]) -> str | None:
    """Who made a file, by the warcinfo records in these bytes; None where they do not say."""
    found = (_maker(content) for record, content in _records(stream)
             if record is not None and record.rec_type == "warcinfo")
    return next((name for name in found if name), None)


def _unread(record: ArcWarcRecord | None, content: bytes) -> str | None:
    """Why a record could not be read to its end, and what to do; None for a whole one."""
    if record is None:
        return "the file is cut off or damaged there; get it again, what lies behind was not read"
    told = _field(record, "Content-Length")
    if not re.fullmatch("[0-9]+", told, flags=re.ASCII):
        said = f"Content-Length: {told[:40]}" if told else "no Content-Length"
        return (f"the record says {said}, so nobody can tell where it ends; have it written anew, such as by 'warcio "
                f"recompress'")
    if int(told) > MAX_RECORD_BYTES:
        return f"the record has {int(told):,} bytes, over the limit of {MAX_RECORD_BYTES:,}; or its length was changed"
    return None if len(content) == record.length else "the record is cut off or damaged; get the file again"


def _records(stream: IO[bytes]) -> Iterator[tuple[ArcWarcRecord | None, bytes]]:
    """Record after record with its block; None for what cannot be read as one, which is the last."""
    try:
        for record in ArchiveIterator(stream, no_record_parse=True):
            known = record.length is not None and 0 <= record.length <= MAX_RECORD_BYTES
            yield record, cast(bytes, record.raw_stream.read()) if known else b""
    except (ArchiveLoadFailed, EOFError, OSError, ValueError):
        yield None, b""


def _exchanges(
    found: Iterator[tuple[ArcWarcRecord | None, bytes]]
) -> Iterator[tuple[ArcWarcRecord | None, bytes, bytes]]:
    """Responses with the block of their request, which stands right before or right after, and all else that counts."""
    request: tuple[ArcWarcRecord, bytes] | None = None
    response: tuple[ArcWarcRecord, bytes] | None = None
    for record, content in found:
        kind = record.rec_type if record is not None else None
        if record is not None and kind == "request":
            if response is not None and _belongs(record, response[0]):
                yield *response, content
                response = None
            else:
                request = (record, content)
            continue
        if response is not None:
            yield *response, b""
            response = None
        if record is not None and kind in ("response", "revisit"):
            if request is not None and _belongs(request[0], record):
                yield record, content, request[1]
            else:
                response = (record, content)
            request = None
        elif record is None or kind == "warcinfo" or len(content) != record.length:
            yield record, content, b""
    if response is not None:
        yield *response, b""


def _belongs(request: ArcWarcRecord, response: ArcWarcRecord) -> bool:
    """Whether a request led to a response: one names the other, or both name the same address and moment."""
    ids = (_field(request, "WARC-Concurrent-To"), _field(response, "WARC-Concurrent-To"))
    if _id(response) == ids[0] or (ids[1] and _id(request) == ids[1]):
        return True
    return not any(ids) and all(
        _field(request, name) == _field(response, name) for name in ("WARC-Target-URI", "WARC-Date")
    )


def _response(
    record: ArcWarcRecord, content: bytes, request: bytes, maker: str
) -> Foreign | Referring | Unusable:
    url = _field(record, "WARC-Target-URI").strip("<>")  # some tools wrote the brackets of the grammar
    at = _moment(_field(record, "WARC-Date"))
    head, _, raw = _parted(content)
    if not is_fetchable(url) or at is None or not head.startswith(b"HTTP/"):
        return Unusable(record_id=_id(record), reason="no web address, no time with a zone, or no HTTP response")
    status, headers = parse_head(head)
    body = _dechunked(raw) if "chunked" in headers.get("transfer-encoding", "").lower() else raw
    asked = _parted(request)
    exchange = Exchange(
        url=url, fetched_at=at, request_head=asked[0], request_body=asked[2], response_head=_renamed(head), body=body,
        role=_role(status, headers.get("content-type", "")), via=_not_us(one_line(maker)[:200]) or None,
        ip_address=_field(record, "WARC-IP-Address") or None, truncated=_truncated(_field(record, "WARC-Truncated")),
    )
    claimed = _field(record, "WARC-Payload-Digest")
    if record.rec_type == "revisit":
        return _referring(record, exchange, claimed)
    return Foreign(exchange=exchange, record_id=_id(record),
                   claimed=claimed if claimed and not any(bears_out(claimed, part) for part in (body, raw)) else None)


def _not_us(maker: str) -> str:
    """Who captured it, never by the name under which this archive's own looks are kept."""
    return f"{maker} (imported)" if maker == VIA else maker


def _referring(record: ArcWarcRecord, exchange: Exchange, digest: str) -> Referring | Unusable:
    if "server-not-modified" in _field(record, "WARC-Profile") or not digest.startswith("sha1:"):
        return Unusable(record_id=_id(record), reason="a revisit that does not name its payload")
    return Referring(exchange=exchange, record_id=_id(record), payload_digest=f"sha1:{_base32(digest)}",
                     refers_to=_field(record, "WARC-Refers-To-Target-URI").strip("<>") or None)


def bears_out(claimed: str, payload: bytes) -> bool:
    """Whether bytes have the digest that their record claims; one by an unknown algorithm cannot be refuted."""
    algorithm, _, value = claimed.strip().partition(":")
    name = algorithm.lower().replace("-", "")
    if name not in ("sha1", "sha256", "sha512", "md5") or not value:
        return True
    digest = hashlib.new(name, payload, usedforsecurity=False).digest()
    spelled = (digest.hex(), base64.b32encode(digest).decode().rstrip("=").lower())
    return value.lower().rstrip("=") in spelled or value.rstrip("=") == base64.b64encode(digest).decode().rstrip("=")


def _base32(claimed: str) -> str:
    value = claimed.partition(":")[2].strip()
    return base64.b32encode(bytes.fromhex(value)).decode() if re.fullmatch(r"[0-9a-fA-F]{40}", value) else value.upper()


def _parted(content: bytes) -> tuple[bytes, bytes, bytes]:
    """Head and body of an HTTP message; one without the empty line is all head."""
    return content.partition(b"\r\n\r\n")


def _dechunked(raw: bytes) -> bytes:
    """The body without chunks; what only claims to have chunks is as it is."""
    return cast(bytes, ChunkedDataReader(io.BytesIO(raw), decomp_type=None).read(MAX_RECORD_BYTES)) or raw \
        if re.match(rb"\s*[0-9a-fA-F]+[ \t]*(;[^\r\n]*)?\r?\n", raw) else raw


def _renamed(head: bytes) -> bytes:
    """Transfer-Encoding renamed, since the body is kept without chunks; no other line is touched."""
    return b"\r\n".join(b"X-Archive-Orig-" + line if line.lower().startswith(b"transfer-encoding:") else line
                        for line in head.split(b"\r\n"))


def _role(status: int, content_type: str) -> Role:
    return "article" if 300 <= status < 400 or content_type.partition(";")[0].strip().lower() in PAGES else "other"


def _truncated(value: str) -> Truncated | None:
    return cast(Truncated, value) if value in get_args(Truncated) else ("length" if value else None)


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _maker(info: bytes) -> str | None:
    """Who made a file, by its warcinfo record: the operator, else the software."""
    named = {line.split(":", 1)[0].strip().lower(): line.split(":", 1)[1].strip()
             for line in info.decode("utf-8", "replace").splitlines() if ":" in line}
    return ", ".join(part for part in (named.get("operator"), named.get("software")) if part) or None


def _field(record: ArcWarcRecord, name: str) -> str:
    return str(record.rec_headers.get_header(name) or "").strip()


def _id(record: ArcWarcRecord) -> str:
    return _field(record, "WARC-Record-ID")
