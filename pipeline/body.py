"""The paragraphs that trafilatura found, and the page that they stand on -> the article's own text (pure).

Where a paragraph stands tells what it is: a caption, a box of related articles, a line about the author. What stands
nowhere special is told by its own words: a byline or a date before the text begins, a promotion or a copyright line
after it ended. The standfirst, which trafilatura takes for something else as often as not, is put back from the page.
Rules are of kinds of pages, never of one page, and what would take too much of the text takes nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.digests import normalised
from pipeline import body_phrases as phrases
from pipeline.text import clean_paragraph

HEAD = 8  # paragraphs, from the first, in which what comes before the text is looked for
TAIL = 6  # and from the last, what comes after it
MAX_BOX = 0.3  # of the text's characters: what is larger is no box, whatever it is called
MAX_TAKEN = 0.5  # of the text's characters: rules that take more are wrong about this page
MAX_LABEL = 200  # characters of a byline, a date line
MAX_PROMOTION = 400  # characters
MIN_STANDFIRST, MAX_STANDFIRST = 40, 900  # characters
MIN_LINKED = 0.8  # share of a short paragraph's characters that stand in links
MAX_ELEMENTS = 60_000
MAX_DEPTH = 10  # boxes around a block
_BLOCKS = frozenset("p h1 h2 h3 h4 h5 h6 li blockquote figcaption td th dt dd div section article header footer aside "
                    "figure main nav ul ol table tr tbody pre form".split())
_OUTSIDE = frozenset("figcaption figure aside nav footer form button".split())
_UNSHOWN = frozenset("script style noscript template svg".split())


def _any_of(patterns: Sequence[str]) -> str:
    return "(?:" + "|".join(patterns) + ")"


_BOX = re.compile(rf"(?:^| ){_any_of(phrases.BOX_NAMES)}(?: |$)")
_LEAD = re.compile(rf"(?:^| ){_any_of(phrases.LEAD_NAMES)}(?: |$)")
_BEFORE = re.compile(rf"\W*{_any_of(phrases.BEFORE)}\W*$", re.IGNORECASE)
_ANYWHERE = re.compile(rf"\W*{_any_of(phrases.ANYWHERE)}", re.IGNORECASE)
_AFTER = re.compile(rf"\W*{_any_of(phrases.AFTER)}", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…。！？][»”\"“)\]]*\s*$")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Box:
    """An element around a text: its tag, the words of its class, id, itemprop and role, and its characters."""

    tag: str
    names: str
    size: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands on the page: its order, the elements around it from the inmost, its share of links."""

    order: int
    shown: str
    boxes: tuple[Box, ...]
    linked: float


@dataclass(frozen=True, slots=True)
class Page:
    """The texts of a page's blocks by their normalised form, the first of each; and the order of its heading."""

    places: dict[str, Place]
    heading: int


def page_of(tree: HtmlElement) -> Page:
    """Where each text of a page stands. To be read before trafilatura empties the tree."""
    places: dict[str, Place] = {}
    known: dict[HtmlElement, Box] = {}
    heading = -1
    for order, element in enumerate(_leaves(tree)):
        shown = clean_paragraph("".join(_shown(element)))
        if not shown or len(shown) > 20_000:
            continue
        if element.tag == "h1" and heading < 0:
            heading = order
        linked = sum(len(clean_paragraph(link.text_content())) for link in element.iter("a"))
        places.setdefault(normalised(shown), Place(
            order=order, shown=shown, boxes=tuple(_boxes(element, known)), linked=linked / len(shown)))
    return Page(places=places, heading=heading)


def _leaves(tree: HtmlElement) -> list[HtmlElement]:
    """Block elements without blocks in them, in order."""
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
    return [element for element in blocks if element not in holders]


def _shown(element: HtmlElement) -> Iterator[str]:
    """The text of an element without what is not shown."""
    if element.tag not in _UNSHOWN and isinstance(element.tag, str):
        yield element.text or ""
        for child in element:
            yield from _shown(child)
            yield child.tail or ""


def _boxes(element: HtmlElement, known: dict[HtmlElement, Box]) -> Iterator[Box]:
    current: HtmlElement | None = element
    for _ in range(MAX_DEPTH):
        if current is None or current.tag in ("body", "html"):
            return
        if current not in known:
            known[current] = Box(tag=str(current.tag), names=_names(current), size=len(current.text_content()))
        yield known[current]
        current = current.getparent()


def _names(element: HtmlElement) -> str:
    raw = " ".join((element.get(name) or "")[:200] for name in ("class", "id", "itemprop", "role"))
    return " ".join(re.split(r"[\W_]+", _CAMEL.sub(" ", raw).lower())).strip()


def own_text(
    paragraphs: Sequence[str], page: Page, *, title: str | None, names: Sequence[str], leads: Sequence[str]
) -> tuple[str, ...]:
    """The paragraphs of the article itself, with its standfirst.

    `names` are its authors', who stand alone in some lines; `leads` what the page's markup gives as its summary.
    """
    kept = _without_head(list(paragraphs), page, title, names)
    kept = [p for p in kept if not _is_apart(p, page, len("".join(paragraphs)))]
    while len(kept) > 1 and _is_after(kept, page):
        kept.pop()
    if sum(map(len, kept)) < (1 - MAX_TAKEN) * sum(map(len, paragraphs)):
        kept = list(paragraphs)
    standfirst = _standfirst(kept, page, title, leads)
    return tuple([standfirst, *kept] if standfirst else kept)


def _without_head(paragraphs: list[str], page: Page, title: str | None, names: Sequence[str]) -> list[str]:
    """Without titles, bylines, dates and labels among the first paragraphs; what is text stays in its order."""
    own = {normalised(name) for name in names}
    heading = normalised(title or "")
    head = [p for p in paragraphs[:HEAD] if not _is_before(p, heading, own)]
    return head + paragraphs[HEAD:]


def _is_before(paragraph: str, title: str, names: set[str]) -> bool:
    text = normalised(paragraph)
    if title and (text == title or (title in text and len(text) < len(title) + 60 and not _SENTENCE_END.search(text))):
        return True
    if text in names:
        return True
    return len(paragraph) <= MAX_LABEL and _BEFORE.match(paragraph) is not None


def _is_apart(paragraph: str, page: Page, size: int) -> bool:
    """Whether a paragraph stands in a box that is none of the text, or says of itself that it is none."""
    if len(paragraph) <= MAX_PROMOTION and _ANYWHERE.match(paragraph):
        return True
    place = page.places.get(normalised(paragraph))
    if place is None:
        return False
    if place.linked >= MIN_LINKED and len(paragraph) < MAX_LABEL and not _SENTENCE_END.search(paragraph):
        return True
    return any(box.size < MAX_BOX * size and (box.tag in _OUTSIDE or _BOX.search(box.names)) for box in place.boxes)


def _is_after(paragraphs: Sequence[str], page: Page) -> bool:
    """Whether the last paragraph is no longer of the text."""
    last = paragraphs[-1]
    return len(last) <= MAX_PROMOTION and _AFTER.match(last) is not None


def _standfirst(kept: Sequence[str], page: Page, title: str | None, leads: Sequence[str]) -> str | None:
    """The text above the first paragraph that is the page's summary by name or by the markup's own words."""
    if not kept:
        return None
    first = page.places.get(normalised(kept[0]))
    before = first.order if first is not None else None
    have = normalised("\n".join(kept[:4]))
    heading = normalised(title or "")
    summaries = [normalised(lead)[:60] for lead in leads if len(lead) >= MIN_STANDFIRST]
    for text, place in page.places.items():
        if before is not None and place.order >= before:
            continue
        if not MIN_STANDFIRST <= len(place.shown) <= MAX_STANDFIRST or text[:60] in have or text == heading:
            continue
        if text.endswith("..."):  # cut: a teaser
            continue
        if any(box.tag in ("nav", "footer", "figcaption", "figure", "aside", "a") for box in place.boxes):
            continue
        is_named = place.order > page.heading >= 0 and any(
            _LEAD.search(box.names) for box in place.boxes[:2] if box.size < 2 * MAX_STANDFIRST)
        if is_named or any(text.startswith(summary) for summary in summaries):
            return place.shown
    return None
