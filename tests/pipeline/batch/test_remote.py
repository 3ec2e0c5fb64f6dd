"""`stemma batch` and `stemma load` with a filesystem that is asked over HTTP, and what they say where it refuses."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import made_warcs
import pytest
from spark_testing import CONF, held, require_spark
from stemma_testing import Stemma
from web_hdfs import WebHdfs

TOPIC = ("--topic", "topic.toml")
LOCAL = ("--master", "local[1,4]", *CONF, "--conf", "spark.sql.shuffle.partitions=1")  # two run at once
ONCE = ("--master", "local[1]", *CONF)  # without a second try
SPACED = "CC NEWS+00001 [a] {b,c} 100%20.warc.gz"  # what a pattern, and an address, would write otherwise
TABLES = ("manifest", "read", "captures", "pages", "failures", "addresses", "records", "documents", "versions",
          "readings", "pairs", "reuses", "links")
pytestmark = pytest.mark.timeout(600)


def rows_of(tables: Path, name: str) -> list[str]:
    """A table's rows in an order; of the file that a row is from its name alone."""
    from pipeline.batch.loading import table

    return sorted(json.dumps(row | {"file": str(row.get("file")).rpartition("/")[2]}, default=str, sort_keys=True)
                  for row in table(tables, name))


@dataclass(frozen=True)
class Batches:
    """What a batch made of files on this machine in `local`, and of the same on `remote` in its folder `tables`."""

    stemma: Stemma
    remote: WebHdfs
    told: str  # by the remote one

    @property
    def local(self) -> Path:
        return self.stemma.folder / "local"


def at_once(stemma: Stemma, *commands: tuple[str, ...], codes: Sequence[int]) -> list[subprocess.CompletedProcess[str]]:
    """What commands say that are run beside each other: most of the time of each is Java's to begin."""
    with ThreadPoolExecutor() as pool:
        done = pool.map(lambda words, code: stemma.run(words[0], *TOPIC, *words[1:], code=code, timeout=400), commands, codes)
    return list(done)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Batches]:
    require_spark()
    folder = tmp_path_factory.mktemp("remote")
    (folder / "topic.toml").write_text(made_warcs.TOPIC, encoding="utf-8")
    _, second = made_warcs.write(folder / "remote" / "in", 20, 2)
    second.rename(second.with_name(SPACED))
    stemma = Stemma(folder)
    with WebHdfs(folder / "remote", _is_refused).serving() as remote:
        _, there = at_once(
            stemma, ("batch", *LOCAL, "--out", "local", "remote/in"),
            ("batch", *LOCAL, "--out", f"{remote.address}/tables", f"{remote.address}/i*/*.warc.gz"), codes=(0, 0))
        yield Batches(stemma, remote, there.stdout)


def _is_refused(operation: str, path: str) -> bool:
    return (operation == "CREATE" and path.startswith("/broken/captures")) or (
        operation == "OPEN" and path.startswith("/closed"))


@pytest.fixture(scope="module")
def said(both: Batches, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What batches say that cannot be done, by their names: a line each, no traceback."""
    address, files = both.remote.address, both.remote.folder / "closed"
    (others := both.remote.folder / "others" / "documents").mkdir(parents=True)
    (others / "thesis.txt").write_text("Years of work.")
    made_warcs.write(files, 2, 1)
    with WebHdfs(tmp_path_factory.mktemp("gone")).serving() as gone:
        pass
    commands = {
        "broken": ("--out", f"{address}/broken", "remote/closed"),
        "closed": ("--out", "unread", f"{address}/closed"),
        "gone": ("--out", "local", f"{gone.address}/in/*.warc.gz"),
        "no jar": ("--out", "s3a://bucket/tables", "remote/closed"),
        "no lists": ("--out", "unread", f"{gone.address.replace('webhdfs', 'http')}/in/a.warc.gz"),
        "others": ("--out", f"{address}/others", "remote/closed"),
    }
    done = at_once(both.stemma, *(("batch", *ONCE, *words) for words in commands.values()), codes=[*[1] * (len(commands) - 1), 2])
    for one in done:
        assert "Traceback" not in one.stderr
        assert "\tat " not in one.stderr
    return dict(zip(commands, (
        next(line for line in one.stderr.splitlines() if line.startswith("stemma: ")) for one in done), strict=True))


def test_the_rows_are_those_of_local_files(both: Batches) -> None:
    remote = both.remote.folder / "tables"
    for name in TABLES:
        assert rows_of(remote, name) == rows_of(both.local, name)
    assert all(rows_of(remote, name) for name in ("records", "documents", "versions", "reuses", "links"))
    assert {json.loads(row)["file"] for row in rows_of(remote, "records")} == {"CC-NEWS-00000.warc.gz", SPACED}
    assert sorted(path.name for path in both.stemma.folder.iterdir()) == ["local", "remote", "topic.toml"]
    assert both.told.startswith("batch ")


@pytest.fixture(scope="module")
def loads(both: Batches, said: dict[str, str]) -> list[subprocess.CompletedProcess[str]]:
    """What `load` says to the whole result, to the broken one, and to an address that nothing can read."""
    places = (f"{both.remote.address}/tables/", f"{both.remote.address}/broken", "s3a://bucket/tables")
    both.remote.asked.clear()
    done = at_once(both.stemma, *(("load", "--data", "far", *CONF, place) for place in places), codes=(0, 2, 1))
    assert not any("Traceback" in one.stderr for one in done)
    return done


def test_what_is_loaded_from_there_is_what_is_loaded_from_here(both: Batches, loads: object) -> None:
    both.stemma.run("load", *TOPIC, "--data", "near", "local")
    near, far = (held(both.stemma.folder / data) for data in ("near", "far"))
    assert far == near
    assert all(near.values())
    assert not list((both.stemma.folder / "far").glob("batch-*"))
    opened = {path.split("/")[2] for operation, path in both.remote.asked if operation == "OPEN"}
    assert opened == {"manifest", "failures", "records", "documents", "readings", "reuses"}


def test_a_batch_that_is_forbidden_to_go_on_says_where_and_is_not_loaded(
    both: Batches, said: dict[str, str], loads: list[subprocess.CompletedProcess[str]]
) -> None:
    address = both.remote.address
    assert said["broken"].startswith(f"stemma: {address}/broken/captures: not written: ")
    assert "Permission denied: user=stemma, path=/broken/captures/" in said["broken"]
    assert said["broken"].endswith("run it again")
    assert rows_of(both.remote.folder / "broken", "read")  # so far it went
    assert f"stemma: {address}/broken: no result of 'stemma batch'" in loads[1].stderr
    assert "no result of 'stemma batch'" in both.stemma.run("load", *TOPIC, "remote/broken", code=2).stderr


def test_a_manifest_that_was_written_and_not_put_in_its_place_is_none(both: Batches, tmp_path: Path) -> None:
    shutil.copytree(both.remote.folder / "tables", tmp_path / "tables")
    written, = (tmp_path / "tables" / "manifest").glob("part-*.parquet")
    (waiting := written.parent / "_temporary" / "0" / "task_1").mkdir(parents=True)
    written.rename(waiting / written.name)
    done = both.stemma.run("load", *TOPIC, str(tmp_path / "tables"), code=2)
    assert "no result of 'stemma batch'" in done.stderr


def test_files_that_may_not_be_read_are_named(said: dict[str, str]) -> None:
    assert "reading file webhdfs://127.0.0.1" in said["closed"]
    assert "Permission denied: user=stemma, path=/closed/" in said["closed"]


def test_a_filesystem_that_is_gone_leaves_an_earlier_result_as_it_was(both: Batches, said: dict[str, str]) -> None:
    assert "/in/*.warc.gz: not read: " in said["gone"]
    assert "Connection refused" in said["gone"]
    assert len(rows_of(both.local, "manifest")) == 1


def test_a_folder_of_others_is_left_as_it_is(both: Batches, said: dict[str, str]) -> None:
    assert said["others"] == (
        f"stemma: {both.remote.address}/others: documents in it would be written anew, and is no result of 'stemma batch'; "
        f"give another folder")
    held = sorted(path.relative_to(both.remote.folder).as_posix() for path in (both.remote.folder / "others").rglob("*"))
    assert held == ["others/documents", "others/documents/thesis.txt"]


def test_where_files_cannot_be_listed_is_told_with_what_to_do(said: dict[str, str]) -> None:
    assert "/in/a.warc.gz: not read: " in said["no lists"]
    assert said["no lists"].endswith("files cannot be listed there: copy them to where they can, and name the folder")


def test_an_address_that_spark_has_no_jar_for_is_told_with_the_jar_to_name(
    said: dict[str, str], loads: list[subprocess.CompletedProcess[str]]
) -> None:
    for told in (said["no jar"], loads[2].stderr):
        assert "stemma: s3a://bucket/tables" in told
        assert "S3AFileSystem not found" in told
        assert "--conf spark.jars.packages=org.apache.hadoop:hadoop-aws:" in told


def test_a_folder_that_is_not_there_is_no_address(tmp_path: Path) -> None:
    require_spark()
    assert "'nowhere'" in Stemma(tmp_path).run("load", "nowhere", code=2).stderr
