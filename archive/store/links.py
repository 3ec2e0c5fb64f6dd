"""Witnesses, what they share, links and families."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from archive.model import CopyLink, Direction, Evidence, Family, Outgoing, Passage, Relation, Reuse, Witness
from archive.store.documents import moment_from
from archive.times import from_iso
from archive.urls import host_of

ADD_WITNESS = """
    INSERT INTO witnesses (version_id, method) VALUES (:version_id, :method)
    ON CONFLICT (version_id) DO UPDATE SET method = excluded.method
"""
ADD_REUSE = """
    INSERT OR REPLACE INTO reuses (
        left_id, right_id, relation, left_coverage, right_coverage, "order", words, passages, copied
    ) VALUES (
        :left_id, :right_id, :relation, :left_coverage, :right_coverage, :order, :words, :passages, :copied
    )
"""

QUEUE = "INSERT OR IGNORE INTO unlinked (article_id) SELECT article_id FROM versions WHERE version_id = :version_id"
UNLINKED = "SELECT article_id FROM unlinked ORDER BY article_id"
CLEAR_UNLINKED = "DELETE FROM unlinked WHERE article_id = :article_id"

# All reuses between one article's versions and other articles'.
REUSES_OF = """
    SELECT r.*, lv.article_id AS left_article, rv.article_id AS right_article, lv.public_id AS left_name,
           rv.public_id AS right_name
    FROM versions own JOIN reuses r ON r.left_id = own.version_id
    JOIN versions lv ON lv.version_id = r.left_id JOIN versions rv ON rv.version_id = r.right_id
    WHERE own.article_id = :article_id
    UNION ALL
    SELECT r.*, lv.article_id, rv.article_id, lv.public_id, rv.public_id
    FROM versions own JOIN reuses r ON r.right_id = own.version_id
    JOIN versions lv ON lv.version_id = r.left_id JOIN versions rv ON rv.version_id = r.right_id
    WHERE own.article_id = :article_id
"""

WITNESS = """
    SELECT v.version_id, v.public_id, a.url, coalesce(o.outlet, d.site_name, a.domain) AS outlet, v.title, d.language,
           d.byline, d.published, v.first_seen, d.canonical, d.credits, d.outgoing, inflated(t.text) AS text, o.owner,
           (SELECT json_group_array(x.url) FROM addresses x WHERE x.article_id = v.article_id) AS addresses,
           (SELECT max(p.last_seen) FROM versions p
            WHERE p.article_id = v.article_id AND p.ordinal < v.ordinal) AS unlike_until
    FROM versions v JOIN articles a USING (article_id) JOIN documents d USING (document_id)
    JOIN texts t ON t.text_id = v.text_id LEFT JOIN outlets o ON o.domain = a.domain
    WHERE v.version_id = :version_id
"""

VERSION_ID = "SELECT version_id FROM versions WHERE public_id = :public_id"

DELETE_LINKS = """
    DELETE FROM links WHERE copy_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
    OR exemplar_id IN (SELECT version_id FROM versions WHERE article_id = :article_id)
"""
ADD_LINK = """
    INSERT OR REPLACE INTO links (
        copy_id, exemplar_id, relation, copied, direction, direction_confidence, evidence
    ) VALUES (:copy_id, :exemplar_id, :relation, :copied, :direction, :direction_confidence, :evidence)
"""

NEIGHBOURS = """
    SELECT e.article_id FROM links l JOIN versions c ON c.version_id = l.copy_id
    JOIN versions e ON e.version_id = l.exemplar_id WHERE c.article_id = :article_id
    UNION
    SELECT c.article_id FROM links l JOIN versions c ON c.version_id = l.copy_id
    JOIN versions e ON e.version_id = l.exemplar_id WHERE e.article_id = :article_id
    UNION
    SELECT o.article_id FROM members m JOIN members o USING (family_id) WHERE m.article_id = :article_id
"""

LINKS_OF = """
    SELECT l.*, c.public_id AS copy, e.public_id AS exemplar
    FROM links l JOIN versions c ON c.version_id = l.copy_id JOIN versions e ON e.version_id = l.exemplar_id
    WHERE c.article_id = :article_id
"""

IS_UNLINKED = "SELECT EXISTS (SELECT 1 FROM unlinked WHERE article_id = :article_id)"

# An article's links, each with the other article, of which `other_id` is the version that is linked.
LINKED = """
    SELECT l.*, c.public_id AS copy, e.public_id AS exemplar, e.article_id AS other, e.version_id AS other_id
    FROM versions c JOIN links l ON l.copy_id = c.version_id JOIN versions e ON e.version_id = l.exemplar_id
    WHERE c.article_id = :article_id
    UNION ALL
    SELECT l.*, c.public_id, e.public_id, c.article_id, c.version_id
    FROM versions e JOIN links l ON l.exemplar_id = e.version_id JOIN versions c ON c.version_id = l.copy_id
    WHERE e.article_id = :article_id
"""
AMONG = """
    SELECT l.*, c.public_id AS copy, e.public_id AS exemplar, c.article_id AS copy_article,
           e.article_id AS exemplar_article
    FROM json_each(:articles) j JOIN versions c ON c.article_id = j.value JOIN links l ON l.copy_id = c.version_id
    JOIN versions e ON e.version_id = l.exemplar_id
    WHERE e.article_id IN (SELECT value FROM json_each(:articles))
    ORDER BY l.copy_id, l.exemplar_id
"""

LEAVE_FAMILY = "DELETE FROM members WHERE article_id = :article_id"
ADD_FAMILY = """
    INSERT INTO families (public_id, inferred) VALUES (:public_id, :inferred)
    ON CONFLICT (public_id) DO UPDATE SET inferred = excluded.inferred
"""
ADD_MEMBER = """
    INSERT INTO members (article_id, family_id, version_id, parent_id)
    SELECT v.article_id, f.family_id, v.version_id,
           (SELECT article_id FROM versions p WHERE p.public_id = :parent)
    FROM versions v, families f WHERE v.public_id = :witness AND f.public_id = :family
"""
DROP_EMPTY_FAMILIES = "DELETE FROM families WHERE family_id NOT IN (SELECT family_id FROM members)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A stored reuse with the rows of its two sides."""

    left_id: int
    right_id: int
    left_name: str
    right_name: str
    left_article: int
    right_article: int
    reuse: Reuse


def add_witness(
    conn: sqlite3.Connection, version_id: int, found: Sequence[tuple[int, int, Reuse]], *, method: str
) -> None:
    """Note that a version was compared with all before it, what it shares, and whose links that touches."""
    conn.execute(QUEUE, {"version_id": version_id})
    for left_id, right_id, reuse in found:
        add_reuse(conn, left_id, right_id, reuse)
        conn.execute(QUEUE, {"version_id": left_id})
        conn.execute(QUEUE, {"version_id": right_id})
    conn.execute(ADD_WITNESS, {"version_id": version_id, "method": method})


def add_reuse(conn: sqlite3.Connection, left_id: int, right_id: int, reuse: Reuse) -> None:
    """Keep what two versions share; the left one has the smaller public id."""
    conn.execute(ADD_REUSE, {
        "left_id": left_id, "right_id": right_id, "relation": reuse.relation,
        "left_coverage": reuse.left_coverage, "right_coverage": reuse.right_coverage, "order": reuse.order,
        "copied": reuse.copied, "words": reuse.words, "passages": json.dumps(
            [[p.left_start, p.left_end, p.right_start, p.right_end, p.words] for p in reuse.passages]),
    })


def unlinked(conn: sqlite3.Connection) -> list[int]:
    """Articles whose links and family are to be decided again."""
    return [row["article_id"] for row in conn.execute(UNLINKED)]


def reuses_of(conn: sqlite3.Connection, article_id: int) -> list[Shared]:
    """What an article's versions share with other articles'."""
    return [_shared(row) for row in conn.execute(REUSES_OF, {"article_id": article_id})]


def witness(conn: sqlite3.Connection, version_id: int) -> Witness:
    """A version with what speaks for its age and origin."""
    row = conn.execute(WITNESS, {"version_id": version_id}).fetchone()
    return Witness(
        public_id=row["public_id"], article=row["url"], outlet=row["outlet"], host=host_of(row["url"]),
        title=row["title"], language=row["language"], published=moment_from(row["published"]),
        first_seen=from_iso(row["first_seen"]), canonical=row["canonical"],
        credits=tuple(json.loads(row["credits"])), addresses=tuple(sorted(json.loads(row["addresses"]))),
        outgoing=tuple(Outgoing(url=url, place=place, paragraph=paragraph)
                       for url, place, paragraph in json.loads(row["outgoing"])),
        byline=row["byline"], text=row["text"], owner=row["owner"],
        unlike_until=from_iso(row["unlike_until"]) if row["unlike_until"] is not None else None,
    )


def version_id(conn: sqlite3.Connection, public_id: str) -> int:
    """The row of a version."""
    return int(conn.execute(VERSION_ID, {"public_id": public_id}).fetchone()["version_id"])


def set_links(conn: sqlite3.Connection, article_id: int, links: Sequence[CopyLink]) -> None:
    """Put an article's links in place of the ones before."""
    conn.execute(DELETE_LINKS, {"article_id": article_id})
    for link in links:
        conn.execute(ADD_LINK, {
            "copy_id": version_id(conn, link.copy), "exemplar_id": version_id(conn, link.exemplar),
            "relation": link.relation, "copied": link.copied, "direction": link.direction,
            "direction_confidence": link.direction_confidence,
            "evidence": json.dumps([asdict(e) for e in link.evidence], ensure_ascii=False),
        })


def connected(conn: sqlite3.Connection, articles: Iterable[int]) -> set[int]:
    """The articles, all that links connect them with, and the rest of the families they were in."""
    seen: set[int] = set()
    waiting = list(articles)
    while waiting:
        article_id = waiting.pop()
        if article_id not in seen:
            seen.add(article_id)
            waiting.extend(row[0] for row in conn.execute(NEIGHBOURS, {"article_id": article_id}))
    return seen


def links_between(conn: sqlite3.Connection, articles: Iterable[int]) -> list[CopyLink]:
    """The links whose copy is one of the articles."""
    return [_link(row) for article_id in sorted(articles)
            for row in conn.execute(LINKS_OF, {"article_id": article_id})]


def is_unlinked(conn: sqlite3.Connection, article_id: int) -> bool:
    """Whether an article's links are still to be decided, or again."""
    return bool(conn.execute(IS_UNLINKED, {"article_id": article_id}).fetchone()[0])


def linked(conn: sqlite3.Connection, article_id: int) -> dict[int, tuple[int, CopyLink]]:
    """An article's links by the other article, each with that one's version that is linked."""
    return {row["other"]: (row["other_id"], _link(row))
            for row in conn.execute(LINKED, {"article_id": article_id})}


def among(conn: sqlite3.Connection, articles: Iterable[int]) -> list[tuple[int, int, CopyLink]]:
    """The links between these articles: copy, exemplar, link."""
    return [(row["copy_article"], row["exemplar_article"], _link(row))
            for row in conn.execute(AMONG, {"articles": json.dumps(sorted(articles))})]


def set_families(conn: sqlite3.Connection, articles: Iterable[int], families: Sequence[Family]) -> None:
    """Put the families of some articles in place of the ones before, and note that these articles are linked."""
    for article_id in articles:
        conn.execute(LEAVE_FAMILY, {"article_id": article_id})
        conn.execute(CLEAR_UNLINKED, {"article_id": article_id})
    for family in families:
        conn.execute(ADD_FAMILY, {
            "public_id": family.public_id,
            "inferred": json.dumps([asdict(one) for one in family.inferred], ensure_ascii=False)})
        for member in family.members:
            conn.execute(ADD_MEMBER, {
                "witness": member.witness, "parent": member.parent, "family": family.public_id,
            })


def drop_empty_families(conn: sqlite3.Connection) -> None:
    """Forget the families whose members are in others now."""
    conn.execute(DROP_EMPTY_FAMILIES)


def witnesses(conn: sqlite3.Connection, links: Iterable[CopyLink]) -> Mapping[str, Witness]:
    """Every version that the links name, by public id."""
    names = {name for link in links for name in (link.copy, link.exemplar)}
    return {name: witness(conn, version_id(conn, name)) for name in sorted(names)}


def _link(row: sqlite3.Row) -> CopyLink:
    return CopyLink(
        copy=row["copy"], exemplar=row["exemplar"], relation=cast(Relation, row["relation"]), copied=row["copied"],
        direction=cast(Direction, row["direction"]), direction_confidence=row["direction_confidence"],
        evidence=tuple(Evidence(**e) for e in json.loads(row["evidence"])))


def _shared(row: sqlite3.Row) -> Shared:
    passages = tuple(
        Passage(left_start=a, left_end=b, right_start=c, right_end=d, words=n)
        for a, b, c, d, n in json.loads(row["passages"])
    )
    return Shared(
        left_id=row["left_id"], right_id=row["right_id"], left_name=row["left_name"], right_name=row["right_name"],
        left_article=row["left_article"],
        right_article=row["right_article"], reuse=Reuse(
            relation=cast(Relation, row["relation"]), passages=passages, left_coverage=row["left_coverage"],
            right_coverage=row["right_coverage"], order=row["order"], copied=row["copied"],
        ),
    )
