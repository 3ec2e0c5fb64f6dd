"""Which version of an article a search shows is the same in every order."""

from pathlib import Path
from typing import get_args

import pytest

from archive.store import open_database
from archive.store.matching import Sort, matched

TEXTS = {  # by version, and whether it is its article's latest
    1: (1, False, "bridge river"), 2: (1, False, "bridge bridge bridge"), 3: (1, False, "bridge " + "other " * 40),
    4: (1, True, "gone"), 5: (2, False, "bridge bridge"), 6: (2, True, "bridge " + "more " * 30), 7: (3, True, "bridge"),
    8: (4, False, "bridge"), 9: (4, True, "nothing of it"),
}


@pytest.mark.parametrize("sort", get_args(Sort))
def test_the_version_that_is_shown_of_an_article_does_not_depend_on_the_order(tmp_path: Path, sort: Sort) -> None:
    conn = open_database(tmp_path / "archive.db", create=True)
    conn.execute("PRAGMA foreign_keys = OFF")
    for version, (article, is_latest, text) in TEXTS.items():
        conn.execute("INSERT INTO versions_fts (rowid, title, text) VALUES (?, '', ?)", (version, text))
        conn.execute(
            "INSERT INTO catalogue (version_id, article_id, is_latest, profile_id, day, dated, first_seen, last_seen, fold, kin)"
            " VALUES (?, ?, ?, 1, ?, ?, 'x', 'x', ?, 0)",
            (version, article, is_latest, f"2024-08-0{article}", f"2024-08-0{article}T00:00", -article))
    found = matched(conn, '"bridge"', {"since": "0000", "until": "9999"}, sort=sort)
    assert dict(zip(found.articles, found.versions, strict=True)) == {1: 2, 2: 6, 3: 7, 4: 8}
    conn.close()
