"""A section page's HTML -> the articles that it announces, and its next page (pure).

An article is told by structure: a link of the same site, outside menus and boxes, whose address looks like a page
(a date, an id, a long slug) and whose text looks like a headline. Links whose addresses have the shape that most
articles of the page have are taken with a shorter headline too.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, unquote, urlsplit

from courlan import check_url
from lxml.html import HtmlElement

from archive.model import Discovery
from archive.urls import absolute, canonical_url, is_front_page, same_site
from crawlers.errors import Unreadable
from crawlers.markup import characters, html_tree, plain
from crawlers.paging import next_page

MAX_LINKS = 5_000  # of one page that are looked at
MAX_BYTES = 5_000_000
LONGEST_TITLE = 300
THRESHOLD = 4  # points, see _points
SHAPED = 2  # points for the shape of address that at least COMMON clear articles of the page have
COMMON = 2

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5"})
_OUTSIDE = frozenset({"nav", "footer", "aside"})
_OUTSIDE_ROLES = frozenset({"navigation", "contentinfo", "complementary", "banner", "search"})
# Words of class names and ids that mark menus, boxes and advertisements; "with-sidebar" marks a layout.
_BOX = re.compile(
    r"(?:^|[-_])(?:(?:top|left|right|main|sub|site|header)?(?:nav|menu)|navbar|navigation|footer|sidebar|breadcrumbs?|"
    r"social|share|sharing|cookies?|banner|ads?|advert\w*|promo|sponsor\w*|newsletter|paginat\w*|pagination|pager|"
    r"calendar|tag-?(?:list|cloud)|tags|topbar|subscribe|archives?|hemeroteca|filters?|comments?)(?:$|[-_])",
    re.IGNORECASE,
)
_LAYOUT = re.compile(r"(?:^|[-_])(?:with|has|no)(?:$|[-_])", re.IGNORECASE)
# Parts of a path that lists, people, services and the site itself have, in the languages of the topics.
_NO_ARTICLE = re.compile(
    r"(?:tags?|temat?|temy|themen?|theme|topics?|thema|dossiers?|auth?ors?|autore?n?|autore?s|signataires?|people|"
    r"kateg\w*|categor\w*|rubri\w*|search|suche|buscar|cerca|login|register|account|subscri\w*|suscri\w*|abo|abb?onn?\w*|about\w*|"
    r"info|help|support|store|contacts?|kontakt\w*|contatti|privacy\w*|datenschutz\w*|impressum\w*|imprint|legal|terms\w*|rules|"
    r"jobs?|shop|forum|newsletters?|podcasts?|archiv\w*|hemeroteca|feeds?|rss|users?|profile?|advert\w*|reklama|games?|"
    r"cookies?|mentions-legales|aviso-legal|gestion-des-cookies)",
    re.IGNORECASE,
)
_RUBRIC = re.compile(r"(?:kateg\w*|categor\w*|rubri\w*)", re.IGNORECASE)
_SECTION_OF_DATES = re.compile(r"/(?:date[_-]?\d{6,8}|(?:19|20)\d\d(?:[/-](?:\d{1,2}|[a-z]{3,9})){0,2}|"
                               r"\d{1,2}-\d{1,2}-(?:19|20)\d\d)/?$", re.IGNORECASE)
_DATE = re.compile(r"/(?:(?:19|20)\d\d[/-]?(?:\d{1,2}|[a-z]{3})(?:[/-]?\d{1,2})?|\d\d_[a-z]{3,10}_\d\d)/",
                   re.IGNORECASE)
_ID_KEYS = frozenset({"id", "p", "nid", "aid", "sid", "news", "newsid", "news_id", "article", "articleid", "story"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one page of a section says: articles in the page's order, and where older ones are."""

    discoveries: tuple[Discovery, ...]
    next_page: str | None = None


@dataclass(slots=True, kw_only=True)
class _Link:
    """All that a page's links to one address show; `shape` is what addresses of one kind have in common."""

    url: str
    shape: tuple[str, ...]
    points: int
    text: str = ""
    heading: str = ""

    @property
    def title(self) -> str:
        return self.heading or self.text


def section(payload: bytes, *, url: str, source: str, found_at: datetime, charset: str | None = None) -> Section:
    """The articles that a section page links to, each once, with their headlines.

    Raises Unreadable for what is no HTML page, and for a page that links to no article.
    """
    if len(payload) > MAX_BYTES:
        raise Unreadable(f"this page is over {MAX_BYTES:,} bytes")
    text = characters(payload, charset)
    tree = html_tree(text) if "<" in text else None
    if tree is None:
        raise Unreadable("this is no section page: it is no HTML")
    elements = [element for element in tree.iter("a") if element.get("href")][:MAX_LINKS]
    found = tuple(
        Discovery(url=link.url, source=source, found_at=found_at, title=link.title or None)
        for link in _articles(_links(elements, url))
    )
    if not found:
        raise Unreadable("this page links to no article")
    marked = [*tree.xpath("//link[@rel='next' and @href]"), *elements]
    return Section(discoveries=found, next_page=next_page((element.get("href") for element in marked), url))


def _articles(links: Iterable[_Link]) -> Iterator[_Link]:
    scored = [(link, link.points + _headline_points(link)) for link in links]
    clear = Counter(link.shape for link, points in scored if points >= THRESHOLD)
    for link, points in scored:
        if points + (SHAPED if clear[link.shape] >= COMMON else 0) >= THRESHOLD and link.title:
            yield link


def _links(elements: Iterable[HtmlElement], page: str) -> list[_Link]:
    """The page's links that may be articles, in its order; several links to one address are one."""
    outside: dict[HtmlElement, bool] = {}
    found: dict[str, _Link] = {}
    own = canonical_url(page)
    for element in elements:
        url = absolute(page, element.get("href"))
        if url is None or _is_outside(element, outside):
            continue
        key = canonical_url(url)
        if key not in found:
            if key == own or not _may_be_article(url, page):
                continue
            found[key] = _Link(url=url, shape=_shape(url), points=_address_points(url))
        _read_text(found[key], element)
    return list(found.values())


def _is_outside(element: HtmlElement, known: dict[HtmlElement, bool]) -> bool:
    """Whether an element stands in a menu, a box or the page's foot."""
    way: list[HtmlElement] = []
    here: HtmlElement | None = element
    while here is not None and here not in known and here.tag not in ("body", "html"):
        way.append(here)
        here = here.getparent()
    is_outside = known.get(here, False) if here is not None else False
    for one in reversed(way):
        is_outside = is_outside or _is_box(one)
        known[one] = is_outside
    return is_outside


def _is_box(element: HtmlElement) -> bool:
    if element.tag in _OUTSIDE or (element.get("role") or "").lower() in _OUTSIDE_ROLES:
        return True
    names = f"{element.get('class') or ''} {element.get('id') or ''}"[:500].split()
    return any(_BOX.search(_hyphened(name)) and not _LAYOUT.search(name) for name in names)


def _hyphened(name: str) -> str:
    """A class name with its words apart: leftMenu, left_menu and left-menu are one."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name)


def _may_be_article(url: str, page: str) -> bool:
    """Address hygiene: pages of the same site that are no list, service or trap."""
    if not same_site(page, url) or is_front_page(url) or check_url(url) is None:
        return False
    parts = urlsplit(url)
    path = unquote(parts.path)
    names = ((parts.hostname or "").partition(".")[0], *path.split("/")[1:])
    if _SECTION_OF_DATES.search(path) or any(_NO_ARTICLE.fullmatch(name) for name in names):
        return False
    keys = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=None)
    return all(key.lower() in _ID_KEYS and value.isalnum() for key, value in keys) and len(keys) < 2


def is_list_address(url: str) -> bool:
    """Whether an address may be a section's: of one that names no service, and says nothing for an article."""
    names = unquote(urlsplit(url).path).split("/")[1:]
    return not any(_NO_ARTICLE.fullmatch(name) and not _RUBRIC.fullmatch(name) for name in names) \
        and check_url(url, with_nav=True) is not None and _address_points(url) < SHAPED + 1


def _address_points(url: str) -> int:
    """What an address says for an article: a date in it, an id, a slug of several words, depth."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    last = _last_part(path)
    points = 2 if _DATE.search(path) else 0
    points += 2 if parts.query or _has_id(last) else 0
    words = max((len(_words(part)) for part in path.split("/")[-3:]), default=0)
    points += 2 if words >= 4 else 1 if words == 3 else 0
    return points + (1 if len([part for part in path.split("/") if part]) >= 2 else 0)


def _headline_points(link: _Link) -> int:
    """What the text of the links says: a headline's length, and whether it stands as a heading."""
    words, letters = len(link.title.split()), len(link.title)
    points = 2 if words >= 5 or letters >= 30 else 1 if words >= 3 or letters >= 15 else 0 if words >= 2 else -1
    return points + (2 if link.heading else 0)


def _shape(url: str) -> tuple[str, ...]:
    """What addresses of one kind have in common: the kind of each part of the path."""
    parts = urlsplit(url)
    kinds = [_kind(part) for part in unquote(parts.path).strip("/").split("/")]
    return (*kinds, *(key for key, _ in parse_qsl(parts.query)))


def _kind(part: str) -> str:
    if part.isdigit():
        return f"{len(part)} digits" if len(part) in (2, 4) else "number"
    if _has_id(_last_part(part)):
        return "id"
    return "slug" if len(_words(part)) >= 3 else "word"


def _last_part(path: str) -> str:
    return re.sub(r"\.\w{2,5}$", "", path.rstrip("/").rpartition("/")[2])


def _has_id(part: str) -> bool:
    """A number of at least five digits, or a word of letters and digits mixed, as systems make them."""
    for word in re.split(r"[-_.,]", part):
        digits = sum(c.isdigit() for c in word)
        if digits >= 5 or (digits >= 2 and len(word) >= 7 and not word.isdigit()):
            return True
    return False


def _words(part: str) -> list[str]:
    return [word for word in re.split(r"[-_+ ]", part) if len(word) > 1 and not word.isdigit()]


def _read_text(link: _Link, element: HtmlElement) -> None:
    """Add what one more link to an address shows: the longest text counts, a heading before others."""
    text = plain(element.text_content()) or ""
    inner = [plain(child.text_content()) or "" for child in element.iter(*_HEADINGS)]
    around = any(parent.tag in _HEADINGS for parent in element.iterancestors())
    heading = max(inner, key=len, default="") or (text if around else "")
    link.heading = max(link.heading, heading[:LONGEST_TITLE], key=len)
    labels = (text, *(plain(element.get(name)) or "" for name in ("title", "aria-label")))
    link.text = max(link.text, *(label[:LONGEST_TITLE] for label in labels), key=len)
