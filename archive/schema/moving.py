"""Rows of older archives -> where this schema has them, a few at a time: a million fit no memory."""

import sqlite3

from archive.digests import text_hash
from archive.packing import deflated

BATCH = 500

DOCUMENTS = """
    SELECT document_id, iif(is_withheld, NULL, text) FROM documents WHERE document_id > ? ORDER BY document_id LIMIT ?
"""
VERSIONS = "SELECT version_id, text FROM versions WHERE version_id > ? ORDER BY version_id LIMIT ?"
OF_DOCUMENT = "UPDATE documents SET text_id = ? WHERE document_id = ?"
OF_VERSION = "UPDATE versions SET text_id = ? WHERE version_id = ?"
HELD = "SELECT text_id FROM texts WHERE hash = ? AND text = ?"
ADD = "INSERT INTO texts (hash, text) VALUES (?, ?)"

PLAIN = "SELECT text_id, hash, text FROM texts WHERE text_id > ? ORDER BY text_id LIMIT ?"
DEFLATE = "INSERT INTO moved_texts (text_id, hash, text) VALUES (?, ?, ?)"
CANDIDATES = "SELECT document_id, candidates FROM documents WHERE document_id > ? ORDER BY document_id LIMIT ?"
DEFLATE_CANDIDATES = "UPDATE documents SET moved_candidates = ? WHERE document_id = ?"

# By the rows' numbers: FTS5 writes out what it has gathered where a number is lower than the one before.
INDEX = """
    INSERT INTO versions_fts (rowid, title, text)
    SELECT v.version_id, v.title, t.text FROM versions v CROSS JOIN texts t USING (text_id) ORDER BY v.version_id
"""


def move_texts(conn: sqlite3.Connection) -> None:
    """The texts of documents and versions, each once, and who has which; a withheld one's is none."""
    for rows, update in ((DOCUMENTS, OF_DOCUMENT), (VERSIONS, OF_VERSION)):
        last = 0
        while found := conn.execute(rows, (last, BATCH)).fetchall():
            conn.executemany(update, [(_text_id(conn, text), row_id) for row_id, text in found if text is not None])
            last = found[-1][0]


def _text_id(conn: sqlite3.Connection, text: str) -> int | None:
    held = conn.execute(HELD, (text_hash(text), text)).fetchone()
    return held[0] if held else conn.execute(ADD, (text_hash(text), text)).lastrowid


def index_again(conn: sqlite3.Connection) -> None:
    """Fill the search index from where the texts are now."""
    conn.execute(INDEX)


def deflate_texts(conn: sqlite3.Connection) -> None:
    """Every text, and what was read beside it, as both are kept from now on."""
    last = 0
    while found := conn.execute(PLAIN, (last, BATCH)).fetchall():
        conn.executemany(DEFLATE, [(text_id, hashed, deflated(text)) for text_id, hashed, text in found])
        last = found[-1][0]
    last = 0
    while found := conn.execute(CANDIDATES, (last, BATCH)).fetchall():
        conn.executemany(DEFLATE_CANDIDATES, [(deflated(read), document_id) for document_id, read in found])
        last = found[-1][0]
