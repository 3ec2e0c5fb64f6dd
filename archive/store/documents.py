"""Documents and whether they are on the topic."""

import json
import sqlite3
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from archive.model import PARAGRAPH_BREAK, Block, Document, Moment, RecordRef, Relevance
from archive.packing import deflated, inflated
from archive.store import texts, transaction
from archive.store.captures import judge_again
from archive.times import from_iso, to_iso

# One row for each payload under one URL and charset; its bytes lie in the first whole capture that holds them. Pages
# with a status of refusal are read for their previews.
PENDING_EXTRACTION = """
    SELECT c.url, c.charset, c.payload_digest, c.status, o.content_encoding, o.media_type, o.path, o.offset, o.length
    FROM (SELECT url, coalesce(charset, '') AS charset, payload_digest, min(status) AS status FROM captures
          WHERE role = 'article' AND status IN (200, 401, 402, 403, 451) AND truncated IS NULL
          GROUP BY 1, 2, 3) c
    JOIN captures o ON o.capture_id = (
        SELECT capture_id FROM captures
        WHERE url = c.url AND payload_digest = c.payload_digest AND NOT is_revisit AND truncated IS NULL
        ORDER BY captured_at LIMIT 1)
    WHERE NOT EXISTS (SELECT 1 FROM documents d WHERE d.payload_digest = c.payload_digest AND d.url = c.url
                      AND d.charset = c.charset AND d.extractor = :extractor)
      AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.payload_digest = c.payload_digest AND b.url = c.url
                      AND b.charset = c.charset AND b.extractor = :extractor)
      AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.stage = 'extract'
                      AND f.subject = c.payload_digest || ' ' || c.url AND f.program = :program)
    ORDER BY o.captured_at, c.url LIMIT :limit
"""
PENDING_EXTRACTIONS = f"SELECT count(*) FROM ({PENDING_EXTRACTION})"  # noqa: S608  # constants

IS_HELD = """
    SELECT 1 FROM documents WHERE payload_digest = :payload_digest AND url = :url AND charset = :charset
    AND extractor = :extractor
"""

ADD_DOCUMENT = """
    INSERT INTO documents (
        payload_digest, url, charset, extractor, title, byline, authors, published, modified, language, site_name,
        section, canonical, text_id, credits, candidates, organisations, agencies, notices, alternates, outgoing,
        posts, is_free, is_noarchive, text_digest, body_digest, state_digest
    ) VALUES (
        :payload_digest, :url, :charset, :extractor, :title, :byline, :authors, :published, :modified, :language,
        :site_name, :section, :canonical, :text_id, :credits, :candidates, :organisations, :agencies, :notices,
        :alternates, :outgoing, :posts, :is_free, :is_noarchive, :text_digest, :body_digest, :state_digest
    )
"""

ADD_BLOCK = """
    INSERT OR REPLACE INTO blocks (
        payload_digest, url, charset, extractor, kind, reason, title, lead, byline, published
    ) VALUES (:payload_digest, :url, :charset, :extractor, :kind, :reason, :title, :lead, :byline, :published)
"""

# A later extractor reads an article where another saw what stands in its place.
CLEAR_BLOCK = "DELETE FROM blocks WHERE payload_digest = :payload_digest AND url = :url AND charset = :charset"

# Not decided by this rule and topic; or on the topic without a date, and meanwhile found captured before its days.
PENDING_RELEVANCE = """
    SELECT d.document_id FROM documents d
    WHERE NOT d.is_withheld AND d.text_id IS NOT NULL AND (d.decided_by IS NULL OR d.decided_by != :decided_by
       OR (coalesce(json_extract(d.published, '$.basis'), 'htmldate') = 'htmldate' AND d.on_topic AND EXISTS (
           SELECT 1 FROM captures c WHERE c.payload_digest = d.payload_digest AND c.url = d.url
           AND c.role = 'article' AND c.captured_at < :begins)))
    ORDER BY d.document_id
"""
TO_DECIDE = """
    SELECT d.document_id, d.title, inflated(t.text) AS text, d.language, d.published, d.modified,
           (SELECT min(c.captured_at) FROM captures c WHERE c.payload_digest = d.payload_digest AND c.url = d.url
            AND c.role = 'article') AS captured_at
    FROM json_each(:ids) j JOIN documents d ON d.document_id = j.value JOIN texts t USING (text_id)
    ORDER BY d.document_id
"""

CANDIDATES = "SELECT document_id, candidates FROM documents"

SET_RELEVANCE = """
    UPDATE documents SET on_topic = :on_topic, score = :score, terms = :terms, decided_by = :decided_by
    WHERE document_id = :document_id
"""

UNDECIDED = """
    SELECT document_id FROM documents
    WHERE payload_digest = :payload_digest AND url = :url AND charset = :charset AND extractor = :extractor
      AND decided_by IS NULL AND NOT is_withheld
"""

# A document whose decision changed has its article folded anew.
FORGET_SIGHTINGS = """
    DELETE FROM sightings WHERE document_id = :document_id AND :on_topic IS NOT
        (SELECT on_topic FROM documents WHERE document_id = :document_id)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPayload:
    """A payload to extract: where it lies and under what URL and charset it is to be read."""

    url: str
    charset: str | None
    payload_digest: str
    content_encoding: str | None
    media_type: str | None
    record: RecordRef
    status: int = 200

    @property
    def subject(self) -> str:
        """Its name in `failures`."""
        return f"{self.payload_digest} {self.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A document whose relevance is to be decided."""

    document_id: int
    title: str
    paragraphs: tuple[str, ...]
    language: str | None
    published_between: tuple[datetime, datetime] | None


def pending_extractions(conn: sqlite3.Connection, *, extractor: str, program: str) -> int:
    """How many `pending_extraction` has."""
    asked = {"extractor": extractor, "program": program, "limit": -1}
    return int(conn.execute(PENDING_EXTRACTIONS, asked).fetchone()[0])


def pending_extraction(
    conn: sqlite3.Connection, *, extractor: str, program: str, limit: int = -1
) -> list[PendingPayload]:
    """Payloads of articles that this extractor has not read, nor failed to read in this program version.

    Those that were captured first come first; of a `limit` that is not negative, so many.
    """
    return [
        PendingPayload(
            url=row["url"], charset=row["charset"] or None, payload_digest=row["payload_digest"],
            content_encoding=row["content_encoding"], media_type=row["media_type"], status=row["status"],
            record=RecordRef(path=row["path"], offset=row["offset"], length=row["length"]),
        )
        for row in conn.execute(PENDING_EXTRACTION, {"extractor": extractor, "program": program, "limit": limit})
    ]


def damaged(conn: sqlite3.Connection) -> list[int]:
    """The numbers of documents of which what was read beside the text is no list any more."""
    return [row["document_id"] for row in conn.execute(CANDIDATES) if not _is_list(row["candidates"])]


def _is_list(kept: str | bytes) -> bool:
    try:
        return isinstance(json.loads(inflated(kept) or ""), list)
    except (ValueError, zlib.error):
        return False


def add(conn: sqlite3.Connection, document: Document) -> None:
    """Keep a document; one that is there already stands, what seemed to stand in its place does not."""
    key = {"payload_digest": document.payload_digest, "url": document.url, "charset": document.charset or ""}
    if conn.execute(CLEAR_BLOCK, key).rowcount:
        judge_again(conn, document.url)
    if conn.execute(IS_HELD, key | {"extractor": document.extractor}).fetchone():
        return
    conn.execute(ADD_DOCUMENT, {
        "payload_digest": document.payload_digest, "url": document.url, "charset": document.charset or "",
        "extractor": document.extractor, "title": document.title, "byline": document.byline,
        "authors": _json(document.authors), "published": moment_json(document.published),
        "modified": moment_json(document.modified), "language": document.language,
        "site_name": document.site_name, "section": document.section, "canonical": document.canonical,
        "text_id": texts.keep(conn, document.text), "credits": _json(document.credits),
        "candidates": deflated(_json([[c.field, c.value, c.basis] for c in document.candidates])),
        "organisations": _json(document.organisations), "agencies": _json(document.agencies),
        "notices": _json(document.notices), "alternates": _json(document.alternates),
        "outgoing": _json([[one.url, one.place, one.paragraph] for one in document.outgoing]),
        "is_free": None if document.is_free is None else int(document.is_free),
        "is_noarchive": int(document.is_noarchive),
        "text_digest": document.text_digest, "body_digest": document.body_digest, "state_digest": document.state_digest,
        "posts": _json([asdict(post) for post in document.posts]),
    })


def add_block(conn: sqlite3.Connection, block: Block) -> None:
    """Keep that a payload stands in an article's place; what the looks at that address found is decided anew."""
    conn.execute(ADD_BLOCK, {name: getattr(block, name) for name in block.__slots__} | {"charset": block.charset or ""})
    judge_again(conn, block.url)


def pending_relevance(conn: sqlite3.Connection, *, decided_by: str, begins: datetime) -> list[int]:
    """Documents that this rule and topic have not decided on; `begins` is the first moment of the topic's days."""
    values = {"decided_by": decided_by, "begins": to_iso(begins)}
    return [row["document_id"] for row in conn.execute(PENDING_RELEVANCE, values)]


def to_decide(conn: sqlite3.Connection, document_ids: Sequence[int]) -> list[Undecided]:
    """These documents with what decides on them: their texts too, so not all that are pending at once."""
    return [
        Undecided(document_id=row["document_id"], title=row["title"] or "", language=row["language"],
                  paragraphs=tuple(row["text"].split(PARAGRAPH_BREAK)),
                  published_between=published_between(
                      moment_from(row["published"]), moment_from(row["modified"]), captured_at=row["captured_at"]))
        for row in conn.execute(TO_DECIDE, {"ids": json.dumps(document_ids)})
    ]


def undecided(conn: sqlite3.Connection, document: Document) -> int | None:
    """The row of a document that is kept, shown, and waits for its decision; None where there is none such."""
    row = conn.execute(UNDECIDED, {
        "payload_digest": document.payload_digest, "url": document.url, "charset": document.charset or "",
        "extractor": document.extractor}).fetchone()
    return int(row["document_id"]) if row is not None else None


def published_between(
    published: Moment | None, modified: Moment | None, *, captured_at: str | None
) -> tuple[datetime, datetime] | None:
    """The moments between which a text came to be what it is: from its publication to its last change.

    Where the page names no date, at some time before it was captured: one that was guessed from the page's numbers
    would take texts off the topic by what is no date at all.
    """
    if published is None or published.is_guess:
        return (datetime.min.replace(tzinfo=UTC), from_iso(captured_at)) if captured_at else None
    return published.earliest, max(published.latest, modified.latest) if modified else published.latest


def set_relevance(conn: sqlite3.Connection, document_id: int, relevance: Relevance, *, decided_by: str) -> None:
    """Keep a decision and the terms that decided; where it changed, the article's versions are folded anew."""
    values = {
        "document_id": document_id, "on_topic": int(relevance.on_topic), "score": relevance.score,
        "terms": _json(relevance.terms), "decided_by": decided_by,
    }
    with transaction(conn):
        conn.execute(FORGET_SIGHTINGS, {"document_id": document_id, "on_topic": int(relevance.on_topic)})
        conn.execute(SET_RELEVANCE, values)


def moment_json(moment: Moment | None) -> str | None:
    """A moment as the JSON object that the database keeps."""
    if moment is None:
        return None
    return _json(asdict(moment) | {"earliest": to_iso(moment.earliest), "latest": to_iso(moment.latest)})


def moment_from(text: str | None) -> Moment | None:
    """The moment of that JSON object."""
    if text is None:
        return None
    read = json.loads(text)
    return Moment(**read | {"earliest": from_iso(read["earliest"]), "latest": from_iso(read["latest"])})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
