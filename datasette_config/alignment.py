"""Two texts and the passages that they share -> rows of two columns, for reading side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from archive.model import PARAGRAPH_BREAK, Passage
from datasette_config.agreeing import Words, agreeing
from pipeline.diff import Paragraph, Stretch, diff, word_diff


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A passage of both texts, or what stands between two passages on either side.

    In a passage that is worded almost alike the stretches mark the words that differ: "removed" stands only in the
    left text, "added" only in the right. In one that is a translation or a rewriting they mark what agrees: "shared"
    are names and numbers that stand in both. `number` counts passages from 1; a gap has none.
    """

    number: int | None
    kind: Literal["passage", "gap"]
    left: tuple[Stretch | Words, ...]
    right: tuple[Stretch | Words, ...]
    words: int


def aligned(left: str, right: str, passages: Sequence[Passage], *, word_by_word: bool) -> tuple[Row, ...]:
    """Both texts whole, in the order of the left one; every character of either stands in one row or more.

    `word_by_word` False: passages are translations or rewritings, in which single words do not correspond.
    """
    ordered = sorted(passages, key=lambda p: (p.left_start, p.right_start))
    before = _gaps_before([(p.right_start, p.right_end) for p in ordered])
    rows: list[Row] = []
    end = 0
    for number, passage in enumerate(ordered, start=1):
        gap_start, gap_end = before[number - 1]
        rows += _gap(left[end:passage.left_start], right[gap_start:gap_end])
        rows.append(passage_row(left, right, passage, number=number, word_by_word=word_by_word))
        end = max(end, passage.left_end)
    tail = max((p.right_end for p in ordered), default=0)
    return (*rows, *_gap(left[end:], right[tail:]))


def passage_row(left: str, right: str, passage: Passage, *, number: int, word_by_word: bool | None) -> Row:
    """One passage of both texts; `word_by_word` None: with nothing marked."""
    one, other = left[passage.left_start:passage.left_end], right[passage.right_start:passage.right_end]
    if word_by_word:
        # A text that was pasted has its breaks elsewhere: its words are compared, not its paragraphs.
        is_cut_alike = one.count(PARAGRAPH_BREAK) == other.count(PARAGRAPH_BREAK)
        stretches = _flat(diff(one, other)) if is_cut_alike else word_diff(one, other)
        return Row(number=number, kind="passage", words=passage.words,
                   left=tuple(s for s in stretches if s.change != "added"),
                   right=tuple(s for s in stretches if s.change != "removed"))
    ours, theirs = (_plain(one), _plain(other)) if word_by_word is None else agreeing(one, other)
    return Row(number=number, kind="passage", left=ours, right=theirs, words=passage.words)


def longest(passages: Sequence[Passage], *, limit: int) -> tuple[Passage, ...]:
    """The passages with most words, in the order of the left text."""
    chosen = sorted(passages, key=lambda p: -p.words)[:limit]
    return tuple(sorted(chosen, key=lambda p: p.left_start))


def _gaps_before(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """For each span, the stretch of text that stands before it and in no span, whatever order the spans are in."""
    gaps: list[tuple[int, int]] = [(0, 0)] * len(spans)
    end = 0
    for place in sorted(range(len(spans)), key=lambda n: spans[n]):
        gaps[place] = (end, max(end, spans[place][0]))
        end = max(end, spans[place][1])
    return gaps


def _flat(paragraphs: Sequence[Paragraph]) -> Sequence[Stretch]:
    """Paragraphs as stretches, with the break that follows each on the sides that have it."""
    flat: list[Stretch] = []
    for paragraph in paragraphs:
        change = "same" if paragraph.change == "changed" else paragraph.change
        flat += [*paragraph.stretches, Stretch(change=change, text=PARAGRAPH_BREAK)]
    return flat[:-1]


def _gap(left: str, right: str) -> list[Row]:
    if not left.strip() and not right.strip():
        return []
    return [Row(number=None, kind="gap", left=_plain(left.strip()), right=_plain(right.strip()), words=0)]


def _plain(text: str) -> tuple[Stretch, ...]:
    return (Stretch(change="same", text=text),) if text else ()
