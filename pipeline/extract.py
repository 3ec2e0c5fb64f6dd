"""Payload -> Document: text by trafilatura, metadata by the rule below; the only import of trafilatura (pure).

The rule, field by field, first that holds something:

    title       JSON-LD headline, OpenGraph, h1, title element
    authors     JSON-LD persons; meta author; OpenGraph; what trafilatura found; JSON-LD organisations
    published   JSON-LD, OpenGraph, meta, time element; else htmldate's day. Of the readings that can be the same
                time as the first, the first with a zone, else with an hour
    language    of the text, never the lang attribute
"""

import codecs
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.metadata import version

import htmldate
import lxml.html
import py3langid
import trafilatura
from charset_normalizer import from_bytes
from lxml import etree
from lxml.html import HtmlElement
from trafilatura.metadata import extract_author, extract_sitename, extract_title

from archive.digests import normalised, state_digest, text_digest
from archive.model import PARAGRAPH_BREAK, Block, Candidate, Document, Moment
from archive.urls import absolute, host_of
from pipeline.authors import authors
from pipeline.blocked import block, paywall_texts, told
from pipeline.body import Told, own_text
from pipeline.credit import credit_lines
from pipeline.dates import moment, overlap
from pipeline.places import Page, key_of, page_of, prose
from pipeline.structured import canonical, first, markup, values
from pipeline.text import clean_paragraph

RULES = 2  # of this module's own rules; with trafilatura's version it names the extractor
EXTRACTOR = f"stemma-{RULES}/trafilatura-{version('trafilatura')}"
LANGUAGE_CHARACTERS = 2_000  # of a text, from which its language is told
MAX_HTML_BYTES = 20_000_000
ALL = 0.98  # of a paragraph's characters
MIN_SHARE = 0.2  # of a page's prose; a text of less is a part of the article's
MAX_PARAGRAPH = 1_500  # characters, beyond which a paragraph is looked at twice
MIN_TEXT_WORDS = 15  # below, a page is a stub, a gallery or a video, not an article's text
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:-]{2,40})""", re.IGNORECASE)
# Python knows some names that are no charset of the web (and slow on large pages), and takes others more narrowly than
# browsers do (https://encoding.spec.whatwg.org/#names-and-labels).
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7"})
_WIDER_CHARSETS = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}
MAX_BROKEN = 0.05  # share of the characters beyond ASCII that a declared charset may leave unread
_INLINE = frozenset({"hi", "ref", "del", "lb", "graphic"})
_LINE_BREAK = "\x1e"  # which no XML text can hold
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\ufffd]")
_SEPARATOR = r"\s*(?:[|•·»–—-]|::)\s"
_URL_NAME = re.compile(r"https?://|www\.|@|\.(?:com|org|net|ru|ua|it|uk)\b", re.IGNORECASE)
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|article|main|section|div|p|h1|br|table|td)\b", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style|svg|template)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
# Quotes count after "=" alone: stray ones are common, and would swallow whole pages where all quotes are paired.
_TAG = re.compile(r"""<[a-zA-Z](?:=\s*"[^"]*"|=\s*'[^']*'|[^>])*+""")
_QUOTED = re.compile(r"""=\s*"[^"]*"|=\s*'[^']*'""")
MAX_ATTRIBUTES = 2_000  # of one tag: the parser's time grows with their square


class NoText(ValueError):
    """The page holds no article text that could be kept; the message says why."""


def extract(payload: bytes, *, url: str, charset: str | None, payload_digest: str) -> Document | Block:
    """Read the document of an HTML payload (Content-Encoding undone); `charset` is the HTTP header's.

    A page that stands in the article's place gives a Block. Raises NoText where the payload is no HTML page or holds
    no article.
    """
    html, tree = _page(payload, charset)
    said = markup(tree, url=url)
    found = said.candidates
    page_texts = page_of(tree)
    canonical_link, walls = canonical(tree), paywall_texts(tree)
    paragraphs = _read(tree, url, page_texts)
    found = (*found, *_from_trafilatura(tree, url, found))
    title = _title(found)
    paragraphs = _without_title(_without_links(paragraphs, page_texts), title)
    if (seen := told(html, found, paragraphs, walls)) is not None:
        return block(found, *seen, payload_digest=payload_digest, url=url, charset=charset, extractor=EXTRACTOR)
    if _is_stub(paragraphs, title):
        raise NoText("no article text: " + ("the page holds none" if not paragraphs else "a stub of a few words"))
    outlets = [c.value for c in values(found, "site_name")] + [host_of(url)]
    persons, organisations = authors(found, outlets=outlets, sections=[c.value for c in values(found, "section")])
    writers = (*persons, *organisations)
    credits = credit_lines(paragraphs)
    paragraphs = own_text(paragraphs, page_texts, Told(
        titles=[c.value for c in values(found, "title")], names=persons,
        leads=[c.value for field in ("description", "subtitle") for c in values(found, field)], body=said.body))
    text, credits = PARAGRAPH_BREAK.join(paragraphs), credits
    byline = ", ".join(writers) or None
    return Document(
        payload_digest=payload_digest, url=url, charset=charset, extractor=EXTRACTOR, title=title, byline=byline,
        authors=writers, published=_moment(found, "published"), modified=_moment(found, "modified"),
        language=language(text), site_name=first(found, "site_name"), section=first(found, "section"),
        canonical=absolute(url, canonical_link) if canonical_link else None, paragraphs=paragraphs,
        credits=credits, candidates=found, text_digest=text_digest(text),
        body_digest=text_digest(PARAGRAPH_BREAK.join(p for p in paragraphs if p not in credits)),
        state_digest=state_digest(title=title, byline=byline, text=text),
    )


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


def html_text(payload: bytes, charset: str | None) -> str:
    """The page's characters: strict UTF-8 if it is that, else the header's charset, the page's own, or a guess.

    UTF-8 first, whatever is declared: bytes of another charset are hardly ever valid UTF-8, and wrong declarations
    are common (UTF-16 names itself by its first two bytes, or in the header). A few broken bytes do not make a charset
    wrong. NUL bytes, which lxml refuses, become spaces.
    """
    return _decoded(payload, charset).replace("\x00", " ")


def _is_binary(html: str) -> bool:
    """Whether the characters are those of an image or an archive that is served as a page."""
    start = html[:10_000]
    return len(_CONTROL.findall(start)) > MAX_BROKEN * len(start)


def _decoded(payload: bytes, charset: str | None) -> str:
    names = list(_charsets(payload, charset))
    for name in names:
        try:
            return payload.decode(name)
        except UnicodeDecodeError:
            continue
    for name in names:
        text = payload.decode(name, "replace")
        if text.count("\ufffd") <= MAX_BROKEN * sum(not c.isascii() for c in text):
            return text
    guess = from_bytes(payload[:200_000]).best()
    return payload.decode(guess.encoding if guess is not None else "cp1252", "replace")


def _charsets(payload: bytes, header: str | None) -> Iterator[str]:
    """The charsets to try, as Python names them."""
    in_page = _META_CHARSET.search(payload[:4_096])
    declared = [_codec(name) for name in (header, in_page.group(1).decode("latin-1") if in_page else None) if name]
    if payload[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield "utf-16"
    elif declared and declared[0].startswith("utf-16"):
        yield declared[0]
    yield "utf-8-sig"
    yield from (name for name in declared if name and not name.startswith("utf-16"))


def _codec(name: str) -> str:
    """Python's name for a charset of the web, "" for what is none."""
    try:
        codec = codecs.lookup(name.strip())
        b"a".decode(codec.name, "replace")  # raises for what is no encoding of text
    except (LookupError, ValueError):
        return ""
    return "" if codec.name in _NO_CHARSETS else _WIDER_CHARSETS.get(codec.name, codec.name)


def language(text: str) -> str | None:
    """ISO 639-1 code of the language that a text is written in; None for a text too short to tell."""
    return str(py3langid.classify(text[:LANGUAGE_CHARACTERS])[0]) if len(text) >= 40 else None


def _has_long_tag(text: str) -> bool:
    return any(
        len(_QUOTED.sub(" ", tag.group()).split()) > MAX_ATTRIBUTES
        for tag in _TAG.finditer(text) if tag.end() - tag.start() > MAX_ATTRIBUTES
    )


def _tree(text: str) -> HtmlElement:
    # Outside scripts, where "<" is no tag; those are long on many pages, so they are looked for only where it matters.
    if _has_long_tag(text) and _has_long_tag(_SCRIPT.sub(" ", text)):
        raise NoText(f"a tag has more than {MAX_ATTRIBUTES:,} attributes")
    # An XML declaration with an encoding makes lxml refuse a str.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    try:
        tree = lxml.html.document_fromstring(text)
    except (etree.ParserError, ValueError) as error:
        raise NoText(f"this is no HTML page ({error})") from error
    if tree.find("body") is None or not (tree.find("body").text_content() or "").strip():
        raise NoText("this is no HTML page, or an empty one")
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
    """The paragraphs that trafilatura finds: by its fast rules, and by all where those leave most of a page out."""
    paragraphs: tuple[str, ...] = ()
    for is_fast in (True, False):
        read = trafilatura.bare_extraction(
            tree, url=url, fast=is_fast, include_comments=False, include_tables=True, deduplicate=False)
        body = getattr(read, "body", None)
        paragraphs = _paragraphs(body) if body is not None else ()
        if not _is_in_bulk(paragraphs, page) and sum(map(len, paragraphs)) >= MIN_SHARE * prose(page):
            break
    return paragraphs


def _is_in_bulk(paragraphs: Sequence[str], page: Page) -> bool:
    """Whether the text is one long paragraph that no block of the page is: all that the page says, run together."""
    longest = max(paragraphs, key=len, default="")
    is_most = len(longest) > MAX_PARAGRAPH and 2 * len(longest) > sum(map(len, paragraphs))
    return is_most and key_of(longest) not in page.by_key


def _from_trafilatura(tree: HtmlElement, url: str, found: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
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
    if not all(overlap(m, readings[0]) for m in readings) or not readings:
        day = htmldate.find_date(tree, original_date=True, url=url, deferred_url_extractor=True)
        read += [Candidate(field="published", value=day, basis="htmldate")] if day else []
    return tuple(read)


def _title(found: tuple[Candidate, ...]) -> str | None:
    """What the page shows as its heading, where its markup says the same; else JSON-LD, OpenGraph, heading, title."""
    site_name = first(found, "site_name")
    by_basis = {c.basis: _without_site_name(c.value, None, site_name) for c in reversed(values(found, "title"))}
    heading = by_basis.get("h1")
    for basis in ("json-ld headline", "opengraph", "meta twitter:title"):
        if heading and key_of(by_basis.get(basis, "")) == key_of(heading):
            return by_basis[basis]
    for basis in ("json-ld headline", "opengraph", "h1", "microdata headline", "trafilatura", "title element"):
        if by_basis.get(basis):
            return _without_site_name(by_basis[basis], heading, site_name)
    return first(found, "title")


def _without_site_name(title: str, heading: str | None, site_name: str | None) -> str:
    """A title that is the page's heading, a separator and the site's name is the heading."""
    if heading and title.startswith(heading) and re.match(_SEPARATOR, title[len(heading):]):
        return heading
    if site_name and title.endswith(site_name):
        match = re.fullmatch(rf"(.*\S){_SEPARATOR}+", title[:-len(site_name)])
        return match.group(1) if match else title
    return title


def _moment(found: tuple[Candidate, ...], field: str) -> Moment | None:
    """The first reading, said more exactly where another that can be the same time has a zone or an hour.

    A reading that cannot be the same time is another article's, of a box beside the text.
    """
    read = [m for c in values(found, field) if (m := moment(c.value, basis=c.basis)) is not None]
    agreeing = [m for m in read if overlap(m, read[0])]
    return next(
        (m for wanted in (_has_zone, _has_hour, _is_any) for m in agreeing if wanted(m)), None,
    )


def _has_zone(m: Moment) -> bool:
    return m.offset is not None


def _has_hour(m: Moment) -> bool:
    return "T" in m.iso


def _is_any(_: Moment) -> bool:
    return True


def _without_links(paragraphs: Sequence[str], page: Page) -> tuple[str, ...]:
    """Without the paragraphs that are one link and nothing else: navigation."""
    return tuple(p for p in paragraphs if not any(leaf.linked >= ALL for leaf in page.by_key.get(key_of(p), ())))


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
