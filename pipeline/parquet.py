"""Rows -> an Apache Parquet file, which any data tool reads: columns of texts, whole numbers or fractions (pure).

Written here, since the part of the format that a table of plain values takes is small, and the libraries that write all
of it are larger than the rest of the program. Pages are version 1, values PLAIN, compressed by GZIP; any value may be
missing (github.com/apache/parquet-format: README, Encodings.md, parquet.thrift).
"""

import gzip
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Literal

Kind = Literal["text", "integer", "real"]

MAGIC = b"PAR1"
ROWS = 5_000  # of a group, which is held in memory
_TYPES: dict[Kind, int] = {"integer": 2, "real": 5, "text": 6}  # INT64, DOUBLE, BYTE_ARRAY
_OPTIONAL, _UTF8, _PLAIN, _RLE, _GZIP = 1, 0, 0, 3, 2
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12  # of Thrift's compact protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column by its name, and what its values are."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class _Chunk:
    offset: int
    values: int
    plain: int
    packed: int


def written(columns: Sequence[Column], rows: Iterable[Sequence[object]], *, program: str) -> Iterator[bytes]:
    """The file in pieces. A value that is not of its column's kind is missing there."""
    offset, groups, count = len(MAGIC), list[tuple[int, list[_Chunk]]](), 0
    yield MAGIC
    found = iter(rows)
    while group := list(islice(found, ROWS)):
        chunks = list[_Chunk]()
        for place, column in enumerate(columns):
            page, plain = _page([_value(row[place], column.kind) for row in group])
            chunks.append(_Chunk(offset, len(group), plain, len(page)))
            offset += len(page)
            yield page
        groups.append((len(group), chunks))
        count += len(group)
    footer = _struct(
        (1, _I32, _int(1)), (2, _LIST, _list(_STRUCT, [_root(len(columns)), *map(_element, columns)])),
        (3, _I64, _int(count)), (4, _LIST, _list(_STRUCT, [_group(columns, *group) for group in groups])),
        (6, _BINARY, _binary(program)))
    yield footer + struct.pack("<I", len(footer)) + MAGIC


def _value(value: object, kind: Kind) -> bytes | None:
    if value is None:
        return None
    if kind == "text":
        text = str(value).encode("utf-8", "replace")
        return struct.pack("<I", len(text)) + text
    if not isinstance(value, int | float) or (kind == "integer" and not isinstance(value, int)):
        return None
    return struct.pack("<q", value) if kind == "integer" else struct.pack("<d", value)


def _page(values: Sequence[bytes | None]) -> tuple[bytes, int]:
    """A page with its header, and how long that is before it is compressed."""
    levels = b"".join(
        _varint(len(list(run)) << 1) + bytes([is_there]) for is_there, run in groupby(v is not None for v in values))
    plain = struct.pack("<I", len(levels)) + levels + b"".join(value for value in values if value is not None)
    packed = gzip.compress(plain, mtime=0)
    header = _struct(
        (1, _I32, _int(0)), (2, _I32, _int(len(plain))), (3, _I32, _int(len(packed))),
        (5, _STRUCT, _struct((1, _I32, _int(len(values))), (2, _I32, _int(_PLAIN)), (3, _I32, _int(_RLE)),
                             (4, _I32, _int(_RLE)))))
    return header + packed, len(header) + len(plain)


def _root(children: int) -> bytes:
    return _struct((4, _BINARY, _binary("schema")), (5, _I32, _int(children)))


def _element(column: Column) -> bytes:
    fields = [(1, _I32, _int(_TYPES[column.kind])), (3, _I32, _int(_OPTIONAL)), (4, _BINARY, _binary(column.name))]
    if column.kind == "text":
        fields += [(6, _I32, _int(_UTF8)), (10, _STRUCT, _struct((1, _STRUCT, _struct())))]
    return _struct(*fields)


def _group(columns: Sequence[Column], rows: int, chunks: Sequence[_Chunk]) -> bytes:
    told = [_struct((2, _I64, _int(chunk.offset)), (3, _STRUCT, _struct(
        (1, _I32, _int(_TYPES[column.kind])), (2, _LIST, _list(_I32, [_int(_PLAIN), _int(_RLE)])),
        (3, _LIST, _list(_BINARY, [_binary(column.name)])), (4, _I32, _int(_GZIP)), (5, _I64, _int(chunk.values)),
        (6, _I64, _int(chunk.plain)), (7, _I64, _int(chunk.packed)), (9, _I64, _int(chunk.offset)))))
        for column, chunk in zip(columns, chunks, strict=True)]
    return _struct((1, _LIST, _list(_STRUCT, told)), (2, _I64, _int(sum(chunk.plain for chunk in chunks))),
                   (3, _I64, _int(rows)))


# --- Thrift's compact protocol, as far as it is needed


def _struct(*fields: tuple[int, int, bytes]) -> bytes:
    last, out = 0, bytearray()
    for number, kind, value in fields:
        out += bytes([(number - last) << 4 | kind]) + value
        last = number
    return bytes(out) + b"\0"


def _list(kind: int, items: Sequence[bytes]) -> bytes:
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xF0 | kind]) + _varint(len(items))
    return head + b"".join(items)


def _binary(text: str) -> bytes:
    held = text.encode()
    return _varint(len(held)) + held


def _int(value: int) -> bytes:
    return _varint((value << 1) ^ (value >> 63))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
