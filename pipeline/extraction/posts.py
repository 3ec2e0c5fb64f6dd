"""A live blog's page -> its posts with their own times (pure).

Its JSON-LD lists them; else they are told by structure: blocks of one kind, each with one time element and some text.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from lxml.html import HtmlElement

from archive.model import Post
from pipeline.extraction.dates import moment
from pipeline.text import clean_paragraph

MIN_POSTS = 3
MIN_POST = 40  # characters
MAX_POST = 20_000  # characters
MAX_TIMES = 400  # time elements of a page
MAX_UP = 5  # elements around a time element
_LIVE = re.compile(r"live|online|ticker|liveblog|timeline|updates?|онлайн|хроник|наживо", re.IGNORECASE)
_OUTSIDE = frozenset({"nav", "aside", "footer", "header"})


def posts(listed: Iterable[tuple[str, str, str]], tree: HtmlElement) -> tuple[Post, ...]:
    """The posts of a live blog, in the page's order; none for a page that is none.

    A blog that has just begun lists one or two; many that list so few show more.
    """
    found = [Post(key=at or headline or text[:MIN_POST], at=_iso(at), title=headline or None, text=text)
             for at, headline, text in listed if headline or text]
    shown = _by_structure(tree) if len(found) < MIN_POSTS else ()
    return shown or _told_apart(found)


def _by_structure(tree: HtmlElement) -> tuple[Post, ...]:
    times = tree.xpath("//time[@datetime]")[:MAX_TIMES]
    if len(times) < MIN_POSTS:
        return ()
    groups = defaultdict[tuple[HtmlElement, str, str], list[tuple[HtmlElement, str]]](list)
    seen = set[HtmlElement]()
    for time in times:
        block = _block_of(time)
        if block is not None and block not in seen:
            seen.add(block)
            groups[block.getparent(), str(block.tag), block.get("class") or ""].append((block, time.get("datetime")))
    largest = max(groups.values(), key=len, default=[])
    if len(largest) < MIN_POSTS or not _is_live(largest[0][0]):
        return ()
    read = [Post(key=block.get("id") or at, at=_iso(at), title=_headline(block) or None, text=_own_text(block))
            for block, at in largest]
    return _told_apart([post for post in read if len(post.text) >= MIN_POST])


def _told_apart(found: Sequence[Post]) -> tuple[Post, ...]:
    """With keys that differ, counted from the oldest of one key on, which stands last."""
    met, kept = Counter[str](), list[Post]()
    for post in reversed(found):
        met[post.key] += 1
        kept.append(post if met[post.key] == 1 else replace(post, key=f"{post.key} {met[post.key]}"))
    return tuple(reversed(kept))


def _block_of(time: HtmlElement) -> HtmlElement | None:
    """The block around a time element that has siblings of its own kind."""
    current = time
    for _ in range(MAX_UP):
        parent = current.getparent()
        if parent is None or parent.tag in ("body", "html") or current.tag in _OUTSIDE:
            return None
        if current.tag in ("div", "li", "article", "section") and len(_text(current)) >= MIN_POST:
            alike = [e for e in parent if e.tag == current.tag and e.get("class") == current.get("class")]
            if len(alike) >= MIN_POSTS:
                return current
        current = parent
    return None


def _is_live(block: HtmlElement) -> bool:
    """Whether a list of dated blocks is a live blog and not one of other articles: by name, and by what is no link."""
    around: Sequence[HtmlElement] = (block, *list(block.iterancestors())[:MAX_UP])
    names = (f"{e.get('class') or ''} {e.get('id') or ''} {e.get('itemtype') or ''}" for e in around)
    is_named = any(map(_LIVE.search, names))
    linked = sum(len(link.text_content()) for link in block.iter("a"))
    return is_named and 2 * linked < len(_text(block))


def _headline(block: HtmlElement) -> str:
    return next((_text(h) for h in block.iter("h2", "h3", "h4", "h5")), "")


def _own_text(block: HtmlElement) -> str:
    """What a post says besides its time and headline."""
    parts = (e for e in block.iter("p", "li", "blockquote") if e.getparent().tag not in ("li", "blockquote"))
    return " ".join(text for e in parts if (text := _text(e)))[:MAX_POST] or _text(block)


def _text(element: HtmlElement) -> str:
    return clean_paragraph(element.text_content()[:MAX_POST])


def _iso(at: str) -> str | None:
    read = moment(at, basis="post")
    return read.iso if read is not None else None
