"""The archive's key: a file that only its owner may read, and the history of keys in events.jsonl.

The private key is in no database, export or backup of this program. Each key is an event: the first, one that took
another's place and was signed by it (`rotated`), or one that follows a key that was lost (`lost`), for which nobody
can vouch but who runs the archive.
"""

import base64
import binascii
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, cast, get_args

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import events
from archive.errors import DamagedLog, MissingKey, WriteFailed
from archive.folder import DataFolder
from archive.ledger import notes

KIND = "key"
Why = Literal["first", "rotated", "lost"]
_PURPOSE = b"stemma: this key takes my place\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A public key of the archive, since when, and why it was made."""

    public: bytes
    at: datetime
    why: Why

    @property
    def fingerprint(self) -> str:
        """The key's name."""
        return notes.fingerprint(self.public)


def history(folder: DataFolder) -> tuple[Key, ...]:
    """The archive's keys, the first one first. Raises DamagedLog where an event is none, or no predecessor signed."""
    keys: list[Key] = []
    for event in events.read(folder.events).of(KIND):
        try:
            why = event.data["why"]
            public = base64.b64decode(str(event.data["public"]), validate=True)
            signature = base64.b64decode(str(event.data.get("signature", "")), validate=True)
        except (KeyError, ValueError, binascii.Error) as error:
            raise DamagedLog(f"{folder.events}: a key's event cannot be read ({error}); restore the file") from error
        if why not in get_args(Why) or (why == "first") != (not keys) or len(public) != 32:
            raise DamagedLog(f"{folder.events}: the event of the key {notes.fingerprint(public)} is not what this "
                             f"program writes; restore the file from a backup")
        if why == "rotated" and not notes.holds(keys[-1].public, signature, _PURPOSE + public):
            raise DamagedLog(f"{folder.events}: the key {notes.fingerprint(public)} is not signed by the one before; "
                             f"restore the file from a backup")
        keys.append(Key(public=public, at=event.at, why=cast(Why, why)))
    return tuple(keys)


def origin(keys: tuple[Key, ...]) -> str:
    """The log's name, for good: by its first key."""
    return f"stemma-archive/{keys[0].fingerprint[:16]}"


def private_key(folder: DataFolder, keys: tuple[Key, ...]) -> Ed25519PrivateKey:
    """The newest key's private half. Raises MissingKey where the file is not there, or is another's."""
    for path in (folder.key, _part(folder.key)):
        found = _load(path)
        if found is not None and notes.public_bytes(found) == keys[-1].public:
            if path != folder.key:  # a process was killed after its event
                _settle(folder.key, at=keys[-1].at)
            return found
    raise MissingKey(f"{folder.key} does not hold the archive's key {keys[-1].fingerprint}: the log cannot be signed; "
                     f"put that key back, or, if it is lost, make another by 'stemma key lost'")


def _load(path: Path) -> Ed25519PrivateKey | None:
    try:
        found = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return found if isinstance(found, Ed25519PrivateKey) else None


def ensure(folder: DataFolder, *, now: datetime) -> tuple[Key, ...]:
    """The archive's keys; the first one is made where there is none."""
    return history(folder) or make(folder, why="first", now=now)


def make(folder: DataFolder, *, why: Why, now: datetime, by: str | None = None) -> tuple[Key, ...]:
    """Make a key in the last one's place, which is kept beside it; the event says why. Raises MissingKey, WriteFailed.

    The key is written first, then its event, then it is put in its place: whoever is killed between two goes on.
    """
    before = history(folder)
    private = Ed25519PrivateKey.generate()
    public = notes.public_bytes(private)
    data: dict[str, object] = {"why": why, "public": base64.b64encode(public).decode()}
    if why == "rotated":
        old = private_key(folder, before)
        data["signature"] = base64.b64encode(old.sign(_PURPOSE + public)).decode()
    _write(_part(folder.key), private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    events.append(folder.events, events.Event(kind=KIND, at=now, by=by, data=data))
    _settle(folder.key, at=now)
    return history(folder)


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def _write(path: Path, pem: bytes) -> None:
    """A file that only its owner may read."""
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise WriteFailed(f"{path}: {error.strerror}; free some space and run again") from error


def _settle(path: Path, *, at: datetime) -> None:
    """Put the new key in its place; what was there is kept beside it."""
    if path.exists():
        os.replace(path, path.with_name(f"{path.name}.until-{at:%Y%m%dT%H%M%SZ}"))
    os.replace(_part(path), path)
