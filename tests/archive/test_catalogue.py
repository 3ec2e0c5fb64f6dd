"""The catalogue says of each version what the views say, whatever changed since it was written."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.digests import address_key
from archive.store import catalogue, open_database

WHAT = ("outlet", "country", "language", "month", "role", "relation", "edited", "presence", "day", "is_latest", "kin")
SHOWN = f"SELECT {', '.join(WHAT)} FROM catalogue JOIN profiles USING (profile_id) WHERE version_id = ?"


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    conn = open_database(tmp_path / "archive.db", create=True)
    conn.execute("INSERT INTO warcs VALUES ('a.warc.gz', 0)")
    yield conn
    conn.close()


def article(conn: sqlite3.Connection, number: int, *, ordinal: int = 1) -> None:
    """An article of an outlet that the topic does not know, or its next version."""
    url = f"https://site-{number}.example/a"
    conn.execute("INSERT OR IGNORE INTO articles VALUES (?, ?, ?, ?, ?, 1)",
                 (number, url, url, address_key(url), f"site-{number}.example"))
    conn.execute("INSERT OR IGNORE INTO addresses VALUES (?, ?, 1)", (url, number))
    at, name = f"2024-08-0{ordinal}T12:00:00.000Z", f"{number}-{ordinal}"
    conn.execute(
        "INSERT INTO documents (document_id, payload_digest, url, charset, extractor, title, authors, language, "
        "credits, candidates, text_digest, body_digest, state_digest, on_topic) "
        "VALUES (?, ?, ?, '', 'x', 'T', '[]', 'en', '[]', '[]', ?, ?, ?, 1)",
        (10 * number + ordinal, name, url, name, name, name))
    conn.execute("UPDATE versions SET is_latest = 0 WHERE article_id = ?", (number,))
    conn.execute(
        "INSERT INTO versions (version_id, public_id, article_id, ordinal, document_id, first_seen, last_seen, "
        "sightings, change, is_latest, title) VALUES (?, ?, ?, ?, ?, ?, ?, 1, '[]', 1, 'T')",
        (10 * number + ordinal, name, number, ordinal, 10 * number + ordinal, at, at))


def family(conn: sqlite3.Connection, root: int, *copies: int) -> None:
    conn.execute("INSERT INTO families (family_id, public_id) VALUES (?, ?)", (root, f"{root}-1"))
    conn.execute("INSERT INTO members VALUES (?, ?, ?, NULL)", (root, root, 10 * root + 1))
    for copy in copies:
        conn.execute("INSERT INTO members VALUES (?, ?, ?, ?)", (copy, root, 10 * copy + 1, root))
        conn.execute("INSERT INTO links VALUES (?, ?, 'translation', .9, 'decided', .9, '[]')",
                     (10 * copy + 1, 10 * root + 1))


def renewed(conn: sqlite3.Connection) -> list[int]:
    """What was to be done, one article at a time, so that neighbours must be reached by themselves."""
    done = []
    while pending := catalogue.pending(conn, limit=1):
        catalogue.renew(conn, pending)
        done += pending
    return done


def shown(conn: sqlite3.Connection, version: int) -> dict[str, Any]:
    return dict(conn.execute(SHOWN, [version]).fetchone())


def test_an_article_alone(conn: sqlite3.Connection) -> None:
    article(conn, 1)
    assert renewed(conn) == [1]
    assert shown(conn, 11) == {
        "outlet": "site-1.example", "country": "", "language": "en", "month": "2024-08", "role": "alone",
        "relation": "", "edited": "unedited", "presence": "present", "day": "2024-08-01", "is_latest": 1, "kin": 0}
    assert renewed(conn) == [], "and what did not change is left alone"


def test_a_new_version(conn: sqlite3.Connection) -> None:
    article(conn, 1)
    renewed(conn)
    article(conn, 1, ordinal=2)
    renewed(conn)
    assert [(shown(conn, v)["is_latest"], shown(conn, v)["edited"]) for v in (11, 12)] == [(0, "edited"), (1, "edited")]


def test_a_family_that_forms_grows_and_falls_apart(conn: sqlite3.Connection) -> None:
    for number in (1, 2, 3):
        article(conn, number)
    renewed(conn)
    family(conn, 1, 2)
    renewed(conn)
    assert [(shown(conn, v)["role"], shown(conn, v)["kin"]) for v in (11, 21, 31)] == [
        ("exemplar", 1), ("repost", 1), ("alone", 0)]
    conn.execute("INSERT INTO members VALUES (3, 1, 31, NULL)")
    conn.execute("INSERT INTO links VALUES (31, 11, 'rewrite', .9, 'undecided', .5, '[]')")
    renewed(conn)
    assert [(shown(conn, v)["role"], shown(conn, v)["kin"]) for v in (11, 21, 31)] == [
        ("exemplar", 2), ("repost", 2), ("undecided", 2)]
    conn.execute("DELETE FROM members WHERE article_id = 2")
    conn.execute("DELETE FROM links WHERE copy_id = 21")
    renewed(conn)
    assert [(shown(conn, v)["role"], shown(conn, v)["relation"], shown(conn, v)["kin"]) for v in (11, 21, 31)] == [
        ("undecided", "rewrite", 1), ("alone", "", 0), ("undecided", "rewrite", 1)]


def test_an_article_that_goes_and_an_outlet_that_gets_a_name(conn: sqlite3.Connection) -> None:
    article(conn, 1)
    renewed(conn)
    conn.execute("INSERT INTO observations VALUES ('https://site-1.example/a', '2024-09-01T00:00:00.000Z', 'article', "
                 "NULL, 'gone', '404', 'stemma')")
    conn.execute("INSERT INTO outlets VALUES ('site-1.example', 'The Site', 'GB', NULL)")
    renewed(conn)
    assert (shown(conn, 11)["presence"], shown(conn, 11)["outlet"], shown(conn, 11)["country"]) == (
        "gone", "The Site", "GB")


def test_a_look_that_turns_out_to_have_found_it_gone(conn: sqlite3.Connection) -> None:
    """A page that says "not found" with status 200 is known for one when it has been read."""
    article(conn, 1)
    conn.execute("INSERT INTO observations VALUES ('https://site-1.example/a', '2024-09-01T00:00:00.000Z', 'article', "
                 "NULL, 'new', NULL, 'stemma')")
    renewed(conn)
    for outcome, presence in (("gone", "gone"), ("blocked", "present"), ("gone", "gone")):
        conn.execute("UPDATE observations SET outcome = ?", [outcome])
        renewed(conn)
        assert shown(conn, 11)["presence"] == presence
    conn.execute("DELETE FROM observations")
    renewed(conn)
    assert shown(conn, 11)["presence"] == "present"


def test_what_is_off_the_topic_is_in_no_search(conn: sqlite3.Connection) -> None:
    article(conn, 1)
    renewed(conn)
    conn.execute("UPDATE articles SET on_topic = 0")
    renewed(conn)
    assert conn.execute(SHOWN, [11]).fetchone() is None
    conn.execute("DELETE FROM versions")
    renewed(conn)
    assert conn.execute("SELECT count(*) FROM catalogue").fetchone()[0] == 0


def test_a_statement_that_handles_conflicts_in_its_own_way_notes_a_change_all_the_same(conn: sqlite3.Connection) -> None:
    article(conn, 1)
    upsert = ("INSERT INTO addresses VALUES ('https://site-1.example/a', 1, 1) "
              "ON CONFLICT (url) DO UPDATE SET article_id = excluded.article_id")
    conn.execute(upsert)
    conn.execute("INSERT INTO versions SELECT * FROM versions WHERE true "
                 "ON CONFLICT (public_id) DO UPDATE SET sightings = 2")
    conn.execute("INSERT OR REPLACE INTO addresses VALUES ('https://site-1.example/a', 1, 1)")
    assert renewed(conn) == [1]
    conn.execute(upsert)
    assert renewed(conn) == [], "nothing moved"
