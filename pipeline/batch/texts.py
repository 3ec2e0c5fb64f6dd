"""Captures and what was read on them -> versions, what two of them share, which way it went (pure).

The same functions as in `stemma update`, over rows. An epoch is told to each process once.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache

from archive.model import Document, Reuse, Sighting, Version, Witness
from archive.store.documents import published_between
from archive.store.links import Shared
from archive.times import from_iso, to_iso
from archive.topic import Topic
from archive.urls import absolute, host_of, registered_domain
from pipeline.batch.rows import (
    REUSE,
    Columns,
    Row,
    document_from,
    json_of,
    reuse_from,
    reuse_row,
    witness_from,
    witness_json,
)
from pipeline.copies import epoch as epochs
from pipeline.copies import vectors
from pipeline.copies.alignment import profile
from pipeline.copies.epoch import Epoch
from pipeline.copies.indexing import indexed
from pipeline.copies.prepared import prepared
from pipeline.copies.reading import read
from pipeline.copies.sifting import is_likely
from pipeline.copies.sketches import Sketch, Worth, worth_of
from pipeline.descent.direction import link
from pipeline.fingerprints import MEETING, OPENING_WORTH, across, meets
from pipeline.linking import closest as closest_of
from pipeline.relevance import matcher_of, relevance
from pipeline.reuse import is_link, reuse
from pipeline.steps import article_address
from pipeline.versions import versions

Outlets = dict[str, tuple[str, str | None]]  # the topic's names and owners, by registered domain
PROFILED = 1_000  # texts that are kept at hand in each process

VERSION: Columns = {
    "public_id": "string", "article": "string", "ordinal": "int", "is_latest": "boolean", "first_seen": "string",
    "last_seen": "string", "sightings": "int", "change": "array<string>", "state_digest": "string",
    "payload_digest": "string", "url": "string", "charset": "string", "title": "string", "language": "string",
    "body_digest": "string", "text": "string", "witness": "string", "month": "string",
}
TALLY: Columns = {"token": "string", "texts": "bigint", "whole": "array<bigint>"}
STANDING: Columns = {"sentence": "bigint", "told_by": "bigint", "texts": "bigint"}
READING: Columns = {
    "public_id": "string", "article": "string", "language": "string", "body_digest": "string", "text": "string",
    "sketch": "binary", "keys": "array<bigint>", "worths": "array<double>", "month": "string",
}
OUTLINE = ("language", "body_digest", "sketch", "keys", "worths")  # by which two readings are sifted
COMPARED = ("article", "language", "text", "month")  # and what is compared of those that are left
LIKELY: Columns = {"left": "string", "right": "string", "nats": "double", "is_same": "boolean"}
SHARED: Columns = {"left": "string", "right": "string", "left_article": "string", "right_article": "string"} | REUSE \
    | {"month": "string"}
LINK: Columns = {
    "copy": "string", "exemplar": "string", "relation": "string", "copied": "double", "direction": "string",
    "direction_confidence": "double", "evidence": "string", "month": "string",
}


# ---- documents

def deciding(topic: Topic) -> Callable[[Document, str], Row]:
    """Decides whether a document is on the topic, by the moment at which its payload was first captured."""
    matcher = matcher_of(topic)

    def decide(document: Document, first_captured: str) -> Row:
        found = relevance(
            document.title or "", document.paragraphs, document.language, matcher, dated=published_between(
                document.published, document.modified, captured_at=first_captured))
        return {"on_topic": found.on_topic, "score": found.score, "terms": list(found.terms)}

    return decide


def decided(rows: Iterable[Row], topic: Topic) -> Iterator[Row]:
    """Documents with the decision on them, by the moment of the payload's first capture."""
    decide = deciding(topic)
    for row in rows:
        yield row | decide(document_from(row["document"]), row["first_captured"])


def placed(rows: Iterable[Row]) -> Iterator[Row]:
    """Addresses with the canonical URL of the article that they are of."""
    for row in rows:
        yield row | {"article": article_address(row["url"], row["canonical"])}


# ---- versions

def folded(rows: Sequence[Row], outlets: Outlets) -> Iterator[Row]:
    """The versions of one article, from its sightings with their documents."""
    article = rows[0]["article"]
    documents = {row["document"]: document_from(row["document"]) for row in rows}
    looks = {}
    for row in rows:
        document = documents[row["document"]]
        looks[Sighting(
            captured_at=from_iso(row["captured_at"]), via=row["via"], url=row["url"],
            state_digest=document.state_digest, payload_digest=row["payload_digest"], title=document.title,
            byline=document.byline, text_digest=document.text_digest, text=document.text, posts=document.posts,
        )] = row
    found = versions(article, looks)
    until: datetime | None = None
    for version in found:
        yield _version(version, looks, outlets, until=until, is_latest=version is found[-1])
        until = max(version.last_seen, until) if until else version.last_seen


def _version(
    version: Version, looks: dict[Sighting, Row], outlets: Outlets, *, until: datetime | None, is_latest: bool
) -> Row:
    first = min((seen for seen in looks if seen.captured_at == version.first_seen
                 and seen.state_digest == version.state_digest), key=lambda seen: seen.payload_digest)
    document = document_from(looks[first]["document"])
    host = host_of(version.article)
    domain = registered_domain(host)
    outlet, owner = outlets.get(domain, (None, None))
    witness = Witness(
        public_id=version.public_id, article=version.article, host=host, title=first.title or "",
        outlet=outlet or document.site_name or domain, language=document.language,
        published=document.published, first_seen=version.first_seen, canonical=document.canonical,
        credits=document.credits, byline=document.byline, text=document.text, unlike_until=until,
        outgoing=document.outgoing, owner=owner)
    return {
        "public_id": version.public_id, "article": version.article, "ordinal": version.ordinal, "is_latest": is_latest,
        "first_seen": to_iso(version.first_seen), "last_seen": to_iso(version.last_seen),
        "sightings": version.sightings, "change": list(version.change), "state_digest": version.state_digest,
        "payload_digest": version.payload_digest, "url": first.url, "charset": document.charset,
        "title": first.title or "", "language": document.language, "body_digest": document.body_digest,
        "text": document.text, "witness": witness_json(witness), "month": to_iso(version.first_seen)[:7],
    }


# ---- the epoch

def tallied(rows: Iterable[Row]) -> Iterator[Row]:
    """What the epoch counts of texts: in how many each token stands; and the sentences of each."""
    tokens = Counter[str]()
    for row in rows:
        index = indexed(read(row["text"], row["language"]))
        tokens.update(index.distinct)
        yield {"whole": sorted(index.whole)}
    for token, texts in tokens.items():
        yield {"token": token, "texts": texts}


def standing(rows: Iterable[Row], common: frozenset[int]) -> Iterator[Row]:
    """Texts by their sentences -> in how many each common sentence stands, those that are one text apart."""
    found = Counter[tuple[int, int]]()
    for row in rows:
        if not common.isdisjoint(row["whole"]):
            one = epochs.told_by(row["whole"], common)
            found.update((key, one) for key in common.intersection(row["whole"]))
    for (key, one), texts in found.items():
        yield {"sentence": key, "told_by": one, "texts": texts}


# ---- what two texts share

@lru_cache(maxsize=1)
def _epoch(told: bytes) -> Epoch:
    return epochs.unpacked(told)


def read_texts(rows: Iterable[Row], told: bytes) -> Iterator[Row]:
    """Versions as they are compared in the epoch that is told, with their keys and what each is worth."""
    epoch, encoder = _epoch(told), _encoder()
    for row in rows:
        made = prepared(row["text"], row["language"], epoch, encoder)
        yield row | {"sketch": made.sketch.packed, "keys": list(made.worth), "worths": list(made.worth.values())}


def sifted(rows: Iterable[Row]) -> Iterator[Row]:
    """Pairs of versions that may have met -> those that are compared, with what their common keys are worth."""
    encoded = vectors.installed() is not None
    for row in rows:
        one, other = ({name: row[f"{side}_{name}"] for name in OUTLINE} for side in ("left", "right"))
        is_same = one["body_digest"] == other["body_digest"]
        common, openings = _common(one, other)
        if is_same or (meets(common.nats, one["language"], other["language"], encoded=encoded, openings=openings)
                       and is_likely(_sketch(one), _sketch(other), common, encoded=encoded)):
            yield {"left": row["left_public_id"], "right": row["right_public_id"], "nats": common.nats,
                   "is_same": is_same}


def compared(rows: Iterable[Row], told: bytes) -> Iterator[Row]:
    """Pairs of versions that may share text -> what those that do share; the smaller public id is the left one."""
    epoch, encoder = _epoch(told), _encoder()
    texts = lru_cache(maxsize=PROFILED)(lambda text, language: profile(indexed(read(text, language)), epoch))
    for row in rows:
        left, right = (texts(row[f"{side}_text"], row[f"{side}_language"]) for side in ("left", "right"))
        found = reuse(left, right, meeting=row["nats"], identical=row["is_same"], made=encoder)
        if found is not None:
            yield {"left": row["left_public_id"], "right": row["right_public_id"],
                   "left_article": row["left_article"], "right_article": row["right_article"],
                   "month": row["left_month"]} | reuse_row(found)


def _sketch(text: Row) -> Sketch:
    return Sketch(text["language"], worth_of(text["worths"]), text["sketch"])


def _encoder() -> vectors.Encoder | None:
    return _remembering() if vectors.installed() else None


_remembering = lru_cache(maxsize=1)(vectors.Remembering)  # loading it takes 1.5 s, and a process has many parts


def _common(one: Row, other: Row) -> tuple[Worth, int]:
    """What the keys are worth that both have, and how many of them are of their openings."""
    theirs = set(other["keys"])
    worths = [worth for key, worth in zip(one["keys"], one["worths"], strict=True) if key in theirs]
    return worth_of(worths), worths.count(OPENING_WORTH)


def least(*, is_across: bool) -> float:
    """The worth of keys that brings texts together: of one language, or of two."""
    return across(encoded=vectors.installed() is not None) if is_across else MEETING


# ---- which way it went

def closest(rows: Sequence[Row]) -> Iterator[Row]:
    """Of the pairs of versions of two articles the one to link."""
    yield rows[closest_of([Shared(
        left_id=place, right_id=place, left_name=row["left"], right_name=row["right"], left_article=0, right_article=0,
        reuse=reuse_from(row)) for place, row in enumerate(rows)]).left_id]


def linked(rows: Iterable[Row]) -> Iterator[Row]:
    """The links of pairs of articles; their witnesses as JSON, with all addresses of their articles."""
    for row in rows:
        left, right = (witness_from(row[f"{side}_witness"], tuple(row[f"{side}_addresses"] or ()))
                       for side in ("left", "right"))
        yield from _link(left, right, reuse_from(row))


def _link(left: Witness, right: Witness, shared: Reuse) -> Iterator[Row]:
    if is_link(shared, same_site=registered_domain(left.host) == registered_domain(right.host)):
        found = link(left, right, shared)
        copy = left if found.copy == left.public_id else right
        yield {
            "copy": found.copy, "exemplar": found.exemplar, "relation": found.relation, "copied": found.copied,
            "direction": found.direction, "direction_confidence": found.direction_confidence,
            "evidence": json_of([asdict(one) for one in found.evidence]), "month": to_iso(copy.first_seen)[:7],
        }


def led_to(rows: Iterable[Row]) -> Iterator[Row]:
    """Redirects with the absolute address that they lead to; none where it is no address."""
    for row in rows:
        if (target := absolute(row["url"], row["location"])) is not None:
            yield row | {"target": target}
