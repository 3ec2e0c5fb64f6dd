"""The paragraphs that trafilatura found, and the page that they stand on -> the article's own text (pure).

Where a paragraph stands tells what it is: a caption, a box of related articles, a line about the author. What stands
nowhere special is told by its own words: a byline or a date before the text begins, a promotion or a copyright line
after it ended. What trafilatura lost between two paragraphs of one box is taken back, and so is the standfirst, which
it takes for something else as often as not. Rules are of kinds of pages, never of one page, and what would take too
much of the text takes nothing.
"""

import html
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from pipeline.extraction import body_phrases as phrases
from pipeline.extraction.credit import is_credit, is_desk
from pipeline.extraction.placed import Paragraph, placed
from pipeline.extraction.places import Box, Leaf, Page, key_of, repeated

MAX_PARAGRAPHS = 3_000  # of a text that is looked through: the rules' time grows with their square
HEAD = 8  # paragraphs, from the first, in which what comes before the text is looked for
TAIL = 4  # and from the last, what comes after it
MAX_BOX = 0.3  # of the text's characters: what is larger is no box, whatever it is called
MAX_TAKEN = 0.5  # of the text's characters: rules that take more are wrong about this page
MIN_LABEL, MAX_LABEL = 80, 200  # characters of a byline, a date line
MAX_PROMOTION = 400  # characters
MAX_BIOGRAPHY = 700  # characters
MIN_STANDFIRST, MAX_STANDFIRST = 40, 900  # characters
MIN_LINKED = 0.8  # share of a short paragraph's characters that stand in links
LINKED_BOX = 0.6  # share of a box's characters that stand in links: it leads elsewhere
MIN_LOST = 25  # characters of a paragraph that is taken back
MIN_TITLE, MAX_KICKER = 12, 50  # letters of a part of a title, and of what may stand around one
MAX_ABOVE = 1_500  # blocks that are looked at for a standfirst
MAX_LEAD_BOXES = 4  # around a standfirst, whose names tell of it
NEAR = 2  # blocks below the heading
MAX_INSERT = 0.15  # of the text's characters: a larger box with a heading is a section of it
MIN_MAIN = 0.25  # of the text's characters: so much stands in its main box
MAX_CAPTION = 250  # characters
MIN_REPEATED = 60  # letters of a paragraph that no text has twice
MIN_SENTENCE = 10  # letters of a sentence that tells a text
MAX_AFTERWORD = 0.15  # of the text's characters
MIN_BODY = 1_000  # characters of a text in the markup
SAME_TEXT = 0.75  # of the characters of either, in the other
_OUTSIDE = frozenset("figcaption figure aside nav footer form button".split())
_NO_LEAD = frozenset({"nav", "footer", "figcaption", "figure", "aside", "a"})
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_TITLES = frozenset({"h1", "h2", "h3"})
_TEXT_TAGS = frozenset("p h2 h3 h4 blockquote li div".split())


Kinds = frozenset[tuple[str, str]]  # of boxes: tag and names


def _any_of(patterns: Sequence[str]) -> str:
    return "(?:" + "|".join(patterns) + ")"


_BOX = re.compile(rf"(?:^| ){_any_of(phrases.BOX_NAMES)}(?: |$)")
_LEAD = re.compile(rf"(?:^| ){_any_of(phrases.LEAD_NAMES)}(?: |$)")
_KICKER = re.compile(rf"(?:^| ){_any_of(phrases.KICKER_NAMES)}(?: |$)")
_PICTURE = re.compile(rf"(?:^| ){_any_of(phrases.PICTURE_NAMES)}(?: |$)")
_BEFORE = re.compile(rf"\W*{_any_of(phrases.BEFORE)}\W*$", re.IGNORECASE)
_ANYWHERE = re.compile(rf"\W*{_any_of(phrases.ANYWHERE)}", re.IGNORECASE)
_AFTER = re.compile(rf"\W*{_any_of(phrases.AFTER)}", re.IGNORECASE)
_SOURCE = re.compile(r"\W*(?:sources?|quellen?|fonti?|fuentes?|источники?|джерел[оа]|źródł[oa])\W*$", re.IGNORECASE)
_QUOTE = re.compile(r"(?:^| )(?:pull ?|block ?)?(?:quote|zitat|citation|cita)(?: |$)")
_SENTENCES = re.compile(r"(?<=[.!?…])\s+")
_VIDEO = re.compile(r"[|·•–—-]\s*\d{1,2}:\d{2}(?:\s*min\.?)?\s*$")  # how long a video is ends what it tells of itself
_SENTENCE_END = re.compile(r"[.!?…。！？][»”\"“)\]]*\s*$")
_ADDRESS = re.compile(
    r"\W*(?:\w{3,12}\s*:\s*)?(?:https?://\S+|(?:www\.)?[\w.-]+\.\w{2,6}/\S+|[\w.+-]+@[\w-]+\.[\w.]+)\W*$",
    re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is known of an article beside its text: titles that were read, of them the one that is shown, authors,
    summaries, the markup's own body.
    """

    titles: Sequence[str] = ()
    title: str | None = None
    names: Sequence[str] = ()
    leads: Sequence[str] = ()
    body: str = ""


def own_text(paragraphs: Sequence[str], page: Page, told: Told) -> tuple[str, ...]:
    """The paragraphs of the article itself, with its standfirst; each stands on the page."""
    if len(paragraphs) > MAX_PARAGRAPHS:
        return tuple(paragraphs)
    found = placed(paragraphs, page)
    common = _common(found)
    kept = _with_lost(found, page, common)
    size = sum(len(p.text) for p in kept)
    again = repeated([p.leaf for p in kept if p.leaf is not None])
    kept = _without_head([p for p in kept if p.key], page, told)
    main = _main_boxes(kept)
    kept = [p for p in kept if not _is_apart(p, size, again, common) and not _is_insert(p, size, main, common)]
    kept = _without_tail(_without_afterword(_without_repeated(kept)), told)
    kept = _as_in_markup(kept, page, told, common)
    if sum(len(p.text) for p in kept) < (1 - MAX_TAKEN) * sum(map(len, paragraphs)):
        kept = found
    standfirst = _standfirst(kept, page, told)
    if standfirst is None:
        return tuple(p.text for p in kept)
    return standfirst.text, *(p.text for p in kept if p.key != standfirst.key)


def _with_lost(found: Sequence[Paragraph], page: Page, common: Kinds) -> list[Paragraph]:
    """With what stands between them in the same box, or as the same kind of block, and was not found."""
    placed = [p.leaf for p in found if p.leaf is not None]
    if len(placed) < 3:
        return list(found)
    kinds = Counter(leaf.kind for leaf in placed)
    boxes = Counter(id(leaf.boxes[1]) for leaf in placed if len(leaf.boxes) > 1)
    first, last = placed[0].order, placed[-1].order
    size = sum(len(p.text) for p in found)
    have = "\n".join(p.key for p in found)
    lost = [
        leaf for leaf in page.leaves
        if _is_between(leaf, first, last, kinds) and len(leaf.text) >= MIN_LOST and leaf.tag in _TEXT_TAGS
        and (boxes[id(leaf.boxes[1])] >= 2 if len(leaf.boxes) > 1 else False) | _is_kind(leaf, kinds)
        and leaf.key not in have and not _is_outside(leaf, size, common) and leaf.linked < MIN_LINKED
    ]
    merged = _merged(found, [Paragraph(leaf.text, leaf.key, leaf) for leaf in lost])
    return _with_lost(merged, page, common) if lost else merged  # which tells of boxes that were not known to be its


def _is_between(leaf: Leaf, first: int, last: int, kinds: Counter[tuple[str, str, str, str]]) -> bool:
    """Whether a leaf stands between two paragraphs, or goes on after the last as most of the text began."""
    if leaf.order > last:
        return len(leaf.text) >= MIN_LABEL and _is_kind(leaf, kinds) and 4 * kinds[leaf.kind] > kinds.total()
    return leaf.order > first


def _is_kind(leaf: Leaf, kinds: Counter[tuple[str, str, str, str]]) -> bool:
    return kinds[leaf.kind] >= (1 if leaf.tag in ("h2", "h3", "h4") else 3) and bool(leaf.kind[1] or leaf.kind[3])


def _without_head(paragraphs: list[Paragraph], page: Page, told: Told) -> list[Paragraph]:
    """Without titles, bylines, dates and labels among the first paragraphs; what is text stays in its order."""
    titles = {key for title in told.titles if len(key := key_of(title)) > 5}
    names = {key_of(name) for name in told.names}
    return [p for p in paragraphs[:HEAD] if not _is_before(p, titles, names, page.heading)] + paragraphs[HEAD:]


def _is_before(paragraph: Paragraph, titles: set[str], names: set[str], heading: int) -> bool:
    leaf = paragraph.leaf
    if leaf is not None and leaf.order <= heading and (leaf.tag == "h1" or any(b.tag == "h1" for b in leaf.boxes)):
        return True
    key, is_sentence = paragraph.key, _SENTENCE_END.search(paragraph.text) is not None
    if key in titles or (not is_sentence and _is_title(key, titles)) or _is_byline(paragraph, names):
        return True
    if leaf is not None and len(paragraph.text) <= MAX_KICKER and not is_sentence and any(
            _KICKER.search(box.names) for box in leaf.boxes[:2]):
        return True
    return len(paragraph.text) <= MAX_LABEL and _BEFORE.match(paragraph.text) is not None


def _is_byline(paragraph: Paragraph, names: set[str]) -> bool:
    """Whether a paragraph is names of authors and nothing else."""
    return paragraph.key in names or (
        len(paragraph.text) <= MAX_LABEL and all(key_of(part) in names for part in paragraph.text.split("/")))


def _is_apart(paragraph: Paragraph, size: int, again: frozenset[str], common: Kinds) -> bool:
    """Whether a paragraph stands in a box that is none of the text, or says of itself that it is none."""
    if len(paragraph.text) <= MAX_PROMOTION and (_ANYWHERE.match(paragraph.text) or _VIDEO.search(paragraph.text)):
        return True
    leaf = paragraph.leaf
    if leaf is None:
        return False
    if leaf.linked >= MIN_LINKED and len(leaf.text) < MAX_LABEL and not _SENTENCE_END.search(leaf.text):
        return True
    return leaf.key in again or _is_outside(leaf, size, common) or _is_caption(leaf)


def _is_outside(leaf: Leaf, size: int, common: Kinds) -> bool:
    # What a heading is called is where a link leads to, in the words of the heading: id="how-to-donate", "toc-3".
    around = leaf.boxes[1:] if leaf.tag in _HEADINGS else leaf.boxes
    is_quotation = any(box.tag == "blockquote" for box in around)  # which stand in figures of their own
    return any(
        box.size < MAX_BOX * size and (box.tag, box.names) not in common
        and ((box.tag in _OUTSIDE and not (is_quotation and box.tag == "figure"))
             or _BOX.search(box.names) or _leads_elsewhere(box)) for box in around
    )


def _is_caption(leaf: Leaf) -> bool:
    """Whether a short text has a picture in the small box around it."""
    return len(leaf.text) <= MAX_CAPTION and (
        any(b.images and b.size <= MAX_CAPTION for b in leaf.boxes[1:])
        or any(b.size <= 2 * MAX_CAPTION and _PICTURE.search(b.names) for b in leaf.boxes[:3])
    )


def _leads_elsewhere(box: Box) -> bool:
    if box.tag == "article" and box.linked > MIN_LINKED * box.size:
        return True
    return box.leaves > 2 and box.linked > LINKED_BOX * box.size and box.tag not in ("table", "tbody", "tr")


def _main_boxes(paragraphs: Sequence[Paragraph]) -> frozenset[int]:
    """The boxes that hold a good part of the text."""
    sizes = Counter[int]()
    for p in paragraphs:
        if p.leaf is not None:
            sizes.update({id(box): len(p.text) for box in p.leaf.boxes[1:3]})
    total = sum(len(p.text) for p in paragraphs)
    return frozenset(box for box, size in sizes.items() if size > MIN_MAIN * total)


def _common(paragraphs: Sequence[Paragraph]) -> Kinds:
    """The kinds of boxes that hold a good part of the text: what templates put around every paragraph or section."""
    sizes = Counter[tuple[str, str]]()
    for p in paragraphs:
        if p.leaf is not None:
            sizes.update({(box.tag, box.names): len(p.text) for box in p.leaf.boxes})
    total = sum(len(p.text) for p in paragraphs)
    return frozenset(kind for kind, size in sizes.items() if size > MAX_BOX * total)


def _is_insert(paragraph: Paragraph, size: int, main: frozenset[int], common: Kinds) -> bool:
    """Whether a paragraph stands in a small box with a heading of its own, within the box that holds the text."""
    if paragraph.leaf is None or not main:
        return False
    inner = list[Box]()
    for box in paragraph.leaf.boxes[1:]:
        if id(box) in main:
            return any(0 < b.headings < b.leaves and b.size < MAX_INSERT * size and (b.tag, b.names) not in common
                       for b in inner)
        inner.append(box)
    return False


def _without_repeated(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Without long paragraphs that were there before, and without boxed quotations that repeat what the text says."""
    met, firsts = set[str](), list[Paragraph]()
    for p in paragraphs:
        if p.key not in met:
            firsts.append(p)
        met |= {p.key} if len(p.key) >= MIN_REPEATED else set()
    boxes = [_quotation_box(p) for p in firsts]
    said = "\n".join(p.key for p, box in zip(firsts, boxes, strict=True) if box is None)
    again = {id(box) for p, box in zip(firsts, boxes, strict=True) if box is not None and _is_said(p.text, said)}
    return [p for p, box in zip(firsts, boxes, strict=True) if id(box) not in again]


def _quotation_box(paragraph: Paragraph) -> Box | None:
    boxes = paragraph.leaf.boxes if paragraph.leaf is not None else ()
    return next((box for box in reversed(boxes) if box.tag == "blockquote" or _QUOTE.search(box.names)), None)


def _is_said(text: str, said: str) -> bool:
    sentences = [key for part in _SENTENCES.split(text) if len(key := key_of(part)) >= MIN_SENTENCE]
    return bool(sentences) and all(key in said for key in sentences)


def _without_afterword(paragraphs: list[Paragraph]) -> list[Paragraph]:
    """Without what follows the box that holds nearly all of the text: what the site says below each of its texts."""
    sizes, boxes, total = Counter[int](), dict[int, Box](), sum(len(p.text) for p in paragraphs)
    for p in paragraphs:
        for box in p.leaf.boxes if p.leaf is not None else ():
            sizes[id(box)] += len(p.text)
            boxes[id(box)] = box
    whole = [key for key, size in sizes.items() if size >= (1 - MAX_AFTERWORD) * total]
    if not whole:
        return paragraphs
    main = min(whole, key=lambda key: boxes[key].size)
    last = max(n for n, p in enumerate(paragraphs) if p.leaf is not None and any(id(b) == main for b in p.leaf.boxes))
    return paragraphs[:last + 1]


def _without_tail(paragraphs: list[Paragraph], told: Told) -> list[Paragraph]:
    """Without promotions, addresses and what is told of the authors among the last paragraphs."""
    names = _full_names(told)
    kept = list(paragraphs)
    while len(kept) > 1 and _is_after(kept[-1], names):
        kept.pop()
    if len(kept) > 2 and _SOURCE.match(kept[-2].text) and len(kept[-1].text) <= MAX_LABEL:
        kept = kept[:-2]
    tail = [p for p in kept[-TAIL:] if not _is_after(p, names)]
    return kept[:-TAIL] + tail if len(kept) > TAIL else kept


def _full_names(told: Told) -> list[str]:
    return [name.casefold() for name in told.names if " " in name]


def _is_after(paragraph: Paragraph, names: Sequence[str]) -> bool:
    text = paragraph.text
    if not paragraph.key or _ADDRESS.match(text) or (is_desk(text) and not _SENTENCE_END.search(text)):
        return True
    if is_credit(text):
        return True
    if len(text) <= MAX_BIOGRAPHY and any(name in text[:80].casefold() for name in names):
        return True
    return len(text) <= MAX_PROMOTION and _AFTER.match(text) is not None


def _order(paragraph: Paragraph) -> int:
    return paragraph.leaf.order if paragraph.leaf is not None else -1


def _as_in_markup(paragraphs: list[Paragraph], page: Page, told: Told, common: Kinds) -> list[Paragraph]:
    """Checked against the text that the page's markup gives, where the two are one text.

    A paragraph that is not in it is none of the text, headings, lists and quotations apart, which many markups leave
    out; one that is in it and stands on the page is.
    """
    body = key_of(re.sub(r"<[^>]{0,500}>", "", html.unescape(told.body)))
    size = sum(len(p.key) for p in paragraphs)
    inside = sum(len(p.key) for p in paragraphs if p.key in body)
    if len(body) < MIN_BODY or inside < SAME_TEXT * size or inside < SAME_TEXT * len(body):
        return paragraphs
    start = next(n for n, p in enumerate(paragraphs) if p.key in body)  # what stands before may be the standfirst
    kept = paragraphs[:start] + [p for p in paragraphs[start:] if _is_in(p.key, body) or p.leaf is None
                                 or p.leaf.tag not in ("p", "div")]
    have, shown = "\n".join(p.key for p in kept), sum(len(p.text) for p in kept)
    lost = [Paragraph(leaf.text, leaf.key, leaf) for leaf in page.leaves
            if len(leaf.text) >= MIN_LOST and leaf.key in body and leaf.key not in have
            and not any(p.key in leaf.key for p in kept)]
    names = _full_names(told)
    return _merged(kept, [p for p in lost if not _is_apart(p, shown, frozenset(), common) and not _is_after(p, names)])


def _is_in(key: str, body: str) -> bool:
    return key in body or key[:MIN_LOST] in body or key[-MIN_LOST:] in body


def _merged(found: Sequence[Paragraph], lost: Sequence[Paragraph]) -> list[Paragraph]:
    """Both, each lost one before the first of the found that stands after it on the page."""
    merged, waiting = list[Paragraph](), deque(sorted(lost, key=_order))
    for paragraph in found:
        while waiting and paragraph.leaf is not None and _order(waiting[0]) < paragraph.leaf.order:
            merged.append(waiting.popleft())
        merged.append(paragraph)
    return [*merged, *waiting]


def _is_label(leaf: Leaf) -> bool:
    return _BEFORE.match(leaf.text) is not None or _ANYWHERE.match(leaf.text) is not None or _is_caption(leaf)


def _standfirst(kept: Sequence[Paragraph], page: Page, told: Told) -> Leaf | None:
    """The text above the first paragraph that is the page's summary: by the markup's own words, by name, by place."""
    first = next((p.leaf.order for p in kept if p.leaf is not None), len(page.leaves)) if kept else 0
    have = "\n".join(p.key for p in kept[:4])
    titles = {key for title in told.titles if (key := key_of(title))}
    summaries = [key_of(lead)[:50] for lead in told.leads if len(lead) >= MIN_STANDFIRST]
    above = [
        leaf for leaf in page.leaves[:MAX_ABOVE] if leaf.order < first
        and MIN_STANDFIRST <= len(leaf.text) <= MAX_STANDFIRST and leaf.key[:50] not in have and leaf.tag != "h1"
        and not leaf.text.endswith("...") and leaf.linked < MIN_LINKED  # cut, or a link: a teaser
        and not any(box.tag in _NO_LEAD for box in leaf.boxes) and not _is_title(leaf.key, titles)
    ]
    heading = _heading(page, told)
    below = [leaf for leaf in above if leaf.order > heading >= 0 and not _is_label(leaf)
             and not any(_BOX.search(box.names) for box in leaf.boxes[:MAX_LEAD_BOXES])]
    readings: Iterator[Leaf] = chain(
        (leaf for summary in summaries for leaf in above if leaf.key.startswith(summary)),
        (leaf for leaf in below if _is_named_lead(leaf)),
        (leaf for leaf in below if leaf.order <= heading + NEAR and leaf.tag in ("h2", "h3", "p")),
    )
    return next(readings, None)


def _heading(page: Page, told: Told) -> int:
    """The order of the heading that shows the title, else of the first h1, which is the site's name on many blogs."""
    at = page.by_key.get(key_of(told.title or ""), ())
    return next((leaf.order for leaf in at if leaf.tag in _TITLES), page.heading)


def _is_named_lead(leaf: Leaf) -> bool:
    return any(_LEAD.search(b.names) for b in leaf.boxes[:MAX_LEAD_BOXES] if b.size < 2 * MAX_STANDFIRST)


def _is_title(key: str, titles: set[str]) -> bool:
    return any(key == title or (key in title and len(key) >= MIN_TITLE)
               or (title in key and len(key) < len(title) + MAX_KICKER) for title in titles)
