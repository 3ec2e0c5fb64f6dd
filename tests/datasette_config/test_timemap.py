"""Memento: which captures an address has, and that the page of one says what it is of."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from datasette_config import timemap

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

HERALD = "https://www.borderherald.example/2024/08/06/sudzha-crossing"
LINK = re.compile(r'<([^<>"]*)>; rel="([a-z ]+)"((?:; [a-z]+="[^"]*")*)')


def links(text: str) -> list[tuple[str, str, str]]:
    found = [LINK.fullmatch(line) for line in text.rstrip("\n").split(",\n")]
    assert all(found), text
    return [match.groups() for match in found]  # type: ignore[union-attr,misc]


@pytest.mark.parametrize("asked", [HERALD, quote(HERALD, safe=""), HERALD.replace("https://", "https:/")])
def test_a_timemap_lists_the_captures_of_an_address(site: Site, asked: str) -> None:
    response = site.get(f"/timemap/link/{asked}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("application/link-format")
    original, itself, *mementos = links(response.text)
    assert original == (HERALD, "original", "")
    assert itself[:2] == (f"http://localhost/timemap/link/{HERALD}", "self")
    assert 'from="Tue, 06 Aug 2024 21:10:00 GMT"; until="Fri, 09 Aug 2024 06:00:00 GMT"' in itself[2]
    assert [rel for _, rel, _ in mementos] == ["first memento", "memento", "memento", "last memento"]
    assert mementos[0][2] == '; datetime="Tue, 06 Aug 2024 21:10:00 GMT"'
    page = site.get(mementos[0][0].removeprefix("http://localhost"))
    assert page.headers["memento-datetime"] == "Tue, 06 Aug 2024 21:10:00 GMT"
    assert page.headers["link"] == (f'<{HERALD}>; rel="original", <http://localhost/timemap/link/{HERALD}>; '
                                    'rel="timemap"; type="application/link-format"')


def test_an_address_of_the_article_leads_to_its_captures(site: Site) -> None:
    other = "https://www.borderherald.example/amp/2024/08/06/sudzha-crossing"
    assert len(links(site.get(f"/timemap/link/{other}").text)) == 6


def test_a_query_is_of_the_address(site: Site) -> None:
    assert links(site.get("/timemap/link/https://mirror.example/news?id=7").text)[0][0] == "https://mirror.example/news?id=7"


def test_an_address_without_captures_is_not_held(site: Site) -> None:
    for asked in ("https://nowhere.example/", "nonsense", "https://mirror.example/news?id=8", "%00%ff<>"):
        assert site.get(f"/timemap/link/{asked}").status_code == 404, asked


def test_a_hostile_address_ends_no_link(site: Site) -> None:
    found = links(site.get(f"/timemap/link/{quote('https://hostile.example/a?b=<script>', safe='')}").text)
    assert found[0][0] == "https://hostile.example/a?b=%3Cscript%3E"
    assert timemap.address('https://a.example/"> ; rel=\r\nx ü') == (
        "https://a.example/%22%3E%20;%20rel=%0D%0Ax%20%C3%BC")
