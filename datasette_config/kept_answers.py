"""Answers that count the whole archive -> the same answers again, as long as the database is what it was.

SQLite says of each connection whether another one has written since (`PRAGMA data_version`), in the transaction in
which the answer is read: what is kept is never older than what would be counted now.
"""

import sqlite3
import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

Answer = TypeVar("Answer")

STATE = "PRAGMA data_version"


class KeptAnswers:
    """The last `most` answers of each thread, which has its own connection."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._own = threading.local()

    def of(self, conn: sqlite3.Connection, question: Hashable, answer: Callable[[], Answer]) -> Answer:
        """The kept answer to a question, or else a new one."""
        held = self._held(conn)
        found: Answer = held.pop(question) if question in held else answer()
        held[question] = found  # at the end: what was asked longest ago goes first
        if len(held) > self._most:
            del held[next(iter(held))]
        return found

    def _held(self, conn: sqlite3.Connection) -> dict[Hashable, Any]:
        (state,) = conn.execute(STATE).fetchone()
        # The connection itself: a number of it may be another's later, and the first state of all is alike.
        before: tuple[sqlite3.Connection, int, dict[Hashable, Any]] | None = getattr(self._own, "held", None)
        if before is not None and before[0] is conn and before[1] == state:
            return before[2]
        held: dict[Hashable, Any] = {}
        self._own.held = conn, state, held
        return held
