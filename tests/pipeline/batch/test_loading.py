"""Tables that are none of a batch's, or damaged: `stemma load` says which and why, and takes nothing of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from stemma_testing import Stemma

from archive.errors import UnreadableFile
from pipeline.copies import epoch

pa = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")

MANIFEST = {"program": "0.1", "extractor": "x", "decided_by": "x", "topic": "kursk", "method": "x",
            "epoch": epoch.packed(epoch.shipped())}


def written(folder: Path, name: str, row: dict[str, Any]) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist([row]), folder / name / "part.parquet")


def damaged(folder: Path) -> None:
    (folder / "manifest" / "part.parquet").write_bytes(b"PAR1 and no more")


def without_epoch(folder: Path) -> None:
    written(folder, "manifest", {name: told for name, told in MANIFEST.items() if name != "epoch"})


def with_an_empty_epoch(folder: Path) -> None:
    written(folder, "manifest", MANIFEST | {"epoch": None})


def with_another_epoch(folder: Path) -> None:
    written(folder, "manifest", MANIFEST | {"epoch": b"no epoch"})


def with_a_failure_of_nothing(folder: Path) -> None:
    written(folder, "failures", {"stage": "import", "subject": None, "reason": "x"})


def with_other_records(folder: Path) -> None:
    written(folder, "records", {"file": "a.warc.gz", "maker": None, "packed": b""})


@pytest.mark.parametrize(("change", "said"), [
    pytest.param(damaged, "manifest: it cannot be read as a table", id="no Parquet"),
    pytest.param(without_epoch, "manifest: it has no column epoch", id="a column less"),
    pytest.param(with_an_empty_epoch, "manifest: a row lacks a value", id="an empty field"),
    pytest.param(with_another_epoch, "manifest: its epoch cannot be read", id="another epoch"),
    pytest.param(with_a_failure_of_nothing, "failures: a row lacks a value", id="a failure of nothing"),
    pytest.param(with_other_records, "records: it has no column is_wanted", id="records of another program"),
])
def test_what_is_no_table_of_a_batch_is_said_in_a_line(
    change: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    tables = tmp_path / "tables"
    written(tables, "manifest", MANIFEST)
    written(tables, "failures", {"stage": "extract", "subject": "x", "reason": "x"})
    written(tables, "records", {"file": "a.warc.gz", "maker": None, "is_wanted": False, "packed": b""})
    change(tables)
    done = Stemma(tmp_path).run("load", "tables", code=2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_tables_that_are_written_anew_while_they_are_copied_are_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spark = pytest.importorskip("pipeline.batch.spark")
    from pipeline.cli.far import at_hand

    methods = iter(("first", "first", "first", "second"))

    class Session:
        def stop(self) -> None:
            pass

    def fetch(_: Session, out: str, names: Sequence[str], folder: Path) -> None:
        if names == ["manifest"]:
            written(folder, "manifest", MANIFEST | {"method": next(methods)})

    monkeypatch.setattr(spark, "session", lambda *_: Session())
    monkeypatch.setattr(spark, "fetch", fetch)
    with at_hand("x://a/tables", tmp_path / "data", {}) as folder:
        assert (folder / "manifest").is_dir()
    with pytest.raises(UnreadableFile, match="x://a/tables: another batch"), \
            at_hand("x://a/tables", tmp_path / "data", {}):
        pass
    assert list((tmp_path / "data").iterdir()) == []


def test_settings_of_spark_are_not_taken_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    assert "give --conf with a URL" in Stemma(tmp_path).run("load", "tables", "--conf", "a=b", code=2).stderr
