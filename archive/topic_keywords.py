"""The keywords tables of a topic file -> Keywords, one for each language."""

from dataclasses import dataclass

from archive.toml_table import Table, list_of
from archive.topic_fields import language_code, term


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Terms that say little alone and name the topic where one stands near an `other`: soldiers, and whose land.

    A `without` term near the two says that they are of other news: missiles, another front.
    """

    one: tuple[str, ...]
    other: tuple[str, ...]
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
    """The tables [keywords.en], [keywords.uk] ... of a topic file; what is wrong is noted in the table."""
    return tuple(_keywords(table.table(language), language) for language in table.keys(language_code))


def _keywords(table: Table, language: str) -> Keywords:
    terms = list_of(term)
    keywords = Keywords(
        language=language,
        must=table.need("must", terms, ()),
        together=tuple(_together(pair) for pair in table.tables("together")),
        likely=table.get("likely", terms, ()),
        any=table.get("any", terms, ()),
        never=table.get("never", terms, ()),
    )
    table.close()
    return keywords


def _together(table: Table) -> Together:
    terms = list_of(term)
    pair = Together(
        one=table.need("one", terms, ()), other=table.need("other", terms, ()), without=table.get("without", terms, ())
    )
    table.close()
    return pair
