"""A page's schema.org JSON-LD, read tolerantly -> the node of its article, with what that says (pure).

Pages hold nodes of many things: breadcrumbs, videos, the articles of a box beside the text. The article's own node is
the one that names the page's address and headline; one that names another address is another article's.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeGuard

from lxml.html import HtmlElement

from archive.model import Candidate
from archive.urls import canonical_url
from pipeline.extraction.places import key_of
from pipeline.text import clean_paragraph

ARTICLE_TYPES = frozenset({
    "Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "BlogPosting",
    "BackgroundNewsArticle", "LiveBlogPosting", "ReviewNewsArticle", "Report", "SocialMediaPosting", "TechArticle",
    "AdvertiserContentArticle", "WebPage", "VideoObject",
})
_LESSER_TYPES = frozenset({"WebPage", "VideoObject"})
MAX_NODES = 2_000
MAX_VALUE = 1_000
MAX_LIST = 50  # names in a list of authors, say: a page with more of them has a database in its markup
MAX_POSTS = 500
MAX_BODY = 400_000  # characters of an articleBody
MAX_SCRIPT = 2_000_000  # characters of a script: larger ones are data, not a description of the page
# What holds nodes of other things: a live blog's posts, comments, lists of other articles.
_OF_OTHERS = frozenset({"liveBlogUpdate", "comment", "review", "itemListElement", "citation", "isRelatedTo"})
_NOT_FREE = frozenset({"false", "locked", "metered", "paid", "premium", "subscriber"})
_FIELDS = (("headline", "title"), ("alternativeHeadline", "subtitle"), ("name", "title"),
           ("datePublished", "published"),
           ("dateModified", "modified"), ("articleSection", "section"), ("inLanguage", "language"),
           ("description", "description"))
_PEOPLE = (("author", "author"), ("creator", "author"), ("contributor", "contributor"), ("publisher", "site_name"),
           ("sourceOrganization", "agency"), ("provider", "agency"))

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What the JSON-LD says of the article: its fields, the text it gives, and a live blog's posts."""

    candidates: Sequence[Candidate] = ()
    body: str = ""
    posts: Sequence[tuple[str, str, str]] = field(default_factory=tuple)  # time, headline, text


def told(tree: HtmlElement, *, address: str | None = None, titles: Sequence[str] = ()) -> Told:
    """What a page's JSON-LD says of its article; `address` is the page's own, `titles` what else it calls itself."""
    nodes = list(islice((node for block in _blocks(tree) for node in _nodes(block)), MAX_NODES))
    by_id = {_id(node): node for node in nodes if _id(node) and len(node) > 1}
    articles = [node for node in nodes if _types(node) & ARTICLE_TYPES]
    keys = {key_of(title) for title in titles}
    own = canonical_url(address) if address else None
    if own is not None and any(own in _pages(node) and not _types(node) <= _LESSER_TYPES for node in articles):
        articles = [node for node in articles if own in (pages := _pages(node)) or not pages]
    ranked = sorted(articles, key=lambda node: -_rank(node, own, keys))[:3]
    found, named = list[Candidate](), False
    for node in ranked:
        fields = list(_fields(node, by_id))
        # The authors of one node: those of a second are those of a video or of another article.
        found += [c for c in fields if c.field != "author" or not named]
        named = named or any(c.field == "author" for c in fields)
    best = ranked[:1]
    return Told(
        candidates=tuple(found), body=next((_body(node) for node in ranked if node.get("articleBody")), ""),
        posts=tuple(post for node in best for post in _posts(node)),
    )


def flag(value: Any) -> str:
    """Whether a page says that it is free to read: "true" or "false", however it is written."""
    text = str(value).rpartition("/")[2].strip().lower()
    return "false" if text in _NOT_FREE else "true"


def _rank(node: Node, own: str | None, titles: set[str]) -> int:
    """How sure it is that a node is the page's article: by type, address and headline."""
    rank = 0 if _types(node) <= _LESSER_TYPES else 4
    names = _pages(node, "@id")
    if own is not None and names:
        rank += 3 if own in names else -3
    headline = next(_texts(node.get("headline")), None) or next(_texts(node.get("name")), "")
    if headline and key_of(headline) in titles:
        rank += 2
    return rank


def _pages(node: Node, *more: str) -> list[str]:
    """The pages that a node says that it stands on, as canonical addresses."""
    values = (node.get(name) for name in ("url", "mainEntityOfPage", *more))
    texts = (value.get("@id") if isinstance(value, dict) else value for value in values)
    return [canonical_url(text[:2_000]) for text in texts if isinstance(text, str) and text.startswith("http")]


def _fields(node: Node, by_id: dict[str, Node]) -> Iterator[Candidate]:
    for key, name in _FIELDS:
        for value in _texts(node.get(key)):
            yield Candidate(field=name, value=value, basis=f"json-ld {key}")
    if "isAccessibleForFree" in node:
        yield Candidate(field="free", value=flag(node["isAccessibleForFree"]), basis="json-ld isAccessibleForFree")
    for key, name in _PEOPLE:
        for entity in _entities(node.get(key), by_id):
            for value in _texts(entity.get("name")):
                kind = "organisation" if any("Organization" in t for t in _types(entity)) else "person"
                yield Candidate(field=name, value=value, basis=f"json-ld {key} ({kind})")


def _body(node: Node) -> str:
    body = node.get("articleBody")
    return body[:MAX_BODY] if isinstance(body, str) else ""


def _posts(node: Node) -> Iterator[tuple[str, str, str]]:
    updates = node.get("liveBlogUpdate")
    for update in (updates if isinstance(updates, list) else [updates])[:MAX_POSTS]:
        if is_object(update):
            text = re.sub(r"<[^>]{0,500}>", " ", html.unescape(_body(update)[:20_000]))
            at = next(_texts(update.get("datePublished")), "")
            yield at, next(_texts(update.get("headline")), ""), clean_paragraph(text)


def _blocks(tree: HtmlElement) -> Iterator[Any]:
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        raw = (script.text_content() or "").strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
        if len(raw) > MAX_SCRIPT:
            continue
        spaced = re.sub(r"[\x00-\x1f]+", " ", raw)
        for attempt in (raw, spaced, re.sub(r",\s*([}\]])", r"\1", spaced)):
            try:
                yield json.loads(attempt)
                break
            except (ValueError, RecursionError):
                continue


def _nodes(block: Any, depth: int = 0) -> Iterator[Node]:
    """Every object of a block, outer ones first, at most ten levels deep."""
    if depth > 10:
        return
    if isinstance(block, dict):
        yield block
        children: Any = [value for key, value in block.items() if key not in _OF_OTHERS]
    elif isinstance(block, list):
        children = block[:MAX_NODES]
    else:
        return
    for child in children:
        if isinstance(child, dict | list):
            yield from _nodes(child, depth + 1)


def _types(node: Node) -> set[str]:
    kinds = node.get("@type")
    return {kind.rsplit("/", 1)[-1] for kind in (kinds if isinstance(kinds, list) else [kinds])
            if isinstance(kind, str)}


def _id(node: Node) -> str:
    name = node.get("@id")
    return name if isinstance(name, str) else ""


def _entities(value: Any, by_id: dict[str, Node]) -> Iterator[Node]:
    for entity in value[:MAX_LIST] if isinstance(value, list) else [value]:
        if isinstance(entity, str) and entity.strip():
            yield {"name": entity}
        elif is_object(entity):
            yield entity if "name" in entity else by_id.get(_id(entity), entity)


def is_object(value: Any) -> TypeGuard[Node]:
    """Whether a value of JSON is an object."""
    return isinstance(value, dict)


def _texts(value: Any) -> Iterator[str]:
    for text in value[:MAX_LIST] if isinstance(value, list) else [value]:
        if isinstance(text, str):
            plain = html.unescape(html.unescape(text[:20 * MAX_VALUE]))
            if cleaned := clean_paragraph(plain)[:MAX_VALUE]:
                yield cleaned
