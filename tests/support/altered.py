"""The real command with another clock, with less patience for a database that is locked, or killed at an event.

CLOCK is JSON: pairs of a number of readings and the seconds by which the clock is wrong from that reading on.
BUSY_MS is how long a locked database is waited for. KILL_BEFORE and KILL_AFTER are kinds of events: the process is killed
(SIGKILL) before, or after, it keeps one.
"""

import json
import os
import signal
from datetime import datetime, timedelta, tzinfo
from itertools import count
from pathlib import Path

from archive import events, store
from pipeline import cli
from pipeline.cli import base

_readings = count()
_jumps: list[tuple[int, float]] = json.loads(os.environ.get("CLOCK", "[]"))


class Wrong(datetime):
    """What the command line reads the time from."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        reading = next(_readings)
        return datetime.now(tz) + timedelta(seconds=([0.0] + [wrong for start, wrong in _jumps if reading >= start])[-1])


_append = events.append


def append(path: Path, *added: events.Event) -> None:
    """Keep events, with the kill that was asked for."""
    kinds = {event.kind for event in added}
    if os.environ.get("KILL_BEFORE") in kinds:
        os.kill(os.getpid(), signal.SIGKILL)
    _append(path, *added)
    if os.environ.get("KILL_AFTER") in kinds:
        os.kill(os.getpid(), signal.SIGKILL)


events.append = append
base.datetime = Wrong  # type: ignore[misc]
store.BUSY_TIMEOUT_MS = int(os.environ.get("BUSY_MS", store.BUSY_TIMEOUT_MS))
cli.main()
