"""Paragraphs that were found -> where each stands on its page (pure)."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.extraction.places import Leaf, Page

MIN_JOINED = 200  # characters of a paragraph that may be several
BEGINNING, SAME_BEGINNING = 8, 20  # letters; blocks that begin so


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph with its key and where it stands on the page, if that is known."""

    text: str
    key: str
    leaf: Leaf | None


def placed(paragraphs: Sequence[str], page: Page) -> list[Paragraph]:
    """Each paragraph at the leaf that holds its text: of several the first after the paragraph before."""
    found, order = list[Paragraph](), -1
    for text, key in _as_shown(paragraphs, page):
        at = page.by_key.get(key, ())
        after = bisect_right(at, order, key=_leaf_order)
        leaf = at[after] if after < len(at) else at[0] if at else None
        order = leaf.order if leaf is not None and leaf.order > order else order
        found.append(Paragraph(text, key, leaf))
    return found


def _as_shown(paragraphs: Sequence[str], page: Page) -> Iterator[tuple[str, str]]:
    """Paragraphs with their keys; of one that blocks in a row were made into, or parts between empty lines, these."""
    begins: Mapping[str, Sequence[int]] | None = None
    for text in paragraphs:
        key = page.key(text)
        if len(text) >= MIN_JOINED and key not in page.by_key:
            begins = _beginnings(page) if begins is None else begins
            yield from _parts(key, page, begins) or [(text, key)]
        else:
            yield text, key


def _parts(key: str, page: Page, begins: Mapping[str, Sequence[int]]) -> list[tuple[str, str]]:
    for number in begins.get(key[:BEGINNING], ())[:SAME_BEGINNING]:
        parts, rest = list[tuple[str, str]](), key
        for leaf in page.leaves[number:]:
            if not rest or not rest.startswith(leaf.key):
                break
            parts.append((leaf.text, leaf.key))
            rest = rest[len(leaf.key):]
        if not rest:
            return parts
    return []


def _beginnings(page: Page) -> Mapping[str, Sequence[int]]:
    """The numbers of the leaves that begin alike."""
    found = defaultdict[str, list[int]](list)
    for number, leaf in enumerate(page.leaves):
        found[leaf.key[:BEGINNING]].append(number)
    return found


def _leaf_order(leaf: Leaf) -> int:
    return leaf.order
