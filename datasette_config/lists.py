"""What a search found as files for programs: CSV for a spreadsheet, Atom for a feed reader."""

import csv
import io
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

from archive.store.pages import Card
from datasette_config.cells import plain
from datasette_config.searching import Listing
from datasette_config.words import plural, web_address

COLUMNS = ("url", "title", "outlet", "language", "published", "published_basis", "first_seen", "last_seen", "gone_at",
           "versions", "shares_text_with", "is_copy", "family", "public_id", "page")
_ATOM = "http://www.w3.org/2005/Atom"
_CONTROL = dict.fromkeys((*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)))

Address = Callable[[Card], str]  # where the site shows an article, in full


def as_csv(found: Listing, address: Address) -> str:
    """A row for each article; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for card in found.cards:
        writer.writerow([plain(value) for value in (
            card.url, card.title, card.outlet, card.language, card.dating.iso, card.dating.basis, card.first_seen,
            card.last_seen, card.gone_at, card.versions, card.shares, int(card.is_copy), card.family, card.public_id,
            address(card))])
    return out.getvalue()


def as_atom(found: Listing, address: Address, *, title: str, here: str) -> str:
    """A feed of what a search found, as `atom` writes it."""
    return atom(found.cards, address, title=f"{found.asked.q}: {title}" if found.asked.q else title, here=here)


def atom(
    cards: Sequence[Card], address: Address, *, title: str, here: str, is_of_versions: bool = False
) -> str:
    """A feed of articles, `here` its address or its name; an entry's id stays, a new version moves its time.

    Of versions, each is an entry with a time of its own. RFC 4287 wants an author of a feed whose entries do not all
    have one, as of one without entries.
    """
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(feed, "title", title)
    _add(feed, "id", here)
    if here.startswith("http"):
        _add(feed, "link", rel="self", type="application/atom+xml", href=here)
    _add(feed, "updated", max((card.since for card in cards), default="1970-01-01T00:00:00Z"))
    _author(feed, title)
    for card in cards:
        entry = ElementTree.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, "title", card.title or "Untitled")
        _add(entry, "id", address(card))
        _add(entry, "link", rel="alternate", type="text/html", href=address(card))
        if web_address(card.url):
            _add(entry, "link", rel="via", href=card.url)
        _add(entry, "published", card.since if is_of_versions else card.first_seen)
        _add(entry, "updated", card.since)
        _author(entry, card.outlet)
        _add(entry, "summary", f"version {card.ordinal}, " * is_of_versions + _summary(card))
    ElementTree.register_namespace("", _ATOM)
    return ElementTree.tostring(feed, encoding="unicode", xml_declaration=True)


def _summary(card: Card) -> str:
    parts = [card.outlet, f"published {card.dating.iso}" if card.dating.basis != "first seen" else ""]
    parts += [f"shares text with {plural(card.shares, 'other')}" if card.shares else "",
              f"{card.versions} versions" if card.versions > 1 else "",
              f"gone by {card.gone_at}" if card.gone_at else ""]
    return ", ".join(filter(None, parts))


def _author(parent: ElementTree.Element, name: str) -> None:
    _add(ElementTree.SubElement(parent, f"{{{_ATOM}}}author"), "name", name)


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> None:
    plain = {key: value.translate(_CONTROL) for key, value in attributes.items()}
    ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", plain).text = text.translate(_CONTROL) or None
