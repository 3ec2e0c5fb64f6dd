"""Common Crawl's news crawl (CC-NEWS): its monthly lists of files -> files to read, and which records count (pure).

A file is called by the second in which it was begun, and holds what was fetched until the next was begun.
"""

import re
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from archive.members import RecordHead
from archive.model import Memento, Slice
from archive.payloads import UndecodablePayload, gunzipped
from archive.urls import host_of
from crawlers.archives import cdx
from crawlers.errors import Unreadable

LISTS = "CC-NEWS"  # what its slices ask for
LONGEST = timedelta(hours=3)  # between two files: one begun so long before a span may reach into it
SAMPLE = 3  # files whose sizes are asked for, to judge what a month is
MAX_LIST_BYTES = 20_000_000
_FILE = re.compile(r"crawl-data/CC-NEWS/\d{4}/\d{2}/CC-NEWS-(\d{14})-\d{1,9}\.warc\.gz")
_KINDS = frozenset({"request", "response", "revisit"})


def list_address(part: Slice, *, base: str) -> str:
    """The address of the list of a month's files."""
    return f"{base}/crawl-data/CC-NEWS/{part.start:%Y/%m}/warc.paths.gz"


def files(body: bytes, part: Slice) -> tuple[Memento, ...]:
    """The files of a list that were begun within a slice. Raises Unreadable for what is no list."""
    try:
        text = (gunzipped(body, limit=MAX_LIST_BYTES) if body[:2] == b"\x1f\x8b" else body).decode("utf-8", "replace")
    except UndecodablePayload as error:
        raise Unreadable(f"the list of files cannot be read ({error})") from error
    names = [match for line in text.splitlines() if (match := _FILE.fullmatch(line.strip()))]
    if text.strip() and not names:
        raise Unreadable(f"this is no list of files: {text.strip()[:120]!r}")
    begun = [(name[0], at) for name in names if (at := _moment(name[1])) is not None]
    return tuple(Memento(original=name, captured_at=at, urlkey=name, digest=name)
                 for name, at in begun if part.start <= at < part.end)


def wants(hosts: Collection[str], *, since: datetime, until: datetime) -> Callable[[RecordHead], bool]:
    """Whether a record is of one of the hosts and was made within a span; what has no date is looked at."""
    def judge(head: RecordHead) -> bool:
        if head.kind not in _KINDS or cdx.host_prefix(host_of(head.url)) not in hosts:
            return False
        try:
            at = datetime.fromisoformat(head.date)
        except ValueError:
            return True
        return at.tzinfo is None or since <= at < until

    return judge


def _moment(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
