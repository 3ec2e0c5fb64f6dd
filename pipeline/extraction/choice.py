"""Candidates of a page -> what is shown of it: the rule that chooses each field (pure).

    title       what the page shows as its heading, in the words of JSON-LD or OpenGraph, where those say the same;
                else JSON-LD headline, OpenGraph, h1, microdata, trafilatura, title element
    authors     persons of the first kind of reading that names any, with the organisations beside them (authors.py)
    agencies    what metadata, dateline, last lines and credit lines name (agencies.py)
    published,  JSON-LD, OpenGraph, meta, time element, microdata, a date that the page shows in words; else htmldate's
    modified    day. Of the readings that can be the same time as the first, the first with a zone, else with an hour;
                agreement is the share of the kinds of readings that can be the same time
    language    of the text, never the lang attribute
    is_free     false where the markup says so anywhere; none where it says nothing
    section,    the first reading
    site_name
"""

import re
from dataclasses import replace

from archive.model import Candidate, Moment
from pipeline.extraction.dates import moment, overlap
from pipeline.extraction.places import key_of
from pipeline.extraction.structured import first, values

_SEPARATOR = r"\s*(?:(?:[|•·»–—-]|::)\s|[|ㅣ｜│]\s?)"


def title_of(found: tuple[Candidate, ...]) -> str | None:
    """What the page shows as its heading, where its markup says the same; else JSON-LD, OpenGraph, heading, title."""
    site_name = first(found, "site_name")
    by_basis = {c.basis: _without_site_name(c.value, None, site_name) for c in reversed(values(found, "title"))}
    heading = by_basis.get("h1")
    for basis in ("json-ld headline", "opengraph", "meta twitter:title"):
        if heading and key_of(by_basis.get(basis, "")) == key_of(heading):
            return by_basis[basis]
    for basis in ("json-ld headline", "opengraph", "h1", "microdata headline", "trafilatura", "title element"):
        if by_basis.get(basis):
            return _without_site_name(by_basis[basis], heading, site_name)
    return first(found, "title")


def _without_site_name(title: str, heading: str | None, site_name: str | None) -> str:
    """A title that is the page's heading, a separator and the site's name is the heading."""
    if heading and title.startswith(heading) and re.match(_SEPARATOR, title[len(heading):]):
        return heading
    if site_name and title.endswith(site_name):
        match = re.fullmatch(rf"(.*\S){_SEPARATOR}+", title[:-len(site_name)])
        return match.group(1) if match else title
    return title


def moment_of(found: tuple[Candidate, ...], field: str) -> Moment | None:
    """The first reading, said more exactly where another that can be the same time has a zone or an hour.

    A reading that cannot be the same time is another article's, of a box beside the text, or a contradiction: it
    lowers the agreement. Time elements after the first are not counted, which are those of other articles mostly.
    """
    read = [m for c in values(found, field) if (m := moment(c.value, basis=c.basis)) is not None]
    if not read:
        return None
    agreeing = [m for m in read if overlap(m, read[0])]
    zoned, timed = (m for m in agreeing if m.offset is not None), (m for m in agreeing if "T" in m.iso)
    best = next(zoned, None) or next(timed, read[0])
    by_kind = {m.basis: m for m in reversed(read)}
    return replace(best, agreement=round(sum(overlap(m, best) for m in by_kind.values()) / len(by_kind), 2))


def is_free(found: tuple[Candidate, ...]) -> bool | None:
    """Whether the page says that it is free to read; None where it says nothing of it."""
    said = {c.value for c in values(found, "free")}
    return "false" not in said if said else None
