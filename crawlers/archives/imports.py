"""Local WARC and WACZ files -> our own WARC files: copied in, never referred to, each capture once."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from archive.digests import payload_digest
from archive.foreign import Foreign, Referring, Unusable, plain, responses, warcs_of
from archive.model import Capture, Exchange, Role
from archive.payloads import UndecodablePayload, page_bytes
from archive.store import captures, withholdings
from archive.times import to_milliseconds
from archive.warc import WarcWriter, parse_head, read_payload
from archive.withholdings import ANNOUNCING, covers, mentions

Problem = Callable[[str, str], None]  # subject, reason
ERASED = "refused, since erased here"  # how such records are counted
MAX_PAGE_BYTES = 64_000_000  # of what may announce an erased text, unpacked


def import_files(
    files: Sequence[Path], conn: sqlite3.Connection, writer: WarcWriter, *, warc_folder: Path, via: str | None,
    problem: Problem, damage: Problem, progress: Callable[[int], None],
) -> Counter[str]:
    """Copy every capture of the files that the archive lacks; revisits last, when what they refer to is there.

    A record whose digest is not its payload's is copied all the same, in the role "other": kept, and never a version.
    `damage` is told of such records and of what is damaged, `problem` of what gives no capture.
    Raises UnreadableFile for a file that is none of these, before any of the files is copied.
    """
    counts: Counter[str] = Counter()
    for file in files:
        for _ in _streams(file):  # a mistake among the files is told before the first is copied
            pass
    waiting: list[Path] = []
    for file in files:
        for name, found in _responses(file, via):
            if isinstance(found, Referring):
                waiting += [file] if file not in waiting else []
            elif isinstance(found, Unusable):
                counts["unusable"] += 1
                (damage if found.is_damage else problem)(f"{name} {found.record_id}", found.reason)
            else:
                keep(conn, writer, found, name, counts, damage)
            progress(sum(counts.values()))
    for file in waiting:
        for name, found in _responses(file, via):
            if isinstance(found, Referring):
                counts += keep_revisit(conn, writer, found, name, problem, warc_folder)
                progress(sum(counts.values()))
    return counts


def _streams(file: Path) -> Iterator[tuple[str, object]]:
    with warcs_of(file) as found:
        for name, stream in found:
            yield name, plain(name, stream)


def _responses(file: Path, via: str | None) -> Iterator[tuple[str, Foreign | Referring | Unusable]]:
    with ExitStack() as stack:
        for name, stream in stack.enter_context(warcs_of(file)):
            for found in responses(name, plain(name, stream), via=via):
                yield name, found


def keep(
    conn: sqlite3.Connection, writer: WarcWriter, found: Foreign, name: str, counts: Counter[str], problem: Problem
) -> None:
    """Copy a foreign response, unless it is held; a wrong digest is a problem, and its page no article."""
    exchange = found.exchange
    if found.claimed is not None:
        problem(f"{name} {found.record_id}", f"{exchange.url}: the payload is not the one whose digest is "
                f"{found.claimed}; it is kept, and no version is made of it: get the file again")
        exchange = replace(exchange, role="other")
        counts["wrong digests"] += 1
    _keep(conn, writer, exchange, counts)


def _keep(
    conn: sqlite3.Connection, writer: WarcWriter, exchange: Exchange, counts: Counter[str],
    revisit_of: Capture | None = None,
) -> None:
    """Write an exchange unless it is held, whoever brought it, or was erased: then it does not come back."""
    if _was_erased(conn, exchange):
        counts[ERASED] += 1
        return
    digest, at = payload_digest(exchange.body), to_milliseconds(exchange.fetched_at)
    if captures.is_held(conn, url=exchange.url, captured_at=at, payload_digest=digest):
        counts["held already"] += 1
        return
    captures.add(conn, writer.write(exchange, revisit_of=revisit_of))
    counts["captures"] += 1


def _was_erased(conn: sqlite3.Connection, exchange: Exchange) -> bool:
    erased = withholdings.erased_addresses(conn)
    if not erased:
        return False
    _, headers = parse_head(exchange.response_head)
    return brings_back(erased, [url for url in (exchange.url, exchange.original_url) if url], exchange.role,
                       exchange.body, content_encoding=headers.get("content-encoding"))


def brings_back(
    erased: frozenset[str], urls: Sequence[str], role: Role, body: bytes, *, content_encoding: str | None
) -> bool:
    """Whether it is of an erased article, or no page and names one, as feeds and lists do that may hold its text."""
    if any(covers(erased, url) for url in urls):
        return True
    if role not in ANNOUNCING:
        return False
    try:
        page = page_bytes(body, content_encoding=content_encoding, limit=MAX_PAGE_BYTES)
    except UndecodablePayload:
        return True  # what cannot be looked into stays out
    return mentions(page, erased)


def keep_revisit(
    conn: sqlite3.Connection, writer: WarcWriter, found: Referring, name: str, problem: Problem, warc_folder: Path
) -> Counter[str]:
    """Copy a foreign revisit, unless it is held; returns what was done.

    It stays a revisit where the capture that it stands for is of its own address; else it gets the payload.
    """
    exchange, counts = found.exchange, Counter[str]()
    original = next((held for url in (exchange.url, found.refers_to) if url
                     and (held := captures.holder(conn, url=url, payload_digest=found.payload_digest))), None)
    if original is None:
        counts["unusable"] += 1
        problem(f"{name} {found.record_id}", f"{exchange.url}: a revisit of a payload that is in none of the files")
        return counts
    body = read_payload(warc_folder, original.record)
    _keep(conn, writer, replace(exchange, body=body), counts,
          original if original.url == exchange.url else None)
    return counts
