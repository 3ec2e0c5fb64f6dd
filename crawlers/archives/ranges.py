"""An answer to a question for a part of a file -> its bytes from the wished place on, and the file's size (pure)."""

import re
from dataclasses import dataclass

from crawlers.errors import Unreadable

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", re.IGNORECASE)


class Absent(Unreadable):
    """There is no such file."""


class Busy(Unreadable):
    """The server wants to be asked later."""


class NoRanges(Unreadable):
    """The server gives whole files only, and this one is too big to be taken whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Bytes of a file from the wished place on; `size` is the whole file's, None where the server does not say."""

    body: bytes
    size: int | None
    is_end: bool


def wished(start: int, length: int) -> str:
    """The Range header that asks for a part of a file."""
    return f"bytes={start}-{start + length - 1}"


def stretch(*, status: int, content_range: str, body: bytes, start: int, is_whole: bool) -> Stretch:
    """What an answer gives of a file from byte `start` on; is_whole: its body was not cut off on the way.

    A part that was cut off is a shorter part. Raises Absent, Busy, NoRanges, or Unreadable with the reason.
    """
    if status == 206:
        return _part(content_range, body, start)
    if status == 416:  # a file that ends where it was to be read on
        return Stretch(body=b"", size=start, is_end=True)
    if status == 200 and is_whole:
        return Stretch(body=body[start:], size=len(body), is_end=True)
    if status == 200:
        raise NoRanges("the server gives no part of a file, and the whole is over crawl.max_body_bytes")
    if status in (404, 410):
        raise Absent(f"HTTP status {status}")
    if status in (429, 503):
        raise Busy(f"HTTP status {status}")
    raise Unreadable(f"HTTP status {status}")


def _part(content_range: str, body: bytes, start: int) -> Stretch:
    said = _CONTENT_RANGE.fullmatch(content_range.strip())
    if said is None or int(said[1]) != start:
        raise Unreadable(f"asked for a file from byte {start:,} on, it sent another part ({content_range[:60]!r})")
    size = int(said[2]) if said[2] != "*" else None
    return Stretch(body=body, size=size, is_end=size is not None and start + len(body) >= size)
