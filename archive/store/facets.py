"""The facets of a search: what articles are counted by, and which of them fit what was chosen."""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Facet = Literal["outlet", "country", "language", "month", "role", "relation", "edited", "presence"]

FACETS: tuple[Facet, ...] = ("role", "language", "outlet", "country", "month", "relation", "edited", "presence")
NOT = "not "  # before a facet's value: any but this

PROFILES = """
    SELECT profile_id, role, language, outlet, country, month, relation, edited, presence FROM profiles
    WHERE profile_id IN (SELECT value FROM json_each(:ids))
"""

Profiles = Mapping[int, tuple[str, ...]]  # each profile's values, in the order of FACETS
Chosen = tuple[tuple[Facet, tuple[str, ...]], ...]  # of facets that restrict, the values one of which an article has


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A facet's values with the number of articles that have them, most first, under all other facets' choices."""

    facet: Facet
    values: tuple[tuple[str, int], ...]


def read_profiles(conn: sqlite3.Connection, ids: Iterable[int]) -> Profiles:
    """The values of these profiles."""
    cursor = conn.cursor()
    cursor.row_factory = None
    return {row[0]: row[1:] for row in cursor.execute(PROFILES, {"ids": json.dumps(list(ids))})}


class KeptProfiles:
    """What was read of profiles, kept by each thread for its connection: a profile never changes, nor is it taken away.
    """

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._own = threading.local()

    def __call__(self, conn: sqlite3.Connection, ids: Collection[int]) -> Profiles:
        """The values of these profiles."""
        # The connection itself: its number may be another's later, of another file.
        before: tuple[sqlite3.Connection, dict[int, tuple[str, ...]]] | None = getattr(self._own, "held", None)
        held = before[1] if before is not None and before[0] is conn else {}
        if missing := [one for one in ids if one not in held]:
            if len(held) + len(missing) > self._most:
                held = {}
                missing = list(ids)
            held |= read_profiles(conn, missing)
            self._own.held = conn, held
        return {one: held[one] for one in ids}


def allowed(profiles: Profiles, choices: Chosen) -> set[int]:
    """The profiles that fit every choice."""
    chosen = _chosen(profiles, choices)
    return {one for one, values in profiles.items() if all(values[place] in fit for place, fit in chosen)}


def _chosen(profiles: Profiles, choices: Chosen) -> list[tuple[int, set[str]]]:
    """Of each facet with a choice its place and the values that fit: there are few, and many profiles."""
    places = [(FACETS.index(facet), wanted) for facet, wanted in choices]
    return [(place, {own for own in {values[place] for values in profiles.values()} if _fits(own, wanted)})
            for place, wanted in places]


def _fits(own: str, wanted: tuple[str, ...]) -> bool:
    return own in wanted or any(one.startswith(NOT) and own != one[len(NOT):] for one in wanted)


def counted(counts: Mapping[int, int], profiles: Profiles, choices: Chosen) -> tuple[Counted, ...]:
    """Each facet counted under the choices in all others, so that it shows what another choice would find."""
    chosen = _chosen(profiles, choices)
    fitting: list[tuple[str, ...]] = []
    numbers: list[int] = []
    kept_out: list[tuple[int, str, int]] = []
    for profile, values in profiles.items():
        unfit = [place for place, fit in chosen if values[place] not in fit]
        if not unfit:
            fitting.append(values)
            numbers.append(counts[profile])
        elif len(unfit) == 1:
            kept_out.append((unfit[0], values[unfit[0]], counts[profile]))
    counters = [_tallied(column, numbers) for column in zip(*fitting, strict=True)] or [{} for _ in FACETS]
    # What one choice alone keeps out is counted where that choice is made, and nowhere else.
    for place, value, n in kept_out:
        counters[place][value] = counters[place].get(value, 0) + n
    for facet, wanted in choices:
        for value in wanted:
            if not value.startswith(NOT):
                counters[FACETS.index(facet)].setdefault(value, 0)
    return tuple(
        Counted(facet=facet, values=tuple(sorted(counter.items(), key=lambda item: (-item[1], item[0]))))
        for facet, counter in zip(FACETS, counters, strict=True))


def _tallied(values: Iterable[str], numbers: Iterable[int]) -> dict[str, int]:
    tally: dict[str, int] = {}
    for value, n in zip(values, numbers, strict=True):
        tally[value] = tally.get(value, 0) + n
    return tally
