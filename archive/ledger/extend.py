"""What is new in the evidence -> entries of the log, and a head that the archive's key signs."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive import events, warc
from archive.errors import DamagedLog, DamagedWarc
from archive.folder import DataFolder
from archive.ledger import entries, keys, notes, stamps
from archive.ledger.entries import Details, Entry
from archive.ledger.merkle import Accumulator
from archive.ledger.notes import Head
from archive.model import RecordRef

BEGUN = "log-begun"  # the kind of the event by which a log says that it begins, and by which a second one is seen
EVENTS = "events.jsonl"
WARC_FOLDER = "warc/"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far the log reaches: its tree, and for each file of evidence the byte after its last entry."""

    tree: Accumulator
    ends: dict[str, int]


def extend(folder: DataFolder, *, now: datetime) -> tuple[int, Head | None]:
    """Enter what is new, under the archive's lock; the number of new entries, and the newest head.

    A log that does not lead to the head that was signed last, or lacks time stamps that this head names, is neither
    added to nor signed. Raises DamagedLog, MissingKey (the entries are kept then, and signed once the key is back) and
    WriteFailed.
    """
    known = keys.ensure(folder, now=now)
    heads = entries.read_heads(folder.heads)
    state = checked_state(folder, heads[-1] if heads else None)
    if stamps.gone(folder.stamps, heads[-1:]):
        raise DamagedLog(f"{folder.stamps} has not all time stamps that were kept when the last head was signed: it "
                         f"was changed or cut off, and the log is not gone on with; run 'stemma verify', and restore "
                         f"the folder log/ from a backup")
    if not state.tree.size:
        events.append(folder.events, events.Event(kind=BEGUN, at=now, data={"origin": keys.origin(known)}))
    before = state.tree.size
    entries.append_entries(folder.entries, _added(folder, state))
    if heads and heads[-1].size == state.tree.size:
        return 0, heads[-1]
    head = notes.sign(keys.private_key(folder, known), origin=keys.origin(known), size=state.tree.size,
                      root=state.tree.root(), at=now, stamps=stamps.kept(folder.stamps))
    entries.append_head(folder.heads, head)
    return state.tree.size - before, head


def checked_state(folder: DataFolder, head: Head | None) -> State:
    """The state of the log. Raises DamagedLog where its entries do not lead to a head."""
    state, is_met = State(tree=Accumulator(), ends={}), head is None or not head.size
    for entry in entries.read_entries(folder.entries, is_strict=False):
        state.tree.add(entry.hashed)
        state.ends[entry.path] = max(entry.end, state.ends.get(entry.path, 0))
        if head is not None and state.tree.size == head.size:
            is_met = state.tree.root() == head.root
    if not is_met:
        raise DamagedLog(f"{folder.entries} does not lead to the head that was signed last: it was changed or cut off, "
                         f"and nothing is added to it; run 'stemma verify', and restore the folder log/ from a backup")
    return state


def _added(folder: DataFolder, state: State) -> Iterator[Entry]:
    for path, offset, length, details in _evidence(folder, state.ends):
        salt = secrets.token_bytes(entries.SALT_BYTES)
        entry = Entry(commitment=entries.commitment(salt, details), salt=salt, path=path, offset=offset, length=length)
        state.tree.add(entry.hashed)
        yield entry


def _evidence(folder: DataFolder, ends: dict[str, int]) -> Iterator[tuple[str, int, int, Details]]:
    """Whole records and lines after the last entries; what is damaged has no entry, and is said by `verify`."""
    for path in warc.files(folder.warcs):
        start = ends.get(WARC_FOLDER + path, 0)
        if (folder.warcs / path).stat().st_size <= start:
            continue
        for offset, end, is_whole in warc.stretches(folder.warcs / path, start=start):
            ref = RecordRef(path=path, offset=offset, length=end - offset)
            if is_whole and (details := record_details(folder, ref)) is not None:
                yield WARC_FOLDER + path, offset, ref.length, details
    for offset, line in event_lines(folder, start=ends.get(EVENTS, 0)):
        yield EVENTS, offset, len(line), entries.details_of_event(line)


def record_details(folder: DataFolder, ref: RecordRef) -> Details | None:
    """What an entry says of the record at a place; None where there is none."""
    try:
        raw = warc.read_bytes(folder.warcs, ref)
        return entries.details_of_record(raw, warc.parse_record(raw, ref))
    except DamagedWarc:
        return None


def event_lines(folder: DataFolder, *, start: int = 0) -> Iterator[tuple[int, bytes]]:
    """The whole lines of events.jsonl from a byte on, each with the byte it begins at."""
    if not folder.events.exists() or folder.events.stat().st_size <= start:
        return
    with open(folder.events, "rb") as file:
        file.seek(start)
        for line in file:
            if line.endswith(b"\n"):
                yield start, line
            start += len(line)
