"""What others are served follows what is withheld, whichever run finds that it is."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from hand_fed import FIRST, NOW, OTHER, STORY, TOPIC, URL, HandFed
from stemma_testing import Stemma

from archive import events, withholdings
from archive.folder import open_archive
from archive.store import kin, read_database
from archive.withholdings import Withholding
from pipeline.custody import withholding
from pipeline.sharing import publishing

LATE = "https://gazette.example/2024/08/kursk-column"
OWN = "The Courier has this from the governor's office"
REASON = "A court asked for it"


@pytest.fixture
def own(tmp_path: Path) -> HandFed:
    found = HandFed(tmp_path / "data")
    found.capture(URL, FIRST)
    found.capture(OTHER, FIRST + timedelta(hours=3), f"{STORY} {OWN}")
    publishing.refresh(TOPIC, found.data, clock=lambda: NOW)
    return found


def decided_and_killed(own: HandFed) -> None:
    """As a withholding leaves it that is killed when its event is kept."""
    events.append(own.data / "events.jsonl", withholdings.to_event(
        Withholding(url=OTHER, addresses=(OTHER,), reason=REASON, at=NOW)))


def stemma(own: HandFed, *words: str, code: int = 0) -> str:
    done = Stemma(own.data.parent).run(*words, "--topic", "kursk", "--data", str(own.data), code=code)
    return done.stdout + done.stderr


def served(own: HandFed) -> dict[str, str | None]:
    """The addresses that others are served an article of, and those that they are told to be withheld, with why."""
    conn = read_database(own.data / "public" / "archive.db")
    try:
        return (dict.fromkeys(row["url"] for row in conn.execute("SELECT url FROM article"))
                | {row["url"]: row["reason"] for row in conn.execute("SELECT url, reason FROM withholding")})
    finally:
        conn.close()


def state(own: HandFed) -> tuple[int, int]:
    stat = (own.data / "public" / "archive.db").stat()
    return stat.st_ino, stat.st_mtime_ns


@pytest.mark.parametrize(("words", "code"), [(("update",), 0), (("withhold", OTHER, "--reason", REASON), 2)])
def test_what_a_killed_withholding_left_is_gone_after_the_next_run(
    own: HandFed, words: tuple[str, ...], code: int
) -> None:
    decided_and_killed(own)
    assert served(own) == {URL: None, OTHER: None}
    stemma(own, *words, code=code)
    assert served(own) == {URL: None, OTHER: REASON}
    for file in (own.data / "archive.db", own.data / "public" / "archive.db"):
        assert OWN.encode() not in file.read_bytes(), file
    made = state(own)
    stemma(own, "update")
    assert state(own) == made, "nothing changed, so it is not made again"
    stemma(own, "withhold", OTHER, "--undo")
    assert served(own) == {URL: None, OTHER: None}


def test_what_joins_a_withheld_family_is_withheld_there_too(own: HandFed) -> None:
    with own.read() as conn:
        name = kin.find_family(conn, own.ids(URL)[0])
    assert name is not None
    with open_archive(own.data) as archive:
        withholding.withhold(own.work(archive), name, reason=REASON, by=None)
    publishing.refresh(TOPIC, own.data, clock=lambda: NOW)
    own.capture(LATE, FIRST + timedelta(days=2), f"{STORY} Gazette")
    stemma(own, "update")
    assert served(own) == dict.fromkeys((URL, OTHER, LATE), REASON)


def test_one_that_an_older_program_made_is_made_anew(own: HandFed) -> None:
    conn = sqlite3.connect(own.data / "public" / "archive.db")
    conn.execute("PRAGMA user_version = 1")
    conn.close()
    decided_and_killed(own)
    stemma(own, "update")
    assert served(own) == {URL: None, OTHER: REASON}


def test_where_others_are_served_nothing_nothing_is_made(own: HandFed) -> None:
    (own.data / "public" / "archive.db").unlink()
    decided_and_killed(own)
    stemma(own, "update")
    assert not (own.data / "public" / "archive.db").exists()
