"""A link, its aligned passages and the two texts -> why it is shown, in sentences (pure).

The words are fair: texts share text, one is the earliest held copy, a credited copy may well be licensed. Which of the
two was written first, and whether anybody minds, is more than passages can say.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from archive.digests import text_digest
from archive.model import PARAGRAPH_BREAK, CopyLink, Evidence, Reuse
from pipeline.descent.direction import DATED
from pipeline.extraction.credit import credit_lines

ALIGNED = 0.4  # of a paragraph's letters and digits that lie in passages
NAMES_SHOWN = 4
MOST_NAMES = 100  # of one passage, each compared with each: a whole text may be one passage
TAIL = 3  # paragraphs in which a text "ends"
SIMILAR = 0.65  # of two spellings of one name
LICENSED = frozenset({"credit", "canonical", "agency"})  # kinds of evidence: somebody is named
_NUMBER = re.compile(r"\d+(?:[., \u00a0\u202f]\d{3}(?!\d))*(?:[.,]\d+)?")
_NAME = re.compile(r"(?<![\w’'])[^\W\d_a-zа-яіїєґßà-öø-ÿ][^\W\d_]{2,}")
_OPENING = re.compile(r"(?:^|[.!?…:]\s|\n|[“\"«„])$")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A passage as the copy and the other text have it: character offsets, end excluded."""

    start: int
    end: int
    other_start: int
    other_end: int


def explained(link: CopyLink, reuse: Reuse | None, left_text: str, right_text: str) -> tuple[str, ...]:
    """Why a link is shown: what is aligned, what agrees, what differs, who is credited, how sure the direction is.

    Left is the side of the smaller public id, as in every stored reuse; texts are paragraphs with an empty line between
    two. `reuse` is None where nothing but a person's judgement speaks for the link.
    """
    is_left = link.copy < link.exemplar
    copy, other = (left_text, right_text) if is_left else (right_text, left_text)
    turned = reuse if reuse is None or is_left else reuse.turned()
    stretches = [
        _Stretch(p.left_start, p.left_end, p.right_start, p.right_end) for p in (turned.passages if turned else ())
        if p.left_start < p.left_end <= len(copy) and p.right_start < p.right_end <= len(other)
    ]
    name = "The copy" if link.direction == "decided" else "The later seen text"
    return tuple(sentence for sentence in (
        *_alignment(name, copy, other, stretches, is_identical=link.relation == "identical"),
        *_numbers(copy, other, stretches), *_names(copy, other, stretches), *_credited(name, copy, link),
        *_linking(name, link),
        *_difference(name, copy, other, stretches), *_judged(link.evidence), _direction(link),
    ) if sentence)


def _alignment(
    name: str, copy: str, other: str, stretches: Sequence[_Stretch], *, is_identical: bool
) -> Iterator[str]:
    if is_identical:
        but = "" if text_digest(copy) == text_digest(other) else ", but for lines of credit"
        yield f"{name} shares text with the other: they are the same, word for word{but}."
    elif not stretches:
        yield f"{name} is said to share text with the other; no passages of the two are aligned."
    else:
        paragraphs = _paragraphs(copy)
        aligned = [span for span in paragraphs if _covered(copy, span, [(s.start, s.end) for s in stretches])]
        if aligned:
            order = _in_order([_across(span, stretches) for span in aligned])
            kept = ("in the same order" if order == len(aligned) else
                    f"{order} of them in the same order") if len(aligned) > 1 else "as a whole"
            verb = "aligns" if len(paragraphs) == 1 else "align"
            yield (f"{name} shares text with the other: {len(aligned)} of {_plural(len(paragraphs), 'paragraph')} "
                   f"{verb} with it, {kept}.")
        else:
            letters = sum(s.end - s.start for s in stretches)
            yield (f"{name} shares text with the other: {_plural(len(stretches), 'passage')} of {letters:,} "
                   f"characters, less than any whole paragraph.")


def _numbers(copy: str, other: str, stretches: Sequence[_Stretch]) -> Iterator[str]:
    """How many numbers of the aligned stretches are the same on both sides."""
    total, agreeing, differing = 0, 0, list[str]()
    for stretch in stretches:
        ours = Counter(_amounts(copy[stretch.start:stretch.end]))
        theirs = Counter(_amounts(other[stretch.other_start:stretch.other_end]))
        total += ours.total()
        agreeing += (ours & theirs).total()
        only, lacking = [n for n in (ours - theirs).elements()], [n for n in (theirs - ours).elements()]
        differing += [f"{a} for {b}" for a, b in zip(only, lacking, strict=False)]
    if total:
        verb = "agrees" if total == agreeing == 1 else "agree"
        named = f" ({', '.join(differing[:NAMES_SHOWN])})" if differing else ""
        yield f"{agreeing} of {_plural(total, 'number')} {verb}{named}."


def _names(copy: str, other: str, stretches: Sequence[_Stretch]) -> Iterator[str]:
    """How many names of the aligned stretches are the same, and which are only spelled in another way."""
    same, spelled = set[str](), dict[str, str]()
    everywhere = set(_NAME.findall(other))
    for stretch in stretches:
        ours, theirs = (list(dict.fromkeys(_named(text, start, end)))[:MOST_NAMES] for text, start, end in (
            (copy, stretch.start, stretch.end), (other, stretch.other_start, stretch.other_end)))
        same |= set(ours) & set(theirs)
        lacking = [name for name in theirs if name not in ours]
        for word in ours:
            if word not in everywhere and word not in spelled:
                likely = max(lacking, key=lambda name: _similarity(word, name), default="")
                if likely and _similarity(word, likely) >= SIMILAR:
                    spelled[word] = likely
    if same:
        yield f"{_plural(len(same), 'name')} {'stands' if len(same) == 1 else 'stand'} in both."
    if spelled:
        pairs = [f"{theirs}/{ours}" for ours, theirs in spelled.items()]
        more = f" and {len(pairs) - NAMES_SHOWN} more" if len(pairs) > NAMES_SHOWN else ""
        yield (f"The {'name' if len(pairs) == 1 else 'names'} {', '.join(pairs[:NAMES_SHOWN])}{more} "
               f"{'differs' if len(pairs) == 1 else 'differ'} in spelling only.")


def _credited(name: str, copy: str, link: CopyLink) -> Iterator[str]:
    """The copy's credit line, and which of the two names where it is from: as often as not it is the honest one."""
    paragraphs = copy.split(PARAGRAPH_BREAK)
    lines = credit_lines(paragraphs)
    if lines:
        where = "ends with" if lines[-1] in paragraphs[-TAIL:] else "has"
        yield f"{name} {where} the credit line “{lines[-1]}”."
    yield from (f"B{reason.detail[1:]}, so each may have the text from there."
                for reason in link.evidence if reason.kind == "wire")
    if any(reason.kind == "owner" for reason in link.evidence):
        yield "Both outlets have one owner, so it may be the same house's text."
    favoured = {reason.favours for reason in link.evidence if reason.kind in LICENSED}
    if link.exemplar in favoured:
        yield f"{name} names where the text is from, so it may be a licensed or syndicated copy."
    if link.copy in favoured:
        yield "The other names where the text is from, so it may itself be a licensed or syndicated copy."


def _linking(name: str, link: CopyLink) -> Iterator[str]:
    """That one of the two links to the other, and where."""
    for reason in link.evidence:
        if reason.kind == "link":
            who = name if reason.favours == link.exemplar else "The other"
            whom = "the other" if reason.favours == link.exemplar else "this one"
            yield f"{who} links to {whom}, {reason.detail.rpartition(', ')[2]}."


def _difference(name: str, copy: str, other: str, stretches: Sequence[_Stretch]) -> Iterator[str]:
    if not stretches:
        return
    added = [s for s in _paragraphs(copy) if not _touched(s, [(t.start, t.end) for t in stretches])]
    lacking = [s for s in _paragraphs(other) if not _touched(s, [(t.other_start, t.other_end) for t in stretches])]
    said = [f"lacks {_plural(len(lacking), 'paragraph')} of the other"] if lacking else []
    said += [f"adds {len(added)}" if lacking else f"adds {_plural(len(added), 'paragraph')}"] if added else []
    if said:
        yield f"{name} {' and '.join(said)}."


def _judged(evidence: Iterable[Evidence]) -> Iterator[str]:
    yield from (f"A person judged the link: {reason.detail}." for reason in evidence if reason.kind == "judgement")


def _direction(link: CopyLink) -> str:
    if link.direction != "decided":
        return "Which of the two came first is not decided."
    reasons = [reason for reason in link.evidence
               if reason.favours == link.exemplar and reason.weight and reason.kind != "judgement"]
    strongest = sorted(reasons, key=lambda reason: -reason.weight)[:3]
    # A detail of dates is told of the favoured text, and calls the copy the other one.
    said = (reason.detail.replace(", the other ", ", the copy ", 1) if reason.kind in DATED else reason.detail
            for reason in strongest)
    why = f": {'; '.join(said)}" if strongest else ""
    sure = min(99, round(100 * link.direction_confidence))
    return f"Of the two, the other is the earlier held copy, {sure} % sure{why}."


def _paragraphs(text: str) -> list[tuple[int, int]]:
    """Where the paragraphs of a text lie."""
    found, start = [], 0
    for paragraph in text.split(PARAGRAPH_BREAK):
        if paragraph.strip():
            found.append((start, start + len(paragraph)))
        start += len(paragraph) + len(PARAGRAPH_BREAK)
    return found


def _covered(text: str, span: tuple[int, int], parts: Iterable[tuple[int, int]]) -> bool:
    """Whether enough of a paragraph lies in passages, which may meet or overlap."""
    places = {n for start, end in parts for n in range(max(start, span[0]), min(end, span[1])) if text[n].isalnum()}
    return len(places) >= ALIGNED * sum(map(str.isalnum, text[span[0]:span[1]])) > 0


def _touched(span: tuple[int, int], parts: Iterable[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in parts)


def _across(span: tuple[int, int], stretches: Sequence[_Stretch]) -> int:
    """Where the other text has a paragraph: as far into the passage that holds most of it as the paragraph is here."""
    most = max(stretches, key=lambda s: min(s.end, span[1]) - max(s.start, span[0]))
    into = (max(span[0], most.start) - most.start) / (most.end - most.start)
    return most.other_start + round(into * (most.other_end - most.other_start))


def _in_order(places: Iterable[int]) -> int:
    """The length of the longest rising row."""
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at:at + 1] = [place]
    return len(ends)


def _amounts(text: str) -> Iterator[str]:
    """Numbers as languages agree on them: without separators of thousands, with a point."""
    for match in _NUMBER.finditer(text):
        whole = re.sub(r"[., \u00a0\u202f](?=\d{3}(?!\d))", "", match[0])
        yield whole.replace(",", ".")


def _named(text: str, start: int, end: int) -> Iterator[str]:
    """The names within a stretch; a word that begins a sentence may have its capital from that."""
    for match in _NAME.finditer(text, start, end):
        if not _OPENING.search(text[max(0, match.start() - 2):match.start()]):
            yield match[0]


def _similarity(one: str, other: str) -> float:
    if one[:1].casefold() != other[:1].casefold() or abs(len(one) - len(other)) > 3:
        return 0.0
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio()


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
