"""One byte flipped, or an end cut off, anywhere in what is kept: it is found, or it changes nothing that is kept.

A seeded sample here, the thousand of the long run by `make soak`.
"""

import random
import shutil
import sqlite3
import zipfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import FilledDemo, opened
from time_authority import TimeAuthority

from archive import backup as copies
from archive import events
from archive.errors import ArchiveError
from archive.events import Event
from archive.folder import DataFolder, open_archive
from archive.model import Report
from archive.topic import Topic, load_topic
from archive.topic_settings import StampSettings
from pipeline.custody import anew, evidence
from pipeline.sharing import packages
from pipeline.work import Work, sealed

NOW = datetime(2025, 6, 1, tzinfo=UTC)
KEPT = ("warc/", "events.jsonl", "log/entries.jsonl", "log/heads.jsonl", "log/stamps.jsonl",
        "replay/collections/archive/indexes/")
KINDS = {".db": "database", ".gz": "WARC", ".cdxj": "index for replay", "events.jsonl": "events", "entries.jsonl": "log",
         "heads.jsonl": "log", "stamps.jsonl": "time stamps"}


@dataclass(frozen=True)
class Kept:
    """An archive with its backup and a proof of one of its versions."""

    data: Path
    copy: Path
    proof: Path
    package: Path
    topic: Topic


@pytest.fixture
def kept(demo: FilledDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    data, copy, file, package = (tmp_path / name for name in ("data", "copy", "proof.json", "all.wacz"))
    shutil.copytree(demo.data, data, symlinks=True)
    with TimeAuthority(tmp_path / "tsa").serving() as authority:
        topic = replace(load_topic(demo.stemma.folder / "topic.toml"), stamp=StampSettings(
            url=authority.url, authorities=(str(tmp_path / "tsa" / "root.pem"),)))
        with open_archive(data) as archive:
            events.append(archive.folder.events, Event(kind="note", at=NOW, data={}))
            assert not [report for report in sealed(archive, topic, lambda: NOW) if report.failed]
    copies.backup(DataFolder(data), copy, now=NOW)
    with closing(opened(data / "archive.db")) as conn:
        (name,) = conn.execute("SELECT public_id FROM version ORDER BY public_id LIMIT 1").fetchone()
    evidence.write_proof(data, evidence.cite(data, name), file, with_record=True)
    packages.export(topic, data, package, packages.Wanted(), now=NOW)
    return Kept(data, copy, file, package, topic)


def verified(kept: Kept) -> Report:
    with open_archive(kept.data) as archive:
        return evidence.verify(Work(archive, kept.topic, lambda: NOW, lambda *_: None))


def members(package: Path) -> dict[str, bytes]:
    """What a package holds to who reads it."""
    with zipfile.ZipFile(package) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def damaged(raw: bytes, chance: random.Random, *, is_cut: bool) -> bytes:
    place = chance.randrange(len(raw))
    if is_cut:
        return raw[:place]
    return raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1:]


def is_found(kept: Kept, path: Path) -> bool:
    """Whether what looks after a file finds that it is not what it was."""
    try:
        if path == kept.proof:
            evidence.verify_proof(path)
            return False
        if path == kept.package:
            evidence.verify_package(path)
            return False
        if path.is_relative_to(kept.copy):
            return bool(copies.differing(kept.copy))
        return bool(verified(kept).attention)
    except (ArchiveError, sqlite3.DatabaseError):
        return True  # the command line says either in one sentence


def rows_of(database: Path) -> dict[str, list[str]] | None:
    """The public rows; None where one cannot be read, which is a difference too."""
    try:
        return public_rows(database)
    except (sqlite3.DatabaseError, ValueError):
        return None


def outcomes(kept: Kept, *, flips: int, cuts: int, seed: int) -> Counter[tuple[str, str]]:
    """Kinds of files with what came of their damage: found, harmless, or missed.

    Damage to the database is harmless where the public rows are the same. Where they are not and the plain check does not
    see it, `verify --rebuild` does, which compares just these rows; another test has it do so.
    """
    chance, found = random.Random(seed), Counter[tuple[str, str]]()
    roots = {"archive": kept.data, "backup": kept.copy}
    files = [(kind, path) for kind, root in roots.items() for path in sorted(root.rglob("*"))
             if path.is_file() and (path.suffix == ".db" or str(path.relative_to(root)).startswith(KEPT))]
    files += [("proof", kept.proof), ("package", kept.package)]
    whole = members(kept.package)
    rows = public_rows(kept.data / "archive.db")
    for number in range(flips + cuts):
        kind, path = chance.choice(files)
        raw = path.read_bytes()
        database = (kept.data / "archive.db").read_bytes()
        path.write_bytes(damaged(raw, chance, is_cut=number >= flips))
        name = kind if kind in ("proof", "package") else f"{kind} {KINDS.get(path.suffix) or KINDS[path.name]}"
        if is_found(kept, path):
            result = "found"
        elif name == "archive database":
            result = "harmless" if rows_of(path) == rows else "found by --rebuild"
        elif kind == "proof" and path.read_bytes().split() == raw.split():
            result = "harmless"  # white space between two of its parts
        elif kind == "package" and members(path) == whole:
            result = "harmless"  # a moment or a flag of the zip that says nothing of what is in it
        else:
            result = f"missed {path.name} {number}"
        found[name, result] += 1
        for side in ("-wal", "-shm"):
            (kept.data / f"archive.db{side}").unlink(missing_ok=True)
        (kept.data / "archive.db").write_bytes(database)  # verify notes in it what it finds
        path.write_bytes(raw)
    return found


def test_damage_anywhere_in_the_evidence_is_found(kept: Kept) -> None:
    found = outcomes(kept, flips=30, cuts=8, seed=7)
    missed = {key: n for key, n in found.items() if key[1].startswith("missed")}
    assert missed == {}, found
    assert sum(found.values()) == 38


def test_what_is_derived_is_compared_with_a_database_made_anew(kept: Kept) -> None:
    def compared() -> Report:
        with open_archive(kept.data) as archive:
            return anew.compare_anew(Work(archive, kept.topic, lambda: NOW, lambda *_: None))

    assert compared().attention == ()
    with closing(opened(kept.data / "archive.db")) as conn, conn:
        conn.execute("UPDATE links SET direction_confidence = direction_confidence - 0.001 "
                     "WHERE copy_id = (SELECT max(copy_id) FROM links)")
        conn.execute("UPDATE documents SET byline = 'Nobody' WHERE document_id = (SELECT max(document_id) FROM versions)")
    assert not verified(kept).attention
    report = compared()
    assert report.attention
    with closing(opened(kept.data / "archive.db")) as conn:
        told = {subject for (subject,) in conn.execute("SELECT subject FROM failures WHERE stage = 'database'")}
    assert {"view copy_link", "view version"} <= told
    assert not list(kept.data.glob("archive.db.compare*"))


@pytest.mark.soak
def test_a_thousand_flips_and_two_hundred_cuts(kept: Kept) -> None:
    found = outcomes(kept, flips=1_000, cuts=200, seed=1)
    print(sorted(found.items()))
    missed = {key: n for key, n in found.items() if key[1].startswith("missed")}
    assert missed == {}, found
