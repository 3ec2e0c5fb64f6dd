"""The search index's upkeep: every look-up asks each of its parts, which grow in number with what is added."""

import sqlite3

MOST_BESIDE = 0.1  # of the index, that may lie beside its largest part: the share that must be new before all is merged
PAGES = 2_000  # of the index that a statement writes at once, about 8 MB: readers wait for none, and a kill costs one

# SQLite's own table of the index's pages: FTS5 has no other word for how large its parts are.
PARTS = "SELECT count(*) AS pages FROM versions_fts_idx GROUP BY segid ORDER BY pages"
FROM_TWO = "INSERT INTO versions_fts (versions_fts, rank) VALUES ('usermerge', 2)"
MERGE = "INSERT INTO versions_fts (versions_fts, rank) VALUES ('merge', :pages)"


def settle(conn: sqlite3.Connection) -> bool:
    """Merge all parts into one where enough lies beside the largest, a piece at a time; else a piece of the small ones.

    Returns whether all were merged.
    """
    parts = [row["pages"] for row in conn.execute(PARTS)]
    if sum(parts[:-1]) <= MOST_BESIDE * sum(parts):
        conn.execute(FROM_TWO)
        conn.execute(MERGE, {"pages": PAGES})
        return False
    pages = -PAGES  # below zero: a merge of all is begun; above: it goes on
    while True:
        before = conn.total_changes
        conn.execute(MERGE, {"pages": pages})
        if conn.total_changes - before < 2:  # as FTS5 says that nothing is left to do
            return True
        pages = PAGES
