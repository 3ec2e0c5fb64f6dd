"""An archive that is fed by hand: pages of our own words, each with its moment and who captured it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from archive.folder import Archive, open_archive
from archive.model import Exchange
from archive.store import pages, read_database
from archive.topic import load_topic
from archive.warc import WarcWriter
from pipeline import steps
from pipeline.operating import care
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


class HandFed:
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

    def work(self, archive: Archive) -> Work:
        return Work(archive, TOPIC, lambda: NOW, lambda *_: None)

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
