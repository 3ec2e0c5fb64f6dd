"""Texts of documents and versions, each once, whoever shares it; triggers take one away with the last that has it.

They are kept deflated (`archive.packing`); SQL reads them by `inflated`, which every connection has.
"""

import sqlite3
import zlib

from archive.digests import text_hash
from archive.packing import deflated, inflated

HELD = "SELECT text_id FROM texts WHERE hash = :hash AND inflated(text) = :text"
ADD = "INSERT INTO texts (hash, text) VALUES (:hash, :kept)"
EVERY = "SELECT text_id, hash, text FROM texts WHERE hash <> 0"


def damaged(conn: sqlite3.Connection) -> list[int]:
    """The numbers of texts that are not those whose hashes stand beside them."""
    return [row["text_id"] for row in conn.execute(EVERY) if not _is_sound(row)]


def _is_sound(row: sqlite3.Row) -> bool:
    try:
        return text_hash(inflated(row["text"]) or "") == int(row["hash"])
    except (ValueError, zlib.error):
        return False


def keep(conn: sqlite3.Connection, text: str) -> int:
    """The number of a text, added where it is not held yet: in the transaction of the row that refers to it."""
    hashed = text_hash(text)
    row = conn.execute(HELD, {"hash": hashed, "text": text}).fetchone()
    return int(row["text_id"] if row else conn.execute(ADD, {"hash": hashed, "kept": deflated(text)}).lastrowid or 0)
