"""The real command with another clock, or with less patience for a database that is locked.

CLOCK is JSON: pairs of a number of readings and the seconds by which the clock is wrong from that reading on.
BUSY_MS is how long a locked database is waited for.
"""

import json
import os
from datetime import datetime, timedelta, tzinfo
from itertools import count

from archive import store
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


base.datetime = Wrong  # type: ignore[misc]
store.BUSY_TIMEOUT_MS = int(os.environ.get("BUSY_MS", store.BUSY_TIMEOUT_MS))
cli.main()
