"""Where a text comes from: the texts of the archive that share its text, who had it first, and what it says itself.

The command and the site's page ask the same question here; it writes nothing.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import takewhile
from math import fsum

from archive.digests import text_digest
from archive.model import PARAGRAPH_BREAK, CopyLink, Days, Passage, Reuse, Witness
from archive.store import comparisons, links, pages
from archive.store.comparisons import Searched
from archive.store.pages import Card
from archive.topic import Topic
from archive.urls import registered_domain
from pipeline import leads as hints
from pipeline import vectors
from pipeline.alignment import Profile, profile
from pipeline.comparing import profile_of
from pipeline.credit import credit_lines, without_credits
from pipeline.direction import link
from pipeline.epoch import Epoch, shipped, unpacked
from pipeline.explain import explained
from pipeline.fingerprints import MEETING, across, keys, method
from pipeline.indexing import Sketch, indexed, sketch_of, sketched
from pipeline.leads import Leads
from pipeline.reading import read
from pipeline.reuse import is_link, reuse
from pipeline.sifting import is_likely
from pipeline.stemma import ranked
from pipeline.subject import Subject, outlets_of
from pipeline.terms import own_tokens

MAX_COMPARED = 60  # held texts that are looked at closely: those that share most
MAX_SKETCHED = 1_000  # of those that share most, whose sketches are looked at first
MAX_CHARACTERS = 65_536  # of a text, read to its last whole paragraph
SHOWN_PASSAGES = 3  # of an exemplar, for people
QUOTED = 300  # characters of each
TRACED = "~traced"  # the public id of a text that is not held; it sorts after all others


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """A held text that shares text with the traced one: the link between the two, what is shared, why in sentences.

    `passages` have the traced text on their left; `share` is the share of its words that they cover.
    """

    card: Card
    link: CopyLink
    share: float
    passages: tuple[Passage, ...]
    text: str
    sentences: tuple[str, ...]

    @property
    def is_source(self) -> bool | None:
        """Whether the traced text was made from this one, or this one from it; None: not decided."""
        return None if self.link.direction != "decided" else self.link.exemplar == self.card.public_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What was found of a text, best explanation first, among how many texts, and what the text itself says.

    `public_id` is the text's own where it is held.
    `left_out` counts held texts that have rare words in common with it and were not looked at closely: there were too
    many, or time was up.
    """

    subject: Subject
    public_id: str | None
    exemplars: tuple[Exemplar, ...]
    searched: Searched
    leads: Leads
    left_out: int = 0


def trace(
    conn: sqlite3.Connection, topic: Topic, subject: Subject, *, in_time: Callable[[], bool] = lambda: True
) -> Trace:
    """Compare a text with all that are held, in the epoch in which they were compared with each other.

    `in_time` is asked before each close look; when it says no, those that share least are left out.
    """
    kept = comparisons.last_epoch(conn)
    epoch = _unpacked(kept.packed, kept.digest) if kept is not None else shipped(own_tokens(topic))
    named, encoder = _method_of(conn, epoch)
    subject = _bounded(subject)
    reading = read(subject.text, subject.language)
    held = comparisons.text(conn, subject.version_id) if subject.version_id is not None else None
    worth = keys(reading, epoch)
    own = profile(indexed(reading), epoch)
    traced = _Traced(
        witness=_witness(subject) if held is None else links.witness(conn, held.version_id), profile=own,
        sketch=sketch_of(own.index, own.weighed, fsum(worth.values())),
        body_digest=_body_digest(subject) if held is None else held.body_digest, encoder=encoder)
    met = comparisons.matching(conn, worth, reading.language, method=named, meeting=MEETING,
                               across=across(encoded=encoder is not None),
                               article_id=held.article_id if held is not None else None)
    likely = [version_id for version_id in list(met)[:MAX_SKETCHED]
              if _may_share(conn, traced, version_id, met[version_id])]
    compared = [_compared(conn, epoch, traced, version_id, met[version_id])
                for version_id in takewhile(lambda _: in_time(), likely[:MAX_COMPARED])]
    return Trace(
        subject=subject, public_id=held.public_id if held is not None else None,
        left_out=len(likely) - len(compared) + max(0, len(met) - MAX_SKETCHED),
        exemplars=_ranked(conn, subject, traced.witness, [one for one in compared if one is not None]),
        searched=comparisons.searched(conn, method=named),
        leads=hints.leads(
            subject.title, subject.paragraphs, subject.language, gazetteer=topic.gazetteer,
            outlets=outlets_of(topic), period=Days(first=topic.start, last=topic.end),
            subject=hints.subject_of(topic.keywords, subject.language), known=topic.events),
    )


def _method_of(conn: sqlite3.Connection, epoch: Epoch) -> tuple[str, vectors.Encoder | None]:
    """How the archive was compared, with the extra `vectors` or without, and the encoder if it was and is here."""
    named = method(epoch.digest, encoder=vectors.NAME)
    if comparisons.is_compared(conn, method=named):
        return named, _remembering() if vectors.installed() else None
    return method(epoch.digest), None


_remembering = lru_cache(maxsize=1)(vectors.Remembering)  # loading it takes time
_unpacked = lru_cache(maxsize=1)(unpacked)  # the site asks again and again in one epoch


@dataclass(frozen=True, slots=True)
class _Traced:
    """The text that is asked about, as it is compared; texts of one `body_digest` are identical."""

    witness: Witness
    profile: Profile
    sketch: Sketch
    body_digest: str
    encoder: vectors.Encoder | None


@dataclass(frozen=True, slots=True)
class _Compared:
    """A held witness that shares text; `found` has the traced text on its left."""

    version_id: int
    article_id: int
    witness: Witness
    found: Reuse
    link: CopyLink


def _may_share(conn: sqlite3.Connection, traced: _Traced, version_id: int, meeting: float) -> bool:
    """Whether a held text that met the traced one is worth a close look, as an update decides."""
    stored = comparisons.reading(conn, version_id)
    return stored is None or is_likely(traced.sketch, sketched(stored), meeting, encoded=traced.encoder is not None)


def _compared(
    conn: sqlite3.Connection, epoch: Epoch, traced: _Traced, version_id: int, meeting: float
) -> _Compared | None:
    text, own = comparisons.text(conn, version_id), traced.witness
    found = reuse(traced.profile, profile_of(text, epoch), meeting=meeting,
                  identical=traced.body_digest == text.body_digest, made=traced.encoder)
    if found is None:
        return None
    other = links.witness(conn, version_id)
    if not is_link(found, same_site=bool(own.host) and registered_domain(own.host) == registered_domain(other.host)):
        return None
    # Nobody saw a text that is not held: when the other was seen says nothing of it.
    ourselves = own if own.public_id != TRACED else replace(own, first_seen=other.first_seen)
    return _Compared(version_id, text.article_id, other, found, link(ourselves, other, found))


def _ranked(
    conn: sqlite3.Connection, subject: Subject, own: Witness, compared: Sequence[_Compared]
) -> tuple[Exemplar, ...]:
    """One version of each article: the one that shares most; what the text was made from first, then what from it."""
    best: dict[int, _Compared] = {}
    for one in compared:
        before = best.get(one.article_id)
        if before is None or _closeness(one) > _closeness(before):
            best[one.article_id] = one
    chosen = list(best.values())
    witnesses = {own.public_id: own} | {one.witness.public_id: one.witness for one in chosen}
    ranks = ranked([one.link for one in chosen], witnesses).get(own.public_id, ())
    score = {rank.exemplar: (rank.is_decided, rank.score) for rank in ranks}
    chosen.sort(key=lambda one: (
        *(-part for part in score.get(one.witness.public_id, (False, float("-inf")))), -one.found.left_coverage,
        one.witness.public_id))
    cards = pages.cards(conn, [one.version_id for one in chosen])
    return tuple(
        Exemplar(card=cards[one.version_id], link=one.link, share=one.found.left_coverage,
                 passages=one.found.passages, text=one.witness.text,
                 sentences=_sentences(one, own, subject.text, one.witness.text))
        for one in chosen
    )


def _closeness(one: _Compared) -> tuple[float, int, str]:
    return one.found.left_coverage + one.found.right_coverage, one.found.words, one.witness.public_id


def _sentences(one: _Compared, own: Witness, ours: str, theirs: str) -> tuple[str, ...]:
    if own.public_id < one.witness.public_id:
        return explained(one.link, one.found, ours, theirs)
    return explained(one.link, one.found.turned(), theirs, ours)


def _bounded(subject: Subject) -> Subject:
    """The paragraphs that lie within MAX_CHARACTERS; a first one that does not is cut."""
    kept, characters = list[str](), 0
    for paragraph in subject.paragraphs:
        characters += len(paragraph) + 2
        if characters > MAX_CHARACTERS:
            break
        kept.append(paragraph)
    return replace(subject, paragraphs=tuple(kept) or tuple(p[:MAX_CHARACTERS] for p in subject.paragraphs[:1]))


def _body_digest(subject: Subject) -> str:
    """As a document's: of the paragraphs that are no credits."""
    return text_digest(PARAGRAPH_BREAK.join(without_credits(subject.paragraphs)))


def _witness(subject: Subject) -> Witness:
    """A text that is not held, as a witness of which nothing is known but what stands in it."""
    return Witness(
        public_id=TRACED, article="", outlet="", host="", title=subject.title, language=subject.language,
        published=None, first_seen=datetime(1970, 1, 1, tzinfo=UTC), canonical=None,
        credits=credit_lines(subject.paragraphs), text=subject.text,
    )


def as_json(found: Trace) -> dict[str, object]:
    """A trace for machines."""
    return {
        "public_id": found.public_id, "title": found.subject.title, "language": found.subject.language,
        "words": len(found.subject.text.split()),
        "searched": asdict(found.searched), "left_out": found.left_out,
        "exemplars": [{
            "public_id": one.card.public_id, "url": one.card.url, "title": one.card.title, "outlet": one.card.outlet,
            "language": one.card.language, "published": one.card.dating.iso, "first_seen": one.card.first_seen,
            "family": one.card.family, "relation": one.link.relation, "copied": one.link.copied,
            "direction": one.link.direction, "direction_confidence": one.link.direction_confidence,
            "is_source": one.is_source, "share": one.share,
            "evidence": [asdict(reason) for reason in one.link.evidence], "sentences": list(one.sentences),
            "passages": [asdict(passage) | {
                "left": found.subject.text[passage.left_start:passage.left_end],
                "right": one.text[passage.right_start:passage.right_end]} for passage in one.passages],
        } for one in found.exemplars],
        "leads": hints.as_json(found.leads),
    }


def lines(found: Trace) -> Iterator[str]:
    """A trace for people."""
    yield looked(found.searched)
    if found.left_out:
        yield f"{found.left_out:,} more that have rare words in common with it were not looked at closely."
    if not found.exemplars:
        yield "No held text shares text with it."
    for place, one in enumerate(found.exemplars, start=1):
        yield ""
        yield f"{place}. {in_words(one)}: {one.card.title}"
        yield f"   {one.card.outlet}, {one.card.dating.iso or 'no date'}, {one.card.language or 'language not known'}"
        yield f"   {one.card.url}"
        yield f"   {one.card.public_id}"
        yield from (f"   {sentence}" for sentence in one.sentences)
        longest = sorted(one.passages, key=lambda p: -p.words)[:SHOWN_PASSAGES]
        for passage in sorted(longest, key=lambda p: p.left_start):
            yield f"   > {_cut(found.subject.text[passage.left_start:passage.left_end])}"
            yield f"   < {_cut(one.text[passage.right_start:passage.right_end])}"
    said = list(hints.lines(found.leads))
    if said and not any(one.is_source for one in found.exemplars):
        yield ""
        yield "What the text itself says of its source:"
        yield from (f"   {line}" for line in said)


def looked(searched: Searched) -> str:
    """With how much a text was compared, in a sentence."""
    if not searched.texts:
        return "The archive holds no text that could be compared; run 'stemma run' first."
    days = f", dated {searched.first} to {searched.last}" if searched.first else ""
    return (f"Compared with {searched.texts:,} texts of {searched.articles:,} articles from {searched.outlets:,} "
            f"outlets in {searched.languages:,} languages{days}.")


def in_words(one: Exemplar) -> str:
    """What a held text is to the traced one, in a few words."""
    sure = min(99, round(100 * one.link.direction_confidence))
    kind = {"identical": "the same text", "near-duplicate": "nearly the same text", "excerpt": "an excerpt",
            "translation": "a translation", "rewrite": "a rewriting"}[one.link.relation]
    if one.is_source is None:
        return f"Shares text, {kind}; which came first is not decided"
    return f"Earlier held copy, {kind}, {sure} % sure" if one.is_source else f"Made from it, {kind}, {sure} % sure"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= QUOTED else flat[:QUOTED].rsplit(" ", 1)[0] + " …"
