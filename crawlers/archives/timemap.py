"""Memento TimeMaps in link format (RFC 7089, 5; RFC 6690) -> the mementos of one address (pure)."""

import re
from dataclasses import dataclass
from datetime import datetime

from archive.times import from_mail
from crawlers.errors import Unreadable

# Commas part the links, and stand within quoted dates too: a link is read as a whole, never split at commas.
_PARAMETER = r"\s*;\s*([\w!#$&+.^`|~*-]+)(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*)))?"
_LINK = re.compile(rf"\s*<([^>]*)>((?:{_PARAMETER})*)\s*(?:,|\Z)")
_PARAMETERS = re.compile(_PARAMETER)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMap:
    """What a TimeMap says: the original's address, (memento's address, time) in its order, further TimeMaps."""

    original: str | None
    mementos: tuple[tuple[str, datetime], ...]
    further: tuple[str, ...]


def timemap(body: bytes) -> TimeMap:
    """Read a TimeMap. Raises Unreadable for what is none, such as the page of a 404."""
    text = body.decode("utf-8", "replace").strip("\ufeff \r\n\t")
    position, original, mementos, further = 0, None, list[tuple[str, datetime]](), list[str]()
    while position < len(text):
        link = _LINK.match(text, position)
        if link is None:
            raise Unreadable(f"this is no TimeMap: {' '.join(text[position:position + 80].split())}")
        position = link.end()
        address, parameters = link[1], _parameters(link[2])
        relations = parameters.get("rel", "").lower().split()
        at = from_mail(parameters.get("datetime", ""))
        if "original" in relations:
            original = address
        elif "memento" in relations and at is not None:
            mementos.append((address, at))
        elif "timemap" in relations and "self" not in relations:
            further.append(address)
    if original is None and not mementos:
        raise Unreadable("this is no TimeMap: it names no original and no memento")
    return TimeMap(original=original, mementos=tuple(mementos), further=tuple(further))


def _parameters(text: str) -> dict[str, str]:
    """Parameters by name, the first of each."""
    found: dict[str, str] = {}
    for name, quoted, token in _PARAMETERS.findall(text):
        found.setdefault(name.lower(), re.sub(r"\\(.)", r"\1", quoted) or token)
    return found

