"""Addresses that nothing has, and methods that no page takes."""

import re
from typing import Any

import pytest

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any


@pytest.mark.parametrize("path", ["/nope", "/feeds/x.atom", "/sitemap-0.xml", "/article", "/nope/nope", "/a/b/c/d"])
@pytest.mark.parametrize("base", ["/", "/stemma/"])
def test_an_address_that_nothing_has_gets_a_page_with_a_way_back(
    archive: Archive, site_of: Any, path: str, base: str
) -> None:
    with site_of(archive.data, base_url=base) as site:
        answer = site.get(base.rstrip("/") + path)
        assert answer.status_code == 404
        assert "There is no page at this address." in answer.text
        assert f'action="{base}search"' in answer.text
        assert re.search(f'<a href="{base}">Start</a>', answer.text)
        twin = site.get(f"{base.rstrip('/')}{path}.json")
        assert (twin.status_code, twin.json()["ok"], twin.json()["status"]) == (404, False, 404)


def test_what_datasettes_own_pages_lack_datasette_says(site: Site) -> None:
    for path in ("/archive/nope", "/-/nope", "/archive/article/no-such-row"):
        answer = site.get(path)
        assert answer.status_code == 404, path
        assert "There is no page at this address." not in answer.text, path


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_a_page_that_is_read_is_not_changed(site: Site, archive: Archive, method: str) -> None:
    for path in ("/", "/search.json", f"/article/{archive.herald}", "/feeds/articles.atom", "/robots.txt"):
        answer = site.loop.run_until_complete(site.datasette.client.request(method, path))
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD"), path
    assert site.get("/about").status_code == 200
    assert site.loop.run_until_complete(site.datasette.client.head("/about")).status_code == 200
    assert site.post("/trace.json", data={"text": "a b c"}).status_code == 200
