"""/review: uncertain links as a queue for people who are signed in, and their verdicts, kept as events.

A verdict is a line of events.jsonl, as `stemma judge` writes it, keyed by captures and signed with the reviewer's name.
The site writes nothing else: the links follow with the next update.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast, get_args

from archive import events, judgements
from archive.errors import ArchiveError, UnknownText
from archive.folder import DataFolder
from archive.model import Judgement, Verdict
from archive.store import judgements as kept
from archive.store import kin, pages, review
from archive.store.kin import Link
from archive.store.pages import Card, Place
from datasette_config import reasons
from datasette_config.alignment import Row, longest, passage_row
from datasette_config.answers import WORD_BY_WORD
from datasette_config.parameters import ParameterError, number

LISTED = 10
PASSAGES = 2
MAX_BODY_BYTES = 16_384  # of a verdict
MAX_NOTE = 2_000  # characters
MAX_PAGE = 10_000
OTHER_WAY = "confirm-other"  # of what is undecided: that the exemplar, as the form names it, was made from the copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An uncertain link, why it is shown, and its longest passages, the copy's text left."""

    link: Link
    sentences: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A verdict that the next update will read; the cards are None where a text is not held any more.

    is_last: nothing was decided on the two texts after it.
    """

    verdict: Verdict
    by: str
    at: str
    note: str | None
    copy: Card | None
    exemplar: Card | None
    is_last: bool

    @property
    def pair(self) -> frozenset[str] | None:
        """The keys of the two articles."""
        return frozenset({self.copy.key, self.exemplar.key}) if self.copy and self.exemplar else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A page of the queue, of `total` links; `waiting` are verdicts that no update has read yet."""

    questions: tuple[Question, ...]
    total: int
    page: int
    pages: int
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The queue of one archive, and where verdicts are kept."""

    database: Path
    clock: Any = field(default=lambda: datetime.now(UTC))

    @property
    def _events(self) -> Path:
        return DataFolder(self.database.parent).events

    def queue(self, conn: sqlite3.Connection, question: Mapping[str, str]) -> Review:
        """A page of uncertain links, without those that wait for an update. Raises ParameterError."""
        page = number(question, "page", default=1, most=MAX_PAGE)
        waiting = self._waiting(conn)
        decided = frozenset(one.pair for one in waiting if one.pair and one.is_last and one.verdict != "undo")
        found = review.uncertain(conn, skip=decided, offset=(page - 1) * LISTED, limit=LISTED)
        return Review(
            questions=tuple(_question(conn, link) for link in found.links), total=found.total, page=page,
            pages=max(1, -(-found.total // LISTED)), waiting=waiting)

    def keep(self, conn: sqlite3.Connection, form: Mapping[str, str], *, by: str) -> None:
        """Append a verdict. Raises ParameterError for one that does not fit, WriteFailed where there is no room.

        Nor does one fit that answers to a page from before somebody else's verdict, or from before the link turned.
        """
        verdict = form.get("verdict", "")
        named = ("copy", "exemplar")
        if verdict == OTHER_WAY:
            verdict, named = "confirm", ("exemplar", "copy")
        if verdict not in get_args(Verdict):
            raise ParameterError(f"a verdict is one of {', '.join(get_args(Verdict))}")
        note = form.get("note", "").strip()[:MAX_NOTE] or None
        left, right = (pages.find(conn, form.get(side, "").strip()) for side in named)
        if left is None or right is None or left.article_id == right.article_id:
            raise ParameterError("name two articles that the archive holds, by key or public id")
        last = next((one for one in self._waiting(conn) if one.pair == frozenset({left.key, right.key})), None)
        if last and last.verdict == verdict and last.by == by and last.note == note:
            return  # sent twice
        copy, exemplar = _sides(conn, left, right, cast(Verdict, verdict), last=last, by=by)
        events.append(self._events, judgements.to_event(Judgement(
            verdict=cast(Verdict, verdict), copy=kept.capture_key(conn, copy),
            exemplar=kept.capture_key(conn, exemplar), by=by, at=self.clock(), note=note)))

    def _waiting(self, conn: sqlite3.Connection) -> tuple[Waiting, ...]:
        told = events.read(self._events).of(judgements.KIND)[review.last_read(conn):]
        found: list[Waiting] = []
        decided = set[frozenset[str]]()
        for event in reversed(told):
            try:
                judgement = judgements.from_event(event)
            except (ValueError, ArchiveError):
                continue  # the update says what is wrong with it
            copy, exemplar = (review.captured(conn, side) for side in (judgement.copy, judgement.exemplar))
            pair = frozenset({copy.key, exemplar.key}) if copy and exemplar else None
            found.append(Waiting(verdict=judgement.verdict, by=judgement.by, at=judgement.at.isoformat(),
                                 note=judgement.note, copy=copy, exemplar=exemplar,
                                 is_last=pair is not None and pair not in decided))
            decided |= {pair} if pair else set()
        return tuple(found)


def _sides(
    conn: sqlite3.Connection, left: Place, right: Place, verdict: Verdict, *, last: Waiting | None, by: str
) -> tuple[int, int]:
    """The versions of copy and exemplar that a verdict names; `last` is the pair's verdict that waits for an update."""
    if last and last.verdict != "undo":
        if verdict == "undo":
            return left.version_id, right.version_id
        if last.by != by:
            raise ParameterError(f"{last.by} has decided on these two ({last.verdict}) after you opened the page; take "
                                 "that back first if you know better")
    link = kin.link_between(conn, left.article_id, right.article_id)
    if (verdict in ("confirm", "reverse") and link and link.direction == "decided"
            and link.copy.article_id != left.article_id):
        raise ParameterError("the link has been turned round after you opened the page; look at it again")
    try:
        return review.sides(conn, left, right, verdict)
    except UnknownText as error:
        raise ParameterError(str(error)) from error


def _question(conn: sqlite3.Connection, link: Link) -> Question:
    ids = link.copy.version_id, link.exemplar.version_id
    texts = pages.texts(conn, ids)
    shared = kin.shared_text(conn, *ids)
    rows = tuple(
        passage_row(texts[ids[0]], texts[ids[1]], passage, number=place,
                    word_by_word=link.relation in WORD_BY_WORD)
        for place, passage in enumerate(longest(shared.passages if shared else (), limit=PASSAGES), start=1))
    return Question(link=link, rows=rows, sentences=reasons.sentences(conn, link, texts))
