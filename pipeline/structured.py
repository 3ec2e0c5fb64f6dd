"""What a page says of itself in schema.org JSON-LD, OpenGraph, meta and time elements -> candidates (pure)."""

import html
import json
import re
from collections.abc import Iterator
from typing import Any, TypeGuard

from lxml.html import HtmlElement

from archive.model import Candidate
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
MAX_CANDIDATES = 500
_META = {
    "og:title": ("title", "opengraph"), "twitter:title": ("title", "meta twitter:title"),
    "author": ("author", "meta author"), "article:author": ("author", "opengraph article:author"),
    "byl": ("author", "meta byl"), "dc.creator": ("author", "meta dc.creator"),
    "article:published_time": ("published", "opengraph"), "og:published_time": ("published", "opengraph"),
    "datepublished": ("published", "meta datePublished"), "dc.date.issued": ("published", "meta dc.date.issued"),
    "pubdate": ("published", "meta pubdate"), "parsely-pub-date": ("published", "meta parsely-pub-date"),
    "article:modified_time": ("modified", "opengraph"), "og:updated_time": ("modified", "opengraph"),
    "lastmod": ("modified", "meta lastmod"), "datemodified": ("modified", "meta dateModified"),
    "og:site_name": ("site_name", "opengraph"), "application-name": ("site_name", "meta application-name"),
    "article:section": ("section", "opengraph"), "description": ("description", "meta description"),
    "og:description": ("description", "opengraph"), "og:type": ("type", "opengraph"),
    "article:content_tier": ("free", "meta article:content_tier"),
}
_NOT_FREE = frozenset({"false", "locked", "metered", "paid", "premium", "subscriber"})


def candidates(tree: HtmlElement) -> tuple[Candidate, ...]:
    """Every reading of every field that the page's own markup offers, the most trusted kinds first."""
    found = [*_from_json_ld(tree), *_from_meta(tree), *_from_body(tree)]
    unique = dict.fromkeys(c for c in found if c.value)
    return tuple(unique)[:MAX_CANDIDATES]


def values(found: tuple[Candidate, ...], field: str) -> list[Candidate]:
    """The candidates of one field, in order."""
    return [candidate for candidate in found if candidate.field == field]


def canonical(tree: HtmlElement) -> str | None:
    """The address in rel=canonical, as written."""
    links = tree.xpath("//link[translate(@rel, 'CANOIL', 'canoil') = 'canonical']/@href")
    return str(links[0]).strip() or None if links else None


def _from_json_ld(tree: HtmlElement) -> Iterator[Candidate]:
    nodes = [node for block in _json_ld_blocks(tree) for node in _nodes(block)][:MAX_NODES]
    by_id = {_id(node): node for node in nodes if _id(node) and len(node) > 1}
    articles = [node for node in nodes if _types(node) & ARTICLE_TYPES]
    articles.sort(key=lambda node: bool(_types(node) <= _LESSER_TYPES))
    for node in articles[:3]:
        yield from _article_fields(node, by_id)


def _article_fields(node: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> Iterator[Candidate]:
    for key, field in (("headline", "title"), ("name", "title"), ("datePublished", "published"),
                       ("dateModified", "modified"), ("articleSection", "section"), ("inLanguage", "language"),
                       ("description", "description")):
        for value in _texts(node.get(key)):
            yield Candidate(field=field, value=value, basis=f"json-ld {key}")
    if "isAccessibleForFree" in node:
        yield Candidate(field="free", value=_flag(node["isAccessibleForFree"]), basis="json-ld isAccessibleForFree")
    for key, field in (("author", "author"), ("creator", "author"), ("publisher", "site_name")):
        for entity in _entities(node.get(key), by_id):
            for value in _texts(entity.get("name")):
                kind = "organisation" if any("Organization" in t for t in _types(entity)) else "person"
                yield Candidate(field=field, value=value, basis=f"json-ld {key} ({kind})")


def _json_ld_blocks(tree: HtmlElement) -> Iterator[Any]:
    for script in tree.xpath("//script[contains(@type, 'ld+json')]"):
        raw = (script.text_content() or "").strip().removeprefix("<!--").removesuffix("-->").strip().rstrip(";")
        spaced = re.sub(r"[\x00-\x1f]+", " ", raw)
        for attempt in (raw, spaced, re.sub(r",\s*([}\]])", r"\1", spaced)):
            try:
                yield json.loads(attempt)
                break
            except (ValueError, RecursionError):
                continue


def _nodes(block: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Every object of a block, outer ones first, at most ten levels deep."""
    if depth > 10:
        return
    if isinstance(block, dict):
        yield block
        children: Any = block.values()
    elif isinstance(block, list):
        children = block[:MAX_NODES]
    else:
        return
    for child in children:
        if isinstance(child, dict | list):
            yield from _nodes(child, depth + 1)


def _types(node: dict[str, Any]) -> set[str]:
    kinds = node.get("@type")
    return {kind.rsplit("/", 1)[-1] for kind in (kinds if isinstance(kinds, list) else [kinds])
            if isinstance(kind, str)}


def _id(node: dict[str, Any]) -> str:
    name = node.get("@id")
    return name if isinstance(name, str) else ""


def _entities(value: Any, by_id: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for entity in value[:MAX_LIST] if isinstance(value, list) else [value]:
        if isinstance(entity, str) and entity.strip():
            yield {"name": entity}
        elif _is_object(entity):
            yield entity if "name" in entity else by_id.get(_id(entity), entity)


def _flag(value: Any) -> str:
    """Whether a page says that it is free to read: "true" or "false", however it is written."""
    text = str(value).rpartition("/")[2].strip().lower()
    return "false" if text in _NOT_FREE else "true"


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def _texts(value: Any) -> Iterator[str]:
    for text in value[:MAX_LIST] if isinstance(value, list) else [value]:
        if isinstance(text, str) and (cleaned := clean_paragraph(html.unescape(html.unescape(text)))[:MAX_VALUE]):
            yield cleaned


def _from_meta(tree: HtmlElement) -> Iterator[Candidate]:
    for meta in tree.iter("meta"):
        name = (meta.get("property") or meta.get("name") or meta.get("itemprop") or "").strip().lower()
        if name in _META:
            field, basis = _META[name]
            value = clean_paragraph(html.unescape(meta.get("content") or ""))[:MAX_VALUE]
            value = _flag(value) if field == "free" and value else value
            yield Candidate(field=field, value=value, basis=basis)


def _from_body(tree: HtmlElement) -> Iterator[Candidate]:
    for heading in tree.xpath("//h1")[:3]:
        yield Candidate(field="title", value=clean_paragraph(heading.text_content())[:MAX_VALUE], basis="h1")
    for title in tree.xpath("//head/title")[:1]:
        yield Candidate(field="title", value=clean_paragraph(title.text_content())[:MAX_VALUE], basis="title element")
    for time in tree.xpath("//time[@datetime]/@datetime")[:5]:
        yield Candidate(field="published", value=clean_paragraph(str(time))[:MAX_VALUE], basis="time element")
