"""Rows -> an Apache Parquet file, which any data tool reads, by pyarrow: the extra `parquet`."""

import importlib.util
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from archive.store.tables import Kind

ROWS = 5_000  # of a group, which is held in memory


def is_installed() -> bool:
    """Whether there is pyarrow, which takes 154 MB."""
    return importlib.util.find_spec("pyarrow") is not None


def write(path: Path, columns: Sequence[tuple[str, Kind]], rows: Iterable[Sequence[object]], *, program: str) -> None:
    """Write the file, its creator named in its metadata. A value that is not of its column's kind is missing there."""
    import pyarrow as pa  # the extra `parquet`
    from pyarrow import parquet

    types = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64()}
    schema = pa.schema([(name, types[kind]) for name, kind in columns], metadata={"program": program})
    found = iter(rows)
    with parquet.ParquetWriter(path, schema, compression="zstd") as file:
        while group := list(islice(found, ROWS)):
            arrays = [pa.array([_value(row[place], kind) for row in group], types[kind])
                      for place, (_, kind) in enumerate(columns)]
            file.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _value(value: object, kind: Kind) -> object:
    if value is None or (kind == "text" and isinstance(value, str)):
        return value
    if kind == "text":
        return str(value)
    if kind == "real":
        return float(value) if isinstance(value, int | float) else None
    return value if isinstance(value, int) else None
