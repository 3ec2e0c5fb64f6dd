"""An article -> what is kept of it when it is withheld."""

import sqlite3

from archive.store import kin, pages
from archive.store import withholdings as withheld
from archive.withholdings import Withholding
from pipeline.work import Work


def decided_of(work: Work, article_id: int, url: str, *, family: str | None) -> Withholding:
    """A withholding of an article with all addresses and kin that are known of it; without reason."""
    conn: sqlite3.Connection = work.conn
    own = withheld.canonical_of(conn, article_id)
    cards = [card for link in kin.links(conn, article_id) for card in (link.copy, link.exemplar)]
    cards += [member.card for member in kin.members(conn, family)] if family else []
    return Withholding(
        url=own, reason="", at=work.clock(), family=family,
        addresses=tuple(dict.fromkeys([own, url, *pages.addresses(conn, article_id),
                                       *withheld.posts_of(conn, article_id)])),
        kin=tuple(sorted({c.key for c in cards if c.article_id != article_id})),
    )
