"""The tables as SQL to be read, in the order of their migrations: what was published is never edited, only added to.

Tables have plural names and belong to the program. Times are ISO 8601 in UTC with milliseconds; JSON columns hold
lists.
"""

FIRST = """
CREATE TABLE warcs (
    path TEXT PRIMARY KEY,              -- relative to the WARC folder
    indexed INTEGER NOT NULL            -- bytes whose records are in captures and observations
) STRICT;

CREATE TABLE captures (
    capture_id INTEGER PRIMARY KEY,
    url TEXT NOT NULL,                  -- as asked for
    captured_at TEXT NOT NULL,
    via TEXT NOT NULL,                  -- 'stemma', or the web archive that captured it
    role TEXT NOT NULL CHECK (role IN ('article', 'feed', 'sitemap', 'section', 'list', 'robots', 'other')),
    source TEXT,                        -- the source that led to it
    status INTEGER NOT NULL,            -- HTTP status
    media_type TEXT,
    charset TEXT,                       -- as the HTTP header declared it
    content_encoding TEXT,              -- of the payload as stored
    location TEXT,                      -- where a redirect pointed
    etag TEXT,                          -- validators, for asking again only if it changed
    last_modified TEXT,
    payload_digest TEXT NOT NULL,       -- "sha1:" and base32, as in the WARC record
    payload_sha256 TEXT NOT NULL,
    payload_length INTEGER NOT NULL,    -- bytes
    is_revisit INTEGER NOT NULL,        -- 1: the payload lies in an earlier capture of this URL
    truncated TEXT,                     -- 'length', 'disconnect' or 'time': the payload is not whole
    path TEXT NOT NULL REFERENCES warcs,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,            -- bytes of the compressed record
    UNIQUE (url, captured_at, payload_digest),
    UNIQUE (path, offset)
) STRICT;
CREATE INDEX captures_payload ON captures (payload_digest, url);
CREATE INDEX captures_role ON captures (role, source, captured_at);

CREATE TABLE observations (
    url TEXT NOT NULL,
    at TEXT NOT NULL,
    role TEXT NOT NULL,
    source TEXT,
    outcome TEXT NOT NULL CHECK (outcome IN ('new', 'unchanged', 'gone', 'blocked', 'redirected', 'failed')),
    error TEXT,
    via TEXT NOT NULL,                  -- who looked: 'stemma', or the web archive that captured it
    PRIMARY KEY (url, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX observations_source ON observations (source, role, at);

CREATE TABLE discoveries (
    url TEXT NOT NULL,
    source TEXT NOT NULL,               -- name in the topic file
    found_at TEXT NOT NULL,             -- first announcement
    title TEXT,                         -- as declared by the source
    published TEXT,                     -- as declared by the source, verbatim
    lead TEXT,                          -- summary, as declared by the source, perhaps cut
    byline TEXT,                        -- as declared by the source
    promise REAL,                       -- of an article that could not be read: points of the topic's terms in all that
    weighed_by TEXT,                    -- digest of the topic file that gave them
    PRIMARY KEY (url, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX discoveries_source ON discoveries (source);

CREATE TABLE readings (                 -- which captures of sources were read for discoveries
    capture_id INTEGER PRIMARY KEY REFERENCES captures ON DELETE CASCADE,
    discoveries INTEGER NOT NULL
) STRICT;

CREATE TABLE sources (                  -- the sources of the topic file, as last seen
    name TEXT PRIMARY KEY,
    outlet TEXT NOT NULL,
    kind TEXT NOT NULL,
    address TEXT,
    country TEXT,
    language TEXT
) STRICT;

CREATE TABLE outlets (                  -- hosts of the topic file's sources, and whose they are
    domain TEXT PRIMARY KEY,            -- registered domain
    outlet TEXT NOT NULL,
    country TEXT,
    owner TEXT
) STRICT;

CREATE TABLE documents (
    document_id INTEGER PRIMARY KEY,
    payload_digest TEXT NOT NULL,
    url TEXT NOT NULL,
    charset TEXT NOT NULL,              -- '' where the header declared none
    extractor TEXT NOT NULL,            -- name and version
    title TEXT,
    byline TEXT,
    authors TEXT NOT NULL,              -- JSON list of names
    published TEXT,                     -- JSON: verbatim, earliest, latest, offset, basis
    modified TEXT,                      -- the same
    language TEXT,
    site_name TEXT,
    section TEXT,
    canonical TEXT,                     -- rel=canonical, absolute
    text TEXT NOT NULL,                 -- paragraphs, an empty line between two
    credits TEXT NOT NULL,              -- JSON list: lines that name another source
    candidates TEXT NOT NULL,           -- JSON list of [field, value, basis]: everything that was read
    text_digest TEXT NOT NULL,
    body_digest TEXT NOT NULL,          -- of the text without its credit lines: what makes two texts identical
    state_digest TEXT NOT NULL,
    on_topic INTEGER,                   -- NULL: not decided yet
    score REAL,
    terms TEXT,                         -- JSON list: what decided
    decided_by TEXT,                    -- digest of the topic file that decided
    UNIQUE (payload_digest, url, charset, extractor)
) STRICT;
CREATE INDEX documents_url ON documents (url);
CREATE INDEX documents_decided ON documents (decided_by);
CREATE INDEX documents_body ON documents (body_digest);

CREATE TABLE articles (
    article_id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,           -- canonical: the key, with everything off that does not name the page
    address TEXT NOT NULL,              -- where it answers: declared as canonical, else as fetched
    key TEXT NOT NULL UNIQUE,           -- short name in addresses and public ids
    domain TEXT NOT NULL,               -- registered domain
    on_topic INTEGER NOT NULL
) STRICT;
CREATE INDEX articles_domain ON articles (domain);

CREATE TABLE addresses (                -- every address that was merged into an article
    url TEXT PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    is_read INTEGER NOT NULL            -- 1: its own pages say so; 0: it was only announced, or redirects there
) STRICT;
CREATE INDEX addresses_article ON addresses (article_id);

CREATE TABLE versions (
    version_id INTEGER PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,           -- from 1, by first_seen
    document_id INTEGER NOT NULL REFERENCES documents,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    sightings INTEGER NOT NULL,
    change TEXT NOT NULL,               -- JSON list of change classes
    is_latest INTEGER NOT NULL,
    title TEXT NOT NULL,                -- with text, what the search index reads
    text TEXT NOT NULL
) STRICT;
CREATE INDEX versions_article ON versions (article_id, ordinal);
CREATE INDEX versions_document ON versions (document_id);

CREATE TABLE sightings (                -- captures that found an article in a state
    capture_id INTEGER PRIMARY KEY REFERENCES captures ON DELETE CASCADE,
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    document_id INTEGER NOT NULL REFERENCES documents,         -- what the current extractor read there
    version_id INTEGER REFERENCES versions ON DELETE SET NULL  -- NULL: a flip, or an article off the topic
) STRICT;
CREATE INDEX sightings_article ON sightings (article_id);
CREATE INDEX sightings_version ON sightings (version_id);
CREATE INDEX sightings_document ON sightings (document_id);

CREATE TABLE unfolded (                 -- articles whose addresses or readings changed: to be folded into versions
    article_id INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE
) STRICT;

CREATE VIRTUAL TABLE versions_fts USING fts5 (
    title, text, content="versions", content_rowid="version_id", tokenize="unicode61 remove_diacritics 2"
);
CREATE TRIGGER versions_ai AFTER INSERT ON versions BEGIN
    INSERT INTO versions_fts (rowid, title, text) VALUES (new.version_id, new.title, new.text);
END;
CREATE TRIGGER versions_ad AFTER DELETE ON versions BEGIN
    INSERT INTO versions_fts (versions_fts, rowid, title, text)
    VALUES ('delete', old.version_id, old.title, old.text);
END;
CREATE TRIGGER versions_au AFTER UPDATE OF title, text ON versions
WHEN old.title IS NOT new.title OR old.text IS NOT new.text BEGIN
    INSERT INTO versions_fts (versions_fts, rowid, title, text)
    VALUES ('delete', old.version_id, old.title, old.text);
    INSERT INTO versions_fts (rowid, title, text) VALUES (new.version_id, new.title, new.text);
END;

CREATE TABLE witnesses (                -- versions whose text was compared with all others
    version_id INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
    method TEXT NOT NULL                -- name and version of the comparison
) STRICT;

CREATE TABLE fingerprints (
    fingerprint INTEGER NOT NULL,
    version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    PRIMARY KEY (fingerprint, version_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fingerprints_version ON fingerprints (version_id);

CREATE TABLE reuses (
    left_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,   -- the smaller public_id
    right_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    relation TEXT NOT NULL,
    left_coverage REAL NOT NULL,        -- share of the words that lie in passages
    right_coverage REAL NOT NULL,
    "order" REAL NOT NULL,              -- share of passages in one common order
    words INTEGER NOT NULL,             -- words that agree
    passages TEXT NOT NULL,             -- JSON list of [left_start, left_end, right_start, right_end, words]
    PRIMARY KEY (left_id, right_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reuses_right ON reuses (right_id);

CREATE TABLE links (                    -- one for each pair of articles that share text
    copy_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    exemplar_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    relation TEXT NOT NULL,
    copied REAL NOT NULL,               -- confidence that text was copied
    direction TEXT NOT NULL CHECK (direction IN ('decided', 'undecided')),
    direction_confidence REAL NOT NULL, -- 0.5: a coin toss
    evidence TEXT NOT NULL,             -- JSON list of {kind, favours, weight, detail}
    PRIMARY KEY (copy_id, exemplar_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX links_exemplar ON links (exemplar_id);

CREATE TABLE unlinked (                 -- articles whose links and family are to be decided again
    article_id INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE
) STRICT;

CREATE TABLE families (
    family_id INTEGER PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE      -- of its first exemplar
) STRICT;

CREATE TABLE members (
    article_id INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE,
    family_id INTEGER NOT NULL REFERENCES families ON DELETE CASCADE,
    version_id INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    parent_id INTEGER REFERENCES articles ON DELETE SET NULL  -- the article it was made from; NULL: root, or not known
) STRICT;
CREATE INDEX members_family ON members (family_id);

CREATE TABLE failures (
    stage TEXT NOT NULL,
    subject TEXT NOT NULL,              -- a URL, or a payload digest and a URL
    program TEXT NOT NULL,              -- version that failed; a newer one tries again
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (stage, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE slices (                   -- questions to archives, cut into spans of time
    service TEXT NOT NULL,              -- 'wayback', 'gdelt' ...
    what TEXT NOT NULL,                 -- a host, a search, an address
    start TEXT NOT NULL,
    "end" TEXT NOT NULL,                -- excluded
    resume_key TEXT,                    -- the service's own name for where its last answer stopped
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'split', 'refused')),
    reason TEXT,                        -- of the last try that failed
    PRIMARY KEY (service, what, start, "end")
) STRICT, WITHOUT ROWID;

CREATE TABLE mementos (                 -- pages that an archive says it holds
    service TEXT NOT NULL,
    original TEXT NOT NULL,             -- the address as the archive writes it
    captured_at TEXT NOT NULL,
    urlkey TEXT NOT NULL,               -- the archive's name for the page, whatever the address' scheme and port
    digest TEXT NOT NULL,               -- of the payload, as the archive says
    length INTEGER,                     -- bytes of the archive's record
    host TEXT NOT NULL,                 -- as in slices.what
    place TEXT,                         -- file, offset and length of the archive's record, where it is read from there
    state TEXT NOT NULL CHECK (state IN ('waiting', 'kept', 'missing')),
    reason TEXT,
    PRIMARY KEY (service, original, captured_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX mementos_page ON mementos (service, urlkey, captured_at);

CREATE TABLE runs (
    run_id INTEGER PRIMARY KEY,
    command TEXT NOT NULL,
    program TEXT NOT NULL,
    topic_digest TEXT,
    started_at TEXT NOT NULL,
    ended_at TEXT,                      -- NULL: running, or killed
    report TEXT                         -- JSON list of step reports
) STRICT;
"""

SECOND = """
CREATE TABLE alarms (                   -- what a person was told needs them; each is told once when it begins and ends
    name TEXT PRIMARY KEY,              -- what it is about, such as 'silent courier-feed'
    since TEXT NOT NULL,
    sentence TEXT NOT NULL
) STRICT;

CREATE TABLE blocks (                   -- payloads in an article's place: captcha, consent, paywall, soft 404
    payload_digest TEXT NOT NULL,
    url TEXT NOT NULL,
    charset TEXT NOT NULL,
    extractor TEXT NOT NULL,            -- which recognised it
    kind TEXT NOT NULL CHECK (kind IN ('challenge', 'consent', 'paywall', 'missing', 'refused')),
    reason TEXT NOT NULL,               -- what it was recognised by
    title TEXT,                         -- what the page's own preview says of the article
    lead TEXT,
    byline TEXT,
    published TEXT,                     -- verbatim
    promise REAL,                       -- points of the topic's terms in title and lead
    weighed_by TEXT,                    -- digest of the topic file that gave them
    PRIMARY KEY (payload_digest, url, charset)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_url ON blocks (url);

-- JSON lists: the organisations among the authors; agencies that are credited; lines that tell of corrections and
-- updates; [language, address] of translations; a live blog's [time, headline, text]
ALTER TABLE documents ADD COLUMN organisations TEXT NOT NULL DEFAULT '[]';
ALTER TABLE documents ADD COLUMN agencies TEXT NOT NULL DEFAULT '[]';
ALTER TABLE documents ADD COLUMN notices TEXT NOT NULL DEFAULT '[]';
ALTER TABLE documents ADD COLUMN alternates TEXT NOT NULL DEFAULT '[]';
ALTER TABLE documents ADD COLUMN posts TEXT NOT NULL DEFAULT '[]';
-- 0: the markup says that it is not free to read; NULL: it says nothing
ALTER TABLE documents ADD COLUMN is_free INTEGER;
"""

THIRD = """
CREATE TABLE surfaces (                 -- of payloads beside others with the same text: what a reader of the page sees
    payload_digest TEXT NOT NULL,
    url TEXT NOT NULL,
    charset TEXT NOT NULL,
    surface TEXT NOT NULL,              -- digest of all words of the page
    method TEXT NOT NULL,               -- name and version of that reading
    PRIMARY KEY (payload_digest, url, charset)
) STRICT, WITHOUT ROWID;

-- distinct ones, and in what how many differ from the one before: JSON, such as {"markup": 2}
ALTER TABLE versions ADD COLUMN payloads INTEGER NOT NULL DEFAULT 1;
ALTER TABLE versions ADD COLUMN differences TEXT NOT NULL DEFAULT '{}';
-- JSON list: what changed since the version before
ALTER TABLE versions ADD COLUMN passages TEXT NOT NULL DEFAULT '[]';

CREATE TABLE post_versions (            -- versions of the posts of live blogs; the article's own are in versions
    public_id TEXT PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    post TEXT NOT NULL,                 -- its key
    ordinal INTEGER NOT NULL,           -- from 1, for each post
    title TEXT,
    text TEXT NOT NULL,
    first_seen TEXT NOT NULL,
    last_seen TEXT NOT NULL,
    sightings INTEGER NOT NULL,
    change TEXT NOT NULL,               -- as in versions
    passages TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX post_versions_article ON post_versions (article_id, post, ordinal);

-- how the payload differs from the version's one before ('markup', 'surroundings', 'typography', 'unread'), or 'flip'
ALTER TABLE sightings ADD COLUMN difference TEXT;
INSERT OR IGNORE INTO unfolded (article_id) SELECT article_id FROM articles;

-- confidence that text was copied
ALTER TABLE reuses ADD COLUMN copied REAL NOT NULL DEFAULT 0.999;
-- exemplars that are not held: JSON list of {name, kind, witnesses}
ALTER TABLE families ADD COLUMN inferred TEXT NOT NULL DEFAULT '[]';

CREATE TABLE epochs (                   -- what comparisons take from the whole corpus; the last one counts
    epoch_id INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    articles INTEGER NOT NULL,          -- that were counted
    counted_at TEXT NOT NULL,
    packed BLOB NOT NULL                -- gzipped JSON: counts of tokens, keys of furniture, the topic's own names
) STRICT;

CREATE TABLE text_readings (            -- of the versions in fingerprints
    version_id INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
    packed BLOB NOT NULL                -- the text's sentences as tokens, as pipeline.reading packs them
) STRICT;

CREATE TABLE judgements (               -- what people decided on two texts, as events.jsonl has it
    ordinal INTEGER PRIMARY KEY,        -- place among them in events.jsonl, from 1
    verdict TEXT NOT NULL CHECK (verdict IN ('confirm', 'reject', 'reverse', 'add', 'undo')),
    copy_url TEXT NOT NULL,             -- what a public id stands for; no reference: a capture may be indexed later
    copy_captured_at TEXT NOT NULL,
    copy_payload TEXT NOT NULL,         -- its digest
    exemplar_url TEXT NOT NULL,
    exemplar_captured_at TEXT NOT NULL,
    exemplar_payload TEXT NOT NULL,
    judged_by TEXT NOT NULL,
    at TEXT NOT NULL,
    note TEXT
) STRICT;

-- JSON list of [address, place, paragraph]: what the text links to on other hosts
ALTER TABLE documents ADD COLUMN outgoing TEXT NOT NULL DEFAULT '[]';

CREATE TABLE profiles (                 -- what articles are counted and filtered by; '' is not known
    profile_id INTEGER PRIMARY KEY,
    outlet TEXT NOT NULL,
    country TEXT NOT NULL,
    language TEXT NOT NULL,
    month TEXT NOT NULL,                -- of the day, such as 2024-08
    role TEXT NOT NULL CHECK (role IN ('alone', 'exemplar', 'repost', 'undecided')),
    relation TEXT NOT NULL,             -- to what it was made from, else to what it shares text with
    edited TEXT NOT NULL CHECK (edited IN ('edited', 'unedited')),
    presence TEXT NOT NULL CHECK (presence IN ('present', 'gone', 'removed')),
    UNIQUE (outlet, country, language, month, role, relation, edited, presence)
) STRICT;

CREATE TABLE catalogue (                -- of each version, what a search of many articles needs of it, and no text
    version_id INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
    article_id INTEGER NOT NULL,
    is_latest INTEGER NOT NULL,
    profile_id INTEGER NOT NULL REFERENCES profiles,
    day TEXT NOT NULL,                  -- as the page states it, whatever the time zone; else of the first sighting
    dated TEXT NOT NULL,
    first_seen TEXT NOT NULL,           -- of this version
    last_seen TEXT NOT NULL,
    gone_at TEXT,                       -- first look after the last sighting that found it gone
    fold INTEGER NOT NULL,              -- its family's number; an article without kin has its own below zero
    kin INTEGER NOT NULL                -- other articles of its family
) STRICT;
CREATE INDEX catalogue_article ON catalogue (article_id);
CREATE INDEX catalogue_profile ON catalogue (is_latest, profile_id, day);
CREATE INDEX catalogue_fold ON catalogue (fold, is_latest, day, profile_id);
CREATE INDEX catalogue_arrived ON catalogue (is_latest, first_seen);
CREATE INDEX catalogue_gone ON catalogue (gone_at) WHERE gone_at IS NOT NULL;
CREATE INDEX catalogue_day ON catalogue (is_latest, day, dated, article_id, profile_id, fold);

CREATE TABLE uncatalogued (             -- articles of which something changed that the catalogue holds, once a change
    article_id INTEGER NOT NULL
) STRICT;
CREATE INDEX uncatalogued_article ON uncatalogued (article_id);
INSERT INTO uncatalogued SELECT article_id FROM articles;

CREATE TRIGGER catalogue_versions_ai AFTER INSERT ON versions BEGIN
    INSERT INTO uncatalogued VALUES (new.article_id);
END;
CREATE TRIGGER catalogue_versions_au AFTER UPDATE ON versions BEGIN
    INSERT INTO uncatalogued VALUES (old.article_id), (new.article_id);
END;
CREATE TRIGGER catalogue_versions_ad AFTER DELETE ON versions BEGIN
    INSERT INTO uncatalogued VALUES (old.article_id);
END;
CREATE TRIGGER catalogue_articles_au AFTER UPDATE OF on_topic ON articles WHEN old.on_topic <> new.on_topic BEGIN
    INSERT INTO uncatalogued VALUES (new.article_id);
END;
CREATE TRIGGER catalogue_links_ai AFTER INSERT ON links BEGIN
    INSERT INTO uncatalogued SELECT article_id FROM versions WHERE version_id IN (new.copy_id, new.exemplar_id);
END;
CREATE TRIGGER catalogue_links_ad AFTER DELETE ON links BEGIN
    INSERT INTO uncatalogued SELECT article_id FROM versions WHERE version_id IN (old.copy_id, old.exemplar_id);
END;
CREATE TRIGGER catalogue_members_ai AFTER INSERT ON members BEGIN
    INSERT INTO uncatalogued VALUES (new.article_id);
END;
CREATE TRIGGER catalogue_members_ad AFTER DELETE ON members BEGIN
    INSERT INTO uncatalogued VALUES (old.article_id);
END;
CREATE TRIGGER catalogue_observations_ai AFTER INSERT ON observations WHEN new.outcome = 'gone' BEGIN
    INSERT INTO uncatalogued SELECT article_id FROM addresses WHERE url = new.url;
END;
CREATE TRIGGER catalogue_observations_au AFTER UPDATE OF outcome ON observations
WHEN old.outcome <> new.outcome AND 'gone' IN (old.outcome, new.outcome) BEGIN
    INSERT INTO uncatalogued SELECT article_id FROM addresses WHERE url = new.url;
END;
CREATE TRIGGER catalogue_observations_ad AFTER DELETE ON observations WHEN old.outcome = 'gone' BEGIN
    INSERT INTO uncatalogued SELECT article_id FROM addresses WHERE url = old.url;
END;
CREATE TRIGGER catalogue_addresses_ai AFTER INSERT ON addresses BEGIN
    INSERT INTO uncatalogued VALUES (new.article_id);
END;
CREATE TRIGGER catalogue_addresses_au AFTER UPDATE OF article_id ON addresses
WHEN old.article_id <> new.article_id BEGIN
    INSERT INTO uncatalogued VALUES (old.article_id), (new.article_id);
END;
CREATE TRIGGER catalogue_outlets_ai AFTER INSERT ON outlets BEGIN
    INSERT INTO uncatalogued SELECT article_id FROM articles WHERE domain = new.domain;
END;
CREATE TRIGGER catalogue_outlets_ad AFTER DELETE ON outlets BEGIN
    INSERT INTO uncatalogued SELECT article_id FROM articles WHERE domain = old.domain;
END;

-- every word of the search index, in how many versions it stands: which forms of a word there are
CREATE VIRTUAL TABLE words USING fts5vocab (versions_fts, row);

CREATE TABLE withholdings (             -- articles that are not shown, as events.jsonl has it
    url TEXT PRIMARY KEY,               -- canonical
    key TEXT NOT NULL,
    at TEXT NOT NULL,
    reason TEXT NOT NULL,
    family TEXT,                        -- public id of the family that it was in
    kin TEXT NOT NULL,                  -- JSON list of keys: the articles that shared text with it
    is_erased INTEGER NOT NULL          -- 1: its captures too
) STRICT, WITHOUT ROWID;

CREATE TABLE withheld_addresses (       -- all that they are known by, also what was found later
    url TEXT PRIMARY KEY,
    key TEXT NOT NULL,                  -- of an article of this address: what public ids begin with
    article TEXT NOT NULL               -- url in withholdings
) STRICT, WITHOUT ROWID;
CREATE INDEX withheld_addresses_key ON withheld_addresses (key);
CREATE INDEX withheld_addresses_article ON withheld_addresses (article);

-- 1: of a withheld article; nothing of what was read is in the row
ALTER TABLE documents ADD COLUMN is_withheld INTEGER NOT NULL DEFAULT 0;
"""

FOURTH = """
CREATE TABLE texts (                    -- of documents and versions, each once; one that none refers to any more goes
    text_id INTEGER PRIMARY KEY,
    hash INTEGER NOT NULL,              -- first 64 bits of its SHA-256, by which it is found; 0: in one for serving
    text TEXT NOT NULL                  -- paragraphs, an empty line between two
) STRICT;
CREATE INDEX texts_hash ON texts (hash);

-- NULL: of a withheld article, or in a database for serving
ALTER TABLE documents ADD COLUMN text_id INTEGER REFERENCES texts;
CREATE INDEX documents_text ON documents (text_id);
ALTER TABLE versions ADD COLUMN text_id INTEGER REFERENCES texts;
CREATE INDEX versions_text ON versions (text_id);
-- until the texts have moved, which changes nothing that the catalogue holds
DROP TRIGGER catalogue_versions_au;

-- 1: the page, or its answer's head, asks not to be shown from an archive
ALTER TABLE documents ADD COLUMN is_noarchive INTEGER NOT NULL DEFAULT 0;

CREATE TABLE frozen_families (          -- families as they were cited, as events.jsonl has it
    family TEXT NOT NULL,               -- public id that it had then
    run INTEGER NOT NULL,               -- which of the log's signed heads was the last
    at TEXT NOT NULL,
    by TEXT,
    digest TEXT NOT NULL,               -- "sha256:" and hexadecimal, of the canonical JSON of the statement
    statement TEXT NOT NULL,            -- JSON: members, links and their evidence, without a word of a text
    PRIMARY KEY (family, run)
) STRICT;

CREATE TABLE replay_files (             -- files of the index by which pywb serves the WARC files
    name TEXT PRIMARY KEY,
    withheld TEXT NOT NULL,             -- digest of the addresses that were withheld when it was written
    size INTEGER NOT NULL               -- bytes
) STRICT;

CREATE TABLE replayed (                 -- how far WARC files are in it
    path TEXT PRIMARY KEY,
    indexed INTEGER NOT NULL            -- bytes, as in warcs
) STRICT;
"""

# Between these two, archive.schema.moving fills texts.
FOURTH_MOVED = """
DROP TRIGGER versions_ai;
DROP TRIGGER versions_ad;
DROP TRIGGER versions_au;
DROP TABLE words;
DROP TABLE versions_fts;
ALTER TABLE documents DROP COLUMN text;
ALTER TABLE versions DROP COLUMN text;

CREATE VIRTUAL TABLE versions_fts USING fts5 (
    title, text, content="version", content_rowid="version_id", tokenize="unicode61 remove_diacritics 2"
);
CREATE VIRTUAL TABLE words USING fts5vocab (versions_fts, row);
-- A text leaves with the last row that refers to it, after the index was told which words go with it.
CREATE TRIGGER versions_ai AFTER INSERT ON versions BEGIN
    INSERT INTO versions_fts (rowid, title, text)
    SELECT new.version_id, new.title, text FROM texts WHERE text_id = new.text_id;
END;
CREATE TRIGGER versions_ad AFTER DELETE ON versions BEGIN
    INSERT INTO versions_fts (versions_fts, rowid, title, text)
    SELECT 'delete', old.version_id, old.title, text FROM texts WHERE text_id = old.text_id;
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
CREATE TRIGGER versions_au AFTER UPDATE OF title, text_id ON versions
WHEN old.title IS NOT new.title OR old.text_id IS NOT new.text_id BEGIN
    INSERT INTO versions_fts (versions_fts, rowid, title, text)
    SELECT 'delete', old.version_id, old.title, text FROM texts WHERE text_id = old.text_id;
    INSERT INTO versions_fts (rowid, title, text)
    SELECT new.version_id, new.title, text FROM texts WHERE text_id = new.text_id;
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
CREATE TRIGGER documents_ad AFTER DELETE ON documents BEGIN
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
CREATE TRIGGER documents_au AFTER UPDATE OF text_id ON documents WHEN old.text_id IS NOT new.text_id BEGIN
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
CREATE TRIGGER catalogue_versions_au AFTER UPDATE ON versions BEGIN
    INSERT INTO uncatalogued VALUES (old.article_id), (new.article_id);
END;
"""

FIFTH = """
CREATE TABLE sketches (                 -- of the versions in fingerprints: which of them may share text
    version_id INTEGER PRIMARY KEY REFERENCES versions ON DELETE CASCADE,
    language TEXT,
    nats REAL NOT NULL,                 -- what the version's keys are worth in all
    name_rows INTEGER NOT NULL,         -- how many of them are names and numbers in a row
    sentences INTEGER NOT NULL,         -- and how many are whole sentences
    packed BLOB NOT NULL                -- the text's rarest tokens, as pipeline.copies.sketches packs them
) STRICT;
"""

SIXTH = """
-- Who has which key, by the key alone: the way back from a text to its keys took as much room again.
CREATE TABLE moved_fingerprints (
    fingerprint INTEGER NOT NULL,
    version_id INTEGER NOT NULL,        -- counts where the version has a sketch, and is not in forgotten
    PRIMARY KEY (fingerprint, version_id)
) STRICT, WITHOUT ROWID;
-- In the order of the table: by versions, each row would be looked up.
INSERT INTO moved_fingerprints SELECT fingerprint, version_id FROM fingerprints
WHERE +version_id IN (SELECT version_id FROM sketches) ORDER BY fingerprint, version_id;
DROP TABLE fingerprints;
ALTER TABLE moved_fingerprints RENAME TO fingerprints;

CREATE TABLE forgotten (                -- versions whose keys are to go, before others are added
    version_id INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER sketches_ad AFTER DELETE ON sketches BEGIN
    INSERT OR IGNORE INTO forgotten VALUES (old.version_id);
END;

DROP TABLE text_readings;

DROP TRIGGER versions_ai;
DROP TRIGGER versions_ad;
DROP TRIGGER versions_au;
DROP TRIGGER documents_ad;
DROP TRIGGER documents_au;
CREATE TABLE moved_texts (              -- of documents and versions, each once; one that none refers to any more goes
    text_id INTEGER PRIMARY KEY,
    hash INTEGER NOT NULL,              -- first 64 bits of its SHA-256, by which it is found; 0: in one for serving
    text ANY NOT NULL                   -- paragraphs, an empty line between two; deflated, as archive.packing does it
) STRICT;
-- JSON list of [field, value, basis]: everything that was read; deflated likewise
ALTER TABLE documents ADD COLUMN moved_candidates ANY NOT NULL DEFAULT '[]';
"""

# Between these two, archive.schema.moving deflates both.
SIXTH_MOVED = """
ALTER TABLE documents DROP COLUMN candidates;
ALTER TABLE documents RENAME COLUMN moved_candidates TO candidates;
DROP TABLE texts;
ALTER TABLE moved_texts RENAME TO texts;
CREATE INDEX texts_hash ON texts (hash);
-- A text leaves with the last row that refers to it, after the index was told which words go with it.
CREATE TRIGGER versions_ai AFTER INSERT ON versions BEGIN
    INSERT INTO versions_fts (rowid, title, text)
    SELECT new.version_id, new.title, inflated(text) FROM texts WHERE text_id = new.text_id;
END;
CREATE TRIGGER versions_ad AFTER DELETE ON versions BEGIN
    INSERT INTO versions_fts (versions_fts, rowid, title, text)
    SELECT 'delete', old.version_id, old.title, inflated(text) FROM texts WHERE text_id = old.text_id;
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
CREATE TRIGGER versions_au AFTER UPDATE OF title, text_id ON versions
WHEN old.title IS NOT new.title OR old.text_id IS NOT new.text_id BEGIN
    INSERT INTO versions_fts (versions_fts, rowid, title, text)
    SELECT 'delete', old.version_id, old.title, inflated(text) FROM texts WHERE text_id = old.text_id;
    INSERT INTO versions_fts (rowid, title, text)
    SELECT new.version_id, new.title, inflated(text) FROM texts WHERE text_id = new.text_id;
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
CREATE TRIGGER documents_ad AFTER DELETE ON documents BEGIN
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
CREATE TRIGGER documents_au AFTER UPDATE OF text_id ON documents WHEN old.text_id IS NOT new.text_id BEGIN
    DELETE FROM texts WHERE text_id = old.text_id
    AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.text_id = old.text_id)
    AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.text_id = old.text_id);
END;
"""
