"""The public rows of an archive, to compare one with another, and the checks that its WARC files must pass."""

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from stemma_testing import opened

from archive import warc
from archive.urls import canonical_url

VIEWS = ("article", "version", "copy_link", "family", "witness", "capture", "observation", "discovery",
         "partial_witness", "sighting", "post_version", "judgement", "withholding", "frozen_family", "catalogued")
# What searches count and sort by has no view of its own; kept up step by step, it is what a rebuild makes at once.
_CATALOGUED = """
    CREATE TEMP VIEW catalogued AS
    SELECT v.public_id, c.is_latest, c.day, c.dated, c.kin, p.outlet, p.country, p.language, p.month, p.role, p.relation,
           p.edited, p.presence, (
        SELECT min(o.public_id) FROM catalogue f JOIN versions o USING (version_id) WHERE f.fold = c.fold) AS fold
    FROM versions v LEFT JOIN catalogue c USING (version_id) LEFT JOIN profiles p USING (profile_id)
"""
_SETTLED = ("article", "version", "copy_link", "family", "witness", "capture")
_PUBLIC_ID = re.compile(r"-\d{14}-[a-z2-7]{8}")
_PLACES = frozenset({"path", "offset", "length", "payload_digest", "payload_sha256", "payload_length"})


def public_rows(database: Path, *, times: bool = True, views: tuple[str, ...] = VIEWS) -> dict[str, list[str]]:
    """Each view's rows as sorted JSON, without the numbers that rows have by accident.

    Without times, what depends on the moment of a look goes too: times, places in files, payloads (some outlets
    print a clock), both in public ids, and how often a source was asked.
    """
    conn = opened(database)
    conn.row_factory = sqlite3.Row
    conn.execute(_CATALOGUED)
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


def settled(database: Path) -> dict[str, list[str]]:
    """The public rows, times aside.

    An undecided pair has no order but that of its first sightings, and a family of such no other first member: it is
    called here after the least of its members' keys.
    """
    found = public_rows(database, times=False, views=_SETTLED)
    members = [json.loads(row) for row in found["witness"]]
    least = {row["family"]: min(other["article_key"] for other in members if other["family"] == row["family"])
             for row in members}
    for view, name in (("article", "family"), ("witness", "family"), ("family", "public_id")):
        found[view] = sorted(json.dumps(row | {name: least.get(row[name])}, sort_keys=True, ensure_ascii=False)
                             for row in map(json.loads, found[view]))
    found["copy_link"] = sorted(_pair(json.loads(row)) for row in found["copy_link"])
    found["capture"] = sorted(json.dumps(row | {"url": canonical_url(row["url"])}, sort_keys=True)
                              for row in map(json.loads, found["capture"]))
    return found


def _pair(link: dict[str, object]) -> str:
    pair = sorted((str(link["copy_url"]), str(link["exemplar_url"])))
    if link["direction"] == "undecided":
        return json.dumps([pair, link["relation"], link["words"]])
    return json.dumps(link, sort_keys=True)


def check_warcs(folder: Path) -> int:
    """Other people's checks and ours; the number of records that mean something."""
    found = 0
    for path in warc.files(folder):
        subprocess.run([Path(sys.executable).parent / "warcio", "check", folder / path], check=True)
        subprocess.run(["gzip", "-t", folder / path], check=True)
        meanings = [meaning for meaning, _ in warc.records(folder, path)]
        assert not [meaning for meaning in meanings if isinstance(meaning, warc.Damage)]
        found += len([meaning for meaning in meanings if meaning is not None])
    return found
