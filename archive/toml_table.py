"""A parsed TOML table -> typed values, key by key, with a note of every problem met on the way.

A Reader turns a raw value into the typed one, or into Problems. A Table remembers which
keys it was asked for, so a key that nobody asked for is unknown.
"""

import difflib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
IN_WORDS = {
    bool: "true or false",
    str: "a string",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "a table",
}
LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong with one value: pairs of a place inside it ("" for the whole) and a sentence."""

    found: tuple[tuple[str, str], ...]


Reader = Callable[[object], T | Problems]


def problem(sentence: str) -> Problems:
    """One problem of the value as a whole."""
    return Problems((("", sentence),))


def expected(what: str, raw: object) -> Problems:
    """The problem that a value is not what it should be: says both."""
    shown = str(raw) if isinstance(raw, int | float | date) else repr(raw)
    if len(shown) > LONGEST_SHOWN:
        shown = shown[:LONGEST_SHOWN] + "..."
    return problem(f"expected {what}, found {IN_WORDS.get(type(raw), 'a date or time')}: {shown}")


def suggestion(word: str, known: Iterable[str]) -> str:
    """The end of a message, "; did you mean 'x'?", or nothing when no known word is near."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean '{near[0]}'?" if near else ""


class Table:
    """One table of the file while it is read; `where` is its place, such as source[2], counted from 1."""

    def __init__(self, raw: Mapping[str, object], where: str = "", noted: list[str] | None = None) -> None:
        self.raw = raw
        self.where = where
        self.noted: list[str] = [] if noted is None else noted
        self._asked: set[str] = set()

    def note(self, key: str, sentence: str) -> None:
        """Remember a problem of this table, or of one of its keys."""
        place = ".".join(part for part in (self.where, key) if part)
        name = self.raw.get("name")
        inside = f" (in '{name}')" if self.where.endswith("]") and isinstance(name, str) and key != "name" else ""
        self.noted.append(f"{place}: {sentence}{inside}")

    def get(self, key: str, read: Reader[T], default: T) -> T:
        """The value of an optional key; the default too when the value is wrong, which is noted."""
        self._asked.add(key)
        if key not in self.raw:
            return default
        value = read(self.raw[key])
        if isinstance(value, Problems):
            for place, sentence in value.found:
                self.note(key + place, sentence)
            return default
        return value

    def need(self, key: str, read: Reader[T], blank: T) -> T:
        """The value of a required key; `blank` stands in for it while the other problems are looked for."""
        if key not in self.raw:
            self.note(key, "required, and missing")
        return self.get(key, read, blank)

    def table(self, key: str) -> "Table":
        """A table inside this one; an absent one is empty."""
        place = f"{self.where}.{key}" if self.where else key
        return Table(self.get(key, read_table, {}), place, self.noted)

    def tables(self, key: str) -> tuple["Table", ...]:
        """The tables of an array: [[source]]."""
        place = f"{self.where}.{key}" if self.where else key
        none: tuple[Mapping[str, object], ...] = ()
        raws = self.get(key, list_of(read_table, at_least=0), none)
        return tuple(Table(raw, f"{place}[{ordinal}]", self.noted) for ordinal, raw in enumerate(raws, start=1))

    def keys(self, read: Reader[str]) -> tuple[str, ...]:
        """The keys of a table whose keys are free, such as languages; each is checked."""
        for key in self.raw:
            wrong = read(key)
            if isinstance(wrong, Problems):
                self.note(key, wrong.found[0][1])
        return tuple(self.raw)

    def close(self) -> None:
        """Note every key that nobody asked for."""
        for key in self.raw:
            if key not in self._asked:
                self.note(key, "unknown key" + suggestion(key, self._asked))


def read_table(raw: object) -> Mapping[str, object] | Problems:
    return raw if isinstance(raw, dict) else expected("a table", raw)


def text(raw: object) -> str | Problems:
    """A string that is not blank; without the white space around it."""
    if not isinstance(raw, str):
        return expected("a string", raw)
    return raw.strip() or problem("is empty")


def flag(raw: object) -> bool | Problems:
    return raw if isinstance(raw, bool) else expected("true or false", raw)


def whole(*, at_least: int) -> Reader[int]:
    """A whole number from a bound up."""
    what = f"a whole number from {at_least} up"

    def read(raw: object) -> int | Problems:
        is_whole = isinstance(raw, int) and not isinstance(raw, bool)
        return raw if is_whole and isinstance(raw, int) and raw >= at_least else expected(what, raw)

    return read


def number(*, at_least: float, at_most: float = math.inf, unit: str = "") -> Reader[float]:
    """A finite number between two bounds; a whole number will do."""
    bounds = f" from {at_least:g} up" if at_most == math.inf else f" from {at_least:g} to {at_most:g}"
    what = f"a number{f' of {unit}' if unit else ''}{bounds}"

    def read(raw: object) -> float | Problems:
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw):
            return expected(what, raw)
        return float(raw) if at_least <= raw <= at_most else expected(what, raw)

    return read


def day(raw: object) -> date | Problems:
    """A TOML date, or the same as a string; not a date with a time."""
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", raw):
        try:
            return date.fromisoformat(raw)
        except ValueError:
            return problem(f"no such day: {raw}")
    return expected("a date such as 2024-08-06", raw)


def duration(raw: object) -> timedelta | Problems:
    """A number of seconds, minutes, hours, days or weeks: "90s", "5m", "6h", "3d", "2w"."""
    match = re.fullmatch(r"(\d{1,6})\s*([smhdw])", raw) if isinstance(raw, str) else None
    if match is None:
        return expected("a duration such as '90s', '6h' or '3d'", raw)
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]])


def size(raw: object) -> int | Problems:
    """A number of bytes, as a whole number or as "20 MB" (MB is 1000², MiB is 1024²)."""
    if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0:
        return raw
    match = re.fullmatch(r"(\d{1,9})\s*([kmg]?i?b)", raw.lower()) if isinstance(raw, str) else None
    if match is None or match[2] not in BYTES or int(match[1]) == 0:
        return expected("a size such as '20 MB' or a number of bytes", raw)
    return int(match[1]) * BYTES[match[2]]


def one_of(choices: tuple[T, ...]) -> Reader[T]:
    """One of a few words."""
    words = [str(choice) for choice in choices]

    def read(raw: object) -> T | Problems:
        if isinstance(raw, str) and raw in words:
            return choices[words.index(raw)]
        wrong = expected("one of " + ", ".join(f"'{word}'" for word in words), raw)
        return problem(wrong.found[0][1] + (suggestion(raw, words) if isinstance(raw, str) else ""))

    return read


def matching(pattern: str, what: str) -> Reader[str]:
    """A string of one form."""

    def read(raw: object) -> str | Problems:
        return raw if isinstance(raw, str) and re.fullmatch(pattern, raw) else expected(what, raw)

    return read


def list_of(read_one: Reader[T], *, at_least: int = 1) -> Reader[tuple[T, ...]]:
    """A list whose members are all read, so that every wrong one is found; none may come twice."""

    def read(raw: object) -> tuple[T, ...] | Problems:
        if not isinstance(raw, list):
            return expected("a list", raw)
        if len(raw) < at_least:
            return problem("is empty; give at least one, or leave the key out")
        values = [read_one(member) for member in raw]
        found = [
            (f"[{ordinal}]{place}", sentence)
            for ordinal, value in enumerate(values, start=1)
            if isinstance(value, Problems)
            for place, sentence in value.found
        ]
        texts = Counter(value for value in values if isinstance(value, str))
        found += [("", f"has {value!r} {times} times") for value, times in texts.items() if times > 1]
        return Problems(tuple(found)) if found else tuple(v for v in values if not isinstance(v, Problems))

    return read


def url(raw: object) -> str | Problems:
    """An http(s) address with a host, and without a password: topic files are published."""
    if not isinstance(raw, str):
        return expected("an address (a string)", raw)
    try:
        parts = urlsplit(raw)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return problem(f"bad address {raw!r}: {error}")
    if parts.scheme not in ("http", "https"):
        return problem(f"bad address {raw!r}: it must begin with https:// or http://")
    if not host:
        return problem(f"bad address {raw!r}: it names no host")
    if re.search(r"[\s\x00-\x1f<>\"]", raw):
        return problem(f"bad address {raw!r}: it has a blank or a sign that addresses cannot have")
    if parts.username is not None or parts.password is not None:
        return problem(f"bad address of {host}: it has a user name or password, and topic files are published")
    return raw
