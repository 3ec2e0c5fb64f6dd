"""What people are asked to judge: which links are uncertain, and which two versions a verdict on two articles names."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from archive.errors import UnknownText
from archive.model import CaptureKey, Standing, Verdict
from archive.store import judgements, kin
from archive.store.kin import Link
from archive.store.pages import Card, Place, cards
from archive.times import to_iso

SURE_COPIED, SURE_DIRECTION = 0.98, 0.9  # from which nobody needs to look

# The least sure first; of equals those that share most. What a person decided on is no question any more.
UNCERTAIN = """
    SELECT k.copy_article_id, k.exemplar_article_id FROM copy_link k
    WHERE (k.confidence < :copied OR k.direction = 'undecided' OR k.direction_confidence < :direction)
      AND NOT EXISTS (
          SELECT 1 FROM judgement j WHERE j.stands
          AND min(j.copy_article_id, j.exemplar_article_id) = min(k.copy_article_id, k.exemplar_article_id)
          AND max(j.copy_article_id, j.exemplar_article_id) = max(k.copy_article_id, k.exemplar_article_id))
    ORDER BY k.confidence >= :copied, min(k.confidence, k.direction_confidence), k.words DESC, k.copy, k.exemplar
"""

LAST_READ = "SELECT coalesce(max(ordinal), 0) AS ordinal FROM judgements"

CAPTURED = """
    SELECT coalesce(s.version_id, (SELECT version_id FROM versions v WHERE v.article_id = s.article_id AND v.is_latest))
        AS version_id
    FROM captures c JOIN sightings s USING (capture_id)
    WHERE c.url = :url AND c.captured_at = :captured_at AND c.payload_digest = :payload_digest
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """A page of uncertain links, of `total`."""

    links: tuple[Link, ...]
    total: int


def uncertain(conn: sqlite3.Connection, *, skip: frozenset[frozenset[str]], offset: int, limit: int) -> Uncertain:
    """Links that a person might judge, without the pairs of article keys that are to be skipped."""
    rows = conn.execute(UNCERTAIN, {"copied": SURE_COPIED, "direction": SURE_DIRECTION}).fetchall()
    found: list[Link] = []
    left_out = 0
    for row in rows[offset:]:
        if len(found) == limit:
            break
        link = kin.link_between(conn, row["copy_article_id"], row["exemplar_article_id"])
        if link is None or frozenset({link.copy.key, link.exemplar.key}) in skip:
            left_out += 1
        else:
            found.append(link)
    return Uncertain(links=tuple(found), total=len(rows) - left_out)


def captured(conn: sqlite3.Connection, key: CaptureKey) -> Card | None:
    """The version that a judgement names by a capture; None where it is not held."""
    row = conn.execute(CAPTURED, {"url": key.url, "captured_at": to_iso(key.captured_at),
                                  "payload_digest": key.payload_digest}).fetchone()
    return cards(conn, [row["version_id"]]).get(row["version_id"]) if row and row["version_id"] is not None else None


def last_read(conn: sqlite3.Connection) -> int:
    """How many judgements of events.jsonl the database has read."""
    return int(conn.execute(LAST_READ).fetchone()["ordinal"])


def sides(conn: sqlite3.Connection, one: Place, other: Place, verdict: Verdict) -> tuple[int, int]:
    """The versions of copy and exemplar that a judgement of the pair names. Raises UnknownText where none fits."""
    link = kin.link_between(conn, one.article_id, other.article_id)
    if verdict == "undo":
        if not _standing(conn, one, other):
            raise UnknownText(f"nobody's judgement stands on {one.key} and {other.key}; there is nothing to take back")
        return one.version_id, other.version_id
    if link is None:
        if verdict == "add":
            return one.version_id, other.version_id
        raise UnknownText(f"{one.key} and {other.key} are not linked, so there is nothing to {verdict}; if one was "
                          f"made from the other, say 'add' with the copy first")
    if verdict == "add":
        raise UnknownText(f"{one.key} and {other.key} are linked already; say 'confirm', 'reverse' or 'reject'")
    if link.direction == "undecided":
        if verdict == "reverse":
            raise UnknownText(f"which of {one.key} and {other.key} came first is undecided, so there is nothing to "
                              f"reverse; say 'confirm' with the copy first")
        ends = {link.copy.article_id: link.copy.version_id, link.exemplar.article_id: link.exemplar.version_id}
        return ends[one.article_id], ends[other.article_id]
    ends_as_shown = link.copy.version_id, link.exemplar.version_id
    return ends_as_shown if verdict != "reverse" else (ends_as_shown[1], ends_as_shown[0])


def _standing(conn: sqlite3.Connection, one: Place, other: Place) -> Sequence[Standing]:
    """The judgement of the pair that stands; the key of an article begins its versions' public ids."""
    ends = {one.key, other.key}
    return [found for found in judgements.standing(conn, one.article_id)
            if {name.rsplit("-", 2)[0] for name in (found.copy, found.exemplar)} == ends]
