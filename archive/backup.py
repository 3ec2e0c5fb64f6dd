"""A copy of an archive, whole at every moment, beside a crawl too; damage to the archive does not reach it.

What only grows (WARC files, events.jsonl, the log) is copied up to its last whole record or line, and only where the
copy so far is how it begins: a file that was changed or cut off since is told, and the copy stays. The database is
copied by SQLite's backup. `manifest.json` names every file with its size and SHA-256 and is replaced last; what it
does not name does not count. The private key is left out.
"""

import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from archive.errors import MissingArchive, UnreadableFile, WriteFailed
from archive.folder import DataFolder
from archive.ledger import notes
from archive.store import captures, read_database
from archive.times import to_iso

FORMAT = "stemma-backup/1"
MANIFEST = "manifest.json"
DATABASE = "archive.db"
_CHUNK = 1 << 20
_STAMPS, _HEADS, _ENTRIES = "log/stamps.jsonl", "log/heads.jsonl", "log/entries.jsonl"
_EVENTS = "events.jsonl"
_NAME = re.compile(r"warc/(?:[^/\x00.][^/\x00]*/)*[^/\x00.][^/\x00]*\.warc\.gz|"
                   r"events\.jsonl|log/(?:stamps|heads|entries)\.jsonl|archive\.db")
_STORED = re.compile(r"archive-\d{8}T\d{12}Z\.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file of the archive in a backup: its first `size` bytes, with their digest, under the name `stored`."""

    size: int
    sha256: str
    stored: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many files were copied and left as they were, and what a person must mend, a sentence each."""

    copied: int
    kept: int
    troubles: tuple[str, ...]


def backup(
    folder: DataFolder, target: Path, *, now: datetime, erased: Callable[[str], Mapping[int, bytes]] = lambda _: {}
) -> Outcome:
    """Bring a backup up to date. Raises MissingArchive, WriteFailed, UnreadableFile where the folder is another's.

    erased: of a file, at which bytes records were erased and what stands there now; nothing else of it may differ from
    its copy. It is asked file by file, since something may be erased meanwhile. The log comes first, then the database,
    then events and WARC files: what names a record is older than the record.
    """
    if target.resolve().is_relative_to(folder.path.resolve()):
        raise UnreadableFile(f"{target} lies in the archive itself and would be lost with it; name a folder elsewhere, "
                             f"best on another disk")
    before = manifest(target) if target.exists() else {}
    made, troubles = dict[str, Held](), list[str]()
    try:
        target.mkdir(parents=True, exist_ok=True)
        copied = before[_ENTRIES].size if _ENTRIES in before else 0
        for name, end in _log_ends(folder, copied=copied).items():
            _grow(folder, target, name, end, before, made, troubles)
        made[DATABASE], ends = _database(folder, target, now)
        _grow(folder, target, _EVENTS, _whole_lines(folder.path / _EVENTS), before, made, troubles)
        for path, end in ends.items():
            name = f"warc/{path}"
            fillers = erased(name)
            if fillers and _is_only_erased(folder.path / name, target / name, before.get(name), fillers):
                before = before | {name: _copied(folder, target, name, before[name].size)}
            _grow(folder, target, name, end, before, made, troubles)
        for name in sorted(before.keys() - made.keys() - {DATABASE}):
            made[name] = before[name]
            troubles.append(f"{name} is not in the archive any more; the backup keeps it: bring it back from there")
        _write_manifest(target, made, now)
    except OSError as error:
        raise WriteFailed(f"{target}: {error.strerror}; the backup is as it was; mend that and run again") from error
    for old in target.glob("archive-*.db*"):  # also what SQLite left beside one when a backup was killed
        if old.name != made[DATABASE].stored:
            old.unlink()
    kept = sum(before.get(name) == held for name, held in made.items())
    return Outcome(copied=len(made) - kept, kept=kept, troubles=tuple(troubles))


def _log_ends(folder: DataFolder, *, copied: int) -> dict[str, int]:
    """Up to which byte the log's files are copied: with no stamp without its head, and all stamps that a head names.

    A run that ends meanwhile enters what is new, signs a head over that and the stamps that there are, and then has the
    head stamped: entries that no head covers yet are left to the next backup, but for those that are `copied`.
    """
    while True:
        stamps, heads = (_whole_lines(folder.path / name) for name in (_STAMPS, _HEADS))
        if _whole_lines(folder.path / _STAMPS) == stamps:
            entries = max(copied, _end_of_lines(folder.path / _ENTRIES, _signed(folder.path / _HEADS, heads)))
            return {_STAMPS: stamps, _HEADS: heads, _ENTRIES: entries}


def _signed(file: Path, end: int) -> int | None:
    """How many entries the last head before a byte covers; None where that cannot be read, and all are copied."""
    lines = file.read_bytes()[:end].splitlines() if file.exists() else []
    try:
        return notes.read(json.loads(lines[-1])["note"]).size if lines else 0
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _end_of_lines(file: Path, count: int | None) -> int:
    """The byte after so many lines, or after the last whole one where there are fewer."""
    if count is None or not file.exists():
        return _whole_lines(file)
    with open(file, "rb") as lines:
        return sum(len(line) for line in islice(lines, count) if line.endswith(b"\n"))


def _database(folder: DataFolder, target: Path, now: datetime) -> tuple[Held, dict[str, int]]:
    """Copy one state of the database; what is kept of it, and up to which byte it knows each WARC file."""
    stored = f"archive-{now:%Y%m%dT%H%M%S%f}Z.db"
    source = read_database(folder.database)
    try:
        copy = sqlite3.connect(target / stored)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
            copy.row_factory = sqlite3.Row
            ends = dict(captures.indexed_files(copy))
        finally:
            copy.close()
    finally:
        source.close()
    with open(target / stored, "rb+") as file:
        os.fsync(file.fileno())
    size = (target / stored).stat().st_size
    return Held(size=size, sha256=_digest(target / stored, size), stored=stored), ends


def _grow(
    folder: DataFolder, target: Path, name: str, end: int, before: Mapping[str, Held], made: dict[str, Held],
    troubles: list[str],
) -> None:
    """Bring the copy of a file that only grows up to byte `end`, if the copy so far is how the file begins."""
    source, held = folder.path / name, before.get(name)
    size = min(end, source.stat().st_size) if source.exists() else 0
    if held is None and not size:
        return
    if held is not None and (size < held.size or _digest(source, held.size) != held.sha256):
        made[name] = held
        what = "is shorter than" if size < held.size else "does not begin as"
        troubles.append(f"{name} {what} its copy in the backup, which stays as it is: the archive is damaged there; "
                        f"run 'stemma verify', and bring the file back from the backup")
    elif held is not None and size == held.size and (target / name).exists():
        made[name] = held
    else:
        made[name] = Held(size=size, sha256=_copy(source, target / name, size), stored=name)


def _is_only_erased(source: Path, copy: Path, held: Held | None, fillers: Mapping[int, bytes]) -> bool:
    """Whether a file differs from its copy, and in nothing but records that were erased."""
    if held is None or not source.exists() or not copy.exists() or _digest(source, held.size) == held.sha256:
        return False
    digest, place = hashlib.sha256(), 0
    for offset in sorted(offset for offset in fillers if offset < held.size):
        for chunk in _chunks(copy, offset - place, start=place):
            digest.update(chunk)
        digest.update(fillers[offset])
        place = offset + len(fillers[offset])
    for chunk in _chunks(copy, held.size - place, start=place):
        digest.update(chunk)
    return digest.hexdigest() == _digest(source, held.size)


def _copied(folder: DataFolder, target: Path, name: str, size: int) -> Held:
    return Held(size=size, sha256=_copy(folder.path / name, target / name, size), stored=name)


def _copy(source: Path, copy: Path, size: int) -> str:
    """Copy the first bytes of a file; the copy appears whole. Returns its digest."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    part, digest = copy.with_name(copy.name + ".part"), hashlib.sha256()
    with open(part, "wb") as out:
        for chunk in _chunks(source, size):
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, copy)
    return digest.hexdigest()


def _digest(path: Path, size: int) -> str:
    """SHA-256 of a file's first bytes."""
    digest = hashlib.sha256()
    for chunk in _chunks(path, size):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(path: Path, size: int, *, start: int = 0) -> Iterator[bytes]:
    with open(path, "rb") as file:
        file.seek(start)
        while size and (chunk := file.read(min(_CHUNK, size))):
            size -= len(chunk)
            yield chunk


def _whole_lines(path: Path) -> int:
    """The byte after the last line's end."""
    end = place = 0
    for chunk in _chunks(path, path.stat().st_size) if path.exists() else ():
        if (last := chunk.rfind(b"\n")) >= 0:
            end = place + last + 1
        place += len(chunk)
    return end


def _write_manifest(target: Path, made: Mapping[str, Held], now: datetime) -> None:
    files = {name: {"size": held.size, "sha256": held.sha256, "stored": held.stored}
             for name, held in sorted(made.items())}
    part = target / (MANIFEST + ".part")
    text = json.dumps({"format": FORMAT, "at": to_iso(now), "files": files}, indent=1) + "\n"
    with open(part, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, target / MANIFEST)


def manifest(source: Path) -> dict[str, Held]:
    """What a backup holds. Raises UnreadableFile for a folder that is none, and for names that point out of it."""
    path = source / MANIFEST
    if not path.exists() and source.is_dir() and not [found for found in source.iterdir() if found.name != "lock"]:
        return {}
    try:
        values = json.loads(path.read_bytes())
        if values["format"] != FORMAT:
            raise ValueError(f"its format is {values['format']!r}, not {FORMAT}")
        found = {name: Held(size=int(held["size"]), sha256=str(held["sha256"]), stored=str(held["stored"]))
                 for name, held in values["files"].items()}
    except OSError as error:
        raise UnreadableFile(f"{source} is no backup of this program ({path.name}: {error.strerror}); give an empty "
                             f"folder, or one that 'stemma backup' made") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableFile(f"{path} cannot be read ({error}); it is damaged: the files beside it are the archive's, "
                             f"and 'stemma rebuild' takes WARC files and events without it") from error
    for name, held in found.items():
        if not _NAME.fullmatch(name) or not (held.stored == name or _STORED.fullmatch(held.stored)) or held.size < 0:
            raise UnreadableFile(f"{path} names {name!r} as {held.stored!r}, which is no file of an archive; nothing "
                                 f"was read")
    return found


def differing(source: Path) -> list[str]:
    """The files of a backup that are not what its manifest says."""
    return [name for name, held in manifest(source).items() if not _is_as_held(source, held)]


def _is_as_held(source: Path, held: Held) -> bool:
    path = source / held.stored
    return path.is_file() and path.stat().st_size >= held.size and _digest(path, held.size) == held.sha256


def restore(source: Path, folder: DataFolder) -> Outcome:
    """Put an archive together from a backup, in a folder that holds none.

    Raises UnreadableFile, MissingArchive, WriteFailed.
    Each copy is checked against the manifest. What differs is restored as it is and told, but for the database, which
    is left out: a rebuild makes it.
    """
    held = manifest(source)
    if not held:
        raise MissingArchive(f"{source} holds no backup; give a folder that 'stemma backup' made")
    if taken := [path.name for path in (folder.database, folder.warcs, folder.events, folder.entries) if path.exists()]:
        raise UnreadableFile(f"{folder.path} holds an archive already ({', '.join(taken)}); pass another --data folder")
    troubles, restored = list[str](), 0
    for name, file in held.items():
        path = source / file.stored
        if not path.is_file():
            troubles.append(f"{name} is missing in the backup")
            continue
        try:
            digest = _copy(path, folder.path / name, file.size)
        except OSError as error:
            raise WriteFailed(f"{folder.path / name}: {error.strerror}; free some space and restore again into an "
                              f"empty folder") from error
        restored += 1
        if digest == file.sha256:
            continue
        if name == DATABASE:
            folder.database.unlink()
            troubles.append("the backup's database is damaged and was left out: run 'stemma rebuild'")
        else:
            troubles.append(f"{name} is not what the manifest says: it was restored as it is; run 'stemma verify', "
                            f"which names the records")
    return Outcome(copied=restored, kept=0, troubles=tuple(troubles))
