"""Payload -> Document: text by trafilatura and body.py, metadata by choice.py (pure).

The only import of trafilatura.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from importlib.metadata import version

import htmldate
import lxml.html
import py3langid
import trafilatura
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author, extract_sitename, extract_title

from archive.digests import normalised, text_and_state_digest, text_digest
from archive.model import PARAGRAPH_BREAK, Block, Candidate, Document
from archive.urls import absolute, host_of
from pipeline.extraction import noarchive
from pipeline.extraction.agencies import agencies, printed
from pipeline.extraction.authors import authors, signed
from pipeline.extraction.blocked import block, is_articles, is_short, paywall_texts, told
from pipeline.extraction.body import Told, own_text
from pipeline.extraction.charset import MAX_BROKEN, html_text
from pipeline.extraction.choice import is_free, moment_of, title_of
from pipeline.extraction.credit import credit_lines, without_credits
from pipeline.extraction.dates import moment, overlap
from pipeline.extraction.hidden import markup_in_scripts
from pipeline.extraction.notices import notices
from pipeline.extraction.outgoing import anchors, outgoing
from pipeline.extraction.places import Page, near, page_of, prose, shown_texts
from pipeline.extraction.posts import posts
from pipeline.extraction.structured import Markup, first, markup, values
from pipeline.text import clean_paragraph

RULES = 10  # of this module's own rules; with trafilatura's version it names the extractor
EXTRACTOR = f"stemma-{RULES}/trafilatura-{version('trafilatura')}"
LANGUAGE_CHARACTERS = 800  # of a text, from which its language is told
MAX_HTML_BYTES = 20_000_000
SAME = 5  # blocks of one text that are looked at
ALL = 0.98  # of a paragraph's characters
MIN_SHARE = 0.2  # of a page's prose; a text of less is a part of the article's
MAX_PARAGRAPH = 1_500  # characters, beyond which a paragraph is looked at twice
MIN_TEXT_WORDS = 15  # below, a page is a stub, a gallery or a video, not an article's text
# Those of lxml.html alone ask a function of Python for the class of each element, whenever one is met.
_ELEMENTS = etree.ElementDefaultClassLookup(element=HtmlElement)
# What holds no article of what trafilatura takes out in any case (its MANUALLY_CLEANED); not embed, source and track,
# into which the parser puts what follows them.
_MARGINS = ("aside nav footer noscript iframe object picture video audio canvas map img button select input link meta"
            ).split()
_INLINE = frozenset({"hi", "ref", "del", "lb", "graphic"})
_LINE_BREAK = "\x1e"  # which no XML text can hold
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\ufffd]")
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|article|main|section|div|p|h1|br|table|td)\b", re.IGNORECASE)
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # of XML
# Quotes count after "=" alone: stray ones are common, and would swallow whole pages where all quotes are paired.
_ATTRIBUTES = r"""[^>=]*+(?:=\s*(?:"[^"]*"|'[^']*')?[^>=]*+)*+"""
_CODE = "([sS](?:[cC][rR][iI][pP][tT]|[tT][yY][lL][eE]))(?![^\\s/>])"
_TAG = re.compile(rf"<(?:!(--)|(?:{_CODE}|[a-zA-Z]){_ATTRIBUTES})")
_QUOTED = re.compile(r"""=\s*"[^"]*"|=\s*'[^']*'""")
# What is never closed goes on to the end of the page, as parsers have it.
_COMMENT_END = re.compile("--!?>")
_CODE_ENDS = {"c": re.compile("</script", re.IGNORECASE), "t": re.compile("</style", re.IGNORECASE)}
MAX_SEARCHED = 3_000_000  # characters of a page in which htmldate looks for a day
MAX_TEXT = 1_500_000  # characters of a page's text: a book has 500,000; they take a second
MAX_ELEMENTS = 30_000  # of a page: the largest of 237 real ones has 4,000; 30,000 take about two seconds
HUGE = 15_000  # elements: some of trafilatura's rules take time with their square
MAX_TAGS = 200_000  # of a page, which lie outside scripts
LARGE = 2_500_000  # characters, which may be 10 MB: the parser takes no longer script, comment or attribute by itself
MAX_DEPTH = 250  # elements of a large page in one another; of others the parser takes no more
MAX_ATTRIBUTE = 100_000  # characters of one, on a large page
MAX_ATTRIBUTES = 2_000  # of one tag: the parser's time grows with their square


class NoText(ValueError):
    """The page holds no article text that could be kept; the message says why."""


def extract(payload: bytes, *, url: str, charset: str | None, payload_digest: str) -> Document | Block:
    """Read the document of an HTML payload (Content-Encoding undone); `charset` is the HTTP header's.

    A page that stands in the article's place gives a Block. Raises NoText where the payload is no HTML page or holds
    no article.
    """
    html, tree = _page(payload, charset)
    said, page, linked = markup(tree, url=url), page_of(tree), anchors(tree, url)
    read = _without_links(_read(tree, url, page), page)
    if _is_stub(read, None) and (text := _in_scripts(html, tree, said, read)):
        page, linked = page_of(_with_text(tree, text)), anchors(tree, url)
        read = _without_links(_read(tree, url, page), page)
    found = (*said.candidates, *_from_trafilatura(tree, url, said.candidates, size=len(html)))
    found = (*found, *signed(read, [c.value for c in values(found, "title")]))
    title = title_of(found)
    own = _without_title(read, title)
    walls = paywall_texts(tree) if is_short(own) else ()
    if (seen := told(html, found, own, walls)) is not None:
        return block(found, *seen, payload_digest=payload_digest, url=url, charset=charset, extractor=EXTRACTOR)
    if _is_stub(own, title):
        raise NoText("no article text: " + ("the page holds none" if not own else "a stub of a few words"))
    outlets = [c.value for c in values(found, "site_name")] + host_of(url).split(".")
    persons, organisations = authors(found, outlets=outlets, sections=[c.value for c in values(found, "section")])
    paragraphs = own_text(own, page, Told(
        titles=[c.value for c in values(found, "title")], title=title, names=persons, body=said.body,
        leads=[c.value for field in ("description", "subtitle") for c in values(found, field)]))
    # What is taken out of the text is evidence of its origin all the same.
    around = tuple(dict.fromkeys((*own, *paragraphs, *near(page, own))))
    credits = credit_lines(around)
    text, byline = PARAGRAPH_BREAK.join(paragraphs), ", ".join((*persons, *organisations)) or None
    digest, state = text_and_state_digest(title=title, byline=byline, text=text)
    body = without_credits(paragraphs, credits)
    return Document(
        payload_digest=payload_digest, url=url, charset=charset, extractor=EXTRACTOR, title=title, byline=byline,
        authors=(*persons, *organisations), organisations=organisations,
        agencies=agencies([c.value for field in ("author", "agency") for c in values(found, field)], own, credits),
        published=moment_of(found, "published"), modified=moment_of(found, "modified"), language=language(text),
        site_name=first(found, "site_name"), section=first(found, "section"), is_free=is_free(found),
        is_noarchive=noarchive.of_page(tree),
        canonical=absolute(url, said.canonical) if said.canonical else None, alternates=_alternates(said, url),
        outgoing=outgoing(linked, paragraphs, credits),
        paragraphs=paragraphs, credits=credits, notices=notices(around), posts=posts(said.posts, tree),
        candidates=(*found, *printed(own, credits)), text_digest=digest,
        body_digest=digest if body == paragraphs else text_digest(PARAGRAPH_BREAK.join(body)),
        state_digest=state,
    )


def _alternates(said: Markup, url: str) -> tuple[tuple[str, str], ...]:
    read = ((language, absolute(url, link)) for language, link in said.alternates)
    return tuple((language, link) for language, link in read if link)


def preview(payload: bytes, *, url: str, charset: str | None, payload_digest: str, status: int) -> Block:
    """What a page that came with a status of refusal says of the article in its place; nothing, if it is no page."""
    found, seen = tuple[Candidate, ...](), None
    with suppress(NoText):
        html, tree = _page(payload, charset)
        found = markup(tree, url=url).candidates
        seen = told(html, found, (), ())
    kind, reason = seen if seen and seen[0] == "challenge" else ("refused", f"HTTP status {status}")
    return block(found, kind, reason, payload_digest=payload_digest, url=url, charset=charset, extractor=EXTRACTOR)


def _page(payload: bytes, charset: str | None) -> tuple[str, HtmlElement]:
    if len(payload) > MAX_HTML_BYTES:
        raise NoText(f"the page is over {MAX_HTML_BYTES:,} bytes")
    html = html_text(payload, charset)
    if not _MARKUP.search(html) or _is_binary(html):
        raise NoText("this is no HTML page")
    return html, _tree(html)


def _is_binary(html: str) -> bool:
    """Whether the characters are those of an image or an archive that is served as a page."""
    start = html[:10_000]
    return len(_CONTROL.findall(start)) > MAX_BROKEN * len(start)


def language(text: str) -> str | None:
    """ISO 639-1 code of the language that a text is written in; None for a text too short to tell."""
    return str(py3langid.classify(text[:LANGUAGE_CHARACTERS])[0]) if len(text) >= 40 else None


def _check_tags(text: str) -> None:
    """Raise NoText for more tags, or more attributes of one, than can be read in time; one pass over the page."""
    at = number = 0
    while tag := _TAG.search(text, at):
        start, at = tag.span()
        number += 1
        if number > MAX_TAGS:
            raise NoText(f"the page has more than {MAX_ELEMENTS:,} elements")
        if at - start > MAX_ATTRIBUTES and len(_QUOTED.sub(" ", tag.group()).split()) > MAX_ATTRIBUTES:
            raise NoText(f"a tag has more than {MAX_ATTRIBUTES:,} attributes")
        if tag.lastindex:  # what holds no tags, up to its end; "<!-->" is a whole comment
            code = tag[2]
            closed = _CODE_ENDS[code[1].lower()].search(text, at) if code else _COMMENT_END.search(text, at - 2)
            at = closed.end() if closed else len(text)


def _tree(text: str) -> HtmlElement:
    _check_tags(text)
    # An XML declaration with an encoding makes lxml refuse a str.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    is_large = len(text) > LARGE
    parser = etree.HTMLParser(
        collect_ids=False, default_doctype=False, remove_comments=True, remove_pis=True, huge_tree=is_large)
    parser.set_element_class_lookup(_ELEMENTS)
    try:
        tree = lxml.html.document_fromstring(text, parser=parser)
    except (etree.ParserError, ValueError) as error:
        raise NoText(f"this is no HTML page ({error})") from error
    if tree.xpath("count(//*)") > MAX_ELEMENTS:
        raise NoText(f"the page has more than {MAX_ELEMENTS:,} elements")
    if is_large and tree.xpath(f"boolean({'/*' * (MAX_DEPTH + 1)})"):
        raise NoText(f"the page's elements are nested more than {MAX_DEPTH} deep")
    if is_large:
        _drop_long_attributes(tree)
    shown = tree.find("body").text_content() if tree.find("body") is not None else ""
    if not shown.strip():
        raise NoText("this is no HTML page, or an empty one")
    tree = _without_code(tree)
    if len(shown) > MAX_TEXT and len(tree.find("body").text_content()) > MAX_TEXT:
        raise NoText(f"the page's text has more than {MAX_TEXT:,} characters")
    return tree


def _drop_long_attributes(tree: HtmlElement) -> None:
    """Without pictures and states that stand in attributes, through which expressions would search."""
    for element in tree.iter(etree.Element):
        for name in [name for name, value in element.attrib.items() if len(value) > MAX_ATTRIBUTE]:
            del element.attrib[name]


def _without_code(tree: HtmlElement) -> HtmlElement:
    """The tree without scripts, styles and drawings, which are half of many pages; scripts that describe it stay."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "").lower():
            script.tag = "style"
    etree.strip_elements(tree, "style", "svg", with_tail=False)
    return tree


def _in_scripts(html: str, tree: HtmlElement, said: Markup, read: Sequence[str]) -> str | None:
    """The text that an article's page leaves to a script to show; not one that readers have to pay for."""
    found = said.candidates
    if not is_articles(found) or is_free(found) is False or told(html, found, read, paywall_texts(tree)) is not None:
        return None
    return markup_in_scripts(html)


def _with_text(tree: HtmlElement, text: str) -> HtmlElement:
    """The page as its script would show it: with the text behind its heading."""
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")  # what escapes can stand for
    article = lxml.html.fragment_fromstring(text, create_parent="article")
    if article.xpath("count(.//*)") <= MAX_ELEMENTS:
        tree.find("body").append(_without_code(article))
    return tree


def _paragraphs(body: etree._Element) -> tuple[str, ...]:
    """The text of trafilatura's body in order, cut where a block begins or ends and at empty lines."""
    parts = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        if element.tag not in _INLINE:
            parts.append(_LINE_BREAK * 2)
        elif element.tag == "lb" and event == "start":
            parts.append(_LINE_BREAK)
        parts.append((element.text if event == "start" else element.tail) or "")
    blocks = re.split(rf"{_LINE_BREAK}\s*{_LINE_BREAK}", "".join(parts))
    return tuple(paragraph for block in blocks if (paragraph := clean_paragraph(block)))


def _read(tree: HtmlElement, url: str, page: Page) -> tuple[str, ...]:
    """The paragraphs that trafilatura finds: by its fast rules, and by all where those leave most of a page out.

    On a huge page, where all its rules take time with the square of its blocks, what the page shows stands for the
    second.
    """
    is_huge = bool(tree.xpath(f"count(//*) > {HUGE}"))
    paragraphs = _found(tree, url, is_huge=is_huge)
    if _is_enough(paragraphs, page):
        return paragraphs
    return tuple(leaf.text for leaf in shown_texts(page)) if is_huge else _found(tree, url, is_fast=False)


def _found(tree: HtmlElement, url: str, *, is_fast: bool = True, is_huge: bool = False) -> tuple[str, ...]:
    # All is asked for at once of a huge page: where trafilatura finds little it would read the page a second time.
    # Asked for the format "python" it would make a text of the body, too.
    read = trafilatura.bare_extraction(_without_margins(tree) if is_fast else tree, url=url, fast=is_fast,
                                       favor_recall=is_huge, include_comments=False, include_tables=True,
                                       deduplicate=False, output_format="xml")
    body = getattr(read, "body", None)
    if body is None and _with_characters_alone(tree):
        return _found(tree, url, is_fast=is_fast, is_huge=is_huge)
    return _paragraphs(body) if body is not None else ()


def _without_margins(tree: HtmlElement) -> HtmlElement:
    """A copy without menus, margins and media, which trafilatura takes out itself, after it went through them often."""
    slim = copy(tree)
    etree.strip_elements(slim, *_MARGINS, with_tail=False)
    return slim


def _is_enough(paragraphs: Sequence[str], page: Page) -> bool:
    return not _is_in_bulk(paragraphs, page) and sum(map(len, paragraphs)) >= MIN_SHARE * prose(page)


def _with_characters_alone(tree: HtmlElement) -> bool:
    """Whether texts held what no XML text may, for one of which trafilatura gives up a page; now they do not."""
    damaged = [e for e in tree.iter() if _NO_CHARACTER.search(e.text or "") or _NO_CHARACTER.search(e.tail or "")]
    for element in damaged:
        element.text = _NO_CHARACTER.sub(" ", element.text or "")
        element.tail = _NO_CHARACTER.sub(" ", element.tail or "")
    return bool(damaged)


def _is_in_bulk(paragraphs: Sequence[str], page: Page) -> bool:
    """Whether the text is one long paragraph that no block of the page is: all that the page says, run together."""
    longest = max(paragraphs, key=len, default="")
    is_most = len(longest) > MAX_PARAGRAPH and 2 * len(longest) > sum(map(len, paragraphs))
    return is_most and page.key(longest) not in page.by_key


def _from_trafilatura(
    tree: HtmlElement, url: str, found: tuple[Candidate, ...], *, size: int
) -> tuple[Candidate, ...]:
    """What trafilatura reads of fields that the page's own markup does not name, or on which it contradicts itself.

    Not the site name that it makes of the address where the page names none.
    """
    fields = {c.field for c in found}
    readings = [m for c in values(found, "published") if (m := moment(c.value, basis=c.basis)) is not None]
    read = list[Candidate]()
    for field, reader in (("title", extract_title), ("author", extract_author), ("site_name", extract_sitename)):
        value = reader(tree) if field not in fields else None
        if value and not (field == "site_name" and value.lower() in host_of(url)):
            read.append(Candidate(field=field, value=clean_paragraph(value), basis="trafilatura"))
    if size <= MAX_SEARCHED and (not readings or not all(overlap(m, readings[0]) for m in readings)):
        day = htmldate.find_date(tree, original_date=True, url=url, deferred_url_extractor=True)
        read += [Candidate(field="published", value=day, basis="htmldate")] if day else []
    return tuple(read)


def _without_links(paragraphs: Sequence[str], page: Page) -> tuple[str, ...]:
    """Without the paragraphs that are one link and nothing else: navigation."""
    return tuple(p for p in paragraphs if not _is_link(page.key(p), page))


def _is_link(key: str, page: Page) -> bool:
    at = page.by_key.get(key, ())
    return any(leaf.linked >= ALL for leaf in at[:SAME]) or (not at and bool(key) and key in page.loose_links)


def _without_title(paragraphs: tuple[str, ...], title: str | None) -> tuple[str, ...]:
    if title and paragraphs and normalised(paragraphs[0]) == normalised(title):
        return paragraphs[1:]
    return paragraphs


def _is_stub(paragraphs: tuple[str, ...], title: str | None) -> bool:
    """Whether there is less than an article's text, the title that may open it not counted."""
    text = " ".join(paragraphs)
    return len(text.removeprefix(title or "").split()) < MIN_TEXT_WORDS and not _is_spaceless(paragraphs)


def _is_spaceless(paragraphs: tuple[str, ...]) -> bool:
    """Chinese, Japanese or Thai text has few spaces to count words by."""
    text = "".join(paragraphs)
    return len(text) >= 60 and text.count(" ") < len(text) / 20
