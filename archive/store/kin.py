"""What the site's pages show of texts that share text: links with their evidence and passages, and families."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from archive.model import Evidence, InferredExemplar, Passage
from archive.store.pages import Card, cards, find

LINKS = """
    SELECT copy_id, exemplar_id, relation, confidence, direction, direction_confidence, evidence, copy_coverage,
           exemplar_coverage, order_kept, words
    FROM copy_link
    WHERE copy_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
       OR exemplar_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
    ORDER BY direction = 'undecided', confidence * copy_coverage DESC, exemplar_id, copy_id
"""

LINK_BETWEEN = """
    SELECT copy_id, exemplar_id, relation, confidence, direction, direction_confidence, evidence, copy_coverage,
           exemplar_coverage, order_kept, words
    FROM copy_link
    WHERE copy_id IN (SELECT version_id FROM versions WHERE article_id = :one) AND exemplar_article_id = :other
       OR copy_id IN (SELECT version_id FROM versions WHERE article_id = :other) AND exemplar_article_id = :one
"""

# The links that draw the tree first, then the undecided ones, which say why the tree is open there.
FAMILY_LINKS = """
    SELECT k.copy_id, k.exemplar_id, k.relation, k.confidence, k.direction, k.direction_confidence, k.evidence,
           k.copy_coverage, k.exemplar_coverage, k.order_kept, k.words
    FROM witness m JOIN copy_link k ON k.copy_article_id = m.article_id
    WHERE m.family = :family
    ORDER BY (k.direction = 'decided' AND k.exemplar_article_id = m.parent_id) IS 1 DESC, k.direction = 'decided',
             k.confidence DESC, k.copy_id, k.exemplar_id
    LIMIT :limit
"""

FAMILY_LINK_COUNT = """
    SELECT count(*) FROM witness m JOIN copy_link k ON k.copy_article_id = m.article_id WHERE m.family = :family
"""

# Of the view `family`, of which one row takes as long as all: it counts the members of each.
FAMILY = """
    SELECT f.public_id, f.inferred FROM families f
    WHERE f.public_id = :family AND EXISTS (
        SELECT 1 FROM members m JOIN articles a USING (article_id) WHERE m.family_id = f.family_id AND a.on_topic)
"""

REUSES = """
    SELECT left_id, right_id, relation, left_coverage, right_coverage, "order", words, passages FROM reuses
    WHERE left_id = :one AND right_id = :other OR left_id = :other AND right_id = :one
"""

LARGEST_FAMILIES = """
    WITH large AS (
        SELECT f.family_id, f.public_id, count(*) AS members FROM families f JOIN members m USING (family_id)
        GROUP BY f.family_id ORDER BY members DESC, f.public_id LIMIT :limit
    )
    SELECT l.public_id, l.members,
           (SELECT version_id FROM versions v WHERE v.public_id = l.public_id) AS exemplar_id,
           (SELECT count(DISTINCT p.outlet) FROM catalogue c JOIN profiles p USING (profile_id)
            WHERE c.fold = l.family_id AND c.is_latest = 1) AS outlets,
           (SELECT min(version_id) FROM members m WHERE m.family_id = l.family_id) AS member_id
    FROM large l ORDER BY l.members DESC, l.public_id
"""

# The members that were made from no other held text, as far as it is decided.
ROOTS = """
    SELECT family, version_id FROM witness
    WHERE parent_id IS NULL AND family IN (SELECT value FROM json_each(:families)) ORDER BY version_id
"""

MEMBERS = "SELECT version_id, article_id, parent_id FROM witness WHERE family = :family ORDER BY version_id"

FAMILY_OF = "SELECT family FROM article WHERE article_id = :article_id"

# What people decided on an article and another, the last first.
DECISIONS = """
    SELECT verdict, judged_by, at, note, stands, copy_id, exemplar_id, copy_url, exemplar_url FROM judgement
    WHERE :article_id IN (copy_article_id, exemplar_article_id) ORDER BY ordinal DESC LIMIT :limit
"""

# What a text was made from, what that was made from, and so on. A tree has no loops; the bound holds if one has.
LINEAGE = """
    WITH RECURSIVE above (article_id, depth) AS (
        SELECT :article_id, 0
        UNION ALL
        SELECT w.parent_id, depth + 1 FROM above JOIN witness w USING (article_id)
        WHERE w.parent_id IS NOT NULL AND depth < 50
    )
    SELECT w.version_id FROM above JOIN witness w USING (article_id) WHERE depth > 0 ORDER BY depth
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two articles that share text, and what speaks for its direction.

    Coverage is the share of a side's words that lie in passages, `order_kept` the share of passages in one common
    order; None where the reuse is not held any more.
    """

    copy: Card
    exemplar: Card
    relation: str
    confidence: float
    direction: str
    direction_confidence: float
    copy_coverage: float | None
    exemplar_coverage: float | None
    order_kept: float | None
    words: int | None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedText:
    """What two versions share, with offsets into their texts; left and right as they were asked for."""

    relation: str
    left_coverage: float
    right_coverage: float
    order: float
    words: int
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided on two articles, also that they are not linked; copy and exemplar as it was said then.

    None for one that is not held, or not on the topic. `stands`: nothing that was decided later takes its place.
    """

    verdict: str
    judged_by: str
    at: str
    note: str | None
    stands: bool
    copy: Card | None
    exemplar: Card | None
    copy_url: str
    exemplar_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A witness in its family; `parent` is the article that it was made from."""

    card: Card
    parent: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCard:
    """A family where only its size and its beginning are shown; `exemplar` is the text that it is named after.

    `roots` are the members that no decided link makes a copy, by when they are known to have stood. Which of several
    stood first is undecided.
    """

    public_id: str
    members: int
    outlets: int
    exemplar: Card
    roots: tuple[Card, ...]


def links(conn: sqlite3.Connection, article_id: int) -> tuple[Link, ...]:
    """Every link of an article, decided ones first, the surest and most covered foremost."""
    return _links(conn, LINKS, article_id=article_id)


def lineage(conn: sqlite3.Connection, article_id: int) -> tuple[Card, ...]:
    """The texts above an article in its family's tree: what it was made from first, the root last."""
    ids = [row["version_id"] for row in conn.execute(LINEAGE, {"article_id": article_id})]
    known = cards(conn, ids)
    return tuple(known[version_id] for version_id in dict.fromkeys(ids) if version_id in known)


def link_between(conn: sqlite3.Connection, one: int, other: int) -> Link | None:
    """The link of two articles, if they have one; it may be between other versions than the ones at hand."""
    return next(iter(_links(conn, LINK_BETWEEN, one=one, other=other)), None)


def decisions(conn: sqlite3.Connection, article_id: int, *, limit: int) -> tuple[Decision, ...]:
    """What people decided on an article and others, the last first, also what no longer stands."""
    rows = conn.execute(DECISIONS, {"article_id": article_id, "limit": limit}).fetchall()
    known = cards(conn, [end for end in _ends(rows) if end is not None])
    return tuple(
        Decision(verdict=row["verdict"], judged_by=row["judged_by"], at=row["at"], note=row["note"],
                 stands=bool(row["stands"]), copy=known.get(row["copy_id"]), exemplar=known.get(row["exemplar_id"]),
                 copy_url=row["copy_url"], exemplar_url=row["exemplar_url"])
        for row in rows)


def family_links(conn: sqlite3.Connection, family: str, found: Iterable[Member], *, limit: int) -> tuple[Link, ...]:
    """Links within a family: those that draw its tree, then undecided ones; the cards of its members are known."""
    known = {member.card.version_id: member.card for member in found}
    return _links(conn, FAMILY_LINKS, known, family=family, limit=limit)


def family_link_count(conn: sqlite3.Connection, family: str) -> int:
    """How many links a family has in all."""
    (found,) = conn.execute(FAMILY_LINK_COUNT, {"family": family}).fetchone()
    return int(found)


def inferred(conn: sqlite3.Connection, family: str) -> tuple[InferredExemplar, ...]:
    """The exemplars of a family that are not held."""
    row = conn.execute(FAMILY, {"family": family}).fetchone()
    return tuple(InferredExemplar(name=one["name"], kind=one["kind"], witnesses=tuple(one["witnesses"]))
                 for one in json.loads(row["inferred"])) if row is not None else ()


def shared_text(conn: sqlite3.Connection, left: int, right: int) -> SharedText | None:
    """The passages that two versions share, in the order of the left text; None where they were found to share none."""
    row = conn.execute(REUSES, {"one": left, "other": right}).fetchone()
    if row is None:
        return None
    turned = row["left_id"] != left
    passages = [_passage(offsets, turned=turned) for offsets in json.loads(row["passages"])]
    coverages = (row["left_coverage"], row["right_coverage"])
    left_coverage, right_coverage = reversed(coverages) if turned else coverages
    return SharedText(
        relation=row["relation"], left_coverage=left_coverage, right_coverage=right_coverage, order=row["order"],
        words=row["words"], passages=tuple(sorted(passages, key=lambda p: (p.left_start, p.right_start))),
    )


def members(conn: sqlite3.Connection, family: str) -> tuple[Member, ...]:
    """The witnesses of a family: the one it is named after, then the others by when they are known to have stood."""
    rows = conn.execute(MEMBERS, {"family": family}).fetchall()
    known = cards(conn, [row["version_id"] for row in rows])
    found = [Member(card=known[row["version_id"]], parent=row["parent_id"])
             for row in rows if row["version_id"] in known]
    return tuple(sorted(found, key=lambda m: (m.card.public_id != family, m.card.known_by, m.card.public_id)))


def largest_families(conn: sqlite3.Connection, *, limit: int) -> tuple[FamilyCard, ...]:
    """The families with most members."""
    rows = conn.execute(LARGEST_FAMILIES, {"limit": limit}).fetchall()
    known = cards(conn, [row[name] for row in rows for name in ("exemplar_id", "member_id") if row[name]])
    first = roots(conn, [row["public_id"] for row in rows])
    return tuple(
        FamilyCard(public_id=row["public_id"], members=row["members"], outlets=row["outlets"],
                   exemplar=known.get(row["exemplar_id"]) or known[row["member_id"]],
                   roots=first.get(row["public_id"], ()))
        for row in rows
    )


def roots(conn: sqlite3.Connection, families: Iterable[str]) -> dict[str, tuple[Card, ...]]:
    """The roots of families, by their public ids, each family's by when they are known to have stood."""
    rows = conn.execute(ROOTS, {"families": json.dumps(sorted(set(families)))}).fetchall()
    known = cards(conn, [row["version_id"] for row in rows])
    found: dict[str, list[Card]] = {}
    for row in rows:
        if row["version_id"] in known:
            found.setdefault(row["family"], []).append(known[row["version_id"]])
    return {family: tuple(sorted(cards, key=lambda c: (c.known_by, c.public_id))) for family, cards in found.items()}


def find_family(conn: sqlite3.Connection, public_id: str) -> str | None:
    """The family of that name, or the one that the text of that name is in now: merged families keep their names."""
    row = conn.execute(FAMILY, {"family": public_id}).fetchone()
    if row is not None:
        return str(row["public_id"])
    place = find(conn, public_id)
    if place is None:
        return None
    row = conn.execute(FAMILY_OF, {"article_id": place.article_id}).fetchone()
    return row["family"] if row else None


def _links(
    conn: sqlite3.Connection, sql: str, held: Mapping[int, Card] = MappingProxyType({}), **values: str | int
) -> tuple[Link, ...]:
    rows = conn.execute(sql, values).fetchall()
    known = {**held, **cards(conn, [end for end in _ends(rows) if end not in held])}
    return tuple(_link(row, known) for row in rows if row["copy_id"] in known and row["exemplar_id"] in known)


def _ends(rows: Iterable[sqlite3.Row]) -> list[int]:
    return [row[name] for row in rows for name in ("copy_id", "exemplar_id")]


def _link(row: sqlite3.Row, known: dict[int, Card]) -> Link:
    values = dict(row)
    reasons = tuple(
        Evidence(kind=r["kind"], favours=r["favours"], weight=float(r["weight"]), detail=r["detail"])
        for r in json.loads(values.pop("evidence"))
    )
    return Link(copy=known[values.pop("copy_id")], exemplar=known[values.pop("exemplar_id")], evidence=reasons,
                **values)


def _passage(offsets: list[int], *, turned: bool) -> Passage:
    left_start, left_end, right_start, right_end, words = offsets[:5]
    if turned:
        left_start, left_end, right_start, right_end = right_start, right_end, left_start, left_end
    return Passage(left_start=left_start, left_end=left_end, right_start=right_start, right_end=right_end,
                   words=words)
