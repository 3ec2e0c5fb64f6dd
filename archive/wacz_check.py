"""A WACZ package -> what is wrong with it: digests and members, where its index leads, what it lacks to replay alone.

Packages of others are checked by the same rules, where they use SHA-256 and an index that is plain or gzip CDXJ.
"""

import gzip
import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby, islice
from pathlib import Path

from archive import warc
from archive.errors import DamagedWarc, UnreadableFile
from archive.foreign import bears_out, package_members
from archive.model import RecordRef

DIGEST, PACKAGE, PAGES = "datapackage-digest.json", "datapackage.json", "pages/pages.jsonl"
MAX_DESCRIPTION = 100_000_000  # bytes of a package's description
MAX_LINE = 100_000  # bytes of a line of its index
LEAST_RECORD = 20  # bytes of one, however packed: what unpacks to lines without end is no index
MAX_TROUBLES = 1_000  # after which a package is not looked into any further
_CHUNK = 1 << 20
_REVISIT = "warc/revisit"
_TROUBLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)  # of JSON that says else
_ADVICE = "get the package again from who gave it, or export it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line of the index: of what address and moment (14 digits), where it leads to; `where` names it."""

    where: str
    url: str
    at: str
    name: str
    offset: int
    length: int
    digest: str | None
    is_revisit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many records the index of a package leads to, and what is wrong with it, a sentence each."""

    records: int
    troubles: tuple[str, ...]


def check(path: Path) -> Checked:
    """Check a package. Raises UnreadableFile for what is none, or names files outside of it."""
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as bundle:
            return _checked(path, bundle, package_members(path, bundle))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise UnreadableFile(f"{path}: no WACZ that can be read ({error}); {_ADVICE}") from error


def _checked(path: Path, bundle: zipfile.ZipFile, names: list[str]) -> Checked:
    found, lines = [*_described(bundle)], list[_Line]()
    most = sum(bundle.getinfo(name).compress_size for name in names) // LEAST_RECORD
    for entry in [name for name in bundle.namelist() if name.startswith("indexes/") and "cdx" in name]:
        for number, raw in enumerate(_index_lines(bundle, entry), start=1):
            try:
                lines += _line(f"{entry}, line {number}", raw)
            except _TROUBLE:
                found.append(f"{entry}, line {number}: it names no record by address, file, offset and length")
            if len(found) > MAX_TROUBLES:
                break
            if len(lines) > most:
                raise ValueError("its index has more lines than there can be records")
    by_place = sorted(lines, key=lambda line: (line.name, line.offset, line.length))
    found += islice(chain(_misled(bundle, names, by_place), _incomplete(bundle, lines)), MAX_TROUBLES)
    if not lines:
        found.append("its index leads to no record")
    return Checked(records=len(lines), troubles=tuple(f"{path.name}: {one}" for one in found))


def _described(bundle: zipfile.ZipFile) -> Iterator[str]:
    """That the package is what its description says, and the description what its digest says."""
    held = bundle.namelist()
    if len(held) != len(set(held)):
        yield "it holds two files of one name"
    if PACKAGE not in held:
        yield f"it has no {PACKAGE}"
        return
    raw = _read(bundle, PACKAGE)
    if DIGEST not in held:
        yield f"it has no {DIGEST}"
    elif not _has_digest(_read(bundle, DIGEST), raw):
        yield f"{PACKAGE} is not the one whose digest is in {DIGEST}: one of the two was changed"
    try:
        resources = {str(one["path"]): (one["bytes"], one["hash"]) for one in json.loads(raw)["resources"]}
    except _TROUBLE:
        yield f"{PACKAGE} does not list the package's files by path, bytes and hash"
        return
    for name in sorted(resources.keys() - set(held)):
        yield f"{name} is described, and not there"
    for name in sorted(set(held) - resources.keys() - {PACKAGE, DIGEST}):
        yield f"{name} is there, and not described"
    for name in sorted(resources.keys() & set(held)):
        size, digest = _summed(bundle, name)
        if resources[name] != (size, digest):
            yield f"{name} is not what {PACKAGE} says: it has {size:,} bytes and the digest {digest}"


def _has_digest(raw: bytes, description: bytes) -> bool:
    try:
        told = json.loads(raw)
        return bool((told["path"], told["hash"]) == (PACKAGE, f"sha256:{hashlib.sha256(description).hexdigest()}"))
    except _TROUBLE:
        return False


def _read(bundle: zipfile.ZipFile, name: str) -> bytes:
    with bundle.open(name) as file:
        raw = file.read(MAX_DESCRIPTION + 1)
    if len(raw) > MAX_DESCRIPTION:
        raise ValueError(f"{name} has over {MAX_DESCRIPTION:,} bytes")
    return raw


def _summed(bundle: zipfile.ZipFile, name: str) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with bundle.open(name) as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            digest.update(chunk)
    return size, f"sha256:{digest.hexdigest()}"


def _index_lines(bundle: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with bundle.open(name) as file:
        stream = gzip.GzipFile(fileobj=file) if name.endswith(".gz") else file
        while line := stream.readline(MAX_LINE):
            if len(line) == MAX_LINE:
                raise ValueError(f"{name} has a line of {MAX_LINE:,} bytes or more")
            yield line


def _line(where: str, raw: bytes) -> list[_Line]:
    """The line's record; none for the lines of an index that lead to other parts of it."""
    if raw.startswith(b"!"):
        return []
    _, at, said = raw.decode().split(" ", 2)
    fields = json.loads(said)
    line = _Line(where=where, url=str(fields["url"]), at=at, name=f"archive/{fields['filename']}",
                 offset=int(fields["offset"]), length=int(fields["length"]), is_revisit=fields.get("mime") == _REVISIT,
                 digest=str(fields["digest"]) if "digest" in fields else None)
    if line.offset < 0 or line.length <= 0:
        raise ValueError(f"offset {line.offset}, length {line.length}")
    return [line]


def _incomplete(bundle: zipfile.ZipFile, lines: list[_Line]) -> Iterator[str]:
    """What does not replay from the package alone: revisits of what is elsewhere, pages that the index lacks."""
    held, shown = {line.digest for line in lines if not line.is_revisit}, {(line.url, line.at) for line in lines}
    yield from (f"{line.where}: a revisit, and the package does not hold the payload {line.digest}"
                for line in lines if line.is_revisit and line.digest not in held)
    for number, raw in enumerate(_index_lines(bundle, PAGES) if PAGES in bundle.namelist() else (), start=1):
        try:
            page = json.loads(raw)
            is_shown = page.get("url") is None or (page["url"], re.sub(r"\D", "", page["ts"])[:14]) in shown
        except _TROUBLE:
            yield f"{PAGES}, line {number}: it is no page with address and moment"
            continue
        if not is_shown:
            yield f"{PAGES}, line {number}: the index does not have {page['url']} of {page['ts']}"


def _misled(bundle: zipfile.ZipFile, names: list[str], lines: list[_Line]) -> Iterator[str]:
    """What is wrong with the records that the index leads to; lines by their places, so that each file is read once."""
    for name, found in groupby(lines, key=lambda line: line.name):
        if name not in names:
            yield from (f"{line.where}: it leads to {name!r}, which the package does not hold" for line in found)
            continue
        with bundle.open(name) as file:
            start, end, raw = 0, 0, b""
            for line in found:
                if (line.offset, line.offset + line.length) != (start, end):
                    if line.offset < end:
                        yield f"{line.where}: its record at byte {line.offset} begins within the one before"
                        continue
                    file.seek(line.offset)
                    start, end = line.offset, line.offset + line.length
                    raw = file.read(min(line.length, warc.MAX_FOREIGN_BYTES))
                if (trouble := _wrong(line, raw)) is not None:
                    yield f"{line.where}: {trouble}"


def _wrong(line: _Line, raw: bytes) -> str | None:
    """What is wrong with the record that a line leads to."""
    try:
        record = warc.parse_record(raw, RecordRef(path=line.name, offset=line.offset, length=line.length),
                                   is_foreign=True)
    except DamagedWarc as error:
        return f"there is no readable record at byte {line.offset} of {line.name} ({error.reason})"
    headers = {key.lower(): value for key, value in record.headers}
    digest = headers.get("warc-payload-digest")
    if line.digest is not None and digest != line.digest:
        return f"its record at byte {line.offset} has the digest {digest}, and the index says {line.digest}"
    if headers.get("warc-type") == "response" and digest is not None and not bears_out(digest, record.payload):
        return f"the payload of its record at byte {line.offset} is not the one whose digest is {digest}"
    return None
