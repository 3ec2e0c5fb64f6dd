"""One capture with all that is needed to check it without the archive, as a JSON file.

It proves that who holds the key had just these bytes in the log by the moment of the signed head, under this address
and time. It does not prove what the server sent, nor that the clock of the archive was right.

    format      "stemma-proof/1"
    head        the signed head of the log (C2SP checkpoint)
    key         the public key that signed it, base64 of its 32 bytes
    capture     details (kind, url, at, record_sha256, payload_sha256 ...), salt, index, path, and the WARC record
    original    the same of the capture that holds the payload, where the first is a revisit; else null
    stamp       the time stamp of the head (RFC 3161), the root certificate that it rests on, and the SHA-256 of both;
                null where there is none, missing in older files
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from archive import warc
from archive.digests import sha256
from archive.errors import DamagedLog, DamagedWarc, ProofFailed, StampRefused, UnreadableFile
from archive.folder import DataFolder
from archive.ledger import authority, entries, keys, notes, stamps
from archive.ledger.authority import Stamped
from archive.ledger.check import signer
from archive.ledger.entries import Details, Entry
from archive.ledger.merkle import inclusion_path, leaf_hash, root_of_path
from archive.ledger.notes import Head
from archive.model import RecordRef
from archive.times import to_iso

FORMAT = "stemma-proof/1"
MAX_BYTES = 300_000_000
_PARTS = {"capture", "format", "head", "key", "original"}
_STAMP, _STAMP_PARTS = "stamp", {"certificate", "sum", "token"}
_LEAF_PARTS = {"details", "index", "path", "record", "salt"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One entry with its way to the head; `record` is the gzip member of the WARC file, None where it was left out."""

    details: Details
    salt: bytes
    index: int
    path: tuple[bytes, ...]
    record: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """An authority's answer to the question for a head's time, and the root certificate (DER) that it rests on."""

    token: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A capture, the one that holds its payload where it is a revisit, and the signed head that both are under."""

    head: Head
    key: bytes
    capture: Leaf
    original: Leaf | None
    stamp: Stamp | None = None

    @property
    def payload_is_shown(self) -> bool:
        """Whether the file holds the bytes whose digest the log has."""
        holder = self.original or self.capture
        return holder.record is not None and holder.details.get("kind") == "response"


def make(folder: DataFolder, capture: RecordRef, original: RecordRef | None, *, with_record: bool = True) -> Proof:
    """The proof of a capture under the newest head, or the newest with a time stamp where that counts it already.

    Raises DamagedLog, DamagedWarc and ProofFailed.
    """
    heads, known = entries.read_heads(folder.heads), keys.history(folder)
    if not heads:
        raise ProofFailed(f"{folder.heads} holds no signed head yet; run 'stemma update'")
    wanted = [ref for ref in (capture, original) if ref is not None]
    hashes, found = _find(folder, wanted, size=heads[-1].size)
    head = _head_over(folder, heads, size=1 + max((index for index, _ in found.values()), default=0))
    number = signer(head, known)
    if number is None:
        raise DamagedLog(f"{folder.heads}: the head of {to_iso(head.at)} is signed by no key of this archive; run "
                         f"'stemma verify'")
    leaves = [_leaf(folder, ref, hashes[:head.size], found, with_record=with_record) for ref in wanted]
    proof = Proof(head=head, key=known[number].public, capture=leaves[0],
                  original=leaves[1] if original is not None else None, stamp=_stamp_of(folder, head))
    check(proof)
    return proof


def _head_over(folder: DataFolder, heads: Sequence[Head], *, size: int) -> Head:
    """An authority that did not answer leaves the newest head without a stamp."""
    names = {line.head for _, line in stamps.read(folder.stamps)}
    return next((head for head in reversed(heads) if head.size >= size and stamps.digest(head) in names), heads[-1])


def _stamp_of(folder: DataFolder, head: Head) -> Stamp | None:
    """The head's time stamp, where it has one that holds."""
    known, name = stamps.roots(folder), stamps.digest(head)
    for _, line in stamps.read(folder.stamps):
        if line.head == name:
            found = authority.stamped(line.token, stamps.message_of(head), list(known.values()))
            return Stamp(token=line.token, certificate=known[found.root])
    return None


def stamped(proof: Proof) -> Stamped | None:
    """Who says by when the head was there; None where the file has no time stamp. Raises StampRefused."""
    if proof.stamp is None:
        return None
    return authority.stamped(proof.stamp.token, stamps.message_of(proof.head), [proof.stamp.certificate])


def _find(
    folder: DataFolder, wanted: list[RecordRef], *, size: int
) -> tuple[list[bytes], dict[tuple[str, int], tuple[int, Entry]]]:
    """The hashes of a head's entries, and the entries of some records with their place in the tree."""
    places = {("warc/" + ref.path, ref.offset) for ref in wanted}
    hashes, found = list[bytes](), dict[tuple[str, int], tuple[int, Entry]]()
    for index, entry in enumerate(entries.read_entries(folder.entries)):
        if index == size:
            break
        hashes.append(entry.hashed)
        if (entry.path, entry.offset) in places:
            found[entry.path, entry.offset] = (index, entry)
    return hashes, found


def _leaf(
    folder: DataFolder, ref: RecordRef, hashes: list[bytes], found: Mapping[tuple[str, int], tuple[int, Entry]], *,
    with_record: bool,
) -> Leaf:
    place = found.get(("warc/" + ref.path, ref.offset))
    if place is None:
        raise ProofFailed(f"{ref.path} at byte {ref.offset} is not under the newest signed head; run 'stemma update', "
                          f"which enters what is new and signs it, and ask again")
    index, entry = place
    raw = warc.read_bytes(folder.warcs, ref)
    return Leaf(details=entries.details_of_record(raw, warc.parse_record(raw, ref)), salt=entry.salt, index=index,
                path=inclusion_path(hashes, index), record=raw if with_record else None)


def as_json(proof: Proof) -> str:
    """The proof as its file's text."""
    return json.dumps({
        "format": FORMAT, "head": proof.head.note, "key": _text(proof.key), "capture": _leaf_json(proof.capture),
        "original": _leaf_json(proof.original) if proof.original else None,
        _STAMP: _stamp_json(proof.stamp) if proof.stamp else None,
    }, indent=1, ensure_ascii=True) + "\n"


def _stamp_json(stamp: Stamp) -> dict[str, str]:
    return {"token": _text(stamp.token), "certificate": _text(stamp.certificate), "sum": _sum(stamp)}


def _sum(stamp: Stamp) -> str:
    """Parts of an answer are under no signature."""
    return sha256(stamp.certificate + stamp.token)


def _leaf_json(leaf: Leaf) -> dict[str, object]:
    return {"details": dict(leaf.details), "salt": _text(leaf.salt), "index": leaf.index,
            "path": [_text(node) for node in leaf.path], "record": _text(leaf.record) if leaf.record else None}


def read(path: Path) -> Proof:
    """The proof in a file, unchecked. Raises UnreadableFile for what is none."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableFile(f"{path} has over {MAX_BYTES:,} bytes: no proof of one capture")
        values = json.loads(path.read_bytes())
        if set(values) - {_STAMP} != _PARTS or values["format"] != FORMAT:
            raise ValueError(f"no object with the parts {', '.join(sorted(_PARTS))} in the format {FORMAT}")
        return Proof(head=notes.read(values["head"]), key=notes.bytes_of(values["key"]),
                     capture=_read_leaf(values["capture"]),
                     original=_read_leaf(values["original"]) if values["original"] is not None else None,
                     stamp=_read_stamp(values[_STAMP]) if values.get(_STAMP) is not None else None)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror}; give a proof that 'stemma cite --proof FILE' wrote") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnreadableFile(f"{path} is no proof that can be read ({error}); get the file again from who gave it, "
                             f"or write it by 'stemma cite --proof FILE'") from error


def _read_leaf(values: Any) -> Leaf:
    if set(values) != _LEAF_PARTS:
        raise ValueError(f"an entry has the parts {', '.join(sorted(_LEAF_PARTS))}")
    details = values["details"]
    if not all(isinstance(part, str) for pair in details.items() for part in pair) or type(values["index"]) is not int:
        raise ValueError("an entry's details are texts, its index a number")
    return Leaf(details=details, salt=notes.bytes_of(values["salt"]), index=values["index"],
                path=tuple(notes.bytes_of(node) for node in values["path"]),
                record=notes.bytes_of(values["record"]) if values["record"] is not None else None)


def _read_stamp(values: Any) -> Stamp:
    if set(values) != _STAMP_PARTS:
        raise ValueError(f"a time stamp has the parts {', '.join(sorted(_STAMP_PARTS))}")
    stamp = Stamp(token=notes.bytes_of(values["token"]), certificate=notes.bytes_of(values["certificate"]))
    if values["sum"] != _sum(stamp):
        raise ValueError("its time stamp is not the one whose digest stands beside it: it was changed")
    return stamp


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """That a time stamp must rest on one of these root certificates (DER), which stand now."""

    authorities: Sequence[bytes]
    now: datetime


def check(proof: Proof, *, key: str | None = None, stamp: Demand | None = None) -> None:
    """That everything in a proof holds together; `key` is the fingerprint that must have signed. Raises ProofFailed.

    All that is wrong is in the one message.
    """
    if problems := [*_problems(proof, key), *_stamp_problems(proof, stamp)]:
        raise ProofFailed("the proof does not hold:\n  " + "\n  ".join(problems) + "\nit does not prove what was "
                          "asked; get it again from who gave it, or ask for the archive itself")


def _problems(proof: Proof, key: str | None) -> Iterator[str]:
    if key is not None and notes.fingerprint(proof.key) != key.lower():
        yield f"it is signed by the key {notes.fingerprint(proof.key)}, not by {key}"
    if not notes.is_signed_by(proof.head, proof.key):
        yield "its head does not bear the signature of its key: head or key was changed"
    yield from _leaf_problems("the capture", proof.capture, proof.head)
    if proof.original is not None:
        yield from _leaf_problems("the original", proof.original, proof.head)
        kinds = (proof.capture.details.get("kind"), proof.original.details.get("kind"))
        if kinds != ("revisit", "response"):
            yield f"a {kinds[1]} is shown as what a {kinds[0]} refers to"
        if proof.capture.details.get("payload_sha256") != proof.original.details.get("payload_sha256"):
            yield "the original holds another payload than the capture refers to"


def _stamp_problems(proof: Proof, demand: Demand | None) -> Iterator[str]:
    try:
        found = stamped(proof)
    except StampRefused as error:
        yield str(error)
        return
    if demand is None:
        return
    if found is None:
        yield "it has no time stamp"
    elif found.root not in map(authority.fingerprint, demand.authorities):
        yield (f"its time stamp is by {found.name}, which rests on the certificate {found.root}, and that is none of "
               f"the given authorities")
    elif found.ends < demand.now:
        yield (f"the certificates of its time stamp ended on {found.ends:%Y-%m-%d}, and from then on others could make "
               f"such a stamp: ask the archive for a newer proof")


def _leaf_problems(name: str, leaf: Leaf, head: Head) -> Iterator[str]:
    commitment = entries.commitment(leaf.salt, leaf.details)
    try:
        root = root_of_path(leaf_hash(commitment), index=leaf.index, size=head.size, path=leaf.path)
    except ValueError as error:
        yield f"{name}: {error}"
    else:
        if root != head.root:
            yield (f"{name}: its details (address, time, digests), salt, index or path do not lead to the signed head: "
                   f"they were changed")
    if leaf.record is None:
        return
    try:
        record = warc.parse_record(leaf.record, RecordRef(path=name, offset=0, length=len(leaf.record)),
                                   is_foreign=True)
    except DamagedWarc as error:
        yield f"{name}'s record cannot be read ({error.reason})"
        return
    if entries.details_of_record(leaf.record, record) != dict(leaf.details):
        yield f"{name}'s record is not the one that its details name: its bytes or the details were changed"


def lines(proof: Proof, *, now: datetime) -> Iterator[str]:
    """What a proof that holds says, for people."""
    details = proof.capture.details
    yield f"address     {details.get('original_url') or details.get('url', 'none')}"
    if "captured_at" in details:
        yield f"captured    {details['captured_at']} by {details.get('via', 'another archive')}"
    yield f"fetched     {details.get('at', 'not told')}"
    yield f"payload     sha256 {details.get('payload_sha256', 'none')}"
    yield f"record      sha256 {details.get('record_sha256', 'none')}, entry {proof.capture.index + 1:,} of the log"
    yield f"log         {proof.head.origin}, {proof.head.size:,} entries"
    yield f"signed      {proof.head.at:%Y-%m-%d %H:%M:%S} UTC, by the archive's clock"
    yield f"key         {notes.fingerprint(proof.key)}"
    yield from _stamp_lines(proof, now)
    shown = "in this file, and have this digest" if proof.payload_is_shown else "not in this file: only their digest is"
    yield f"the bytes are {shown}"
    yield ("this proves that who holds the key had these bytes by the moment of the signed head; it does not prove "
           "what the server sent")


def _stamp_lines(proof: Proof, now: datetime) -> Iterator[str]:
    found = stamped(proof)
    if found is None:
        yield "stamped     by nobody else: the moment is the archive's word alone"
        return
    yield f"stamped     {found.at:%Y-%m-%d %H:%M:%S} UTC, by {found.name}"
    yield f"authority   certificate sha256 {found.root}; whether it is to be believed is for you to find out"
    if found.ends < now:
        yield (f"            its certificates ended on {found.ends:%Y-%m-%d}: from then on others could make such a "
               f"stamp; ask the archive for a newer proof")
