"""What people decided and configured, one JSON object a line, append-only: evidence that no WARC file holds."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from archive.times import to_iso


def append(path: Path, kind: str, at: datetime, **detail: object) -> None:
    """Add an event and force it to the disk."""
    line = json.dumps({"at": to_iso(at), "kind": kind} | detail, ensure_ascii=False)
    with open(path, "a", encoding="utf-8") as file:
        if file.tell() and not _ends_with_newline(path):
            file.write("\n")  # a line that a crash cut off stays as it is, by itself
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Iterator[dict[str, object]]:
    """The events in order. A line that a crash cut off was never an event; the next append began a new line."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield event


def _ends_with_newline(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
