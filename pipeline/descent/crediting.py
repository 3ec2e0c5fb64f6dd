"""A witness -> whom it credits, whose page it is, and whether a line of one names the other (pure)."""

import re
from collections.abc import Iterable
from functools import lru_cache

from archive.digests import normalised, plain
from archive.model import Witness
from archive.urls import registered_domain
from pipeline.extraction.agencies import agencies, own_agency
from pipeline.extraction.credit import dateline_agency, is_contribution

_ADDRESS = re.compile(r"[\w-]\.[a-z]{2,}")
# Lines that thank the house's own people, or name whose a picture is: an exemplar has them as well.
_STAFF = re.compile(
    r"(?:report(?:ing|ed)|writ(?:ing|ten)|edit(?:ing|ed)|compiled|photograph(?:s|y)?|photos?|additional \w+) by\b"
    r"|\b(?:photo|image|picture|video|graphic|foto|bild|imagen|immagine)[a-z]*\b"
    r"|\bmaps?\b|\b(?:фото|снимок|снимк|світлин|видео|відео)\w*", re.IGNORECASE)
# Words with a capital that may stand beside a name and are no part of it: what a line begins with, and what follows.
_BESIDE = frozenset(
    "by from via source credit courtesy read the in on at with and copyright story article report text von quelle aus"
    " mit der die das par source avec por fuente con de da di fonte od źródło за из по в на у источник джерело"
    " staff reporters reporter writers correspondent january february march april may june july august september"
    " october november december monday tuesday wednesday thursday friday saturday sunday".split())
_BEFORE = re.compile(r"([^\W_][\w’'-]*)(?: |/| & )$")
_AFTER = re.compile(r"(?: |/| & )(?:(?:of|de|del|della|der|des|di|du|d[’']) )?([^\W_][\w’'-]*)")


def stated(witness: Witness) -> Iterable[tuple[str, str]]:
    """Where a text says whose it is: credit lines, the agency of its dateline, its byline."""
    yield from (("credit line", line) for line in witness.credits)
    if agency := dateline_agency(witness.text):
        yield "dateline", agency
    if witness.byline:
        yield "byline", witness.byline


def credited_agencies(witness: Witness) -> tuple[str, ...]:
    """The agencies that a witness credits in its byline, dateline, last lines or credit lines."""
    return _agencies_in(witness.text, witness.byline or "", witness.credits)


@lru_cache(maxsize=512)
def _agencies_in(text: str, byline: str, credits: tuple[str, ...]) -> tuple[str, ...]:
    return agencies((byline,), [line for line in text.split("\n") if line], credits)


def names_somebody(line: str) -> bool:
    """Whether a credit line names another house in words: not staff, a picture's maker, or an address."""
    return not (_ADDRESS.search(line) or is_contribution(line) or _STAFF.search(line))


def names(line: str, witness: Witness) -> bool:
    """Whether a line names a witness's outlet, host or address: as a whole, rt.com is not in report.com.

    Nor is The Independent in The Kyiv Independent: an outlet's name is not part of a longer one.
    """
    domain, outlet = registered_domain(witness.host), re.sub("^the ", "", _plain(witness.outlet), flags=re.IGNORECASE)
    if domain and re.search(rf"(?<![\w-]){re.escape(domain)}(?![\w-]|\.\w)", normalised(line)) is not None:
        return True
    if len(outlet) <= 3:
        return False
    text, pattern = _plain(line), rf"(?<![\w-]){re.escape(outlet)}(?![\w-]|\.\w)"
    return any(_is_whole_name(text, *match.span()) for match in re.finditer(pattern, text, re.IGNORECASE))


@lru_cache(maxsize=512)
def _plain(text: str) -> str:
    return " ".join(plain(text).split())


def _is_whole_name(text: str, start: int, end: int) -> bool:
    """Whether what stands before and after a name, in one run with it, is no capitalised word of its own."""
    has_article = text[:start].endswith(("The ", "the "))  # with which a name begins
    before, after = _BEFORE.search(text[:start]), _AFTER.match(text, end)
    return (has_article or before is None or not _is_part(before[1])) and (after is None or not _is_part(after[1]))


def _is_part(word: str) -> bool:
    return word[0].isupper() and word.casefold() not in _BESIDE


def are_one_outlet(one: Witness, other: Witness) -> bool:
    """Whether two pages are of one house: of one registered domain, or under one name."""
    return registered_domain(one.host) == registered_domain(other.host) or \
        normalised(one.outlet) == normalised(other.outlet)


def is_agency(witness: Witness, name: str) -> bool:
    """Whether a witness is an agency's own page: by its outlet's name, or its host's."""
    return agency_of(witness) == name or names(name, witness)


def agency_of(witness: Witness) -> str | None:
    """The agency whose own page a witness is."""
    return own_agency(witness.outlet, registered_domain(witness.host))
