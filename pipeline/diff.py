"""Two texts -> what changed between them: paragraphs aligned, and words within the paragraphs that changed.

Time is bounded whatever the texts: where two stretches are too long to be compared word by word, the one is shown
as removed and the other as added, which is also true.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal, cast

from archive.digests import normalised
from archive.model import PARAGRAPH_BREAK, ChangedPassage

Change = Literal["same", "removed", "added"]

MAX_PRODUCT = 2_000_000  # tokens of one side times tokens of the other, without what begins and ends both
_ALIKE = 0.3  # share of words in common from which two paragraphs are one that was changed; below, ins/del only confuse
_TOKEN = re.compile(r"\w+\s*|[^\w\s]\s*|^\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Words in a row with one fate."""

    change: Change
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A paragraph of the later text, or one that it lacks."""

    change: Literal["same", "removed", "added", "changed"]
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """So many unchanged paragraphs in a row."""

    paragraphs: int


def diff(earlier: str, later: str) -> tuple[Paragraph, ...]:
    """Every paragraph of both texts, in order."""
    old, new = earlier.split(PARAGRAPH_BREAK), later.split(PARAGRAPH_BREAK)
    return tuple(_paragraphs(old, new))


def changes(paragraphs: Sequence[Paragraph]) -> tuple[Paragraph | Skipped, ...]:
    """The paragraphs that changed, the others only as numbers."""
    shown: list[Paragraph | Skipped] = []
    for paragraph in paragraphs:
        if paragraph.change != "same":
            shown.append(paragraph)
        elif shown and isinstance(shown[-1], Skipped):
            shown[-1] = Skipped(paragraphs=shown[-1].paragraphs + 1)
        else:
            shown.append(Skipped(paragraphs=1))
    return tuple(shown)


def changed_passages(earlier: str, later: str) -> tuple[ChangedPassage, ...]:
    """What changed in a body from one version to the next, in order; typography alone is no change."""
    found: list[ChangedPassage] = []
    old = new = 0
    for paragraph in diff(earlier, later):
        old += paragraph.change != "added"
        new += paragraph.change != "removed"
        found += (
            ChangedPassage(part="body", was=was, now=now, earlier=None if paragraph.change == "added" else old,
                           later=None if paragraph.change == "removed" else new)
            for was, now in _edits(paragraph) if normalised(was) != normalised(now)
        )
    return tuple(found)


def _edits(paragraph: Paragraph) -> Iterator[tuple[str, str]]:
    """What was removed and what stands in its place, for each place; nothing where only signs differ."""
    sides = ("".join(s.text for s in paragraph.stretches if s.change != other) for other in ("added", "removed"))
    if normalised(next(sides)) == normalised(next(sides)):
        return
    for is_same, run in groupby(paragraph.stretches, key=lambda stretch: stretch.change == "same"):
        pieces = list(run)
        if not is_same:
            was, now = ("".join(s.text for s in pieces if s.change == fate) for fate in ("removed", "added"))
            yield was.strip(), now.strip()


def word_diff(earlier: str, later: str) -> tuple[Stretch, ...]:
    """What changed from one stretch of text to another, by words; white space alone is no change."""
    old, new = _TOKEN.findall(earlier), _TOKEN.findall(later)
    old_words, new_words = [token.strip() for token in old], [token.strip() for token in new]
    first = _shared(old_words, new_words)
    last = _shared(old_words[:first - 1:-1] if first else old_words[::-1],
                   new_words[:first - 1:-1] if first else new_words[::-1])
    old_end, new_end = len(old) - last, len(new) - last
    found: list[tuple[Change, str]] = [("same", "".join(new[:first]))]
    found += _compared(old[first:old_end], new[first:new_end])
    return _merged([*found, ("same", "".join(new[new_end:]))])


def _compared(old: list[str], new: list[str]) -> list[tuple[Change, str]]:
    if len(old) * len(new) > MAX_PRODUCT:
        return [("removed", "".join(old)), ("added", "".join(new))]
    found: list[tuple[Change, str]] = []
    matcher = SequenceMatcher(None, [token.strip() for token in old], [token.strip() for token in new])
    for fate, i, j, k, m in matcher.get_opcodes():
        if fate == "equal":
            found.append(("same", "".join(new[k:m])))
        else:
            found += [("removed", "".join(old[i:j])), ("added", "".join(new[k:m]))]
    return found


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many first words are the same."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _paragraphs(old: list[str], new: list[str]) -> Iterator[Paragraph]:
    if len(old) * len(new) > MAX_PRODUCT:
        yield from _one_by_one(old, new)
        return
    for fate, i, j, k, m in SequenceMatcher(None, old, new).get_opcodes():
        if fate == "equal":
            yield from (_whole("same", text) for text in old[i:j])
        else:
            yield from _one_by_one(old[i:j], new[k:m])


def _one_by_one(old: list[str], new: list[str]) -> Iterator[Paragraph]:
    """Paragraphs that were replaced: each new one beside the next old one that is like it."""
    waiting = list(old)
    for text in new:
        place = next((n for n, former in enumerate(waiting[:5]) if _alike(former, text)), None)
        if place is None:
            yield _whole("added", text)
            continue
        yield from (_whole("removed", former) for former in waiting[:place])
        yield Paragraph(change="changed", stretches=word_diff(waiting[place], text))
        del waiting[: place + 1]
    yield from (_whole("removed", former) for former in waiting)


def _alike(one: str, other: str) -> bool:
    left, right = set(re.findall(r"\w+", one.lower())), set(re.findall(r"\w+", other.lower()))
    return len(left & right) >= _ALIKE * max(len(left), len(right), 1)


def _whole(change: Change, text: str) -> Paragraph:
    return Paragraph(change=change, stretches=(Stretch(change=change, text=text),))


def _merged(found: Sequence[tuple[Change, str]]) -> tuple[Stretch, ...]:
    """Between two unchanged stretches, all that was removed and then all that was added; a last space is no change."""
    merged: list[Stretch] = []
    for is_same, run in groupby(found, key=lambda piece: piece[0] == "same"):
        pieces = list(run)
        parts = [(fate, "".join(text for change, text in pieces if change == fate))
                 for fate in (("same",) if is_same else ("removed", "added"))]
        if not is_same and all(text.endswith(" ") for _, text in parts):
            parts = [(fate, text[:-1]) for fate, text in parts] + [("same", " ")]
        merged += [Stretch(change=cast(Change, fate), text=text) for fate, text in parts if text]
    return tuple(merged)
