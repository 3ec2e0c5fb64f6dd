"""Bytes of a stranger's XML or HTML -> characters and trees, whatever they declare themselves to be (pure)."""

import codecs
import html
import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

MAX_LEAD = 1_000  # characters of a text that a source gives with a link: a feed may hold the whole article
_DECLARED = re.compile(rb"""(?:encoding|charset)\s*=\s*["']?\s*([A-Za-z][\w.:-]{1,39})""")
_PROLOG = re.compile(r"^\s*<\?xml[^>]{0,300}\?>")
_UNSEEN = re.compile(r"<(script|style)\b[^<]{0,20000}</\1\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,5000}>")
# Characters that XML cannot hold; lxml refuses a text with one of them.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def characters(payload: bytes, charset: str | None) -> str:
    """The characters of a feed, sitemap or page, without the XML declaration, whose encoding no longer holds.

    Strict UTF-8 if it is that, whatever is declared: bytes of another charset are hardly ever valid UTF-8, and wrong
    declarations are common. Else what the document says of itself, then the header's charset.
    """
    for name in _charsets(payload, charset):
        try:
            text = payload.decode(name)
        except (UnicodeError, LookupError, ValueError):
            continue
        break
    else:
        text = payload.decode("utf-8", "replace")
    return _NO_XML.sub(" ", _PROLOG.sub("", text.removeprefix("\ufeff"), count=1))


def _charsets(payload: bytes, header: str | None) -> Iterator[str]:
    if payload[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield "utf-16"
    yield "utf-8-sig"
    declared = _DECLARED.search(payload[:2_000])
    for name in (declared[1].decode("ascii") if declared else None, header, "cp1252"):
        if name and _is_text_codec(name):
            yield name


def _is_text_codec(name: str) -> bool:
    """Python knows codecs that are no charset of the web, some of which unpack or run what they are given."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return False
    return found._is_text_encoding and found.name not in ("unicode_escape", "raw-unicode-escape", "idna", "punycode")


def plain(text: object) -> str | None:
    """A text without tags and entities, in one line, at most MAX_LEAD characters; None where nothing is left."""
    if not isinstance(text, str):
        return None
    cut = _without_comments(text[:20 * MAX_LEAD])
    shown = html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", cut)))
    shown = " ".join(_NO_XML.sub(" ", _TAG.sub(" ", shown)).split())
    if len(shown) <= MAX_LEAD:
        return shown or None
    return shown[:MAX_LEAD].rsplit(" ", 1)[0] + "…"


def _without_comments(text: str) -> str:
    """By parts, not by an expression: that would take the square of the time for comments that never end."""
    first, *rest = text.split("<!--")
    return " ".join((first, *(part.partition("-->")[2] for part in rest)))


def xml_root(text: str) -> etree._Element | None:
    """The root of an XML text, mended where it can be; without network, entities of its own or a DTD."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, recover=True, huge_tree=False,
                             encoding="utf-8")
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def html_tree(text: str) -> HtmlElement | None:
    """The tree of an HTML page; None where there is nothing to read."""
    try:
        return document_fromstring(text.encode("utf-8"), parser=HTMLParser(encoding="utf-8", huge_tree=False))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        return None


def is_html(text: str) -> bool:
    """Whether a text begins like a page, which sites answer with in place of many things."""
    start = text[:2_000].lstrip().lower()
    return start.startswith(("<!doctype html", "<html")) or "<body" in start


def local_name(element: etree._Element) -> str:
    """The name of an element without its namespace, "" for comments and the like: sites declare wrong namespaces."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
