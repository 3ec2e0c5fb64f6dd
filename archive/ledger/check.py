"""The log's own files -> whether they bear out every head that was signed, and where each entry's line is."""

import os
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from archive.errors import DamagedLog
from archive.folder import DataFolder
from archive.ledger import entries, keys, notes
from archive.ledger.entries import Entry
from archive.ledger.keys import Key
from archive.ledger.merkle import Accumulator
from archive.ledger.notes import Head
from archive.times import to_iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a check of the log found. `lines` has, by file of evidence, the bytes at which its entries' lines begin.

    troubles are what a person must mend, a sentence each; `is_whole` says that every entry could be read.
    """

    size: int
    heads: tuple[Head, ...]
    keys: tuple[Key, ...]
    lines: Mapping[str, "array[int]"]
    troubles: tuple[str, ...]
    is_whole: bool


def check(folder: DataFolder, *, outside: Iterable[Head] = ()) -> Checked:
    """Read the log whole: that its entries lead to each signed head, and to heads that were kept `outside`."""
    troubles = list[str]()
    known, heads = _keys(folder, troubles), _heads(folder, troubles)
    given = tuple(outside)
    wanted = defaultdict[int, list[tuple[str, Head]]](list)
    for number, head in enumerate(heads, start=1):
        wanted[head.size].append((f"the log's head {number} of {to_iso(head.at)}", head))
    for head in given:
        wanted[head.size].append((f"the given head of {to_iso(head.at)}", head))
    troubles += _signatures(wanted, known)
    troubles += _order(heads, known)
    lines, size, is_whole = _follow(folder, wanted, troubles)
    troubles += [f"{name} counts {head.size:,} entries, and the log has {size:,}: entries were taken away; restore "
                 f"log/ from a backup" for n, named in wanted.items() if n > size for name, head in named]
    if is_whole and size > (signed := max((head.size for head in heads), default=0)):
        troubles.append(f"{size - signed:,} entries of the log are under no signed head: a run was killed before it "
                        f"signed, its key is missing, or log/heads.jsonl was cut off; the next run signs what is there")
    return Checked(size=size, heads=heads, keys=known, lines=lines, troubles=tuple(troubles), is_whole=is_whole)


def _keys(folder: DataFolder, troubles: list[str]) -> tuple[Key, ...]:
    try:
        return keys.history(folder)
    except DamagedLog as error:
        troubles.append(str(error))
        return ()


def _heads(folder: DataFolder, troubles: list[str]) -> tuple[Head, ...]:
    try:
        return entries.read_heads(folder.heads)
    except DamagedLog as error:
        troubles.append(str(error))
        return ()


def _signatures(wanted: Mapping[int, list[tuple[str, Head]]], known: tuple[Key, ...]) -> Iterable[str]:
    for name, head in (pair for named in wanted.values() for pair in named):
        if known and head.origin != keys.origin(known):
            yield f"{name} is of another log, {head.origin}; this is {keys.origin(known)}"
        elif signer(head, known) is None:
            yield f"{name} is signed by no key of this archive: it was changed, or is another's"


def signer(head: Head, known: tuple[Key, ...]) -> int | None:
    """Which of the archive's keys signed a head, from 0."""
    return next((n for n, key in enumerate(known) if notes.is_signed_by(head, key.public)), None)


def _order(heads: tuple[Head, ...], known: tuple[Key, ...]) -> Iterable[str]:
    """Heads only grow, and a key whose place another took signs no more."""
    signers = [signer(head, known) for head in heads]
    for n, (earlier, later) in enumerate(pairwise(heads), start=2):
        before, after = signers[n - 2], signers[n - 1]
        if later.size < earlier.size:
            yield f"the log's head {n} counts fewer entries than the one before"
        if before is not None and after is not None and after < before:
            yield f"the log's head {n} is signed by a key whose place another had taken"


def _follow(
    folder: DataFolder, wanted: Mapping[int, list[tuple[str, Head]]], troubles: list[str]
) -> tuple[dict[str, "array[int]"], int, bool]:
    """The lines of the entries by file, how many there are, and whether all could be read."""
    tree, lines, at = Accumulator(), dict[str, "array[int]"](), 0
    _compare(tree, wanted, troubles)
    try:
        for entry in entries.read_entries(folder.entries):
            tree.add(entry.hashed)
            lines.setdefault(entry.path, array("Q")).append(at)
            at += len(entries.line_of(entry)) + 1
            _compare(tree, wanted, troubles)
    except DamagedLog as error:
        troubles.append(str(error))
        return lines, tree.size, False
    return lines, tree.size, True


def _compare(
    tree: Accumulator, wanted: Mapping[int, list[tuple[str, Head]]], troubles: list[str]
) -> None:
    for name, head in wanted.get(tree.size, ()):
        if tree.root() != head.root:
            troubles.append(f"the log does not lead to {name}: an entry before {head.size:,} was changed; restore log/ "
                            f"from a backup")


def entries_of(folder: DataFolder, checked: Checked, path: str) -> dict[int, Entry]:
    """The entries of one file of evidence, by the byte at which each begins there."""
    found = dict[int, Entry]()
    if path not in checked.lines:
        return found
    with open(folder.entries, "rb") as file:
        for at in checked.lines[path]:
            file.seek(at, os.SEEK_SET)
            entry = entries.parse_entry(file.readline(), where=f"{folder.entries.name} at byte {at}")
            found[entry.offset] = entry
    return found
