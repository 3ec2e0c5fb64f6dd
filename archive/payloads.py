"""Payload bytes as received -> the bytes that a reader sees: Content-Encoding undone, within bounds."""

import zlib

from archive.errors import ArchiveError

MAX_CODINGS = 4  # encodings over one another: servers send one, a hostile one could send thousands
MAX_MEMBERS = 10_000  # members of a gzip stream, each of which costs time even when it is empty
_CHUNK = 1 << 16  # bytes given to zlib at once: it copies what a member leaves unused


class UndecodablePayload(ArchiveError):
    """A payload whose Content-Encoding cannot be undone; as far as a page is concerned this is data, not an error."""


def decoded(payload: bytes, *, content_encoding: str | None, limit: int) -> bytes:
    """The payload without its Content-Encoding, at most `limit` bytes.

    Servers that declare gzip and send plain text are common, so what does not begin as gzip is taken as it is.
    An empty body is empty under any encoding. Raises UndecodablePayload for a cut-off or damaged stream, an unknown
    encoding and a body over the limit.
    """
    if not payload:
        return payload
    codings = [c.strip().lower() for c in (content_encoding or "").split(",") if c.strip()]
    if len(codings) > MAX_CODINGS:
        raise UndecodablePayload(f"{len(codings):,} encodings over one another")
    for coding in reversed(codings):
        if coding in ("identity", "utf-8", "none"):
            continue
        if coding in ("gzip", "x-gzip"):
            payload = gunzipped(payload, limit=limit) if payload[:2] == b"\x1f\x8b" else payload
        elif coding == "deflate":
            payload = _inflated(payload, -15 if payload[:1] and payload[0] & 0x0F != 8 else 15, limit)
        else:
            raise UndecodablePayload(f"Content-Encoding {coding!r} is not one that was asked for")
    if len(payload) > limit:
        raise UndecodablePayload(f"the body is over the limit of {limit:,} bytes")
    return payload


def page_bytes(payload: bytes, *, content_encoding: str | None, limit: int) -> bytes:
    """The same for a page, which is no gzip file in itself: archives serve some compressed twice, declared once."""
    body = decoded(payload, content_encoding=content_encoding, limit=limit)
    return gunzipped(body, limit=limit) if body[:2] == b"\x1f\x8b" else body


def gunzipped(payload: bytes, *, limit: int) -> bytes:
    """A gzip stream of one or more members, unpacked to at most `limit` bytes."""
    out, start, members = bytearray(), 0, 0
    while payload[start:start + 2] == b"\x1f\x8b":
        members += 1
        if members > MAX_MEMBERS:
            raise UndecodablePayload(f"the compressed body has more than {MAX_MEMBERS:,} parts")
        start = _inflate(zlib.decompressobj(31), payload, start, out, limit)
    return bytes(out)


def _inflated(payload: bytes, window: int, limit: int) -> bytes:
    out = bytearray()
    _inflate(zlib.decompressobj(window), payload, 0, out, limit)
    return bytes(out)


def _inflate(inflate: "zlib._Decompress", payload: bytes, start: int, out: bytearray, limit: int) -> int:
    """Unpack one stream that begins at a byte of the payload to the end of `out`; returns where the stream ends."""
    pending = b""
    while not inflate.eof:
        if not pending:
            pending = payload[start:start + _CHUNK]
            start += len(pending)
        if not pending:
            raise UndecodablePayload("the compressed body is cut off")
        try:
            out += inflate.decompress(pending, limit + 1 - len(out))
        except zlib.error as error:
            raise UndecodablePayload(f"the compressed body is damaged ({error})") from error
        if len(out) > limit:
            raise UndecodablePayload(f"the body unpacks to more than the limit of {limit:,} bytes")
        pending = inflate.unconsumed_tail
    return start - len(inflate.unused_data)
