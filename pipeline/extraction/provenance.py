"""A page's HTML -> the pages that it declares as its source, its original or its translations (pure).

Read are hreflang alternates, rel=canonical where it names another site, and links behind words such as "originally
published at". A link to a site as a whole says who, not where, and is passed over.
"""

import re
from collections.abc import Iterator

from lxml import etree
from lxml.html import HtmlElement

from archive.urls import absolute, canonical_url, host_of, is_front_page, registered_domain, same_site
from crawlers.markup import characters, html_tree

MAX_DECLARED = 20  # pages that one page declares
MAX_LINKS = 2_000
MAX_STEPS = 200  # elements of a paragraph before a link
FAR = 80  # characters between the words and their link
BLOCKS = frozenset({"p", "div", "li", "td", "blockquote", "figcaption", "section", "article", "body", "footer"})
_OUTSIDE = frozenset({"nav", "aside", "header"})
# A post there is no article, and sharing buttons lead there too.
_PLATFORMS = frozenset(
    "t.me telegram.me facebook.com twitter.com x.com instagram.com youtube.com youtu.be tiktok.com vk.com ok.ru wa.me "
    "whatsapp.com linkedin.com pinterest.com reddit.com threads.net bsky.app google.com creativecommons.org".split()
)
_WORDS = (
    r"originally (?:published|appeared|posted|written)|(?:was |were )?first (?:published|appeared)|re-?published from|"
    r"reprinted from|translated from|translation of|original (?:article|story|text|version)|source\s*:|via\s*:|"
    r"джерело\s*[:—–-]|оригінал\w*|вперше опублікован\w*|переклад\w* (?:з|за|статті)|за матеріалами|"
    r"источник\s*[:—–-]|оригинал\w*|впервые опубликован\w*|перевод (?:с|статьи)|по материалам|"
    r"fonte\s*:|pubblicat\w+ (?:originariamente|originalmente|per la prima volta)|tradotto da|articolo originale|"
    r"fuente\s*:|publicad\w+ originalmente|traducido de|artículo original|"
    r"source\s*:|publié (?:initialement|à l'origine)|traduit d[eu]|article original|"
    r"quelle\s*:|(?:zuerst|ursprünglich) (?:erschienen|veröffentlicht)|übersetz\w+ (?:aus|von)|"
    r"originalartikel|originaltext|źródło\s*:|pierwotnie opublikowan\w*|przetłumaczon\w+ z|oryginaln\w*|oryginał\w*"
)
# Each of those words, and of those that a link itself may be, has one of these in it.
_STEMS = (
    "original first published reprinted translat source via джерело оригінал вперше переклад матеріалами "
    "источник оригинал впервые перевод материалам fonte pubblicat tradotto fuente publicad traducido publié traduit "
    "quelle zuerst ursprünglich übersetz źródło pierwotnie przetłumaczon oryginaln oryginał".split()
)
_BEFORE = re.compile(rf"(?<!\w)(?:{_WORDS})[^.!?\n]{{0,{FAR}}}$", re.IGNORECASE)
_LINK_TEXT = re.compile(
    r"(?:read |see |view )?(?:the )?original(?: article| story| text| version)?|оригінал(?: статті| тексту)?|"
    r"(?:читать )?оригинал(?: статьи| текста)?|(?:leggi )?l'originale|articolo originale|artículo original|"
    r"article original|originalartikel|oryginał(?: artykułu)?", re.IGNORECASE,
)


def declared(payload: bytes, *, url: str, charset: str | None, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The pages that a page declares as its source or its versions in other languages, each once.

    `languages` are those whose translations are wanted.
    """
    tree = html_tree(characters(payload, charset))
    if tree is None:
        return ()
    own = canonical_url(url)
    found: dict[str, str] = {}
    for link in (*_canonical(tree, url), *_alternates(tree, url, languages), *_named(tree, url)):
        if canonical_url(link) != own and not is_whole_site(link) and not is_platform(link):
            found.setdefault(canonical_url(link), link)
    return tuple(found.values())[:MAX_DECLARED]


def _canonical(tree: HtmlElement, url: str) -> Iterator[str]:
    """What the page is a copy of, by its own word; another address of the same site is the page itself."""
    for href in tree.xpath("//link[translate(@rel, 'CANOIL', 'canoil') = 'canonical']/@href")[:1]:
        link = absolute(url, href)
        if link is not None and not same_site(url, link):
            yield link


def _alternates(tree: HtmlElement, url: str, languages: tuple[str, ...]) -> Iterator[str]:
    for element in tree.xpath("//link[@rel='alternate' and @hreflang and @href]")[:MAX_LINKS]:
        link = absolute(url, element.get("href"))
        if link is not None and element.get("hreflang").lower().split("-")[0] in languages:
            yield link


def _named(tree: HtmlElement, url: str) -> Iterator[str]:
    """Links behind, or made of, words that call them the source or the original.

    Most stand in paragraphs without any such word: what is asked of a link takes ten times as long as to see that.
    """
    may_name: dict[HtmlElement, bool] = {}
    for element in tree.xpath("//a[@href]")[:MAX_LINKS]:
        block = _block_of(element)
        if block is not None and block not in may_name:
            text = block.text_content().lower()
            may_name[block] = any(stem in text for stem in _STEMS)
        if not may_name.get(block, True) or is_outside(element) or not calls_it_the_source(element):
            continue
        link = absolute(url, element.get("href"))
        if link is not None:
            yield link


def is_outside(element: HtmlElement) -> bool:
    """Whether a link stands in a menu, a header or an aside."""
    return any(parent.tag in _OUTSIDE for parent in element.iterancestors())


def calls_it_the_source(element: HtmlElement) -> bool:
    """Whether the words of a link, or those before it, call what it leads to the source or the original."""
    text = " ".join(element.text_content()[:200].split())
    return _LINK_TEXT.fullmatch(text.strip(" .:→»")) is not None or _BEFORE.search(_text_before(element)) is not None


def _block_of(element: HtmlElement) -> HtmlElement | None:
    return next((parent for parent in element.iterancestors() if parent.tag in BLOCKS), None)


def _text_before(element: HtmlElement) -> str:
    """The words of the link's own paragraph that stand before it; "" where it begins too far before."""
    block = _block_of(element)
    if block is None:
        return ""
    parts: list[str] = []
    for steps, (event, one) in enumerate(etree.iterwalk(block, events=("start", "end"))):
        if one is element:
            return " ".join(" ".join(parts).split())[-4 * FAR:] + " "
        if steps > MAX_STEPS:
            break
        parts.append((one.text if event == "start" else one.tail) or "")
    return ""


def is_whole_site(link: str) -> bool:
    """A front page, also that of one language."""
    return is_front_page(link) or re.fullmatch(r"https?://[^/?]+/[a-z]{2,3}(?:-[a-z]{2})?/?", link, re.I) is not None


def is_platform(link: str) -> bool:
    """An address of a platform, where everybody posts."""
    return registered_domain(host_of(link)) in _PLATFORMS
