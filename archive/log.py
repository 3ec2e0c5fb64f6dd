"""What happened, for the operator: one line an event, key=value, in a file that is rotated by size.

It is no evidence: addresses of what was erased are struck out of it (`strike`).

Lines are logfmt: a value that is more than one plain word stands in double quotes with JSON's escapes, so that no
hostile address can begin a line or a key. Without an open file (`logging_to`) nothing is written.
"""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from archive.errors import WriteFailed

LOGGER = logging.getLogger("stemma")
MAX_BYTES, KEPT_FILES = 10_000_000, 5
LONGEST = 2_000  # characters of a value; an address may have a million

Value = str | int | float | None

STRUCK = "(erased)"
_ADDRESS = re.compile(r'https?://[^\s"]+', re.IGNORECASE)
_PLAIN = re.compile(r"""[^\s"'=\\]+""")
_PAIR = re.compile(r'([\w.-]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)(?: |$)')


def event(what: str, **values: Value) -> None:
    """Note that something happened; values that are None are left out."""
    if LOGGER.isEnabledFor(logging.INFO):
        LOGGER.info(line(what, **values))


def line(what: str, **values: Value) -> str:
    """An event as one line of printable text."""
    return " ".join([f"event={_quoted(what)}", *(
        f"{key}={_quoted(value)}" for key, value in values.items() if value is not None
    )])


def parse(text: str) -> dict[str, str]:
    """The pairs of a line; the reverse of `line`. Raises ValueError for a line that is none."""
    found, place = {}, 0
    while place < len(text):
        match = _PAIR.match(text, place)
        if match is None:
            raise ValueError(f"no key=value at character {place}: {text[place:place + 40]!r}")
        found[match[1]] = json.loads(match[2]) if match[2].startswith('"') else match[2]
        place = match.end()
    return found


def _quoted(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    word = str(value)[:LONGEST]
    if word.isprintable() and _PLAIN.fullmatch(word):
        return word
    quoted = json.dumps(word, ensure_ascii=False)
    return quoted if quoted.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in quoted)


def _escaped(character: str) -> str:
    """A character that is not printable as JSON's escape: line separators, controls, lone halves of a pair."""
    return json.dumps(character).strip('"')


class _File(RotatingFileHandler):
    """A file whose own faults are nobody's trouble: on a full disk events are lost, and the crawl says why it ends."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without the line."""


@contextmanager
def logging_to(file: Path) -> Iterator[None]:
    """Write events to a file; for one process at a time, under the archive's lock."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
    handler = _File(file, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True)
    handler.setFormatter(_formatter())
    level, propagate = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        LOGGER.propagate = propagate
        with suppress(OSError):
            handler.close()


def strike(file: Path, is_named: Callable[[str], bool]) -> int:
    """Replace addresses in a log's files, the rotated ones too; how many. For who may write the log.

    In place, since the file may be open: what is cut off by a crash here is lost to the operator. Raises WriteFailed.
    """
    struck = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal struck
        plain = found[0] if is_named(found[0]) else found[0].rstrip(".,;:)]>'")
        if not is_named(plain):
            return found[0]
        struck += 1
        return STRUCK + found[0][len(plain):]

    for path in [file, *sorted(file.parent.glob(f"{file.name}.*"))]:
        try:
            text = path.read_text("utf-8", "replace") if path.is_file() else ""
            after = _ADDRESS.sub(replaced, text)
            if after != text:
                with open(path, "r+b") as log:
                    log.write(after.encode("utf-8", "replace"))
                    log.truncate()
                    log.flush()
                    os.fsync(log.fileno())
        except OSError as error:
            raise WriteFailed(f"{path}: {error.strerror}; free some space and run again") from error
    return struck


def _formatter() -> logging.Formatter:
    made = logging.Formatter("at=%(asctime)s.%(msecs)03dZ pid=%(process)d %(message)s", "%Y-%m-%dT%H:%M:%S")
    made.converter = time.gmtime
    return made
