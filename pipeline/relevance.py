"""A text, its date and a topic -> Relevance: whether it is on the topic, and which terms decided.

The rule. Each distinct term counts once: a `must` term, a name that decides and two terms that stand `together` 3, a
`likely` one 2, an `any` term or another name 1 (these at most 4 in all), a `never` term -4. In the title all but
`never` terms count twice: a headline may compare ("as in 1943"). On the topic is a sum of at least 3 with one that
counts 3, or of at least 4 with a `likely` one and a voucher: an `any` term, a person or an organisation. So a region's
name is no news of its war, and two places do not vouch for each other. Every stretch of text counts for one term only,
the longest that begins first, so that "born in Kursk" is not also "in Kursk"; what stands `together` is found beside.
Places are met in Latin letters too, as reposts write their Ukrainian and Russian names, in their cases.

Days. What was published before the topic's first day cannot tell of it. After its last day only `must` terms
decide: a town has other news by then.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import Literal

from archive.model import Relevance
from archive.topic import Name, Topic
from archive.topic_keywords import Keywords
from pipeline.topicality.term_patterns import GAP, Tokens, alternatives, capitals_of, is_written, normal, tokens_of
from pipeline.topicality.together import Pairs, meetings, pairs_of
from pipeline.topicality.transliteration import latin_spellings

RULE = "relevance/4"  # part of what `decided_by` names: another rule decides anew

Role = Literal["must", "decides", "together", "likely", "any", "name", "never"]
Span = tuple[datetime, datetime]  # the first and the last moment at which a text may have been published

WEIGHTS: Mapping[Role, int] = {"must": 3, "decides": 3, "together": 3, "likely": 2, "any": 1, "name": 1, "never": -4}
DECIDING: frozenset[Role] = frozenset({"must", "decides", "together"})
SUPPORTING: frozenset[Role] = frozenset({"any", "name"})
OF_THE_DAYS: frozenset[Role] = frozenset({"decides", "together", "likely"})
TITLE_FACTOR = 2
MOST_SUPPORT = 4
THRESHOLD = 3
THRESHOLD_OF_LIKELY = 4
EAST, WEST = timedelta(hours=14), timedelta(hours=12)  # of UTC, where a day begins first and ends last


@dataclass(frozen=True, slots=True, kw_only=True)
class Sense:
    """What a pattern stands for: a term in its role; language None holds in every language.

    label is the term of the topic file or the name of the gazetteer entry, kind what is shown beside it; capitals is
    how many the text must have in front (Сейм the river, сейм the parliament).
    """

    role: Role
    label: str
    kind: str
    language: str | None
    capitals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms as one expression; its group n, when it is the last, stands for senses[n - 1]."""

    expression: re.Pattern[str]
    senses: tuple[tuple[Sense, ...], ...]
    pairs: Pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """The terms of a topic for each of its languages, so that none hides another's, and under None for any other.

    days are the first and the last moment of the topic's days, wherever on Earth.
    """

    terms: Mapping[str | None, Terms]
    days: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A sense that was met, in the form it had in the text."""

    sense: Sense
    form: str
    in_title: bool

    @property
    def points(self) -> int:
        weight = WEIGHTS[self.sense.role]
        return weight * TITLE_FACTOR if self.in_title and weight > 0 else weight

    @property
    def vouches(self) -> bool:
        """What makes a likely term certain: a word of the subject, a person or an organisation, never a place.

        Of likely ones organisations alone: of the region's officials there is other news.
        """
        role, kind = self.sense.role, self.sense.kind
        return role == "any" or (role == "name" and kind != "place") or (role == "likely" and kind == "organisation")


def relevance(
    title: str, paragraphs: Sequence[str], language: str | None, matcher: Matcher, *, dated: Span | None = None
) -> Relevance:
    """Whether a text is on the topic; `terms` are signed, and their numbers add up to the score.

    Keywords are those of the text's language, or of all languages if it is unknown or the topic has none in it; names
    are looked for in every language. Without `dated` the text counts as of the topic's days.
    """
    is_before, is_after = _beside(dated, matcher.days)
    found = _distinct(_hits(title, paragraphs, language, matcher))
    hits = sorted(map(_no_longer, found) if is_after else found, key=lambda hit: (-hit.points, hit.sense.label))
    support = sum(hit.points for hit in hits if hit.sense.role in SUPPORTING)
    surplus = max(0, support - MOST_SUPPORT)
    score = sum(hit.points for hit in hits) - surplus
    terms = [_shown(hit) for hit in hits]
    if surplus:
        terms.append(f"-{surplus} (any terms and names count {MOST_SUPPORT} at most)")
    if is_after and hits:
        terms.append("+0 published after the topic's days, when no name decides (date)")
    if is_before and score > 0:
        terms.append(f"-{score} published before the topic's days (date)")
        score = 0
    return Relevance(score=float(score), on_topic=_is_on_topic(hits, score), terms=tuple(terms))


def _is_on_topic(hits: Sequence[Hit], score: int) -> bool:
    if any(hit.sense.role in DECIDING for hit in hits):
        return score >= THRESHOLD
    vouchers = [hit for hit in hits if hit.vouches]
    is_vouched_for = any(hit.sense.role == "likely" and vouchers not in ([], [hit]) for hit in hits)
    return is_vouched_for and score >= THRESHOLD_OF_LIKELY


def _beside(dated: Span | None, days: Span) -> tuple[bool, bool]:
    """Whether a text is wholly older, or younger, than the topic's days."""
    return (dated[1] < days[0], dated[0] > days[1]) if dated else (False, False)


def _no_longer(hit: Hit) -> Hit:
    """What decides or is likely in the topic's days alone, as a name that only supports."""
    return replace(hit, sense=replace(hit.sense, role="name")) if hit.sense.role in OF_THE_DAYS else hit


def matcher_of(topic: Topic) -> Matcher:
    """Compile the terms of a topic; once per run, it takes about half a second."""
    pairs = sorted(_patterns(topic), key=lambda pair: pair[0])
    languages = {keywords.language for keywords in topic.keywords}
    return Matcher(
        terms={
            language: _terms(pairs, language, [k for k in topic.keywords if language in (None, k.language)])
            for language in (None, *sorted(languages))
        },
        days=days_of(topic),
    )


def days_of(topic: Topic) -> Span:
    """The first and the last moment of the topic's days, wherever on Earth."""
    start, end = (datetime.combine(day, time(), UTC) for day in (topic.start, topic.end))
    return start - EAST, end + timedelta(days=1) + WEST


def _terms(
    pairs: Sequence[tuple[Tokens, Sense]], language: str | None, keywords: Sequence[Keywords]
) -> Terms:
    wanted = [pair for pair in pairs if language is None or pair[1].language in (None, language)]
    senses = {tokens: tuple(sense for _, sense in group) for tokens, group in groupby(wanted, key=lambda pair: pair[0])}
    order: list[Tokens] = []
    body = alternatives(tuple(senses), 0, order)
    return Terms(
        expression=re.compile(rf"(?<!\w)(?:{body})"), senses=tuple(senses[tokens] for tokens in order),
        pairs=pairs_of(keywords),
    )


def _hits(title: str, paragraphs: Sequence[str], language: str | None, matcher: Matcher) -> Iterator[Hit]:
    head = normal(title)
    written = "\n".join((head, *(normal(paragraph) for paragraph in paragraphs)))
    terms = matcher.terms.get(language) or matcher.terms[None]
    met = {
        (match.lastindex or 0, written[match.start() : match.end()], match.start() < len(head)): None
        for match in terms.expression.finditer(written.lower())
    }
    for group, form, in_title in met:
        for sense in terms.senses[group - 1]:
            if is_written(form, sense.capitals):
                yield Hit(sense=sense, form=form, in_title=in_title)
    for meeting in meetings(written, terms.pairs):
        sense = Sense(role="together", label=meeting.label, kind="together", language=None, capitals=0)
        yield Hit(sense=sense, form=meeting.form, in_title=meeting.end <= len(head))


def _distinct(hits: Iterable[Hit]) -> list[Hit]:
    """Of the hits of one term the weightiest: in the title, and by its right spelling, before elsewhere."""
    best: dict[tuple[str, str], Hit] = {}
    for hit in hits:
        key = (hit.sense.kind, hit.sense.label.casefold())
        if key not in best or abs(hit.points) > abs(best[key].points):
            best[key] = hit
    return list(best.values())


def _shown(hit: Hit) -> str:
    """Points, form met and term: "+6 Судже = Sudzha (place, decides, title)"."""
    label = hit.sense.label if hit.form == hit.sense.label else f"{hit.form} = {hit.sense.label}"
    role = () if hit.sense.kind == hit.sense.role else (hit.sense.kind,)
    places = (*role, hit.sense.role, *(("title",) if hit.in_title else ()))
    return f"{hit.points:+d} {label} ({', '.join(places)})"


def _patterns(topic: Topic) -> Iterator[tuple[Tokens, Sense]]:
    for keywords in topic.keywords:
        roles: tuple[tuple[Role, tuple[str, ...]], ...] = (
            ("must", keywords.must),
            ("likely", keywords.likely),
            ("any", keywords.any),
            ("never", keywords.never),
        )
        for role, terms in roles:
            for term in terms:
                sense = Sense(role=role, label=term, kind=role, language=keywords.language, capitals=capitals_of(term))
                yield tokens_of(term, is_name=False), sense
    for name in topic.gazetteer:
        yield from _name_patterns(name)


def _name_patterns(name: Name) -> Iterator[tuple[Tokens, Sense]]:
    """A misspelling never decides: some are common words."""
    role: Role = "decides" if name.decides else "likely" if name.likely else "name"
    spellings = {spelling for _, spellings in name.spellings for spelling in spellings}
    for spelling in sorted(spellings):
        sense = Sense(role=role, label=name.name, kind=name.kind, language=None, capitals=int(spelling[0].isupper()))
        yield tokens_of(spelling, is_name=True), sense
    if name.kind == "place":
        own = {tokens_of(spelling, is_name=True) for spelling in spellings}
        for tokens in sorted(_in_latin(name) - own):
            yield tokens, Sense(role=role, label=name.name, kind=name.kind, language=None, capitals=1)
    for misspelling in name.misspellings:
        capitals = int(misspelling[0].isupper())
        sense = Sense(role="name", label=name.name, kind=name.kind, language=None, capitals=capitals)
        yield tokens_of(misspelling, is_name=False), sense


def _in_latin(name: Name) -> set[Tokens]:
    """What reposts make of a place's Ukrainian and Russian names in Latin letters."""
    found = set[Tokens]()
    for language, spellings in name.spellings:
        for spelling in spellings if language in ("uk", "ru") else ():
            for words in latin_spellings(spelling, is_ukrainian=language == "uk"):
                pieces = [[*map(re.escape, stem), *((endings,) if endings else ())] for stem, endings in words]
                found.add(tuple(piece for n, word in enumerate(pieces) for piece in ((GAP, *word) if n else word)))
    return found
