"""A text whose source is not held -> leads to it: whom it credits, when it was written, what it came through (pure).

Each lead says on which words it rests. None is a finding: a person follows it, or `stemma hunt` asks for it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from archive.model import Days
from archive.topic import KnownEvent, Name
from archive.topic_keywords import Keywords
from pipeline.extraction.agencies import agencies, named_in
from pipeline.extraction.authors import names, signed
from pipeline.extraction.credit import credit_lines
from pipeline.origins.known_outlets import OutletMention, outlets_in
from pipeline.origins.language_traces import NAMES, UNKNOWN, Trace, came_through, traces
from pipeline.origins.queries import Rarest, Rarity, default_rarity, gdelt_searches, rarest, searches
from pipeline.origins.window import Window, window

# What a credit line has beside names: verbs and nouns of reporting, also mangled ones.
_CREDITING = re.compile(
    r"\b(?:contribut\w+|reporting|reports?|relationships?|relations|additional|editing|edited|written|writing|by|source"
    r"|with|files|material|this|to|article|story|hanno|ha|contribuito|con|la|collaborazione|di|übersetzung|originally"
    r"|published|for|tłum\w*|перевод|переклад|автор\w*)\b:?", re.IGNORECASE)
LONGEST, TAIL = 100_000, 5  # characters that are read, beside the last paragraphs, where credits stand
_PLACE = re.compile(r"\s+(?:in|from|reported from|aus|da|из|з|із|à|en)\s+[^\W\d_][\w .-]*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody whom a text names as one who wrote it, and the line that does."""

    name: str
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """What a text says of its own source; `through` is the language that it came through, "unknown" where none is sure.

    `searches` are for a general search engine, `gdelt` for GDELT; `reasons` are those for `through`.
    """

    contributors: tuple[Person, ...]
    agencies: tuple[str, ...]
    outlets: tuple[OutletMention, ...]
    window: Window | None
    through: str
    reasons: tuple[str, ...]
    traces: tuple[Trace, ...]
    rarest: Rarest
    searches: tuple[str, ...]
    gdelt: tuple[str, ...]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The outlets that the text gives as the source of something."""
        return tuple(mention.outlet for mention in self.outlets if mention.is_source)


def leads(
    title: str | None, paragraphs: Sequence[str], language: str | None, *, gazetteer: Sequence[Name],
    outlets: Mapping[str, str] | Iterable[tuple[str, str]], period: Days, subject: Sequence[str] = (),
    known: Sequence[KnownEvent] = (), rarity: Rarity = default_rarity,
) -> Leads:
    """What can be read from a text itself about where it comes from.

    `outlets` are those of the archive (name and domain), beside the ones that the program knows; `period` the days of
    the topic; `subject` the words that every text on it has; `rarity` tells how rare a word is.
    """
    paragraphs = _bounded(paragraphs)
    whole = "\n".join((*((title,) if title else ()), *paragraphs))
    credits = credit_lines(paragraphs)
    persons = _contributors(paragraphs, credits)
    mentioned = outlets_in(whole, outlets)
    found = traces(whole, language, gazetteer)
    through, reasons = came_through(found)
    named = [person.name for person in persons]
    rare = rarest("\n".join(_story(paragraphs, credits)), gazetteer, language, rarity=rarity,
                  without=[*named, *(one.outlet for one in mentioned), *(t.text for t in found if t.kind == "exonym")])
    written = window(paragraphs, language, period=period, known=known)
    if written is not None and not written.days and (written.first, written.last) == (period.first, period.last):
        written = None  # the whole of the topic's time says nothing
    return Leads(
        contributors=tuple(persons), agencies=agencies((), paragraphs, credits), outlets=tuple(mentioned),
        window=written, through=through, reasons=reasons,
        traces=tuple(found), rarest=rare,
        searches=tuple(searches(rare, subject=subject, persons=named, domains=[
            one.domain for one in mentioned if one.is_source and one.domain])),
        gdelt=tuple(gdelt_searches(rare, gazetteer, subject=subject, persons=named)),
    )


def subject_of(keywords: Iterable[Keywords], language: str | None) -> tuple[str, ...]:
    """The name that most of a language's `must` terms have: "Kursk". English stands in for what has no terms."""
    listed = {one.language: one.must for one in keywords}
    terms = listed.get(language or "", ()) or listed.get("en", ())
    counted = Counter(word.rstrip("*") for term in terms for word in term.split() if word[:1].isupper())
    return tuple(word for word, _ in counted.most_common(1))


def as_json(found: Leads) -> dict[str, object]:
    """The leads for machines."""
    when = found.window
    return {
        "contributors": [asdict(person) for person in found.contributors], "agencies": list(found.agencies),
        "outlets": [asdict(mention) for mention in found.outlets],
        "window": None if when is None else {
            "first": when.first.isoformat(), "last": when.last.isoformat(), "days": [d.isoformat() for d in when.days],
            "phrases": list(when.phrases)},
        "came_through": found.through, "reasons": list(found.reasons), "traces": [asdict(one) for one in found.traces],
        "names": list(found.rarest.names), "numbers": list(found.rarest.numbers),
        "quotations": list(found.rarest.quotations), "searches": list(found.searches), "gdelt": list(found.gdelt),
    }


def lines(found: Leads) -> Iterator[str]:
    """The leads for people."""
    yield from (f"contributor  {person.name} (“{person.line}”)" for person in found.contributors)
    yield from (f"agency       {agency}" for agency in found.agencies)
    for mention in found.outlets:
        yield f"{'source?' if mention.is_source else 'mentioned':<12} {mention.outlet} (“{mention.phrase}”)"
    if found.window is not None:
        days = ", ".join(f"{day:%A %Y-%m-%d}" for day in found.window.days)
        perhaps = f", perhaps {days}" if days else ""
        yield (f"written      between {found.window.first} and {found.window.last}{perhaps} "
               f"(by {', '.join(f'“{phrase}”' for phrase in found.window.phrases)})")
    if found.through != UNKNOWN:
        yield f"came through {NAMES.get(found.through, found.through)}"
        yield from (f"             {reason}" for reason in found.reasons)
    elif found.traces:
        yield "translated?  from a language that is not known"
        yield from (f"             {trace.reason}" for trace in found.traces)
    yield from (f"search       {query}" for query in found.searches)


def _bounded(paragraphs: Sequence[str]) -> list[str]:
    """The first of the paragraphs and the last: what a long text says of its source, it says there."""
    kept, left = list[str](), LONGEST
    for paragraph in paragraphs:
        if left <= 0:
            break
        kept.append(paragraph[:left])
        left -= len(paragraph)
    return kept + [paragraph[:LONGEST] for paragraph in paragraphs[max(len(kept), len(paragraphs) - TAIL):]]


def _story(paragraphs: Sequence[str], credits: Sequence[str]) -> list[str]:
    return [paragraph for paragraph in paragraphs if paragraph not in credits]


def _is_no_person(name: str) -> bool:
    """An agency's name, or an outlet's: "The Associated Press"."""
    return name.startswith("The ") or bool(named_in(name))


def _contributors(paragraphs: Sequence[str], credits: Sequence[str]) -> list[Person]:
    """The persons whom credit lines name, and who signed the text."""
    found: dict[str, Person] = {}
    for line in credits:
        for part in re.split(r"[.;]\s+|[.;]$", line):
            plain = _CREDITING.sub(" , ", part)
            for piece in re.split(r"\s+and\s+|\s*,\s*", plain, flags=re.IGNORECASE):
                for name in names(_PLACE.sub("", piece)):
                    ends = name.split()[0], name.split()[-1]
                    if ends[0] != ends[1] and all(word[0].isupper() for word in ends) and not _is_no_person(name):
                        found.setdefault(name, Person(name=name, line=line))
    for reading in signed(paragraphs):
        found.setdefault(reading.value, Person(name=reading.value, line=reading.value))
    return list(found.values())
