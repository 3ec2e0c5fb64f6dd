"""Foreign WARC and WACZ files -> exchanges, with who captured them; beside archive.warc, home of the WARC library.

Nothing is unpacked to the disk: a WACZ is read where it lies, and names in it that point elsewhere are refused.
"""

import base64
import gzip
import hashlib
import io
import re
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
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
MAX_HEAD_BYTES = 1_000_000  # of a record's own header
MAX_LAYERS = 3  # gzip within gzip within gzip
PAGES = frozenset({"text/html", "application/xhtml+xml"})
_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 16
_AT_END, _CUT = "at its end", "the file is cut off or damaged there; get it again, what lies behind was not read"
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
    """A record that gives no capture, and why; is_damage: since it, or the file there, is not what it should be."""

    record_id: str
    reason: str
    is_damage: bool = False


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
                yield [(f"{path.name}:{name}", _opened(path, bundle, name)) for name in package_members(path, bundle)]
        else:
            yield [(path.name, file)]


def _zip(path: Path, file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableFile(f"{path}: no readable WACZ ({error}); get the file again") from error


def _opened(path: Path, bundle: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return bundle.open(name)
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise UnreadableFile(f"{path}: {name} cannot be read ({error}); get the file again") from error


def package_members(path: Path, bundle: zipfile.ZipFile) -> list[str]:
    """The WARC files of a WACZ (WACZ 1.1.1, 5.1: in the folder archive/). Raises UnreadableFile for names elsewhere."""
    found = []
    for entry in bundle.infolist():
        name = entry.filename
        if "\\" in name or "\x00" in name or name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name:
            raise UnreadableFile(f"{path}: it holds a file called {name!r}, which points out of it; nothing was read")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise UnreadableFile(f"{path}: {name} is a link to another file; nothing was read")
        if entry.flag_bits & 0x1:
            raise UnreadableFile(f"{path}: {name} is encrypted; decrypt the file first")
        if _WARC_NAME.fullmatch(name):
            found.append(name)
    if not found:
        raise UnreadableFile(f"{path}: it holds no WARC file in archive/; is this a WACZ?")
    return sorted(found)


class _Stream(io.RawIOBase):
    """A packed stream as it unpacks; it ends where it is cut off or damaged, and says so by `damage`."""

    def __init__(self, read: Callable[[int], bytes], beneath: "_Stream | None" = None) -> None:
        self._read = read
        self._beneath = beneath
        self._damage: str | None = None

    @property
    def damage(self) -> str | None:
        """Why it ended, or what it is unpacked from, before it should."""
        return self._damage or (self._beneath.damage if self._beneath is not None else None)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer)
        try:
            found = self._read(len(view))
        except (EOFError, OSError, zlib.error, zipfile.BadZipFile) as error:
            self._damage = str(error)
            return 0
        view[:len(found)] = found
        return len(found)


def plain(name: str, file: IO[bytes]) -> "io.BufferedReader[_Stream]":
    """The WARC records without gzip, however nested. Raises UnreadableFile for an ARC file, and for what is neither."""
    raw = _Stream(file.read)
    stream = io.BufferedReader(raw)
    for _ in range(MAX_LAYERS):
        if stream.peek(2)[:2] == _GZIP:
            raw = _Stream(gzip.GzipFile(fileobj=stream).read1, beneath=raw)
            stream = io.BufferedReader(raw)
    start = stream.peek(20)[:20]
    if start[:2] == _GZIP:
        raise UnreadableFile(f"{name}: it is compressed more than {MAX_LAYERS} times over; unpack it first")
    if start.startswith(b"filedesc:"):
        raise UnreadableFile(f"{name}: this is an ARC file, the format before WARC; convert it, such as by "
                             f"'warcio recompress', and import the result")
    if not start and raw.damage is not None:
        raise UnreadableFile(f"{name}: it is cut off or damaged at its beginning ({raw.damage}); get it again")
    if not start.startswith(b"WARC/"):
        raise UnreadableFile(f"{name}: this is no WARC file; it begins with {start!r}")
    return stream


def responses(
    name: str, stream: "io.BufferedReader[_Stream]", *, via: str | None
) -> Iterator[Foreign | Referring | Unusable]:
    """Every HTTP response and revisit of one WARC file, in its order, with its request where one belongs to it.

    `via` overrides what the file says of its maker. A record that is cut off ends the file.
    """
    made_by, is_told = via, False
    for record, request in _exchanges(_records(stream)):
        is_told = record.damage is not None
        if record.damage is not None:
            yield Unusable(record_id=record.name, reason=record.damage, is_damage=True)
        elif record.kind == "warcinfo":
            made_by = via or _maker(record.content) or made_by  # files may be joined, each with its own maker
        else:
            yield _response(record, request, made_by or name)
    if not is_told and stream.raw.damage is not None:
        yield Unusable(record_id=_AT_END, reason=f"{_CUT} ({stream.raw.damage})", is_damage=True)


def maker(stream: IO[bytes]) -> str | None:
    """Who made a file, by the warcinfo records in these bytes; None where they do not say."""
    found = (_maker(record.content) for record in _records(stream) if record.kind == "warcinfo")
    return next((name for name in found if name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """A record with its block; damage: why it could not be read, and what to do; found is None where it is none."""

    found: ArcWarcRecord | None
    content: bytes
    damage: str | None = None

    @property
    def kind(self) -> str:
        return self.found.rec_type if self.found is not None else ""

    @property
    def name(self) -> str:
        return (self.field("WARC-Record-ID") or "without an id") if self.found is not None else _AT_END

    def field(self, name: str) -> str:
        """A field of its header; empty where there is none."""
        return str(self.found.rec_headers.get_header(name) or "").strip() if self.found is not None else ""


class _Bounded:
    """A stream for the library, which would read a header without an end, whose time grows with its square."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.room = 0  # bytes that may be read until it is set again

    def read(self, size: int = -1) -> bytes:
        """Raises OSError where there is no room left."""
        if self.room <= 0:
            raise OSError(f"a record's header has over {MAX_HEAD_BYTES:,} bytes")
        found = self._stream.read(size)
        self.room -= len(found)
        return found


def _records(stream: IO[bytes]) -> Iterator[_Record]:
    """Record after record with its block; what cannot be read as one is the last."""
    bounded = _Bounded(stream)
    found = ArchiveIterator(bounded, no_record_parse=True)
    try:
        while True:
            bounded.room = MAX_HEAD_BYTES
            record = next(found, None)
            if record is None:
                return
            bounded.room = sys.maxsize
            content, damage = _block(record)
            bounded.room = MAX_HEAD_BYTES
            warned = found.err_count
            with redirect_stderr(io.StringIO()):  # the library would write there what is told here
                found.read_to_end()
            if damage is None and found.err_count > warned:
                damage = (f"the record is longer or shorter than its Content-Length of {record.length:,} says; have it "
                          f"written anew, such as by 'warcio recompress'")
            yield _Record(found=record, content=content, damage=damage)
    except (ArchiveLoadFailed, EOFError, OSError, ValueError) as error:
        yield _Record(found=None, content=b"", damage=f"{_CUT} ({one_line(str(error))[:200]})")


def _block(record: ArcWarcRecord) -> tuple[bytes, str | None]:
    """The record's block, and why it could not be read to its end, if so; what is too much is read and thrown away."""
    told = str(record.rec_headers.get_header("Content-Length") or "").strip()
    damage, content = None, b""
    if not re.fullmatch("[0-9]+", told, flags=re.ASCII):
        said = f"Content-Length: {told[:40]}" if told else "no Content-Length"
        damage = (f"the record says {said}, so nobody can tell where it ends; have it written anew, such as by 'warcio "
                  f"recompress'")
    elif int(told) > MAX_RECORD_BYTES:
        damage = (f"the record has {int(told):,} bytes, over the limit of {MAX_RECORD_BYTES:,}; or its length was "
                  f"changed")
    else:
        content = cast(bytes, record.raw_stream.read())
        damage = None if len(content) == record.length else "the record is cut off or damaged; get the file again"
    while record.raw_stream.read(_CHUNK):
        pass
    return content, damage


def _exchanges(found: Iterator[_Record]) -> Iterator[tuple[_Record, bytes]]:
    """Responses with the block of their request, which stands right before or right after, and all else that counts."""
    request: _Record | None = None
    response: _Record | None = None
    for record in found:
        if record.kind == "request" and record.damage is None:
            if response is not None and _belongs(record, response):
                yield response, record.content
                response = None
            else:
                request = record
            continue
        if response is not None:
            yield response, b""
            response = None
        if record.kind in ("response", "revisit"):
            if request is not None and _belongs(request, record):
                yield record, request.content
            else:
                response = record
            request = None
        elif record.kind == "warcinfo" or record.damage is not None:
            yield record, b""
    if response is not None:
        yield response, b""


def _belongs(request: _Record, response: _Record) -> bool:
    """Whether a request led to a response: one names the other, or both name the same address and moment."""
    ids = (request.field("WARC-Concurrent-To"), response.field("WARC-Concurrent-To"))
    if response.name == ids[0] or (ids[1] and request.name == ids[1]):
        return True
    return not any(ids) and all(
        request.field(name) == response.field(name) for name in ("WARC-Target-URI", "WARC-Date")
    )


def _response(record: _Record, request: bytes, maker: str) -> Foreign | Referring | Unusable:
    url = record.field("WARC-Target-URI").strip("<>")  # some tools wrote the brackets of the grammar
    at = _moment(record.field("WARC-Date"))
    head, _, raw = _parted(record.content)
    if not is_fetchable(url):
        return Unusable(record_id=record.name, reason="it is of no web address")
    if at is None or not head.startswith(b"HTTP/"):
        return Unusable(record_id=record.name, reason="it has no time with a zone" if at is None
                        else "it holds no HTTP response")
    status, headers = parse_head(head)
    body = _dechunked(raw) if "chunked" in headers.get("transfer-encoding", "").lower() else raw
    asked = _parted(request)
    exchange = Exchange(
        url=url, fetched_at=at, request_head=asked[0], request_body=asked[2], response_head=_renamed(head), body=body,
        role=_role(status, headers.get("content-type", "")), via=_not_us(one_line(maker)[:200]) or None,
        ip_address=record.field("WARC-IP-Address") or None, truncated=_truncated(record.field("WARC-Truncated")),
    )
    claimed = record.field("WARC-Payload-Digest")
    if record.kind == "revisit":
        return _referring(record, exchange, claimed)
    borne = (body, raw) if claimed else (record.content,)
    claimed = claimed or record.field("WARC-Block-Digest")
    return Foreign(exchange=exchange, record_id=record.name,
                   claimed=claimed if claimed and not any(bears_out(claimed, part) for part in borne) else None)


def _not_us(maker: str) -> str:
    """Who captured it, never by the name under which this archive's own looks are kept."""
    return f"{maker} (imported)" if maker == VIA else maker


def _referring(record: _Record, exchange: Exchange, digest: str) -> Referring | Unusable:
    if "server-not-modified" in record.field("WARC-Profile") or not digest.startswith("sha1:"):
        return Unusable(record_id=record.name, reason="a revisit that does not name its payload")
    return Referring(exchange=exchange, record_id=record.name, payload_digest=f"sha1:{_base32(digest)}",
                     refers_to=record.field("WARC-Refers-To-Target-URI").strip("<>") or None)


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

