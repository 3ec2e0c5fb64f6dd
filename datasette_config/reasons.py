"""A stored link and its two texts -> why it is shown, in the sentences of `stemma trace`."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import cast

from archive.model import CopyLink, Direction, Relation, Reuse
from archive.store import kin, pages, snapshots
from archive.store.kin import Link
from pipeline.descent.explain import explained


def sentences(conn: sqlite3.Connection, link: Link, texts: Mapping[int, str]) -> tuple[str, ...]:
    """Why a link is shown; none where a text of it is not among `texts` (by version id)."""
    told = snapshots.explanation(conn, link.copy.version_id, link.exemplar.version_id)
    if told is not None:
        return told
    # Explaining takes the smaller public id for the left side, as stored reuses do.
    left, right = sorted((link.copy, link.exemplar), key=lambda card: card.public_id)
    if left.version_id not in texts or right.version_id not in texts:
        return ()
    shared = kin.shared_text(conn, left.version_id, right.version_id)
    reuse = None if shared is None else Reuse(
        relation=cast(Relation, shared.relation), passages=shared.passages, left_coverage=shared.left_coverage,
        right_coverage=shared.right_coverage, order=shared.order, copied=link.confidence)
    return explained(_copy_link(link), reuse, texts[left.version_id], texts[right.version_id])


def of_links(conn: sqlite3.Connection, links: Sequence[Link]) -> tuple[tuple[str, ...], ...]:
    """The sentences of each link, in the links' order; only their texts are read."""
    texts = pages.texts(conn, [end.version_id for link in links for end in (link.copy, link.exemplar)])
    return tuple(sentences(conn, link, texts) for link in links)


def _copy_link(link: Link) -> CopyLink:
    return CopyLink(
        copy=link.copy.public_id, exemplar=link.exemplar.public_id, relation=cast(Relation, link.relation),
        copied=link.confidence, direction=cast(Direction, link.direction),
        direction_confidence=link.direction_confidence, evidence=link.evidence)
