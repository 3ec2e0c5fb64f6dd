"""Texts as the database keeps them."""

import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stemma_testing import FilledDemo

from archive import packing
from archive.packing import deflated, inflated


@given(st.text(max_size=2_000))
def test_a_text_comes_back_and_takes_no_more_than_it_has(text: str) -> None:
    kept = deflated(text)
    assert inflated(kept) == text
    assert kept == text if isinstance(kept, str) else len(kept) < len(text.encode())


def test_what_could_not_be_inflated_is_kept_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Troops crossed." * 50
    kept = deflated(text)
    assert isinstance(kept, bytes)
    assert kept.startswith(b"\x78\x9c"), "by which `told_by` finds deflated texts"
    monkeypatch.setattr(packing, "MOST_BYTES", 100)
    assert deflated(text) == text


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # SQLite's word for it says no more
@pytest.mark.parametrize(("kept", "reason"), [
    pytest.param(zlib.compress(b"Troops crossed." * 50)[:-1], "cut", id="cut"),
    pytest.param(zlib.compress(b"Troops crossed." * 50)[:-1] + b"x", "incorrect data check", id="damaged"),
    pytest.param(b"no such bytes", "incorrect header", id="others"),
    pytest.param(zlib.compress(bytes(packing.MOST_BYTES + 1)), "too long", id="endless"),
    pytest.param(zlib.compress(b"\xff\xfe" * 50), "decode", id="no text"),
])
def test_what_is_no_such_text_is_refused(kept: bytes, reason: str) -> None:
    with pytest.raises((ValueError, zlib.error), match=reason):
        inflated(kept)
    conn = sqlite3.connect(":memory:")
    packing.prepare_connection(conn)
    with pytest.raises(sqlite3.OperationalError, match=packing.UNREADABLE):
        conn.execute("SELECT inflated(?)", [kept]).fetchone()
    assert conn.execute("SELECT inflated(NULL), inflated('plain')").fetchone() == (None, "plain")


def test_sqlite_utils_reads_the_texts_of_an_archive(demo: FilledDemo) -> None:
    """Its plugins are found by the entry points of what is installed."""
    asked = [str(Path(sys.executable).with_name("sqlite-utils")), "query", str(demo.data / "archive.db"),
             "SELECT count(*) AS found FROM version WHERE text LIKE '%Sudzha%'", "--raw"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 0
