"""Tombstones where the command's own tests do not get: live blogs, feeds, hostile reasons."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import html
from stemma_testing import told_by

from archive.digests import address_key
from archive.store import open_database, withholdings
from archive.withholdings import Withholding

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
PLAIN = "https://other.example/seim"


def text_of(response: Any) -> str:
    return " ".join(" ".join(html.fromstring(response.content).itertext()).split())


def withhold(archive: Archive, url: str, *more: str, **fields: Any) -> None:
    conn = open_database(archive.database)
    withholdings.replace(conn, {url: Withholding(**{
        "url": url, "addresses": (url, *more), "reason": archive.script, "at": AT, **fields})})
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    conn.close()


def test_a_reason_is_shown_as_text(own_site: Site, own_archive: Archive) -> None:
    withhold(own_archive, PLAIN)
    page = own_site.get(f"/article/{own_archive.plain}")
    assert page.status_code == 410
    assert own_archive.script not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert "15 March 2025, 12:00 UTC" in page.text
    assert "What was captured is kept" in page.text
    twin = own_site.get(f"/article/{own_archive.plain}.json")
    assert twin.json() == {
        "ok": False, "status": 410, "error": f"withheld since 2025-03-15: {own_archive.script}", "withheld": {
            "url": PLAIN, "key": own_archive.plain, "since": "2025-03-15T12:00:00.000Z", "reason": own_archive.script,
            "is_erased": False, "was_first": False}}


def test_of_what_was_erased_it_says_so(own_site: Site, own_archive: Archive) -> None:
    withhold(own_archive, PLAIN, is_erased=True)
    assert "has been erased" in own_site.get(f"/article/{own_archive.plain}").text


def test_posts_of_a_live_blog_have_its_tombstone(own_site: Site, own_archive: Archive) -> None:
    name = f"{address_key(PLAIN + '#p1')}-20240806000000-aaaaaaaa"
    conn = open_database(own_archive.database)
    with conn:
        (article,) = conn.execute("SELECT article_id FROM articles WHERE key = ?", (own_archive.plain,)).fetchone()
        conn.execute("INSERT INTO post_versions VALUES (?, ?, 'p1', 1, NULL, 'Two bridges stand.', ?, ?, 1, ?, '[]')", (
            name, article, "2024-08-06T00:00:00.000Z", "2024-08-06T01:00:00.000Z", json.dumps(["first"])))
    posts = withholdings.posts_of(conn, article)
    conn.close()
    assert own_site.get(f"/article/{name}").status_code == 302
    withhold(own_archive, PLAIN, *posts)
    assert own_site.get(f"/article/{name}").status_code == 410
    assert b"Two bridges stand." not in told_by(own_archive.database)
    assert own_site.get("/archive/post_version.json?_shape=array").json() == []


def test_kin_and_family_name_it(own_site: Site, own_archive: Archive) -> None:
    withhold(own_archive, PLAIN, kin=(own_archive.spanish,), family=own_archive.pair)
    shown = own_site.json(f"/article/{own_archive.spanish}.json")
    assert [stone["key"] for stone in shown["withheld"]] == [own_archive.plain]
    assert f'href="/article/{own_archive.plain}"' in own_site.get(f"/article/{own_archive.spanish}").text
    assert own_site.json(f"/article/{own_archive.herald}.json")["withheld"] == []


@pytest.mark.parametrize("was_first", [True, False])
def test_where_the_earliest_is_withheld_no_copy_is_called_the_earliest_held(
    own_site: Site, own_archive: Archive, was_first: bool
) -> None:
    first = "https://gone.example/first"
    family = f"{address_key(first)}-20240801000000-aaaaaaaa" if was_first else own_archive.pair
    withhold(own_archive, first, kin=(own_archive.plain,), family=family)
    assert [stone["was_first"] for stone in own_site.json(f"/article/{own_archive.plain}.json")["withheld"]] == [was_first]
    for path, said in ((f"/article/{own_archive.plain}", "The earliest shown of the 2 texts that share its words"),
                       (f"/family/{own_archive.pair}", "that are shown the earliest is A")):
        page = text_of(own_site.get(path))
        assert said in page
        assert re.search("earliest held (?!text of (?:its|the) family is withheld)", page) is None
        assert ("The earliest held text of" in page) is was_first
