"""A text -> the short quotations of it that may be shown to everyone, and where its passages lie in them (pure).

A cap holds for a text, not for a link: however many texts share words with it, no more than its beginning and
QUOTATIONS stretches are shown, and of a short one no more than half.
"""

import hashlib
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from archive.model import PARAGRAPH_BREAK, ChangedPassage, Passage

BEGINNING = 300  # characters of a text, at a sentence's end
QUOTATIONS = 3  # stretches of it elsewhere
QUOTATION = 200  # characters of each, and of what an edit changed
SHARE = 0.5  # of a text's characters, in all
POST = 120  # characters of a live blog's post: there are hundreds of them
CHANGES = 3  # changed passages of an edit
PASSAGES = 3  # of two texts, a sentence of each
LEFT_OUT = "[…]"  # a paragraph by itself, for what is not shown
_SENTENCE_END = re.compile(r"[.!?…。！？][”\"»“’)\]]*(?=\s)|(?<=\S)(?=\n)")
_SENTENCE_START = re.compile(r"(?:(?<=[.!?…。！？])|(?<=[.!?…][”\"»“’)\]]))[ \n]+|\n+")
SAME = 40  # characters: two sentences that begin so alike are one
_LEAST = 60  # characters: a sentence that ends before is too little of a beginning

Span = tuple[int, int]  # characters of a text, end excluded


@dataclass(slots=True)
class Quoted:
    """The stretches of one text that are shown; the beginning first, others as they are granted."""

    length: int
    spans: list[Span]
    left: int = QUOTATIONS

    def grants(self, span: Span) -> bool:
        """Whether a stretch is shown already, or still may be."""
        more = span[1] - span[0]
        return self.shows(span) or (self.left > 0 and self.shown + more <= self.length * SHARE)

    def grant(self, span: Span) -> None:
        """Show a stretch that `grants` allows."""
        if not self.shows(span):
            self.left -= 1
            self.spans = _merged([*self.spans, span])

    def shows(self, span: Span) -> bool:
        """Whether it lies in what is shown."""
        return any(start <= span[0] and span[1] <= end for start, end in self.spans)

    @property
    def shown(self) -> int:
        """How many characters are shown."""
        return sum(end - start for start, end in self.spans)

    def place(self, span: Span) -> Span:
        """Where a stretch that is shown lies in the excerpt."""
        at = 0
        for start, end in self.spans:
            at += 0 if start == 0 else len(LEFT_OUT + PARAGRAPH_BREAK)
            if start <= span[0] and span[1] <= end:
                return at + span[0] - start, at + span[1] - start
            at += end - start + len(PARAGRAPH_BREAK)
        raise ValueError(f"{span} is not shown")

    def excerpt(self, text: str) -> str:
        """What is shown, with a mark for what is not."""
        parts: list[str] = []
        for start, end in self.spans:
            parts += [*([LEFT_OUT] if start else []), text[start:end]]
        cut = not self.spans or self.spans[-1][1] < self.length
        return PARAGRAPH_BREAK.join([*parts, *([LEFT_OUT] if cut and self.length else [])])


def quoted(text: str) -> Quoted:
    """A text of which its beginning is shown."""
    end = _beginning(text, min(BEGINNING, int(len(text) * SHARE)))
    return Quoted(length=len(text), spans=[(0, end)] if end else [])


@dataclass(slots=True)
class Quoting:
    """Grants the stretches that many pairs of texts want to show, in the order in which they come."""

    texts: dict[int, Quoted] = field(default_factory=dict)

    def of(self, version_id: int, text: str) -> Quoted:
        """What is shown of a text."""
        if version_id not in self.texts:
            self.texts[version_id] = quoted(text)
        return self.texts[version_id]

    def grant(
        self, left: tuple[int, str], right: tuple[int, str], passages: Sequence[Passage], *, whole: Container[int] = (),
    ) -> None:
        """Let two texts show some of what they share, as far as both may.

        A text of `whole` is shown as it is, and nothing of it needs to be granted.
        """
        for piece in _pieces(left[1], right[1], passages)[:PASSAGES]:
            sides = list(self._sides(left, right, piece, whole))
            if all(text.grants(span) for text, span in sides):
                for text, span in sides:
                    text.grant(span)

    def aligned(
        self, left: tuple[int, str], right: tuple[int, str], passages: Sequence[Passage], *, whole: Container[int] = (),
    ) -> tuple[Passage, ...]:
        """The passages of two texts that are shown, with offsets into what is held of each, once all is granted."""
        if left[0] in whole and right[0] in whole:
            return tuple(passages)
        found = []
        for piece in _pieces(left[1], right[1], passages):
            if all(text.shows(span) for text, span in self._sides(left, right, piece, whole)):
                left_start, left_end = self._place(left, (piece.left_start, piece.left_end), whole)
                right_start, right_end = self._place(right, (piece.right_start, piece.right_end), whole)
                found.append(replace(piece, left_start=left_start, left_end=left_end, right_start=right_start,
                                     right_end=right_end))
        return tuple(sorted(found[:PASSAGES], key=lambda p: (p.left_start, p.right_start)))

    def _sides(
        self, left: tuple[int, str], right: tuple[int, str], piece: Passage, whole: Container[int]
    ) -> Iterator[tuple[Quoted, Span]]:
        spans = ((piece.left_start, piece.left_end), (piece.right_start, piece.right_end))
        for side, span in zip((left, right), spans, strict=True):
            if side[0] not in whole:
                yield self.of(*side), span

    def _place(self, side: tuple[int, str], span: Span, whole: Container[int]) -> Span:
        return span if side[0] in whole else self.of(*side).place(span)


def changes(passages: Sequence[ChangedPassage]) -> tuple[ChangedPassage, ...]:
    """What an edit changed, in short; paragraphs have no numbers, since they are not shown."""
    return tuple(replace(one, was=short(one.was), now=short(one.now), earlier=None, later=None)
                 for one in passages[:CHANGES])


def beginning(text: str, most: int) -> str:
    """The beginning of a text, at a sentence's or a word's end, and at most half of it."""
    end = _beginning(text, min(most, int(len(text) * SHARE)))
    return f"{text[:end]} {LEFT_OUT}" if end else LEFT_OUT if text else ""


def short(text: str, most: int = QUOTATION) -> str:
    """A line, cut at a word's end where it is longer."""
    return text if len(text) <= most else text[:_word_end(text, 0, most)].rstrip() + "…"


def _beginning(text: str, most: int) -> int:
    if most >= len(text):
        return len(text)
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, most + 1) if match.end() <= most]
    return ends[-1] if ends and ends[-1] >= min(_LEAST, most // 2) else _word_end(text, 0, most)


def _word_end(text: str, start: int, end: int) -> int:
    """The end of the last whole word between two places; of a run without spaces, the second place."""
    if end >= len(text):
        return len(text)
    space = max(text.rfind(sign, start, end + 1) for sign in " \n")
    return space if space > start else end


def _pieces(left: str, right: str, passages: Sequence[Passage]) -> list[Passage]:
    """Stretches of two texts that may be shown: sentences that both have, in an order that what they say decides.

    By places or lengths, each pair of many copies of one text would choose others, and all pairs together show the
    text; by a digest of its beginning a sentence is chosen in all copies that have it, or in none. Of a passage without
    such a sentence, as of a translation, it is the beginning.
    """
    found: dict[tuple[int, int], tuple[str, Passage]] = {}
    for passage in passages:
        sentences = list(_common_sentences(left, right, passage)) or [(passage.left_start, passage.right_start)]
        for left_start, right_start in sentences:
            piece = _piece(replace(passage, left_start=left_start, right_start=right_start), left, right)
            found[left_start, right_start] = _choice(left[left_start:left_start + SAME]), piece
    return [piece for _, piece in sorted(found.values(), key=lambda one: (one[0], one[1].left_start))]


def _common_sentences(left: str, right: str, passage: Passage) -> Iterator[Span]:
    """Where sentences of a passage begin that begin alike in both texts."""
    starts = [passage.left_start, *(m.end() for m in _SENTENCE_START.finditer(
        left, passage.left_start, passage.left_end))]
    for start in starts:
        opening = left[start:min(start + SAME, passage.left_end)]
        place = right.find(opening, passage.right_start, passage.right_end) if len(opening) == SAME else -1
        if place >= 0:
            yield start, place


def _choice(opening: str) -> str:
    return hashlib.sha256(opening.encode("utf-8", "replace")).hexdigest()


def _piece(passage: Passage, left: str, right: str) -> Passage:
    """The beginning of a passage on both sides, to the end of its sentence where that is near."""
    left_end = _quotation_end(left, passage.left_start, passage.left_end)
    right_end = _quotation_end(right, passage.right_start, passage.right_end)
    words = min(passage.words, len(left[passage.left_start:left_end].split()))
    return replace(passage, left_end=left_end, right_end=right_end, words=words)


def _quotation_end(text: str, start: int, end: int) -> int:
    sentence = _SENTENCE_END.search(text, start + SAME, min(end, start + QUOTATION))
    return min(end, sentence.end() if sentence else _word_end(text, start, start + QUOTATION))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Stretches in order, those that meet or overlap as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
