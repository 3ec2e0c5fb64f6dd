"""What a page says of itself in schema.org JSON-LD, OpenGraph, meta, microdata and bylines -> candidates (pure)."""

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from lxml.html import HtmlElement

from archive.model import Candidate
from pipeline.extraction import json_ld
from pipeline.extraction.dates import WORDED, worded
from pipeline.extraction.json_ld import MAX_VALUE, flag
from pipeline.extraction.places import key_of
from pipeline.text import clean_paragraph

MAX_CANDIDATES = 500
MAX_ALTERNATES = 50
MAX_BYLINE = 150  # characters
MAX_BYLINES = 4
MAX_DATE_LINE = 120  # characters
_META = {
    "og:title": ("title", "opengraph"), "twitter:title": ("title", "meta twitter:title"),
    "author": ("author", "meta author"), "article:author": ("author", "opengraph article:author"),
    "byl": ("author", "meta byl"), "dc.creator": ("author", "meta dc.creator"),
    "parsely-author": ("author", "meta parsely-author"), "sailthru.author": ("author", "meta sailthru.author"),
    "articleauthor": ("author", "meta articleAuthor"), "dcterms.creator": ("author", "meta dcterms.creator"),
    "article:published_time": ("published", "opengraph"), "og:published_time": ("published", "opengraph"),
    "datepublished": ("published", "meta datePublished"), "dc.date.issued": ("published", "meta dc.date.issued"),
    "pubdate": ("published", "meta pubdate"), "parsely-pub-date": ("published", "meta parsely-pub-date"),
    "dcterms.issued": ("published", "meta dcterms.issued"), "dcterms.created": ("published", "meta dcterms.created"),
    "publish-date": ("published", "meta publish-date"), "publish_date": ("published", "meta publish_date"),
    "publishdate": ("published", "meta publishDate"), "sailthru.date": ("published", "meta sailthru.date"),
    "dc.date": ("dated", "meta dc.date"), "date": ("dated", "meta date"),  # of the last change, on many sites
    "dcterms.modified": ("modified", "meta dcterms.modified"),
    "article:modified_time": ("modified", "opengraph"), "og:updated_time": ("modified", "opengraph"),
    "lastmod": ("modified", "meta lastmod"), "datemodified": ("modified", "meta dateModified"),
    "og:site_name": ("site_name", "opengraph"), "application-name": ("site_name", "meta application-name"),
    "article:section": ("section", "opengraph"), "description": ("description", "meta description"),
    "og:description": ("description", "opengraph"), "og:type": ("type", "opengraph"),
    "article:content_tier": ("free", "meta article:content_tier"),
    "news_keywords": ("keywords", "meta news_keywords"), "syndication-source": ("agency", "meta syndication-source"),
    "original-source": ("agency", "meta original-source"), "copyright": ("rights", "meta copyright"),
}
_BYLINE = re.compile(r"(?:^|[\s_-])(?:by-?line|authors?|autor(?:en|es|i)?|author-?names?|p-author|signature"
        r"|автор|name-uid)(?:[\s_-]|$)",
                     re.IGNORECASE)
_NAMED = ("div", "span", "p", "a", "address", "li", "strong", "b", "em", "h3", "h4", "h5")  # after authors
_DATED = ("//time | //*[contains(@class, 'date') or contains(@class, 'Date') or contains(@class, 'time')"
          " or contains(@class, 'publish') or contains(@class, 'submitted')]"
          "[self::div or self::span or self::p or self::li or self::em]")
MAX_DATED = 12
MAX_PARTS = 5  # elements within one that shows a date
MAX_ELEMENTS = 200
MAX_NAMES = 300  # characters of a class and an id
_BY = re.compile(r"(?:by|von|par|por|di|door|av|af|od|від|от|автор)\s*:?\s+\w", re.IGNORECASE)
_IN_BOX = re.compile(r"related|comment|bio|about|teaser|sidebar|recommend|footer|widget", re.IGNORECASE)
_OF_ARTICLE = re.compile(r"meta|submitted|byline", re.IGNORECASE)  # a footer that says who wrote an article, and when


@dataclass(frozen=True, slots=True)
class Markup:
    """What a page's markup says: candidates, the article's text in JSON-LD, a live blog's posts as (time, headline,
    text), its translations as (language, address) and its canonical address as written.
    """

    candidates: tuple[Candidate, ...]
    body: str
    posts: tuple[tuple[str, str, str], ...]
    alternates: tuple[tuple[str, str], ...]
    canonical: str | None


def markup(tree: HtmlElement, *, url: str | None = None) -> Markup:
    """Every reading of every field that the page's own markup offers, the most trusted kinds first.

    What the page shows, bylines and dates in words, is read where the markup does not say it.
    """
    others, link = [*_from_meta(tree), *_from_body(tree)], canonical(tree)
    told = json_ld.told(tree, address=link or url, titles=[c.value for c in others if c.field == "title"])
    found = [*told.candidates, *others]
    own = {key_of(c.value) for c in found if c.field == "site_name"}
    if not any(c.field == "author" and ("(person)" in c.basis or "meta" in c.basis) and key_of(c.value) not in own
               for c in found):
        found += _bylines(tree)
    if not any(c.field == "published" for c in found):
        found += [replace(c, field="published") for c in found if c.field == "dated"]
    if not any(c.field == "published" and ":" in c.value for c in found):
        found += _worded_dates(tree)
    unique = dict.fromkeys(c for c in found if c.value and c.field != "dated")
    return Markup(candidates=tuple(unique)[:MAX_CANDIDATES], body=told.body, posts=tuple(told.posts),
                  alternates=tuple(_alternates(tree)), canonical=link)


def candidates(tree: HtmlElement) -> tuple[Candidate, ...]:
    """The candidates alone."""
    return markup(tree).candidates


def values(found: tuple[Candidate, ...], field: str) -> list[Candidate]:
    """The candidates of one field, in order."""
    return [candidate for candidate in found if candidate.field == field]


def first(found: tuple[Candidate, ...], field: str) -> str | None:
    """The first reading of a field."""
    return next((candidate.value for candidate in values(found, field)), None)


def canonical(tree: HtmlElement) -> str | None:
    """The address in rel=canonical, as written."""
    links = tree.xpath("//link[translate(@rel, 'CANOIL', 'canoil') = 'canonical']/@href")
    return str(links[0]).strip() or None if links else None


def _alternates(tree: HtmlElement) -> Iterator[tuple[str, str]]:
    for link in tree.xpath("//link[@hreflang][@href]")[:MAX_ALTERNATES]:
        language = link.get("hreflang").strip().lower()
        if re.fullmatch(r"[a-z]{2,3}(?:[-_]\w{2,8})*", language):
            yield language, link.get("href").strip()[:MAX_VALUE]


def _from_meta(tree: HtmlElement) -> Iterator[Candidate]:
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        if name in _META:
            field, basis = _META[name]
            value = clean_paragraph(html.unescape((meta.get("content") or "")[:20 * MAX_VALUE]))[:MAX_VALUE]
            value = flag(value) if field == "free" and value else value
            yield Candidate(field=field, value=value, basis=basis)


def _from_body(tree: HtmlElement) -> Iterator[Candidate]:
    for heading in tree.xpath("//h1")[:3]:
        yield Candidate(field="title", value=_text(heading), basis="h1")
    for title in tree.xpath("//head/title")[:1]:
        yield Candidate(field="title", value=_text(title), basis="title element")
    for time in tree.xpath("//time[@datetime]/@datetime")[:5]:
        yield Candidate(field="published", value=clean_paragraph(str(time))[:MAX_VALUE], basis="time element")
    yield from _microdata(tree)


def _microdata(tree: HtmlElement) -> Iterator[Candidate]:
    named = defaultdict[str, list[HtmlElement]](list)
    for element in tree.xpath("//*[@itemprop][not(self::meta)]"):
        named[element.get("itemprop")].append(element)
    for element in named["headline"][:2]:
        yield Candidate(field="title", value=_text(element), basis="microdata headline")
    for name, field in (("datePublished", "published"), ("dateModified", "modified")):
        for element in named[name][:2]:
            value = element.get("datetime") or element.get("content") or element.get("title") or ""
            yield Candidate(field=field, value=clean_paragraph(value)[:MAX_VALUE], basis="microdata")
    for element in named["author"][:10]:
        if not _is_apart(element):
            names = element.xpath(".//*[@itemprop='name']") or [element]
            for name in names[:5]:
                value = clean_paragraph(name.get("content") or "")[:MAX_VALUE] or _text(name)
                kind = "organisation" if "Organization" in (element.get("itemtype") or "") else "person"
                yield Candidate(field="author", value=value, basis=f"microdata author ({kind})")


def _bylines(tree: HtmlElement) -> Iterator[Candidate]:
    """Short texts in elements that are named after the author, each link of theirs by itself."""
    links = [e for e in tree.xpath("//a[contains(concat(' ', @rel, ' '), ' author ')]")[:10] if not _is_apart(e)]
    for link in links:
        yield Candidate(field="author", value=_text(link), basis="rel=author")
    shown = dict[str, None]()
    for element in _named_after_authors(tree)[:MAX_ELEMENTS]:
        if not _is_apart(element):
            texts = [_text(link) for link in element.iter("a")] or _pieces(element)
            shown |= dict.fromkeys(text for text in texts if 0 < len(text) <= MAX_BYLINE)
    if 0 < len(introduced := [text for text in shown if _BY.match(text)]) <= MAX_BYLINES:
        shown = dict.fromkeys(introduced)
    if len(shown) <= MAX_BYLINES:  # more are those of a list of other articles
        yield from (Candidate(field="author", value=text, basis="byline element") for text in shown)


def _named_after_authors(tree: HtmlElement) -> list[HtmlElement]:
    """Each name that a page gives its elements is looked at once: an XPath took a fifth of `markup`'s time."""
    known, found = dict[tuple[str, str], bool](), list[HtmlElement]()
    for element in tree.iter(*_NAMED):
        names = element.get("class", ""), element.get("id", "")
        if names == ("", ""):
            continue
        is_named = known.get(names)
        if is_named is None:
            joined = " ".join(names)
            is_named = known[names] = len(joined) < MAX_NAMES and _BYLINE.search(joined) is not None
        if is_named:
            found.append(element)
    return found


def _pieces(element: HtmlElement) -> list[str]:
    """The text of a byline; where it holds several names in elements of their own, these."""
    while len(element) == 1 and isinstance(element[0].tag, str) and not (element.text or "").strip():
        element = element[0]
    pieces = [text for child in element if isinstance(child.tag, str) and len((text := _text(child)).split()) > 1]
    return pieces if len(pieces) > 1 else [_text(element)]


def _is_apart(element: HtmlElement) -> bool:
    for depth, parent in enumerate((element, *element.iterancestors())):
        if parent.tag == "footer" and _OF_ARTICLE.search(_called(parent)):
            continue
        if parent.tag in ("footer", "aside", "nav") or (depth < 5 and _IN_BOX.search(_called(parent))):
            return True
    return False


def _called(element: HtmlElement) -> str:
    return f"{element.get('class') or ''} {element.get('id') or ''}"[:MAX_NAMES]


def _below_heading(tree: HtmlElement) -> Iterator[HtmlElement]:
    """The blocks of few elements that follow the first h1."""
    is_below = False
    for element in tree.iter("h1", "div", "span", "p", "li"):
        if element.tag == "h1":
            is_below = True
        elif is_below and len(element) < MAX_PARTS:
            yield element


def _worded_dates(tree: HtmlElement) -> Iterator[Candidate]:
    """Dates that the page shows in words, in elements that are named after dates or follow the heading.

    A day with its hour before a day alone.
    """
    shown: Sequence[HtmlElement] = [*tree.xpath(_DATED)[:MAX_DATED], *islice(_below_heading(tree), MAX_DATED)]
    found = [iso for element in shown if (iso := _worded(element)) is not None]
    best = next((iso for iso in found if ":" in iso), None) or next(iter(found), None)
    if best is not None:
        yield Candidate(field="published", value=best, basis="shown date")


def _worded(element: HtmlElement) -> str | None:
    text = _text(element)
    if len(text) > MAX_DATE_LINE or WORDED.search(text) is None or _is_apart(element):
        return None
    return worded(text)


def _text(element: HtmlElement) -> str:
    return clean_paragraph(element.text_content()[:20 * MAX_VALUE])[:MAX_VALUE]
