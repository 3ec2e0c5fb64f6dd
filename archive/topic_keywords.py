"""The keywords tables of a topic file -> Keywords, one for each language."""

from collections.abc import Mapping
from dataclasses import dataclass

from archive.toml_table import Table, list_of, suggestion
from archive.topic_fields import language_code, term

GROUP = "@"  # before the name of a group of terms, where one term may stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Terms that say little alone and name the topic where one stands near an `other`: soldiers, and whose land.

    Where there are `also` terms, one of them must stand near the two: what they did, at the border. A `without` term
    there says that they are of other news: missiles, another front.
    """

    one: tuple[str, ...]
    other: tuple[str, ...]
    also: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keywords:
    """The terms of one language: words or phrases, in any case; a word's trailing * stands for any ending.

    One `must` term puts a text on the topic if the sum is high enough, and so do terms that stand `together` in the
    topic's days; a `likely` one if an `any` term, a person or an organisation vouches for it; `any` adds to the sum,
    `never` takes from it. A term that is all capitals (КТО, FSB) is met in capitals only.
    """

    language: str
    must: tuple[str, ...]
    together: tuple[Together, ...] = ()
    likely: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def keywords_of(table: Table) -> tuple[Keywords, ...]:
    """The tables [keywords.en], [keywords.uk] ... of a topic file; what is wrong is noted in the table.

    Terms that stand in many `together` tables are listed once, in [keywords.en.groups], and named there: "@land".
    """
    return tuple(_keywords(table.table(language), language) for language in table.keys(language_code))


def _keywords(table: Table, language: str) -> Keywords:
    terms = list_of(term)
    groups = _groups(table.table("groups"))
    keywords = Keywords(
        language=language,
        must=table.need("must", terms, ()),
        together=tuple(_together(pair, groups) for pair in table.tables("together")),
        likely=table.get("likely", terms, ()),
        any=table.get("any", terms, ()),
        never=table.get("never", terms, ()),
    )
    table.close()
    return keywords


def _groups(table: Table) -> Mapping[str, tuple[str, ...]]:
    return {name: _terms(table, name) for name in table.raw}


def _terms(table: Table, key: str) -> tuple[str, ...]:
    none: tuple[str, ...] = ()
    return table.need(key, list_of(term), none)


def _together(table: Table, groups: Mapping[str, tuple[str, ...]]) -> Together:
    pair = Together(
        one=_listed(table, "one", groups), other=_listed(table, "other", groups),
        also=_listed(table, "also", groups) if "also" in table.raw else (),
        without=_listed(table, "without", groups) if "without" in table.raw else (),
    )
    table.close()
    return pair


def _listed(table: Table, key: str, groups: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The terms of a list, each group's in the place of its name."""
    found = list[str]()
    for listed in _terms(table, key):
        name = listed.removeprefix(GROUP)
        if listed == name:
            found.append(listed)
        elif name in groups:
            found += groups[name]
        else:
            table.note(key, f"{listed}: no such group{suggestion(name, groups)}")
    return tuple(dict.fromkeys(found))
