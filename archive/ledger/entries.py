"""What an entry of the log commits to, and the two files that hold entries and signed heads, one JSON object a line.

An entry is the SHA-256 of a salt and of the canonical JSON of what it is about (`Details`). The salt lies beside it,
what it is about in the evidence: so the tree's leaves tell no address, also not to who guesses at one, and an entry
whose salt was taken away still holds its place in the tree.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from archive.digests import sha256
from archive.errors import DamagedLog, WriteFailed
from archive.ledger import notes
from archive.ledger.merkle import leaf_hash
from archive.ledger.notes import Head
from archive.warc import WarcRecord

Details = Mapping[str, str]
SALT_BYTES = 16
_ADVICE = "restore the folder log/ from a backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A leaf of the tree with its salt, and where the evidence lies: path is relative to the data folder."""

    commitment: bytes
    salt: bytes
    path: str
    offset: int
    length: int

    @property
    def end(self) -> int:
        """The byte after the evidence."""
        return self.offset + self.length

    @property
    def hashed(self) -> bytes:
        """The hash by which the entry is in the tree."""
        return leaf_hash(self.commitment)


def commitment(salt: bytes, details: Details) -> bytes:
    """What the tree holds of an entry."""
    return hashlib.sha256(salt + canonical(details).encode()).digest()


def canonical(values: Mapping[str, object]) -> str:
    """JSON in the one spelling that is digested: keys sorted, no spaces, ASCII (as RFC 8785 for such values)."""
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def details_of_record(raw: bytes, record: WarcRecord) -> dict[str, str]:
    """What an entry says of a WARC record: its address and time, and the digests of its bytes and of its payload.

    A revisit's payload digest is that of the payload which it refers to. A memento's address and time are those of the
    request to the web archive; what it is a capture of stands beside them.
    """
    headers = {name.lower(): value for name, value in record.headers}
    kind = headers.get("warc-type", "")
    found = {"kind": kind, "record_sha256": sha256(raw)}
    for name, field in (("url", "warc-target-uri"), ("at", "warc-date"), ("original_url", "stemma-original-uri"),
                        ("captured_at", "stemma-captured-at"), ("via", "stemma-via")):
        if value := headers.get(field):
            found[name] = value
    if kind == "revisit" and (digest := headers.get("stemma-payload-sha256")):
        found["payload_sha256"] = digest
    elif kind == "response":
        found["payload_sha256"] = sha256(record.payload)
    return found


def details_of_event(line: bytes) -> dict[str, str]:
    """What an entry says of a line of events.jsonl."""
    return {"kind": "event", "record_sha256": sha256(line)}


def line_of(entry: Entry) -> str:
    """An entry as its line, without the line's end."""
    return canonical({"commitment": entry.commitment.hex(), "salt": entry.salt.hex(), "path": entry.path,
                      "offset": entry.offset, "length": entry.length})


def read_entries(path: Path, *, is_strict: bool = True) -> Iterator[Entry]:
    """The entries in their order, up to a line that a crash cut off. Raises DamagedLog.

    Strict, each line must be spelled as this program spells it; that the entries lead to a head needs no such check,
    which takes most of the time.
    """
    if not path.exists():
        return
    with open(path, "rb") as file:
        for number, line in enumerate(file):
            if not line.endswith(b"\n"):
                return
            yield parse_entry(line, where=f"{path.name} line {number + 1}", is_strict=is_strict)


def parse_entry(line: bytes, *, where: str, is_strict: bool = True) -> Entry:
    """The entry of one line. Raises DamagedLog, strictly also where it is spelled as this program does not."""
    try:
        values = json.loads(line)
        entry = Entry(commitment=bytes.fromhex(values["commitment"]), salt=bytes.fromhex(values["salt"]),
                      path=values["path"], offset=values["offset"], length=values["length"])
        is_ours = not is_strict or line_of(entry).encode() + b"\n" == line
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedLog(f"{where} is no entry of a log ({error}); {_ADVICE}") from error
    if not is_ours or len(entry.commitment) != 32:
        raise DamagedLog(f"{where} is not spelled as this program writes it; {_ADVICE}")
    return entry


def read_heads(path: Path) -> tuple[Head, ...]:
    """The signed heads, the first one first, up to a line that a crash cut off. Raises DamagedLog."""
    found = list[Head]()
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True) if path.exists() else ()):
        if not line.endswith(b"\n"):
            break
        try:
            note = json.loads(line)["note"]
            head = notes.read(note)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedLog(f"{path.name} line {number + 1} is no signed head; {_ADVICE}") from error
        if _head_line(head).encode() != line:
            raise DamagedLog(f"{path.name} line {number + 1} is not spelled as this program writes it; {_ADVICE}")
        found.append(head)
    return tuple(found)


def append_entries(path: Path, entries: Iterable[Entry]) -> None:
    """Add entries and force them to the disk."""
    append_lines(path, (line_of(entry) + "\n" for entry in entries))


def append_head(path: Path, head: Head) -> None:
    """Add a signed head and force it to the disk."""
    append_lines(path, [_head_line(head)])


def _head_line(head: Head) -> str:
    return canonical({"note": head.note}) + "\n"


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines to a file and force them to the disk; one that a crash cut off is taken away. Raises WriteFailed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            _cut_torn(file.fileno(), path)
            for line in lines:
                file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WriteFailed(f"{path}: {error.strerror}; free some space and run again") from error


def _cut_torn(descriptor: int, path: Path) -> None:
    """Take away what stands after the last line's end: it was never an entry."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        end = size
        while end:
            start = max(0, end - 4096)
            file.seek(start)
            place = file.read(end - start).rfind(b"\n")
            if place >= 0:
                end = start + place + 1
                break
            end = start
    if end < size:
        os.ftruncate(descriptor, end)
