"""Where a text comes from: the texts of the archive that share its text, who had it first, and what it says itself.

The command and the site's page ask the same question here; it writes nothing.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice, takewhile

from archive.digests import key_in, text_digest
from archive.model import PARAGRAPH_BREAK, CopyLink, Passage, Reuse, Witness
from archive.store import comparisons, judgements, kin, links, pages
from archive.store.comparisons import Searched, Text
from archive.store.pages import Card
from archive.topic import Topic
from archive.urls import registered_domain
from pipeline.copies import vectors
from pipeline.copies.alignment import Profile
from pipeline.copies.basis import basis
from pipeline.copies.comparing import profile_of, sketched
from pipeline.copies.epoch import Epoch
from pipeline.copies.prepared import prepared
from pipeline.copies.sifting import is_likely
from pipeline.copies.sketches import worth_of
from pipeline.descent.direction import link
from pipeline.descent.explain import explained
from pipeline.descent.judgements import judged
from pipeline.extraction.credit import credit_lines, without_credits
from pipeline.fingerprints import MEETING, OPENINGS, across
from pipeline.origins import leads as hints
from pipeline.origins.leads import Leads
from pipeline.origins.subject import Subject, leads_of
from pipeline.reuse import is_link, reuse
from pipeline.stemma import nearness, ranked

MAX_COMPARED = 60  # held texts that are looked at closely: those that share most
MAX_SKETCHED = 1_000  # of those that share most, whose sketches are looked at first
MAX_CHARACTERS = 65_536  # of a text, read to its last whole paragraph, where others wait for the answer
AS_NEAR, AHEAD = 0.02, 0.001  # share of the word pairs by which a text is nearer than another; of a score
SHOWN_PASSAGES = 3  # of an exemplar, for people
QUOTED = 300  # characters of each
TRACED = "~traced"  # the public id of a text that is not held; it sorts after all others


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """A held text that shares text with the traced one: the link between the two, what is shared, why in sentences.

    `passages` have the traced text on their left; `share` is the share of its words that they cover. `above` are the
    texts that the held one was made from itself, as far as its family tells: the nearest first.
    """

    card: Card
    link: CopyLink
    share: float
    passages: tuple[Passage, ...]
    text: str
    sentences: tuple[str, ...]
    above: tuple[Card, ...]

    @property
    def is_source(self) -> bool | None:
        """Whether the traced text was made from this one, or this one from it; None: not decided."""
        return None if self.link.direction != "decided" else self.link.exemplar == self.card.public_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What was found of a text, best explanation first, among how many texts, and what the text itself says.

    `public_id` is the text's own where it is held; `unread` are the words at its end that were not looked at.
    `left_out` counts held texts that have rare words in common with it and were not looked at closely: there were too
    many, or time was up.
    """

    subject: Subject
    public_id: str | None
    exemplars: tuple[Exemplar, ...]
    searched: Searched
    leads: Leads
    left_out: int = 0
    unread: int = 0


def trace(
    conn: sqlite3.Connection, topic: Topic, subject: Subject, *, in_time: Callable[[], bool] = lambda: True,
    longest: int = MAX_CHARACTERS,
) -> Trace:
    """Compare a text with all that are held, in the epoch in which they were compared with each other.

    `in_time` is asked before each close look; when it says no, those that share least are left out. A text is read to
    the last paragraph within `longest` characters. What the archive links a held text with is what it is traced to, in
    the direction of its links, whatever people decided on them.
    """
    ground = basis(conn, topic)
    epoch, named = ground.epoch, ground.method
    encoder = _remembering() if ground.is_encoded and vectors.installed() else None
    whole, subject = subject, _bounded(subject, longest)
    held = comparisons.text(conn, subject.version_id) if subject.version_id is not None else None
    own = prepared(subject.text, subject.language, epoch, encoder)
    traced = _Traced(
        witness=_witness(subject) if held is None else links.witness(conn, held.version_id), profile=own.profile,
        body_digest=_body_digest(subject) if held is None else held.body_digest, encoder=encoder)
    shared = comparisons.matching(conn, own.worth, subject.language, method=named, meeting=MEETING,
                                  across=across(encoded=encoder is not None), openings=OPENINGS,
                                  article_id=held.article_id if held is not None else None)
    met = {version_id: worth_of(nats) for version_id, nats in islice(shared.items(), MAX_SKETCHED)}
    kept = comparisons.sketches(conn, met) if met else {}  # what an older program published has none
    likely = [version_id for version_id, common in met.items()
              if is_likely(own.sketch, sketched(kept[version_id]), common, encoded=encoder is not None)]
    compared = [_compared(conn, epoch, traced, version_id, met[version_id].nats)
                for version_id in takewhile(lambda _: in_time(), likely[:MAX_COMPARED])]
    found = [one for one in compared if one is not None]
    # Of a family with more members than are looked at, the text that the others come from is the one to see.
    further = [version_id for version_id in _roots(conn, found) if version_id in set(likely[len(compared):])]
    more = [_compared(conn, epoch, traced, version_id, met[version_id].nats)
            for version_id in takewhile(lambda _: in_time(), further)]
    chosen = _of_articles([*found, *(one for one in more if one is not None)])
    return Trace(
        subject=subject, public_id=held.public_id if held is not None else None,
        unread=len(whole.text.split()) - len(subject.text.split()),
        left_out=len(likely) - len(compared) - len(more) + len(shared) - len(met),
        exemplars=_ranked(conn, subject, traced.witness, chosen if held is None else _as_linked(
            conn, epoch, traced, held, chosen)),
        searched=comparisons.searched(conn, method=named), leads=leads_of(subject, topic),
    )


_remembering = lru_cache(maxsize=1)(vectors.Remembering)  # loading it takes time


@dataclass(frozen=True, slots=True)
class _Traced:
    """The text that is asked about, as it is compared; texts of one `body_digest` are identical."""

    witness: Witness
    profile: Profile
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


def _roots(conn: sqlite3.Connection, found: Sequence[_Compared]) -> list[int]:
    """The versions that stand at the top of the families of what was found."""
    cards = pages.cards(conn, [one.version_id for one in found])
    families = [card.family for card in cards.values() if card.family is not None]
    return [root.version_id for listed in kin.roots(conn, families).values() for root in listed]


def _of_articles(compared: Sequence[_Compared]) -> list[_Compared]:
    """One version of each article: the one that shares most."""
    best: dict[int, _Compared] = {}
    for one in compared:
        before = best.get(one.article_id)
        if before is None or _closeness(one) > _closeness(before):
            best[one.article_id] = one
    return list(best.values())


def _closeness(one: _Compared) -> tuple[float, int, str]:
    return one.found.left_coverage + one.found.right_coverage, one.found.words, one.witness.public_id


def _as_linked(
    conn: sqlite3.Connection, epoch: Epoch, traced: _Traced, held: Text, chosen: Sequence[_Compared]
) -> list[_Compared]:
    """What a held article is linked with, by the archive's own links, which may rest on other versions of it.

    Where they are still to be decided, what was found, as people judged it.
    """
    own = traced.witness
    if links.is_unlinked(conn, held.article_id):
        said = judged([one.link for one in chosen], judgements.standing(conn, held.article_id))
        by_pair = {frozenset((link.copy, link.exemplar)): link for link in said}
        return [replace(one, link=by_pair[pair]) for one in chosen
                if (pair := frozenset((own.public_id, one.witness.public_id))) in by_pair]
    met = {one.article_id: one for one in chosen}
    result = []
    for article_id, (version_id, stored) in sorted(links.linked(conn, held.article_id).items()):
        one = met.get(article_id) or _linked(conn, epoch, traced, version_id, stored)
        ours, theirs = (stored.copy, stored.exemplar) if _is_of(stored.copy, own) else (stored.exemplar, stored.copy)
        result.append(replace(one, link=_named(stored, {ours: own.public_id, theirs: one.witness.public_id})))
    return result


def _linked(
    conn: sqlite3.Connection, epoch: Epoch, traced: _Traced, version_id: int, link: CopyLink
) -> _Compared:
    """A text that a link names and this version did not meet; what the two share may be nothing."""
    text = comparisons.text(conn, version_id)
    found = reuse(traced.profile, profile_of(text, epoch), meeting=MEETING,
                  identical=traced.body_digest == text.body_digest, made=traced.encoder)
    nothing = Reuse(relation=link.relation, passages=(), left_coverage=0.0, right_coverage=0.0, order=0.0,
                    copied=link.copied)
    return _Compared(version_id, text.article_id, links.witness(conn, version_id), found or nothing, link)


def _is_of(public_id: str, witness: Witness) -> bool:
    """Whether a version is of the article that a witness is of: public ids begin with its key."""
    return key_in(public_id) == key_in(witness.public_id)


def _named(link: CopyLink, names: Mapping[str, str]) -> CopyLink:
    """A link between two articles, said of other versions of them."""
    return replace(link, copy=names[link.copy], exemplar=names[link.exemplar], evidence=tuple(
        replace(reason, favours=names.get(reason.favours, reason.favours)) for reason in link.evidence))


def _ranked(
    conn: sqlite3.Connection, subject: Subject, own: Witness, chosen: Sequence[_Compared]
) -> tuple[Exemplar, ...]:
    """What the text was made from first, then what from it; a text before its copies that are no nearer to it."""
    witnesses = {own.public_id: own} | {one.witness.public_id: one.witness for one in chosen}
    ranks = ranked([one.link for one in chosen], witnesses).get(own.public_id, ())
    score = {rank.exemplar: (rank.is_decided, rank.score) for rank in ranks}
    name = {one.article_id: one.witness.public_id for one in chosen}
    below = [(name[copy], name[exemplar]) for copy, exemplar, stored in links.among(conn, name)
             if stored.direction == "decided"]
    near = {one: nearness(own, witnesses[one]) for pair in below for one in pair}
    for _ in chosen:  # to the top of each chain; people may have judged a circle
        for copy, exemplar in below:
            if {copy, exemplar} <= score.keys() and near[exemplar] >= near[copy] - AS_NEAR:
                score[exemplar] = max(score[exemplar], (score[copy][0], score[copy][1] + AHEAD))
    cards = pages.cards(conn, [one.version_id for one in chosen])
    shown = sorted((one for one in chosen if one.version_id in cards), key=lambda one: (
        *(-part for part in score.get(one.witness.public_id, (False, float("-inf")))), -one.found.left_coverage,
        one.witness.public_id))
    return tuple(
        Exemplar(card=cards[one.version_id], link=one.link, share=one.found.left_coverage,
                 passages=one.found.passages, text=one.witness.text,
                 sentences=_sentences(one, own, subject.text, one.witness.text),
                 above=tuple(card for card in kin.lineage(conn, one.article_id) if not _is_of(card.public_id, own)))
        for one in shown
    )


def _sentences(one: _Compared, own: Witness, ours: str, theirs: str) -> tuple[str, ...]:
    if not one.found.passages and one.link.relation != "identical":
        return ("They are linked by other versions of theirs, or by what a person decided: these share no passage.",)
    if own.public_id < one.witness.public_id:
        return explained(one.link, one.found, ours, theirs)
    return explained(one.link, one.found.turned(), theirs, ours)


def _bounded(subject: Subject, longest: int) -> Subject:
    """The paragraphs that lie within so many characters; a first one that does not is cut."""
    kept, characters = list[str](), 0
    for paragraph in subject.paragraphs:
        characters += len(paragraph) + 2
        if characters > longest:
            break
        kept.append(paragraph)
    return replace(subject, paragraphs=tuple(kept) or tuple(p[:longest] for p in subject.paragraphs[:1]))


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
        "words": len(found.subject.text.split()) + found.unread, "unread": found.unread,
        "searched": asdict(found.searched), "left_out": found.left_out,
        "exemplars": [{
            "public_id": one.card.public_id, "url": one.card.url, "title": one.card.title, "outlet": one.card.outlet,
            "language": one.card.language, "published": one.card.dating.iso, "first_seen": one.card.first_seen,
            "family": one.card.family, "relation": one.link.relation, "copied": one.link.copied,
            "direction": one.link.direction, "direction_confidence": one.link.direction_confidence,
            "is_source": one.is_source, "share": one.share,
            "evidence": [asdict(reason) for reason in one.link.evidence], "sentences": list(one.sentences),
            "above": [{"public_id": card.public_id, "url": card.url, "outlet": card.outlet, "title": card.title}
                      for card in one.above],
            "passages": [asdict(passage) | {
                "left": found.subject.text[passage.left_start:passage.left_end],
                "right": one.text[passage.right_start:passage.right_end]} for passage in one.passages],
        } for one in found.exemplars],
        "leads": hints.as_json(found.leads),
    }


def lines(found: Trace) -> Iterator[str]:
    """A trace for people."""
    yield looked(found.searched)
    if found.unread:
        yield f"The last {found.unread:,} words of the text were not looked at; give its parts one by one."
    if found.left_out:
        yield f"{found.left_out:,} more that have rare words in common with it were not looked at closely."
    if not found.exemplars:
        yield "No held text shares text with it."
    for place, one in enumerate(found.exemplars, start=1):
        yield ""
        yield f"{place}. {in_words(one, is_held=found.public_id is not None)}: {one.card.title}"
        yield f"   {one.card.outlet}, {one.card.dating.iso or 'no date'}, {one.card.language or 'language not known'}"
        yield f"   {one.card.url}"
        yield f"   {one.card.public_id}"
        for card in one.above if one.is_source else ():
            yield f"   in turn made from: {card.title} ({card.outlet}, {card.dating.iso or 'no date'}), {card.url}"
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
        return ("The archive holds no text that this program compared; run 'stemma run' first, and publish again what "
                "was published by an older one.")
    days = f", dated {searched.first} to {searched.last}" if searched.first else ""
    ready = max(0, searched.texts - searched.waiting)
    left = f" {searched.waiting:,} of them are still to be compared themselves, and were left out." \
        if searched.waiting else ""
    return (f"Compared with {ready:,} texts{f' out of {searched.texts:,}' if searched.waiting else ''} of "
            f"{searched.articles:,} articles from {searched.outlets:,} outlets in {searched.languages:,} "
            f"languages{days}.{left}")


def in_words(one: Exemplar, *, is_held: bool) -> str:
    """What a held text is to the traced one, in a few words. Who meets a text that is not held has not seen its age."""
    sure = min(99, round(100 * one.link.direction_confidence))
    kind = {"identical": "the same text", "near-duplicate": "nearly the same text", "excerpt": "an excerpt",
            "translation": "a translation", "rewrite": "a rewriting"}[one.link.relation]
    if one.is_source is None:
        return f"Shares text, {kind}; which came first is not decided"
    if one.is_source:
        return f"Earlier held copy, {kind}, {sure} % sure"
    return f"Made from it, {kind}, {sure} % sure" if is_held else f"By its words made from it, {kind}, {sure} % sure"


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= QUOTED else flat[:QUOTED].rsplit(" ", 1)[0] + " …"
