"""Heads of the log as signed notes, which other people's tools read: C2SP tlog-checkpoint and signed-note, Ed25519.

    <origin>                    the log's name
    <size>                      entries
    <root>                      base64
    <moment>                    an extension line: when it was signed, by the archive's own clock
    stamps <bytes> <digest>     another, once there are time stamps: those that were kept by then, as the first bytes of
                                their file and the base64 of their SHA-256

    — <origin> <signature>      base64 of the key's four bytes and the signature of all lines above the blank one
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from archive.times import from_iso, to_iso

_ED25519 = b"\x01"
_STAMPS = "stamps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A signed head; `note` is its text as it was signed and written, key_hint the first bytes of the key's hash.

    stamps: the time stamps that were kept when it was signed; None where it says nothing of them.
    """

    origin: str
    size: int
    root: bytes
    at: datetime
    note: str
    key_hint: bytes
    signature: bytes
    stamps: "Kept | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file that only grows, as it was: its first `size` bytes, and their SHA-256."""

    size: int
    digest: bytes


def sign(
    private: Ed25519PrivateKey, *, origin: str, size: int, root: bytes, at: datetime, stamps: Kept | None = None
) -> Head:
    """The head of a tree, signed."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n{to_iso(at)}\n"
    if stamps is not None:
        text += f"{_STAMPS} {stamps.size} {base64.b64encode(stamps.digest).decode()}\n"
    hint = key_hint(origin, public_bytes(private))
    signature = base64.b64encode(hint + private.sign(text.encode())).decode()
    return read(f"{text}\n— {origin} {signature}\n")


def read(note: str) -> Head:
    """A note's parts; whether its signature holds, `is_signed_by` says. Raises ValueError for what is none."""
    try:
        text, signed = note.split("\n\n")
        origin, size, root, at, *more = text.split("\n")
        dash, name, encoded = signed.removesuffix("\n").split(" ")
        raw = bytes_of(encoded)
        head = Head(origin=origin, size=int(size), root=bytes_of(root), at=from_iso(at),
                    note=note, key_hint=raw[:4], signature=raw[4:], stamps=_kept(more))
    except ValueError as error:
        raise ValueError(f"no signed head of a log ({error})") from error
    if (dash, name, signed[-1:]) != ("—", origin, "\n") or len(head.root) != 32 or head.size < 0 \
            or str(head.size) != size:
        raise ValueError("no signed head of a log")
    return head


def _kept(lines: list[str]) -> Kept | None:
    """What a head says of the time stamps. Raises ValueError, also for lines that say something else."""
    if not lines:
        return None
    (line,) = lines
    name, size, digest = line.split(" ")
    kept = Kept(size=int(size), digest=bytes_of(digest))
    if name != _STAMPS or str(kept.size) != size or kept.size <= 0 or len(kept.digest) != 32:
        raise ValueError(f"{line[:80]!r} is no line that this program writes")
    return kept


def bytes_of(text: str) -> bytes:
    """Base64 in its one spelling: some characters of the last group could be others and mean the same.

    Raises ValueError for anything else.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(f"{text[:20]!r} is no base64") from error
    if base64.b64encode(raw).decode() != text:
        raise ValueError(f"{text[-20:]!r} is not how base64 ends")
    return raw


def is_signed_by(head: Head, public: bytes) -> bool:
    """Whether a key signed just this head."""
    text = head.note.partition("\n\n")[0] + "\n"
    if head.key_hint != key_hint(head.origin, public):
        return False
    return holds(public, head.signature, text.encode())


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature of a message is by a key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_hint(name: str, public: bytes) -> bytes:
    """By which four bytes a note tells which key signed it (C2SP signed-note, "key ID")."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def public_bytes(private: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return private.public_key().public_bytes_raw()


def fingerprint(public: bytes) -> str:
    """A public key's name: the hexadecimal SHA-256 of its 32 bytes."""
    return hashlib.sha256(public).hexdigest()


def verifier(origin: str, public: bytes) -> str:
    """The key in the form that tools for signed notes take: name, hint and key."""
    return f"{origin}+{key_hint(origin, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"
