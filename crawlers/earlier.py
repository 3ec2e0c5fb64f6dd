"""What sites asked of earlier runs -> how long they still want to be left in peace.

A run that ends takes its memory of Retry-After with it; the answers that said so are kept.
"""

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

from archive import warc
from archive.errors import DamagedWarc
from archive.store import captures
from archive.urls import host_of, registered_domain
from crawlers.politeness import seconds

REMEMBERED = timedelta(days=7)  # who asks for longer is asked once a week


def waits(conn: sqlite3.Connection, folder: Path, *, now: datetime) -> dict[str, float]:
    """Registered domain -> seconds from now, by what each asked for with 429 or 503: the longest wait counts."""
    found: dict[str, float] = {}
    for capture in captures.busy(conn, since=now - REMEMBERED, until=now):
        site = registered_domain(host_of(capture.url))
        try:
            _, headers = warc.parse_head(warc.read_record(folder, capture.record).http_head)
        except DamagedWarc:
            continue
        wait = seconds(headers.get("retry-after"), now=capture.captured_at)
        left = (wait or 0.0) - (now - capture.captured_at).total_seconds()
        if left > found.get(site, 0.0):
            found[site] = left
    return found
