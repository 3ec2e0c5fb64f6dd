"""Lineages as W3C PROV, read back by the library of its authors."""

import io
import json
from typing import Any

import pytest
from prov.model import PROV, ProvDocument
from stemma_testing import FilledDemo


def exported(demo: FilledDemo, *words: str) -> str:
    return demo.stemma.run("export", "prov", "-", *words).stdout


def read(text: str) -> Any:
    return ProvDocument.deserialize(io.StringIO(text), format="json")


def family_of(demo: FilledDemo) -> tuple[str, list[Any]]:
    conn = demo.stemma.database()
    (family,) = conn.execute("SELECT public_id FROM family ORDER BY members DESC, public_id LIMIT 1").fetchone()
    links = conn.execute("SELECT k.copy, k.exemplar, k.direction FROM copy_link k JOIN witness w ON "
                         "w.article_id = k.copy_article_id WHERE w.family = ?", (family,)).fetchall()
    conn.close()
    return family, links


def test_a_family_tells_its_captures_versions_and_copies(demo: FilledDemo) -> None:
    family, links = family_of(demo)
    document = read(exported(demo, "--family", family, "--site", "https://stemma.example/"))
    of = {name: [r for r in document.get_records() if r.get_type() == PROV[name]]
          for name in ("Entity", "Activity", "Agent", "Derivation", "Generation", "Membership")}
    said = {(str(r.args[0].uri), str(r.args[1].uri)) for r in of["Derivation"]}
    base = "https://stemma.example/article/"
    assert any(link["direction"] == "decided" for link in links)
    for link in links:
        assert ((base + link["copy"], base + link["exemplar"]) in said) == (link["direction"] == "decided")
        assert (base + link["exemplar"], base + link["copy"]) not in said
    kinds = {str(value) for record in (*of["Entity"], *of["Activity"]) for value in record.get_attribute(PROV["type"])}
    assert {"stemma:Page", "stemma:Capture", "stemma:Version", "stemma:Link", "stemma:Fetch", "stemma:Extraction",
            "stemma:Comparison", "stemma:Family"} <= kinds
    conn = demo.stemma.database()
    (captures,) = conn.execute("SELECT count(*) FROM sighting s JOIN witness w USING (article_id) WHERE w.family = ? "
                               "AND s.public_id IS NOT NULL", (family,)).fetchone()
    conn.close()
    assert sum(str(*r.get_attribute(PROV["type"])) == "stemma:Fetch" for r in of["Activity"]) == captures > 0


def test_every_name_that_is_used_is_said(demo: FilledDemo) -> None:
    document = read(exported(demo, "--family", family_of(demo)[0]))
    said = {str(record.identifier) for record in document.get_records() if record.identifier}
    for record in document.get_records():
        if record.is_relation():
            assert {str(name) for name in record.args[:2] if name} <= said, record


@pytest.mark.parametrize("ending", ["provn", "jsonld"])
def test_the_ending_says_the_form(demo: FilledDemo, tmp_path: Any, ending: str) -> None:
    _, links = family_of(demo)
    file = tmp_path / f"lineage.{ending}"
    demo.stemma.run("export", "prov", str(file), "--article", links[0]["copy"])
    text = file.read_text("utf-8")
    assert links[0]["exemplar"] in text
    if ending == "provn":
        assert text.startswith("document\n")
        assert text.endswith("endDocument\n")
    else:
        assert "@graph" in json.loads(text)


def test_what_is_not_named_or_not_held_is_told(demo: FilledDemo) -> None:
    assert "say of what" in demo.stemma.run("export", "prov", "-", code=2).stderr
    assert "no family is held" in demo.stemma.run("export", "prov", "-", "--family", "x", code=2).stderr
