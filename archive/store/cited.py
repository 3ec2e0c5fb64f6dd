"""What a citation says of versions, read from the public views."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from archive.store import pages
from archive.store.pages import Card

CITED = """
    SELECT v.version_id, v.authors, v.organisations, v.first_seen, v.payload_digest,
           (SELECT c.payload_sha256 FROM sightings s JOIN captures c USING (capture_id)
            WHERE s.version_id = v.version_id ORDER BY c.captured_at LIMIT 1) AS payload_sha256
    FROM json_each(:ids) i CROSS JOIN version v ON v.version_id = i.value
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A version with its authors, those of them that are organisations, and the capture that it was first seen in.

    payload_sha256 is hexadecimal, None where the version's captures are not in the index.
    """

    card: Card
    authors: tuple[str, ...]
    organisations: tuple[str, ...]
    first_seen: str
    payload_digest: str
    payload_sha256: str | None


def cited(conn: sqlite3.Connection, version_ids: Sequence[int]) -> tuple[Cited, ...]:
    """Versions as they are cited, in the order asked for; those of articles off the topic are left out."""
    cards = pages.cards(conn, version_ids)
    found = {
        row["version_id"]: Cited(
            card=cards[row["version_id"]], authors=tuple(json.loads(row["authors"])),
            organisations=tuple(json.loads(row["organisations"])), first_seen=row["first_seen"],
            payload_digest=row["payload_digest"], payload_sha256=row["payload_sha256"],
        )
        for row in conn.execute(CITED, {"ids": json.dumps(sorted(cards))})
    }
    return tuple(found[version_id] for version_id in version_ids if version_id in found)
