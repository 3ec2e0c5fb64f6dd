"""A long question to an archive -> slices of time, cut in two where one is too big (pure)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from archive.model import Slice


def last_second(part: Slice) -> datetime:
    """The end as services count it: included."""
    return part.end - timedelta(seconds=1)


def months(service: str, what: str, *, first: date, last: date) -> Iterator[Slice]:
    """One slice for each month, or part of one, from the first to the last day."""
    end = _midnight(last + timedelta(days=1))
    start = _midnight(first)
    while start < end:
        turn = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield Slice(service=service, what=what, start=start, end=min(turn, end))
        start = turn


def days(service: str, what: str, *, first: date, last: date) -> Iterator[Slice]:
    """One slice for each day, the last one included."""
    start, end = _midnight(first), _midnight(last + timedelta(days=1))
    while start < end:
        yield Slice(service=service, what=what, start=start, end=start + timedelta(days=1))
        start += timedelta(days=1)


def halves(whole: Slice, *, unit: timedelta) -> tuple[Slice, ...]:
    """The slice in two parts, cut at a multiple of the unit; nothing where it is no longer than one unit."""
    units = (whole.end - whole.start) // unit
    if units < 2:
        return ()
    middle = whole.start + units // 2 * unit
    return (replace(whole, end=middle, resume_key=None), replace(whole, start=middle, resume_key=None))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
