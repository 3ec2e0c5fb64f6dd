"""What people are asked to judge: which links are uncertain, and which two versions a verdict on two articles names."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from archive.digests import key_in
from archive.errors import UnknownText
from archive.model import CaptureKey, Standing, Verdict
from archive.store import judgements, kin
from archive.store.kin import Link
from archive.store.pages import Card, Place, cards
from archive.times import to_iso

SURE_COPIED, SURE_DIRECTION = 0.98, 0.9  # from which nobody needs to look

# The least sure first; of equals those that share most. What a person decided on is no question any more.
UNCERTAIN = """
    SELECT k.copy_article_id, k.exemplar_article_id, k.copy_key, k.exemplar_key FROM copy_link k
    WHERE (k.confidence < :copied OR k.direction = 'undecided' OR k.direction_confidence < :direction)
      AND NOT EXISTS (
          SELECT 1 FROM judgement j WHERE j.stands
          AND min(j.copy_article_id, j.exemplar_article_id) = min(k.copy_article_id, k.exemplar_article_id)
          AND max(j.copy_article_id, j.exemplar_article_id) = max(k.copy_article_id, k.exemplar_article_id))
    ORDER BY k.confidence >= :copied, min(k.confidence, k.direction_confidence), k.words DESC, k.copy, k.exemplar
"""

LAST_READ = "SELECT coalesce(max(ordinal), 0) AS ordinal FROM judgements"

# The judgements that stand, from an exemplar upwards, without the one that a new one takes the place of.
ABOVE = """
    WITH RECURSIVE above (article_id, way) AS (
        SELECT :exemplar, '' UNION
        SELECT j.exemplar_article_id, above.way || ', ' || j.exemplar_key FROM above JOIN vouched j
        ON j.copy_article_id = above.article_id AND NOT instr(above.way, j.exemplar_key)
    ), vouched AS (
        SELECT j.copy_article_id, j.exemplar_article_id, a.key AS exemplar_key
        FROM judgement j JOIN articles a ON a.article_id = j.exemplar_article_id
        WHERE j.stands AND j.verdict IN ('confirm', 'reverse', 'add')
          AND NOT (:copy IN (j.copy_article_id, j.exemplar_article_id)
                   AND :exemplar IN (j.copy_article_id, j.exemplar_article_id))
    )
    SELECT way FROM above WHERE article_id = :copy LIMIT 1
"""

CAPTURED = """
    SELECT coalesce(s.version_id, (SELECT version_id FROM versions v WHERE v.article_id = s.article_id AND v.is_latest))
        AS version_id
    FROM captures c JOIN sightings s USING (capture_id)
    WHERE c.url = :url AND c.captured_at = :captured_at AND c.payload_digest = :payload_digest
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """A page of uncertain links, of `total` on all pages."""

    links: tuple[Link, ...]
    total: int


def uncertain(conn: sqlite3.Connection, *, skip: frozenset[frozenset[str]], offset: int, limit: int) -> Uncertain:
    """Links that a person might judge, without the pairs of article keys that are to be skipped."""
    rows = [row for row in conn.execute(UNCERTAIN, {"copied": SURE_COPIED, "direction": SURE_DIRECTION})
            if frozenset({row["copy_key"], row["exemplar_key"]}) not in skip]
    links = (kin.link_between(conn, row["copy_article_id"], row["exemplar_article_id"])
             for row in rows[offset:offset + limit])
    return Uncertain(links=tuple(filter(None, links)), total=len(rows))


def captured(conn: sqlite3.Connection, key: CaptureKey) -> Card | None:
    """The version that a judgement names by a capture; None where it is not held."""
    row = conn.execute(CAPTURED, {"url": key.url, "captured_at": to_iso(key.captured_at),
                                  "payload_digest": key.payload_digest}).fetchone()
    return cards(conn, [row["version_id"]]).get(row["version_id"]) if row and row["version_id"] is not None else None


def last_read(conn: sqlite3.Connection) -> int:
    """How many judgements of events.jsonl the database has read."""
    return int(conn.execute(LAST_READ).fetchone()["ordinal"])


def sides(conn: sqlite3.Connection, one: Place, other: Place, verdict: Verdict) -> tuple[int, int]:
    """The versions of copy and exemplar that a judgement of the pair names, as `_named` has it.

    Raises UnknownText where none fits, and where people would have said that a text was made from itself.
    """
    copy, exemplar = _named(conn, one, other, verdict)
    if verdict in ("confirm", "reverse", "add"):
        below, above = (one, other) if copy[0] == one.article_id else (other, one)
        row = conn.execute(ABOVE, {"copy": copy[0], "exemplar": exemplar[0]}).fetchone()
        if row is not None:
            by_way = row["way"].removeprefix(", ").split(", ")[:-1]
            raise UnknownText(
                f"by the judgements that stand {above.key} was made from {below.key}"
                f"{' by way of ' + ', '.join(by_way) if by_way else ''}, so {below.key} cannot be made from it; take "
                f"one of them back with 'undo' if you know better")
    return copy[1], exemplar[1]


def _named(conn: sqlite3.Connection, one: Place, other: Place, verdict: Verdict) -> tuple[tuple[int, int], ...]:
    """Article and version of the copy, and of the exemplar: `one` of the copy where the link does not say it."""
    given = (one.article_id, one.version_id), (other.article_id, other.version_id)
    link = kin.link_between(conn, one.article_id, other.article_id)
    if verdict == "undo":
        if not _standing(conn, one, other):
            raise UnknownText(f"nobody's judgement stands on {one.key} and {other.key}; there is nothing to take back")
        return given
    if link is None:
        if verdict == "add":
            return given
        raise UnknownText(f"{one.key} and {other.key} are not linked, so there is nothing to {verdict}; if one was "
                          f"made from the other, say 'add' with the copy first")
    if verdict == "add":
        raise UnknownText(f"{one.key} and {other.key} are linked already; say 'confirm', 'reverse' or 'reject'")
    shown = [(end.article_id, end.version_id) for end in (link.copy, link.exemplar)]
    if link.direction == "undecided":
        if verdict == "reverse":
            raise UnknownText(f"which of {one.key} and {other.key} came first is undecided, so there is nothing to "
                              f"reverse; say 'confirm' with the copy first")
        return tuple(sorted(shown, key=lambda end: end[0] != one.article_id))
    if verdict == "confirm" and link.copy.article_id != one.article_id:
        raise UnknownText(f"the link says that {other.key} was made from {one.key}; name the copy first to confirm "
                          f"that, or say 'reverse' if it is the other way round")
    return tuple(shown if verdict != "reverse" else reversed(shown))


def _standing(conn: sqlite3.Connection, one: Place, other: Place) -> Sequence[Standing]:
    """The judgement of the pair that stands; the key of an article begins its versions' public ids."""
    ends = {one.key, other.key}
    return [found for found in judgements.standing(conn, one.article_id)
            if {key_in(name) for name in (found.copy, found.exemplar)} == ends]
