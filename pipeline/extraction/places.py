"""A page's tree -> where each of its texts stands: its element, the boxes around it, its share of links (pure)."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lxml import etree
from lxml.html import HtmlElement

from pipeline.text import clean_paragraph

MAX_ELEMENTS = 20_000  # blocks of a page that are looked at
MAX_LEAVES = 20_000
MAX_LINKS = 5_000
MIN_LINK = 25  # characters of a link that stands among blocks
MAX_LEAF = 20_000  # characters
MIN_PROSE = 80  # characters
MAX_LINKED = 0.3  # of a text's characters
NEAR, MAX_NEAR = 8, 300  # blocks, characters
MAX_DEPTH = 12  # boxes around a block
MAX_FRAME = 6  # elements around a picture
MAX_NAMES = 200  # characters of each attribute
_BLOCKS = frozenset("p h1 h2 h3 h4 h5 h6 li blockquote figcaption td th dt dd div section article header footer aside "
                    "figure main nav ul ol table tr tbody pre form".split())
_AROUND_TEXTS = frozenset({"nav", "footer", "aside", "header"})
_HEADINGS = frozenset({"h2", "h3", "h4", "h5"})
_UNSHOWN = frozenset({"script", "style", "noscript", "template", "svg", "button"})
_CUTTING = _UNSHOWN | {"br"}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_NO_WORD = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\W_]+")
_BREAK = "\x1e"
_BREAKS = re.compile(rf"{_BREAK}\s*{_BREAK}")


_NAMELESS = (None, None, None, None)
Words = dict[tuple[str | None, ...], str]


@dataclass(slots=True)
class Box:
    """An element around a text: its tag, the words of its class, id, itemprop and role; and what it holds.

    That is characters, those of them in links, leaves, headings, pictures.
    """

    tag: str
    names: str
    size: int = 0
    linked: int = 0
    leaves: int = 0
    headings: int = 0
    images: int = 0

    def add(self, inner: "Box") -> None:
        """Count what is in a box within this one."""
        self.size += inner.size
        self.linked += inner.linked
        self.leaves += inner.leaves
        self.headings += inner.headings


class Leaf(NamedTuple):  # of which a page has hundreds: a frozen dataclass takes twice as long to make
    """A block without blocks in it: `key` is its text as compared, `boxes` are itself and what is around it."""

    order: int
    tag: str
    text: str
    key: str
    linked: float
    boxes: tuple[Box, ...]

    @property
    def kind(self) -> tuple[str, str, str, str]:
        """What templates repeat: its tag and names, and those of the box around it."""
        around = self.boxes[1] if len(self.boxes) > 1 else self.boxes[0]
        return self.tag, self.boxes[0].names, around.tag, around.names


@dataclass(frozen=True, slots=True)
class Page:
    """The leaves of a page in order, keys by their texts, leaves by key, the order of its first h1 (-1: none), links.

    These are the keys of links among blocks: such a link stands in a block beside other blocks, so that it is in no
    leaf.
    """

    leaves: Sequence[Leaf]
    keys: Mapping[str, str]
    by_key: Mapping[str, Sequence[Leaf]]
    heading: int
    loose_links: frozenset[str]

    def key(self, text: str) -> str:
        """The key of a text, which is known of what the page shows."""
        key = self.keys.get(text)
        return key_of(text) if key is None else key


def key_of(text: str) -> str:
    """A text as compared with another of the same page: letters and digits alone, case folded."""
    return "".join(_WORD.findall(text)).casefold()


def page_of(tree: HtmlElement) -> Page:
    """Where each text of a page stands."""
    boxes, chains, words = dict[HtmlElement, Box](), dict[HtmlElement, tuple[Box, ...]](), Words()
    leaves, keys, by_key, heading = list[Leaf](), dict[str, str](), defaultdict[str, list[Leaf]](list), -1
    elements, holders = _leaves(tree)
    for order, element in enumerate(elements):
        if len(leaves) > MAX_LEAVES:
            break
        around = _around(element, boxes, chains, words)
        inner = list(element.iter())  # itself first
        linked = MAX_LEAF if "a" in [box.tag for box in around[1:4]] else _linked(inner)
        for text in _texts(inner):
            key = keys[text] = key_of(text)
            if not key:
                continue
            own = around[0]
            own.size += len(text)
            own.linked += min(linked, len(text))
            own.leaves += 1
            own.headings += element.tag in _HEADINGS
            leaf = Leaf(order=order, tag=str(element.tag), text=text, key=key, linked=min(linked / len(text), 1.0),
                        boxes=around)
            leaves.append(leaf)
            by_key[key].append(leaf)
        if element.tag == "h1" and heading < 0:
            heading = order
    _sum_up(boxes)
    _count_pictures(tree, boxes)
    return Page(leaves=leaves, keys=keys, by_key=by_key, heading=heading, loose_links=_loose_links(tree, holders))


def _loose_links(tree: HtmlElement, holders: Collection[HtmlElement]) -> frozenset[str]:
    """Of some length: a name that stands by itself may be a part of a sentence that was cut at its link."""
    links = (link for link, _ in zip(tree.iter("a"), range(MAX_LINKS), strict=False))
    texts = (link.text_content()[:MAX_NEAR] for link in links if link.getparent() in holders)
    return frozenset(key_of(text) for text in texts if len(text) >= MIN_LINK)


def _sum_up(boxes: dict[HtmlElement, Box]) -> None:
    for element in reversed(boxes):  # inner ones came after those around them
        around_it = boxes.get(element.getparent())
        if around_it is not None:
            around_it.add(boxes[element])


def _count_pictures(tree: HtmlElement, boxes: dict[HtmlElement, Box]) -> None:
    for picture in tree.iter("img", "picture", "video", "iframe", "amp-img"):
        for parent, _ in zip(picture.iterancestors(), range(MAX_FRAME), strict=False):
            if (box := boxes.get(parent)) is not None:
                box.images += 1


def repeated(leaves: Sequence[Leaf]) -> frozenset[str]:
    """The keys of texts that stand on a page three times or more."""
    return frozenset(key for key, n in Counter(leaf.key for leaf in leaves).items() if n > 2)


def near(page: Page, paragraphs: Sequence[str]) -> list[str]:
    """Short texts among the paragraphs and right behind the last of them, in no menu: where credits stand."""
    orders = [page.by_key[key][0].order for text in paragraphs if (key := page.key(text)) in page.by_key]
    if not orders:
        return []
    first, last = min(orders) - NEAR, max(orders) + NEAR
    return [leaf.text for leaf in page.leaves if first <= leaf.order <= last
            and len(leaf.text) <= MAX_NEAR and not any(box.tag in ("nav", "footer", "aside") for box in leaf.boxes)]


def prose(page: Page) -> int:
    """The characters of paragraphs that look like a text's: of some length, without links, in no menu or footer."""
    return sum(len(leaf.text) for leaf in shown_texts(page) if leaf.tag in ("p", "div") and len(leaf.text) >= MIN_PROSE)


def shown_texts(page: Page) -> Iterator[Leaf]:
    """The leaves that are no links and stand in no menu, margin or footer, and headings alone in a header."""
    for leaf in page.leaves:
        if leaf.linked < MAX_LINKED:
            around = {box.tag for box in leaf.boxes} & _AROUND_TEXTS
            if not around or (around == {"header"} and leaf.tag in _HEADINGS):
                yield leaf


def _leaves(tree: HtmlElement) -> tuple[list[HtmlElement], set[HtmlElement]]:
    """Block elements without blocks in them, in order, and all that hold blocks."""
    body = tree.find("body")
    blocks, holders = list[HtmlElement](), set[HtmlElement]()
    for count, element in enumerate((body if body is not None else tree).iter(*_BLOCKS)):
        if count > MAX_ELEMENTS:
            break
        blocks.append(element)
        parent = element.getparent()
        while parent is not None and parent not in holders:
            holders.add(parent)
            parent = parent.getparent()
    return [element for element in blocks if element not in holders], holders


def _texts(inner: Sequence[HtmlElement]) -> Iterator[str]:
    """What an element shows, cut at empty lines: many sites separate paragraphs by two line breaks."""
    element = inner[0]
    if len(inner) == 1:
        parts = [element.text or ""]
    elif not any(part.tag in _CUTTING for part in inner):
        parts = [element.text_content()]
    else:
        parts = _BREAKS.split("".join(_shown(element)))
    for part in parts:
        text = clean_paragraph(part)
        if 0 < len(text) <= MAX_LEAF:
            yield text


def _shown(element: HtmlElement) -> Iterator[str]:
    hidden: HtmlElement | None = None
    for event, part in etree.iterwalk(element, events=("start", "end", "comment", "pi")):
        if event == "start" and hidden is None:
            if part.tag in _UNSHOWN:
                hidden = part
            else:
                yield _BREAK if part.tag == "br" else part.text or ""
        elif event != "start":
            if part is hidden:
                hidden = None
            if hidden is None and part is not element:
                yield part.tail or ""


def _linked(inner: Sequence[HtmlElement]) -> int:
    """The characters of an element that stand in links."""
    if len(inner) == 1:
        return 0
    element, first = inner[0], inner[1]
    if first.tag == "a" and len(element) == 1 and not element.text and not first.tail:
        return MAX_LEAF  # it is one link, as in every menu
    return sum(len(part.text_content()) for part in inner if part.tag == "a")


def _around(
    element: HtmlElement, boxes: dict[HtmlElement, Box], chains: dict[HtmlElement, tuple[Box, ...]],
    words: Words,
) -> tuple[Box, ...]:
    """The boxes around an element, itself first; the others hold what is known."""
    if (above := chains.get(element.getparent())) is not None and element not in chains:  # as for most
        return (_box(element, boxes, words), *above[:MAX_DEPTH - 1])
    waiting, current = list[HtmlElement](), element
    while current is not None and current not in chains and current.tag not in ("body", "html"):
        waiting.append(current)
        if len(waiting) > MAX_DEPTH:  # what is around it all is beyond the depth that counts
            break
        current = current.getparent()
    around = chains.get(current, ())
    for inner in reversed(waiting):
        around = (_box(inner, boxes, words), *around[:MAX_DEPTH - 1])
        if inner is not element:
            chains[inner] = around
    return around


def _box(element: HtmlElement, boxes: dict[HtmlElement, Box], words: Words) -> Box:
    box = boxes.get(element)
    if box is None:
        box = boxes[element] = Box(str(element.tag), _names(element, words))
    return box


def _names(element: HtmlElement, words: Words) -> str:
    """The words of what an element is called; `words` holds those of attributes that were met."""
    get = element.get
    raw = (get("class"), get("id"), get("itemprop"), get("role"))
    if raw == _NAMELESS:
        return ""
    known = words.get(raw)
    if known is None:
        joined = " ".join(value[:MAX_NAMES] for value in raw if value)
        parted = joined if joined.islower() else _CAMEL.sub(" ", joined)  # most have no capitals
        known = words[raw] = _NO_WORD.sub(" ", parted).lower().strip()
    return known
