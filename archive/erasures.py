"""What was erased <-> its event, and what stands in the place: as many bytes, so that no other record moves (pure).

A filler is a gzip member with a WARC record of type `metadata`. It follows from the place and the event's time alone,
so that whoever verifies can tell it from anything else that somebody put there.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from archive.events import Event
from archive.model import RecordRef
from archive.times import to_iso

KIND = "erasure"
_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_AROUND = len(_GZIP_HEAD) + 8  # bytes of a member beside its blocks
LEAST = 240  # bytes of a record in whose place another can stand
_BLOCK = 65_535  # bytes of a stored block of deflate, behind five of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """That the records at these places were erased, of which withheld article, why and by whom."""

    url: str
    places: tuple[RecordRef, ...]
    reason: str
    at: datetime
    by: str | None = None


def to_event(erasure: Erasure) -> Event:
    """The event by which records are erased: kept before they are, so that a killed run is gone on with."""
    return Event(kind=KIND, at=erasure.at, by=erasure.by, data={
        "url": erasure.url, "reason": erasure.reason,
        "records": [{"path": ref.path, "offset": ref.offset, "length": ref.length} for ref in erasure.places]})


def from_event(event: Event) -> Erasure:
    """The erasure that an event keeps. Raises ValueError with what is wrong with it."""
    records = event.data.get("records")
    try:
        places = tuple(RecordRef(path=str(one["path"]), offset=int(one["offset"]), length=int(one["length"]))
                       for one in records)  # type: ignore[attr-defined]
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"an erasure names each record by path, offset and length ({error!r})") from error
    if any(".." in ref.path.split("/") or ref.path.startswith("/") or ref.offset < 0 for ref in places):
        raise ValueError("an erasure names records in the archive's own WARC files only")
    return Erasure(url=str(event.data.get("url") or ""), places=places, reason=str(event.data.get("reason") or ""),
                   at=event.at, by=event.by)


def fillers(found: Iterable[Erasure]) -> dict[RecordRef, bytes]:
    """What stands at each erased place, the first erasure's where several name one."""
    made: dict[RecordRef, bytes] = {}
    for erasure in found:
        for place in erasure.places:
            if place not in made:
                made[place] = filler(place, erasure.at)
    return made


def by_path(found: Mapping[RecordRef, bytes]) -> Iterator[tuple[str, dict[int, bytes]]]:
    """For each WARC file the bytes to stand at each offset."""
    for path in sorted({ref.path for ref in found}):
        yield path, {ref.offset: written for ref, written in found.items() if ref.path == path}


def filler(place: RecordRef, at: datetime) -> bytes:
    """As many bytes as the record had: one gzip member, stored without compression. Raises ValueError under 240."""
    blocks = max(1, -(-(place.length - _AROUND) // (_BLOCK + 5)))
    plain = _record(place, at, place.length - _AROUND - 5 * blocks)
    stored = b"".join(
        struct.pack("<BHH", n == blocks - 1, len(part := plain[n * _BLOCK:(n + 1) * _BLOCK]), len(part) ^ 0xFFFF) + part
        for n in range(blocks))
    return _GZIP_HEAD + stored + struct.pack("<II", zlib.crc32(plain), len(plain))


def _record(place: RecordRef, at: datetime, length: int) -> bytes:
    """A WARC record of a length; its content is blanks behind a word, and its Content-Length has zeros in front."""
    name = uuid5(NAMESPACE_URL, f"stemma-erasure:{place.path}#{place.offset}")
    head = (f"WARC/1.1\r\nWARC-Type: metadata\r\nWARC-Record-ID: <urn:uuid:{name}>\r\nWARC-Date: {to_iso(at)}\r\n"
            "Content-Length: {:010}\r\n\r\n")
    room = length - len(head.format(0)) - 4
    if room < 0:
        raise ValueError(f"{place.path} at byte {place.offset}: {place.length} bytes are too few to be a record")
    return head.format(room).encode() + b"erased"[:room].ljust(room) + b"\r\n\r\n"
