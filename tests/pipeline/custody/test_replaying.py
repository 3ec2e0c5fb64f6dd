"""The index by which pywb serves the data folder: kept up by each run, whatever came, went or was lost."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from stemma_testing import Stemma

from archive import warc
from archive.model import RecordRef


def files(stemma: Stemma) -> dict[str, bytes]:
    folder = stemma.folder / "data" / "replay" / "collections" / "archive" / "indexes"
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def lines(stemma: Stemma) -> list[str]:
    found = [raw.decode("ascii").splitlines() for raw in files(stemma).values()]
    assert all(one == sorted(set(one)) for one in found)
    return sorted(line for one in found for line in one)


def exported(stemma: Stemma) -> list[str]:
    stemma.run("export", "cdxj", "all.cdxj", "--topic", "topic.toml")
    return (stemma.folder / "all.cdxj").read_text("ascii").splitlines()


def update(stemma: Stemma) -> int:
    """How many lines were written."""
    done = json.loads(stemma.run("update", "--topic", "topic.toml", "--json").stdout)
    return int(next(report for report in done if report["step"] == "replay")["done"])


def test_runs_keep_it_up_and_each_line_leads_to_its_record(own: Stemma) -> None:
    assert lines(own) == exported(own)
    assert all(name[4] == "-" and name.endswith(".cdxj") for name in files(own))
    folder = own.folder / "data" / "replay" / "collections" / "archive" / "archive"
    for line in lines(own):
        fields = json.loads(line.split(" ", 2)[2])
        ref = RecordRef(path=fields["filename"], offset=int(fields["offset"]), length=int(fields["length"]))
        assert dict(warc.read_record(folder, ref).headers)["WARC-Type"] in ("response", "revisit")
    assert update(own) == 0, "nothing is new"


def test_what_comes_in_is_added_and_what_was_there_not_written_twice(own: Stemma) -> None:
    before = lines(own)
    own.run("export", "wacz", "part.wacz", "--topic", "topic.toml")
    other = replace(own, folder=own.folder / "other")
    other.folder.mkdir()
    for name in ("topic.toml", "authority.pem", "part.wacz"):
        shutil.copy(own.folder / name, other.folder)
    other.run("import", "part.wacz", "--topic", "topic.toml", "--data", "data")
    assert not (other.folder / "data" / "replay").exists(), "an import alone indexes nothing"
    assert update(other) > 100
    first = lines(other)
    with other.database() as conn:  # as a run that was killed between the file and the note of it
        conn.execute("UPDATE replayed SET indexed = indexed / 2")
    conn.close()
    assert update(other) > 0
    assert lines(other) == first
    assert len(first) <= len(before)


def test_what_is_withheld_or_erased_leaves_it_at_once(own: Stemma) -> None:
    conn = own.database()
    one, other = (row["url"] for row in conn.execute("SELECT url FROM article ORDER BY versions DESC, key LIMIT 2"))
    conn.close()
    before = lines(own)
    own.run("withhold", one, "--reason", "Asked for", "--topic", "topic.toml")
    own.run("erase", other, "--reason", "A court demands it", "--yes", "--topic", "topic.toml")
    held = lines(own)
    assert held == exported(own)
    assert not [line for line in held if one in line or other in line]
    own.run("withhold", one, "--undo", "--topic", "topic.toml")
    shown = lines(own)
    assert [line for line in shown if one in line] == [line for line in before if one in line]
    assert not [line for line in shown if other in line]


def lose_all(data: Path) -> None:
    shutil.rmtree(data / "replay")


def lose_one(data: Path) -> None:
    next(path for path in (data / "replay").rglob("*.cdxj")).unlink()


def cut_one(data: Path) -> None:
    file = next(path for path in (data / "replay").rglob("*.cdxj"))
    file.write_bytes(file.read_bytes()[:-30])


@pytest.mark.parametrize("damage", [lose_all, lose_one, cut_one])
def test_what_is_lost_is_made_anew(own: Stemma, damage: Callable[[Path], None]) -> None:
    before = files(own)
    damage(own.folder / "data")
    update(own)
    assert files(own) == before


def test_verify_finds_a_changed_byte_and_the_next_run_mends_it(own: Stemma) -> None:
    before = files(own)
    file = next(path for path in (own.folder / "data" / "replay").rglob("*.cdxj"))
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    assert "index for replay" in own.run("verify", "--topic", "topic.toml", code=1).stderr
    own.run("update", "--topic", "topic.toml")
    assert files(own) == before
    own.run("verify", "--topic", "topic.toml")


def test_a_rebuild_and_a_restored_backup_have_it_too(own: Stemma) -> None:
    before = files(own)
    own.run("backup", "copy", "--topic", "topic.toml")
    assert not (own.folder / "copy" / "replay").exists(), "it is derived"
    shutil.rmtree(own.folder / "data" / "replay")
    own.run("rebuild", "--topic", "topic.toml")
    assert files(own) == before
    own.run("restore", "copy", "--data", "again", "--topic", "topic.toml")
    own.run("update", "--topic", "topic.toml", "--data", "again")
    again = own.folder / "again" / "replay" / "collections" / "archive" / "indexes"
    assert {path.name: path.read_bytes() for path in again.iterdir()} == before


def test_a_file_that_somebody_put_there_is_found_and_goes_and_so_does_a_link_that_leads_elsewhere(own: Stemma) -> None:
    place = own.folder / "data" / "replay" / "collections" / "archive"
    before = files(own)
    (place / "indexes" / "2020-01.cdxj").write_text("com,example)/ 20200101000000 {}\n")
    (place / "archive").unlink()
    (place / "archive").symlink_to(own.folder, target_is_directory=True)
    said = own.run("verify", "--topic", "topic.toml", code=1).stderr
    assert "files of the index for replay that are not what the database says" in said
    update(own)
    assert files(own) == before
    assert (place / "archive").resolve() == (own.folder / "data" / "warc").resolve()
    own.run("verify", "--topic", "topic.toml")


def test_copies_of_the_files_in_a_copied_folder_are_a_link_again(own: Stemma) -> None:
    place = own.folder / "data" / "replay" / "collections" / "archive" / "archive"
    place.unlink()
    shutil.copytree(own.folder / "data" / "warc", place)
    own.run("verify", "--topic", "topic.toml")
    update(own)
    assert place.is_symlink()
    assert place.resolve() == (own.folder / "data" / "warc").resolve()
