"""Citations in each format, read back by rules that are not their writer's."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.store.cited import Cited
from archive.store.pages import FIRST_SEEN, Card, Dating
from pipeline.sharing.citations import (
    Author,
    Citation,
    bibtex,
    citation,
    csl_json,
    news_article,
    plain,
    ris,
    robust_links,
)

KNOWN = Citation(
    public_id="abcdefghijkl-20240807091200-q2w3e4r5", title="At the empty checkpoint", outlet="The Border Herald",
    authors=(Author(name="Anna van der Reed", is_organisation=False),
             Author(name="Associated Press", is_organisation=True)),
    published="2024-08-06T21:40:00+01:00", first_seen="2024-08-06T21:10:00.000Z", url="https://herald.example/a?b=1&c=2",
    permalink="https://stemma.example/article/abcdefghijkl-20240807091200-q2w3e4r5",
    archived_at="2024-08-07T09:12:00.000Z", digest="sha256:00ff", language="en",
)
HOSTILE = "{Half} open } \\end{x} 100 % & #1 $x_y^2 ~\r\nER  - \r\nTY  - BOOK\u2028<b onclick=\"x\">'\u202e\x00"


def fields(entry: str) -> dict[str, str]:
    """BibTeX as BibTeX reads it: by braces, which it counts behind a backslash too."""
    head = re.match(r"@misc\{([A-Za-z0-9-]+),\n", entry)
    assert head, entry
    found, place = {"": head[1]}, head.end()
    while entry[place] != "}":
        name, value = re.match(r"  (\w+) = (\w+,\n)?", entry[place:]).group(1, 2)  # type: ignore[union-attr]
        place += len(f"  {name} = ")
        if value:
            found[name], place = value[:-2], place + len(value)
            continue
        depth, start = 0, place
        while True:
            depth += {"{": 1, "}": -1}.get(entry[place], 0)
            place += 1
            if not depth:
                break
        found[name] = entry[start + 1:place - 1]
        assert entry[place:place + 2] == ",\n"
        place += 2
    assert entry[place:] == "}\n"
    return found


class Link(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_bibtex_names_persons_organisations_and_the_day() -> None:
    assert fields(bibtex([KNOWN])) == {
        "": KNOWN.public_id, "title": "{At the empty checkpoint}", "author": "van der Reed, Anna and {Associated Press}",
        "howpublished": "The Border Herald", "url": KNOWN.url, "urldate": "2024-08-07", "language": "en",
        "note": rf"Archived 2024-08-07T09:12:00.000Z at {KNOWN.permalink}; sha256:00ff", "year": "2024", "month": "aug",
        "date": "2024-08-06",
    }


def test_bibtex_escapes_what_tex_takes_for_its_own() -> None:
    title = fields(bibtex([cleaned(HOSTILE)]))["title"]
    assert title == (r"{{\textbraceleft}Half{\textbraceright} open {\textbraceright} {\textbackslash}end{\textbraceleft}"
                     r"x{\textbraceright} 100 \% \& \#1 \$x\_y{\textasciicircum}2 {\textasciitilde} ER - TY - BOOK "
                     "<b onclick=\"x\">'}")


@pytest.mark.parametrize(("name", "language", "expected"), [
    ("Robert F. Kennedy Jr.", "en", "Kennedy, Jr., Robert F."), ("Олена Грицак", "uk", "Грицак, Олена"),
    ("毛 澤東", "zh", "{毛 澤東}"), ("Plato", "en", "{Plato}"), ("Reed and Sons", "en", "{Reed and Sons}"),
    ("Reed, Anna", "en", "{Reed, Anna}"),
])
def test_names_are_parted_only_where_that_can_be_told(name: str, language: str, expected: str) -> None:
    cited = replace(KNOWN, authors=(Author(name=name, is_organisation=False),), language=language)
    assert fields(bibtex([cited]))["author"] == expected


def test_ris_is_a_record_of_lines() -> None:
    assert ris([KNOWN]).split("\r\n") == [
        "TY  - NEWS", f"ID  - {KNOWN.public_id}", "TI  - At the empty checkpoint", "AU  - van der Reed, Anna",
        "AU  - Associated Press", "T2  - The Border Herald", "PY  - 2024", "DA  - 2024/08/06/21:40:00+01:00",
        "LA  - en", f"UR  - {KNOWN.url}", "Y2  - 2024/08/07/09:12:00.000Z", "DB  - Stemma", f"AV  - {KNOWN.permalink}",
        f"N1  - Archived 2024-08-07T09:12:00.000Z at {KNOWN.permalink}; sha256:00ff", "ER  - ", "", "",
    ]


@pytest.mark.parametrize(("published", "csl", "written", "date"), [
    pytest.param("2024-08-06", [[2024, 8, 6]], "2024/08/06/", "2024-08-06", id="a day is a day"),
    pytest.param("2024-08-06T00:30", [[2024, 8, 6]], "2024/08/06/00:30", "2024-08-06", id="a local time"),
    pytest.param(None, None, None, None, id="nothing is stated, nothing is said"),
])
def test_dates_are_as_exact_as_the_page(published: str | None, csl: Any, written: str | None, date: str | None) -> None:
    cited = replace(KNOWN, published=published)
    assert (json.loads(csl_json([cited]))[0].get("issued") or {}).get("date-parts") == csl
    assert re.findall("DA  - (.*)\r\n", ris([cited])) == ([written] if written else [])
    assert fields(bibtex([cited])).get("date") == date
    assert ("first seen 6 August 2024" in plain(cited)) == (published is None)


def test_csl_has_both_addresses_and_typed_names() -> None:
    (item,) = json.loads(csl_json([KNOWN]))
    assert item["author"] == [{"family": "van der Reed", "given": "Anna"}, {"literal": "Associated Press"}]
    assert (item["URL"], item["archive_location"]) == (KNOWN.url, KNOWN.permalink)
    assert (item["issued"], item["accessed"]) == ({"date-parts": [[2024, 8, 6]]}, {"date-parts": [[2024, 8, 7]]})
    assert item["custom"]["published"] == KNOWN.published


def test_a_robust_link_holds_both_addresses_and_the_time() -> None:
    link = Link(robust_links([cleaned('"><script>x</script>')]))
    assert link.tags == [("a", {
        "href": KNOWN.url, "data-originalurl": KNOWN.url, "data-versionurl": KNOWN.permalink,
        "data-versiondate": KNOWN.archived_at})]
    assert link.words.strip() == '"><script>x</script>'
    (_, bad), = Link(robust_links([replace(KNOWN, url="javascript:alert(1)")])).tags
    assert bad["href"] == KNOWN.permalink


def test_without_a_site_the_public_id_is_the_place() -> None:
    cited = replace(KNOWN, permalink=None)
    assert "data-versionurl" not in robust_links([cited])
    assert f"AV  - {cited.public_id}\r\n" in ris([cited])
    assert "archivedAt" not in news_article(cited)


def test_many_citations_make_one_file() -> None:
    both = [KNOWN, replace(KNOWN, public_id="other-1")]
    assert len(json.loads(csl_json(both))) == 2
    assert ris(both).count("ER  - \r\n\r\n") == 2
    assert [fields(entry + "\n")[""] for entry in bibtex(both).rstrip().split("\n\n")] == [KNOWN.public_id, "other-1"]
    assert bibtex(both).count("@misc{") == len(robust_links(both).splitlines()) == 2
    assert (csl_json([]), ris([]), bibtex([]), robust_links([])) == ("[]\n", "", "", "")


def test_an_item_of_schema_org_says_what_it_was_made_from() -> None:
    item = news_article(KNOWN, based_on=[replace(KNOWN, url="https://other.example/")])
    assert item["archivedAt"] == KNOWN.permalink
    assert item["isBasedOn"] == [{"@type": "NewsArticle", "headline": KNOWN.title, "url": "https://other.example/",
                                  "archivedAt": KNOWN.permalink}]
    assert [author["@type"] for author in item["author"]] == ["Person", "Organization"]  # type: ignore[attr-defined]


def cleaned(title: str, *, name: str = "Anna van der Reed", outlet: str = "The Border Herald") -> Citation:
    """As an archive holds it, with such a title."""
    card = Card(
        version_id=1, article_id=1, key="abcdefghijkl", public_id=KNOWN.public_id, url=KNOWN.url, title=title,
        outlet=outlet, owner=None, language="en", ordinal=1, is_latest=True, versions=1, since=KNOWN.first_seen,
        first_seen=KNOWN.first_seen,
        last_seen=KNOWN.first_seen, gone_at=None, removed=False, family=None, shares=0, is_copy=False,
        dating=Dating(iso=str(KNOWN.published), earliest="", latest="", verbatim=None, basis="json-ld"),
    )
    cited = Cited(card=card, authors=(name,), organisations=("Associated Press",), first_seen=KNOWN.archived_at,
                  payload_digest="sha1:X", payload_sha256="00ff")
    return citation(cited, site="https://stemma.example/")


def test_what_an_archive_holds_becomes_a_citation() -> None:
    assert cleaned(KNOWN.title) == KNOWN
    held = cleaned("")
    assert held.title == "Untitled"
    assert FIRST_SEEN == "first seen"


@given(st.text(), st.text(), st.text())
def test_no_text_leaves_its_field(title: str, name: str, outlet: str) -> None:
    cited = cleaned(title + HOSTILE, name=name, outlet=outlet + HOSTILE)
    assert set(fields(bibtex([cited]))) == set(fields(bibtex([KNOWN])))
    lines = ris([cited]).split("\r\n")
    assert [line[:6] for line in lines if line][-1] == "ER  - "
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - [^\r\n\u2028\x85]*", line) for line in lines if line)
    assert sum(line.startswith(("TY", "ER")) for line in lines) == 2
    assert json.loads(csl_json([cited]))[0]["title"] == cited.title
    assert [tag for tag, _ in Link(robust_links([cited])).tags] == ["a"]
    assert len(plain(cited).splitlines()) == len(robust_links([cited]).splitlines()) == 1
