"""This project's extractor in the shape that the extraction benchmark's score.py calls, and trafilatura's beside it."""

import trafilatura

from archive.model import Block
from pipeline.extract import NoText
from pipeline.extract import extract as read


def extract(html: bytes, url: str | None) -> dict[str, object]:
    """Ours: text, title, authors, published, modified, language, canonical_url; {} for a page that holds no text."""
    try:
        document = read(html, url=url or "https://page.example/", charset="utf-8", payload_digest="")
    except NoText:
        return {}
    if isinstance(document, Block):
        return {}
    return {
        "text": document.text, "title": document.title, "authors": list(document.authors),
        "published": document.published.iso if document.published else None,
        "modified": document.modified.iso if document.modified else None,
        "language": document.language, "canonical_url": document.canonical,
    }


def peer(html: bytes, url: str | None) -> dict[str, object]:
    """trafilatura by itself, as most people call it."""
    page = trafilatura.bare_extraction(html, url=url, with_metadata=True, include_comments=False)
    if page is None:
        return {}
    return {
        "text": page.text, "title": page.title, "authors": [a for a in (page.author or "").split("; ") if a],
        "published": page.date, "language": page.language,
    }
