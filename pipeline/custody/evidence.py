"""What stands up without this program's word: everything checked, one capture proved, the keys that sign."""

import json
import os
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Literal

from archive import erasures, wacz_check, warc
from archive.digests import payload_digest
from archive.errors import ProofFailed, UnknownText, UnreadableFile, WriteFailed
from archive.folder import Archive, DataFolder, locked
from archive.ledger import authority, entries, keys, notes, proof, stamps
from archive.ledger import check as log_check
from archive.ledger.check import Checked
from archive.ledger.entries import Entry
from archive.ledger.extend import EVENTS, WARC_FOLDER, event_lines
from archive.ledger.keys import Key
from archive.ledger.notes import Head
from archive.ledger.proof import Demand, Proof
from archive.lines import printable
from archive.model import Capture, RecordRef, Report
from archive.store import (
    captures,
    documents,
    evidence,
    health,
    open_database,
    pages,
    read_database,
    runs,
    texts,
    withholdings,
)
from archive.store import cited as citing
from archive.topic import Topic
from pipeline.custody import replaying, stamping
from pipeline.custody.anew import compare_anew
from pipeline.intake import erasures_of
from pipeline.operating.care import reading
from pipeline.sharing.citations import Citation, citation, plain
from pipeline.work import Clock, Work, by_frequency

DAMAGED = "damaged records: restore their files from a backup, then run 'stemma rebuild'"
CHANGED = "records or events that are not what the log holds: restore their files from a backup"
ERASED = "erased"  # a record in whose place stands what the erasure's event says
UNERASED = "it is to be erased, and is not: 'stemma update' goes on with it"
DERIVED = "places where the database is damaged, or says otherwise than the records: run 'stemma rebuild'"

TOLD = 20  # sentences on a package
_MORE = re.compile(r"\s*\S")
INDEX = "files of the index for replay that are not what the database says: 'stemma update' makes them anew"


def verify(work: Work, *, outside: Sequence[Head] = ()) -> Report:
    """Read everything that is kept: the log with its signatures, every record and event, what the database has of them.

    What is wrong is a failure that a person must mend, by the record's place: stage `index` where no record can be
    read there, `log` where it is another than the one that was entered, `database` where the index says otherwise.
    """
    started, failed = monotonic(), Counter[str]()
    for stage in ("log", "database"):
        for subject in runs.subjects(work.conn, stages=[stage]):
            runs.clear_failure(work.conn, stage=stage, subject=subject)
    checked = log_check.check(work.archive.folder, outside=outside)
    stamped = stamps.check(work.archive.folder, checked.heads, now=work.clock(), outside=outside)
    for trouble in (*checked.troubles, *stamped.troubles, *_unstamped(work, checked.heads, stamped)):
        work.fail("log", f"log: {trouble[:80]}", trouble)
        failed[trouble] += 1
    for trouble in health.integrity(work.conn):
        work.fail("database", f"archive.db: {trouble[:80]}", trouble)
        failed[DERIVED] += 1
    for subject, why in _changed_texts(work):
        work.fail("database", subject, why)
        failed[DERIVED] += 1
    for subject, why in _misreplayed(work):
        work.fail("database", subject, why)
        failed[INDEX] += 1
    done = erased = 0
    for subject, stage, reason in _records(work, checked):
        done += 1
        erased += stage == ERASED
        if reason:
            work.fail(stage, subject, reason)
            failed[{"index": DAMAGED, "log": CHANGED, "database": DERIVED}[stage]] += 1
        work.progress("verify", done, 0)
    return Report(
        step="verify", done=done, failed=by_frequency(failed), attention=tuple(failed),
        counts=(("records erased", erased), ("entries of the log", checked.size), ("signed heads", len(checked.heads)),
                ("keys that followed a lost one", sum(key.why == "lost" for key in checked.keys)),
                ("heads with a time stamp", len(stamped.heads)), ("renewals of time stamps", stamped.renewals),
                ("time stamps renewed too late", stamped.too_late)),
        seconds=monotonic() - started,
    )


def verify_unwritten(
    topic: Topic, data: Path, *, outside: Sequence[Head] = (), is_anew: bool = False, clock: Clock,
) -> list[Report]:
    """The same where nothing can be written, as on a snapshot or a disc: nobody holds its lock, nothing is noted.

    What is noted otherwise goes into a copy of the database that is thrown away. is_anew: also compare that copy with a
    database that is made anew beside it, from the WARC files as they lie.
    """
    folder = DataFolder(data)
    with TemporaryDirectory() as scratch, closing(read_database(folder.database)) as held:
        copy = DataFolder(Path(scratch))
        with closing(sqlite3.connect(copy.database)) as target:
            held.backup(target)
        with closing(open_database(copy.database)) as conn:
            reports = [verify(Work(Archive(folder, conn), topic, clock, lambda *_: None), outside=outside)]
            if is_anew:
                copy.warcs.symlink_to(folder.warcs.resolve(), target_is_directory=True)
                if folder.events.exists():
                    shutil.copyfile(folder.events, copy.events)
                reports.append(compare_anew(Work(Archive(copy, conn), topic, clock, lambda *_: None)))
            return reports


def is_unwritable(data: Path) -> bool:
    """Whether a folder is there, and on a disk or of an owner that lets us read it only."""
    return data.is_dir() and not os.access(data, os.W_OK)


def _unstamped(work: Work, heads: Sequence[Head], stamped: stamps.Checked) -> Iterator[str]:
    """That nothing is kept of the last head's time stamp, where each head is to have one."""
    if work.topic.stamp.url is None or not heads or stamps.digest(heads[-1]) in stamped.heads:
        return
    if not runs.subjects(work.conn, stages=[stamping.STAGE]):  # else it is told that nobody answered
        yield (f"the log's head {len(heads)}, its last one, has no time stamp in {work.archive.folder.stamps.name} "
               f"although an authority is configured: the file was cut off, or a run was killed before it asked; "
               f"restore it from a backup, or run 'stemma update', which asks")


def _changed_texts(work: Work) -> Iterator[tuple[str, str]]:
    try:
        for text_id in texts.damaged(work.conn):
            yield f"text {text_id}", "it is not the text whose hash stands beside it: run 'stemma rebuild'"
        for document_id in documents.damaged(work.conn):
            yield f"document {document_id}", "what was read beside its text is damaged: run 'stemma rebuild'"
    except (sqlite3.DatabaseError, ValueError) as error:
        yield "texts", f"the database cannot be read there: {error}"


def _misreplayed(work: Work) -> Iterator[tuple[str, str]]:
    try:
        for name in replaying.differing(work):
            yield f"replay: {name}", (f"{name} of the index for replay is not what the database says; 'stemma update' "
                                      f"makes it anew")
    except (sqlite3.DatabaseError, ValueError) as error:
        yield "replay", f"the database cannot be read there: {error}"


def _records(work: Work, checked: Checked) -> Iterator[tuple[str, str, str | None]]:
    """Every record and event, and every entry that has none: where it is, in which stage what is wrong, if anything."""
    folder = work.archive.folder
    files = warc.files(folder.warcs)
    erased = erasures.fillers(erasures_of(folder.events)[0])
    for path in files:
        held = _Held(folder, checked, WARC_FOLDER + path)
        for meaning, ref in warc.records(folder.warcs, path):
            if ref in erased:
                held.skip(ref.offset, ref.offset + 1)
                is_done = warc.read_bytes(folder.warcs, ref) == erased[ref]
                yield f"{path} at byte {ref.offset}", ERASED if is_done else "log", None if is_done else UNERASED
                continue
            yield f"{path} at byte {ref.offset}", *_wrong(work, meaning, ref, held)
        yield from held.missing(path)
    held = _Held(folder, checked, EVENTS)
    for offset, line in event_lines(folder):
        yield f"{EVENTS} at byte {offset}", "log", held.differs(offset, len(line), entries.details_of_event(line))
    yield from held.missing(EVENTS)
    for gone in sorted(checked.lines.keys() - {EVENTS, *(WARC_FOLDER + path for path in files)}):
        yield gone, "log", f"the file is missing; the log holds {len(checked.lines[gone]):,} entries of it"


class _Held:
    """What the log holds of one file; what was met is taken out of it."""

    def __init__(self, folder: DataFolder, checked: Checked, path: str) -> None:
        self._entries: dict[int, Entry] = log_check.entries_of(folder, checked, path)
        self._end = max((entry.end for entry in self._entries.values()), default=0)
        self._is_whole = checked.is_whole

    def differs(self, offset: int, length: int, details: entries.Details) -> str | None:
        """That what lies at a place is not what was entered."""
        entry = self._entries.pop(offset, None)
        if entry is None:
            is_new = offset >= self._end or not self._is_whole
            return None if is_new else "the log holds no such entry: it was put there later"
        if entry.length != length or entries.commitment(entry.salt, details) != entry.commitment:
            return "it is not what the log holds: it was changed after it was entered"
        return None

    def skip(self, offset: int, end: int) -> None:
        """A stretch that is damaged: its entries have nothing to be compared with."""
        for place in [place for place in self._entries if offset <= place < end]:
            del self._entries[place]

    def missing(self, name: str) -> Iterator[tuple[str, str, str]]:
        """Entries that were not met."""
        for offset in self._entries:
            yield f"{name} at byte {offset}", "log", "the log holds an entry of this place, and nothing whole is there"


def _wrong(work: Work, meaning: warc.Meaning, ref: RecordRef, held: _Held) -> tuple[str, str | None]:
    """Stage and reason of what is wrong with a record; no reason where nothing is."""
    if isinstance(meaning, warc.Damage):
        held.skip(ref.offset, ref.offset + ref.length)
        return "index", meaning.reason
    raw = warc.read_bytes(work.archive.folder.warcs, ref)
    record = warc.parse_record(raw, ref)
    if reason := _contradiction(record):
        held.skip(ref.offset, ref.offset + 1)
        return "index", reason
    if reason := held.differs(ref.offset, ref.length, entries.details_of_record(raw, record)):
        return "log", reason
    return "database", _misindexed(work.conn, meaning) if isinstance(meaning, Capture) else None


def _contradiction(record: warc.WarcRecord) -> str | None:
    """That a record's payload is not the one whose digest it names."""
    headers = {name.lower(): value for name, value in record.headers}
    named = headers.get("warc-payload-digest")
    if headers.get("warc-type") != "response" or named is None or named == payload_digest(record.payload):
        return None
    return f"its payload is not the one whose digest is {named}"


def _misindexed(conn: sqlite3.Connection, capture: Capture) -> str | None:
    """That the database says otherwise of a capture than its record, or cannot be read there."""
    try:
        return _difference(conn, capture)
    except (sqlite3.DatabaseError, ValueError) as error:
        return f"the database cannot be read there: {error}"


def _difference(conn: sqlite3.Connection, capture: Capture) -> str | None:
    row = captures.capture_at(conn, path=capture.record.path, offset=capture.record.offset)
    if row == capture:
        return None
    if row is None and captures.is_held(conn, url=capture.url, captured_at=capture.captured_at,
                                        payload_digest=capture.payload_digest):
        return None  # the same look, kept twice
    return "the database does not have it" if row is None else "the database says otherwise of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedCapture:
    """A version's citation, and the capture that it was first seen in; `holder` has the payload of a revisit."""

    citation: Citation
    capture: Capture
    holder: Capture | None


def cite(data: Path, name: str, *, site: str | None = None) -> CitedCapture:
    """The citation of a version, by its public id; by an article's address or key, of its latest.

    `site` is the address at which the archive is served. Raises UnknownText.
    """
    with reading(data) as conn:
        place = pages.named(conn, name)
        capture = evidence.seen_first(conn, place.version_id) if place is not None else None
        if place is None or capture is None:
            withholdings.refuse(conn, name)
            raise UnknownText(f"{name} is no version of an article on the topic that the archive holds; give a public "
                              f"id, as pages and exports have it, or an article's address")
        (found,) = citing.cited(conn, [place.version_id])
        return CitedCapture(citation=citation(found, site=site), capture=capture,
                            holder=evidence.holder(conn, capture) if capture.is_revisit else None)


def cited_as_json(cited: CitedCapture) -> dict[str, object]:
    """A citation for machines."""
    return {"public_id": cited.citation.public_id, "citation": plain(cited.citation), "url": cited.capture.url,
            "captured_at": cited.capture.captured_at.isoformat(), "payload_sha256": cited.capture.payload_sha256}


def write_proof(data: Path, cited: CitedCapture, file: Path, *, with_record: bool) -> None:
    """Write the proof of a citation's capture. Raises ProofFailed, DamagedLog, DamagedWarc, WriteFailed."""
    made = proof.make(DataFolder(data), cited.capture.record, cited.holder.record if cited.holder else None,
                      with_record=with_record)
    try:
        file.write_text(proof.as_json(made), encoding="ascii")
    except OSError as error:
        raise WriteFailed(f"{file}: {error.strerror}; name a file that can be written") from error


def verify_proof(
    file: Path, *, key: str | None = None, authorities: Sequence[Path] = (), now: datetime | None = None
) -> Proof:
    """The proof in a file, if it holds; authorities are PEM files, which must stand `now`.

    Raises UnreadableFile, ProofFailed.
    """
    found, trusted = proof.read(file), [der for pem in authorities for der in _certificates(pem)]
    try:
        proof.check(found, key=key, stamp=Demand(authorities=trusted, now=now) if trusted and now else None)
    except ProofFailed as error:
        raise ProofFailed(f"{file}: {error}") from error
    return found


def is_package(file: Path) -> bool:
    """Whether a file is a WACZ, by its beginning or its name."""
    with open(file, "rb") as found:
        return found.read(4) == b"PK\x03\x04" or file.suffix.lower() == ".wacz"


def verify_package(file: Path) -> int:
    """How many records a WACZ holds that is whole. Raises UnreadableFile, ProofFailed with all that is wrong."""
    checked = wacz_check.check(file)
    if checked.troubles:
        listed = "\n  ".join(["the package is not whole:", *checked.troubles[:TOLD]])
        raise ProofFailed(f"{listed}\nget it again from who gave it, or export it anew")
    return checked.records


def _certificates(pem: Path) -> list[bytes]:
    try:
        return authority.certificates(pem.read_bytes())
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{pem}: {error}; give an authority's root certificate in PEM") from error


def verified_file(
    file: Path, *, key: str | None, authorities: Sequence[Path], now: datetime, as_json: bool
) -> str:
    """What a proof or a package that holds says, for people or for machines. Raises UnreadableFile, ProofFailed."""
    if is_package(file):
        count = verify_package(file)
        return json.dumps({"records": count}) if as_json else f"{file}: a whole package, {count:,} records"
    found = verify_proof(file, key=key, authorities=authorities, now=now)
    if as_json:
        return json.dumps(proof_as_json(found))
    told = (printable(line).replace("\n", " ") for line in proof.lines(found, now=now))  # a signer may be hostile
    return "\n".join([f"{file}: holds", *(f"  {line}" for line in told)])


def proof_as_json(found: Proof) -> dict[str, object]:
    """What a proof says, for machines."""
    stamped = proof.stamped(found)
    said = {"at": stamped.at.isoformat(), "by": stamped.name, "root": stamped.root, "ends": stamped.ends.isoformat()} \
        if stamped is not None else None
    return {"details": dict(found.capture.details), "entry": found.capture.index, "log": found.head.origin,
            "stamp": said, "size": found.head.size, "signed_at": found.head.at.isoformat(),
            "key": notes.fingerprint(found.key), "payload_is_shown": found.payload_is_shown}


def read_heads(file: Path) -> list[Head]:
    """Heads that were kept elsewhere: a note by itself, in a proof, or lines of heads.jsonl. Raises UnreadableFile."""
    try:
        text = file.read_text(encoding="utf-8")
        said = [str(values.get("note") or values["head"]) for values in _objects(text)] \
            if text.lstrip().startswith("{") else [text.rstrip() + "\n"]
        return [notes.read(note) for note in said]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnreadableFile(f"{file} holds no signed head ({error}); give a proof, or a copy of log/heads.jsonl "
                             f"as a file") from error


def _objects(text: str) -> Iterator[Any]:
    """One JSON value after another."""
    decoder, place = json.JSONDecoder(), 0
    while rest := _MORE.match(text, place):
        value, place = decoder.raw_decode(text, rest.end() - 1)
        yield value


def keys_of(data: Path) -> tuple[Key, ...]:
    """The archive's keys, the first one first."""
    return keys.history(DataFolder(data))


def renew_key(data: Path, action: str, *, by: str, now: datetime) -> tuple[Key, ...]:
    """Make a new key in the last one's place, under the lock. Raises MissingKey where a lost one is to be rotated."""
    why: Literal["rotated", "lost"] = "rotated" if action == "rotate" else "lost"
    folder = DataFolder(data)
    with locked(folder):
        return keys.make(folder, why=why, now=now, by=by) if keys.history(folder) else keys.ensure(folder, now=now)


def keys_as_json(known: Sequence[Key]) -> list[dict[str, str]]:
    """The keys for machines."""
    return [{"fingerprint": key.fingerprint, "since": key.at.isoformat(), "why": key.why,
             "verifier": notes.verifier(keys.origin(tuple(known)), key.public)} for key in known]


def key_lines(known: Sequence[Key]) -> Iterator[str]:
    """The keys for people; the last one signs."""
    if not known:
        yield "the archive has no key yet: the first run makes one"
    for key in known:
        yield f"{key.fingerprint}  since {key.at:%Y-%m-%d %H:%M} UTC, {key.why}"
        yield f"  {notes.verifier(keys.origin(tuple(known)), key.public)}"
