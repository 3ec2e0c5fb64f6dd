"""The index of places: what it counts is what its links find."""

from collections.abc import Iterator
from typing import Any

import pytest

from archive.store import open_database, texts
from archive.topic import load_topic

# Their classes are in conftest.py, which pytest's import mode keeps out of reach of imports.
Archive = Site = Any

TEXT = "Fighting went on at Loknya and in the Belovsky district. Бої точаться в Глушківському районі та біля Тьоткіного."


def rewritten(archive: Archive, text: str) -> None:
    """Give the Seim's article another text."""
    conn = open_database(archive.database)
    conn.execute("UPDATE versions SET text_id = ? WHERE public_id GLOB ?",
                 (texts.keep(conn, text), f"{archive.plain}-*"))
    conn.commit()
    conn.close()


@pytest.fixture
def changed(own_archive: Archive, site_of: Any) -> Iterator[Site]:
    rewritten(own_archive, TEXT)
    with site_of(own_archive.data) as site:
        yield site


def test_a_place_leads_to_what_was_counted(changed: Site) -> None:
    found = changed.json("/places.json")
    held = {one["name"]: one["articles"] for one in found["places"]}
    assert {"Sudzha", "Loknya river", "Belaya", "Tetkino"} <= set(held)
    for name, articles in held.items():
        assert changed.json(f"/search.json?q={name}&copies=all")["total"] == articles, name
    listed = {*held, *found["unheld"]}
    assert listed == {one.name for one in load_topic("kursk").gazetteer
                      if one.kind == "place" and not one.name.startswith("of ")}, "an adjective is no place"


def test_the_index_follows_a_text_that_changed_though_no_count_did(changed: Site, own_archive: Archive) -> None:
    assert "Loknya river" in {one["name"] for one in changed.json("/places.json")["places"]}
    rewritten(own_archive, TEXT.replace("Loknya", "Lgov"))
    held = {one["name"] for one in changed.json("/places.json")["places"]}
    assert "Lgov" in held
    assert "Loknya river" not in held
