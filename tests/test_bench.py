"""What the benchmarks make of what they measure: names and ratios, the table, the curves; and the pages that are made up."""


import xml.etree.ElementTree as ET
from itertools import islice
from pathlib import Path

import pytest
from stemma_testing import Stemma

from archive import warc
from bench import __main__ as bench
from bench import figures, report
from bench.made_pages import TOPIC, pages, url_of, write
from pipeline.extract import extract

SCORED = """pairs predicted 90  TP 88  FP 2  ignored 3
precision 0.9778  recall 0.9000  F1 0.9373  origin@1 0.8000  precision on hard negatives 0.9888
kind                 n  recall    comp dir|found origin@1
exact               12   1.000   1.000     0.917    0.833
mt_uk-en            20   0.950   0.950     0.800    0.750
false links on hard negatives (of pairs): chrome 0/1225, event 2/1449 ; elsewhere 0
"""
GROWN = """    2,000 held  compare 27.8 ms CPU a new text (14.1 s), 9.0 pairs each; link 0.9 ms (0.5 s); memory 253 MB; database 5.98 of the text
           found: edited 14 of 14
           trace of 1,000 words: median 0.33 s, p95 0.42 s, first 0.50 s
   10,000 held  compare 63.7 ms CPU a new text (31.1 s), 31.3 pairs each; link 0.8 ms (0.5 s); memory 241 MB; database 6.10 of the text
"""


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(figures.PLACE, str(tmp_path / "figures"))
    return tmp_path / "figures"


def test_a_figure_has_its_peer_and_the_ratio(kept: Path) -> None:
    figures.note("a", 3.0, "ms", peer=2.0)
    figures.note("b", None, "share", peer=0.0)
    assert list(figures.read(kept)) == [
        {"name": "a", "value": 3.0, "unit": "ms", "peer": 2.0, "ratio": 1.5},
        {"name": "b", "value": None, "unit": "share", "peer": 0.0, "ratio": None}]


def test_a_benchmark_by_itself_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(figures.PLACE, raising=False)
    figures.note("a", 1.0, "ms")
    assert list(tmp_path.iterdir()) == []


def test_every_figure_of_the_copies_scorer_is_kept() -> None:
    found = {name: value for name, value, _ in bench.scored(SCORED)}
    assert found == {
        "precision": 0.9778, "recall": 0.9, "F1": 0.9373, "origin@1": 0.8, "recall of exact (12 pairs)": 1.0,
        "direction of exact that were found": 0.917, "recall of mt_uk-en (20 pairs)": 0.95,
        "direction of mt_uk-en that were found": 0.8, "false links, chrome (of 1225 pairs)": 0.0,
        "false links, event (of 1449 pairs)": 2.0}


def test_figures_at_several_sizes_are_a_curve(kept: Path, tmp_path: Path) -> None:
    bench.growth(GROWN)
    found = list(figures.read(kept))
    sizes = report.sizes(found)
    assert sizes["with N texts held: comparing a new text, CPU"] == {2_000.0: 27.8, 10_000.0: 63.7}
    assert len(found) == 12
    (tmp_path / "benchmarks.md").write_text(f"by hand\n\n{report.BEGIN}\nold\n{report.END}\n\nmore by hand\n")
    for _ in range(2):
        report.write(found, docs=tmp_path)
        text = (tmp_path / "benchmarks.md").read_text()
        assert text.startswith("by hand\n")
        assert text.endswith("\n\nmore by hand\n")
        assert "old" not in text
        assert "| with 2,000 texts held: comparing a new text, CPU | 27.8 | ms |  |  |" in text
        assert "(growth-linking.svg)" in text
    assert {path.name for path in tmp_path.glob("*.svg")} == {"growth-linking.svg"}
    drawing = ET.parse(tmp_path / "growth-linking.svg").getroot()
    said = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"compare", "link", "2,000", "10,000", "0", "60"} <= set(said)
    for dot in drawing.iter("{http://www.w3.org/2000/svg}circle"):
        assert 0 < float(dot.attrib["cx"]) < report.WIDTH
        assert 0 < float(dot.attrib["cy"]) < report.HEIGHT


@pytest.mark.parametrize("most", [0.07, 0.9, 3.0, 19.9, 240.0, 1_000.0])
def test_a_curve_has_room_for_what_it_shows(most: float) -> None:
    drawing = ET.fromstring(report.svg("T", "ms", [("line", [(10.0, most / 2), (100.0, most)])]))
    assert all(report.TOP - 1 <= float(dot.attrib["cy"]) <= report.HEIGHT - report.BOTTOM
               for dot in drawing.iter("{http://www.w3.org/2000/svg}circle"))


def test_a_page_without_the_marks_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "benchmarks.md").write_text("by hand\n")
    with pytest.raises(SystemExit, match="lacks the lines"):
        report.write([], docs=tmp_path)


def test_the_documentation_has_the_marks() -> None:
    text = (report.ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert (text.count(report.BEGIN), text.count(report.END)) == (1, 1)


def test_made_pages_are_the_same_again_and_a_longer_run_begins_with_a_shorter_one() -> None:
    few = list(pages(30))
    assert few == list(islice(pages(60), 30))
    copies = [page for page in pages(200) if page.made.source is not None]
    by_number = {page.made.number: page for page in pages(200)}
    assert copies
    assert all(by_number[page.made.source].is_on_topic == page.is_on_topic for page in copies if page.made.source is not None)


def test_a_made_page_is_as_heavy_as_a_real_one_and_its_text_can_be_read() -> None:
    for page in pages(3):
        assert 160_000 < len(page.body) < 190_000
        document = extract(page.body, url=page.url, charset="utf-8", payload_digest="")
        assert page.made.text.split("\n\n")[0] in document.text
        assert "Section 1" not in document.text


def test_made_pages_come_in_as_another_crawlers_file(tmp_path: Path) -> None:
    size = write(tmp_path / "a.warc.gz", 5)
    found = [meaning for meaning, _ in warc.records(tmp_path, "a.warc.gz")]
    assert [meaning.url.rsplit("/", 1)[0] for meaning in found if hasattr(meaning, "url")] == [
        url_of(int(page.url.split("-")[1].split(".")[0]), 0).rsplit("/", 1)[0] for page in pages(5)]
    assert size == sum(len(page.body) for page in pages(5))


@pytest.mark.timeout(600)
def test_what_is_known_of_made_pages_is_what_an_archive_of_them_holds(tmp_path: Path) -> None:
    again = 0.3
    write(tmp_path / "made.warc.gz", 150, again=again)
    (tmp_path / "topic.toml").write_text(TOPIC, encoding="utf-8")
    stemma = Stemma(tmp_path)
    stemma.run("import", "--topic", "topic.toml", "made.warc.gz", "--via", "made")
    stemma.run("update", "--topic", "topic.toml", timeout=300)
    known = [page for page in pages(150, again=again) if page.is_on_topic]
    assert len(known) - len({page.url for page in known}) > 15, "some were captured again"
    expected = {page.url: (page.ordinal, sum(one.url == page.url for one in known)) for page in known}
    conn = stemma.database()
    held = {row["url"]: (row["versions"], row["sightings"]) for row in conn.execute(
        "SELECT url, count(*) AS versions, sum(sightings) AS sightings FROM version GROUP BY url")}
    linked = {frozenset(row) for row in conn.execute("SELECT copy_url, exemplar_url FROM copy_link")}
    conn.close()
    assert held == expected
    assert {versions for versions, _ in held.values()} == {1, 2}
    urls = {page.made.number: page.url for page in known}
    copies = [frozenset((page.url, urls[page.made.source])) for page in known if page.made.source is not None]
    assert copies
    assert sum(pair in linked for pair in copies) >= len(copies) - 1
    assert len(linked - set(copies)) <= len(copies), "beside them copies of one source"
