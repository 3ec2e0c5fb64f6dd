"""What people decided and configured, one JSON object a line, append-only: evidence that no WARC file holds."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from archive.errors import WriteFailed
from archive.times import to_iso


def append(path: Path, kind: str, at: datetime, **detail: object) -> None:
    """Add an event and force it to the disk. Raises WriteFailed where there is no room."""
    event = {"at": to_iso(at), "kind": kind} | detail
    line = json.dumps(event, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"
    try:
        with open(path, "ab") as file:
            # A line that a crash cut off stays as it is, by itself.
            file.write(line if not file.tell() or _ends_with_newline(path) else b"\n" + line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WriteFailed(f"{path}: {error.strerror}; free some space and run again") from error


def read(path: Path) -> Iterator[dict[str, object]]:
    """The events in order. A line that a crash cut off was never an event; the next append began a new line."""
    if not path.exists():
        return
    for line in path.read_bytes().split(b"\n"):  # splitlines would also break at U+2028, which JSON text may hold
        with suppress(ValueError):
            event = json.loads(line.decode("utf-8", "replace"))
            if isinstance(event, dict):
                yield event


def last_topic(path: Path) -> dict[str, object] | None:
    """The newest event of a topic file (name, digest, file, text); None where there is none."""
    found = None
    for event in read(path):
        if event.get("kind") == "topic" and {"name", "digest", "file", "text"} <= event.keys():
            found = event
    return found


def _ends_with_newline(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
