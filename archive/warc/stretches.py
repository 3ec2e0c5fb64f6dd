"""Where the gzip members of a WARC file begin and end, also where it is damaged or was cut off."""

import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from archive.warc.values import PREFIX

_GZIP = b"\x1f\x8b\x08"
_CHUNK = 1 << 16


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


def gaps(path: Path, known: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The whole gzip members of a file, by (offset, end), that lie between known ones, which are not looked into."""
    position = 0
    for offset, end in [*sorted(known), (path.stat().st_size, 0)]:
        for start, over, is_whole in stretches(path, start=position) if position < offset else ():
            if start >= offset:
                break
            if is_whole:
                yield start, over
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
    if last is None or last[2] or not Path(path).name.startswith(PREFIX) or not _is_torn(folder / path, last[0]) \
            or not os.access(folder / path, os.W_OK):  # on a disc it stays, and is damage
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
