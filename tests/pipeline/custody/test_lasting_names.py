"""What was cited is found for good: behind older captures that came in later, merges, erasures and rebuilds."""

from datetime import timedelta
from pathlib import Path

import pytest
from hand_fed import FIRST, OTHER, STORY, URL, HandFed

from archive.folder import open_archive
from archive.store import kin, timemaps
from datasette_config import answers, records
from pipeline.custody import erasing


def led_to(own: HandFed, name: str) -> str:
    """Where the site sends who asks for a name."""
    with own.read() as conn:
        found = answers.article(conn, {"": name})
        if isinstance(found, answers.Moved):
            return found.path
        assert isinstance(found, answers.ArticleAnswer)
        return f"/article/{found.version.public_id}"


@pytest.fixture
def own(tmp_path: Path) -> HandFed:
    return HandFed(tmp_path / "data")


def test_a_cited_version_stays_found_behind_older_captures_and_a_rebuild(own: HandFed) -> None:
    """Of the same text from before it was cited, and of what the page said before that."""
    later = STORY.replace("on Wednesday", "on Thursday")
    own.capture(URL, FIRST)
    own.capture(URL, FIRST + timedelta(days=2), later)
    cited, second = own.ids(URL)
    said = own.text_of(cited)
    own.capture(URL, FIRST - timedelta(hours=5), via="A library")
    own.capture(URL, FIRST - timedelta(hours=9), STORY.replace("Lgov", "Oboyan"), via="A library")
    for _ in ("as it came in", "rebuilt"):
        before, moved, after = own.ids(URL)
        assert moved != cited
        assert after == second
        assert own.text_of(cited) == own.text_of(moved) == said
        assert "Oboyan" in own.text_of(before)
        assert led_to(own, cited) == f"/article/{moved}"
        own.rebuild()


def test_it_stays_found_when_its_article_is_merged_into_another(own: HandFed) -> None:
    own.capture(URL, FIRST)
    (cited,) = own.ids(URL)
    key, said = cited.split("-")[0], own.text_of(cited)
    moved = "https://herald.example/war/kursk-column"
    own.capture(moved, FIRST + timedelta(days=1))
    own.capture(URL, FIRST + timedelta(days=2), canonical=moved)
    for _ in ("as it came in", "rebuilt"):
        (now,) = own.ids(moved)
        assert own.ids(URL) == [now]
        assert now != cited
        assert own.text_of(cited) == own.text_of(key) == said
        assert led_to(own, cited) == f"/article/{now}"
        own.rebuild()


def test_a_family_is_found_under_the_name_that_it_had(own: HandFed) -> None:
    own.capture(URL, FIRST)
    own.capture(OTHER, FIRST + timedelta(hours=3))

    def family(name: str) -> str | None:
        with own.read() as conn:
            return kin.find_family(conn, name)

    (cited,) = {one for name in (*own.ids(URL), *own.ids(OTHER)) if (one := family(name)) is not None}
    own.capture(OTHER, FIRST - timedelta(hours=4), via="A library")
    own.capture(URL, FIRST - timedelta(hours=6), via="A library")
    own.capture("https://gazette.example/kursk-column", FIRST - timedelta(hours=8), via="A library")
    for _ in ("as it came in", "rebuilt"):
        now = family(cited)
        assert now == family(own.ids("https://gazette.example/kursk-column")[0])
        assert now != cited
        own.rebuild()


def test_addresses_of_captures_lead_to_the_same_captures_after_others_are_gone(own: HandFed) -> None:
    own.capture(OTHER, FIRST)
    for days in range(3):
        own.capture(URL, FIRST + timedelta(days=days), STORY.replace("Lgov", f"Lgov {days}"))

    def captures() -> dict[str, tuple[str, int]]:
        """The time and the number of each, by its name, as the site finds it."""
        with own.read() as conn:
            found = {}
            for held in timemaps.captures_at(conn, URL):
                answer = records.capture(conn, {"": held.name})
                assert isinstance(answer, records.CaptureAnswer)
                assert answer.capture.name == held.name
                assert answer.http_head.startswith("HTTP/1.1 200 OK")
                found[held.name] = (answer.capture.captured_at, answer.capture.capture_id)
            return found

    before = captures()
    with open_archive(own.data) as archive:
        erasing.erase(own.work(archive), OTHER, reason="A court demands it", by=None, announcements=False)
    own.rebuild()
    after = captures()
    assert {name: at for name, (at, _) in after.items()} == {name: at for name, (at, _) in before.items()}
    assert {number for _, number in after.values()} != {number for _, number in before.values()}, "numbers are not kept"
    with own.read() as conn:
        name = next(iter(after))
        for wrong in (name[:-1], name.replace("2024", "2023"), "aaaaaaaaaaaa" + name[12:], name + "x" * 40):
            answer = records.capture(conn, {"": wrong})
            assert isinstance(answer, answers.Missing) or answer.capture.name == name
