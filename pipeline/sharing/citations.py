"""Versions -> citations: one plain line, CSL-JSON, RIS, BibTeX, Robust Links, and the schema.org item of a page (pure).

Each format takes any number of citations. Whatever an archived headline holds, it stays in its field: line breaks and
signs that turn text are taken out of every value, and each format's own signs are escaped.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from types import MappingProxyType
from urllib.parse import quote

from archive.frozen import Frozen
from archive.store.cited import Cited
from archive.store.pages import FIRST_SEEN
from archive.times import day_in_words, moment_in_words, to_iso

ARCHIVE = "Stemma"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Languages whose names begin with the family's: which word it is cannot be told, so the name is left as it is written.
_FAMILY_FIRST = frozenset({"zh", "ja", "ko", "hu", "vi"})
_PARTICLES = frozenset("da de del della der den di do dos du la le ten ter van von zu".split())
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
# Signs that turn text, or that have no width: nothing that a citation may carry elsewhere.
_UNSEEN = dict.fromkeys((0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
# BibTeX counts braces also behind a backslash, so that only their names are safe.
_TEX = MappingProxyType({ord(sign): written for sign, written in {
    "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "~": r"{\textasciitilde}",
    "^": r"{\textasciicircum}", **{sign: "\\" + sign for sign in "%&$#_"}}.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A name as the page gives it, and whether it is an organisation's."""

    name: str
    is_organisation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What is said of a version where it is cited.

    published is as the page states it, ISO 8601: a day is ten characters, a moment has its own offset or none; None
    where it states nothing (first_seen is then when the article was first seen). archived_at is the version's first
    sighting. run: of a family, as of which it is cited; title, url and digest are then those of the family, without
    authors. permalink is None where it is not known at what address the archive is served. digest is "sha256:" and
    hexadecimal, or the payload digest. Texts are clean: no line breaks, nothing that turns.
    """

    public_id: str
    title: str
    authors: tuple[Author, ...]
    outlet: str
    published: str | None
    first_seen: str
    url: str
    permalink: str | None
    archived_at: str
    digest: str
    language: str | None
    run: int | None = None

    @property
    def place(self) -> str:
        """Where the archived version is: its address, else its public id."""
        return self.permalink or self.public_id


def citation(cited: Cited, *, site: str | None) -> Citation:
    """The citation of a version; `site` is the address at which the archive is served, with or without a last slash."""
    card, organisations = cited.card, set(cited.organisations)
    names = [*cited.authors, *(name for name in cited.organisations if name not in cited.authors)]
    permalink = f"{site.rstrip('/')}/article/{card.public_id}" if site else None
    digest = f"sha256:{cited.payload_sha256}" if cited.payload_sha256 else cited.payload_digest
    return Citation(
        public_id=card.public_id, title=_clean(card.title) or "Untitled", outlet=_clean(card.outlet),
        authors=tuple(Author(name=_clean(name), is_organisation=name in organisations)
                      for name in names if _clean(name)),
        published=None if card.dating.basis == FIRST_SEEN else card.dating.iso, first_seen=card.first_seen,
        url=_address(card.url), permalink=_address(permalink) if permalink else None, archived_at=cited.first_seen,
        digest=digest, language=card.language,
    )


def family_citation(found: Frozen, *, title: str | None, site: str | None) -> Citation:
    """The citation of a family as of a run; title is that of the text that it is named after, where that is shown."""
    count, named = len(found.statement["members"]), f" of «{_clean(title)}»" if title and _clean(title) else ""
    permalink = f"{site.rstrip('/')}/family/{found.name}" if site else None
    first = next((one for one in found.statement["members"] if one["public_id"] == found.family), None)
    at = to_iso(found.at)
    return Citation(
        public_id=found.name, title=f"Family{named}: {count} texts that share text, as of run {found.run}", authors=(),
        outlet=ARCHIVE, published=at, first_seen=at, url=_address(permalink or (first["url"] if first else "")),
        permalink=_address(permalink) if permalink else None, archived_at=at, digest=found.digest, language=None,
        run=found.run)


def plain(cited: Citation) -> str:
    """One line that names the text, its date, the capture and its digest."""
    if cited.run is not None:
        return (f"{cited.title}. {ARCHIVE}, {moment_in_words(cited.archived_at)}. {cited.place}, statement "
                f"{cited.digest.replace(':', ' ')}.")
    stop = "" if cited.title[-1] in ".?!…" else "."
    dated = f"first seen {day_in_words(cited.first_seen)}" if cited.published is None else day_in_words(cited.published)
    digest = cited.digest.replace("sha256:", "sha256 ") if cited.digest.startswith("sha256:") else (
        f"digest {cited.digest}")
    return (f"{cited.title}{stop} {cited.outlet}, {dated}. {cited.url} Archived {moment_in_words(cited.archived_at)} "
            f"by {ARCHIVE}, {digest}; public id {cited.public_id}.")


def csl_json(citations: Iterable[Citation]) -> str:
    """A CSL-JSON array (CSL 1.0.2), as Zotero, pandoc and citeproc take it."""
    return json.dumps([_csl(cited) for cited in citations], ensure_ascii=False, indent=2) + "\n"


def ris(citations: Iterable[Citation]) -> str:
    """RIS records: a tag and a value a line, ended by CR and LF; in UTF-8."""
    return "".join("".join(f"{tag}  - {value}\r\n" for tag, value in _ris(cited)) + "\r\n" for cited in citations)


def bibtex(citations: Iterable[Citation]) -> str:
    """BibTeX entries in UTF-8, for BibTeX (year and month) and biblatex (date) alike."""
    return "\n".join(_bibtex(cited) for cited in citations)


def robust_links(citations: Iterable[Citation]) -> str:
    """HTML links that hold the original's address, the version's and its time (robustlinks.mementoweb.org/spec)."""
    return "".join(_robust_link(cited) + "\n" for cited in citations)


def news_article(cited: Citation, *, based_on: Sequence[Citation] = ()) -> dict[str, object]:
    """A version as an item of schema.org, for the page that shows it; `based_on` are what it was made from."""
    item: dict[str, object] = {
        "@context": "https://schema.org", "@type": "NewsArticle", "headline": cited.title, "url": cited.url,
        "identifier": cited.public_id, "publisher": {"@type": "Organization", "name": cited.outlet},
        "author": [{"@type": "Organization" if one.is_organisation else "Person", "name": one.name}
                   for one in cited.authors],
        "datePublished": cited.published, "inLanguage": cited.language, "archivedAt": cited.permalink,
        "isBasedOn": [{"@type": "NewsArticle", "headline": one.title, "url": one.url, "archivedAt": one.permalink}
                      for one in based_on],
    }
    return {name: value for name, value in item.items() if value not in (None, [])}


def _clean(text: str) -> str:
    """The text on one line: split() also breaks at the separators that Unicode has beside line feeds."""
    seen = "".join(" " if ord(sign) < 0x20 or 0x7F <= ord(sign) < 0xA0 else sign for sign in text.translate(_UNSEEN))
    return " ".join(seen.split()).encode("utf-8", "replace").decode("utf-8")


def _address(url: str) -> str:
    """The address with what no address holds as it is (blanks, quotes, brackets, braces, controls) in percent codes."""
    return re.sub(r"[\x00-\x20\x7f-\xa0\"<>\\^`{|}\u2028\u2029\ud800-\udfff]",
                  lambda found: quote(found[0], safe="", errors="replace"), url.translate(_UNSEEN))


def _date_parts(iso: str) -> list[int]:
    """Year, month and day, as far as they are stated, in the page's own time zone."""
    found = re.match(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", iso)
    return [int(part) for part in found.groups() if part] if found else []


def _csl(cited: Citation) -> dict[str, object]:
    item: dict[str, object] = {
        "id": cited.public_id, "type": "article-newspaper" if cited.run is None else "dataset", "title": cited.title,
        "author": [_csl_name(one, cited.language) for one in cited.authors], "container-title": cited.outlet,
        "issued": {"date-parts": [_date_parts(cited.published)]} if cited.published else None,
        "accessed": {"date-parts": [_date_parts(cited.archived_at)]}, "URL": cited.url, "language": cited.language,
        "archive": ARCHIVE, "archive_location": cited.place, "note": _note(cited),
        # What CSL has no variable for; `custom` is the place that its schema leaves for such.
        "custom": {"published": cited.published, "archived_at": cited.archived_at, "digest": cited.digest},
    }
    return {name: value for name, value in item.items() if value not in (None, [])}


def _csl_name(author: Author, language: str | None) -> dict[str, str]:
    family, given, suffix = _parts(author, language)
    named = {"family": family, "given": given, "suffix": suffix}
    return {name: value for name, value in named.items() if value} if given else {"literal": author.name}


def _ris(cited: Citation) -> Iterable[tuple[str, str]]:
    yield "TY", "NEWS" if cited.run is None else "DATA"
    yield "ID", cited.public_id
    yield "TI", cited.title
    for author in cited.authors:
        yield "AU", ", ".join(part for part in _parts(author, cited.language) if part)
    yield "T2", cited.outlet
    if cited.published:
        yield "PY", cited.published[:4]
        yield "DA", _ris_date(cited.published)
    if cited.language:
        yield "LA", cited.language
    yield "UR", cited.url
    yield "Y2", _ris_date(cited.archived_at)
    yield "DB", ARCHIVE
    yield "AV", cited.place
    yield "N1", _note(cited)
    yield "ER", ""


def _ris_date(iso: str) -> str:
    """YYYY/MM/DD/other, where the time of day is what is other."""
    parts = [f"{part:0{width}}" for part, width in zip(_date_parts(iso), (4, 2, 2), strict=False)]
    return "/".join([*parts, *[""] * (3 - len(parts)), iso[11:]])


def _bibtex(cited: Citation) -> str:
    fields = {  # url is a verbatim field, in which nothing is escaped; _address left no brace in it
        "title": "{" + _tex(cited.title) + "}",  # the inner braces keep its capitals
        "author": " and ".join(_tex_name(one, cited.language) for one in cited.authors),
        "howpublished": _tex(cited.outlet), "url": cited.url, "urldate": cited.archived_at[:10],
        "language": _tex(cited.language or ""), "note": _tex(_note(cited)),
    }
    parts = _date_parts(cited.published or "")
    lines = [f"  {name} = {{{value}}},\n" for name, value in fields.items() if value]
    if parts:
        lines.append(f"  year = {{{parts[0]:04}}},\n")
        lines += [f"  month = {_MONTHS[parts[1] - 1]},\n"] if len(parts) > 1 else []
        lines.append(f"  date = {{{str(cited.published)[:10]}}},\n")
    return f"@misc{{{re.sub('[^A-Za-z0-9-]', '-', cited.public_id)},\n{''.join(lines)}}}\n"


def _tex(text: str) -> str:
    return text.translate(_TEX)


def _tex_name(author: Author, language: str | None) -> str:
    """ "Family, Suffix, Given"; what cannot be told apart, or holds signs that BibTeX parts names by, in braces."""
    family, given, suffix = _parts(author, language)
    if not given or re.search(r",|\band\b", author.name, re.IGNORECASE):
        return "{" + _tex(author.name) + "}"
    return ", ".join(_tex(part) for part in (family, suffix, given) if part)


def _parts(author: Author, language: str | None) -> tuple[str, str, str]:
    """Family name, given names and suffix; the whole as family name where it is no person's, or cannot be told."""
    words = author.name.split()
    if author.is_organisation or len(words) < 2 or (language or "")[:2] in _FAMILY_FIRST:
        return author.name, "", ""
    suffix = words.pop() if len(words) > 2 and words[-1].rstrip(".").lower() in _SUFFIXES else ""
    begins = len(words) - 1
    while begins > 1 and words[begins - 1] in _PARTICLES:
        begins -= 1
    return " ".join(words[begins:]).rstrip(","), " ".join(words[:begins]), suffix


def _robust_link(cited: Citation) -> str:
    version = f' data-versionurl="{escape(cited.permalink)}"' if cited.permalink else ""
    # What is no web address is not linked to, whatever a page declared as its own.
    href = cited.url if re.match("https?://", cited.url, re.IGNORECASE) else cited.permalink or "#"
    return (f'<a href="{escape(href)}" data-originalurl="{escape(cited.url)}"{version} '
            f'data-versiondate="{escape(cited.archived_at)}">{escape(cited.title)}</a>')


def _note(cited: Citation) -> str:
    return f"Archived {cited.archived_at} at {cited.place}; {cited.digest}"


WRITERS = MappingProxyType({"csl": csl_json, "ris": ris, "bibtex": bibtex, "robust": robust_links})
