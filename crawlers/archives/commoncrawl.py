"""Common Crawl's list of crawls and its URL index -> where records lie, and the addresses to ask for them (pure)."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from archive.model import Memento
from archive.urls import is_fetchable, is_front_page
from crawlers.archives.cdx import PAGES
from crawlers.errors import Unreadable

LONGEST = 5_000_000  # bytes of a record that are asked for
_CRAWL = re.compile(r"CC-MAIN-(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyCrawl:
    """One crawl of Common Crawl, with the span of time in which it fetched; the end is excluded."""

    name: str
    start: datetime
    end: datetime


def crawls(body: bytes) -> tuple[MonthlyCrawl, ...]:
    """The list of crawls (collinfo.json). Raises Unreadable for what is none.

    Where an entry does not say when it fetched, its name's week and the two before are taken.
    """
    try:
        listed = json.loads(body)
        names = [(str(entry["id"]), entry.get("from"), entry.get("to")) for entry in listed]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(f"this is no list of crawls ({error})") from error
    found = (_crawl(name, since, until) for name, since, until in names if _CRAWL.fullmatch(name))
    return tuple(crawl for crawl in found if crawl is not None)


def _crawl(name: str, since: object, until: object) -> MonthlyCrawl | None:
    start, end = _moment(since), _moment(until)
    if start is not None and end is not None:
        return MonthlyCrawl(name=name, start=start, end=end + timedelta(seconds=1))
    match = _CRAWL.fullmatch(name)
    try:
        week = date.fromisocalendar(int(match[1]), int(match[2]), 1) if match else None
    except ValueError:
        week = None
    if week is None:
        return None
    monday = datetime(week.year, week.month, week.day, tzinfo=UTC)
    return MonthlyCrawl(name=name, start=monday - timedelta(weeks=2), end=monday + timedelta(weeks=1))


def query(crawl: str, host: str, *, page: int, base: str) -> str:
    """The address that lists a page of what a crawl has of a host."""
    parameters = [("url", f"{host}/*"), ("output", "json"), ("filter", "=status:200"), ("page", str(page))]
    return f"{base}/{crawl}-index?{urlencode(parameters)}"


def pages_query(crawl: str, host: str, *, base: str) -> str:
    """The address that says of how many pages a crawl's list of a host consists."""
    return f"{base}/{crawl}-index?{urlencode([('url', f'{host}/*'), ('output', 'json'), ('showNumPages', 'true')])}"


def pages(body: bytes) -> int:
    """The number of pages of a list. Raises Unreadable for what names none."""
    try:
        return int(json.loads(body)["pages"])
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise Unreadable(f"the index does not say how many pages it has ({error})") from error


def records(body: bytes) -> tuple[Memento, ...]:
    """The pages of an answer, one JSON object a line; lines that are none are passed over.

    Raises Unreadable where not one line is an object: an error in the answer's place.
    """
    lines = [line for line in body.decode("utf-8", "replace").splitlines() if line.strip()]
    rows = [row for row in map(_object, lines) if row is not None]
    if lines and not rows:
        raise Unreadable(f"this is no answer of the index: {lines[0][:120]}")
    found = (_memento(row) for row in rows)
    return tuple(memento for memento in found if memento is not None)


def parted(place: str) -> tuple[str, int, int]:
    """The file of a place, and the offset and length of the one record there."""
    name, offset, length = place.rsplit(" ", 2)
    return name, int(offset), int(length)


def _object(line: str) -> dict[str, object] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _memento(row: dict[str, object]) -> Memento | None:
    url, at = str(row.get("url") or ""), _moment(row.get("timestamp"))
    name, offset, length = (str(row.get(field) or "") for field in ("filename", "offset", "length"))
    media_type = str(row.get("mime-detected") or row.get("mime") or "")
    is_placed = bool(re.fullmatch(r"[\w./-]+", name)) and ".." not in name and offset.isdecimal() and length.isdecimal()
    if not is_placed or at is None or str(row.get("status")) != "200" or media_type not in PAGES:
        return None
    if not is_fetchable(url) or is_front_page(url) or not 0 < int(length) <= LONGEST:
        return None
    return Memento(
        urlkey=str(row.get("urlkey") or url), original=url, captured_at=at, digest=str(row.get("digest") or ""),
        length=int(length), place=f"{name} {offset} {length}",
    )


def _moment(text: object) -> datetime | None:
    """14 digits, or ISO 8601 without a zone, which is UTC here."""
    digits = re.sub(r"\D", "", text)[:14] if isinstance(text, str) else ""
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC) if len(digits) == 14 else None
    except ValueError:
        return None
