"""The public read model: views with singular names, which pages, canned queries and people's own SQL read.

Views hold nothing: they are made anew whenever the tables change behind them.
"""

VIEWS = """
CREATE VIEW version AS               -- also where the search index reads what it marks
SELECT v.version_id, v.public_id, a.address AS url, a.key AS article_key, v.ordinal, v.title, d.byline, d.authors,
       json_extract(d.published, '$.iso') AS published, d.published AS published_detail,
       json_extract(d.modified, '$.iso') AS modified, d.modified AS modified_detail,
       d.language, d.section,
       (SELECT inflated(t.text) FROM texts t WHERE t.text_id = v.text_id) AS text, v.first_seen, v.last_seen,
       v.sightings, v.payloads, v.differences, v.change, v.passages, v.is_latest,
       d.credits, d.agencies, d.organisations, d.notices, d.alternates, d.outgoing, d.posts, d.is_free, d.is_noarchive,
       inflated(d.candidates) AS candidates,
       d.extractor, d.payload_digest, d.text_digest, d.state_digest,
       d.score, d.terms, d.document_id, v.article_id
FROM versions v JOIN articles a USING (article_id) JOIN documents d USING (document_id)
WHERE a.on_topic;

CREATE VIEW sighting AS              -- every look that found an article in a state; public_id NULL: in no version
SELECT c.url, c.captured_at, c.via, c.payload_digest, v.public_id, v.ordinal, s.difference, a.key AS article_key,
       s.capture_id, s.version_id, s.article_id
FROM sightings s JOIN articles a USING (article_id) JOIN captures c USING (capture_id)
LEFT JOIN versions v ON v.version_id = s.version_id
WHERE a.on_topic;

CREATE VIEW post_version AS          -- a live blog's posts, each with its own versions
SELECT p.public_id, a.address AS url, a.key AS article_key, p.post, p.ordinal, p.title, p.text, p.first_seen,
       p.last_seen, p.sightings, p.change, p.passages
FROM post_versions p JOIN articles a USING (article_id)
WHERE a.on_topic;

CREATE VIEW article AS
SELECT a.article_id, a.key, a.address AS url, coalesce(o.outlet, d.site_name, a.domain) AS outlet, a.domain, o.country,
       o.owner, v.title, d.byline, d.authors, d.agencies, d.language, d.section,
       json_extract(d.published, '$.iso') AS published,
       coalesce(json_extract(d.published, '$.earliest'),
                (SELECT min(first_seen) FROM versions f WHERE f.article_id = a.article_id)) AS dated,
       json_extract(d.modified, '$.iso') AS modified,
       (SELECT inflated(t.text) FROM texts t WHERE t.text_id = v.text_id) AS text, v.ordinal AS versions,
       (SELECT min(first_seen) FROM versions f WHERE f.article_id = a.article_id) AS first_seen,
       v.last_seen,
       (SELECT min(b.at) FROM observations b JOIN addresses x ON x.url = b.url
        WHERE x.article_id = a.article_id AND b.outcome = 'gone' AND b.at > v.last_seen) AS gone_at,
       -- gone in three looks over 14 days: it was removed between last_seen and gone_at
       (SELECT count(*) >= 3 AND julianday(max(b.at)) - julianday(min(b.at)) >= 14
        FROM observations b JOIN addresses x ON x.url = b.url
        WHERE x.article_id = a.article_id AND b.outcome = 'gone' AND b.at > v.last_seen) AS removed,
       d.score AS relevance, d.terms, f.public_id AS family, m.parent_id, v.public_id AS latest, v.version_id
FROM articles a
JOIN versions v ON v.article_id = a.article_id AND v.is_latest
JOIN documents d USING (document_id)
LEFT JOIN outlets o ON o.domain = a.domain
LEFT JOIN members m ON m.article_id = a.article_id
LEFT JOIN families f ON f.family_id = m.family_id
WHERE a.on_topic;

CREATE VIEW copy_link AS
SELECT c.public_id AS copy, ca.address AS copy_url, ca.key AS copy_key, e.public_id AS exemplar,
       ea.address AS exemplar_url,
       ea.key AS exemplar_key, l.relation, l.copied AS confidence, l.direction, l.direction_confidence, l.evidence,
       coalesce(r.right_coverage, q.left_coverage) AS copy_coverage,
       coalesce(r.left_coverage, q.right_coverage) AS exemplar_coverage, coalesce(r.words, q.words) AS words,
       coalesce(r."order", q."order") AS order_kept,
       l.copy_id, l.exemplar_id, ca.article_id AS copy_article_id, ea.article_id AS exemplar_article_id
FROM links l
JOIN versions c ON c.version_id = l.copy_id JOIN articles ca ON ca.article_id = c.article_id
JOIN versions e ON e.version_id = l.exemplar_id JOIN articles ea ON ea.article_id = e.article_id
LEFT JOIN reuses r ON r.left_id = l.exemplar_id AND r.right_id = l.copy_id
LEFT JOIN reuses q ON q.left_id = l.copy_id AND q.right_id = l.exemplar_id
WHERE ca.on_topic AND ea.on_topic;

CREATE VIEW family AS
SELECT f.public_id, count(*) AS members, f.inferred, f.family_id
FROM families f JOIN members m USING (family_id) JOIN articles a USING (article_id)
WHERE a.on_topic GROUP BY f.family_id;

CREATE VIEW witness AS
SELECT f.public_id AS family, v.public_id AS version, a.address AS url, a.key AS article_key, p.address AS parent_url,
       p.key AS parent_key, m.article_id, m.parent_id, m.version_id
FROM members m JOIN families f USING (family_id) JOIN articles a ON a.article_id = m.article_id
JOIN versions v ON v.version_id = m.version_id LEFT JOIN articles p ON p.article_id = m.parent_id
WHERE a.on_topic;

CREATE VIEW judgement AS             -- what people decided; copy and exemplar are NULL where no version is held
WITH told AS (
    SELECT j.*, c.article_id AS copy_article_id, e.article_id AS exemplar_article_id,
           -- a flip is of no version: the latest stands for it
           coalesce(c.version_id, (SELECT version_id FROM versions v WHERE v.article_id = c.article_id AND v.is_latest))
               AS copy_id,
           coalesce(e.version_id, (SELECT version_id FROM versions v WHERE v.article_id = e.article_id AND v.is_latest))
               AS exemplar_id
    FROM judgements j
    LEFT JOIN captures cc ON cc.url = j.copy_url AND cc.captured_at = j.copy_captured_at
                         AND cc.payload_digest = j.copy_payload
    LEFT JOIN sightings c ON c.capture_id = cc.capture_id
    LEFT JOIN captures ec ON ec.url = j.exemplar_url AND ec.captured_at = j.exemplar_captured_at
                         AND ec.payload_digest = j.exemplar_payload
    LEFT JOIN sightings e ON e.capture_id = ec.capture_id
)
SELECT c.public_id AS copy, t.copy_url, e.public_id AS exemplar, t.exemplar_url, t.verdict, t.judged_by, t.at, t.note,
       t.verdict <> 'undo' AND NOT EXISTS (
           SELECT 1 FROM told later WHERE later.ordinal > t.ordinal
           AND min(later.copy_article_id, later.exemplar_article_id) = min(t.copy_article_id, t.exemplar_article_id)
           AND max(later.copy_article_id, later.exemplar_article_id) = max(t.copy_article_id, t.exemplar_article_id)
       ) AS stands,
       t.ordinal, t.copy_captured_at, t.copy_payload, t.exemplar_captured_at, t.exemplar_payload,
       t.copy_id, t.exemplar_id, t.copy_article_id, t.exemplar_article_id
FROM told t LEFT JOIN versions c ON c.version_id = t.copy_id LEFT JOIN versions e ON e.version_id = t.exemplar_id;

CREATE VIEW withholding AS           -- articles that are not shown: of their texts nothing is in the database
SELECT url, key, at AS since, reason, family, is_erased AS erased FROM withholdings;

CREATE VIEW frozen_family AS         -- families as they were cited: what later runs find does not change it
SELECT family, run, at, by, digest, statement FROM frozen_families;

CREATE VIEW capture AS
SELECT c.url, c.captured_at, c.via, c.role, c.source, c.status, c.media_type, c.payload_digest, c.payload_sha256,
       c.payload_length, c.is_revisit, c.truncated, c.path, c.offset, c.length, c.capture_id
FROM captures c;

CREATE VIEW observation AS SELECT url, at, role, source, outcome, error, via FROM observations;

CREATE VIEW partial_witness AS       -- what is told of articles that could not be read; never a version
WITH look AS (                       -- the bare columns are those of the last look
    SELECT url, max(at) AS last_look, outcome, error FROM observations WHERE role = 'article' GROUP BY url
), words AS (
    SELECT url, source, title, lead, byline, published, promise, found_at, 'announcement' AS told_by FROM discoveries
    UNION ALL
    SELECT b.url, (SELECT min(source) FROM discoveries d WHERE d.url = b.url), b.title, b.lead, b.byline, b.published,
           b.promise, (SELECT min(captured_at) FROM captures c WHERE c.url = b.url
                       AND c.payload_digest = b.payload_digest), 'preview'
    FROM blocks b
), told AS (
    SELECT *, row_number() OVER (PARTITION BY url ORDER BY promise DESC, lead IS NULL, found_at, source) AS place
    FROM words WHERE promise > 0
)
SELECT t.url, coalesce(s.outlet, t.source) AS outlet, t.title, t.lead, t.byline, t.published, t.told_by,
       l.error AS reason, l.last_look
FROM look l JOIN told t ON t.url = l.url AND t.place = 1 LEFT JOIN sources s ON s.name = t.source
WHERE l.outcome IN ('blocked', 'gone')
  AND NOT EXISTS (SELECT 1 FROM observations r WHERE r.url = l.url AND r.outcome IN ('new', 'unchanged'))
  AND NOT EXISTS (SELECT 1 FROM addresses x WHERE x.url = l.url);

CREATE VIEW discovery AS SELECT url, source, found_at, title, published, lead, byline FROM discoveries;
"""
