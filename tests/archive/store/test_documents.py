"""Documents and decisions in the database."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from sqlite3 import Connection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.model import Capture, Document, Failure, Moment, Relevance
from archive.store import captures, documents, runs

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
OFFSETS = st.one_of(st.none(), st.integers(-840, 840))


@given(st.text(), st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)), st.integers(0, 10**6), OFFSETS)  # noqa: DTZ001
def test_a_moment_comes_back_from_its_json(verbatim: str, at: datetime, seconds: int, offset: int | None) -> None:
    earliest = at.replace(tzinfo=UTC, microsecond=0)
    moment = Moment(verbatim=verbatim, iso=at.isoformat(), earliest=earliest, offset=offset, basis="json-ld",
                    latest=earliest + timedelta(seconds=seconds))
    assert documents.moment_from(documents.moment_json(moment)) == moment
    assert documents.moment_from(documents.moment_json(None)) is None


def pending(conn: Connection, *, extractor: str = "x-1", program: str = "1") -> list[tuple[str, str | None]]:
    found = documents.pending_extraction(conn, extractor=extractor, program=program)
    return [(payload.payload_digest, payload.charset) for payload in found]


def test_a_payload_is_extracted_once_for_each_address_and_charset(
    conn: Connection, capture: Callable[..., Capture], document: Callable[..., Document]
) -> None:
    one = capture()
    for n, changes in enumerate([
        {}, {"is_revisit": True}, {"charset": None}, {"url": "https://b.example/"}, {"status": 404, "body": b"gone"},
        {"truncated": "length", "body": b"cut"}, {"role": "feed", "body": b"feed"},
    ]):
        captures.add(conn, capture(n=n, captured_at=AT + timedelta(days=n), **changes))
    digest = one.payload_digest
    assert sorted(pending(conn), key=str) == [(digest, "utf-8"), (digest, "utf-8"), (digest, None)]
    found = documents.pending_extraction(conn, extractor="x-1", program="1")
    assert {payload.record for payload in found if payload.url == one.url} == {one.record}, "of the first whole capture"
    documents.add(conn, document(payload_digest=digest, url=one.url, charset="utf-8"))
    assert len(pending(conn)) == 2
    assert len(pending(conn, extractor="x-2")) == 3, "another extractor reads all again"


def test_a_payload_that_failed_is_tried_again_by_another_program_only(
    conn: Connection, capture: Callable[..., Capture]
) -> None:
    captures.add(conn, capture())
    (payload,) = documents.pending_extraction(conn, extractor="x-1", program="1")
    runs.add_failure(conn, Failure(stage="extract", subject=payload.subject, reason="empty", at=AT), program="1")
    assert pending(conn) == []
    assert len(pending(conn, program="2")) == 1
    runs.clear_failure(conn, stage="extract", subject=payload.subject)
    assert len(pending(conn)) == 1


def test_a_document_stands_as_it_was_first_kept(conn: Connection, document: Callable[..., Document]) -> None:
    documents.add(conn, document(title="first"))
    documents.add(conn, replace(document(), title="second"))
    assert [row["title"] for row in conn.execute("SELECT title FROM documents")] == ["first"]


def waiting(conn: Connection, decided_by: str) -> list[documents.Undecided]:
    return documents.to_decide(conn, documents.pending_relevance(conn, decided_by=decided_by, begins=AT))


def test_a_topic_file_decides_once_on_each_document(conn: Connection, document: Callable[..., Document]) -> None:
    documents.add(conn, document(title=None, paragraphs=("Суджа", "второй")))
    (one,) = waiting(conn, "topic-1")
    assert (one.title, one.paragraphs, one.language) == ("", ("Суджа", "второй"), "en")
    decision = Relevance(score=7.5, on_topic=True, terms=("Суджа (text)",))
    documents.set_relevance(conn, one.document_id, decision, decided_by="topic-1")
    assert waiting(conn, "topic-1") == []
    assert len(waiting(conn, "topic-2")) == 1


def dates(published: str, modified: str | None = None, *, basis: str = "json-ld") -> dict[str, Moment | None]:
    """What a page says of its dates, to the minute."""
    def moment(iso: str) -> Moment:
        at = datetime.fromisoformat(iso).replace(tzinfo=UTC)
        return Moment(verbatim=iso, iso=iso, earliest=at, latest=at, offset=0, basis=basis)
    return {"published": moment(published), "modified": moment(modified) if modified else None}


@pytest.mark.parametrize(("said", "expected"), [
    pytest.param(dates("2019-05-03"), ("2019-05-03", "2019-05-03"), id="its publication"),
    pytest.param(dates("2019-05-03", "2024-08-09"), ("2019-05-03", "2024-08-09"), id="to its last change"),
    pytest.param(dates("2000-01-01", basis="htmldate"), ("0001-01-01", "2025-03-15"), id="a guess is none"),
    pytest.param({}, ("0001-01-01", "2025-03-15"), id="else some time before it was captured"),
])
def test_a_text_is_decided_on_with_the_days_of_its_making(
    conn: Connection, capture: Callable[..., Capture], document: Callable[..., Document],
    said: dict[str, Moment | None], expected: tuple[str, str],
) -> None:
    captures.add(conn, capture())
    documents.add(conn, document(payload_digest=capture().payload_digest, **said))
    (one,) = waiting(conn, "topic-1")
    assert one.published_between is not None
    assert tuple(moment.date().isoformat() for moment in one.published_between) == expected


def test_a_text_without_a_date_is_decided_anew_when_an_older_capture_of_it_comes_in(
    conn: Connection, capture: Callable[..., Capture], document: Callable[..., Document]
) -> None:
    captures.add(conn, capture())
    documents.add(conn, document(payload_digest=capture().payload_digest))
    on, off = (Relevance(score=3, on_topic=is_on, terms=()) for is_on in (True, False))
    (one,) = waiting(conn, "topic-1")
    documents.set_relevance(conn, one.document_id, on, decided_by="topic-1")
    assert waiting(conn, "topic-1") == []
    captures.add(conn, capture(captured_at=AT - timedelta(days=2000), n=7))
    (again,) = waiting(conn, "topic-1")
    assert again.published_between is not None
    assert again.published_between[1] == AT - timedelta(days=2000)
    documents.set_relevance(conn, one.document_id, off, decided_by="topic-1")
    assert waiting(conn, "topic-1") == []


@pytest.mark.parametrize(("decision", "left"), [(True, 1), (False, 0)])
def test_only_a_changed_decision_has_the_article_folded_anew(
    conn: Connection, capture: Callable[..., Capture], document: Callable[..., Document], decision: bool, left: int
) -> None:
    captures.add(conn, capture())
    documents.add(conn, document())
    document_id = conn.execute("SELECT document_id FROM documents").fetchone()[0]
    first = Relevance(score=1, on_topic=True, terms=())
    documents.set_relevance(conn, document_id, first, decided_by="topic-1")
    conn.execute("INSERT INTO articles (url, address, key, domain, on_topic) VALUES ('u', 'u', 'k', 'd', 1)")
    conn.execute("INSERT INTO sightings SELECT capture_id, 1, ?, NULL, NULL FROM captures", (document_id,))
    documents.set_relevance(conn, document_id, replace(first, on_topic=decision), decided_by="topic-2")
    assert conn.execute("SELECT count(*) FROM sightings").fetchone()[0] == left
