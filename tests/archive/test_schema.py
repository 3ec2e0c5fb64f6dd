"""The schema, and files that are not ours."""

import hashlib
import json
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from stemma_testing import told_by

from archive import schema
from archive.errors import ForeignDatabase, MissingArchive, NewerSchema, OlderSchema
from archive.schema import tables
from archive.store import open_database, read_database, room, transaction


def changed(path: Path, *statements: str) -> Path:
    conn = sqlite3.connect(path)
    for statement in statements:
        conn.execute(statement)
    conn.commit()
    conn.close()
    return path


def test_a_new_database_has_its_mark_version_and_views(tmp_path: Path) -> None:
    conn = open_database(tmp_path / "a.db", create=True)
    assert conn.execute("PRAGMA application_id").fetchone()[0] == schema.APPLICATION_ID
    assert conn.execute("PRAGMA user_version").fetchone()[0] == schema.SCHEMA_VERSION
    names = [row["name"] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'view'")]
    for name in names:
        assert conn.execute(f"SELECT * FROM {name}").fetchall() == []
    assert {"article", "version", "copy_link", "family", "witness", "capture", "observation", "discovery"} <= set(names)
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    conn.close()


def test_every_table_of_ours_checks_its_types(tmp_path: Path) -> None:
    conn = open_database(tmp_path / "a.db", create=True)
    tables = {row["name"]: row for row in conn.execute("PRAGMA table_list") if row["type"] == "table"}
    loose = {name for name, row in tables.items() if not row["strict"] and not name.startswith(("sqlite_", "_sqlite"))}
    assert loose <= {"versions_fts_config", "versions_fts_data", "versions_fts_docsize", "versions_fts_idx"}
    conn.close()


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    open_database(tmp_path / "a.db", create=True).close()
    dump = list(read_database(tmp_path / "a.db").iterdump())
    open_database(tmp_path / "a.db").close()
    assert list(read_database(tmp_path / "a.db").iterdump()) == dump


def test_no_archive_says_how_to_make_one_and_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingArchive, match="stemma init"):
        open_database(tmp_path / "a.db")
    assert list(tmp_path.iterdir()) == []


def test_a_newer_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    open_database(tmp_path / "a.db", create=True).close()
    changed(tmp_path / "a.db", "PRAGMA user_version = 99")
    with pytest.raises(NewerSchema, match=f"schema 99, this program knows {schema.SCHEMA_VERSION}; upgrade"):
        open_database(tmp_path / "a.db")
    assert sqlite3.connect(tmp_path / "a.db").execute("PRAGMA user_version").fetchone() == (99,)


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    changed(tmp_path / "a.db", "CREATE TABLE bookmarks (url)")
    before = (tmp_path / "a.db").read_bytes()
    with pytest.raises(ForeignDatabase, match="another program's"):
        open_database(tmp_path / "a.db", create=True)
    assert (tmp_path / "a.db").read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"no database at all, but text of some length" * 50, b"SQLite format 3\0" + b"x" * 9_000]
)
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.db").write_bytes(content)
    with pytest.raises(ForeignDatabase, match="stemma rebuild"):
        open_database(tmp_path / "a.db")


def test_a_folder_in_place_of_the_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").mkdir()
    with pytest.raises(ForeignDatabase, match="cannot be opened"):
        open_database(tmp_path / "a.db")


@pytest.mark.parametrize("begun", [
    pytest.param((f"PRAGMA application_id = {schema.APPLICATION_ID}",), id="before the tables"),
    pytest.param((), id="after the tables"),
])
def test_a_program_that_was_killed_while_it_made_the_tables_goes_on(tmp_path: Path, begun: tuple[str, ...]) -> None:
    if begun:
        changed(tmp_path / "a.db", *begun)
    else:
        open_database(tmp_path / "a.db", create=True).close()
        changed(tmp_path / "a.db", "PRAGMA user_version = 0")
    conn = open_database(tmp_path / "a.db")
    assert conn.execute("SELECT count(*) FROM captures").fetchone()[0] == 0
    assert conn.execute("PRAGMA user_version").fetchone()[0] == schema.SCHEMA_VERSION
    conn.close()


# What archives out there were made by. A migration that was published is never edited: the next one is for changes.
PUBLISHED = {
    "FIRST": "57223f7df11f3709", "SECOND": "e9c48f0b071f8c24", "THIRD": "1044552e2a53297b",
    "FOURTH": "53be069359cd9e3a", "FOURTH_MOVED": "b0dc902f94a8cc6f", "FIFTH": "46a414b0338bd2b8"}
MIGRATIONS = {
    "first": ("FIRST",), "second": ("SECOND",), "third": ("THIRD",), "fourth": ("FOURTH", "FOURTH_MOVED"),
    "fifth": ("FIFTH",), "sixth": ("SIXTH", "SIXTH_MOVED")}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_migration_is_as_it_was(name: str) -> None:
    assert hashlib.sha256(getattr(tables, name).encode()).hexdigest()[:16] == PUBLISHED[name]


@pytest.mark.parametrize("version", range(1, schema.SCHEMA_VERSION))
def test_an_older_archive_gets_the_tables_and_views_of_a_new_one_and_keeps_its_rows(
    tmp_path: Path, version: int
) -> None:
    """As a published version left it: its tables, and views that have changed since."""
    old = sqlite3.connect(tmp_path / "old.db")
    old.execute("CREATE TABLE _sqlite_migrations (migration_set TEXT, name TEXT, applied_at TEXT)")
    for name, parts in list(MIGRATIONS.items())[:version]:
        for part in parts:
            old.executescript(getattr(tables, part))
        old.execute("INSERT INTO _sqlite_migrations VALUES ('stemma', ?, '2026-11-01')", [name])
    old.execute("CREATE VIEW observation AS SELECT url FROM observations")
    old.commit()
    old.executescript(f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = {version}")
    old.execute("INSERT INTO warcs VALUES ('a.warc.gz', 7)")
    old.commit()
    old.close()
    held = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE '_sqlite%' ORDER BY name"
    with pytest.raises(OlderSchema, match=rf"has schema {version}, this program .*; run 'stemma update' once"):
        read_database(tmp_path / "old.db")
    migrated, new = open_database(tmp_path / "old.db"), open_database(tmp_path / "new.db", create=True)
    assert [tuple(row) for row in migrated.execute(held)] == [tuple(row) for row in new.execute(held)]
    assert [tuple(row) for row in migrated.execute("SELECT * FROM warcs")] == [("a.warc.gz", 7)]
    migrated.close()
    new.close()


def archive_before_texts_moved(path: Path) -> sqlite3.Connection:
    """As the third migration left it: two articles with one text, one of them with an older version, one withheld."""
    conn = sqlite3.connect(path)
    conn.execute("CREATE TABLE _sqlite_migrations (migration_set TEXT, name TEXT, applied_at TEXT)")
    for name in ("FIRST", "SECOND", "THIRD"):
        conn.executescript(getattr(tables, name))
        conn.execute("INSERT INTO _sqlite_migrations VALUES ('stemma', ?, '2026-11-01')", [name.lower()])
    conn.executescript(f"PRAGMA application_id = {schema.APPLICATION_ID}; PRAGMA user_version = 3")
    rows = [(1, 1, 1, "Troops crossed near Sudzha."), (2, 1, 2, "Troops crossed the border near Sudzha."),
            (3, 2, 1, "Troops crossed near Sudzha.")]
    for number in (1, 2):
        conn.execute("INSERT INTO articles VALUES (?, ?, ?, ?, 'a.example', 1)",
                     (number, f"https://a.example/{number}", f"https://a.example/{number}", f"key-{number}"))
    documents = [*((row_id, text, 0) for row_id, _, _, text in rows), (4, "", 1)]
    for row_id, text, withheld in documents:
        conn.execute(
            "INSERT INTO documents (document_id, payload_digest, url, charset, extractor, title, authors, text, credits, "
            "candidates, text_digest, body_digest, state_digest, is_withheld) "
            "VALUES (?, ?, 'u', '', 'x', 'T', '[]', ?, '[]', '[]', '', '', '', ?)", (row_id, str(row_id), text, withheld))
    for row_id, article, ordinal, text in rows:
        conn.execute(
            "INSERT INTO versions (version_id, public_id, article_id, ordinal, document_id, first_seen, last_seen, "
            "sightings, change, is_latest, title, text) VALUES (?, ?, ?, ?, ?, '', '', 1, '[]', 1, 'T', ?)",
            (row_id, str(row_id), article, ordinal, row_id, text))
    conn.execute("DELETE FROM uncatalogued")
    conn.commit()
    return conn


def test_an_older_archive_keeps_its_texts_and_finds_them(tmp_path: Path) -> None:
    old = archive_before_texts_moved(tmp_path / "old.db")
    found = "SELECT rowid, round(bm25(versions_fts), 9) FROM versions_fts WHERE versions_fts MATCH ? ORDER BY rowid"
    before = {asked: old.execute(found, [asked]).fetchall() for asked in ("sudzha", "border", '"near sudzha"')}
    texts = dict(old.execute("SELECT version_id, text FROM versions"))
    old.close()
    conn = open_database(tmp_path / "old.db")
    assert {row["version_id"]: row["text"] for row in conn.execute("SELECT version_id, text FROM version")} == texts
    assert {asked: [tuple(row) for row in conn.execute(found, [asked])] for asked in before} == before
    assert conn.execute("SELECT count(*) FROM texts").fetchone()[0] == len(set(texts.values()))
    assert conn.execute("SELECT document_id FROM documents WHERE text_id IS NULL").fetchone()[0] == 4
    assert conn.execute("SELECT count(*) FROM uncatalogued").fetchone()[0] == 0, "nothing that is searched changed"
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    conn.close()


def test_a_text_that_moved_and_is_deleted_is_in_the_file_no_more(tmp_path: Path) -> None:
    archive_before_texts_moved(tmp_path / "old.db").close()
    conn = open_database(tmp_path / "old.db")
    conn.execute("DELETE FROM versions")
    conn.execute("DELETE FROM documents")
    conn.execute("INSERT INTO versions_fts (versions_fts) VALUES ('optimize')")
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert b"Troops" not in told_by(tmp_path / "old.db")
    conn.close()


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    conn = open_database(tmp_path / "a.db", create=True)
    with pytest.raises(sqlite3.IntegrityError), transaction(conn):
        conn.executemany("INSERT INTO warcs VALUES (?, 1)", [("a",), ("a",)])
    with transaction(conn):
        conn.execute("INSERT INTO warcs VALUES ('b', 1)")
    assert [row["path"] for row in conn.execute("SELECT path FROM warcs")] == ["b"]
    conn.close()


def test_a_schema_with_bytes_that_are_no_text_is_damage(tmp_path: Path) -> None:
    """SQLite's own complaint then holds these bytes, and Python's library cannot read it."""
    path = tmp_path / "archive.db"
    conn = open_database(path, create=True)
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()
    path.write_bytes(path.read_bytes().replace(b"tablecapturescaptures", b"tablec\xa0pturescaptures", 1))
    for opened in (open_database, read_database):
        with pytest.raises(ForeignDatabase, match="stemma rebuild"):
            opened(path)


def older_archive(path: Path, text: str) -> None:
    """One that is long and half empty where it has come to this schema."""
    old = archive_before_texts_moved(path)
    old.execute("UPDATE documents SET text = ?, candidates = ? WHERE document_id = 1", (text, json.dumps([["a", text, "b"]])))
    old.execute("UPDATE versions SET text = ? WHERE version_id = 1", (text,))
    old.commit()
    old.close()


def test_an_older_archive_takes_the_room_that_its_texts_take_deflated(tmp_path: Path) -> None:
    long = "Troops crossed the border near Sudzha. " * 30_000
    older_archive(tmp_path / "old.db", long)
    conn = open_database(tmp_path / "old.db")
    assert conn.execute("SELECT text FROM version WHERE version_id = 1").fetchone()[0] == long
    assert conn.execute("SELECT candidates FROM version WHERE version_id = 1").fetchone()[0] == json.dumps([["a", long, "b"]])
    room.give_back(conn)
    assert conn.execute("PRAGMA auto_vacuum").fetchone()[0] == 2
    assert conn.execute("PRAGMA freelist_count").fetchone()[0] == 0
    assert conn.execute("SELECT text FROM version WHERE version_id = 1").fetchone()[0] == long
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert (tmp_path / "old.db").stat().st_size < len(long), "it was held three times"
    conn.close()


@pytest.mark.parametrize("full", ["disk", "temporary files"])
def test_without_room_for_a_second_one_an_older_archive_stays_as_long_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: str
) -> None:
    older_archive(tmp_path / "old.db", "Troops crossed the border near Sudzha. " * 30_000)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "temporary"))

    def usage(place: str) -> SimpleNamespace:
        is_temporary = Path(place) == tmp_path / "temporary"
        return SimpleNamespace(free=0 if is_temporary == (full == "temporary files") else 10 ** 9)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    conn = open_database(tmp_path / "old.db")
    before = conn.execute("PRAGMA page_count").fetchone()[0]
    room.give_back(conn)
    assert conn.execute("PRAGMA auto_vacuum").fetchone()[0] == 0
    assert conn.execute("PRAGMA page_count").fetchone()[0] == before
    assert len(conn.execute("SELECT text FROM version").fetchall()) == 3
    conn.close()


def test_triggers_are_the_same_in_the_connection_that_makes_the_tables(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        conn = open_database(tmp_path / "a.db", create=True)
        found.append(conn.execute("PRAGMA recursive_triggers").fetchone()[0])
        conn.close()
    assert found == [0, 0]
