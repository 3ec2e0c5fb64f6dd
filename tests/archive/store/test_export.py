"""The export's documented shape."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from sqlite3 import Connection

from archive.model import Capture, CopyLink, Family, FamilyMember, Post
from archive.store import articles, captures, export, links
from pipeline.versions import post_versions, versions

ONE, TWO = "https://one.example/a", "https://two.example/b"
ARTICLE = {"url", "urls", "outlet", "language", "title", "authors", "published", "modified", "text", "relevance",
           "first_seen", "last_seen", "gone_at", "removed", "family", "versions", "posts", "links"}
VERSION = {"ordinal", "public_id", "title", "text", "first_seen", "last_seen", "change", "passages"}
LINK = {"copy_url", "exemplar_url", "relation", "confidence", "direction", "direction_confidence"}


def test_every_documented_key_is_there(
    conn: Connection, published: Callable[..., list[int]], capture: Callable[..., Capture]
) -> None:
    published(ONE, "first text", "second text", site_name="The One")
    published(TWO, "copied text")
    articles.set_address(conn, ONE + "?page=1", article=ONE)
    links.set_links(conn, 1, [CopyLink(
        copy=TWO + "#1", exemplar=ONE + "#1", relation="excerpt", copied=0.9, direction="undecided",
        direction_confidence=0.5, evidence=())])
    links.set_families(conn, [1, 2], [Family(public_id=ONE + "#1", members=(
        FamilyMember(witness=ONE + "#1", parent=None), FamilyMember(witness=TWO + "#1", parent=None)))])
    captures.add(conn, capture(url=TWO, status=404, captured_at=capture().captured_at + timedelta(days=30), n=99))

    one, two = export.articles(conn)

    for article in (one, two):
        assert set(article) == ARTICLE
        assert json.loads(json.dumps(article)) == article
        assert isinstance(article["versions"], list)
        assert isinstance(article["links"], list)
        assert all(set(version) == VERSION for version in article["versions"])
        assert all(set(link) == LINK for link in article["links"])
        assert article["links"] == [{
            "copy_url": TWO, "exemplar_url": ONE, "relation": "excerpt", "confidence": 0.9, "direction": "undecided",
            "direction_confidence": 0.5}]
        assert article["family"] == ONE + "#1"
    assert (one["urls"], one["outlet"], one["text"]) == ([ONE, ONE + "?page=1"], "The One", "second text")
    assert [(v["ordinal"], v["change"]) for v in one["versions"]] == [(1, ["first"]), (2, ["body"])]  # type: ignore[attr-defined]
    assert (one["authors"], one["relevance"], one["gone_at"]) == (["A. Reporter"], 5.5, None)
    assert (two["outlet"], two["gone_at"]) == ("two.example", "2025-04-14T12:00:00.123Z")


def test_changed_passages_and_the_posts_of_a_live_blog_are_exported(
    conn: Connection, published: Callable[..., list[int]]
) -> None:
    published(ONE, "The bridge fell at noon.", "The bridge fell at nine.")
    (article_id,) = conn.execute("SELECT article_id FROM articles").fetchone()
    seen = [
        replace(look, sighting=replace(look.sighting, posts=(Post(key="p1", at=None, title=None, text=text),)))
        for look, text in zip(articles.sightings(conn, article_id, extractor="x-1"), ("It rains.", "It rained."),
                              strict=True)]
    articles.set_versions(conn, article_id, seen, versions(ONE, [look.sighting for look in seen]))
    articles.set_posts(conn, article_id, seen, post_versions(ONE, [look.sighting for look in seen]))

    (article,) = export.articles(conn)

    first, second = article["versions"]  # type: ignore[misc]
    assert first["passages"] == []
    assert second["passages"] == [
        {"part": "body", "earlier": 1, "later": 1, "was": "noon", "now": "nine", "is_notice": False}]
    assert [(p["post"], p["ordinal"], p["change"]) for p in article["posts"]] == [  # type: ignore[attr-defined]
        ("p1", 1, ["first"]), ("p1", 2, ["body"])]
    assert article["posts"][1]["passages"][0]["now"] == "rained"  # type: ignore[index]


def test_an_empty_archive_exports_nothing(conn: Connection) -> None:
    assert list(export.articles(conn)) == []
