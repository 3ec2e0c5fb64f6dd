"""Tables as Apache Parquet: what other tools read is what was written."""

import gzip
import io
import struct
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.parquet import MAGIC, ROWS, Column, written

COLUMNS = (Column(name="key", kind="text"), Column(name="words", kind="integer"), Column(name="share", kind="real"),
           Column(name="суджа", kind="text"), *(Column(name=f"c{n}", kind="integer") for n in range(16)))


def file_of(rows: Sequence[Sequence[object]], columns: Sequence[Column] = COLUMNS) -> bytes:
    return b"".join(written(columns, rows, program="stemma 1"))


def row(n: int) -> tuple[object, ...]:
    return ((None, "a", "Суджа 库")[n % 3], (None, 0, -1, 2**62)[n % 4], (None, 0.5, -1e300)[n % 3], None, *range(16))


def thrift(data: bytes, at: int) -> tuple[dict[int, Any], int]:
    """A struct of Thrift's compact protocol by its fields' numbers, and where it ends (thrift-compact-protocol.md)."""
    found, number = dict[int, Any](), 0
    while (head := data[at]) != 0:
        number += head >> 4
        found[number], at = _value(data, at + 1, head & 15)
    return found, at + 1


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind == 12:
        return thrift(data, at)
    if kind == 9:
        size, of, at = data[at] >> 4, data[at] & 15, at + 1
        if size == 15:
            size, at = _varint(data, at)
        items = []
        for _ in range(size):
            item, at = _value(data, at, of)
            items.append(item)
        return items, at
    number, at = _varint(data, at)
    return (data[at:at + number].decode(), at + number) if kind == 8 else ((number >> 1) ^ -(number & 1), at)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def read_back(data: bytes) -> tuple[list[str], list[tuple[object, ...]]]:
    """Names and rows, as the format's description says where they lie; written from that, not from the writer."""
    assert data[:4] == data[-4:] == MAGIC
    footer, _ = thrift(data, len(data) - 8 - int.from_bytes(data[-8:-4], "little"))
    names, rows = [element[4] for element in footer[2][1:]], list[tuple[object, ...]]()
    for group in footer[4]:
        columns = []
        for chunk in group[1]:
            kind, start, values, packed = (chunk[3][field] for field in (1, 9, 5, 7))
            header, at = thrift(data, start)
            assert (header[1], header[5][1], at + header[3]) == (0, values, start + packed)
            columns.append(_column(gzip.decompress(data[at:at + header[3]]), kind, values))
        rows += zip(*columns, strict=True)
    assert footer[3] == len(rows)
    return names, rows


def _column(page: bytes, kind: int, count: int) -> list[object]:
    at, end, present = 4, 4 + int.from_bytes(page[:4], "little"), list[int]()
    while at < end:
        run, at = _varint(page, at)
        assert run & 1 == 0, "runs only"
        present += [page[at]] * (run >> 1)
        at += 1
    assert len(present) == count
    values: list[object] = []
    for is_there in present:
        size = int.from_bytes(page[at:at + 4], "little") if kind == 6 else 8
        at += 4 * (kind == 6 and is_there)
        held = page[at:at + size]
        at += size * is_there
        values.append(None if not is_there else held.decode() if kind == 6
                      else struct.unpack("<q" if kind == 2 else "<d", held)[0])
    return values


@pytest.mark.parametrize("count", [0, 1, 4, ROWS, 2 * ROWS + 17])
def test_what_is_read_back_is_what_was_written(count: int) -> None:
    rows = [row(n) for n in range(count)]
    assert read_back(file_of(rows)) == ([column.name for column in COLUMNS], rows)


@pytest.mark.parametrize("count", [0, 1, 4, ROWS, 2 * ROWS + 17])
def test_another_reader_finds_what_was_written(count: int) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = [row(n) for n in range(count)]
    table = parquet.read_table(io.BytesIO(file_of(rows)))
    assert table.column_names == [column.name for column in COLUMNS]
    assert [tuple(found.values()) for found in table.to_pylist()] == rows


@given(st.lists(st.tuples(st.one_of(st.none(), st.text(max_size=20), st.integers(-2**63, 2**63 - 1),
                                    st.floats(allow_nan=False))), max_size=20))
def test_no_value_breaks_a_file(rows: list[tuple[object]]) -> None:
    for kind in ("text", "integer", "real"):
        assert file_of(rows, [Column(name="a", kind=kind)]).endswith(MAGIC)
