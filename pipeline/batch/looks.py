"""The bytes of WARC files, piece by piece -> their captures with what was read on each page (pure).

A file is never held whole: of it there is one record at a time, with its request.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from archive.errors import UnreadableFile
from archive.foreign import Foreign, Referring, Unusable, maker, plain, responses
from archive.members import MemberReader, RecordHead, Run
from archive.model import Block, Capture, Document
from archive.store.documents import PendingPayload
from archive.times import to_iso, to_milliseconds
from archive.warc import capture_if_written
from pipeline.batch.rows import Row, block_json, capture_row, document_json, nowhere

KINDS = frozenset({"warcinfo", "request", "response", "revisit"})
READ_STATUS = frozenset({200, 401, 402, 403, 451})  # pages with a status of refusal are read for their previews
NO_MONTH = "none"  # of a failure

ReadPage = Callable[[bytes, bytes, PendingPayload], Document | Block | str]
Decide = Callable[[Document, str], Row]  # with the moment of the payload's first capture


# A large file of another name is cut where it happens to be, for several tasks, of which none knows where it is in it.
UNNAMED = ("its name does not end in .gz, so that Spark would cut it anywhere; if it is compressed record by record, "
           "name it .warc.gz, else 'stemma import' reads it")


def read_pieces(
    pieces: Iterable[tuple[str, bytes]], *, via: str | None, read_page: ReadPage, decide: Decide,
    keep_records: bool = False,
) -> Iterator[Row]:
    """The rows of files whose bytes come in order, each piece with its file's address; `via` overrides the makers.

    With keep_records the first row of what lies side by side in a file has the records themselves, as `packed`.
    """
    make = partial(FileReading, via=via, read_page=read_page, decide=decide, keep_records=keep_records)
    reading: FileReading | None = None
    refused = None
    for file, piece in pieces:
        if not file.lower().endswith(".gz"):
            if file != refused:
                yield failure("import", file, UNNAMED)
            refused = file
            continue
        if reading is None or reading.file != file:
            if reading is not None:
                yield from reading.finish()
            reading = make(file)
        yield from reading.feed(piece)
    if reading is not None:
        yield from reading.finish()


class FileReading:
    """One file that comes in pieces."""

    def __init__(
        self, file: str, *, via: str | None, read_page: ReadPage, decide: Decide, keep_records: bool
    ) -> None:
        self.file, self.name = file, file.rpartition("/")[2]
        self._via, self._read_page, self._decide = via, read_page, decide
        self._maker = via
        self._keep_records = keep_records
        self._members = MemberReader(_is_wanted)

    def feed(self, piece: bytes) -> Iterator[Row]:
        """The rows of the records that end in this piece."""
        for run in self._members.feed(piece):
            yield from self._rows(run)

    def finish(self) -> Iterator[Row]:
        """The rest, and what is wrong with the file if it cannot be read to its end."""
        for run in self._members.finish():
            yield from self._rows(run)
        if self._members.damage is not None:
            whole = "; what comes after it is not read" if self._members.position else \
                "; if this is a WARC file that is not compressed record by record, 'stemma import' reads it"
            yield failure("import", self.file, self._members.damage + whole)

    def _rows(self, run: Run) -> Iterator[Row]:
        try:
            made_by = maker(plain(self.name, io.BytesIO(run.packed)))
            self._maker = self._via or made_by or self._maker
            found = list(responses(self.name, plain(self.name, io.BytesIO(run.packed)), via=self._maker))
        except UnreadableFile as error:
            yield failure("import", f"{self.name} at byte {run.start:,}", str(error))
            return
        place = {"file": self.file, "start": run.start, "length": len(run.packed), "maker": self._maker,
                 "packed": run.packed if self._keep_records else None}
        for ordinal, one in enumerate(found):
            if isinstance(one, Unusable):
                yield failure("import", f"{self.name} {one.record_id}", one.reason)
                continue
            row = self._response(one) if isinstance(one, Foreign) else _revisit(one)
            yield place | row | {"record_id": one.record_id, "month": row["captured_at"][:7], "ordinal": ordinal}
            place["packed"] = None

    def _response(self, found: Foreign) -> Row:
        capture = capture_if_written(found.exchange, nowhere())
        row = capture_row(capture)
        if found.claimed is not None:
            return row | {"role": "other"}  # as an import keeps it: no version is made of it
        if capture.role != "article" or capture.status not in READ_STATUS or capture.truncated is not None:
            return row
        read = self._read_page(found.exchange.body, found.exchange.response_head, pending(capture))
        if isinstance(read, Document):
            return row | {"reads": "document", "document": document_json(read), "canonical": read.canonical} | \
                self._decide(read, row["captured_at"])
        if isinstance(read, Block):
            return row | {"reads": "block", "block": block_json(read)}
        return row | {"reads": "refusal", "refusal": read}


def pending(capture: Capture) -> PendingPayload:
    """A capture as its page is to be read."""
    return PendingPayload(
        url=capture.url, charset=capture.charset, payload_digest=capture.payload_digest, status=capture.status,
        content_encoding=capture.content_encoding, media_type=capture.media_type, record=capture.record)


def _revisit(found: Referring) -> Row:
    """A revisit's columns: its head's, and the payload's digest that it names."""
    row = capture_row(capture_if_written(found.exchange, nowhere()))
    return row | {"captured_at": to_iso(to_milliseconds(found.exchange.fetched_at)),
                  "payload_digest": found.payload_digest, "payload_sha256": None, "payload_length": None,
                  "refers_to": found.refers_to or found.exchange.url}


def failure(stage: str, subject: str, reason: str) -> Row:
    """What could not be processed, as a row."""
    return {"failed_stage": stage, "failed_subject": subject, "failed_reason": reason, "month": NO_MONTH}


def _is_wanted(head: RecordHead) -> bool:
    return head.kind in KINDS


def cut(pieces: Iterable[tuple[str, bytes]], places: Mapping[str, Sequence[Row]]) -> Iterator[Row]:
    """The bytes of files at places of theirs, each a row with `packed` beside what the place says.

    The places of a file are in its order and do not overlap; a piece that has nothing of them is not looked at.
    """
    file, position, waiting, parts = "", 0, list[Row](), list[bytes]()
    for name, piece in pieces:
        if name != file:
            file, position, waiting, parts = name, 0, sorted(places.get(name, ()), key=_start, reverse=True), []
        while waiting and waiting[-1]["start"] < position + len(piece):
            start = waiting[-1]["start"]
            end = start + waiting[-1]["length"]
            parts.append(piece[max(0, start - position):end - position])
            if end > position + len(piece):
                break
            yield waiting.pop() | {"packed": b"".join(parts)}
            parts = []
        position += len(piece)


def _start(place: Row) -> int:
    return int(place["start"])
