"""Moments as text: ISO 8601 in UTC with milliseconds, which sorts as it reads."""

from datetime import UTC, datetime


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


def _utc(moment: datetime) -> datetime:
    """A naive moment would be taken as this computer's local time, and mean another elsewhere."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)
