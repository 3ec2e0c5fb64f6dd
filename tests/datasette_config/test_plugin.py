"""The plugin as Datasette finds it: by its entry point, beside Datasette's own pages."""

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from datasette.app import Datasette
from datasette.plugins import pm
from lxml import html
from pluggy import HookimplMarker

import datasette_config
from archive.store import open_database
from datasette_config import bounds, plugin, standing
from datasette_config.plugin import static_name

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

FOLDER = Path(datasette_config.__file__).parent
VIEWS = {"article", "version", "sighting", "post_version", "copy_link", "family", "witness", "judgement",
         "withholding", "frozen_family", "capture", "observation", "discovery", "partial_witness"}


def test_style_sheet_and_mark_are_served_from_the_sites_own_address(site: Site) -> None:
    page = site.get("/").text
    for name in ("stemma.css", "mark.svg"):
        address = f"/-/static-plugins/{static_name()}/{name}"
        assert address in page
        assert site.get(address).status_code == 200


@pytest.mark.parametrize("first", ["datasette.app", "datasette_config.plugin", "datasette_config.pages"])
def test_hooks_are_found_whatever_is_imported_first(first: str) -> None:
    """Datasette imports plugins while it is itself imported: a package that imports it back is registered empty."""
    found = subprocess.run(
        [sys.executable, "-c", f"import {first}, json, datasette_config; from datasette.plugins import pm\n"
         "if not pm.is_registered(datasette_config): pm.register(datasette_config)\n"
         "print(json.dumps([h.name for h in pm.get_hookcallers(datasette_config)]))"],
        capture_output=True, text=True, check=True, cwd=FOLDER.parent,
    )
    wanted = {"register_routes", "asgi_wrapper", "menu_links", "prepare_jinja2_environment"}
    assert wanted <= set(json.loads(found.stdout))


def test_every_template_and_static_file_is_package_data() -> None:
    assert {p.suffix for p in (FOLDER / "templates").rglob("*") if p.is_file()} == {".html", ".txt"}
    assert {p.name for p in (FOLDER / "static").iterdir()} == {"stemma.css", "copy.js", "mark.svg"}


def test_no_template_trusts_a_text() -> None:
    for template in (FOLDER / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert "|safe" not in text.replace(" ", ""), template
        assert "autoescape" not in text, template
        for script in re.findall(r"<script[^>]*>.*?</script>", text):  # its own files, and data that is escaped for scripts
            assert re.fullmatch(r'<script src="{{ \w+ }}" defer></script>'
                                r'|<script type="application/ld\+json">{{ \w+\|tojson }}</script>', script), template
        assert text.count("<script") == len(re.findall(r"<script[^>]*>.*?</script>", text)), template
        assert "style=" not in text, template


def test_no_variable_of_another_plugin_stands_over_ours(archive: Archive, site: Site) -> None:
    class Other:
        @staticmethod
        @HookimplMarker("datasette")
        def extra_template_vars() -> dict[str, Any]:
            return dict.fromkeys(("page", "to", "say", "whole", "here", "twin", "piece", "site_title", "publication",
                                  "may_review", "choices", "permalink", "item", "paragraphs", "offers", "at"), "theirs")

    paths = ("/", "/search?q=kursk", f"/article/{archive.herald}", f"/family/{archive.family}", "/about", "/llms.txt",
             "/data", "/nothing")
    alone = [site.get(path).text for path in paths]
    pm.register(Other, name="other")
    try:
        assert [site.get(path).text for path in paths] == alone
    finally:
        pm.unregister(name="other")


def test_a_datasette_without_the_archive_stays_as_it_is(site: Site) -> None:
    def ours(datasette: Any) -> list[str]:
        routes = [pattern for found in pm.hook.register_routes(datasette=datasette) for pattern, _ in found]
        return [pattern for pattern in routes if not pattern.lstrip("^").startswith("/-/")]  # what plugins bring for themselves

    assert "^/$" in ours(site.datasette)
    other = Datasette([], memory=True)
    assert ours(other) == []
    answer = asyncio.run(other.client.get("/"))
    assert (answer.status_code, "content-security-policy" in answer.headers) == (200, False)
    other.executor.shutdown()


def test_every_table_and_its_rows_can_be_looked_at(site: Site) -> None:
    tables = [table["name"] for table in site.json("/archive.json?_show_hidden=1")["tables"]]
    assert {"versions", "catalogue", "sightings"} <= set(tables)
    for table in tables:
        assert site.get(f"/archive/{table}").status_code == 200, table
    assert site.get("/archive/versions/1").status_code == 200


def test_datasettes_pages_lead_back(site: Site) -> None:
    page = site.get("/archive/article").text
    assert 'href="/search"' in page
    assert "One row for each article, by its latest version" in page


def test_the_first_query_that_is_offered_is_of_use(site: Site) -> None:
    page = html.fromstring(site.get("/archive").content)
    (offered,) = page.xpath("//textarea[@name='sql']/text()")
    rows = sql(site, offered)
    assert len(rows) == 8
    assert {"key", "outlet", "title", "published"} <= set(rows[0])
    assert "_sqlite_migrations" not in site.get("/archive").text


def test_only_the_public_views_are_listed(site: Site) -> None:
    listed = site.json("/archive.json")
    assert [t["name"] for t in listed["tables"] if not t["hidden"]] == []
    assert {v["name"] for v in listed["views"]} == VIEWS


def test_descriptions_name_what_there_is(archive: Archive) -> None:
    described = yaml.safe_load((FOLDER / "metadata.yaml").read_text("utf-8"))["databases"]["archive"]["tables"]
    conn = open_database(archive.database)
    names = {row[0] for row in conn.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    for name, entry in described.items():
        assert name in names, name
        columns = {row[1] for row in conn.execute(f"PRAGMA table_xinfo({name})")}
        assert set(entry.get("columns", ())) <= columns, name
        assert set(entry.get("sortable_columns", ())) <= columns, name
    conn.close()
    shadows = {f"versions_fts_{name}" for name in ("data", "idx", "docsize", "config")}
    hidden = {name for name, entry in described.items() if entry.get("hidden")}
    assert names - VIEWS - shadows - {"sqlite_sequence"} == hidden


@pytest.mark.parametrize(("view", "word", "count"), [
    ("version", "kursk", 5), ("version", "суджа*", 0), ("article", "kursk", 4), ("article", "nothing", 0),
])
def test_plain_table_search_searches(site: Site, view: str, word: str, count: int) -> None:
    """Datasette ignores a search that it cannot make, with status 200: only the count shows it."""
    assert len(site.json(f"/archive/{view}.json?_search={word}&_shape=array&_size=max")) == count


@pytest.mark.parametrize(("query", "first"), [
    ("who_copies_whom", {"exemplar": "East Watch Digest", "copy": "Mirror News", "articles": 1}),
    ("edits_by_outlet", {"outlet": "The Border Herald", "edited": 1, "corrected": 1}),
    ("removed", {"outlet": "Вести приграничья"}),
    ("delay_by_language", {"exemplar_language": "en", "copy_language": "en", "reposts": 2, "with_both_times": 0,
                           "median_hours": None}),
    ("most_copied", {"outlet": "East Watch Digest", "copies": 1, "outlets": 1, "languages": "en"}),
    ("credits_by_outlet", {"outlet": "East Watch Digest", "reposts": 1, "with_a_credit": 1, "nearly_all_of_it": 1}),
    ("unsaid_edits", {"outlet": "Вести приграничья", "ordinal": 3}),
    ("stale_copies", {"copy_outlet": "East Watch Digest", "made_from_version": 1, "exemplar_versions": 2}),
    ("first_in_families", {"outlet": "Other Courier", "families": 1, "texts_that_followed": 1}),
    ("articles_by_day", {"day": "2024-08-06", "language": "en", "articles": 1}),
    ("between_languages", {"exemplar_language": "en", "copy_language": "es", "articles": 1}),
    ("at_address", {"outcome": "new", "status": 200}),
])
def test_a_canned_query_answers(site: Site, query: str, first: dict[str, Any]) -> None:
    rows = site.json(f"/archive/{query}.json?_shape=array&address=https://vesti.example/sudzha")
    assert {name: rows[0][name] for name in first} == first


def test_every_canned_query_answers_and_says_what_it_is(site: Site) -> None:
    described = yaml.safe_load((FOLDER / "metadata.yaml").read_text("utf-8"))["databases"]["archive"]["queries"]
    for name, query in described.items():
        assert query["title"], name
        assert len(query["description"]) > 20, name
        assert site.get(f"/archive/{name}.json?_shape=array&address=x").status_code == 200, name


def test_a_text_that_shares_words_with_several_earlier_ones_counts_as_one_repost(
    own_site: Site, own_archive: Archive
) -> None:
    """Under the text above it in its family's tree, as the pages of the outlets count."""
    conn = open_database(own_archive.database)
    conn.execute("""
        INSERT INTO links (copy_id, exemplar_id, relation, copied, direction, direction_confidence, evidence)
        SELECT c.version_id, e.version_id, 'excerpt', 0.9, 'decided', 0.9, '[]'
        FROM version c, version e WHERE c.article_key = ? AND e.article_key = ? AND e.ordinal = 1
    """, (own_archive.mirror, own_archive.herald))
    conn.commit()
    conn.close()
    reposts = {one["outlet"]: one["reposts"] for one in own_site.json("/outlets.json")["outlets"] if one["reposts"]}
    credits = own_site.json("/archive/credits_by_outlet.json?_shape=array")
    assert {row["outlet"]: row["reposts"] for row in credits} == reposts
    copying = own_site.json("/archive/who_copies_whom.json?_shape=array")
    assert [row["exemplar"] for row in copying if row["copy"] == "Mirror News"] == ["East Watch Digest"]
    for query, counted in (("most_copied", "copies"), ("delay_by_language", "reposts")):
        rows = own_site.json(f"/archive/{query}.json?_shape=array")
        assert sum(row[counted] for row in rows) == sum(reposts.values()), query


def test_delays_are_of_pages_that_state_times(own_site: Site, own_archive: Archive) -> None:
    conn = open_database(own_archive.database)
    for domain, at in (("mirador", "2024-08-18T21:00:00.000Z"), ("other.example/seim", "2024-08-18T18:30:00.000Z")):
        conn.execute("UPDATE documents SET published = json_object('iso', :at, 'earliest', :at, 'latest', :at) "
                     "WHERE url LIKE '%' || :domain || '%'", {"at": at, "domain": domain})
    conn.execute("INSERT INTO observations (url, at, role, outcome, via) "
                 "VALUES ('https://other.example/seim', '2024-09-01T00:00:00.000Z', 'article', 'gone', 'x')")
    conn.commit()
    conn.close()
    rows = own_site.json("/archive/delay_by_language.json?_shape=array")
    (row,) = (row for row in rows if row["copy_language"] == "es")
    assert (row["with_both_times"], row["median_hours"], row["quarter_within_hours"]) == (1, 2.5, 2.5)
    (gone,) = own_site.json("/archive/gone_and_still_copied.json?_shape=array")
    assert (gone["outlet"], gone["copies_that_stand"], gone["at"]) == ("Other Courier", 1, "El Mirador")


def test_every_hook_of_the_plugin_is_one_that_datasette_calls() -> None:
    """Datasette takes the package for the plugin: a hook that is not exported there is never called."""
    written = {name for name, found in vars(plugin).items() if hasattr(found, "datasette_impl")}
    assert written == set(datasette_config.__all__)
    assert all(getattr(datasette_config, name) is getattr(plugin, name) for name in written)


def test_our_own_questions_may_read_what_readers_may_not(own_site: Site) -> None:
    def asked(conn: sqlite3.Connection) -> tuple[int, int]:
        with bounds.unbound(conn):
            (found,) = conn.execute("SELECT length(zeroblob(200000000))").fetchone()
        return found, conn.getlimit(sqlite3.SQLITE_LIMIT_LENGTH)

    database = own_site.datasette.get_database("archive")
    assert own_site.loop.run_until_complete(database.execute_fn(asked)) == (200_000_000, bounds.MOST_OF_VALUE)


def test_a_server_that_starts_sets_apart_what_it_keeps(own_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("gc.freeze", lambda: told.append("freeze"))

    async def started(*_: Any) -> None:
        told.append("started")

    app = standing.set_apart(started)
    own_site.loop.run_until_complete(app({"type": "http"}, None, None))
    own_site.loop.run_until_complete(app({"type": "lifespan"}, None, None))
    assert told == ["started", "freeze", "started"]


@pytest.mark.parametrize("query", [
    pytest.param("select length(hex(zeroblob(300000000)))", id="one value"),
    pytest.param("with recursive n(i) as (select 1 union all select i + 1 from n limit 4000) "
                 "select hex(zeroblob(500000)) from n", id="many rows"),
])
def test_no_question_takes_the_servers_memory(site: Site, query: str) -> None:
    tracemalloc.start()
    try:
        answer = site.get("/archive.json?" + urlencode({"sql": query, "_shape": "array"}), follow_redirects=True)
        assert answer.status_code == 400, answer.text[:200]
        assert "more than 128 MB" in answer.text or "too big" in answer.text
        assert tracemalloc.get_traced_memory()[1] < 250_000_000
    finally:
        tracemalloc.stop()
    assert site.get("/archive/article.json?_size=max").status_code == 200


def test_people_can_ask_in_sql(site: Site) -> None:
    assert sql(site, "select count(*) as n from article") == [{"n": 8}]


def sql(site: Site, query: str) -> Any:
    """Rows, from 0.65's address of queries or, where that leads to, from 1.0's."""
    answer = site.get("/archive.json?" + urlencode({"sql": query, "_shape": "array"}), follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.json()
