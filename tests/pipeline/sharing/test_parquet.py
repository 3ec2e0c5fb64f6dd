"""Tables as Apache Parquet: what other tools read is what was written."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.store.tables import Kind
from pipeline.sharing.parquet import ROWS, write

COLUMNS: tuple[tuple[str, Kind], ...] = (("key", "text"), ("words", "integer"), ("share", "real"), ("суджа", "text"))


def read_back(path: Path, rows: Sequence[Sequence[object]], columns: Sequence[tuple[str, Kind]] = COLUMNS
              ) -> tuple[list[str], list[tuple[object, ...]]]:
    write(path, columns, rows, program="stemma 1")
    table = pyarrow.parquet.read_table(path)
    assert table.schema.metadata[b"program"] == b"stemma 1"
    return table.column_names, [tuple(found.values()) for found in table.to_pylist()]


def row(n: int) -> tuple[object, ...]:
    return (None, "a", "Суджа 库")[n % 3], (None, 0, -1, 2**62)[n % 4], (None, 0.5, -1e300)[n % 3], None


@pytest.mark.parametrize("count", [0, 1, 4, ROWS, 2 * ROWS + 17])
def test_what_is_read_back_is_what_was_written(tmp_path: Path, count: int) -> None:
    rows = [row(n) for n in range(count)]
    assert read_back(tmp_path / "a.parquet", rows) == ([name for name, _ in COLUMNS], rows)


def test_a_value_of_another_kind_is_missing_or_its_text(tmp_path: Path) -> None:
    _, rows = read_back(tmp_path / "a.parquet", [(3, "a", "b", 1.5), ("3", 2, 7, b"x")])
    assert rows == [("3", None, None, "1.5"), ("3", 2, 7.0, "b'x'")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=20), st.integers(-2**63, 2**63 - 1),
                                    st.floats(allow_nan=False))), max_size=20))
def test_no_value_breaks_a_file(tmp_path: Path, rows: list[tuple[object]]) -> None:
    kinds: tuple[Kind, ...] = ("text", "integer", "real")
    for kind in kinds:
        assert len(read_back(tmp_path / "a.parquet", rows, [("a", kind)])[1]) == len(rows)
