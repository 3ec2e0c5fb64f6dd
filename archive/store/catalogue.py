"""The catalogue: of each version what a search of many articles counts, filters and sorts by, kept beside the texts.

The views could say all of it, at a cost that grows with the archive; triggers note which articles changed.
"""

import json
import sqlite3
from collections.abc import Sequence

PENDING = "SELECT DISTINCT article_id FROM uncatalogued ORDER BY article_id LIMIT :limit"

# With an article its whole family, before and after: the number of its kin is in each one's row.
TOUCHED = """
    SELECT value AS article_id FROM json_each(:ids)
    UNION SELECT o.article_id FROM catalogue c JOIN catalogue o USING (fold)
          WHERE c.article_id IN (SELECT value FROM json_each(:ids))
    UNION SELECT o.article_id FROM members m JOIN members o USING (family_id)
          WHERE m.article_id IN (SELECT value FROM json_each(:ids))
"""

FORGET = "DELETE FROM catalogue WHERE article_id IN (SELECT value FROM json_each(:ids))"

FACTS = """
    CREATE TEMP TABLE facts AS
    WITH own AS (SELECT CAST(value AS INTEGER) AS article_id FROM json_each(:ids)), link AS (
        SELECT v.article_id, l.relation, l.direction, 1 AS is_copy, l.copied,
               e.article_id IS m.parent_id AS is_of_the_tree
        FROM own JOIN versions v USING (article_id) JOIN links l ON l.copy_id = v.version_id
        JOIN versions e ON e.version_id = l.exemplar_id LEFT JOIN members m ON m.article_id = v.article_id
        UNION ALL
        SELECT v.article_id, l.relation, l.direction, 0, l.copied, 0
        FROM own JOIN versions v USING (article_id) JOIN links l ON l.exemplar_id = v.version_id
    )
    SELECT a.article_id, a.outlet, coalesce(a.country, '') AS country, coalesce(a.language, '') AS language,
           substr(coalesce(a.published, a.first_seen), 1, 10) AS day, a.dated, a.gone_at,
           CASE WHEN EXISTS (SELECT 1 FROM link l WHERE l.article_id = a.article_id
                             AND l.is_copy AND l.direction = 'decided') THEN 'repost'
                WHEN EXISTS (SELECT 1 FROM link l WHERE l.article_id = a.article_id
                             AND l.direction = 'decided') THEN 'exemplar'
                WHEN EXISTS (SELECT 1 FROM link l WHERE l.article_id = a.article_id) THEN 'undecided'
                ELSE 'alone' END AS role,
           coalesce((SELECT l.relation FROM link l WHERE l.article_id = a.article_id
                     ORDER BY (l.direction = 'decided' AND l.is_copy) DESC, l.is_of_the_tree DESC, l.copied DESC,
                              l.relation LIMIT 1), '') AS relation,
           CASE WHEN a.versions > 1 THEN 'edited' ELSE 'unedited' END AS edited,
           CASE WHEN a.gone_at IS NULL THEN 'present' WHEN a.removed THEN 'removed' ELSE 'gone' END AS presence,
           coalesce(m.family_id, -a.article_id) AS fold,
           max(0, (SELECT count(*) - 1 FROM members o WHERE o.family_id = m.family_id)) AS kin
    FROM own JOIN article a USING (article_id) LEFT JOIN members m ON m.article_id = a.article_id
"""

ADD_PROFILES = """
    INSERT OR IGNORE INTO profiles (outlet, country, language, month, role, relation, edited, presence)
    SELECT DISTINCT outlet, country, language, substr(day, 1, 7), role, relation, edited, presence FROM facts
"""

ADD = """
    INSERT INTO catalogue (version_id, article_id, is_latest, profile_id, day, dated, first_seen, last_seen, gone_at,
                           fold, kin)
    SELECT v.version_id, v.article_id, v.is_latest, p.profile_id, f.day, f.dated, v.first_seen, v.last_seen, f.gone_at,
           f.fold, f.kin
    FROM facts f JOIN versions v USING (article_id)
    JOIN profiles p ON (p.outlet, p.country, p.language, p.month, p.role, p.relation, p.edited, p.presence)
                     = (f.outlet, f.country, f.language, substr(f.day, 1, 7), f.role, f.relation, f.edited, f.presence)
"""

DROP_FACTS = "DROP TABLE temp.facts"

DONE = "DELETE FROM uncatalogued WHERE article_id IN (SELECT value FROM json_each(:ids))"


def pending(conn: sqlite3.Connection, *, limit: int) -> list[int]:
    """Articles whose rows are not those of their state."""
    return [row["article_id"] for row in conn.execute(PENDING, {"limit": limit})]


def renew(conn: sqlite3.Connection, article_ids: Sequence[int]) -> int:
    """Put the rows of articles and of their kin in place of the ones before; how many articles have one."""
    values = {"ids": json.dumps(article_ids)}
    touched = [row["article_id"] for row in conn.execute(TOUCHED, values)]
    own = {"ids": json.dumps(touched)}
    conn.execute(FORGET, own)
    conn.execute(FACTS, own)
    conn.execute(ADD_PROFILES)
    added = conn.execute(ADD).rowcount
    conn.execute(DROP_FACTS)
    conn.execute(DONE, own)
    return added
