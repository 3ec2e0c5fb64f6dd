"""What was cited is found for good: behind older captures that came in later, merges, erasures and rebuilds."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.folder import open_archive
from archive.model import Exchange
from archive.store import kin, pages, read_database, timemaps
from archive.topic import load_topic
from archive.warc import WarcWriter
from datasette_config import answers, records
from pipeline import care, erasing, steps
from pipeline.work import Work

NOW = datetime(2024, 9, 1, tzinfo=UTC)
FIRST = datetime(2024, 8, 7, 9, tzinfo=UTC)
TOPIC = load_topic("kursk")
STORY = " ".join(
    f"{name} said on Wednesday that the column which crossed the border of the Kursk region near Sudzha had been seen on "
    f"the road to {place}, where people were leaving in their own cars." for name, place in (
        ("The governor", "Lgov"), ("A driver", "Rylsk"), ("An official of the district", "Korenevo"), ("A teacher", "Glushkovo")))
OTHER = "https://courier.example/2024/08/kursk-column"
URL = "https://herald.example/2024/08/kursk-column"


class Archive:
    """An archive that is fed by hand."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def capture(self, url: str, at: datetime, text: str = STORY, *, canonical: str = "", via: str | None = None) -> None:
        link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
        page = (f"<html><head>{link}<title>Column seen near Sudzha</title></head><body><article><h1>Column seen near Sudzha"
                f"</h1>{''.join(f'<p>{part}.</p>' for part in text.split('. '))}</article></body></html>")
        with open_archive(self.data, create=True) as archive:
            writer = WarcWriter(archive.folder.warcs, started_at=NOW, software="test")
            writer.write(Exchange(
                url=url, fetched_at=at, request_head=b"GET / HTTP/1.1", body=page.encode(), role="article", via=via,
                response_head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8"))
            writer.close()
            steps.update(self.work(archive))

    def work(self, archive: object) -> Work:
        return Work(archive, TOPIC, lambda: NOW, lambda *_: None)  # type: ignore[arg-type]

    def rebuild(self) -> None:
        care.rebuild(TOPIC, self.data, clock=lambda: NOW, progress=lambda *_: None)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        conn = read_database(self.data / "archive.db")
        yield conn
        conn.close()

    def ids(self, url: str) -> list[str]:
        """The public ids of an article's versions, first to latest."""
        with self.read() as conn:
            place = pages.find_address(conn, url)
            assert place is not None
            return [version.public_id for version in pages.versions(conn, place.article_id)]

    def text_of(self, name: str) -> str:
        with self.read() as conn:
            place = pages.find(conn, name)
            assert place is not None, name
            return pages.reading(conn, place.version_id).text

    def led_to(self, name: str) -> str:
        """Where the site sends who asks for a name."""
        with self.read() as conn:
            found = answers.article(conn, {"": name})
            if isinstance(found, answers.Moved):
                return found.path
            assert isinstance(found, answers.ArticleAnswer)
            return f"/article/{found.version.public_id}"


@pytest.fixture
def own(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "data")


def test_a_cited_version_stays_found_behind_older_captures_and_a_rebuild(own: Archive) -> None:
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
        assert own.led_to(cited) == f"/article/{moved}"
        own.rebuild()


def test_it_stays_found_when_its_article_is_merged_into_another(own: Archive) -> None:
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
        assert own.led_to(cited) == f"/article/{now}"
        own.rebuild()


def test_a_family_is_found_under_the_name_that_it_had(own: Archive) -> None:
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


def test_addresses_of_captures_lead_to_the_same_captures_after_others_are_gone(own: Archive) -> None:
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
