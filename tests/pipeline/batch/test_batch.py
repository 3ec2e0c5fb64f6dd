"""`stemma batch` and `stemma load` on real Spark: the rows of an update, the records with them, nothing lost."""

import gzip
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import made_warcs
import pytest
from public_rows import public_rows
from spark_testing import CONF, require_spark
from stemma_testing import Stemma, opened

from archive.model import RecordRef
from archive.store.documents import PendingPayload
from pipeline.batch import looks

PAGES = 420  # addresses; over 200 of them on the topic, so that an epoch is counted
TOPIC = ("--topic", "topic.toml")
pytestmark = pytest.mark.timeout(1_800)  # a minute and a half of CPU, on a machine that may have others to serve
LOCAL = ("--master", "local[2,4]", *CONF)


def rows_of(folder: Path, name: str) -> list[dict[str, Any]]:
    """A table as a batch wrote it."""
    from pipeline.batch.loading import table

    return list(table(folder, name))


@dataclass(frozen=True)
class Made:
    """An archive `updated` that imported the files, and `tables` that a batch wrote of them."""

    stemma: Stemma
    files: list[Path]
    tables: Path

    @property
    def updated(self) -> Path:
        return self.stemma.folder / "updated" / "archive.db"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    require_spark()
    return _made(tmp_path_factory.mktemp("batch"), PAGES, timeout=900)


def _made(folder: Path, pages: int, *, timeout: float) -> Made:
    (folder / "topic.toml").write_text(made_warcs.TOPIC, encoding="utf-8")
    stemma, files = Stemma(folder), made_warcs.write(folder / "in", pages, 3)
    stemma.run("import", *TOPIC, "--data", "updated", *map(str, files), timeout=timeout)
    stemma.run("update", *TOPIC, "--data", "updated", timeout=timeout)
    stemma.run("batch", *TOPIC, "--out", "tables", "--keep-all", *LOCAL, *map(str, files), timeout=timeout)
    return Made(stemma, files, folder / "tables")


@pytest.fixture(scope="module")
def checked(made: Made, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `spark_checks` tells of three files: cut off, damaged, and not compressed."""
    folder = tmp_path_factory.mktemp("checks")
    cut, damaged, plain = made_warcs.write(folder / "in", 12, 3)
    cut.write_bytes(cut.read_bytes()[:-40])
    broken = bytearray(damaged.read_bytes())
    place = broken.rfind(b"\x1f\x8b\x08") + 30
    broken[place:place + 40] = bytes(40)
    damaged.write_bytes(broken)
    plain.write_bytes(b"WARC/1.0\r\nWARC-Type: response\r\n\r\n")
    for month in ("08", "09"):
        (lists := folder / "news" / "crawl-data" / "CC-NEWS" / "2024" / month).mkdir(parents=True)
        names = [f"crawl-data/CC-NEWS/2024/{month}/CC-NEWS-2024{month}{day:02}010203-0000{day}.warc.gz" for day in (1, 2)]
        (lists / "warc.paths.gz").write_bytes(gzip.compress("".join(f"{name}\n" for name in names).encode()))
    script = Path(made_warcs.__file__).with_name("spark_checks.py")
    done = subprocess.run(
        [sys.executable, script, made.tables / "readings", made.stemma.folder / "topic.toml", folder / "in",
         folder / "tables", folder / "news"],
        capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"tables": folder / "tables", "files": (cut, damaged, plain)}


def test_the_rows_of_a_batch_are_those_of_an_update(made: Made) -> None:
    assert_same_rows(made)


def assert_same_rows(made: Made) -> None:
    conn = opened(made.updated)
    queries = {
        "versions": """SELECT public_id, ordinal, first_seen, last_seen, sightings, json(change), inflated(text)
                       FROM versions JOIN texts USING (text_id)""",
        "readings": "SELECT public_id, packed, s.language FROM sketches s JOIN versions USING (version_id)",
        "reuses": """SELECT l.public_id, r.public_id, relation, copied, left_coverage, right_coverage, "order", words,
                     u.passages FROM reuses u JOIN versions l ON l.version_id = left_id
                     JOIN versions r ON r.version_id = right_id""",
        "links": """SELECT c.public_id, e.public_id, relation, copied, direction, direction_confidence, evidence
                    FROM links JOIN versions c ON c.version_id = copy_id
                    JOIN versions e ON e.version_id = exemplar_id""",
        "addresses": "SELECT x.url, a.url FROM addresses x JOIN articles a USING (article_id) WHERE a.on_topic",
    }
    columns = {
        "versions": ("public_id", "ordinal", "first_seen", "last_seen", "sightings", "change", "text"),
        "readings": ("public_id", "sketch", "language"),
        "reuses": ("left", "right", "relation", "copied", "left_coverage", "right_coverage", "order", "words",
                   "passages"),
        "links": ("copy", "exemplar", "relation", "copied", "direction", "direction_confidence", "evidence"),
        "addresses": ("url", "article"),
    }
    for name, query in queries.items():
        expected = sorted(conn.execute(query).fetchall())
        found = [tuple(json.dumps(row[c], separators=(",", ":")) if c == "change" else row[c] for c in columns[name])
                 for row in rows_of(made.tables, name)]
        assert sorted(found) == expected
        assert expected
    conn.close()


def test_what_is_loaded_is_what_an_update_makes_and_a_rebuild_gives_it_again(made: Made) -> None:
    stemma = made.stemma
    reports = json.loads(stemma.run("load", *TOPIC, "--data", "loaded", "--json", "--all", str(made.tables), timeout=600).stdout)
    done = {report["step"]: report["done"] for report in reports}
    assert done["extract"] == done["relevance"] == done["compare"] == 0
    assert done["compared"] == len(rows_of(made.tables, "readings"))
    loaded = stemma.folder / "loaded" / "archive.db"
    assert _rows(loaded) == _rows(made.updated)
    again = json.loads(stemma.run("load", *TOPIC, "--data", "loaded", "--json", "--all", str(made.tables), timeout=600).stdout)
    assert {report["step"]: report["done"] for report in again if report["step"] in ("import", "compared")} == {
        "import": 0, "compared": 0}
    assert _rows(loaded) == _rows(made.updated)
    stemma.run("rebuild", *TOPIC, "--data", "loaded", timeout=600)
    assert _rows(loaded) == _rows(made.updated)


def test_of_articles_on_the_topic_alone_every_capture_is_loaded(made: Made) -> None:
    stemma = made.stemma
    stemma.run("load", *TOPIC, "--data", "topical", str(made.tables), timeout=600)
    topical, whole = public_rows(stemma.folder / "topical" / "archive.db"), public_rows(made.updated)
    for view in ("article", "version", "copy_link", "family", "witness", "sighting", "catalogued"):
        assert topical[view] == whole[view]
    conn = opened(made.updated)
    wanted = conn.execute("""
        SELECT count(*) FROM captures WHERE url IN (
            SELECT x.url FROM addresses x JOIN articles a USING (article_id) WHERE a.on_topic)""").fetchone()[0]
    conn.close()
    assert len(topical["capture"]) == wanted < len(whole["capture"])


def test_an_archive_that_held_other_texts_compares_them_with_the_loaded_ones(made: Made) -> None:
    stemma = made.stemma
    other = made_warcs.write(stemma.folder / "other", 30, 1, seed=11)
    stemma.run("import", *TOPIC, "--data", "both", *map(str, other))
    stemma.run("update", *TOPIC, "--data", "both", timeout=600)
    reports = json.loads(stemma.run("load", *TOPIC, "--data", "both", "--json", str(made.tables), timeout=600).stdout)
    done = {report["step"]: report["done"] for report in reports}
    assert done["extract"] == 0
    assert done["compared"] == len(rows_of(made.tables, "readings"))
    loaded = _rows(stemma.folder / "both" / "archive.db")
    # In the batch's epoch, which is the archive's now.
    assert done["compare"] == len(loaded["version"]) - done["compared"] > 0
    stemma.run("rebuild", *TOPIC, "--data", "both", timeout=600)
    assert _rows(stemma.folder / "both" / "archive.db") == loaded


def _rows(database: Path) -> dict[str, list[str]]:
    """The public rows; where a record lies is each archive's own."""
    found = public_rows(database)
    found["capture"] = sorted(json.dumps({name: value for name, value in json.loads(row).items()
                                          if name not in ("path", "offset", "length")}) for row in found["capture"])
    return found


def test_a_bad_record_is_a_failure_and_the_rest_of_the_files_is_read(checked: dict[str, Any]) -> None:
    reasons = {row["subject"].rpartition("/")[2]: row["reason"] for row in rows_of(checked["tables"], "failures")
               if row["stage"] == "import"}
    cut, damaged, plain = (path.name for path in checked["files"])
    assert "is cut off" in reasons[cut]
    assert "is damaged" in reasons[damaged]
    assert "'stemma import' reads it" in reasons[plain]
    assert checked["captures"] >= 7


def test_of_a_batch_without_any_copies_what_there_is_is_loaded(made: Made, checked: dict[str, Any]) -> None:
    versions = rows_of(checked["tables"], "versions")
    made.stemma.run("load", *TOPIC, "--data", "small", str(checked["tables"]), timeout=600)
    conn = opened(made.stemma.folder / "small" / "archive.db")
    assert sorted(conn.execute("SELECT public_id FROM version")) == sorted((row["public_id"],) for row in versions)
    assert conn.execute("SELECT count(*) FROM failures WHERE stage = 'import'").fetchone()[0] == 3
    conn.close()


def test_a_file_whose_name_would_have_spark_cut_it_is_one_failure(made: Made) -> None:
    whole = made.files[0].read_bytes()
    pieces = [("in/b.warc", whole[:100]), ("in/b.warc", whole[100:]), ("in/a.warc.GZ", whole)]
    found = list(looks.read_pieces(
        pieces, via=None, read_page=lambda *_: "not read", decide=lambda *_: {}, keep_records=False))
    failed = [row for row in found if "failed_stage" in row]
    assert [(row["failed_subject"], row["failed_reason"]) for row in failed] == [("in/b.warc", looks.UNNAMED)]
    assert {row["file"] for row in found if "failed_stage" not in row} == {"in/a.warc.GZ"}


def test_the_files_of_the_news_crawl_are_those_that_its_lists_name(checked: dict[str, Any]) -> None:
    assert [name.rpartition("/")[2] for name in checked["news"]] == [
        f"CC-NEWS-2024{month}{day:02}010203-0000{day}.warc.gz" for month in ("08", "09") for day in (1, 2)]
    base = str(checked["tables"].parent / "news" / "crawl-data")
    assert all(name.startswith(base) for name in checked["news"])


@pytest.mark.parametrize("months", ["2024-13", "2025-04..2024-08", "2024", "2024-08..", "August"])
def test_what_is_no_span_of_months_is_refused(months: str, tmp_path: Path) -> None:
    done = Stemma(tmp_path).run("batch", "--cc-news", months, "--out", "x", code=2)
    assert "write it as 2024-08..2025-04" in done.stderr


def test_without_files_and_months_nothing_is_begun(tmp_path: Path) -> None:
    require_spark()
    assert "name the WARC files" in Stemma(tmp_path).run("batch", "--out", "x", code=2).stderr


def test_a_folder_without_a_finished_batch_is_not_loaded(tmp_path: Path) -> None:
    require_spark()
    (tmp_path / "tables").mkdir()
    done = Stemma(tmp_path).run("load", "tables", code=2)
    assert "no result of 'stemma batch'" in done.stderr


def test_keys_that_many_texts_have_are_joined_in_parts_with_the_same_pairs(checked: dict[str, Any]) -> None:
    whole, parts = checked["pairs"]
    assert whole == parts
    assert len(whole) == len(set(map(tuple, whole))) > 100


def test_a_process_that_ends_costs_a_retry_and_then_only_its_page(checked: dict[str, Any]) -> None:
    from crashing_stage import read_or_die

    from pipeline.batch.plan import page_reader

    assert checked["rows"] == list(range(20))
    with page_reader(read_or_die, is_careful=True) as read_page:
        found = [read_page(b"abc", b"", _payload(name)) for name in ("one", "die", "two")]
    assert found == ["read 3 bytes of https://a.example/one", "the extractor's process ended on this page",
                     "read 3 bytes of https://a.example/two"]


def _payload(name: str) -> PendingPayload:
    return PendingPayload(url=f"https://a.example/{name}", charset=None, payload_digest="sha1:A", content_encoding=None,
                          media_type="text/html", record=RecordRef(path="", offset=0, length=0))


@pytest.mark.soak
def test_two_thousand_pages_give_the_rows_of_an_update(tmp_path: Path) -> None:
    require_spark()
    made = _made(tmp_path, 2_000, timeout=3_600)
    assert_same_rows(made)
    reports = json.loads(made.stemma.run(
        "load", *TOPIC, "--data", "loaded", "--json", "--all", str(made.tables), timeout=3_600).stdout)
    done = {report["step"]: report["done"] for report in reports}
    assert done["extract"] == done["relevance"] == done["compare"] == 0 < done["compared"], "nothing is made anew"
    assert _rows(tmp_path / "loaded" / "archive.db") == _rows(made.updated)
