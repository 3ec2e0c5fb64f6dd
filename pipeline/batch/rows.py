"""Values <-> rows of the tables that a batch writes (pure).

What Spark joins and people ask for are columns; the rest of a value is JSON, from which it comes back whole.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from archive.model import (
    Block,
    Candidate,
    Capture,
    Document,
    Moment,
    Outgoing,
    Passage,
    Post,
    RecordRef,
    Reuse,
    Witness,
)
from archive.times import from_iso, to_iso

Row = dict[str, Any]
Columns = dict[str, str]  # name -> Spark's name of its type

PLACE: Columns = {"file": "string", "start": "bigint", "length": "bigint"}  # of the records' bytes in a file
FAILURE: Columns = {"stage": "string", "subject": "string", "reason": "string"}
CAPTURE: Columns = {
    "url": "string", "captured_at": "string", "via": "string", "role": "string", "status": "int",
    "media_type": "string", "charset": "string", "content_encoding": "string", "location": "string",
    "etag": "string", "last_modified": "string", "payload_digest": "string", "payload_sha256": "string",
    "payload_length": "bigint", "truncated": "string",
}
# `refers_to` is of a revisit: the address under which its payload was captured. `ordinal` counts the captures of one
# place. `reads` says what was read: a "document", a "block" in an article's place, or a "refusal" to read.
LOOK: Columns = PLACE | {"ordinal": "int"} | CAPTURE | {
    "maker": "string", "record_id": "string", "refers_to": "string", "reads": "string", "canonical": "string",
    "on_topic": "boolean", "score": "double", "terms": "array<string>", "month": "string",
}
READ: Columns = LOOK | {"document": "string", "block": "string", "refusal": "string", "packed": "binary"} | {
    f"failed_{name}": kind for name, kind in FAILURE.items()}
RECORD: Columns = PLACE | {"maker": "string", "is_wanted": "boolean", "packed": "binary", "month": "string"}


def capture_row(capture: Capture) -> Row:
    """A capture's columns; its record is where the file has it."""
    return {name: getattr(capture, name) for name in CAPTURE} | {
        "captured_at": to_iso(capture.captured_at), "charset": capture.charset or ""}


def document_json(document: Document) -> str:
    """A document as the JSON object that `document_from` reads."""
    return json_of(asdict(document))


def document_from(text: str) -> Document:
    """The document of that JSON object."""
    told = json.loads(text)
    return Document(**told | {
        "published": _moment(told["published"]), "modified": _moment(told["modified"]),
        "candidates": tuple(Candidate(**one) for one in told["candidates"]),
        "outgoing": tuple(Outgoing(**one) for one in told["outgoing"]),
        "posts": tuple(Post(**one) for one in told["posts"]),
        "alternates": tuple((language, address) for language, address in told["alternates"]),
    } | {name: tuple(told[name]) for name in (
        "authors", "paragraphs", "credits", "organisations", "agencies", "notices")})


def block_json(block: Block) -> str:
    """What stands in an article's place as JSON."""
    return json_of({one.name: getattr(block, one.name) for one in fields(block)})


def block_from(text: str) -> Block:
    """The block of that JSON object."""
    return Block(**json.loads(text))


def witness_json(witness: Witness) -> str:
    """A witness as JSON."""
    return json_of(asdict(witness))


def witness_from(text: str, addresses: tuple[str, ...]) -> Witness:
    """The witness of that JSON object, with all that led to its article."""
    told = json.loads(text)
    return Witness(**told | {
        "published": _moment(told["published"]), "first_seen": from_iso(told["first_seen"]),
        "unlike_until": from_iso(told["unlike_until"]) if told["unlike_until"] else None,
        "credits": tuple(told["credits"]), "addresses": tuple(sorted(addresses)),
        "outgoing": tuple(Outgoing(**one) for one in told["outgoing"]),
    })


def reuse_row(reuse: Reuse) -> Row:
    """What two texts share; passages as [left_start, left_end, right_start, right_end, words]."""
    return {
        "relation": reuse.relation, "left_coverage": reuse.left_coverage, "right_coverage": reuse.right_coverage,
        "order": reuse.order, "copied": reuse.copied, "words": reuse.words, "passages": json.dumps(
            [[p.left_start, p.left_end, p.right_start, p.right_end, p.words] for p in reuse.passages]),
    }


def reuse_from(row: Mapping[str, Any]) -> Reuse:
    """The reuse of such a row."""
    return Reuse(
        relation=row["relation"], left_coverage=row["left_coverage"], right_coverage=row["right_coverage"],
        order=row["order"], copied=row["copied"], passages=tuple(
            Passage(left_start=a, left_end=b, right_start=c, right_end=d, words=n)
            for a, b, c, d, n in json.loads(row["passages"])))


REUSE: Columns = {
    "relation": "string", "left_coverage": "double", "right_coverage": "double", "order": "double",
    "copied": "double", "words": "bigint", "passages": "string",
}


def nowhere() -> RecordRef:
    """The place of a capture that is in no file of the archive yet."""
    return RecordRef(path="", offset=0, length=0)


def _moment(told: Mapping[str, Any] | None) -> Moment | None:
    return Moment(**dict(told) | {"earliest": from_iso(told["earliest"]), "latest": from_iso(told["latest"])}) \
        if told is not None else None


def json_of(value: object) -> str:
    """A value as JSON; times as ISO 8601."""
    return json.dumps(value, ensure_ascii=False, default=_told)


def _told(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
