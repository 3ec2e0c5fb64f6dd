"""A site that runs on while its database file is replaced."""

import os
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from archive.store import open_database
from archive.topic import load_topic
from datasette_config import renewal
from pipeline.operating import care

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any


def quiet(*_: Any, **__: Any) -> Any:
    """Progress that is not shown."""


def deleted(folder: Path) -> list[str]:
    """Files of a folder that this process holds open although they are gone."""
    opened = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [name for name in opened if name.startswith(str(folder)) and name.endswith("(deleted)")]


@pytest.fixture
def running(own_site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site that has opened its database, and looks at the file before every request."""
    monkeypatch.setattr(renewal, "INTERVAL", 0.0)
    assert own_site.json("/index.json")["counts"]["articles"] == 8
    assert own_site.json("/archive.json?sql=select+count(*)+as+n+from+article&_shape=array") == [{"n": 8}]
    return own_site


def test_a_rebuild_shows_on_the_running_site(running: Site, own_archive: Archive) -> None:
    care.rebuild(load_topic("kursk"), own_archive.data, clock=lambda: datetime(2024, 9, 1, tzinfo=UTC), progress=quiet)
    conn = open_database(own_archive.database)
    (held,) = conn.execute("SELECT count(*) FROM article").fetchone()
    conn.close()
    assert 0 < held != 8
    assert running.json("/index.json")["counts"]["articles"] == held
    assert running.json("/archive.json?sql=select+count(*)+as+n+from+article&_shape=array") == [{"n": held}]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a list of open files")
def test_the_replaced_file_is_let_go(running: Site, own_archive: Archive) -> None:
    new = own_archive.data / "new.db"
    open_database(new, create=True).close()
    os.replace(new, own_archive.database)
    assert running.json("/index.json")["counts"]["articles"] == 0
    until = monotonic() + 20
    while monotonic() < until and deleted(own_archive.data):
        sleep(0.02)
    assert deleted(own_archive.data) == []


def test_the_file_is_looked_at_once_in_an_interval(own_site: Site, own_archive: Archive) -> None:
    now = 0.0
    first = own_site.datasette.databases["archive"]

    async def nothing(*_: Any) -> None:
        """An application that answers nothing."""

    def ask(at: float) -> Any:
        nonlocal now
        now = at
        own_site.loop.run_until_complete(app({"type": "http"}, None, None))
        return own_site.datasette.databases["archive"]

    app = renewal.renewing(nothing, own_site.datasette, clock=lambda: now)
    away, new = own_archive.data / "away.db", own_archive.data / "new.db"
    os.replace(own_archive.database, away)
    assert ask(1.0) is first, "no file, nothing to open"
    os.replace(away, own_archive.database)
    assert ask(2.0) is first, "the same file again"
    open_database(new, create=True).close()
    os.replace(new, own_archive.database)
    assert ask(2.9) is first, "too early"
    second = ask(3.0)
    assert second is not first
    assert ask(4.0) is second
