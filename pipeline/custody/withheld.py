"""A capture -> whether it may hold the text of an article that is withheld."""

import sqlite3
from collections.abc import Collection
from pathlib import Path

from archive import warc
from archive.errors import DamagedWarc
from archive.model import Capture
from archive.payloads import UndecodablePayload, page_bytes
from archive.store import evidence, withholdings
from archive.withholdings import ANNOUNCING, covers, mentions

MAX_PAGE_BYTES = 64_000_000  # of a source's page, unpacked, when it is looked into for withheld texts


class Withheld:
    """Which captures are of withheld texts, or of sources' pages that announce them: by default, of all that are."""

    def __init__(self, conn: sqlite3.Connection, warcs: Path, addresses: Collection[str] | None = None) -> None:
        self._conn, self._warcs = conn, warcs
        self._addresses = withholdings.addresses(conn) if addresses is None else addresses

    def __contains__(self, capture: Capture) -> bool:
        if not self._addresses:
            return False
        return covers(self._addresses, capture.url) or (capture.role in ANNOUNCING and self._is_told(capture))

    def _is_told(self, capture: Capture) -> bool:
        holder = evidence.holder(self._conn, capture) if capture.is_revisit else capture
        if holder is None:
            return False
        try:
            page = page_bytes(warc.read_payload(self._warcs, holder.record), content_encoding=holder.content_encoding,
                              limit=MAX_PAGE_BYTES)
        except (UndecodablePayload, DamagedWarc):
            return True  # what cannot be looked into is left out
        return mentions(page, self._addresses)
