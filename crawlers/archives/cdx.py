"""Answers of a Wayback CDX server -> mementos, and the addresses to ask it for them (pure).

A CDX server lists what a web archive holds, one row for each capture. Its answers come as JSON (a header row, rows,
then an empty row and a resume key) or as text (rows, an empty line, the key); both are read.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from archive.model import Memento, Slice
from archive.times import from_mail, to_digits
from archive.urls import host_of, is_fetchable, is_front_page, without_default_port
from crawlers.archives.slices import last_second
from crawlers.errors import Unreadable

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
LIMIT = 1_000  # rows of one answer; what is left comes by the resume key
SHORTEST = timedelta(hours=1)  # slices are not cut below this
PAGES = frozenset({"text/html", "application/xhtml+xml"})
REVISIT = "warc/revisit"

_REFUSALS = ("AdministrativeAccessControlException", "RobotAccessControlException")
# As the Wayback Machine (/web/) and pywb (/collection/) name a capture's payload; base and path up to it are free.
_MEMENTO = re.compile(r"(?:/[^/?#]+)*?/(\d{14})id_/(https?:/.*)", re.IGNORECASE | re.DOTALL)
_REPLAYED = re.compile(r"(https?://[^/?#]+(?:/[^/?#]+)*?/\d{14})(?:[a-z]{2}_)?/(https?:/.*)", re.IGNORECASE | re.DOTALL)


class Excluded(Unreadable):
    """The archive does not show this site, by its owner's wish or its rules."""


class TooMuch(Unreadable):
    """The archive needs longer for the answer than it takes itself: a shorter span may do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CdxPage:
    """One answer: mementos of pages, the rows that were passed over, and where to go on."""

    mementos: tuple[Memento, ...]
    passed_over: int
    resume_key: str | None


def query(part: Slice, *, base: str) -> str:
    """The address that lists the pages of a host within a slice.

    By resume key, not by page number: numbered pages leave out recent captures. Revisit rows have no status ("-")
    and say that an earlier payload was seen again, which is how a revert shows.
    """
    parameters = [
        ("url", f"{part.what}/*"), ("matchType", "prefix"), ("from", to_digits(part.start)),
        ("to", to_digits(last_second(part))), ("filter", "statuscode:(200|-)"),
        ("filter", "mimetype:(text/html|application/xhtml.xml|warc/revisit)"), ("collapse", "digest"),
        ("output", "json"), ("limit", str(LIMIT)), ("showResumeKey", "true"),
    ]
    if part.resume_key:
        parameters.append(("resumeKey", part.resume_key))
    return f"{base}/cdx/search/cdx?{urlencode(parameters)}"


def raw_address(memento: Memento, *, base: str) -> str:
    """Where the archive serves the payload as it captured it, without its banner and rewritten links."""
    return f"{base}/web/{to_digits(memento.captured_at)}id_/{memento.original}"


def raw_form(address: str) -> tuple[str, str] | None:
    """Where the archive serves the payload of a memento that it replays at an address, and the original's address.

    None for archives that name their mementos otherwise: what they serve has their banner and links in it.
    """
    match = _REPLAYED.fullmatch(address)
    original = without_default_port(_two_slashes(match[2])) if match else ""
    raw = f"{match[1]}id_/{match[2]}" if match else ""
    return (raw, original) if is_fetchable(raw) and is_fetchable(original) else None


def memento_served(address: str, *, base: str, headers: Mapping[str, str], status: int) -> tuple[str, datetime] | None:
    """The original's address and the capture's time, where an answer is a memento; else None.

    The answer's own Memento-Datetime counts, not the time that was asked for: the archive sends on to the nearest
    capture that it has. An error of the archive's own is no capture of the original.
    """
    address, base = (re.sub(r"^https?:", "", one) for one in (address, base))  # an archive may send on to https
    match = _MEMENTO.fullmatch(address.removeprefix(base)) if address.startswith(base) else None
    at = from_mail(headers.get("memento-datetime", ""))
    is_capture = 200 <= status < 300 or 400 <= status < 500
    if match is None or at is None or not is_capture or "x-archive-wayback-runtime-error" in headers:
        return None
    original = without_default_port(_two_slashes(match[2]))
    return (original, at) if is_fetchable(original) else None


def page(body: bytes, *, status: int) -> CdxPage:
    """One answer, judged by its status too. Raises Excluded, TooMuch, or Unreadable with the reason."""
    if status == 200 or any(name.encode() in body[:5_000] for name in _REFUSALS):
        return read(body)
    if status == 504:
        raise TooMuch("the index took too long (HTTP status 504)")
    raise Unreadable(f"the index answers {status}: {_start(body[:5_000].decode('utf-8', 'replace'))}")


def read(body: bytes) -> CdxPage:
    """One answer of a CDX server, JSON or text. Raises Unreadable, or Excluded where the archive hides the site."""
    text = body.decode("utf-8", "replace").strip("\ufeff \r\t")
    if any(name in text[:5_000] for name in _REFUSALS):
        raise Excluded("the archive does not show this site (" + next(n for n in _REFUSALS if n in text) + ")")
    start = text.lstrip()[:1]
    if start == "<" or start == "{":
        raise Unreadable(f"this is no CDX answer but {'a page' if start == '<' else 'an error'}: {_start(text)}")
    rows, key = _json_rows(text) if start == "[" else _text_rows(text)
    found, passed_over = dict[tuple[str, datetime], Memento](), 0
    for row in rows:
        memento = _memento(row)
        if memento is None or (memento.original, memento.captured_at) in found:
            passed_over += 1
        else:
            found[memento.original, memento.captured_at] = memento
    return CdxPage(mementos=tuple(found.values()), passed_over=passed_over, resume_key=key)


def host_prefix(host: str) -> str:
    """A host as CDX keys write it: without "www.", which stands for the same site there."""
    return host.lower().removeprefix("www.")


def hosts(urls: Iterable[str]) -> list[str]:
    """The hosts of addresses as CDX keys write them, each once, in their order."""
    found = (host_prefix(host_of(url)) for url in urls)
    return list(dict.fromkeys(host for host in found if host))


def _two_slashes(address: str) -> str:
    """Some servers and proxies fold the two slashes of an address within an address into one."""
    return re.sub(r"^(https?):/(?=[^/])", r"\1://", address, flags=re.IGNORECASE)


def _json_rows(text: str) -> tuple[Iterator[dict[str, str]], str | None]:
    try:
        table = json.loads(text, strict=False)
    except ValueError as error:
        raise Unreadable(f"the CDX answer is cut off or damaged ({error})") from error
    if not all(isinstance(row, list) and all(isinstance(field, str) for field in row) for row in table):
        raise Unreadable("the CDX answer is no table of text")
    if not table:
        return iter(()), None
    key = None
    if len(table) >= 2 and table[-2] == [] and len(table[-1]) == 1:
        key, table = table[-1][0], table[:-2]
    header, rows = (table[0], table[1:]) if "timestamp" in table[0] else (list(FIELDS), table)
    return (dict(zip(header, row, strict=False)) for row in rows if row), key


def _text_rows(text: str) -> tuple[Iterator[dict[str, str]], str | None]:
    lines, key = text.split("\n"), None
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) >= 2 and not lines[-2].strip() and len(lines[-1].split()) == 1:
        key, lines = lines[-1].strip(), lines[:-2]
    rows: Sequence[list[str]] = [line.split() for line in lines if line.strip()]
    if any(len(row) < len(FIELDS) - 1 for row in rows[:1]):
        raise Unreadable(f"this is no CDX answer: {_start(text)}")
    return (dict(zip(FIELDS, row, strict=False)) for row in rows), key


def _memento(row: Mapping[str, str]) -> Memento | None:
    """The memento of a row; None for redirects, errors, files that are no pages, front pages and broken rows."""
    status, media_type, original = row.get("statuscode", ""), row.get("mimetype", ""), row.get("original", "")
    is_page = (status == "200" and media_type in PAGES) or (status in ("-", "200") and media_type == REVISIT)
    at = _moment(row.get("timestamp", ""))
    if not is_page or at is None or not is_fetchable(original) or is_front_page(original):
        return None
    length = row.get("length", "")
    return Memento(
        urlkey=row.get("urlkey") or original, original=original, captured_at=at, digest=row.get("digest", ""),
        length=int(length) if length.isascii() and length.isdigit() else None,
    )


def _moment(digits: str) -> datetime | None:
    if not re.fullmatch(r"\d{14}", digits, re.ASCII):
        return None
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _start(text: str) -> str:
    return " ".join(text.split())[:120] or "nothing"


def service_name(base: str) -> str:
    """Who captured what this address serves: the archive's host."""
    return urlsplit(base).hostname or base
