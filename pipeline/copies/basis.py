"""How the texts of an archive were compared, so that one that is not held can be compared with them."""

import sqlite3
from dataclasses import dataclass
from functools import lru_cache

from archive.store import comparisons
from archive.topic import Topic
from pipeline.copies import vectors
from pipeline.copies.epoch import Epoch, shipped, unpacked
from pipeline.copies.terms import own_tokens
from pipeline.fingerprints import METHOD, method

_unpacked = lru_cache(maxsize=2)(unpacked)  # the site asks again and again in one epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The epoch in which most texts stand, the method by which they were compared, and whether vectors decided then."""

    epoch: Epoch
    method: str
    is_encoded: bool


def basis(conn: sqlite3.Connection, topic: Topic) -> Basis:
    """What most texts were compared by: while a new epoch is compared in, that is for long the one before."""
    name, _, rest = comparisons.last_method(conn).partition(" ")
    digest, _, encoder = rest.partition(" ")
    kept = comparisons.epoch_of(conn, digest)
    if name == METHOD and kept is not None:
        return Basis(epoch=_unpacked(kept.packed, kept.digest), method=f"{name} {rest}", is_encoded=bool(encoder))
    first = shipped(own_tokens(topic))
    if name == METHOD and digest == first.digest:
        return Basis(epoch=first, method=f"{name} {rest}", is_encoded=bool(encoder))
    # Nothing was compared, or by an older program only: with none of these can a text be compared.
    last = comparisons.last_epoch(conn)
    epoch = _unpacked(last.packed, last.digest) if last is not None else first
    return Basis(epoch=epoch, method=method(epoch.digest, encoder=vectors.installed()), is_encoded=False)
