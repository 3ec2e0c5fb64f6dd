"""What people decided on two texts, as their events say it, and which of it stands."""

import sqlite3
from collections.abc import Mapping
from typing import cast

from archive.model import CaptureKey, Judgement, Relation, Standing, Verdict
from archive.store import transaction
from archive.times import from_iso, to_iso

ALL = "SELECT * FROM judgements"

REMOVE = "DELETE FROM judgements WHERE ordinal = :ordinal"

ADD = """
    INSERT INTO judgements (
        ordinal, verdict, copy_url, copy_captured_at, copy_payload, exemplar_url, exemplar_captured_at,
        exemplar_payload, judged_by, at, note
    ) VALUES (
        :ordinal, :verdict, :copy_url, :copy_captured_at, :copy_payload, :exemplar_url, :exemplar_captured_at,
        :exemplar_payload, :judged_by, :at, :note
    )
"""

# Articles that are not linked yet are queued by what finds their versions.
QUEUE_BOTH = """
    INSERT OR IGNORE INTO unlinked (article_id)
    SELECT copy_article_id FROM judgement WHERE ordinal = :ordinal AND copy_article_id IS NOT NULL
    UNION
    SELECT exemplar_article_id FROM judgement WHERE ordinal = :ordinal AND exemplar_article_id IS NOT NULL
"""

# How two texts are related where nothing but a judgement links them: what was found that they share, else as it
# seems by their words and languages.
STANDING = """
    SELECT j.verdict, j.copy, j.exemplar, j.judged_by, j.at, j.note, coalesce(
               (SELECT relation FROM reuses WHERE left_id = j.copy_id AND right_id = j.exemplar_id
                                               OR left_id = j.exemplar_id AND right_id = j.copy_id),
               CASE WHEN c.body_digest = e.body_digest THEN 'identical'
                    WHEN c.language <> e.language THEN 'translation' ELSE 'rewrite' END) AS relation
    FROM judgement j
    JOIN versions cv ON cv.version_id = j.copy_id JOIN documents c ON c.document_id = cv.document_id
    JOIN versions ev ON ev.version_id = j.exemplar_id JOIN documents e ON e.document_id = ev.document_id
    WHERE j.stands AND :article_id IN (j.copy_article_id, j.exemplar_article_id)
      AND j.copy_article_id <> j.exemplar_article_id
    ORDER BY j.ordinal
"""

# By addresses: what is withheld has no version that the view could name.
LAST_WITH_WITHHELD = """
    WITH own AS (SELECT url FROM addresses WHERE article_id = :article_id),
         withheld AS (SELECT url FROM withheld_addresses WHERE article = :url)
    SELECT verdict FROM judgements
    WHERE (copy_url IN (SELECT url FROM own) AND exemplar_url IN (SELECT url FROM withheld))
       OR (exemplar_url IN (SELECT url FROM own) AND copy_url IN (SELECT url FROM withheld))
    ORDER BY ordinal DESC LIMIT 1
"""

CAPTURE_KEY = """
    SELECT c.url, c.captured_at, c.payload_digest FROM sightings s JOIN captures c USING (capture_id)
    WHERE s.version_id = :version_id ORDER BY c.captured_at, c.url, c.payload_digest LIMIT 1
"""


def replace(conn: sqlite3.Connection, wanted: Mapping[int, Judgement]) -> int:
    """Make the judgements those that events.jsonl has, by their places in it, and queue the articles of what changed.

    Mostly it has some more; a file that was restored or mended may have others. Returns how many changed.
    """
    known = {row["ordinal"]: _judgement(row) for row in conn.execute(ALL)}
    changed = [ordinal for ordinal in sorted(known.keys() | wanted.keys()) if known.get(ordinal) != wanted.get(ordinal)]
    if changed:
        with transaction(conn):
            for ordinal in changed:
                conn.execute(QUEUE_BOTH, {"ordinal": ordinal})
                conn.execute(REMOVE, {"ordinal": ordinal})
                if ordinal in wanted:
                    _add(conn, ordinal, wanted[ordinal])
    return len(changed)


def _add(conn: sqlite3.Connection, ordinal: int, judgement: Judgement) -> None:
    conn.execute(ADD, {
        "ordinal": ordinal, "verdict": judgement.verdict, "judged_by": judgement.by, "at": to_iso(judgement.at),
        "note": judgement.note, **_side("copy", judgement.copy), **_side("exemplar", judgement.exemplar),
    })
    conn.execute(QUEUE_BOTH, {"ordinal": ordinal})


def standing(conn: sqlite3.Connection, article_id: int) -> list[Standing]:
    """The judgements that stand on an article and another one, of which versions are held."""
    return [
        Standing(verdict=cast(Verdict, row["verdict"]), copy=row["copy"], exemplar=row["exemplar"],
                 relation=cast(Relation, row["relation"]), by=row["judged_by"], at=from_iso(row["at"]),
                 note=row["note"])
        for row in conn.execute(STANDING, {"article_id": article_id})
    ]


def is_parted(conn: sqlite3.Connection, article_id: int, withheld: str) -> bool:
    """Whether the judgement that stands on an article and a withheld one, by its URL, rejects that one is the copy."""
    row = conn.execute(LAST_WITH_WITHHELD, {"article_id": article_id, "url": withheld}).fetchone()
    return row is not None and row["verdict"] == "reject"


def capture_key(conn: sqlite3.Connection, version_id: int) -> CaptureKey:
    """The capture that a version began with."""
    row = conn.execute(CAPTURE_KEY, {"version_id": version_id}).fetchone()
    return CaptureKey(url=row["url"], captured_at=from_iso(row["captured_at"]), payload_digest=row["payload_digest"])


def _judgement(row: sqlite3.Row) -> Judgement:
    copy, exemplar = (
        CaptureKey(url=row[f"{name}_url"], captured_at=from_iso(row[f"{name}_captured_at"]),
                   payload_digest=row[f"{name}_payload"]) for name in ("copy", "exemplar"))
    return Judgement(verdict=cast(Verdict, row["verdict"]), copy=copy, exemplar=exemplar, by=row["judged_by"],
                     at=from_iso(row["at"]), note=row["note"])


def _side(name: str, key: CaptureKey) -> dict[str, str]:
    return {f"{name}_url": key.url, f"{name}_captured_at": to_iso(key.captured_at),
            f"{name}_payload": key.payload_digest}
