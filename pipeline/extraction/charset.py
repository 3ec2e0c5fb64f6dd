"""Bytes of a page -> its characters, whatever was declared (pure)."""

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

MAX_BROKEN = 0.05  # share of the characters beyond ASCII that a declared charset may leave unread
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:-]{2,40})""", re.IGNORECASE)
# The charsets of the web (https://encoding.spec.whatwg.org/#names-and-labels) by Python's names for them, and as which
# of them browsers read those that Python takes more narrowly. Nothing else is a page's to choose: Python has codecs
# that undo escapes of its own, unpack bytes, or are slow on large pages.
_WEB_CHARSETS = {name: name for name in (
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5", "big5hkscs", "euc_jp", "iso2022_jp",
    "cp932", "cp949", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp866", "cp874",
    *(f"cp{number}" for number in range(1250, 1259)),
    *(f"iso8859-{number}" for number in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)),
)} | {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}


def html_text(payload: bytes, charset: str | None) -> str:
    """The page's characters: strict UTF-8 if it is that, else the header's charset, the page's own, or a guess.

    UTF-8 first, whatever is declared: bytes of another charset are hardly ever valid UTF-8, and wrong declarations
    are common (UTF-16 names itself by its first two bytes, or in the header). A few broken bytes do not make a charset
    wrong. NUL bytes, which lxml refuses, become spaces.
    """
    return _decoded(payload, charset).replace("\x00", " ")


def _decoded(payload: bytes, charset: str | None) -> str:
    names = list(_charsets(payload, charset))
    for name in names:
        try:
            return payload.decode(name)
        except UnicodeDecodeError:
            continue
    for name in names:
        text = payload.decode(name, "replace")
        if text.count("\ufffd") <= MAX_BROKEN * sum(not c.isascii() for c in text):
            return text
    guess = from_bytes(payload[:200_000]).best()
    return payload.decode(guess.encoding if guess is not None else "cp1252", "replace")


def _charsets(payload: bytes, header: str | None) -> Iterator[str]:
    """The charsets to try, as Python names them."""
    in_page = _META_CHARSET.search(payload[:4_096])
    declared = [_codec(name) for name in (header, in_page.group(1).decode("latin-1") if in_page else None) if name]
    if payload[:2] in (b"\xff\xfe", b"\xfe\xff"):
        yield "utf-16"
    elif declared and declared[0].startswith("utf-16"):
        yield declared[0]
    yield "utf-8-sig"
    yield from (name for name in declared if name and not name.startswith("utf-16"))


def _codec(name: str) -> str:
    """Python's name for a charset of the web, "" for what is none."""
    try:
        return _WEB_CHARSETS.get(codecs.lookup(name.strip()).name, "")
    except (LookupError, ValueError):
        return ""
