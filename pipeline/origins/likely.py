"""Where a text may come from, where texts are held as excerpts only: by keys, which tell that texts meet, not how.

Of each held text there are the keys of its rare words and of its whole sentences. So the sentences that somebody asks
about can be recognised, and shown as they were asked; what else the held text says is not there to be shown, nor can be
aligned, and which was first its family tells, which was found where the whole texts are.
"""

import math
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from archive.store import comparisons, pages
from archive.store.comparisons import Searched
from archive.store.pages import Card
from archive.topic import Topic
from pipeline.copies.basis import basis
from pipeline.copies.reading import Reading, key_of, read
from pipeline.fingerprints import MEETING, SENTENCE_WORTH, across, keys
from pipeline.origins import leads as hints
from pipeline.origins.leads import Leads
from pipeline.origins.subject import Subject, leads_of

SHOWN = 20  # articles, those that share most


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An article with keys of the text; `sentences` are the text's own that stand in it word for word, `share` their
    share of the text's words; `rare` counts rare words that both have.
    """

    card: Card
    sentences: tuple[str, ...]
    share: float
    rare: int
    nats: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Likely:
    """What a text has in common with held ones, those that share most first, and what it says itself of its source."""

    subject: Subject
    candidates: tuple[Candidate, ...]
    searched: Searched
    leads: Leads
    left_out: int


def lone_keys(reading: Reading) -> frozenset[int]:
    """What may be a key of a text and puts no words in order: single tokens and whole sentences.

    The others, of names in a row, overlap: with the words of the text at hand they would give its names' order away.
    """
    return frozenset(reading.whole | {key_of(token) for token in reading.distinct})


def likely(conn: sqlite3.Connection, topic: Topic, subject: Subject) -> Likely:
    """The articles that a text has rare words and sentences in common with."""
    ground = basis(conn, topic)
    reading = read(subject.text, subject.language)
    worth, named = keys(reading, ground.epoch), ground.method
    met = comparisons.matching(conn, worth, reading.language, method=named, meeting=MEETING,
                               across=across(encoded=False))
    found = _articles(conn, reading, worth, met)
    return Likely(
        subject=subject, candidates=found[:SHOWN], left_out=max(0, len(found) - SHOWN),
        searched=comparisons.searched(conn, method=named),
        leads=leads_of(subject, topic),
    )


def _articles(
    conn: sqlite3.Connection, reading: Reading, worth: Mapping[int, float], met: Mapping[int, Sequence[float]]
) -> tuple[Candidate, ...]:
    """One version of each article, the one that shares most."""
    cards = pages.cards(conn, list(met))
    held = comparisons.common_keys(conn, worth, met)
    best: dict[int, Candidate] = {}
    for version_id, nats in met.items():
        card = cards.get(version_id)
        if card is not None and card.article_id not in best:  # those that share most come first
            best[card.article_id] = _candidate(card, reading, worth, held[version_id], math.fsum(nats))
    return tuple(sorted(best.values(), key=lambda one: (-one.share, -one.nats, one.card.public_id)))


def _candidate(
    card: Card, reading: Reading, worth: Mapping[int, float], held: frozenset[int], nats: float
) -> Candidate:
    shared = [one for one in reading.sentences if one.is_whole and one.key in held]
    words = sum(one.words for one in reading.sentences)
    return Candidate(
        card=card, nats=nats, sentences=tuple(reading.text[one.start:one.end] for one in shared),
        share=sum(one.words for one in shared) / words if words else 0.0,
        rare=sum(worth[key] != SENTENCE_WORTH for key in held))


def as_json(found: Likely) -> dict[str, object]:
    """The same for machines, in the shape of a trace: no exemplar, since none can be compared."""
    return {
        "public_id": None, "title": found.subject.title, "language": found.subject.language,
        "words": len(found.subject.text.split()), "searched": asdict(found.searched), "left_out": found.left_out,
        "exemplars": [],
        "candidates": [{
            "public_id": one.card.public_id, "url": one.card.url, "title": one.card.title, "outlet": one.card.outlet,
            "language": one.card.language, "published": one.card.dating.iso, "first_seen": one.card.first_seen,
            "family": one.card.family, "share": one.share, "sentences": list(one.sentences), "rare_words": one.rare,
        } for one in found.candidates],
        "leads": hints.as_json(found.leads),
    }
