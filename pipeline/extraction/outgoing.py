"""A page's tree and the paragraphs of its text -> the pages of other hosts that the text links to, in order (pure).

Kept are links in the text itself and in lines beside it that credit a source: what a site puts around its texts (menus,
boxes, comments) says nothing of where a text is from. Whole sites and posts on platforms are passed over.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.model import LinkPlace, Outgoing
from archive.urls import absolute, canonical_url, host_of
from pipeline.extraction.places import key_of
from pipeline.extraction.provenance import BLOCKS, calls_it_the_source, is_outside, is_platform, is_whole_site
from pipeline.text import clean_paragraph

MAX_KEPT = 100  # links of one text
MAX_LOOKED_AT = 400  # links to other hosts; those before them are the first of the page
MAX_ANCHORS = 5_000
MAX_ADDRESS = 1_000  # characters
MAX_BLOCK = 20_000  # characters of the block around a link
_HOST = re.compile(r"(?:https?:)?[\\/]{2}(?:www\.)?([^\\/?#]+)", re.IGNORECASE)
LISTED = 0.8  # of a paragraph's letters and digits: a line that is all links


@dataclass(frozen=True, slots=True)
class Anchor:
    """A link to another host: its address as written, its words and those of the block that it stands in, as keys."""

    written: str
    page: str
    key: str
    block: str
    is_source: bool


def anchors(tree: HtmlElement, url: str) -> tuple[Anchor, ...]:
    """The links of a page to pages of other hosts."""
    found = list[Anchor]()
    blocks = dict[HtmlElement, str]()
    for element, written in _to_others(tree, url):
        block = next((one for one in element.iterancestors() if one.tag in BLOCKS), None)
        if block is not None and block.tag != "body":
            if block not in blocks:
                blocks[block] = key_of(clean_paragraph(block.text_content()[:MAX_BLOCK]))
            words = key_of(clean_paragraph(element.text_content()[:MAX_ADDRESS]))
            found.append(Anchor(written, url, words, blocks[block], calls_it_the_source(element)))
        if len(found) >= MAX_LOOKED_AT:
            break
    return tuple(found)


def _to_others(tree: HtmlElement, url: str) -> Iterator[tuple[HtmlElement, str]]:
    """Links as written: most are the site's own or in menus, and to resolve each took a third of an extraction."""
    own = host_of(url).removeprefix("www.")
    for count, element in enumerate(tree.iter("a")):
        if count > MAX_ANCHORS:
            return
        named = _HOST.match((element.get("href") or "").strip())
        if named is None or named[1].lower() == own or len(named.string) > MAX_ADDRESS:
            continue
        if not is_platform(f"//{named[1]}") and not is_whole_site(named.string) and not is_outside(element):
            yield element, named.string


def _resolved(anchor: Anchor) -> str | None:
    """The canonical address of a link; None where it turns out to be none, or one of those that are passed over."""
    link = absolute(anchor.page, anchor.written)
    own = host_of(anchor.page).removeprefix("www.")
    if link is None or len(link) > MAX_ADDRESS or host_of(link).removeprefix("www.") == own:
        return None
    return None if is_whole_site(link) or is_platform(link) else canonical_url(link)


def outgoing(found: Sequence[Anchor], paragraphs: Sequence[str], credits: Collection[str]) -> tuple[Outgoing, ...]:
    """Those links that stand in a text's paragraphs, or in a line that credits a source; each once in each place."""
    if not found:
        return ()
    keys = [key_of(text) for text in paragraphs]
    credited = {key_of(line) for line in credits}
    linked = _linked(found)
    kept = dict[Outgoing, None]()
    for anchor in found:
        at = _paragraph(anchor, keys)
        place = _place(anchor, keys[at] if at is not None else anchor.block, credited, linked)
        if (place == "credit" or at is not None) and (url := _resolved(anchor)) is not None:
            kept[Outgoing(url=url, place=place, paragraph=None if at is None else at + 1)] = None
    return tuple(kept)[:MAX_KEPT]


def _linked(found: Sequence[Anchor]) -> dict[str, int]:
    """How many letters and digits of each block stand in links to other hosts."""
    counts = dict[str, int]()
    for anchor in found:
        counts[anchor.block] = counts.get(anchor.block, 0) + len(anchor.key)
    return counts


def _paragraph(anchor: Anchor, keys: Sequence[str]) -> int | None:
    """The place of the paragraph that is the link's block; of one cut at line breaks, of the first with its words."""
    if anchor.block in keys:
        return keys.index(anchor.block)
    within = (at for at, key in enumerate(keys) if anchor.key and anchor.key in key and key in anchor.block)
    return next(within, None)


def _place(anchor: Anchor, line: str, credited: Collection[str], linked: dict[str, int]) -> LinkPlace:
    if anchor.is_source or line in credited:
        return "credit"
    return "list" if linked[anchor.block] >= LISTED * len(anchor.block) else "text"
