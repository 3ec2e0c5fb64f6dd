"""Payload bytes as received -> the bytes that a reader sees: Content-Encoding undone, within bounds."""

import zlib

from archive.errors import ArchiveError


class UndecodablePayload(ArchiveError):
    """A payload whose Content-Encoding cannot be undone; as far as a page is concerned this is data, not an error."""


def decoded(payload: bytes, *, content_encoding: str | None, limit: int) -> bytes:
    """The payload without its Content-Encoding, at most `limit` bytes.

    Servers that declare gzip and send plain text are common, so what does not begin as gzip is taken as it is.
    Raises UndecodablePayload for a cut-off or damaged stream, an unknown encoding and a body over the limit.
    """
    codings = [c.strip().lower() for c in (content_encoding or "").split(",") if c.strip()]
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


def gunzipped(payload: bytes, *, limit: int) -> bytes:
    """A gzip stream of one or more members, unpacked to at most `limit` bytes."""
    parts, size = [], 0
    while payload[:2] == b"\x1f\x8b":
        inflate = zlib.decompressobj(31)
        part = _inflate(inflate, payload, limit - size)
        parts.append(part)
        size += len(part)
        payload = inflate.unused_data
    return b"".join(parts)


def _inflated(payload: bytes, window: int, limit: int) -> bytes:
    return _inflate(zlib.decompressobj(window), payload, limit)


def _inflate(inflate: "zlib._Decompress", payload: bytes, limit: int) -> bytes:
    try:
        data = inflate.decompress(payload, limit + 1)
    except zlib.error as error:
        raise UndecodablePayload(f"the compressed body is damaged ({error})") from error
    if len(data) > limit:
        raise UndecodablePayload(f"the body unpacks to more than the limit of {limit:,} bytes")
    if not inflate.eof:
        raise UndecodablePayload("the compressed body is cut off")
    return data
