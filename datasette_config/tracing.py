"""A text or a name that somebody asks about -> the answer of the page /trace, found as `stemma trace` finds it.

Nothing of the text is kept: it is compared, shown to the one who sent it, and forgotten.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from urllib.parse import parse_qsl

from archive.errors import UnknownText, UnreadableFile
from archive.store import snapshots, withholdings
from archive.topic import Topic
from datasette_config.alignment import Row, longest, passage_row
from datasette_config.answers import DETAILED, PASSAGES, WORD_BY_WORD, Missing, Withheld
from datasette_config.parameters import MAX_NAME, ParameterError
from pipeline import trace as tracing
from pipeline.origins.likely import Likely, likely
from pipeline.origins.subject import Subject, of_text, read_article
from pipeline.trace import Exemplar, Trace

MAX_BYTES = 65_536  # of a text, in UTF-8
MAX_BODY_BYTES = 4 * MAX_BYTES  # of a form, in which a byte of a letter beyond ASCII takes three
TIME_LIMIT_MS = 4_000  # for looking closely; what is compared last is what shares least
MARKING_MS = 1_000  # more, for marking words; a passage that comes later is shown without marks
MOST = 0.9  # of a text's words that stand in a held one, from which it is said to be held


class TooLongError(Exception):
    """A text of more than MAX_BYTES."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the form holds: a text, or the name of an article of the archive; a text goes before a name."""

    text: str = ""
    of: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing was asked."""
        return not self.text.strip() and not self.of


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The traced text as a column of passages is headed."""

    outlet: str
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An exemplar as the page shows it: what it is to the text, and its longest passages, the text's own left."""

    exemplar: Exemplar
    said: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The page: the form as it was filled in, and what was found; `public_id` is the text's own where it is held.

    `likely` is what was found where only excerpts are held.
    """

    asked: Asked
    problem: str | None = None
    found: Trace | None = None
    likely: Likely | None = None
    looked: str = ""
    public_id: str | None = None
    side: Side | None = None
    shown: tuple[Shown, ...] = ()

    @property
    def has_source(self) -> bool:
        """A held text is what the text was made from."""
        return any(one.exemplar.is_source for one in self.shown)

    @property
    def same(self) -> Exemplar | None:
        """The held text that has a pasted one word for word, or nearly all of it; identical ones first."""
        near = [one.exemplar for one in self.shown if self.public_id is None and one.exemplar.share >= MOST
                and one.exemplar.link.relation in WORD_BY_WORD]
        return min(near, key=lambda one: (one.link.relation != "identical", -one.share), default=None)


def in_address(arguments: Mapping[str, str]) -> Asked:
    """What an address asks: /trace?of=NAME. Raises ParameterError."""
    return Asked(of=_name(arguments.get("of", "")))


def in_body(body: bytes, content_type: str) -> Asked:
    """What a form or a plain text asks. Raises ParameterError, TooLongError."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "text/plain":
        return Asked(text=_text(body.decode("utf-8", "replace")))
    if kind != "application/x-www-form-urlencoded":
        raise ParameterError("send the text as a form's field \"text\", or as text/plain")
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"))
    return Asked(text=_text(fields.get("text", "")), of=_name(fields.get("of", "")))


def answered(conn: sqlite3.Connection, topic: Topic, asked: Asked, *, clock: Callable[[], float] = monotonic
             ) -> Answer | Missing | Withheld:
    """Trace what was asked. Raises ParameterError where the text is none."""
    deadline = clock() + TIME_LIMIT_MS / 1000
    marked_until = deadline + MARKING_MS / 1000
    if asked.text.strip():
        subject = _pasted(asked.text)
    else:
        try:
            subject = read_article(conn, asked.of)
        except UnknownText:
            stone = withholdings.find(conn, asked.of)
            if stone is not None:
                return Withheld(stone=stone)
            return Missing(reason=f"No article is held under “{asked.of}”; paste its text instead.")
    if snapshots.is_excerpts(conn):
        near = likely(conn, topic, subject)
        return Answer(asked=asked, likely=near, looked=tracing.looked(near.searched))
    found = tracing.trace(conn, topic, subject, in_time=lambda: clock() < deadline)
    return Answer(
        asked=asked, found=found, looked=tracing.looked(found.searched),
        side=Side(outlet="The text", language=found.subject.language),
        public_id=found.public_id, shown=tuple(
            Shown(exemplar=one, said=tracing.in_words(one, is_held=found.public_id is not None), rows=(
                _rows(found, one, in_time=lambda: clock() < marked_until) if place < DETAILED else ()))
            for place, one in enumerate(found.exemplars)),
    )


def _pasted(text: str) -> Subject:
    try:
        return of_text(text, name="what was pasted")
    except UnreadableFile as error:
        raise ParameterError("paste a text of a few sentences") from error


def _rows(found: Trace, one: Exemplar, *, in_time: Callable[[], bool]) -> tuple[Row, ...]:
    return tuple(
        passage_row(found.subject.text, one.text, passage, number=place,
                    word_by_word=one.link.relation in WORD_BY_WORD if in_time() else None)
        for place, passage in enumerate(longest(one.passages, limit=PASSAGES), start=1)
    )


def _text(text: str) -> str:
    clean = text.replace("\x00", "\ufffd")
    if len(clean.encode("utf-8", "replace")) > MAX_BYTES:
        raise TooLongError
    return clean


def _name(name: str) -> str:
    stripped = name.strip().replace("\x00", "\ufffd")
    if len(stripped) > 10 * MAX_NAME:
        raise ParameterError(f"of is longer than {10 * MAX_NAME:,} characters")
    return stripped.encode("utf-8", "replace").decode()
