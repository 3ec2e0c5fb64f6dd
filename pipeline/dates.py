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
FIRST_YEAR, LAST_YEAR = 1990, 2100  # outside lies no news page's date, only a default or a mistake


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
