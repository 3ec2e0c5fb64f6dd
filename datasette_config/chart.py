"""Articles by day and language -> the bars of the start page's chart.

Days, weeks or months, whichever gives a bar a width that can be seen. A few articles that are dated years before or
after all others would press the rest together: they are counted beside the chart instead.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from datasette_config.answers import PAGE_ONLY

WIDTH, HEIGHT = 700.0, 130.0
GAP = 0.15  # of a bar's width
LANGUAGES = 4  # that have a shade of their own
MOST_DAYS, MOST_WEEKS = 62, 80  # that are drawn as such
TAIL = 0.01  # share of the articles at either end that may be left out of the drawing

Unit = Literal["day", "week", "month"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A bar's part of one language; `shade` is 0 for the most frequent, LANGUAGES for all others together."""

    shade: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The articles from `first` to `last`, both included, ISO 8601 days."""

    first: str
    last: str
    articles: int
    by_language: tuple[tuple[str, int], ...]
    parts: tuple[Part, ...] = field(metadata=PAGE_ONLY)
    x: float = field(metadata=PAGE_ONLY)
    width: float = field(metadata=PAGE_ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars without a gap between the first and the last; `languages` in the order of shades, others left out."""

    unit: Unit
    bars: tuple[Bar, ...]
    most: int
    languages: tuple[str, ...]
    others: int
    before: int
    after: int


def chart(counted: Sequence[tuple[str, str, int]]) -> Chart | None:
    """(day, language, articles) as a chart; None where there is nothing, or no day is one."""
    days = [(found, language, n) for day, language, n in counted if (found := _day(day)) is not None]
    if not days:
        return None
    first, last = _middle(days)
    span = (last - first).days
    unit: Unit = "day" if span < MOST_DAYS else "week" if span < 7 * MOST_WEEKS else "month"
    starts = list(_starts(_start_of(first, unit), last, unit))
    ends = [*(start - timedelta(days=1) for start in starts[1:]), _next(starts[-1], unit) - timedelta(days=1)]
    inside = [(day, language, n) for day, language, n in days if starts[0] <= day <= ends[-1]]
    by_language = Counter[str]()
    for _, language, n in inside:
        by_language[language] += n
    shades = {language: place for place, (language, _) in enumerate(by_language.most_common(LANGUAGES))}
    in_bars: dict[date, Counter[str]] = {start: Counter() for start in starts}
    for day, language, n in inside:
        in_bars[_start_of(day, unit)][language] += n
    most = max(counter.total() for counter in in_bars.values())
    step = WIDTH / len(starts)
    return Chart(
        unit=unit, most=most, languages=tuple(shades), others=sum(
            n for language, n in by_language.items() if language not in shades),
        before=sum(n for day, _, n in days if day < starts[0]), after=sum(n for day, _, n in days if day > ends[-1]),
        bars=tuple(
            Bar(first=start.isoformat(), last=end.isoformat(), articles=in_bars[start].total(),
                x=round(place * step, 2), width=round(step, 2), by_language=tuple(in_bars[start].most_common()),
                parts=tuple(_parts(in_bars[start], shades, place * step, step, most)))
            for place, (start, end) in enumerate(zip(starts, ends, strict=True))))


def _parts(counter: Counter[str], shades: dict[str, int], x: float, step: float, most: int) -> Iterable[Part]:
    by_shade = Counter[int]()
    for language, n in counter.items():
        by_shade[shades.get(language, LANGUAGES)] += n
    top = HEIGHT
    for shade, n in sorted(by_shade.items()):
        height = HEIGHT * n / most
        top -= height
        yield Part(shade=shade, x=round(x + step * GAP / 2, 2), y=round(top, 2), width=round(step * (1 - GAP), 2),
                   height=round(height, 2))


def _middle(days: Sequence[tuple[date, str, int]]) -> tuple[date, date]:
    """The first and the last day, less the tails."""
    ordered = sorted((day, n) for day, _, n in days)
    left = TAIL * sum(n for _, n in ordered)
    first, last, passed = ordered[0][0], ordered[-1][0], 0
    for day, n in ordered:
        first = day
        passed += n
        if passed > left:
            break
    passed = 0
    for day, n in reversed(ordered):
        last = day
        passed += n
        if passed > left:
            break
    return first, max(first, last)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _start_of(day: date, unit: Unit) -> date:
    if unit == "day":
        return day
    return day - timedelta(days=day.weekday()) if unit == "week" and day.toordinal() > 7 else day.replace(day=1)


def _next(start: date, unit: Unit) -> date:
    if unit == "month":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=1 if unit == "day" else 7)


def _starts(first: date, last: date, unit: Unit) -> Iterable[date]:
    while first <= last:
        yield first
        first = _next(first, unit)
