"""What people decided and configured, one JSON object a line, append-only: evidence that no WARC file holds."""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from archive.errors import UnreadableFile, WriteFailed
from archive.times import from_iso, to_iso

_OWN = ("at", "kind", "by")  # the keys of a line that are not the event's data


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One decision: of what kind, when, `by` whom (None: by the program, from what it was given), and its details."""

    kind: str
    at: datetime
    by: str | None = None
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """A line that is no event; lines count from 1. One that a crash cut off was never an event."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What a file holds, in its order; also events of kinds that this program does not know."""

    events: tuple[Event, ...] = ()
    damage: tuple[Damage, ...] = ()

    def of(self, kind: str) -> tuple[Event, ...]:
        """The events of one kind."""
        return tuple(event for event in self.events if event.kind == kind)


def append(path: Path, *added: Event) -> None:
    """Add events in one write and force them to the disk, so that of a decision on many nothing is kept by halves.

    Raises WriteFailed where there is no room; then none of them is kept.
    """
    lines = b"".join(map(_line, added))
    if not lines:
        return
    try:
        with open(path, "ab", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # who decides something need not hold the archive's lock
            # A line that a crash cut off stays as it is, by itself.
            size = os.fstat(file.fileno()).st_size
            whole = lines if not size or _ends_with_newline(path) else b"\n" + lines
            written = file.write(whole)
            if written != len(whole):
                file.truncate(size)
            os.fsync(file.fileno())
    except OSError as error:
        raise WriteFailed(f"{path}: {error.strerror}; free some space and run again") from error
    if written != len(whole):
        raise WriteFailed(f"{path}: only {written} of {len(whole)} bytes had room; free some space and run again")


def read(path: Path) -> Events:
    """All events, and the lines that are none; a file that is not there holds nothing.

    Raises UnreadableFile for one that may not be read, or is no file.
    """
    try:
        stat = path.stat()
        return _read(path, (stat.st_ino, stat.st_size, stat.st_mtime_ns))
    except FileNotFoundError:
        return Events()
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}; nothing goes on without what people decided") from error


@lru_cache(maxsize=1)  # a run asks for one kind after another; what was added since has another size
def _read(path: Path, state: tuple[int, int, int]) -> Events:
    del state
    held = path.read_bytes()
    events, damage = list[Event](), list[Damage]()
    # splitlines would also break at U+2028, which JSON text may hold
    for number, line in enumerate(held.split(b"\n"), start=1):
        if line.strip():
            found = _event(line)
            if isinstance(found, Event):
                events.append(found)
            else:
                damage.append(Damage(line=number, reason=found))
    return Events(events=tuple(events), damage=tuple(damage))


def last_topic(path: Path) -> Mapping[str, object] | None:
    """The newest event of a topic file (name, digest, file, text); None where there is none."""
    found = None
    for event in read(path).of("topic"):
        if {"name", "digest", "file", "text"} <= event.data.keys():
            found = event.data
    return found


def _line(event: Event) -> bytes:
    if taken := sorted(set(_OWN) & event.data.keys()):
        raise ValueError(f"an event's data may not be called {', '.join(taken)}: the line has these of its own")
    values = {"at": to_iso(event.at), "kind": event.kind} | ({"by": event.by} if event.by is not None else {})
    return json.dumps(values | dict(event.data), ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _event(line: bytes) -> Event | str:
    """The event of a line, or what is wrong with it."""
    try:
        values = json.loads(line.decode("utf-8"))
    except ValueError:
        return "the line is cut off or damaged: no JSON"
    if not isinstance(values, dict) or not isinstance(values.get("kind"), str):
        return "the line has no kind of event"
    try:
        at = from_iso(str(values.get("at")))
    except ValueError:
        return "the line has no time"
    by = values.get("by")
    data = {name: value for name, value in values.items() if name not in _OWN}
    return Event(kind=values["kind"], at=at, by=str(by) if by is not None else None, data=data)


def _ends_with_newline(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
