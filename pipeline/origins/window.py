"""A text -> the days on which it can have been written, by its own words, with the words that say so (pure).

Read with the topic's days in view, which settle the years that a text leaves out. What a text says of days before the
topic begins is history, and no bound.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from archive.model import Days
from archive.topic import KnownEvent

# News of the last seven days is told by weekdays, what is older by dates, and a date without its year is seldom older
# than three weeks: a habit of newsrooms' style books, by which single days are guessed, and no bound.
STYLE_DAYS, RECENT_DAYS = 7, 21
YEARLESS_DAYS = 330  # beyond, a year is given
LEAD = 3  # paragraphs; the weekday that they name first is mostly the day of writing
MOST_DAYS = 6  # more are no guess

_MONTHS = {
    "en": "january|jan february|feb march|mar april|apr may june july august|aug september|sept|sep october|oct "
          "november|nov december|dec",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "januar|jänner februar märz april mai juni juli august september oktober november dezember",
    "pl": "stycznia|styczniu lutego|lutym marca|marcu kwietnia|kwietniu maja|maju czerwca|czerwcu lipca|lipcu "
          "sierpnia|sierpniu września|wrześniu października|październiku listopada|listopadzie grudnia|grudniu",
    "uk": "січня|січні лютого|лютому березня|березні квітня|квітні травня|травні червня|червні липня|липні "
          "серпня|серпні вересня|вересні жовтня|жовтні листопада|листопаді грудня|грудні",
    "ru": "января|январе февраля|феврале марта|марте апреля|апреле мая|мае июня|июне июля|июле августа|августе "
          "сентября|сентябре октября|октябре ноября|ноябре декабря|декабре",
}
_WEEKDAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "de": "montag dienstag mittwoch donnerstag freitag samstag|sonnabend sonntag",
    "pl": "poniedziałek wtorek środę|środa czwartek piątek sobotę|sobota niedzielę|niedziela",
    "uk": "понеділок вівторок середу|середа четвер п['’ʼ]ятницю|п['’ʼ]ятниця суботу|субота неділю|неділя",
    "ru": "понедельник вторник среду|среда четверг пятницу|пятница субботу|суббота воскресенье",
}
_IN = {  # what stands before a month without a day
    "en": "in|since|last", "it": "in|a|nel|di", "es": "en|de", "fr": "en|depuis", "de": "im|seit", "pl": "w|we|od",
    "uk": "у|в|з", "ru": "в|с",
}
_LAST_YEAR = {
    "en": "last year", "it": "l['’]anno scorso|lo scorso anno", "es": "el año pasado",
    "fr": "l['’]an(?:née)? derni(?:er|ère)", "de": "(?:letzten|vergangenen|vorigen) jahr(?:es)?|im vorjahr",
    "pl": "w (?:zeszłym|ubiegłym) roku", "uk": "минулого року|торік", "ru": "в прошлом году",
}
_LAST_SEASONS = {  # by the month in which they end: spring, summer, autumn, winter
    "en": {5: "last spring", 8: "last summer", 11: "last (?:autumn|fall)", 2: "last winter"},
    "it": {5: "(?:la scorsa primavera|primavera scorsa)", 8: "(?:scorsa estate|estate scorsa)",
           11: "(?:scorso autunno|autunno scorso)", 2: "(?:scorso inverno|inverno scorso)"},
    "es": {5: "primavera pasada", 8: "verano pasado", 11: "otoño pasado", 2: "invierno pasado"},
    "fr": {5: "printemps dernier", 8: "été dernier", 11: "automne dernier", 2: "hiver dernier"},
    "de": {5: "(?:letzten|vergangenen) frühjahr", 8: "(?:letzten|vergangenen) sommer",
           11: "(?:letzten|vergangenen) herbst", 2: "(?:letzten|vergangenen) winter"},
    "pl": {5: "(?:zeszłej|ubiegłej) wiosny", 8: "(?:zeszłego|ubiegłego) lata", 11: "(?:zeszłej|ubiegłej) jesieni",
           2: "(?:zeszłej|ubiegłej) zimy"},
    "uk": {5: "минулої весни", 8: "минулого літа", 11: "минулої осені", 2: "минулої зими"},
    "ru": {5: "прошлой весной", 8: "прошлым летом", 11: "прошлой осенью", 2: "прошлой зимой"},
}
# Before a day that is still to come.
_AHEAD = re.compile(r"(?:until|till|by|before|scheduled for|planned for|on or before|ahead of|fino al|entro il|hasta el"
                    r"|antes del|jusqu['’]au|avant le|bis zum|vor dem|do|до|к)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days between which a text was written, both included, with the phrases that they rest on, and the bound.

    `days` are the likeliest single ones, oldest first: those of the weekday that its lead names, in the weeks after the
    newest date that it gives. They are a guess by the habits of newsrooms; first and last are not.
    """

    first: date
    last: date
    days: tuple[date, ...] = ()
    phrases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    phrase: str
    first: date | None = None
    last: date | None = None
    dated: date | None = None  # the one day that a date without a year can mean


def window(
    paragraphs: Sequence[str], language: str | None, *, period: Days, known: Sequence[KnownEvent] = ()
) -> Window | None:
    """The days that a text's dates, weekdays and "last summer" allow within the topic's; None where it says nothing.

    Bounds that contradict all before them are left out: a text may speak of other years than it seems.
    """
    tongue = language if language in _MONTHS else "en"
    text = "\n".join(paragraphs)
    bounds = [*_relative(text, tongue, period), *_months(text, tongue, period), *_dates(text, tongue, period),
              *_known(paragraphs, tongue, known)]
    weekday = _weekday(paragraphs, tongue)
    if not bounds and weekday is None:
        return None
    first, last, phrases = period.first, period.last, list[str]()
    for bound in bounds:
        low, high = max(first, bound.first or first), min(last, bound.last or last)
        if low <= high:
            if (low, high) != (first, last) or bound.dated is not None:
                phrases.append(bound.phrase)
            first, last = low, high
    days = tuple(_days(weekday, [b.dated for b in bounds if b.dated is not None], first, last))
    if weekday is not None:
        phrases.append(weekday[1])
    if not phrases:
        return None
    return Window(first=first, last=last, days=days, phrases=tuple(dict.fromkeys(phrases)))


def weekdays(text: str, language: str | None) -> list[tuple[int, str]]:
    """The weekdays that a text names, in order: 0 is Monday, with the word."""
    names = _alternatives(_WEEKDAYS[language if language in _WEEKDAYS else "en"])
    return [(_which(match), match[0]) for match in names.finditer(text)]


def _weekday(paragraphs: Sequence[str], language: str) -> tuple[int, str] | None:
    """The day of writing, as far as weekdays say: the first that the lead names, else the last of a row of days."""
    lead = weekdays("\n".join(paragraphs[:LEAD]), language)
    if lead:
        return lead[0]
    named = dict(weekdays("\n".join(paragraphs), language))
    ends = [day for day in named if (day + 1) % 7 not in named]
    return (ends[0], named[ends[0]]) if len(ends) == 1 else None


def _days(weekday: tuple[int, str] | None, dated: Sequence[date], first: date, last: date) -> Iterator[date]:
    if weekday is None:
        return
    if dated and max(dated) + timedelta(days=RECENT_DAYS) >= first:
        first = max(first, max(dated) + timedelta(days=STYLE_DAYS))
        last = min(last, max(dated) + timedelta(days=RECENT_DAYS))
    start = first + timedelta(days=(weekday[0] - first.weekday()) % 7)
    weeks = range((last - start).days // 7 + 1) if start <= last else range(0)
    if len(weeks) <= MOST_DAYS:
        yield from (start + timedelta(weeks=week) for week in weeks)


def _dates(text: str, language: str, period: Days) -> Iterator[_Bound]:
    """Days with a month: no text is older than a day that it tells of."""
    months = _numbered(_MONTHS[language])
    pattern = re.compile(
        rf"(?<!\w)(?:(?P<m1>{'|'.join(months)})\.?\s+(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:]|[.,]\d)(?:,?\s+(?P<y1>\d{{4}}))?"
        rf"|(?P<d2>\d{{1,2}})(?:\.|º|er|st|nd|rd|th)?\s+(?:of\s+|de\s+)?(?P<m2>{'|'.join(months)})(?!\w)"
        rf"(?:,?\s+(?:de\s+)?(?P<y2>\d{{4}}))?)", re.IGNORECASE)
    for match in pattern.finditer(text):
        name, day = match["m1"] or match["m2"], int(match["d1"] or match["d2"])
        before = text[max(0, match.start() - 30):match.start()]
        if name in ("may", "march", "mar", "sep", "dec", "jan") or _AHEAD.search(before):
            continue
        year = match["y1"] or match["y2"]
        found = [d for d in _in_period(months[name.casefold()], day, period) if not year or d.year == int(year)]
        if found:
            yield _Bound(
                phrase=match[0], first=found[0], dated=found[0] if len(found) == 1 else None,
                last=found[-1] + timedelta(days=YEARLESS_DAYS) if not year else None,
            )


def _months(text: str, language: str, period: Days) -> Iterator[_Bound]:
    """ "in October": the month has begun, at least."""
    months = _numbered(_MONTHS[language])
    pattern = re.compile(
        rf"(?<!\w)(?:{_IN[language]})\s+(?P<month>{'|'.join(months)})(?!\w)(?!\.?\s*\d)", re.IGNORECASE)
    for match in pattern.finditer(text):
        found = _in_period(months[match["month"].casefold()], 1, Days(
            first=period.first.replace(day=1), last=period.last))
        if found and match["month"] not in ("may", "march"):
            yield _Bound(phrase=match[0], first=found[0], last=found[-1] + timedelta(days=YEARLESS_DAYS + 30))


def _relative(text: str, language: str, period: Days) -> Iterator[_Bound]:
    """ "last year" is said in the year after one of the topic's, "last summer" in the year after one of its summers."""
    years = range(period.first.year, period.last.year + 1)
    if match := re.search(rf"(?<!\w)(?:{_LAST_YEAR[language]})(?!\w)", text, re.IGNORECASE):
        yield _Bound(phrase=match[0], first=date(years[0] + 1, 1, 1), last=date(years[-1] + 1, 12, 31))
    for month, pattern in _LAST_SEASONS[language].items():
        match = re.search(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE)
        ends = [_after(year, month) for year in (*years, years[-1] + 1)]
        ends = [end for end in ends if end > period.first and end - timedelta(days=92) <= period.last]
        if match and ends:
            yield _Bound(phrase=match[0], first=ends[0], last=ends[-1] + timedelta(days=364))


def _known(paragraphs: Sequence[str], language: str, known: Sequence[KnownEvent]) -> Iterator[_Bound]:
    for event in known:
        entries = dict(event.words).get(language, ())
        if any(_has_all(paragraph, entry) for entry in entries for paragraph in paragraphs):
            yield _Bound(phrase=event.name, first=event.day)


def _has_all(paragraph: str, entry: str) -> bool:
    return all(re.search(_word(word), paragraph, re.IGNORECASE) for word in entry.split())


def _word(term: str) -> str:
    """A pattern for a word of a term; its trailing * is any ending."""
    return rf"(?<!\w){re.escape(term[:-1])}" if term.endswith("*") else rf"(?<!\w){re.escape(term)}(?!\w)"


def _after(year: int, month: int) -> date:
    """The first day after a month."""
    return date(year + month // 12, month % 12 + 1, 1)


def _in_period(month: int, day: int, period: Days) -> list[date]:
    """The days of the period with that month and day."""
    found = []
    for year in range(period.first.year, period.last.year + 1):
        try:
            one = date(year, month, day)
        except ValueError:
            continue
        if period.first <= one <= period.last:
            found.append(one)
    return found


def _numbered(names: str) -> Mapping[str, int]:
    return {name: number for number, group in enumerate(names.split(), start=1) for name in group.split("|")}


def _alternatives(names: str) -> re.Pattern[str]:
    groups = (f"(?P<w{n}>{group})" for n, group in enumerate(names.split()))
    return re.compile(rf"(?<!\w)(?:{'|'.join(groups)})(?!\w)", re.IGNORECASE)


def _which(match: re.Match[str]) -> int:
    return int((match.lastgroup or "w0")[1:])
