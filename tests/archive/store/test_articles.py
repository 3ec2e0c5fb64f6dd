"""Articles, their addresses and versions in the database."""

from collections.abc import Callable
from datetime import timedelta
from sqlite3 import Connection

import pytest

from archive.digests import address_key
from archive.model import Capture, Document, Post, Version
from archive.store import articles, captures, comparisons, documents, links
from archive.store.comparisons import KeptSketch, Read

URL = "https://news.example/story"


def test_a_fold_is_pending_until_every_sighting_is_in_the_database(
    conn: Connection, published: Callable[..., list[int]], capture: Callable[..., Capture]
) -> None:
    published(URL, "one", "two")
    assert articles.pending_fold(conn, extractor="x-1") == []
    again = capture(url=URL, body=b"one", captured_at=capture().captured_at + timedelta(days=9), n=9, is_revisit=True)
    captures.add(conn, again)
    assert articles.pending_fold(conn, extractor="x-1") == [URL]
    assert articles.pending_fold(conn, extractor="x-2") == [URL], "what another extractor read is folded anew"


def test_setting_the_same_versions_again_keeps_their_rows(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    ids = published(URL, "one", "two")
    article_id = articles.article_of(conn, URL)
    assert article_id is not None
    seen = articles.sightings(conn, article_id, extractor="x-1")
    rows = conn.execute("SELECT * FROM version ORDER BY ordinal").fetchall()
    found = [
        Version(public_id=row["public_id"], article=URL, ordinal=row["ordinal"], state_digest=row["state_digest"],
                payload_digest=row["payload_digest"], first_seen=one.sighting.captured_at,
                last_seen=one.sighting.captured_at, sightings=1, change=("first",))
        for row, one in zip(rows, seen, strict=True)
    ]
    articles.set_versions(conn, article_id, seen, found)
    assert [row[0] for row in conn.execute("SELECT version_id FROM versions ORDER BY ordinal")] == ids
    articles.set_versions(conn, article_id, seen, found[:1])
    assert [row[0] for row in conn.execute("SELECT version_id FROM versions")] == ids[:1]
    assert [row[0] for row in conn.execute("SELECT version_id FROM sightings ORDER BY capture_id")] == [ids[0], None]


@pytest.mark.parametrize(("changes", "is_pending"), [
    ({}, False), ({"language": "fr"}, True), ({"body_digest": "sha256:other"}, True), ({"paragraphs": ("two",)}, True),
    ({"byline": "Somebody"}, False),
])
def test_a_version_that_another_extractor_reads_otherwise_is_compared_anew(
    conn: Connection, published: Callable[..., list[int]], document: Callable[..., Document], changes: dict[str, object],
    is_pending: bool,
) -> None:
    (version_id,) = published(URL, "one")
    sketch = KeptSketch(version_id, "en", 5.5, 1, 2, b"")
    comparisons.add_readings(conn, [Read(sketch=sketch, worth={7: 1.5})])
    links.add_witness(conn, version_id, [], method="m")
    row = conn.execute("SELECT * FROM version").fetchone()
    documents.add(conn, document(**{
        "url": URL, "payload_digest": row["payload_digest"], "extractor": "x-2", "paragraphs": ("one",),
        "state_digest": row["state_digest"]} | changes))
    conn.execute("UPDATE documents SET on_topic = 1, score = 5.5, terms = '[]', decided_by = 'topic'")
    article_id = articles.article_of(conn, URL)
    assert article_id is not None
    seen = articles.sightings(conn, article_id, extractor="x-2")
    articles.set_versions(conn, article_id, seen, [Version(
        public_id=row["public_id"], article=URL, ordinal=1, state_digest=row["state_digest"],
        payload_digest=row["payload_digest"], first_seen=seen[0].sighting.captured_at,
        last_seen=seen[0].sighting.captured_at, sightings=1, change=("first",))])
    assert comparisons.pending_witnesses(conn, method="m") == ([version_id] if is_pending else [])
    assert comparisons.sketches(conn, [version_id]) == ({} if is_pending else {version_id: sketch})


def test_posts_of_a_live_blog_are_kept_and_read_again(
    conn: Connection, capture: Callable[..., Capture], document: Callable[..., Document]
) -> None:
    seen, post = capture(url=URL), Post(key="p1", at="2025-03-15T12:00", title=None, text="Rain.")
    captures.add(conn, seen)
    documents.add(conn, document(url=URL, payload_digest=seen.payload_digest, posts=(post,)))
    conn.execute("UPDATE documents SET on_topic = 1")
    article_id = articles.set_address(conn, URL, article=URL)
    (one,) = articles.sightings(conn, article_id, extractor="x-1")
    assert one.sighting.posts == (post,)
    version = Version(public_id="p", article=f"{URL}#p1", ordinal=1, state_digest="s", change=("first",), sightings=1,
                      payload_digest=seen.payload_digest, first_seen=seen.captured_at, last_seen=seen.captured_at)
    for _ in range(2):
        articles.set_posts(conn, article_id, [one], [version])
    conn.execute("UPDATE articles SET on_topic = 1")
    assert [tuple(row) for row in conn.execute("SELECT public_id, post, ordinal, text FROM post_version")] == [
        ("p", "p1", 1, "Rain.")]


def test_an_article_without_versions_is_off_the_topic_and_shown_nowhere(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    published(URL, "one")
    assert conn.execute("SELECT count(*) FROM article").fetchone()[0] == 1
    article_id = articles.article_of(conn, URL)
    assert article_id is not None
    seen = articles.sightings(conn, article_id, extractor="x-1")
    articles.set_versions(conn, article_id, seen, [])
    assert conn.execute("SELECT count(*) FROM article").fetchone()[0] == 0
    assert conn.execute("SELECT count(*) FROM versions_fts WHERE versions_fts MATCH 'one'").fetchone()[0] == 0


def test_addresses_are_merged_and_an_article_that_lost_its_last_goes(conn: Connection) -> None:
    old = articles.set_address(conn, URL + "?a", article=URL + "?a")
    new = articles.set_address(conn, URL, article=URL)
    assert articles.set_address(conn, URL + "?a", article=URL) == new
    assert articles.article_of(conn, URL + "?a") == new
    assert articles.article_url(conn, new) == URL
    articles.set_versions(conn, old, [], [])
    assert [tuple(row) for row in conn.execute("SELECT url, key FROM articles")] == [(URL, address_key(URL))]
    assert articles.article_of(conn, "https://none.example/") is None


def test_the_newest_document_names_the_canonical_address(
    conn: Connection, capture: Callable[..., Capture], document: Callable[..., Document]
) -> None:
    assert articles.declared_canonical(conn, URL, extractor="x-1") is None
    for n in range(2):
        seen = capture(url=URL, body=b"%d" % n, captured_at=capture().captured_at + timedelta(days=n), n=n)
        captures.add(conn, seen)
        documents.add(conn, document(url=URL, payload_digest=seen.payload_digest, canonical=f"{URL}/{n}"))
    assert articles.declared_canonical(conn, URL, extractor="x-1") == f"{URL}/1"


def test_a_redirect_waits_until_its_address_belongs_to_an_article(
    conn: Connection, capture: Callable[..., Capture]
) -> None:
    captures.add(conn, capture(url=URL + "?old", status=301, location="/story"))
    captures.add(conn, capture(url=URL + "?none", status=302, n=1))
    assert articles.redirected(conn) == [(URL + "?old", "/story")]
    articles.set_address(conn, URL + "?old", article=URL)
    assert articles.redirected(conn) == []


@pytest.mark.parametrize(("looks", "removed"), [
    pytest.param([(1, 404), (5, 404), (15, 410)], 1, id="gone in three looks over 14 days"),
    pytest.param([(1, 404), (5, 404), (14, 404)], 0, id="a day too early"),
    pytest.param([(1, 404), (16, 404)], 0, id="two looks"),
    pytest.param([(1, 404), (5, 500), (8, 500), (16, 404)], 0, id="a failed fetch is no deletion"),
    pytest.param([(1, 404), (5, 403), (8, 403), (16, 404)], 0, id="nor is a refusal"),
    pytest.param([(1, 404), (5, 404), (9, 200), (16, 404), (20, 404)], 0, id="it was there again in between"),
    pytest.param([(1, 404), (5, 302), (15, 404)], 1, id="sent on to the front page"),
])
def test_an_article_is_removed_when_three_looks_over_two_weeks_found_it_gone(
    conn: Connection, published: Callable[..., list[int]], capture: Callable[..., Capture],
    looks: list[tuple[int, int]], removed: int,
) -> None:
    published(URL, "one")
    for n, (day, status) in enumerate(looks):
        at = capture().captured_at + timedelta(days=day)
        body = b"one" if status == 200 else b"no"
        seen = capture(url=URL, captured_at=at, status=status, body=body, n=10 + n, is_revisit=status == 200,
                       location="/" if status == 302 else None)
        captures.add(conn, seen)
        if status == 200:
            conn.execute("UPDATE versions SET last_seen = ?", [at.isoformat(timespec="milliseconds").replace("+00:00", "Z")])
    row = conn.execute("SELECT removed, last_seen, gone_at FROM article").fetchone()
    assert row["removed"] == removed
    assert row["last_seen"] < row["gone_at"], "it went between two observations"


@pytest.mark.parametrize("question", [articles.SIGHTINGS, articles.UNREAD_SURFACES], ids=["sightings", "surfaces"])
def test_the_captures_of_an_article_are_found_by_its_addresses(conn: Connection, question: str) -> None:
    asked = {"article_id": 1, "extractor": "x", "method": "x"}
    plan = " ".join(row["detail"] for row in conn.execute("EXPLAIN QUERY PLAN " + question, asked))
    assert "c USING INDEX sqlite_autoindex_captures_1 (url=?)" in plan, "or all that were ever captured are looked at"
