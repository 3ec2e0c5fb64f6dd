"""Texts are held once, and as long as a document or a version has them."""

from collections.abc import Callable
from sqlite3 import Connection

from archive.model import Document
from archive.store import documents, texts

TEXTS = "SELECT inflated(text) AS text FROM texts ORDER BY 1"
FOUND = "SELECT rowid FROM versions_fts WHERE versions_fts MATCH ?"


def held(conn: Connection) -> list[str]:
    return [row["text"] for row in conn.execute(TEXTS)]


def test_a_text_is_held_once_whoever_has_it(conn: Connection, published: Callable[..., list[int]]) -> None:
    published("https://a.example/1", "One text.")
    published("https://b.example/2", "One text.", "Another text.")
    assert held(conn) == ["Another text.", "One text."]
    shown = conn.execute("SELECT text FROM version ORDER BY url, ordinal")
    assert [row["text"] for row in shown] == ["One text.", "One text.", "Another text."]


def test_texts_that_differ_in_a_sign_are_two(conn: Connection) -> None:
    assert texts.keep(conn, "One text.") == texts.keep(conn, "One text.") != texts.keep(conn, "One\xa0text.")


def test_two_texts_with_one_hash_are_two(conn: Connection) -> None:
    one = texts.keep(conn, "One text.")
    conn.execute("UPDATE texts SET text = 'Of the same hash.'")
    assert texts.keep(conn, "One text.") != one


def test_a_text_leaves_with_the_last_that_has_it(conn: Connection, published: Callable[..., list[int]]) -> None:
    (one,) = published("https://a.example/1", "One text.")
    (other,) = published("https://b.example/2", "One text.")
    for version_id, left in ((one, ["One text."]), (other, [])):
        (document_id,) = conn.execute("SELECT document_id FROM versions WHERE version_id = ?", [version_id]).fetchone()
        conn.execute("DELETE FROM sightings WHERE document_id = ?", [document_id])
        conn.execute("DELETE FROM versions WHERE version_id = ?", [version_id])
        assert held(conn) == ["One text."], "its document has it"
        assert [row["rowid"] for row in conn.execute(FOUND, ["text"])] == [other] * len(left)
        conn.execute("UPDATE documents SET text_id = NULL WHERE document_id = ?", [document_id])
        assert held(conn) == left


def test_a_version_that_gets_another_text_is_found_by_that(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    (one,) = published("https://a.example/1", "One text.")
    conn.execute("UPDATE versions SET text_id = ?", [texts.keep(conn, "Another reading.")])
    assert [row["rowid"] for row in conn.execute(FOUND, ["reading"])] == [one]
    assert conn.execute(FOUND, ["one"]).fetchall() == []


def test_a_document_that_is_held_already_adds_no_text(conn: Connection, document: Callable[..., Document]) -> None:
    documents.add(conn, document())
    documents.add(conn, document(paragraphs=("Read otherwise.",)))
    assert held(conn) == ["One paragraph.\n\nAnother."]
