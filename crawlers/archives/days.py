"""The days that declared dates and addresses mean (pure).

Days as declared, in whatever zone that was: at the edges of a span a day more or less is announced.
"""

import re
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

from archive.model import Days

LONGEST_MONTH = 31  # days; the name of a file that says no more than a year dates no single page

_DECLARED = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])")
_YEAR = r"(?<!\d)(19[89]\d|20[0-4]\d)"  # other numbers of four digits are mostly no years
_SEGMENTS = re.compile(rf"/{_YEAR}/(\d{{1,2}})(?:/(\d{{1,2}}))?(?=/|$)")
_NAMED = re.compile(rf"{_YEAR}(?:([-_./]?)(0[1-9]|1[0-2])(?:\2(0[1-9]|[12]\d|3[01]))?)?(?!\d)")
_PARAMETERS = (("yyyy", "year", "y"), ("mm", "month", "m"), ("dd", "day", "d"))


def declared(text: str | None) -> Days | None:
    """The days of a date such as 2025, 2025-03 or 2025-03-15T12:00:00 (W3C), or of one as mail writes it."""
    match = _DECLARED.match(text or "")
    if match is not None:
        return _days(match[1], match[2], match[3])
    try:
        day = parsedate_to_datetime(text or "").date()
    except (ValueError, TypeError, OverflowError):
        return None
    return Days(first=day, last=day)


def of_article(url: str) -> Days | None:
    """The day, or the month, that an article's address names: /2024/08/06/, /2024/8/, 2024-08-06 or 20240806."""
    path = _parts(url)[0]
    months = (_days(*match.groups()) for match in _SEGMENTS.finditer(path))
    days = (_days(match[1], match[3], match[4]) for match in _NAMED.finditer(path) if match[4])
    return _all_of([*months, *days])


def of_sitemap(url: str) -> Days | None:
    """The days that the name of a sitemap says it is about, a year at most precise enough to pass it over.

    A number of one digit is a month only between slashes or as a parameter: sitemap-2024-1.xml may be a first part.
    """
    path, query = _parts(url)
    folders, _, name = path.rpartition("/")
    found = [_days(*match.groups()) for match in _SEGMENTS.finditer(path)]
    found = found or [_days(match[1], None, None) for match in re.finditer(rf"/{_YEAR}(?=/|$)", folders)]
    found += [_days(match[1], match[3], match[4]) for match in _NAMED.finditer(name)]
    given = parse_qs(query)
    year, month, day = (next((given[name][0] for name in names if name in given), None) for names in _PARAMETERS)
    found += [_days(year, month, day)] if year and re.fullmatch(r"\d{4}", year) else []
    return _all_of(found)


def is_month_at_most(days: Days) -> bool:
    """Whether it is precise enough to date what does not date itself."""
    return (days.last - days.first).days < LONGEST_MONTH


def _parts(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.path, parts.query


def _days(year: str, month: str | None, day: str | None) -> Days | None:
    """A year, a month or a day; None where there is none such."""
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        if day:
            return Days(first=first, last=first)
        last_month = first.month if month else 12
        following = date(first.year + last_month // 12, last_month % 12 + 1, 1)
        return Days(first=first, last=following - timedelta(days=1))
    except ValueError:
        return None


def _all_of(found: list[Days | None]) -> Days | None:
    """From the first to the last of several: sitemap-2024-08_2024-09.xml."""
    known = [days for days in found if days is not None]
    if not known:
        return None
    return Days(first=min(days.first for days in known), last=max(days.last for days in known))
