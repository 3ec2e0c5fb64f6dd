"""The words of the search index: which there are, how texts write them, and how a question is put to it."""

import json
import re
import sqlite3

from archive.errors import ArchiveError
from archive.store import snapshots

# Of text without spaces that hold a word: 7,059 take 0.18 s, and 34,889 five, since SQLite looks at each for each text.
MOST_STRETCHES = 10_000
MOST_WORDS = 400  # of the index that begin alike and are looked at for forms of one word

_PHRASE = re.compile(r'"([^"\s][^"]*)"(\*?)')
_WORD = re.compile(r'"[^"]+"\*?')
_ALL = " AND "
NOTHING = '""'  # a query that matches no row

PROBE = "SELECT 1 FROM versions_fts WHERE versions_fts MATCH :match LIMIT 1"

WORDS = "SELECT term, doc FROM words WHERE term >= :first AND term < :after ORDER BY doc DESC, term LIMIT :limit"

# Scripts that put no space between words (Thai, Lao; Burmese; Khmer; Japanese and Chinese): there, what the index has
# for a word is all that stands between two signs.
_UNSPACED = (("\u0e00", "\u0f00"), ("\u1000", "\u10a0"), ("\u1780", "\u1800"), ("\u2e80", "\uac00"),
             ("\uf900", "\ufb00"), ("\U00020000", "\U00040000"))
UNSPACED = re.compile("[" + "".join(f"{first}-{chr(ord(after) - 1)}" for first, after in _UNSPACED) + "]")
STRETCHES = """
    SELECT w.term, w.doc FROM json_each(:ranges) r
    JOIN words w ON w.term >= json_extract(r.value, '$[0]') AND w.term < json_extract(r.value, '$[1]')
    WHERE instr(w.term, :word) LIMIT :limit
"""

# Some texts that have a word, of which it is seen how they write it.
WRITTEN = """
    SELECT text FROM version WHERE version_id IN (
        SELECT rowid FROM versions_fts WHERE versions_fts MATCH :match LIMIT :limit)
"""
WRITTEN_IN_EXCERPTS = """
    SELECT text FROM version WHERE version_id IN (
        SELECT rowid FROM excerpts_fts WHERE excerpts_fts MATCH :match LIMIT :limit)
"""


class TooManyStretches(ArchiveError):
    """A word of a script without spaces that stands in more stretches of text than can be looked for at once."""

    def __init__(self, word: str) -> None:
        super().__init__(f"{word} stands in more than {MOST_STRETCHES:,} stretches of text; ask for a longer word")


def words(conn: sqlite3.Connection, beginning: str) -> list[tuple[str, int]]:
    """Words of the index that begin so, with the number of versions that have them; those of most, most first.

    In a script without spaces: all stretches of the index that hold it. Raises TooManyStretches.
    """
    if UNSPACED.search(beginning):
        found = conn.execute(STRETCHES, {
            "ranges": json.dumps(_UNSPACED), "word": beginning, "limit": MOST_STRETCHES + 1}).fetchall()
        if len(found) > MOST_STRETCHES:
            raise TooManyStretches(beginning)
        return [(row["term"], row["doc"]) for row in found]
    values = {"first": beginning, "after": beginning + "\U0010ffff", "limit": MOST_WORDS}
    return [(row["term"], row["doc"]) for row in conn.execute(WORDS, values)]


def texts_with(conn: sqlite3.Connection, word: str, *, limit: int) -> list[str]:
    """Some texts that have a word; of excerpts, those that show it."""
    query = WRITTEN_IN_EXCERPTS if snapshots.is_excerpts(conn) else WRITTEN
    return [row["text"] for row in conn.execute(query, {"match": f'"{word}"', "limit": limit})]


def loosened(match: str) -> str:
    """A full-text query without phrases: their words in any order, each of which must be there."""
    return _PHRASE.sub(lambda found: f"({_ALL.join(_words_of(found[1]))}{found[2]})", match)


def _words_of(phrase: str) -> list[str]:
    return [f'"{word}"' for word in phrase.split()]


def in_words(conn: sqlite3.Connection, match: str) -> str:
    """A query loosened, without what is one word to us and several, a phrase, to the index, as in some scripts."""
    words = loosened(match)
    return words if _is_askable(conn, words) else _WORD.sub(
        lambda found: found[0] if _is_askable(conn, found[0]) else NOTHING, words)


def _is_askable(conn: sqlite3.Connection, match: str) -> bool:
    try:
        conn.execute(PROBE, {"match": match}).fetchone()
    except sqlite3.OperationalError as error:
        if "phrase queries are not supported" in str(error):
            return False
        raise
    return True
