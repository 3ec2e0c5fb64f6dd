"""GDELT's bulk files (GKG 2.1, one for every 15 minutes) -> what they announce, and which files there are (pure).

Lists and files are other people's, and big: a file is announced by its name alone, and its unpacked size is bounded.
"""

import hashlib
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.model import Discovery, Memento, Slice
from archive.urls import absolute
from crawlers.archives.gdelt import SOURCE, plain_title
from crawlers.errors import Unreadable

LISTS = ("masterfilelist.txt", "masterfilelist-translation.txt")
LATE = timedelta(hours=1)  # after which a list names what was seen until then
FOLDER = "gdeltv2"
TYPE = "application/x-ndjson"  # of the record that keeps what a file announced
MAX_PACKED_BYTES = 100_000_000
MAX_UNPACKED_BYTES = 500_000_000
MAX_LINE_BYTES = 5_000_000
COLUMNS = 27
_COLLECTION, _ADDRESS, _EXTRAS = 2, 4, 26  # counted from 0
_WEB = "1"  # the collection whose articles have addresses
_LINE = re.compile(r"(\d{1,12}) ([0-9a-fA-F]{32}) \S*/((\d{14})(?:\.translation)?\.gkg\.csv\.zip)")
_TITLE = re.compile(r"<PAGE_TITLE>(.*?)</PAGE_TITLE>", re.DOTALL)

Wants = Callable[[str, str | None], bool]  # address, headline


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article that a file names."""

    url: str
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The wanted articles of a file, and how many of its lines could not be read."""

    articles: tuple[Article, ...]
    passed_over: int


def whole_lines(body: bytes, *, is_end: bool) -> bytes:
    """As much of a part of a list as ends with a line. Raises Unreadable where no line ends."""
    lines = body if is_end else body[:body.rfind(b"\n") + 1]
    if body and not lines:
        raise Unreadable("this is no list of files: it has a line without end")
    return lines


def files(lines: bytes, part: Slice) -> tuple[Memento, ...]:
    """The GKG files of a slice among the lines of a list (size, MD5, address); other lines are passed over."""
    matches = (_LINE.fullmatch(line.strip()) for line in lines.decode("ascii", "replace").split("\n"))
    found = [(match, at) for match in matches if match and (at := _moment(match[4])) is not None]
    return tuple(
        Memento(original=f"{FOLDER}/{match[3]}", captured_at=at, urlkey=match[3], digest=match[2].lower(),
                length=int(match[1]))
        for match, at in found if part.start <= at < part.end
    )


def checked(packed: bytes, one: Memento) -> bytes:
    """The bytes of a file. Raises Unreadable where they are not those of its list."""
    if len(packed) != one.length:
        raise Unreadable(f"it has {len(packed):,} bytes, its list says {one.length or 0:,}")
    digest = hashlib.md5(packed, usedforsecurity=False).hexdigest()
    if digest != one.digest:
        raise Unreadable(f"its MD5 is {digest}, its list says {one.digest}")
    return packed


def reading(packed: bytes, *, wants: Wants) -> Reading:
    """What a file names. Raises Unreadable for what is no ZIP file of one table, is damaged or too big unpacked."""
    found, passed_over = dict[str, Article](), 0
    try:
        for line in _lines(packed):
            row = line.decode("utf-8", "replace").rstrip("\r\n").split("\t")
            if len(row) != COLUMNS:
                passed_over += 1
            elif row[_COLLECTION] == _WEB and (url := absolute("", row[_ADDRESS])) is not None:
                title = _title(row[_EXTRAS])
                if url not in found and wants(url, title):
                    found[url] = Article(url=url, title=title)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise Unreadable(f"the ZIP file cannot be read ({error})") from error
    return Reading(articles=tuple(found.values()), passed_over=passed_over)


def _lines(packed: bytes) -> Iterator[bytes]:
    """Line after line; the last is followed by the check of the file's sum."""
    with zipfile.ZipFile(io.BytesIO(packed)) as bundle:
        entries, unpacked = bundle.infolist(), 0
        if len(entries) != 1 or entries[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(f"the ZIP file holds {len(entries)} files, or is packed in another way than GDELT's")
        with bundle.open(entries[0]) as table:
            while line := table.readline(MAX_LINE_BYTES):
                unpacked += len(line)
                if unpacked > MAX_UNPACKED_BYTES:
                    raise Unreadable(f"the ZIP file unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
                yield line


def record_name(one: Memento) -> str:
    """The name under which is kept what a file announced."""
    return f"urn:stemma:gdelt:{one.urlkey}"


def payload(articles: Iterable[Article]) -> bytes:
    """What a file announced, as it is kept: one JSON object a line."""
    return "".join(
        json.dumps({"url": one.url, "title": one.title}, ensure_ascii=False) + "\n" for one in articles
    ).encode("utf-8", "replace")


def discoveries(kept: bytes, *, found_at: datetime) -> tuple[Discovery, ...]:
    """What was kept of a file, as discoveries. Raises Unreadable where it is damaged."""
    try:
        rows = [json.loads(line) for line in kept.decode().split("\n") if line]
        return tuple(Discovery(url=row["url"], source=SOURCE, found_at=found_at, title=row["title"]) for row in rows)
    except (ValueError, KeyError, TypeError) as error:
        raise Unreadable(f"this is no list of what GDELT announced ({error})") from error


def _title(extras: str) -> str | None:
    said = _TITLE.search(extras)
    return plain_title(html.unescape(said[1])) if said else None


def _moment(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
