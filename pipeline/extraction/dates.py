"""What a page says of a time -> Moment, as an interval that holds what was not said (pure)."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

from archive.model import Moment

# The widest that local times lie from UTC.
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[T ]\s?(\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?"
)
FIRST_YEAR, LAST_YEAR = 1990, 2050  # outside lies no news page's date, only a default or a mistake


def moment(verbatim: str, *, basis: str) -> Moment | None:
    """The time that an ISO-like text names; None where it names none, or one outside FIRST_YEAR to LAST_YEAR."""
    match = _ISO.match(verbatim.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
    if not FIRST_YEAR <= int(year) < LAST_YEAR:
        return None
    try:
        if hour is None:
            return _day(date(int(year), int(month), int(day)), verbatim, basis)
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001
    except ValueError:
        return None
    if zone is None:
        return Moment(
            verbatim=verbatim[:100], iso=local.isoformat(), earliest=(local - _EAST).replace(tzinfo=UTC),
            latest=(local + _WEST).replace(tzinfo=UTC), offset=None, basis=basis,
        )
    offset = _minutes(zone)
    if abs(offset) > 14 * 60:
        return None
    aware = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    at = aware.astimezone(UTC)
    return Moment(verbatim=verbatim[:100], iso=aware.isoformat(), earliest=at, latest=at, offset=offset, basis=basis)


def overlap(one: Moment, other: Moment) -> bool:
    """Whether two readings can be the same time."""
    return one.earliest <= other.latest and other.earliest <= one.latest


def _day(day: date, verbatim: str, basis: str) -> Moment:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return Moment(
        verbatim=verbatim[:100], iso=day.isoformat(), earliest=start - _EAST,
        latest=start + timedelta(days=1) + _WEST - timedelta(seconds=1), offset=None, basis=basis,
    )


def _minutes(zone: str) -> int:
    if zone in ("Z", "UTC", "GMT"):
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    return (1 if zone[0] == "+" else -1) * (int(digits[:2]) * 60 + int(digits[2:]))


# First letters of the months' names, in the languages of the topics that are followed; longer ones first.
_MONTH_NAMES = (
    ("jan ene gen sty янв січ styc", 1), ("feb fév fev lut фев лют", 2), ("mar mär märz мар бер mrz", 3),
    ("apr abr avr kwi апр кві", 4), ("may mai maj mag мая май тра", 5), ("jun juin giu cze июн чер", 6),
    ("jul juil lug lip июл лип", 7), ("aug ago aoû sie авг сер", 8), ("sep set wrz сен вер", 9),
    ("oct okt ott paź окт жов", 10), ("nov lis ноя лис", 11), ("dec dez déc dic gru дек гру", 12),
)
_MONTHS = {name: number for names, number in _MONTH_NAMES for name in names.split()}
_PREFIXES = "|".join(sorted(_MONTHS, key=len, reverse=True))
WORDED = re.compile(
    rf"(?<!\w)(?:(?P<day>\d{{1,2}})\.?\s+(?:de\s+)?(?P<month>{_PREFIXES})[^\W\d]*\.?,?\s+(?:de\s+)?(?P<year>\d{{4}})"
    rf"|(?P<month2>{_PREFIXES})[^\W\d]*\.?\s+(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year2>\d{{4}})"
    r"|(?P<day3>\d{1,2})\.(?P<month3>\d{1,2})\.(?P<year3>\d{4})"
    r"|(?P<year4>\d{4})(?:[./-]|[年년]\s?)(?P<month4>\d{1,2})(?:[./-]|[月월]\s?)(?P<day4>\d{1,2}))(?!\d)"
    r"(?:[^\d]{0,12}(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:\s*(?P<half>[ap])\.?m)?)?",
    re.IGNORECASE,
)


def worded(text: str) -> str | None:
    """The date, with its hour where it has one, that a text shows in words or in numbers, as ISO 8601.

    Numbers are day.month.year, or begin with the year.
    """
    match = WORDED.search(text)
    if match is None:
        return None
    read = match.groupdict()
    day = read["day"] or read["day2"] or read["day3"] or read["day4"]
    name = read["month"] or read["month2"]
    month = _MONTHS[name.lower()] if name else int(read["month3"] or read["month4"])
    year = read["year"] or read["year2"] or read["year3"] or read["year4"]
    iso = f"{year}-{month:02d}-{int(day):02d}"
    if read["hour"] is None:
        return iso
    hour = int(read["hour"]) % 12 + (12 if read["half"] in ("p", "P") else 0) if read["half"] else int(read["hour"])
    return f"{iso}T{hour:02d}:{read['minute']}"
