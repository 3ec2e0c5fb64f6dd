"""Time stamps of the signed heads, kept in log/stamps.jsonl, one JSON object a line, append-only.

    {"head": SHA-256 of a head's note, "token": the authority's answer, "ends": ...}   that head was there by then
    {"renewed": bytes, "token": ..., "ends": ...}                                      the file so far was there

ends is when the first of the certificates does that a token rests on, so that runs need not look into tokens. A renewal
stamps all lines before it, which from then on need their certificates no more: they were good when it was made (as in
RFC 4998, 5.2). Each line has its own SHA-256, since parts of an answer are under no signature. Each signed head names
the digest of the file as it was then, so that none but the lines after the last head can be taken away unseen. What
answers are checked against are certificates, each an event of its own in events.jsonl, and so in the signed log.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archive import events
from archive.errors import DamagedLog, StampRefused
from archive.events import Event
from archive.folder import DataFolder
from archive.ledger import authority
from archive.ledger.authority import Stamped
from archive.ledger.entries import append_lines, canonical
from archive.ledger.notes import Head, Kept
from archive.times import from_iso, to_iso

KIND = "time-authority"  # the event by which a root certificate is kept
_ADVICE = "restore the file from a backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the file: of a head, by the digest of its note, or (head is None) the renewal of `renewed` bytes."""

    head: str | None = None
    renewed: int | None = None
    token: bytes
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of the stamps found: by a head's digest who says when, and what a person must mend.

    standing are those that no renewal covers; too_late counts those whose certificates had ended before their renewal.
    """

    heads: Mapping[str, Stamped] = field(default_factory=dict)
    standing: tuple[Stamped, ...] = ()
    renewals: int = 0
    too_late: int = 0
    troubles: tuple[str, ...] = ()


def digest(head: Head) -> str:
    """By what the stamps name a head."""
    return hashlib.sha256(head.note.encode()).hexdigest()


def message_of(head: Head) -> bytes:
    """What is stamped of a head: its note as it was signed, with the signature."""
    return head.note.encode()


def renewal_message(raw: bytes) -> bytes:
    """What is stamped when stamps are renewed: the digest of the file's bytes so far."""
    return b"stemma: these time stamps stood\n" + hashlib.sha256(raw).hexdigest().encode()


def line_of(line: Line) -> str:
    """A line as it is written, with its end."""
    of: dict[str, object] = {"head": line.head} if line.head is not None else {"renewed": line.renewed}
    values = of | {"token": base64.b64encode(line.token).decode(), "ends": to_iso(line.ends)}
    return canonical(values | {"sum": hashlib.sha256(canonical(values).encode()).hexdigest()}) + "\n"


def append(path: Path, line: Line) -> None:
    """Add a line and force it to the disk. Raises WriteFailed."""
    append_lines(path, [line_of(line)])


def kept(path: Path) -> Kept | None:
    """What a head says of the file as it is now, up to its last whole line; None where nothing is in it."""
    raw = path.read_bytes() if path.exists() else b""
    raw = raw[:raw.rfind(b"\n") + 1]
    return Kept(size=len(raw), digest=hashlib.sha256(raw).digest()) if raw else None


def gone(path: Path, heads: Sequence[Head]) -> tuple[int, ...]:
    """The heads, by their places from 0, of whose time stamps the file has not all as they were."""
    raw = path.read_bytes() if path.exists() else b""
    digest, end, found = hashlib.sha256(), 0, list[int]()
    told = [(head.stamps, place) for place, head in enumerate(heads) if head.stamps is not None]
    for said, place in sorted(told, key=lambda pair: pair[0].size):
        digest.update(raw[end:said.size])
        end = said.size
        if len(raw) < said.size or digest.digest() != said.digest:
            found.append(place)
    return tuple(sorted(found))


def read(path: Path) -> Iterator[tuple[int, Line]]:
    """The lines, each with the byte that it begins at, up to one that a crash cut off. Raises DamagedLog."""
    if not path.exists():
        return
    with open(path, "rb") as file:
        start = 0
        for number, raw in enumerate(file, start=1):
            if not raw.endswith(b"\n"):
                return
            yield start, _parsed(raw, f"{path.name} line {number}")
            start += len(raw)


def _parsed(raw: bytes, where: str) -> Line:
    try:
        values = json.loads(raw)
        line = Line(head=values.get("head"), renewed=values.get("renewed"), ends=from_iso(values["ends"]),
                    token=base64.b64decode(values["token"], validate=True))
        is_ours = line_of(line).encode() == raw and (line.head is None) != (line.renewed is None)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise DamagedLog(f"{where} is no time stamp ({error}); {_ADVICE}") from error
    if not is_ours:
        raise DamagedLog(f"{where} is not what this program wrote: it was changed; {_ADVICE}")
    return line


def check(
    folder: DataFolder, heads: Sequence[Head], *, now: datetime, outside: Sequence[Head] = ()
) -> Checked:
    """Check every time stamp, without asking anybody: of which head, by whose certificates, and that none had ended.

    And that none is gone that a head names, or one that was kept `outside`. Raises nothing: what is damaged is a
    trouble.
    """
    notes, known = {digest(head): head for head in heads}, roots(folder)
    found, standing, troubles = dict[str, Stamped](), list[tuple[int, Stamped]](), list[str]()
    renewals = too_late = 0
    raw = folder.stamps.read_bytes() if folder.stamps.exists() else b""
    try:
        for number, (start, line) in enumerate(read(folder.stamps), start=1):
            where = f"{folder.stamps.name} line {number}"
            try:
                stamped = _stamped(line, start, raw, notes, known)
            except StampRefused as error:
                troubles.append(f"{where}: {error}")
                continue
            if line.head is not None:
                found[line.head] = stamped
            else:
                too_late += sum(one.ends < stamped.at for _, one in standing)
                standing, renewals = [], renewals + 1
            standing.append((number, stamped))
    except DamagedLog as error:
        troubles.append(str(error))
    troubles += _missing(folder.stamps, heads, outside)
    over = [(number, one) for number, one in standing if one.ends < now]
    if over:
        number, one = min(over, key=lambda pair: pair[1].ends)
        troubles.append(f"{folder.stamps.name} line {number}: the certificate of {one.name} ended on "
                        f"{one.ends:%Y-%m-%d}, and the time stamp was not renewed before ({len(over):,} so); "
                        f"'stemma update' renews what stands, by the authority of [stamp] in the topic file")
    return Checked(heads=found, standing=tuple(one for _, one in standing), renewals=renewals,
                   too_late=too_late, troubles=tuple(troubles))


def _missing(path: Path, heads: Sequence[Head], outside: Sequence[Head]) -> Iterator[str]:
    by_log = gone(path, heads)
    if by_log:
        yield (f"{path.name} has not all time stamps as they were when the log's head {by_log[0] + 1} of "
               f"{to_iso(heads[by_log[0]].at)} was signed: lines were changed or taken away; {_ADVICE}")
    for place in gone(path, outside):
        yield (f"{path.name} has not all time stamps as they were when the given head of {to_iso(outside[place].at)} "
               f"was signed: lines were changed or taken away; {_ADVICE}")


def _stamped(
    line: Line, start: int, raw: bytes, notes: Mapping[str, Head], known: Mapping[str, bytes]
) -> Stamped:
    """What a line's token says. Raises StampRefused."""
    if line.head is not None:
        head = notes.get(line.head)
        if head is None:
            raise StampRefused("it is of a head that the log does not have: the log was cut off or begun anew; restore "
                               "log/ from a backup")
        message = message_of(head)
    else:
        if line.renewed != start:
            raise StampRefused("the time stamps before it are not those that it renewed: lines were taken away or put "
                               f"there; {_ADVICE}")
        message = renewal_message(raw[:start])
    found = authority.stamped(line.token, message, list(known.values()))
    if found.ends != line.ends:
        raise StampRefused(f"its certificates end on {found.ends:%Y-%m-%d}, and the line says otherwise; {_ADVICE}")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far the stamps reach: the heads that have one, and when the first certificate ends of those that stand."""

    heads: frozenset[str]
    ends: datetime | None


def state(folder: DataFolder) -> State:
    """The same as the lines say it, without a look into what was answered. Raises DamagedLog."""
    heads, ends = set[str](), list[datetime]()
    for _, line in read(folder.stamps):
        if line.head is not None:
            heads.add(line.head)
        else:
            ends = []
        ends.append(line.ends)
    return State(heads=frozenset(heads), ends=min(ends, default=None))


def roots(folder: DataFolder) -> dict[str, bytes]:
    """The root certificates that time stamps were ever checked against, by their fingerprints."""
    found = dict[str, bytes]()
    for event in events.read(folder.events).of(KIND):
        try:
            der = base64.b64decode(str(event.data["certificate"]), validate=True)
        except (KeyError, binascii.Error):
            continue  # a time stamp that needs it says that it is missing
        found[authority.fingerprint(der)] = der
    return found


def keep_roots(folder: DataFolder, given: Sequence[bytes], *, now: datetime) -> None:
    """Keep root certificates as events that are none yet. Raises WriteFailed."""
    known = roots(folder)
    for der in given:
        if (name := authority.fingerprint(der)) not in known:
            events.append(folder.events, Event(kind=KIND, at=now, data={
                "fingerprint": name, "certificate": base64.b64encode(der).decode()}))
