"""What an article's page gives to other programs: citations, a link that lasts, an item of schema.org."""

import json
from typing import Any

import pytest
from lxml import html

from archive.digests import address_key
from archive.store import open_database
from pipeline.sharing import citations

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any


@pytest.mark.parametrize(("file", "media_type", "begins"), [
    ("cite.ris", "application/x-research-info-systems", "TY  - NEWS\r\n"), ("cite.bib", "application/x-bibtex", "@misc{"),
    ("cite.json", "application/vnd.citationstyles.csl+json", "[\n"), ("cite.html", "text/html", "<a href="),
])
def test_a_citation_can_be_saved(site: Site, archive: Archive, file: str, media_type: str, begins: str) -> None:
    shown = site.json(f"/article/{archive.digest}.json")["article"]["public_id"]
    response = site.get(f"/article/{archive.digest}/{file}")
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == media_type
    assert response.headers["content-disposition"] == f'attachment; filename="{shown}.{file.partition(".")[2]}"'
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert response.text.startswith(begins)
    assert f"http://localhost/article/{shown}" in response.text, "the version's own address, although asked by key"


def test_a_citation_of_what_is_not_held_is_a_problem(site: Site, archive: Archive) -> None:
    assert site.get("/article/none/cite.ris").status_code == 404
    missing = site.get("/article/none/cite.json")
    assert (missing.status_code, missing.json()["ok"]) == (404, False)
    assert site.get(f"/article/{archive.digest}/cite.exe").status_code == 404


def test_an_older_name_leads_to_the_citation(own_site: Site, own_archive: Archive) -> None:
    key = address_key("https://eastwatchdigest.example/older")
    conn = open_database(own_archive.database)
    with conn:
        conn.execute("INSERT INTO addresses SELECT 'https://eastwatchdigest.example/older', article_id, 1 FROM articles "
                     "WHERE key = ?", (own_archive.digest,))
    conn.close()
    moved = own_site.get(f"/article/{key}/cite.ris")
    assert (moved.status_code, moved.headers["location"]) == (302, f"/article/{own_archive.digest}/cite.ris")


def test_the_page_holds_an_item_of_schema_org(site: Site, archive: Archive) -> None:
    (script,) = html.fromstring(site.get(f"/article/{archive.digest}").content).xpath(
        "//script[@type='application/ld+json']/text()")
    item = json.loads(script)
    shown = site.json(f"/article/{archive.digest}.json")
    assert item["@type"] == "NewsArticle"
    assert item["datePublished"] == "2024-08-07"
    assert item["archivedAt"] == f"http://localhost/article/{shown['article']['public_id']}"
    (source,) = item["isBasedOn"]
    assert source["archivedAt"].endswith(shown["source"]["exemplar"]["public_id"])


def test_a_hostile_headline_stays_in_its_item(site: Site, archive: Archive) -> None:
    page = site.get(f"/article/{archive.hostile}")
    (script,) = html.fromstring(page.content).xpath("//script[@type='application/ld+json']/text()")
    assert "<" not in script
    assert json.loads(script)["headline"].startswith(archive.script)
    assert archive.script not in page.text
    link = html.fromstring(page.content).get_element_by_id("cite-link").text
    assert html.fromstring(link).get("href").startswith("https://hostile.example/a?b=%3Cscript%3E")


def test_the_command_and_the_site_cite_alike(site: Site, archive: Archive) -> None:
    from pipeline.custody import evidence

    name = site.json(f"/article/{archive.herald}.json")["article"]["public_id"]
    cited = evidence.cite(archive.data, name, site="http://localhost")
    for file, kind in (("ris", "ris"), ("bib", "bibtex"), ("json", "csl"), ("html", "robust")):
        assert site.get(f"/article/{name}/cite.{file}").content.decode() == citations.WRITERS[kind]([cited.citation])
    assert site.json(f"/article/{name}.json")["citation"] == citations.plain(cited.citation)


def test_the_copy_button_waits_for_its_script(site: Site, archive: Archive) -> None:
    tree = html.fromstring(site.get(f"/article/{archive.herald}").content)
    (address,) = tree.xpath("//script/@src")
    assert site.get(address).status_code == 200
    buttons = tree.xpath("//button[@data-copies]")
    assert [button.get("data-copies") for button in buttons] == ["cite-text", "cite-link"]
    assert all(button.get("hidden") is not None and tree.get_element_by_id(button.get("data-copies")).text_content()
               for button in buttons)


@pytest.mark.parametrize("ending", ["prov.json", "prov.jsonld", "provn"])
def test_lineages_of_articles_and_families(site: Site, archive: Archive, ending: str) -> None:
    of_article, of_family = (site.get(f"/{kind}/{name}.{ending}") for kind, name in (
        ("article", archive.digest), ("family", archive.family)))
    shown = site.json(f"/article/{archive.digest}.json")
    for response in (of_article, of_family):
        assert response.status_code == 200, response.text
        assert shown["article"]["public_id"] in response.text
        assert shown["source"]["exemplar"]["public_id"] in response.text
    assert "text/provenance-notation" in of_article.headers["content-type"] or of_article.json()
    assert site.get(f"/article/none.{ending}").status_code == site.get(f"/family/none.{ending}").status_code == 404


def test_a_hostile_text_has_a_lineage(site: Site, archive: Archive) -> None:
    told = site.get(f"/article/{archive.hostile}.prov.json").json()
    assert any(archive.script in str(entity.get("prov:label")) for entity in told["entity"].values())
    assert site.get(f"/article/{archive.hostile}.provn").text.endswith("endDocument\n")
