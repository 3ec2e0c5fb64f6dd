"""Cells of a table as a file -> cells that no spreadsheet runs: what begins as a formula begins with an apostrophe.

A headline may be "=HYPERLINK(...)", which a spreadsheet that opens the file would run. Numbers stay as they are.
"""

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the last ones as CJK keyboards type them
_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"|[^",\r\n][^,\r\n]*')
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def plain(value: object) -> object:
    """A value as a cell may hold it."""
    if isinstance(value, str) and value.startswith(FORMULA) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


class Rows:
    """CSV as it comes in pieces -> the same with plain cells, in whole rows."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._is_open = False  # within quotation marks

    def feed(self, piece: bytes, *, is_last: bool) -> bytes:
        """What can be sent on."""
        self._held.append(piece)
        self._is_open ^= piece.count(b'"') % 2 == 1
        if not is_last and (self._is_open or not piece.endswith(b"\n")):
            return b""
        text = b"".join(self._held).decode("utf-8", "surrogateescape")
        self._held.clear()
        return _CELL.sub(_plain, text).encode("utf-8", "surrogateescape")


def _plain(found: re.Match[str]) -> str:
    cell = found[0]
    if cell.startswith('"'):
        return f"\"'{cell[1:]}" if cell[1:].startswith(FORMULA) and not _NUMBER.fullmatch(cell[1:-1]) else cell
    return str(plain(cell))
