"""What the site's pages show of an article, its versions and its captures, read from the public views.

Every function takes a connection whose row factory is sqlite3.Row, asks one question and returns values. Times are
ISO 8601 texts as the database holds them, since pages show them and never count with them.
"""

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from archive.digests import address_key, capture_name
from archive.model import ChangedPassage, RecordRef
from archive.urls import absolute, canonical_url

TITLE, OUTLET = 600, 200  # characters of a headline, an outlet's name, wherever an article is named
FIRST_SEEN = "first seen"  # a dating's basis where the page states no date

# All cards in one row: between two of them a thread would wait for others. The links are counted without the view
# `copy_link`, which looks up what each shares.
CARDS = """
    SELECT json_group_array(json_array(
           v.version_id, v.article_id, v.article_key, v.public_id, v.url, v.title, a.outlet, a.owner, v.language,
           v.ordinal, v.is_latest, v.first_seen, a.versions, v.published_detail, a.first_seen, a.last_seen,
           a.gone_at, a.removed, a.family,
           (SELECT count(*) FROM versions c JOIN links l ON l.copy_id = c.version_id
            JOIN versions e ON e.version_id = l.exemplar_id JOIN articles o ON o.article_id = e.article_id
            WHERE c.article_id = a.article_id AND o.on_topic)
           + (SELECT count(*) FROM versions e JOIN links l ON l.exemplar_id = e.version_id
              JOIN versions c ON c.version_id = l.copy_id JOIN articles o ON o.article_id = c.article_id
              WHERE e.article_id = a.article_id AND o.on_topic),
           EXISTS (SELECT 1 FROM versions c JOIN links l ON l.copy_id = c.version_id
                   JOIN versions e ON e.version_id = l.exemplar_id JOIN articles o ON o.article_id = e.article_id
                   WHERE c.article_id = a.article_id AND l.direction = 'decided' AND o.on_topic)))
    FROM json_each(:ids) i
    CROSS JOIN version v ON v.version_id = i.value
    JOIN article a ON a.article_id = v.article_id
"""

_OF_CARD = ("version_id", "article_id", "key", "public_id", "url", "title", "outlet", "owner", "language", "ordinal",
            "is_latest", "since", "versions", "published", "first_seen", "last_seen", "gone_at", "removed", "family",
            "shares", "is_copy")

BY_KEY = "SELECT article_id, key, version_id FROM article WHERE key = :key"

BY_ARTICLE = "SELECT article_id, key, version_id FROM article WHERE article_id = :article_id"

BY_PUBLIC_ID = "SELECT article_id, article_key AS key, version_id FROM version WHERE public_id = :public_id"

# A public id that names a later capture of a version, or one from before articles were merged: its time and the
# beginning of its payload digest say which sighting is meant. The range of digests is one look at the index.
BY_SIGHTING = """
    SELECT v.article_id, v.article_key AS key, v.version_id
    FROM captures c JOIN sightings s USING (capture_id) JOIN version v ON v.version_id = s.version_id
    WHERE c.payload_digest >= 'sha1:' || :digest AND c.payload_digest < 'sha1:' || :digest || '~'
      AND replace(replace(replace(substr(c.captured_at, 1, 19), '-', ''), ':', ''), 'T', '') = :digits
    ORDER BY v.article_key = :key DESC, c.captured_at LIMIT 1
"""

BY_ADDRESS = """
    SELECT a.article_id, a.key, a.version_id FROM article a
    WHERE a.article_id = (SELECT article_id FROM addresses WHERE url = :url)
       OR a.article_id = (SELECT article_id FROM articles WHERE url = :url)
"""

ADDRESSES = "SELECT url FROM addresses WHERE article_id = :article_id ORDER BY url"

MERGED = "SELECT x.url, x.article_id FROM addresses x JOIN articles a USING (article_id) WHERE x.url <> a.url"

VERSIONS = """
    SELECT version_id, public_id, ordinal, title, first_seen, last_seen, sightings, change, payloads, differences
    FROM version WHERE article_id = :article_id ORDER BY ordinal
"""

READING = """
    SELECT v.version_id, v.public_id, v.ordinal, v.text, v.byline, v.authors, v.section, v.modified, v.credits,
           v.candidates, v.extractor, v.text_digest, v.score, v.terms, v.first_seen, v.last_seen, v.payload_digest,
           (SELECT c.payload_sha256 FROM sightings s JOIN captures c USING (capture_id)
            WHERE s.version_id = v.version_id ORDER BY c.captured_at LIMIT 1) AS payload_sha256
    FROM version v WHERE v.version_id = :version_id
"""

PASSAGES = "SELECT version_id, passages FROM versions WHERE version_id IN (SELECT value FROM json_each(:ids))"

FLIPS = "SELECT count(*) FROM sightings WHERE article_id = :article_id AND difference = 'flip'"

TEXTS = """
    SELECT v.version_id, inflated(t.text) AS text FROM versions v JOIN texts t USING (text_id)
    WHERE v.version_id IN (SELECT value FROM json_each(:ids))
"""

CAPTURES = """
    SELECT c.capture_id, c.url, c.captured_at, c.via, c.role, c.source, c.status, c.media_type, c.charset,
           c.content_encoding, c.location, c.payload_digest, c.payload_sha256, c.payload_length, c.is_revisit,
           c.truncated, c.path, c.offset, c.length, v.ordinal, s.difference,
           (SELECT o.outcome FROM observations o WHERE o.url = c.url AND o.at = c.captured_at) AS outcome
    FROM addresses x JOIN captures c ON c.url = x.url
    LEFT JOIN sightings s ON s.capture_id = c.capture_id
    LEFT JOIN versions v ON v.version_id = s.version_id
    WHERE x.article_id = :article_id ORDER BY c.captured_at DESC LIMIT :limit
"""

CAPTURE = """
    SELECT c.capture_id, c.url, c.captured_at, c.via, c.role, c.source, c.status, c.media_type, c.charset,
           c.content_encoding, c.location, c.payload_digest, c.payload_sha256, c.payload_length, c.is_revisit,
           c.truncated, c.path, c.offset, c.length, v.ordinal, s.difference,
           (SELECT o.outcome FROM observations o WHERE o.url = c.url AND o.at = c.captured_at) AS outcome
    FROM captures c
    LEFT JOIN sightings s ON s.capture_id = c.capture_id
    LEFT JOIN versions v ON v.version_id = s.version_id
    WHERE c.capture_id = :capture_id
"""

# A capture by its name: the range of digests is one look at the index.
CAPTURES_NAMED = """
    SELECT capture_id, url FROM captures
    WHERE payload_digest >= 'sha1:' || :digest AND payload_digest < 'sha1:' || :digest || '~'
      AND replace(replace(replace(substr(captured_at, 1, 19), '-', ''), ':', ''), 'T', '') = :digits
    ORDER BY captured_at, capture_id
"""

CAPTURED_VERSION = """
    SELECT v.version_id FROM sightings s JOIN version v ON v.version_id = s.version_id
    WHERE s.capture_id = :capture_id
"""

PAYLOAD_HOLDER = """
    SELECT url, captured_at, payload_digest FROM captures
    WHERE payload_digest = :payload_digest AND url = :url AND NOT is_revisit ORDER BY captured_at LIMIT 1
"""

UNANSWERED = """
    SELECT o.url, o.at, o.outcome, o.error FROM addresses x JOIN observations o ON o.url = x.url
    WHERE x.article_id = :article_id AND o.outcome IN ('gone', 'blocked', 'failed') ORDER BY o.at DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dating:
    """When a text was published, as an interval, and where that was read.

    `iso` is a day or a time as the page states it; `verbatim` its own words. Where the page states none, the basis
    is FIRST_SEEN, `latest` the first sighting and `earliest` not known.
    """

    iso: str
    earliest: str | None
    latest: str
    verbatim: str | None
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is said of an article wherever it is named; title, public id and `since` are those of one of its versions.

    since is when that version was first seen, first_seen when the article was.
    """

    version_id: int
    article_id: int
    key: str
    public_id: str
    url: str
    title: str
    outlet: str
    owner: str | None
    language: str | None
    ordinal: int
    is_latest: bool
    since: str
    versions: int
    dating: Dating
    first_seen: str
    last_seen: str
    gone_at: str | None
    removed: bool
    family: str | None
    shares: int
    is_copy: bool

    @property
    def known_by(self) -> str:
        """When the text stood at the latest: what is seen has been published, whatever its page says."""
        return min(self.dating.latest, self.first_seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a name in an address stands for; `key` is the article's key as it is now."""

    article_id: int
    key: str
    version_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """A version in the list of an article's versions; `change` holds its change classes.

    differences say in what how many of its payloads differ from the one before: no more than looks.
    """

    version_id: int
    public_id: str
    ordinal: int
    title: str
    first_seen: str
    last_seen: str
    sightings: int
    change: tuple[str, ...]
    payloads: int
    differences: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A version's text and what else was read from its page, with where each was read (`candidates`)."""

    version_id: int
    public_id: str
    ordinal: int
    text: str
    byline: str | None
    authors: tuple[str, ...]
    section: str | None
    modified: str | None
    credits: tuple[str, ...]
    candidates: tuple[tuple[str, str, str], ...]
    extractor: str
    text_digest: str
    score: float | None
    terms: tuple[str, ...]
    first_seen: str
    last_seen: str
    payload_digest: str
    payload_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureLine:
    """A capture, what the look found, and the ordinal of the version that it holds.

    name is what it is called in addresses, whichever database holds it; its number is this one's alone. difference: how
    its payload differs from the version's one before it; 'flip' for what another agent saw in between.
    """

    capture_id: int
    name: str
    url: str
    captured_at: str
    via: str
    role: str
    source: str | None
    status: int
    media_type: str | None
    charset: str | None
    content_encoding: str | None
    location: str | None
    payload_digest: str
    payload_sha256: str
    payload_length: int
    is_revisit: bool
    truncated: str | None
    record: RecordRef
    ordinal: int | None
    difference: str | None
    outcome: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """A look at an article's address that brought no text."""

    url: str
    at: str
    outcome: str
    error: str | None


def cards(conn: sqlite3.Connection, version_ids: Iterable[int]) -> dict[int, Card]:
    """The cards of versions, by version id; versions of articles off the topic are left out."""
    (found,) = conn.execute(CARDS, {"ids": json.dumps(sorted(set(version_ids)))}).fetchone()
    return {card[0]: _card(dict(zip(_OF_CARD, card, strict=True))) for card in json.loads(found)}


def find(conn: sqlite3.Connection, name: str) -> Place | None:
    """What an article's key or a version's public id stands for, also one from before articles were merged."""
    key, digits, digest = _parts(name)
    if not digits:
        return _place(conn, BY_KEY, key=name) or _merged(conn, name)
    return _place(conn, BY_PUBLIC_ID, public_id=name) or _place(
        conn, BY_SIGHTING, key=key, digits=digits, digest=digest.upper()
    )


def find_address(conn: sqlite3.Connection, url: str) -> Place | None:
    """The article that is, or was also, found at an address, however that is spelled."""
    return _place(conn, BY_ADDRESS, url=url) or _place(conn, BY_ADDRESS, url=canonical_url(url))


def named(conn: sqlite3.Connection, name: str) -> Place | None:
    """The article that somebody names: by an address, its key, or the public id of a version."""
    address = absolute("", name) if "://" in name else None
    return find(conn, name) if address is None else find_address(conn, address)


def versions(conn: sqlite3.Connection, article_id: int) -> tuple[VersionLine, ...]:
    """An article's versions, first to latest."""
    rows = conn.execute(VERSIONS, {"article_id": article_id})
    return tuple(
        VersionLine(**dict(row) | {"change": tuple(json.loads(row["change"])),
                                   "differences": tuple(sorted(json.loads(row["differences"]).items()))})
        for row in rows
    )


def passages(conn: sqlite3.Connection, version_ids: Iterable[int]) -> dict[int, tuple[ChangedPassage, ...]]:
    """What changed in versions since the one before each, by version id."""
    rows = conn.execute(PASSAGES, {"ids": json.dumps(sorted(set(version_ids)))})
    return {
        row["version_id"]: tuple(ChangedPassage(**passage) for passage in json.loads(row["passages"])) for row in rows
    }


def flips(conn: sqlite3.Connection, article_id: int) -> int:
    """How many looks at an article found, for another agent, a state that is no version."""
    return int(conn.execute(FLIPS, {"article_id": article_id}).fetchone()[0])


def reading(conn: sqlite3.Connection, version_id: int) -> Reading:
    """All that one version's page gave."""
    row = dict(conn.execute(READING, {"version_id": version_id}).fetchone())
    for name in ("authors", "credits", "terms"):
        row[name] = tuple(json.loads(row[name] or "[]"))
    row["candidates"] = tuple((str(f), str(v), str(b)) for f, v, b in json.loads(row["candidates"]))
    return Reading(**row)


def texts(conn: sqlite3.Connection, version_ids: Iterable[int]) -> dict[int, str]:
    """The texts of versions, by version id."""
    rows = conn.execute(TEXTS, {"ids": json.dumps(sorted(set(version_ids)))})
    return {row["version_id"]: row["text"] for row in rows}


def addresses(conn: sqlite3.Connection, article_id: int) -> tuple[str, ...]:
    """Every address that was merged into an article."""
    return tuple(row["url"] for row in conn.execute(ADDRESSES, {"article_id": article_id}))


def captures(conn: sqlite3.Connection, article_id: int, *, limit: int) -> tuple[CaptureLine, ...]:
    """Captures of all addresses of an article, newest first."""
    return tuple(map(_capture, conn.execute(CAPTURES, {"article_id": article_id, "limit": limit})))


def unanswered(conn: sqlite3.Connection, article_id: int, *, limit: int) -> tuple[Unanswered, ...]:
    """Looks that found an article gone, blocked or out of reach, newest first."""
    rows = conn.execute(UNANSWERED, {"article_id": article_id, "limit": limit})
    return tuple(Unanswered(**dict(row)) for row in rows)


def capture(conn: sqlite3.Connection, capture_id: int) -> CaptureLine | None:
    """One capture, None where there is none of that number."""
    row = conn.execute(CAPTURE, {"capture_id": capture_id}).fetchone()
    return _capture(row) if row else None


def capture_named(conn: sqlite3.Connection, name: str) -> CaptureLine | None:
    """The capture of a name, None where there is none."""
    key, digits, digest = _parts(name)
    found = conn.execute(CAPTURES_NAMED, {"digits": digits, "digest": digest.upper()}) if digits else ()
    return next((capture(conn, row["capture_id"]) for row in found if address_key(row["url"]) == key), None)


def captured_version(conn: sqlite3.Connection, capture_id: int) -> Card | None:
    """The version that a capture holds."""
    row = conn.execute(CAPTURED_VERSION, {"capture_id": capture_id}).fetchone()
    return cards(conn, [row["version_id"]]).get(row["version_id"]) if row else None


def payload_holder(conn: sqlite3.Connection, line: CaptureLine) -> str | None:
    """The name of the capture that holds the payload of a revisit."""
    row = conn.execute(PAYLOAD_HOLDER, {"payload_digest": line.payload_digest, "url": line.url}).fetchone()
    return capture_name(**dict(row)) if row else None


def dating(detail: str | None, *, first_seen: str) -> Dating:
    """The date of a version from its JSON, or from its first sighting."""
    if detail is None:
        return Dating(iso=first_seen, earliest=None, latest=first_seen, verbatim=None, basis=FIRST_SEEN)
    stated = json.loads(detail)
    return Dating(iso=stated["iso"], earliest=stated["earliest"], latest=stated["latest"],
                  verbatim=stated.get("verbatim"), basis=stated["basis"])


def _short(text: str, length: int) -> str:
    """What a page says of itself can be endless."""
    return text if len(text) <= length else text[:length] + "…"


def _card(values: dict[str, Any]) -> Card:
    found = dating(values.pop("published"), first_seen=values["first_seen"])
    values |= {"is_latest": bool(values["is_latest"]), "is_copy": bool(values["is_copy"]),
               "removed": bool(values["removed"]), "title": _short(values["title"], TITLE),
               "outlet": _short(values["outlet"], OUTLET), "owner": values["owner"] and _short(values["owner"], OUTLET)}
    return Card(dating=found, **values)


def _listed(conn: sqlite3.Connection, sql: str, limit: int) -> tuple[Card, ...]:
    ids = [row["version_id"] for row in conn.execute(sql, {"limit": limit})]
    known = cards(conn, ids)
    return tuple(known[version_id] for version_id in ids)


def _parts(name: str) -> tuple[str, str, str]:
    """Key, 14 digits and digest of a public id; of anything else, the name and nothing."""
    match = re.fullmatch(r"(.+)-(\d{14})-([0-9A-Za-z]{4,40})", name, flags=re.ASCII | re.DOTALL)
    return (match[1], match[2], match[3]) if match else (name, "", "")


def _place(conn: sqlite3.Connection, sql: str, **values: str | int) -> Place | None:
    row = conn.execute(sql, values).fetchone()
    return Place(**dict(row)) if row else None


def _merged(conn: sqlite3.Connection, key: str) -> Place | None:
    """The article into which the one of an old key was merged: keys come from addresses, and those are kept."""
    if not re.fullmatch("[a-z2-7]{12}", key):
        return None
    for url, article_id in conn.execute(MERGED):
        if address_key(url) == key:
            return _place(conn, BY_ARTICLE, article_id=article_id)
    return None


def _capture(row: sqlite3.Row) -> CaptureLine:
    values = dict(row)
    record = RecordRef(path=values.pop("path"), offset=values.pop("offset"), length=values.pop("length"))
    name = capture_name(row["url"], row["captured_at"], row["payload_digest"])
    return CaptureLine(name=name, record=record, is_revisit=bool(values.pop("is_revisit")), **values)
