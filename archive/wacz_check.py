"""A WACZ package -> what is wrong with it: its digests, its members, and that its index leads to whole records.

Packages of others are checked by the same rules, where they use SHA-256 and an index that is plain or gzip CDXJ.
"""

import gzip
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive import warc
from archive.errors import DamagedWarc, UnreadableFile
from archive.foreign import bears_out, package_members
from archive.model import RecordRef

DIGEST, PACKAGE = "datapackage-digest.json", "datapackage.json"
MAX_DESCRIPTION = 100_000_000  # bytes of a package's description, and of its index unpacked
_CHUNK = 1 << 20
_ADVICE = "get the package again from who gave it, or export it anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many records the index of a package leads to, and what is wrong with it, a sentence each."""

    records: int
    troubles: tuple[str, ...]


def check(path: Path) -> Checked:
    """Check a package. Raises UnreadableFile for what is none, or names files outside of it."""
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as bundle:
            names = package_members(path, bundle)
            return _checked(path, bundle, names)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise UnreadableFile(f"{path}: no WACZ that can be read ({error}); {_ADVICE}") from error


def _checked(path: Path, bundle: zipfile.ZipFile, names: list[str]) -> Checked:
    troubles = list(_described(bundle))
    found, records = list[str](), 0
    for entry in [name for name in bundle.namelist() if name.startswith("indexes/") and "cdx" in name]:
        for line in _index_lines(bundle, entry):
            records += 1
            trouble = _misled(bundle, names, line)
            if trouble is not None:
                found.append(f"{entry}, line {records}: {trouble}")
    if not records:
        found.append("its index leads to no record")
    return Checked(records=records, troubles=tuple(f"{path.name}: {one}" for one in (*troubles, *found)))


def _described(bundle: zipfile.ZipFile) -> Iterator[str]:
    """That the package is what its description says, and the description what its digest says."""
    held = bundle.namelist()
    if len(held) != len(set(held)):
        yield "it holds two files of one name"
    if PACKAGE not in held:
        yield f"it has no {PACKAGE}"
        return
    raw = _read(bundle, PACKAGE)
    if DIGEST in held:
        told = json.loads(_read(bundle, DIGEST))
        if told.get("path") != PACKAGE or told.get("hash") != f"sha256:{hashlib.sha256(raw).hexdigest()}":
            yield f"{PACKAGE} is not the one whose digest is in {DIGEST}: one of the two was changed"
    else:
        yield f"it has no {DIGEST}"
    resources = {str(one["path"]): one for one in json.loads(raw).get("resources", ())}
    for name in sorted(resources.keys() - set(held)):
        yield f"{name} is described, and not there"
    for name in sorted(set(held) - resources.keys() - {PACKAGE, DIGEST}):
        yield f"{name} is there, and not described"
    for name in sorted(resources.keys() & set(held)):
        size, digest = _summed(bundle, name)
        if (resources[name].get("bytes"), resources[name].get("hash")) != (size, digest):
            yield f"{name} is not what {PACKAGE} says: it has {size:,} bytes and the digest {digest}"


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


def _index_lines(bundle: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with bundle.open(name) as file:
        stream = gzip.GzipFile(fileobj=file) if name.endswith(".gz") else file
        for line in stream:
            parts = line.split(b" ", 2)
            if len(parts) == 3 and not line.startswith(b"!"):
                yield json.loads(parts[2])


def _misled(bundle: zipfile.ZipFile, names: list[str], fields: dict[str, Any]) -> str | None:
    """What is wrong with the record that a line of the index leads to."""
    name = f"archive/{fields.get('filename')}"
    if name not in names:
        return f"it leads to {fields.get('filename')!r}, which the package does not hold"
    ref = RecordRef(path=name, offset=int(fields["offset"]), length=int(fields["length"]))
    with bundle.open(name) as file:
        file.seek(ref.offset)
        raw = file.read(ref.length)
    try:
        record = warc.parse_record(raw, ref)
    except DamagedWarc as error:
        return str(error)
    headers = {key.lower(): value for key, value in record.headers}
    digest = headers.get("warc-payload-digest")
    if digest != fields.get("digest", digest):
        return f"its record at byte {ref.offset} has the digest {digest}, and the index says {fields.get('digest')}"
    if headers.get("warc-type") == "response" and digest is not None and not bears_out(digest, record.payload):
        return f"the payload of its record at byte {ref.offset} is not the one whose digest is {digest}"
    return None
