"""Moments as text: ISO 8601 in UTC with milliseconds, which sorts as it reads."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")


def to_milliseconds(moment: datetime) -> datetime:
    """The moment in UTC, cut to the milliseconds that WARC records and the database keep; naive ones are refused."""
    moment = _utc(moment)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_iso(moment: datetime) -> str:
    """ "2025-03-15T12:00:00.123Z"; naive moments are refused."""
    return _utc(moment).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def from_iso(text: str) -> datetime:
    """The moment of an ISO text with a zone, in UTC; one without is refused."""
    return _utc(datetime.fromisoformat(text))


def to_digits(moment: datetime) -> str:
    """The 14 digits by which web archives name a capture's second: "20250315120000"."""
    return f"{_utc(moment):%Y%m%d%H%M%S}"


@lru_cache(maxsize=4_096)  # a page of many texts says each moment several times
def day_in_words(iso: str | None) -> str:
    """ "8 August 2024" of a day or a time; what is no ISO 8601 as it is."""
    try:
        moment = datetime.fromisoformat(iso or "")
    except ValueError:
        return iso or "not known"
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


@lru_cache(maxsize=4_096)
def moment_in_words(iso: str | None) -> str:
    """ "8 August 2024, 14:30 UTC+03:00"; only the day where only that is known."""
    try:
        found = datetime.fromisoformat(iso or "")
    except ValueError:
        return iso or "not known"
    if len(iso or "") <= 10:
        return day_in_words(iso)
    offset = found.strftime("%z")
    zone = "" if found.utcoffset() is None else "UTC" if offset == "+0000" else f"UTC{offset[:3]}:{offset[3:5]}"
    return f"{day_in_words(iso)}, {found:%H:%M} {zone}".rstrip()


def from_mail(text: str) -> datetime | None:
    """A moment as mail and HTTP write it (RFC 5322, RFC 9110), in UTC; None for what is none.

    "-0000" is UTC of which nobody says where (RFC 5322, 3.3), and a date without a zone is taken for the same.
    """
    try:
        at = parsedate_to_datetime(text)
        return (at.replace(tzinfo=UTC) if at.tzinfo is None else at).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _utc(moment: datetime) -> datetime:
    """A naive moment would be taken as this computer's local time, and mean another elsewhere."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)
