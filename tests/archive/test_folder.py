"""The data folder and its lock."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive import folder as folder_module
from archive.errors import ArchiveLocked, MissingArchive
from archive.folder import DataFolder, locked, open_archive
from archive.model import Exchange
from archive.warc import WarcWriter, files

HOLDER = """
import sys, time
from pathlib import Path
from archive.folder import open_archive
with open_archive(Path(sys.argv[1]), create=True):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the archive's lock."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(Path(folder_module.__file__).parent.parent)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_process_is_refused_and_the_holder_named(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    with pytest.raises(ArchiveLocked, match=rf"process {holder.pid}, since 20\d\d-") as refused, open_archive(tmp_path):
        pass
    assert refused.value.exit_code == 3


def test_a_killed_holder_holds_nothing(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    started = time.monotonic()
    with open_archive(tmp_path) as archive:
        assert archive.conn.execute("SELECT count(*) FROM captures").fetchone()[0] == 0
    assert time.monotonic() - started < 5


def test_the_lock_is_free_after_its_use_and_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), open_archive(tmp_path, create=True):
            raise ZeroDivisionError
    with locked(DataFolder(tmp_path)), pytest.raises(ArchiveLocked), locked(DataFolder(tmp_path)):
        pass


def test_what_a_killed_command_left_half_made_goes_with_the_next_that_writes(tmp_path: Path) -> None:
    (tmp_path / "public").mkdir()
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True,
                          check=True).stdout.strip()
    left = ["archive.db.rebuild", "archive.db.rebuild-wal", "archive.db.compare-shm", f"public/archive.db.{dead}.part",
            f"public/archive.db.{dead}.part-journal"]
    kept = ["archive.db-wal", "archive.db.before", "public/archive.db", f"public/archive.db.{os.getpid()}.part"]
    for name in (*left, *kept):
        (tmp_path / name).write_text("text")
    for maker in (dead, os.getpid()):
        (tmp_path / f"batch-{maker}-ab_3" / "records").mkdir(parents=True)
    left.append(f"batch-{dead}-ab_3")
    kept.append(f"batch-{os.getpid()}-ab_3/records")
    with locked(DataFolder(tmp_path)):
        assert [name for name in left if (tmp_path / name).exists()] == []
        assert [name for name in kept if not (tmp_path / name).exists()] == []


def test_a_folder_that_does_not_exist_is_not_made_in_passing(tmp_path: Path) -> None:
    with pytest.raises(MissingArchive, match="stemma init"), open_archive(tmp_path / "none"):
        pass
    assert not (tmp_path / "none").exists()


def test_a_folder_without_an_archive_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(MissingArchive, match="stemma init") as missing, open_archive(tmp_path):
        pass
    assert missing.value.exit_code == 2


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MissingArchive, match="--data"), open_archive(tmp_path / "file", create=True):
        pass


def test_a_database_that_was_lost_is_begun_anew_where_there_are_warc_files(
    exchange: Callable[..., Exchange], tmp_path: Path
) -> None:
    writer = WarcWriter(tmp_path / "warc", started_at=exchange().fetched_at, software="tests")
    writer.write(exchange())
    writer.close()
    with open_archive(tmp_path) as archive:
        assert archive.folder.database.exists()
        assert len(files(archive.folder.warcs)) == 1
