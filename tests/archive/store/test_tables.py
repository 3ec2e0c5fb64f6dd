"""Whole views as rows."""

from datetime import UTC, datetime
from pathlib import Path

from archive.store import open_database, tables


def test_every_view_has_its_columns_with_what_stands_in_them(tmp_path: Path) -> None:
    conn = open_database(tmp_path / "archive.db", create=True)
    listed = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
    assert set(tables.VIEWS) <= listed
    at = datetime(2024, 8, 6, tzinfo=UTC).isoformat()
    conn.execute("INSERT INTO observations (url, at, role, outcome, via) VALUES ('https://a.example/', ?, 'article', 'gone', 'x')",
                 (at,))
    found = dict(tables.kinds(conn, "observation"))
    assert (found["url"], found["error"]) == ("text", "text")
    assert [row[0] for row in tables.rows(conn, "observation")] == ["https://a.example/"]
    assert all(tables.kinds(conn, view) and list(tables.rows(conn, view)) is not None for view in tables.VIEWS)
    conn.close()
