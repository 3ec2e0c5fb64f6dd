"""A page that stands in an article's place: a challenge, a consent wall, a paywall's stub, a "not found" (pure).

Such a page answers with status 200 and would be a version that never was. It is told by what it says of itself, in
words and in markup, and only where it holds little text: real articles speak of cookies and subscriptions too, and
many carry the markup of a service that would challenge someone else. What fits nothing here is taken for an article.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from lxml.html import HtmlElement

from archive.model import Block, BlockKind, Candidate
from pipeline.extraction import blocked_phrases as phrases
from pipeline.extraction.structured import values

# Words of extracted text, up to which a page may be one of the kind.
CHALLENGE_WORDS = 120
BARE_WORDS = 40  # for markup alone: short notes have comment forms with captchas
MISSING_WORDS = 400  # it may list what else there is to read
CONSENT_WORDS = 500
STUB_WORDS = 200  # a lead and a few sentences
CONSENT_SHARE = 0.6  # of the words that stand in paragraphs about consent
MAX_LEAD = 1_000  # characters
MAX_WALLS, MAX_WALL = 20, 2_000  # elements, and characters of each
_OUTSIDE = frozenset({"header", "nav", "footer", "aside"})  # where subscriptions are advertised on every page


def _any_of(patterns: Iterable[str]) -> str:
    return "(?:" + "|".join(patterns) + ")"


_CHALLENGE = re.compile(rf"\W*{_any_of(phrases.CHALLENGE)}(?:\W*$|\s*[|•·–—:!.…-])", re.IGNORECASE)
_MISSING = re.compile(r"\W*" + _any_of(phrases.MISSING), re.IGNORECASE)
_CONSENT = re.compile(r"\W*" + _any_of(phrases.CONSENT), re.IGNORECASE)
_CONSENT_WORD = re.compile(rf"\b{_any_of(phrases.CONSENT_WORDS)}\b", re.IGNORECASE)
_PAYWALL = re.compile(rf"(?<!\w){_any_of(phrases.PAYWALL)}", re.IGNORECASE)
_PAYWALL_NAME = re.compile(_any_of(phrases.PAYWALL_NAMES), re.IGNORECASE)
_MARKUP = re.compile("|".join(map(re.escape, phrases.CHALLENGE_MARKUP)), re.IGNORECASE)


def told(
    html: str, found: tuple[Candidate, ...], paragraphs: Sequence[str], walls: Sequence[str]
) -> tuple[BlockKind, str] | None:
    """What kind of page stands in an article's place, and what tells it; None for an article's own page.

    `walls` are the texts of its paywall_texts.
    """
    return next(_readings(html, found, paragraphs, walls), None)


def block(
    found: tuple[Candidate, ...], kind: BlockKind, reason: str, *, payload_digest: str, url: str, charset: str | None,
    extractor: str,
) -> Block:
    """The block, with what the page's own preview says of the article; one that is no article's page says nothing."""
    is_preview = kind in ("paywall", "refused", "consent") and is_articles(found)

    def first(field: str) -> str | None:
        return next((c.value for c in values(found, field) if c.basis not in ("h1", "title element")), None) \
            if is_preview else None

    return Block(
        payload_digest=payload_digest, url=url, charset=charset, extractor=extractor, kind=kind, reason=reason,
        title=first("title"), lead=(first("description") or "")[:MAX_LEAD] or None, byline=first("author"),
        published=first("published"),
    )


def is_articles(found: tuple[Candidate, ...]) -> bool:
    """Whether a page says in its markup that it is an article's."""
    types = {c.value.lower() for c in values(found, "type")}
    return "article" in types or any(c.basis == "json-ld headline" for c in values(found, "title"))


def is_short(paragraphs: Sequence[str]) -> bool:
    """Whether a text is so short that it may be a paywall's stub."""
    return sum(len(paragraph.split()) for paragraph in paragraphs) <= STUB_WORDS


def paywall_texts(tree: HtmlElement) -> tuple[str, ...]:
    """The texts of elements that are named after a paywall, outside of what stands on every page."""
    walls = (
        element for element in tree.iter("div", "section", "p")
        if _PAYWALL_NAME.search(f"{element.get('class') or ''} {element.get('id') or ''}")
        and not any(parent.tag in _OUTSIDE for parent in element.iterancestors())
    )
    return tuple(" ".join(wall.text_content().split())[:MAX_WALL] for wall in islice(walls, MAX_WALLS))


def _readings(
    html: str, found: tuple[Candidate, ...], paragraphs: Sequence[str], walls: Sequence[str]
) -> Iterator[tuple[BlockKind, str]]:
    words = sum(len(paragraph.split()) for paragraph in paragraphs)
    titles = list(dict.fromkeys(c.value for c in values(found, "title") if not c.basis.startswith("json-ld")))
    if not is_articles(found):
        if words <= CHALLENGE_WORDS and (title := _begins(_CHALLENGE, titles)):
            yield "challenge", title
        if words <= BARE_WORDS and (mark := _MARKUP.search(html)):
            yield "challenge", f"it holds {mark[0].lower()} and next to no text"
        if words <= MISSING_WORDS and (title := _begins(_MISSING, titles)):
            yield "missing", title
        if words <= CONSENT_WORDS and (title := _begins(_CONSENT, titles)):
            yield "consent", title
    if 0 < words <= CONSENT_WORDS and _share_of_consent(paragraphs, words) >= CONSENT_SHARE:
        yield "consent", "its text is about consent"
    if words <= STUB_WORDS and (reason := _paywall(found, paragraphs, walls)):
        yield "paywall", reason


def _begins(pattern: re.Pattern[str], titles: Sequence[str]) -> str | None:
    return next((f"it is titled “{title[:80]}”" for title in titles if pattern.match(title)), None)


def _share_of_consent(paragraphs: Sequence[str], words: int) -> float:
    about = (p for p in paragraphs if len({m.lower() for m in _CONSENT_WORD.findall(p)}) >= 2)
    return sum(len(paragraph.split()) for paragraph in about) / words


def _paywall(found: tuple[Candidate, ...], paragraphs: Sequence[str], walls: Sequence[str]) -> str | None:
    if any(c.value == "false" for c in values(found, "free")):
        return "its markup says that it is not free, and it holds a stub"
    said = next((m for text in (*paragraphs[-2:], *walls) if (m := _PAYWALL.search(text[-MAX_WALL:]))), None)
    return f"it ends with “{said[0]}”" if said else None
