"""What joins a withheld family later is withheld too, and what a person had shown again is not."""

from datetime import timedelta
from pathlib import Path

import pytest
from hand_fed import FIRST, NOW, OTHER, STORY, URL, HandFed
from public_rows import public_rows
from stemma_testing import told_by

from archive import events, withholdings
from archive.errors import UnknownText
from archive.folder import open_archive
from archive.model import Verdict
from archive.store import kin
from archive.withholdings import Withholding
from pipeline import steps
from pipeline.custody import erasing, withholding
from pipeline.operating import judging

LATE, ELSEWHERE = "https://gazette.example/2024/08/kursk-column", "https://tribune.example/2024/08/kursk-market"
UNLIKE = (
    "The market of Lgov in the Kursk region opened late on Friday. Traders from three villages brought honey and apples, "
    "and the mayor of Lgov promised them a new roof before the winter. Prices were said to be a fifth above those of July.")


@pytest.fixture
def own(tmp_path: Path) -> HandFed:
    found = HandFed(tmp_path / "data")
    found.capture(URL, FIRST)
    found.capture(OTHER, FIRST + timedelta(hours=3), f"{STORY} The Courier has this from the governor's office")
    return found


def family(own: HandFed) -> str:
    with own.read() as conn:
        found = kin.find_family(conn, own.ids(URL)[0])
    assert found is not None
    return found


def decide(own: HandFed, what: str, *, undo: bool = False) -> None:
    with open_archive(own.data) as archive:
        act = withholding.show_again if undo else withholding.withhold
        act(own.work(archive), what, reason="A court asked for it", by="Vera Lens")


def erase(own: HandFed, what: str) -> None:
    with open_archive(own.data) as archive:
        erasing.erase(own.work(archive), what, reason="A court demands it", by=None, announcements=False)


def judge(own: HandFed, one: str, other: str, verdict: Verdict) -> None:
    with open_archive(own.data) as archive:
        judging.judge(own.work(archive), one, other, verdict, by="Vera Lens", note=None)


def withheld(own: HandFed) -> dict[str, str]:
    """Who is withheld, and as part of which family."""
    with own.read() as conn:
        return {row["url"]: row["family"] for row in conn.execute("SELECT url, family FROM withholding")}


def shown(own: HandFed) -> set[str]:
    with own.read() as conn:
        return {row["url"] for row in conn.execute("SELECT url FROM article")}


def test_what_joins_it_later_is_withheld_by_an_event_of_its_own(own: HandFed) -> None:
    name = family(own)
    decide(own, name)
    own.capture(ELSEWHERE, FIRST + timedelta(days=1), UNLIKE)
    own.capture(LATE, FIRST + timedelta(days=2), f"{STORY} Gazette")
    assert withheld(own) == dict.fromkeys((URL, OTHER, LATE), name)
    assert shown(own) == {ELSEWHERE}
    assert b"had been seen on the road to Korenevo" not in told_by(own.data / "archive.db")
    before = public_rows(own.data / "archive.db")
    own.rebuild()
    assert public_rows(own.data / "archive.db") == before
    decide(own, name, undo=True)
    assert (withheld(own), shown(own)) == ({}, {URL, OTHER, LATE, ELSEWHERE})


def test_what_a_person_has_shown_again_stays_so(own: HandFed) -> None:
    decide(own, family(own))
    decide(own, OTHER, undo=True)
    own.capture(ELSEWHERE, FIRST + timedelta(days=1), UNLIKE)
    assert shown(own) == {OTHER, ELSEWHERE}


def test_undoing_a_family_leaves_what_was_withheld_by_itself(own: HandFed) -> None:
    own.capture(LATE, FIRST + timedelta(hours=5), f"{STORY} Gazette")
    name = family(own)
    decide(own, OTHER)
    assert family(own) == name
    decide(own, name)
    assert (withheld(own).keys(), shown(own)) == ({URL, OTHER, LATE}, set())
    decide(own, name, undo=True)
    assert (withheld(own).keys(), shown(own)) == ({OTHER}, {URL, LATE})
    decide(own, OTHER, undo=True)
    assert (withheld(own), shown(own)) == ({}, {URL, OTHER, LATE})


def test_undoing_a_family_leaves_the_tombstone_of_what_was_erased(own: HandFed) -> None:
    name = family(own)
    decide(own, name)
    erase(own, URL)
    decide(own, name, undo=True)
    assert (withheld(own).keys(), shown(own)) == ({URL}, {OTHER})
    with pytest.raises(UnknownText, match="was erased"):
        decide(own, name, undo=True)


@pytest.mark.parametrize("parted", [(URL, OTHER), (URL,)])
def test_what_a_person_parted_from_all_its_texts_does_not_join_it(own: HandFed, parted: tuple[str, ...]) -> None:
    own.capture(LATE, FIRST + timedelta(hours=5), f"{STORY} Gazette")
    for url in parted:
        judge(own, LATE, url, "reject")
    name = family(own)
    with open_archive(own.data) as archive:
        events.append(archive.folder.events, *(withholdings.to_event(Withholding(
            url=url, addresses=(url,), reason="A court asked for it", at=NOW, family=name, is_family=True))
            for url in (URL, OTHER)))
        joined = next(report for report in steps.update(own.work(archive)) if report.step == "join")
    assert shown(own) == ({LATE} if len(parted) == 2 else set())
    assert dict(joined.counts) == ({} if len(parted) == 2 else {f"withheld with {name}: {LATE}": 1})
    before = public_rows(own.data / "archive.db")
    own.rebuild()
    assert public_rows(own.data / "archive.db") == before


def test_a_judgement_that_was_taken_back_parts_nothing(own: HandFed) -> None:
    own.capture(LATE, FIRST + timedelta(hours=5), f"{STORY} Gazette")
    for url in (URL, OTHER):
        judge(own, LATE, url, "reject")
    judge(own, LATE, URL, "undo")
    judge(own, LATE, URL, "reject")
    judge(own, OTHER, LATE, "undo")
    decide(own, family(own))
    own.capture(ELSEWHERE, FIRST + timedelta(days=1), UNLIKE)
    assert shown(own) == {ELSEWHERE}


def test_an_article_withheld_by_itself_takes_no_other_with_it(own: HandFed) -> None:
    decide(own, URL)
    own.capture(LATE, FIRST + timedelta(days=2), f"{STORY} Gazette")
    assert shown(own) == {OTHER, LATE}


def test_copies_of_what_was_erased_cannot_be_known(own: HandFed) -> None:
    name = family(own)
    decide(own, name)
    erase(own, name)
    own.capture(LATE, FIRST + timedelta(days=2), f"{STORY} Gazette")
    assert shown(own) == {LATE}
