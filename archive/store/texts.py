"""Texts of documents and versions, each once, whoever shares it; triggers take one away with the last that has it."""

import sqlite3

from archive.digests import text_hash

HELD = "SELECT text_id FROM texts WHERE hash = :hash AND text = :text"
ADD = "INSERT INTO texts (hash, text) VALUES (:hash, :text)"
EVERY = "SELECT text_id, hash, text FROM texts WHERE hash <> 0"


def damaged(conn: sqlite3.Connection) -> list[int]:
    """The numbers of texts that are not those whose hashes stand beside them."""
    return [row["text_id"] for row in conn.execute(EVERY) if text_hash(row["text"]) != row["hash"]]


def keep(conn: sqlite3.Connection, text: str) -> int:
    """The number of a text, added where it is not held yet: in the transaction of the row that refers to it."""
    values = {"hash": text_hash(text), "text": text}
    row = conn.execute(HELD, values).fetchone()
    return int(row["text_id"] if row else conn.execute(ADD, values).lastrowid or 0)
