"""Captures -> a WACZ file that replays by itself in other people's tools.

Records are copied as the bytes that they are in the WARC files, so that their entries in the log hold in the package
too. Members of the zip are stored, not compressed, so that readers may fetch parts of it. The version is 1.1.1, the
published one: the draft 1.2.0 drops the field by which py-wacz 0.6.0 tells what is valid.
"""

import gzip
import hashlib
import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from archive import warc
from archive.errors import DamagedWarc, WriteFailed
from archive.model import Capture
from archive.times import to_digits, to_iso
from archive.urls import is_fetchable

VERSION = "1.1.1"
WARC_NAME = "data.warc.gz"
BLOCK_LINES = 1_024  # of the index in one gzip member
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_NOT_MODIFIED = 304
_KEPT = "!$&'()*+,;=:@/~-._"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A capture for the package, and its headline where it is a page that people look for."""

    capture: Capture
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    path: str
    sha256: str
    size: int


def write(file: Path, warcs: Path, found: Iterable[Page], *, title: str, software: str, now: datetime) -> int:
    """Write a package; it appears whole or not at all. Returns the number of records.

    Raises DamagedWarc for a record that cannot be read, WriteFailed.
    """
    part = file.with_name(file.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=True) as bundle:
            count = _fill(bundle, warcs, found, title=title, software=software, now=now)
        os.replace(part, file)
    except OSError as error:
        raise WriteFailed(f"{file}: {error.strerror}; free some space, or name another file") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _fill(
    bundle: zipfile.ZipFile, warcs: Path, found: Iterable[Page], *, title: str, software: str, now: datetime
) -> int:
    lines, pages = list[str](), list[str]()
    count, digest, offset = 0, hashlib.sha256(), 0
    with bundle.open(_info(f"archive/{WARC_NAME}"), "w", force_zip64=True) as out:
        for page in found:
            raw = _record(warcs, page.capture)
            out.write(raw)
            digest.update(raw)
            if (line := index_line(page.capture, filename=WARC_NAME, offset=offset)) is not None:
                lines.append(line)
                if page.title is not None:  # what the index lacks, "not modified", is no page at its own moment
                    pages.append(_page_line(page, number=count))
            offset, count = offset + len(raw), count + 1
    members = [_Member(path=f"archive/{WARC_NAME}", sha256=digest.hexdigest(), size=offset)]
    packed, index = _index(sorted(lines))
    header = json.dumps({"format": "json-pages-1.0", "id": "pages", "title": "All pages"})
    members += [_add(bundle, "indexes/index.cdx.gz", packed), _add(bundle, "indexes/index.idx", index),
                _add(bundle, "pages/pages.jsonl", "".join(f"{line}\n" for line in [header, *pages]).encode())]
    package = _package(members, title=title, software=software, now=now)
    _add(bundle, "datapackage.json", package)
    _add(bundle, "datapackage-digest.json", json.dumps({
        "path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(package).hexdigest()}"}, indent=2).encode())
    return count


def _record(warcs: Path, capture: Capture) -> bytes:
    """A capture's record; what is damaged, or something else by now, is told and not passed on. Raises DamagedWarc."""
    raw = warc.read_bytes(warcs, capture.record)
    headers = {name.lower(): value for name, value in warc.parse_record(raw, capture.record).headers}
    if headers.get("warc-payload-digest") != capture.payload_digest:
        raise DamagedWarc(f"{capture.record.path} at byte {capture.record.offset}: it is no capture with the payload "
                          f"{capture.payload_digest}; export again if it was erased just now, else 'stemma verify'")
    return raw


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _ZIP_EPOCH)  # the moment stands in datapackage.json
    info.compress_type, info.external_attr = zipfile.ZIP_STORED, 0o644 << 16
    return info


def _add(bundle: zipfile.ZipFile, name: str, raw: bytes) -> _Member:
    with bundle.open(_info(name), "w") as out:
        out.write(raw)
    return _Member(path=name, sha256=hashlib.sha256(raw).hexdigest(), size=len(raw))


def _package(members: Iterable[_Member], *, title: str, software: str, now: datetime) -> bytes:
    return json.dumps({
        "profile": "data-package", "title": title, "created": f"{to_iso(now)[:19]}Z", "wacz_version": VERSION,
        "software": software,
        "resources": [{"name": Path(member.path).name.lower(), "path": member.path, "hash": f"sha256:{member.sha256}",
                       "bytes": member.size} for member in members],
    }, indent=2, ensure_ascii=False).encode()


def _page_line(page: Page, *, number: int) -> str:
    capture = page.capture
    return json.dumps({"id": str(number), "url": capture.url, "ts": to_iso(capture.captured_at), "title": page.title},
                      ensure_ascii=False)


def write_index(file: Path, captures: Iterable[Capture]) -> int:
    """Write the CDXJ index of captures where they lie in the WARC folder; it appears whole. Raises WriteFailed.

    With it pywb serves that folder as it is. Returns the number of lines.
    """
    lines = sorted(line for capture in captures if (
        line := index_line(capture, filename=capture.record.path, offset=capture.record.offset)) is not None)
    part = file.with_name(file.name + ".part")
    try:
        with open(part, "w", encoding="ascii") as out:
            out.writelines(f"{line}\n" for line in lines)
        os.replace(part, file)
    except OSError as error:
        raise WriteFailed(f"{file}: {error.strerror}; free some space, or name another file") from error
    finally:
        part.unlink(missing_ok=True)
    return len(lines)


def index_line(capture: Capture, *, filename: str, offset: int) -> str | None:
    """The capture's line in the index; None for what is no replay of an address: "not modified", and lists."""
    if not is_fetchable(capture.url) or (capture.is_revisit and capture.status == _NOT_MODIFIED):
        return None
    fields = {
        "url": capture.url, "mime": "warc/revisit" if capture.is_revisit else capture.media_type or "unk",
        "status": str(capture.status), "digest": capture.payload_digest, "length": str(capture.record.length),
        "offset": str(offset), "filename": filename,
    }
    return f"{replay_key(capture.url)} {to_digits(capture.captured_at)} {json.dumps(fields)}"


def _index(lines: list[str]) -> tuple[bytes, bytes]:
    """The sorted index in gzip members of so many lines, and the index of these members (ZipNum)."""
    packed, index = bytearray(), ['!meta 0 {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}']
    for block in _blocks(lines):
        member = gzip.compress("".join(f"{line}\n" for line in block).encode(), mtime=0)
        place = {"offset": len(packed), "length": len(member), "digest": f"sha256:{hashlib.sha256(member).hexdigest()}",
                 "filename": "index.cdx.gz"}
        index.append(f"{' '.join(block[0].split(' ', 2)[:2])} {json.dumps(place)}")
        packed += member
    return bytes(packed), "".join(f"{line}\n" for line in index).encode()


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(lines), BLOCK_LINES):
        yield lines[start:start + BLOCK_LINES]


def replay_key(url: str) -> str:
    """The key by which replay tools look an address up (the surt library's): "example,news)/path?a=1&b=2".

    Not `archive.urls.surt`, by which this program takes addresses for one page that those tools keep apart.
    """
    parts = urlsplit(url)
    host = re.sub(r"^www\d*\.", "", (parts.hostname or "").rstrip("."))
    reverse = host if re.fullmatch(r"[\d.]+|.*:.*", host) else ",".join(reversed(host.split(".")))
    port = f":{parts.port}" if parts.port not in (None, {"http": 80, "https": 443}.get(parts.scheme)) else ""
    path = quote(unquote(parts.path, errors="surrogateescape").encode(errors="surrogateescape"), safe=_KEPT)
    query = "&".join(sorted(part for part in parts.query.lower().split("&")))
    return f"{reverse}{port}){path.lower().rstrip('/') or '/'}{'?' + query if query else ''}"
