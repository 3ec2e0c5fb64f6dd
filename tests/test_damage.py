"""One byte flipped, or an end cut off, anywhere in what is kept: it is found, or it changes nothing that is kept.

A seeded sample here, the thousand of the long run by `make soak`.
"""

import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import FilledDemo

from archive import backup as copies
from archive.errors import ArchiveError
from archive.folder import DataFolder, open_archive
from archive.model import Report
from archive.topic import load_topic
from pipeline import evidence
from pipeline.work import Work

NOW = datetime(2025, 6, 1, tzinfo=UTC)
EVIDENCE = ("warc/", "events.jsonl", "log/entries.jsonl", "log/heads.jsonl")


@dataclass(frozen=True)
class Kept:
    """An archive with its backup and a proof of one of its versions."""

    data: Path
    copy: Path
    proof: Path


@pytest.fixture
def kept(demo: FilledDemo, tmp_path: Path) -> Kept:
    data, copy, file = tmp_path / "data", tmp_path / "copy", tmp_path / "proof.json"
    shutil.copytree(demo.data, data)
    copies.backup(DataFolder(data), copy, now=NOW)
    with closing(sqlite3.connect(data / "archive.db")) as conn:
        (name,) = conn.execute("SELECT public_id FROM version ORDER BY public_id LIMIT 1").fetchone()
    evidence.write_proof(data, evidence.cite(data, name), file, with_record=True)
    return Kept(data, copy, file)


def verified(data: Path) -> Report:
    with open_archive(data) as archive:
        return evidence.verify(Work(archive, load_topic("kursk"), lambda: NOW, lambda *_: None))


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
        if path.is_relative_to(kept.copy):
            return bool(copies.differing(kept.copy))
        return bool(verified(kept.data).attention)
    except (ArchiveError, sqlite3.DatabaseError):
        return True  # the command line says either in one sentence


def outcomes(kept: Kept, *, flips: int, cuts: int, seed: int) -> Counter[tuple[str, str]]:
    """Kinds of files with what came of their damage: found, harmless (the public rows are the same), or missed."""
    chance, found = random.Random(seed), Counter[tuple[str, str]]()
    roots = {"archive": kept.data, "backup": kept.copy}
    files = [(kind, path) for kind, root in roots.items() for path in sorted(root.rglob("*"))
             if path.is_file() and (path.suffix == ".db" or str(path.relative_to(root)).startswith(EVIDENCE))]
    files.append(("proof", kept.proof))
    rows = public_rows(kept.data / "archive.db")
    for number in range(flips + cuts):
        kind, path = chance.choice(files)
        raw = path.read_bytes()
        database = (kept.data / "archive.db").read_bytes()
        path.write_bytes(damaged(raw, chance, is_cut=number >= flips))
        name = f"{kind} {'database' if path.suffix == '.db' else 'evidence'}"
        if is_found(kept, path):
            result = "found"
        elif name == "archive database" and public_rows(path) == rows:
            result = "harmless"
        elif kind == "proof" and path.read_bytes().split() == raw.split():
            result = "harmless"  # white space between two of its parts
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
    missed = {key: n for key, n in found.items() if key[1].startswith("missed") and key[0] != "archive database"}
    assert missed == {}, found
    assert sum(found.values()) == 38


@pytest.mark.soak
def test_a_thousand_flips_and_two_hundred_cuts(kept: Kept) -> None:
    found = outcomes(kept, flips=1_000, cuts=200, seed=1)
    print(sorted(found.items()))
    missed = {key: n for key, n in found.items() if key[1].startswith("missed") and key[0] != "archive database"}
    assert missed == {}, found
