"""Which of several crawlers owns a site: a hash of its registered domain says so, the same everywhere (pure)."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.urls import host_of, registered_domain

MOST = 999
_SPELLED = re.compile(r"(\d{1,3})/(\d{1,3})")
_FOLDER = re.compile(r"\d{1,3}-of-(\d{1,3})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` crawlers, numbered from 1. A domain is owned by one of them, and asked for by no other."""

    number: int
    count: int

    def owns(self, url: str) -> bool:
        """Whether an address is of a registered domain that is this crawler's."""
        return owner(registered_domain(host_of(url)), self.count) == self.number

    def folder(self, data: Path) -> Path:
        """This crawler's own archive, within the folder that all are merged into."""
        return data / "shards" / f"{self.number}-of-{self.count}"

    def beside(self, data: Path) -> Iterator[Path]:
        """The archives of the other crawlers that are there, also of an earlier division into another number."""
        own = self.folder(data)
        yield from (path for path in sorted((data / "shards").glob("*-of-*"))
                    if path != own and _FOLDER.fullmatch(path.name))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


def owner(domain: str, count: int) -> int:
    """The number of the crawler that owns a registered domain, from 1."""
    digest = hashlib.sha256(domain.lower().encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") % count + 1


def shard_from(text: str) -> Shard:
    """The shard of a text such as "2/8". Raises ValueError."""
    found = _SPELLED.fullmatch(text)
    if found is None or not 1 <= int(found[1]) <= int(found[2]) <= MOST:
        raise ValueError(f"{text!r}: write it as NUMBER/COUNT, such as 2/8, with a number from 1 to the count")
    return Shard(int(found[1]), int(found[2]))
