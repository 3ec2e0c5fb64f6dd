"""Response heads and record fields -> the values of a capture (pure)."""

import re
from datetime import datetime
from email.message import Message

from archive.digests import payload_digest, sha256
from archive.model import Capture, RecordRef, Role, Truncated

VIA = "stemma"
NOT_MODIFIED_PROFILE = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
LIST_TYPE = "text/uri-list"
PREFIX = "stemma-"  # of the files that this program writes
_STATUS_LINE = re.compile(rb"HTTP/\d(?:\.\d)?\s+(\d{3})")


def capture_of(
    *, url: str, captured_at: datetime, role: Role, source: str | None, head: bytes, digest: str, sha: str,
    length: int, record: RecordRef, is_revisit: bool, truncated: Truncated | None, via: str = VIA,
) -> Capture:
    status, headers = parse_head(head)
    media_type, charset = content_type(headers.get("content-type", ""))
    return Capture(
        url=url, captured_at=captured_at, via=via, role=role, source=source, status=status,
        media_type=media_type, charset=charset, content_encoding=headers.get("content-encoding"),
        location=headers.get("location"), etag=headers.get("etag"), last_modified=headers.get("last-modified"),
        payload_digest=digest, payload_sha256=sha, payload_length=length, record=record, is_revisit=is_revisit,
        truncated=truncated,
    )


def content_type(value: str) -> tuple[str | None, str | None]:
    """Media type and charset of a Content-Type header, lower case; None where it names none."""
    message = Message()
    message["Content-Type"] = value
    try:
        charset = message.get_content_charset()
    except (LookupError, ValueError):  # the library stumbles over some parameters in RFC 2231's notation
        charset = None
    named = value.partition(";")[0].strip().lower()
    return named if re.fullmatch(r"[^\s/]+/[^\s/]+", named) else None, charset or None


def list_capture(
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
            headers.setdefault(header_text(name).lower(), header_text(value))
    return int(status.group(1)) if status else 0, headers


def header_text(raw: bytes) -> str:
    """Header bytes as text: UTF-8, as servers send addresses that they forgot to encode, else what HTTP says."""
    try:
        return raw.strip().decode()
    except UnicodeDecodeError:
        return raw.strip().decode("latin-1")
