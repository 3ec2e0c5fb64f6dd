"""A page -> the digest of all words that its reader sees, which tells payloads of one text apart (pure)."""

from lxml import etree

from archive.digests import text_digest
from crawlers.markup import characters, html_tree

METHOD = "surface/1"
_UNSEEN = ("head", "script", "style", "noscript", "template", "iframe", "object", "svg", "canvas")


def surface(payload: bytes, charset: str | None) -> str:
    """The digest of a page's words in order, whatever its markup, attributes, scripts and comments are."""
    tree = html_tree(characters(payload, charset))
    if tree is None:
        return text_digest("")
    etree.strip_elements(tree, *_UNSEEN, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    return text_digest(" ".join(text.strip() for text in tree.itertext() if text.strip()))
