"""A site of excerpts: what stands beyond them is nowhere, neither in the database's file nor behind any address."""

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pyarrow import parquet
from stemma_testing import told_by

from archive.store import open_database, read_database, snapshots
from archive.topic import Topic, load_topic
from pipeline.copies.reading import key_of, read
from pipeline.sharing import publishing

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

NOW = datetime(2024, 9, 1, tzinfo=UTC)
# Sentences of the test's archive that stand beyond any beginning, and in no passage that is shown.
MARKERS = ("declared that the situation was", "people were leaving in their own cars", "the checkpoint was empty",
           "Subscribe to our newsletter", "працювала у звичному режимі", "could no longer be used", "ya no podía usarse",
           "never ends: endlessendless", "svg onload", "flows to Europe across", "so und nicht anders geschah es")


def topic_that(full_text: Any, **sources: bool) -> Topic:
    topic = load_topic("kursk")
    named = {source.name: source for source in topic.sources}
    for name, flag in sources.items():
        named[name] = replace(named[name], full_text=flag)
    return replace(topic, publish=replace(topic.publish, full_text=full_text), sources=tuple(named.values()))


def published(archive: Archive, topic: Topic) -> Path:
    publishing.refresh(topic, archive.data, clock=lambda: NOW)
    return Path(archive.data / "public")


@pytest.fixture(scope="module")
def hidden(tmp_path_factory: pytest.TempPathFactory, build: Any) -> Archive:
    """The test's archive, with texts in every other place that has some."""
    archive = build(tmp_path_factory.mktemp("hidden"))
    text = "Der erste Satz steht am Anfang. " * 12 + "so und nicht anders geschah es"
    conn = open_database(archive.database)
    article = conn.execute("SELECT article_id FROM articles WHERE key = ?", (archive.herald,)).fetchone()[0]
    conn.execute("UPDATE documents SET candidates = ?, posts = ?, notices = ?, credits = ?", (
        json.dumps([["title", "A headline", "h1"], ["body", text, "json-ld articleBody"], ["description", text, "x"],
                    ["title", text + text, "microdata"]]),
        json.dumps([["2024-08-06", "A post", text]]), json.dumps([text + text]), json.dumps([text + text])))
    edit = [{"part": "body", "earlier": 1, "later": 1, "was": text, "now": text, "is_notice": False}]
    conn.execute("UPDATE versions SET passages = ?", (json.dumps(edit),))
    conn.execute("INSERT INTO post_versions VALUES ('post-1', ?, 'a', 1, 'A post', ?, ?, ?, 1, '[]', ?)",
                 (article, text, "2024-08-06T00:00:00.000Z", "2024-08-06T00:00:00.000Z", json.dumps(edit)))
    conn.execute("INSERT INTO discoveries (url, source, found_at, lead) VALUES ('https://x.example/', 'x', '', ?)",
                 (text + text,))
    conn.execute("INSERT INTO failures VALUES ('extract', 'x', '1', ?, '')", (text,))
    conn.commit()
    conn.close()
    return archive


@pytest.fixture(scope="module")
def folder(hidden: Archive) -> Path:
    return published(hidden, topic_that("loopback"))


@pytest.fixture(scope="module")
def excerpts(folder: Path, site_of: Any) -> Iterator[Site]:
    with site_of(folder) as site:
        yield site


def test_the_file_holds_no_text_beyond_its_excerpt(hidden: Archive, folder: Path) -> None:
    whole, shown = told_by(hidden.database), told_by(folder / "archive.db")
    for marker in MARKERS:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert marker.encode(encoding) not in shown, marker
        assert marker.encode() in whole, marker
    assert sorted(path.name for path in folder.iterdir()) == ["archive.db", "topic.toml"], "nothing is left beside it"


def test_nothing_that_a_page_declares_of_itself_is_a_way_around_the_cap(own_archive: Archive) -> None:
    end = "so und nicht anders geschah es"
    text = "Der erste Satz steht am Anfang. " * 40 + end
    conn = open_database(own_archive.database)
    many = json.dumps([text, *[f"{end}"[:20] + str(number) for number in range(500)], end])
    dated = json.dumps({"verbatim": text, "iso": "2024-08-07", "earliest": "2024-08-06T10:00:00.000Z",
                        "latest": "2024-08-08T12:00:00.000Z", "offset": None, "basis": "meta date"})
    conn.execute("UPDATE documents SET authors = :many, organisations = :many, agencies = :many, section = :text, "
                 "site_name = :text, canonical = :text, language = :text, charset = :text, published = :dated, "
                 "modified = :dated, alternates = :links, outgoing = :links", {
                     "many": many, "text": text, "dated": dated, "links": json.dumps([["de", f"https://x.example/{text}"],
                                                                                      ["fr", "https://x.example/fr"]])})
    conn.execute("UPDATE profiles SET outlet = ? || profile_id, language = ?", (text, text))
    conn.execute("UPDATE captures SET media_type = :text, charset = :text, location = :text, etag = :text, "
                 "last_modified = :text, content_encoding = :text", {"text": text})
    conn.execute("UPDATE observations SET error = ?", (text,))
    long = f"https://long.example/{quote(text)}"
    for table in ("captures", "observations", "documents", "addresses", "articles"):
        conn.execute(f"UPDATE {table} SET url = ? WHERE url LIKE '%other.example/seim%'", (long,))
    conn.execute("UPDATE articles SET address = url WHERE url = ?", (long,))
    conn.commit()
    conn.close()
    folder = published(own_archive, topic_that("loopback"))
    shown, whole = told_by(folder / "archive.db"), told_by(own_archive.database)
    for marker in (end, quote(end)):
        assert marker.encode() in whole
        assert marker.encode() not in shown
    conn = read_database(folder / "archive.db")
    (authors,) = conn.execute("SELECT DISTINCT authors FROM version").fetchone()
    assert max(map(len, json.loads(authors))) <= 301
    assert len(json.loads(authors)) == 20
    assert json.loads(conn.execute("SELECT outgoing FROM version").fetchone()[0]) == [["fr", "https://x.example/fr"]]
    assert conn.execute("SELECT count(*), count(DISTINCT outlet) FROM profiles").fetchone()[:] == (8, 8), "told apart"
    assert conn.execute("SELECT count(*) FROM article WHERE url LIKE '%long.example%'").fetchone()[0] == 0
    conn.close()


def test_the_file_is_whole_compact_and_no_log_beside_it(folder: Path) -> None:
    conn = read_database(folder / "archive.db")
    assert conn.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
    assert conn.execute("PRAGMA freelist_count").fetchone()[0] == 0
    assert [row[0] for row in conn.execute("PRAGMA integrity_check")] == ["ok"]
    assert conn.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0] > 10
    found = snapshots.read(conn)
    assert found is not None
    assert (found.contents, found.made_at) == ("excerpts", "2024-09-01T00:00:00.000Z")
    conn.close()


def test_nobody_can_put_the_words_of_the_index_in_order(folder: Path) -> None:
    conn = sqlite3.connect(folder / "archive.db")
    conn.execute("CREATE VIRTUAL TABLE temp.places USING fts5vocab (main, versions_fts, instance)")
    assert {row for row in conn.execute("SELECT col, offset FROM temp.places")} == {(None, None)}
    assert {row for row in conn.execute("SELECT title, text FROM versions_fts")} == {(None, None)}
    repeated = conn.execute("SELECT count(*) FROM temp.places GROUP BY term, doc").fetchall()
    assert set(repeated) == {(1,)}, "not even how often a word stands in a text"
    with pytest.raises(sqlite3.OperationalError, match="phrase queries are not supported"):
        conn.execute("""SELECT rowid FROM versions_fts WHERE versions_fts MATCH '"checkpoint was empty"'""").fetchall()
    conn.close()


def addresses(archive: Archive, site: Site) -> Iterator[str]:
    """Every address of our pages and of Datasette's, whichever leads to a text."""
    yield from ("/", "/index.json", "/about", "/archive", "/archive.json", "/archive.db", "/-/databases.json",
                "/-/metadata.json")
    for name in (archive.herald, archive.digest, archive.mirror, archive.ukrainian, archive.russian, archive.hostile,
                 archive.plain, archive.spanish):
        found = site.json(f"/article/{name}.json")
        for version in (name, *(one["public_id"] for one in found["versions"])):
            yield from (f"/article/{version}", f"/article/{version}.json", f"/article/{version}/cite.bib",
                        f"/article/{version}/cite.ris", f"/article/{version}/cite.json", f"/article/{version}/cite.html",
                        f"/article/{version}.prov.json", f"/article/{version}.prov.jsonld", f"/article/{version}.provn")
        for link in (*found["sources"], *found["copies"], *found["undecided"]):
            pair = f"left={link['link']['copy']['public_id']}&right={link['link']['exemplar']['public_id']}"
            yield from (f"/compare?{pair}", f"/compare.json?{pair}")
        for one in found["captures"]:
            yield from (f"/capture/{one['capture_id']}", f"/capture/{one['capture_id']}.json",
                        f"/capture/{one['capture_id']}.warc")
        yield from (f"/trace?of={name}", f"/trace.json?of={name}")
    russian = [one["public_id"] for one in site.json(f"/article/{archive.russian}.json")["versions"]]
    yield from (f"/compare{ending}?left={russian[0]}&right={russian[1]}" for ending in ("", ".json"))
    for family in (archive.family, archive.pair):
        yield from (f"/family/{family}{ending}" for ending in ("", ".json", ".prov.json", ".prov.jsonld", ".provn"))
    for question in ("", "checkpoint", "newsletter", '"checkpoint was empty"', "situation", "endless*", "anders"):
        yield from (f"/search{ending}?copies=all&q={quote(question)}" for ending in (
            "", ".json", ".csv", ".atom", ".bib", ".ris", ".csl.json"))
    for sql in ("select * from versions", "select * from version", "select text from article", "select * from reuses",
                "select * from versions_fts", "select * from versions_fts_data", "select term from words",
                "select snippet(excerpts_fts, 1, '', '', '', 64) from excerpts_fts where excerpts_fts match 'kursk'",
                "select highlight(excerpts_fts, 1, '', '') from excerpts_fts where excerpts_fts match 'checkpoint'"):
        yield from (f"/archive{ending}?sql={quote(sql)}" for ending in ("", ".json", ".csv"))


def tables(site: Site) -> Iterator[str]:
    described = site.json("/archive.json")
    for table in described["tables"]:  # Datasette's pages of tables with references to no named column are broken
        yield from (f"/archive/{table['name']}{ending}?_size=max" for ending in (".json", ".csv"))
    for view in described["views"]:
        name = view if isinstance(view, str) else view["name"]
        yield from (f"/archive/{name}{ending}?_size=max" for ending in ("", ".json", ".csv"))
    yield from (f"/archive/{name}?_search={word}" for name in ("article", "version")
                for word in ("checkpoint", "Rostov-on-Don", "newsletter", '"was waiting"'))


def test_no_address_gives_a_text_beyond_its_excerpt(hidden: Archive, excerpts: Site) -> None:
    asked = [*addresses(hidden, excerpts), *tables(excerpts)]
    assert len(asked) > 300
    for address in asked:
        response = excerpts.get(address)
        assert response.status_code in (200, 302, 400, 403, 404), (address, response.text)
        for marker in MARKERS:
            assert marker not in response.text, (address, marker)
            assert json.dumps(marker)[1:-1] not in response.text, (address, marker)
    assert excerpts.get("/archive.db").status_code == 403


def test_a_published_file_that_may_be_downloaded_is_the_same_file(folder: Path, site_of: Any) -> None:
    with site_of(folder) as site:
        site.datasette._settings["allow_download"] = True
        response = site.get("/archive.db")
    assert response.status_code == 200
    assert response.content == (folder / "archive.db").read_bytes()


def test_whole_tables_are_given_only_where_the_topic_says_so_and_hold_excerpts(
    own_archive: Archive, excerpts: Site, site_of: Any
) -> None:
    for path in ("/data/article.parquet", "/archive.db"):
        assert excerpts.get(path).status_code in (403, 404)
    assert excerpts.get("/archive/article.csv?_stream=on").status_code == 400
    topic = topic_that("loopback")
    given = replace(topic, publish=replace(topic.publish, downloads=True))
    folder = published(own_archive, given)
    with site_of(folder, publish=given.publish) as site:
        page = site.get("/data").text
        for name in ("article", "copy_link", "version"):
            assert f"/data/{name}.parquet" in page
            table = site.get(f"/data/{name}.parquet").content
            text = json.dumps(parquet.read_table(BytesIO(table)).to_pylist(), ensure_ascii=False)
            assert ("Sudzha" in text) is (name != "copy_link")
            assert not [marker for marker in MARKERS if marker in text], name
        assert site.get("/archive.db").content[:15] == b"SQLite format 3"
        assert len(site.get("/archive/article.csv?_stream=on").text.splitlines()) >= 9
        assert site.get("/data/events.parquet").status_code == 404
    published(own_archive, topic)
    assert not (folder / "tables").exists()


def test_tables_can_be_searched_in_what_is_held(excerpts: Site) -> None:
    found = excerpts.json("/archive/version.json?_search=company+commander&_shape=objects")
    assert len(found["rows"]) == 3
    assert excerpts.json("/archive/version.json?_search=newsletter&_shape=objects")["rows"] == []


@pytest.mark.parametrize(("question", "outlets"), [
    pytest.param("newsletter", {"East Watch Digest"}, id="a word beyond the excerpt is found"),
    pytest.param('"checkpoint was empty"', {"The Border Herald", "East Watch Digest", "Mirror News"},
                 id="a phrase is found by its words"),
    pytest.param('checkpoint -newsletter', {"The Border Herald", "Mirror News"}, id="an unwanted word counts anywhere in the text"),
    pytest.param('checkpoint -"our newsletter"', {"The Border Herald", "Mirror News"}, id="an unwanted phrase as its words"),
    pytest.param("newslett*", {"East Watch Digest"}, id="a beginning of a word"),
    pytest.param("bord\u19b0er", set(), id="a word that is two to the index"),
    pytest.param("newsletter -bord\u19b0er", {"East Watch Digest"}, id="such a word that is not wanted"),
    pytest.param("newsletter OR normally", {"East Watch Digest", "The Border Herald"}, id="either of two"),
])
def test_a_search_finds_words_of_the_whole_text(excerpts: Site, question: str, outlets: set[str]) -> None:
    found = excerpts.json(f"/search.json?copies=all&forms=typed&q={quote(question)}")
    assert {hit["card"]["outlet"] for hit in found["hits"]} == outlets
    listed = excerpts.get(f"/search.csv?forms=typed&q={quote(question)}").text
    assert all(outlet in listed for outlet in outlets)


def test_what_is_shown_of_a_hit_is_marked_in_the_excerpt(excerpts: Site) -> None:
    (hit,) = excerpts.json("/search.json?copies=all&forms=typed&q=border+outskirts")["hits"]
    assert {piece["text"] for piece in hit["snippet"] if piece["hit"]} == {"border", "outskirts"}
    (hit,) = excerpts.json("/search.json?copies=all&forms=typed&q=border+Lgov")["hits"]
    assert "".join(piece["text"] for piece in hit["snippet"]).startswith("Ukrainian troops crossed the border")


def test_every_page_says_that_only_excerpts_are_shown(hidden: Archive, excerpts: Site) -> None:
    for address in ("/", "/search?q=kursk", f"/article/{hidden.herald}", f"/family/{hidden.family}", "/capture/1",
                    "/trace", "/about"):
        said = excerpts.get(address).text
        assert "Only excerpts are shown here; the full texts are at their original addresses" in said, address
    assert "Only excerpts of the texts are held here" in excerpts.get("/archive").text
    page = excerpts.get("/capture/1")
    assert "What was received is not published here" in page.text
    assert ".warc" not in re.findall(r'href="([^"]*)"', page.text)


def test_reasons_are_said_by_the_whole_texts(hidden: Archive, excerpts: Site, site_of: Any) -> None:
    with site_of(hidden.data) as whole:
        told, shown = (site.json(f"/article/{hidden.digest}.json")["sources"][0] for site in (whole, excerpts))
    assert shown["sentences"] == told["sentences"]
    assert [row["number"] for row in shown["passages"]] == [1]
    assert "".join(piece["text"] for piece in shown["passages"][0]["right"]).startswith("Ukrainian troops crossed the")


def test_an_edit_is_shown_by_what_changed(hidden: Archive, excerpts: Site) -> None:
    edit = excerpts.json(f"/article/{hidden.herald}.json")["edits"][0]
    assert edit["paragraphs"] == []
    assert len(edit["passages"][0]["was"]) <= 201
    assert '<ul class="changed"' in excerpts.get(f"/article/{hidden.herald}").text


COPIED = ("Residents described a day of contradictory orders. Buses that had been promised for noon never came; by four "
          "o'clock people were leaving in their own cars along the road to Lgov. We saw none of it. The governor asked the "
          "region's inhabitants to trust official sources only, and declared that the situation was under control.")


def test_a_pasted_text_is_recognised_by_its_own_sentences_and_no_other_is_shown(
    hidden: Archive, excerpts: Site
) -> None:
    found = excerpts.post("/trace.json", content=COPIED, headers={"content-type": "text/plain"}).json()
    assert (found["ok"], found["exemplars"]) == (True, [])
    first = found["candidates"][0]
    assert first["outlet"] == "The Border Herald"
    assert first["family"] == hidden.family
    assert 0.7 < first["share"] < 1
    assert all(sentence in COPIED for sentence in first["sentences"])
    assert "We saw none of it." not in first["sentences"]
    assert found["searched"]["texts"] == 11
    page = excerpts.post("/trace", data={"text": COPIED}).text
    assert "stands in it" in page
    assert f"/family/{hidden.family}" in page
    assert "the checkpoint was empty" not in page, "what the held text says beside is not there"
    strange = excerpts.post("/trace.json", content="Nothing here was ever seen by anybody at all in any place.",
                            headers={"content-type": "text/plain"}).json()
    assert strange["candidates"] == []


def test_an_article_that_is_traced_by_name_leads_to_what_was_found_of_it(hidden: Archive, excerpts: Site) -> None:
    assert excerpts.get(f"/trace?of={hidden.digest}").headers["location"] == f"/article/{hidden.digest}"
    assert excerpts.get(f"/trace.json?of={hidden.digest}").headers["location"] == f"/article/{hidden.digest}.json"
    twin = excerpts.get("/trace.json?of=https://eastwatchdigest.example/kursk-thrust")
    assert twin.headers["location"].startswith("/search.json?q=")
    by_address = excerpts.get("/trace?of=https://eastwatchdigest.example/kursk-thrust", follow_redirects=True)
    assert "The Kursk thrust" in by_address.text


def test_no_published_key_puts_names_in_order(hidden: Archive, folder: Path) -> None:
    def keys_of(database: Path) -> dict[int, set[int]]:
        conn = read_database(database)
        found: dict[int, set[int]] = {}
        for key, version_id in conn.execute("SELECT fingerprint, version_id FROM fingerprints"):
            found.setdefault(version_id, set()).add(key)
        conn.close()
        return found

    held, published_keys = keys_of(hidden.database), keys_of(folder / "archive.db")
    conn = read_database(hidden.database)
    for version_id, text in conn.execute("SELECT version_id, text FROM version").fetchall():
        reading = read(text)
        lone = {key_of(token) for token in reading.distinct} | reading.whole
        assert published_keys.get(version_id, set()) == held[version_id] & lone
    assert sum(map(len, published_keys.values())) < sum(map(len, held.values())), "there were some"
    conn.close()
    sketches = [read_database(database).execute("SELECT count(*) FROM sketches").fetchone()[0]
                for database in (hidden.database, folder / "archive.db")]
    assert sketches[0] > sketches[1] == 0, "they have a text's rare words in its order"


def test_all_texts_are_published_where_the_topic_says_so(own_archive: Archive, site_of: Any) -> None:
    folder = published(own_archive, topic_that("all"))
    with site_of(folder) as site:
        page = site.get(f"/article/{own_archive.herald}")
        assert "declared that the situation was under control" in page.text
        assert "Only excerpts" not in page.text
        found = site.json("/search.json?copies=all&forms=typed&q=%22the+situation+was+under%22")
        assert [hit["card"]["outlet"] for hit in found["hits"]] == ["The Border Herald"]
        assert site.get("/capture/1.warc").status_code == 404
        traced = site.post("/trace.json", content="The gas metering station outside the town, the last through which "
                           "Russian gas still flows to Europe across Ukraine, was undamaged on Tuesday night, according "
                           "to its operator. Ukrainian troops crossed the border into Russia's Kursk region at dawn on "
                           "Tuesday and had reached the outskirts of Sudzha by evening.",
                           headers={"content-type": "text/plain"}).json()
        assert traced["exemplars"], "the keys by which texts are found are there, and the topic's names"


@pytest.mark.parametrize(("full_text", "said", "is_free", "is_whole"), [
    pytest.param("none", True, None, True, id="a source with a licence of its own"),
    pytest.param("all", False, None, False, id="a source that may not be shown whole"),
    pytest.param("all", None, False, False, id="a page that says that it is not free"),
    pytest.param("all", True, False, True, id="such a page of a source that may be shown whole"),
    pytest.param("loopback", None, True, False, id="by default nothing"),
])
def test_a_source_has_rights_of_its_own(
    own_archive: Archive, full_text: Any, said: bool | None, is_free: bool | None, is_whole: bool
) -> None:
    name = load_topic("kursk").sources[0].name
    conn = open_database(own_archive.database)
    conn.execute("UPDATE captures SET source = ? WHERE url LIKE '%borderherald%'", (name,))
    conn.execute("UPDATE documents SET is_free = ? WHERE url LIKE '%borderherald%'", (is_free,))
    conn.commit()
    conn.close()
    folder = published(own_archive, topic_that(full_text, **({} if said is None else {name: said})))
    conn = read_database(folder / "archive.db")
    texts = [row["text"] for row in conn.execute("SELECT text FROM version WHERE url LIKE '%borderherald%'")]
    assert len(texts) == 2
    assert all(("the situation was under control" in text) is is_whole for text in texts)
    conn.close()


def test_search_engines_may_index_what_was_published_each_under_one_address(
    hidden: Archive, excerpts: Site, site_of: Any
) -> None:
    versions = excerpts.json(f"/article/{hidden.russian}.json")["versions"]
    pages = {f"/article/{hidden.russian}": f"/article/{hidden.russian}",
             **{f"/article/{one['public_id']}": f"/article/{hidden.russian}" for one in versions},
             f"/family/{hidden.family}": f"/family/{hidden.family}"}
    for path, canonical in pages.items():
        text = excerpts.get(path).text
        assert f'<link rel="canonical" href="http://localhost{canonical}">' in text, path
        assert "noindex" not in text, path
    assert 'content="noindex"' in excerpts.get("/search?q=kursk").text
    with site_of(hidden.data) as site:
        for path in pages:
            text = site.get(path).text
            assert '<meta name="robots" content="noindex">' in text, path
            assert "canonical" not in text, path
