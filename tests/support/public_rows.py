"""The public rows of an archive, to compare one with another."""

import json
import re
import sqlite3
from pathlib import Path

VIEWS = ("article", "version", "copy_link", "family", "witness", "capture", "observation", "discovery",
         "partial_witness", "sighting", "post_version")
_PUBLIC_ID = re.compile(r"-\d{14}-[a-z2-7]{8}")
_PLACES = frozenset({"path", "offset", "length", "payload_digest", "payload_sha256", "payload_length"})


def public_rows(database: Path, *, times: bool = True, views: tuple[str, ...] = VIEWS) -> dict[str, list[str]]:
    """Each view's rows as sorted JSON, without the numbers that rows have by accident.

    Without times, what depends on the moment of a look goes too: times, places in files, payloads (some outlets
    print a clock), both in public ids, and how often a source was asked.
    """
    conn = sqlite3.connect(database)
    conn.row_factory = sqlite3.Row
    found = {}
    for view in views:
        rows = [dict(row) for row in conn.execute(f"SELECT * FROM {view}")]
        if not times:
            rows = [row for row in rows if row.get("role", "article") == "article"]
        found[view] = sorted(json.dumps(_plain(row, times), sort_keys=True, ensure_ascii=False) for row in rows)
    conn.close()
    return found


def _plain(row: dict[str, object], times: bool) -> dict[str, object]:
    kept = {name: value for name, value in row.items() if not (name.endswith("_id") and name != "public_id")}
    if times:
        return kept
    timed = _PLACES | {
        "captured_at", "at", "found_at", "first_seen", "last_seen", "last_look", "gone_at", "dated", "evidence",
        "payloads", "differences", "difference",
    }
    return {
        name: _PUBLIC_ID.sub("-TIME-DIGEST", value) if isinstance(value, str) else value
        for name, value in kept.items() if name not in timed
    }
