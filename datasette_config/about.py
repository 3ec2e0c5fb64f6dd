"""What the site says of itself: /about and its .json."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from archive.store import snapshots
from datasette_config import offers
from datasette_config.answers import Question
from pipeline import PROGRAM
from pipeline.descent.direction import DECIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word in which the site speaks of texts, and what it means here."""

    word: str
    meaning: str


WORDS = tuple(Word(word=word, meaning=meaning) for word, meaning in (
    ("article", "one address over time, with every other address that proved to be the same"),
    ("version", "a state of an article's headline, byline and text, from its first to its last sighting. "
                "Advertisements and spelling of quotation marks make no version"),
    ("shares text with", "passages of two texts agree, word for word, in other words or in another language. How "
                         "much of each text lies in them is its coverage"),
    ("exemplar and copy", "of two texts that share words, the one that stood first and the one that was made from it, "
                          "as far as the evidence decides; otherwise the direction is undecided, and said to be"),
    ("earliest held", "the earliest text that this archive holds. What was never archived may have been earlier still"),
    ("family", "all texts that links connect; its tree is a stemma, as textual critics draw it for manuscripts"),
    ("first seen", "when this archive, or a web archive that it read, first found the text. A page's own date can be "
                   "wrong or changed; a sighting cannot"),
))


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What holds for everything that the site shows.

    contents: "full", or "excerpts" where at least one text is not held whole. made_at: when what is served was taken
    from the archive, None of the archive itself. A direction is decided from `decided_from` on. `requests_a_minute` are
    those of one address, 0: no limit. `sql`, `downloads` and `mcp` say what is offered.
    """

    program: str
    contents: str
    made_at: str | None
    licence: str | None
    correction_contact: str | None
    decided_from: float
    requests_a_minute: int
    sql: bool
    downloads: bool
    mcp: bool
    words: tuple[Word, ...]


def told(datasette: Any, conn: sqlite3.Connection, _question: Question) -> About:
    """/about and /about.json."""
    held, offered = snapshots.read(conn), offers.of_site(datasette)
    return About(
        program=PROGRAM, contents=held.contents if held else "full", made_at=held.made_at if held else None,
        licence=offered.licence, correction_contact=offered.correction_contact, decided_from=DECIDED,
        requests_a_minute=offered.requests_a_minute, sql=offered.sql, downloads=offered.downloads, mcp=offered.mcp,
        words=WORDS)
