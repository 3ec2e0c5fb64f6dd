"""Payload -> Document: text by trafilatura, metadata by the rule below; the only import of trafilatura (pure).

The rule, field by field, first that holds something:

    title       JSON-LD headline, OpenGraph, h1, title element
    authors     JSON-LD persons, then organisations; meta author; what trafilatura found
    published   JSON-LD, OpenGraph, meta, time element (all with the hour where it is said); else htmldate's day
    language    of the text, never the lang attribute
"""

import re
from importlib.metadata import version

import lxml.html
import py3langid
import trafilatura
from charset_normalizer import from_bytes
from lxml import etree
from lxml.html import HtmlElement

from archive.digests import normalised, state_digest, text_digest
from archive.model import PARAGRAPH_BREAK, Candidate, Document, Moment
from archive.urls import absolute
from pipeline.credit import credit_lines
from pipeline.dates import moment
from pipeline.structured import candidates, canonical, values
from pipeline.text import clean_paragraph

RULES = 1  # of this module's own rules; with trafilatura's version it names the extractor
EXTRACTOR = f"stemma-{RULES}/trafilatura-{version('trafilatura')}"
MAX_HTML_BYTES = 20_000_000
MIN_TEXT_WORDS = 15  # below, a page is a stub, a gallery or a video, not an article's text
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:-]{2,40})""", re.IGNORECASE)
_BLOCKS = frozenset({"p", "head", "item", "quote", "cell", "code", "ab"})
_URL_NAME = re.compile(r"https?://|www\.|@|\.(?:com|org|net|ru|ua|it|uk)\b", re.IGNORECASE)

class NoText(ValueError):
    """The page holds no article text that could be kept; the message says why."""


def extract(payload: bytes, *, url: str, charset: str | None, payload_digest: str) -> Document:
    """Read the document of an HTML payload (Content-Encoding undone); `charset` is the HTTP header's.

    Raises NoText where the payload is no HTML page or holds no article.
    """
    if len(payload) > MAX_HTML_BYTES:
        raise NoText(f"the page is over {MAX_HTML_BYTES:,} bytes")
    tree = _tree(html_text(payload, charset))
    found = candidates(tree)
    canonical_link, link_texts = canonical(tree), _link_texts(tree)  # before trafilatura empties the tree
    page = trafilatura.bare_extraction(
        tree, url=url, with_metadata=True, include_comments=False, include_tables=True, deduplicate=False,
    )
    paragraphs = _paragraphs(page.body) if page is not None and page.body is not None else ()
    found = (*found, *_from_trafilatura(page))
    title = _title(found)
    paragraphs = _without_title(tuple(p for p in paragraphs if normalised(p) not in link_texts), title)
    if sum(len(p.split()) for p in paragraphs) < MIN_TEXT_WORDS and not _is_spaceless(paragraphs):
        raise NoText("no article text: " + ("the page holds none" if not paragraphs else "a stub of a few words"))
    authors = _authors(found)
    text = PARAGRAPH_BREAK.join(paragraphs)
    byline = ", ".join(authors) or None
    return Document(
        payload_digest=payload_digest, url=url, charset=charset, extractor=EXTRACTOR, title=title, byline=byline,
        authors=authors, published=_moment(found, "published"), modified=_moment(found, "modified"),
        language=language(text), site_name=_first(found, "site_name"), section=_first(found, "section"),
        canonical=absolute(url, canonical_link) if canonical_link else None, paragraphs=paragraphs,
        credits=credit_lines(paragraphs), candidates=found, text_digest=text_digest(text),
        state_digest=state_digest(title=title, byline=byline, text=text),
    )


def html_text(payload: bytes, charset: str | None) -> str:
    """The page's characters: strict UTF-8 if it is that, else the header's charset, the page's own, or a guess.

    UTF-8 first, whatever is declared: bytes of another charset are hardly ever valid UTF-8, and wrong declarations
    are common. NUL bytes, which lxml refuses, become spaces.
    """
    declared = _META_CHARSET.search(payload[:4_096])
    names = ("utf-8-sig", charset, declared.group(1).decode("latin-1") if declared else None)
    for name in names:
        try:
            return payload.decode(name).replace("\x00", " ") if name else _undecodable()
        except (LookupError, UnicodeDecodeError):
            continue
    guess = from_bytes(payload[:200_000]).best()
    encoding = guess.encoding if guess is not None else "latin-1"
    return payload.decode(encoding, "replace").replace("\x00", " ")


def _undecodable() -> str:
    raise LookupError


def language(text: str) -> str | None:
    """ISO 639-1 code of the language that a text is written in; None for a text too short to tell."""
    return str(py3langid.classify(text[:5_000])[0]) if len(text) >= 40 else None


def _tree(text: str) -> HtmlElement:
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
    """The innermost blocks of trafilatura's body in order, one paragraph each."""
    found = []
    for element in body.iter(etree.Element):
        if element.tag in _BLOCKS and not any(child.tag in _BLOCKS for child in element.iterdescendants(etree.Element)):
            found.append(clean_paragraph(" ".join(_with_breaks(element))))
    return tuple(p for p in found if p)


def _with_breaks(element: etree._Element) -> list[str]:
    return [text for text in element.itertext()] if element.find(".//lb") is not None \
        else ["".join(element.itertext())]


def _from_trafilatura(page: object) -> tuple[Candidate, ...]:
    if page is None:
        return ()
    readings = (("title", "title", "trafilatura"), ("author", "author", "trafilatura"), ("date", "published", "htmldate"),
                ("sitename", "site_name", "trafilatura"))
    return tuple(
        Candidate(field=field, value=str(value), basis=basis)
        for name, field, basis in readings if (value := getattr(page, name, None))
    )


def _title(found: tuple[Candidate, ...]) -> str | None:
    by_basis = {candidate.basis: candidate.value for candidate in reversed(values(found, "title"))}
    for basis in ("json-ld headline", "opengraph", "h1", "trafilatura", "title element"):
        if by_basis.get(basis):
            return _without_site_name(by_basis[basis], by_basis.get("h1"))
    return _first(found, "title")


def _without_site_name(title: str, heading: str | None) -> str:
    """A title that is the page's heading, a separator and the site's name is the heading."""
    if heading and title.startswith(heading) and re.match(r"\s*(?:[|•·»–—-]|::)\s", title[len(heading):]):
        return heading
    return title


def _authors(found: tuple[Candidate, ...]) -> tuple[str, ...]:
    readings = values(found, "author")
    for wanted in ("(person)", "meta", "opengraph", "trafilatura", "(organisation)"):
        names = [n for c in readings if wanted in c.basis for n in _names(c.value)]
        if names:
            return tuple(dict.fromkeys(names))
    return ()


def _names(value: str) -> list[str]:
    """Names of an author field, which may list several; addresses and domains are no names."""
    value = re.sub(r"^(?:by|von|par|di|por|автор|від)\s*:?\s+", "", value, flags=re.IGNORECASE)
    parts = re.split(r"\s*[;|]\s*|\s*,\s+|\s+(?:and|und|et|y|и|та|і)\s+", value)
    return [part for part in parts if 1 < len(part) <= 80 and not _URL_NAME.search(part)]


def _moment(found: tuple[Candidate, ...], field: str) -> Moment | None:
    """The first reading with an hour and a zone, else the first with an hour, else the first."""
    read = [m for c in values(found, field) if (m := moment(c.value, basis=c.basis)) is not None]
    return next(
        (m for wanted in (_has_zone, _has_hour, _is_any) for m in read if wanted(m)), None,
    )


def _has_zone(m: Moment) -> bool:
    return m.offset is not None


def _has_hour(m: Moment) -> bool:
    return "T" in m.iso


def _is_any(_: Moment) -> bool:
    return True


def _first(found: tuple[Candidate, ...], field: str) -> str | None:
    return next((candidate.value for candidate in values(found, field)), None)


def _link_texts(tree: HtmlElement) -> frozenset[str]:
    """Texts that stand in links: a paragraph that is one link and nothing else is navigation."""
    texts = (normalised(link.text_content()) for link in tree.iter("a") if link.get("href"))
    return frozenset(text for text in texts if text)


def _without_title(paragraphs: tuple[str, ...], title: str | None) -> tuple[str, ...]:
    if title and paragraphs and normalised(paragraphs[0]) == normalised(title):
        return paragraphs[1:]
    return paragraphs


def _is_spaceless(paragraphs: tuple[str, ...]) -> bool:
    """Chinese, Japanese or Thai text has few spaces to count words by."""
    text = "".join(paragraphs)
    return len(text) >= 60 and text.count(" ") < len(text) / 20
