"""A capture's record in its WARC file -> what may be shown of it: text that is escaped, never markup.

The WARC folder lies beside the database file.
"""

import re
import sqlite3
import zlib
from dataclasses import dataclass
from pathlib import Path

from archive.errors import DamagedWarc
from archive.model import RecordRef
from archive.payloads import UndecodablePayload, decoded, page_bytes
from archive.store import pages, snapshots, withholdings
from archive.store.pages import CaptureLine, Card
from archive.warc import WarcRecord, read_bytes, read_record
from archive.withholdings import ANNOUNCING, covers, mentions
from datasette_config.answers import Missing, Question, Withheld

SHOWN = 100_000  # bytes of a payload
MAX_DECODED = 32_000_000  # bytes
NOT_HERE = "What was received is not published here; who keeps the archive has the record."
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([\w-]{2,30})""", re.IGNORECASE)
_TEXTUAL = re.compile(r"text/|application/(?:[\w.+-]*\+)?(?:xml|json|javascript|xhtml)|^$", re.IGNORECASE)
# Signs without a shape of their own, as ones with: a record is evidence, and nothing in it may hide or turn text.
_VISIBLE = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n\r"}, 0x7F: "\u2421",
    **{code: f"\u27e8U+{code:04X}\u27e9" for code in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureAnswer:
    """A capture with its record; where that cannot be read, `problem` says why and the rest is empty.

    `payload` is at most SHOWN bytes of text, without Content-Encoding; `note` says what was done to it. `holder` is
    the name of the capture that holds a revisit's payload.
    """

    capture: CaptureLine
    article: Card | None
    holder: str | None
    warc_headers: tuple[tuple[str, str], ...]
    http_head: str
    payload: str
    note: str
    problem: str


def capture(conn: sqlite3.Connection, question: Question) -> CaptureAnswer | Missing | Withheld:
    """/capture/NAME and its .json: one capture and its record; a number is this database's own, until a rebuild."""
    line = _line(conn, question)
    if line is None:
        return Missing(reason=f"No capture is held under the name {question['']}.")
    folder = warc_folder(conn)
    withheld = _withheld(conn, folder, line)
    if withheld is not None:
        return withheld
    record, problem = WarcRecord(headers=(), http_head=b"", payload=b""), ""
    try:
        if snapshots.read(conn) is not None:
            problem = NOT_HERE
        else:
            record = read_record(folder, _within(folder, line.record))
    except DamagedWarc as error:
        problem = _without(error, folder)
    text, note = shown_text(record.payload, line) if record.payload else ("", "")
    return CaptureAnswer(
        capture=line, article=pages.captured_version(conn, line.capture_id),
        holder=pages.payload_holder(conn, line) if line.is_revisit else None,
        warc_headers=tuple((_visible(name), _visible(value)) for name, value in record.headers),
        http_head=_visible(record.http_head.decode("utf-8", "replace")), payload=text, note=note, problem=problem,
    )


def record_bytes(conn: sqlite3.Connection, question: Question) -> bytes | Missing | Withheld:
    """/capture/NAME.warc: the record by itself, uncompressed; a whole WARC file of one record."""
    folder = warc_folder(conn)
    line = _line(conn, question)
    if line is None:
        return Missing(reason=f"No capture is held under the name {question['']}.")
    if snapshots.read(conn) is not None:
        return Missing(reason=NOT_HERE)
    withheld = _withheld(conn, folder, line)
    if withheld is not None:
        return withheld
    try:
        return zlib.decompressobj(31).decompress(read_bytes(folder, _within(folder, line.record)))
    except zlib.error:
        return Missing(reason=f"The record of capture {question['']} is damaged; run 'stemma verify'.")
    except DamagedWarc as error:
        return Missing(reason=_without(error, folder))


def _withheld(conn: sqlite3.Connection, folder: Path, line: CaptureLine) -> Withheld | None:
    """That the capture is of a withheld text, or of a feed or list that announces one."""
    addresses = withholdings.addresses(conn)
    url = line.url if covers(addresses, line.url) else None
    if url is None and addresses and line.role in ANNOUNCING and not line.is_revisit:
        url = _announced(folder, line, addresses)
    stone = withholdings.find(conn, url) if url is not None else None
    return Withheld(stone=stone, announced=url != line.url) if stone is not None else None


def _announced(folder: Path, line: CaptureLine, addresses: frozenset[str]) -> str | None:
    """One of the addresses that a source's page names; of a page that cannot be unpacked, any."""
    try:
        payload = read_record(folder, _within(folder, line.record)).payload
        page = page_bytes(payload, content_encoding=line.content_encoding, limit=MAX_DECODED)
    except DamagedWarc:
        return None  # nothing of it is shown
    except UndecodablePayload:
        return min(addresses)
    return next((address for address in sorted(addresses) if mentions(page, [address])), None)


def warc_folder(conn: sqlite3.Connection) -> Path:
    """The WARC folder, beside the database file."""
    (_, _, file) = conn.execute("PRAGMA database_list").fetchone()
    return Path(file).resolve().parent / "warc"


def shown_text(payload: bytes, line: CaptureLine) -> tuple[str, str]:
    """The beginning of a payload as text, and what was done to get it; whatever the bytes are, there is a text."""
    notes = []
    try:
        plain = decoded(payload, content_encoding=line.content_encoding, limit=MAX_DECODED)
    except UndecodablePayload as error:
        plain, notes = payload, [f"the bytes are shown as received: {error}"]
    if not _TEXTUAL.search(line.media_type or ""):
        return "", f"{line.media_type}: not a text; download the record to look at it"
    declared = _META_CHARSET.search(plain[:4096])
    charset = line.charset or (declared.group(1).decode("ascii") if declared else "utf-8")
    if len(plain) > SHOWN:
        notes.append(f"the first {SHOWN:,} of {len(plain):,} bytes")
    try:
        text = plain[:SHOWN].decode(charset, "replace")
    except (LookupError, ValueError):
        text, charset = plain[:SHOWN].decode("utf-8", "replace"), f"UTF-8, since {charset} is no known charset"
    return _visible(text), "; ".join([*notes, f"read as {charset}"])


def _line(conn: sqlite3.Connection, question: Question) -> CaptureLine | None:
    name = question[""]
    if re.fullmatch("[0-9]{1,18}", name, flags=re.ASCII):
        return pages.capture(conn, int(name))
    return pages.capture_named(conn, name)


def _within(folder: Path, record: RecordRef) -> RecordRef:
    """The record, if its file lies in the folder: a database from elsewhere may name any file of this machine."""
    if not (folder / record.path).resolve().is_relative_to(folder.resolve()):
        raise DamagedWarc(f"{record.path} lies outside the WARC folder; run 'stemma verify'")
    return record


def _without(error: DamagedWarc, folder: Path) -> str:
    """The error's words without the folder's place on the server, which is no reader's business."""
    return str(error).replace(f"{folder}/", "")


def _visible(text: str) -> str:
    return text.replace("\r\n", "\n").translate(_VISIBLE)
