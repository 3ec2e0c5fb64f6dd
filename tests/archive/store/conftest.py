"""Documents and filled databases for the tests of the store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection
from typing import Any

import pytest

from archive.digests import payload_digest, state_digest, text_digest
from archive.model import Capture, Document, Outgoing, Sighting, Version
from archive.store import articles, captures, documents

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
EXTRACTOR = "x-1"


@pytest.fixture(scope="session")
def document() -> Callable[..., Document]:
    """A document of an ordinary page, but for what the test says."""

    def made(**changes: Any) -> Document:
        values = {
            "payload_digest": payload_digest(b"<p>Text</p>"), "url": "https://news.example/story", "charset": "utf-8",
            "extractor": EXTRACTOR, "title": "Title", "byline": "A. Reporter", "authors": ("A. Reporter",),
            "published": None, "modified": None, "language": "en", "site_name": None, "section": None,
            "canonical": None, "paragraphs": ("One paragraph.", "Another."),
        } | changes
        text = "\n\n".join(values["paragraphs"])
        return Document(**{
            "text_digest": text_digest(text), "body_digest": text_digest(text),
            "state_digest": state_digest(title=values["title"], byline=values["byline"], text=text),
        } | values)

    return made


@pytest.fixture
def published(
    conn: Connection, capture: Callable[..., Capture], document: Callable[..., Document]
) -> Callable[..., list[int]]:
    """Keeps an article in one state after another, a day between two; returns its versions' ids."""

    def kept(url: str, *texts: str, site_name: str | None = None, credits: tuple[str, ...] = (),
             outgoing: tuple[Outgoing, ...] = ()) -> list[int]:
        (taken,) = conn.execute("SELECT count(*) FROM captures").fetchone()
        found = []
        for n, text in enumerate(texts):
            seen = capture(url=url, body=text.encode(), captured_at=AT + timedelta(days=n), n=taken + n)
            captures.add(conn, seen)
            read = document(url=url, payload_digest=seen.payload_digest, paragraphs=tuple(text.split("\n\n")),
                            site_name=site_name, credits=credits, outgoing=outgoing)
            documents.add(conn, read)
            found.append((seen, read))
        conn.execute("UPDATE documents SET on_topic = 1, score = 5.5, terms = '[]', decided_by = 'topic'")
        article_id = articles.set_address(conn, url, article=url)
        sightings = articles.sightings(conn, article_id, extractor=EXTRACTOR)
        versions = [_version(url, n, seen, read) for n, (seen, read) in enumerate(found, start=1)]
        articles.set_versions(conn, article_id, sightings, versions)
        return [row[0] for row in conn.execute(
            "SELECT version_id FROM versions WHERE article_id = ? ORDER BY ordinal", (article_id,))]

    return kept


def _version(url: str, ordinal: int, seen: Capture, read: Document) -> Version:
    return Version(
        public_id=f"{url}#{ordinal}", article=url, ordinal=ordinal, state_digest=read.state_digest,
        payload_digest=seen.payload_digest, first_seen=seen.captured_at, last_seen=seen.captured_at, sightings=1,
        change=("first",) if ordinal == 1 else ("body",),
    )


@pytest.fixture(scope="session")
def sighting() -> Callable[..., Sighting]:
    """A sighting, but for what the test says."""

    def made(**changes: Any) -> Sighting:
        return Sighting(**{
            "captured_at": AT, "via": "stemma", "state_digest": "a", "payload_digest": "sha1:A", "title": None,
            "byline": None, "text_digest": "a",
        } | changes)

    return made
