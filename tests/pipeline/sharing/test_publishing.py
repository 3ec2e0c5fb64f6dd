"""What is published: a folder for any Datasette, switched while it is being served."""

import json
import re
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from urllib.error import HTTPError, URLError
from urllib.request import urlopen
from xml.etree import ElementTree

import pytest
import yaml

from archive.errors import MissingArchive, UnreadableFile
from archive.store import open_database, read_database, snapshots, tables
from archive.topic import load_topic, parse_topic
from pipeline.operating import demo
from pipeline.sharing import publishing

NOW = datetime(2025, 4, 1, tzinfo=UTC)
TOPIC = load_topic("kursk")
BIN = Path(sys.executable).parent
FILES = ["README.txt", "archive.db", "citations.bib", "citations.csl.json", "feed.atom", "metadata.yaml", "topic.toml"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of the bundled web."""
    folder = tmp_path_factory.mktemp("archive") / "data"
    demo.fill(folder, say=lambda _: None)
    return folder


def publish(data: Path, folder: Path, site: str | None = "https://stemma.example/kursk") -> None:
    publishing.publish(load_topic(data / demo.TOPIC_FILE), data, folder, site=site, clock=lambda: NOW)


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("published") / "kursk"
    publish(data, target)
    return target


def test_all_is_there_and_nothing_else(folder: Path, data: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == FILES
    conn = read_database(data / "archive.db")
    keys = {row["latest"] for row in conn.execute("SELECT latest FROM article")}
    conn.close()
    assert {item["id"] for item in json.loads((folder / "citations.csl.json").read_text("utf-8"))} == keys
    assert set(re.findall(r"^@misc\{([^,]+)", (folder / "citations.bib").read_text("utf-8"), re.MULTILINE)) == keys
    feed = ElementTree.parse(folder / "feed.atom").getroot()  # our own
    addresses = [link.get("href") for link in feed.findall(".//{*}entry/{*}link[@rel='alternate']")]
    assert len(addresses) == min(len(keys), publishing.FED)
    assert all(str(address).startswith("https://stemma.example/kursk/article/") for address in addresses)
    assert yaml.safe_load((folder / "metadata.yaml").read_text("utf-8"))["databases"]["archive"]["tables"]["article"]


def test_without_an_address_the_feed_leads_to_the_outlets(data: Path, tmp_path: Path) -> None:
    publish(data, tmp_path / "out", site=None)
    feed = ElementTree.parse(tmp_path / "out" / "feed.atom").getroot()  # our own
    assert feed.findtext("{*}id") == f"urn:stemma:{load_topic(data / demo.TOPIC_FILE).name}"
    entry = feed.find("{*}entry")
    assert entry is not None
    assert {link.get("href") for link in entry.findall("{*}link")} == {entry.findtext("{*}id")}


def test_no_text_of_the_archive_can_be_put_together_from_all_files(folder: Path, data: Path) -> None:
    conn = read_database(data / "archive.db")
    texts = [row["text"] for row in conn.execute("SELECT text FROM version") if len(row["text"]) > 1_000]
    conn.close()
    assert len(texts) > 20
    published = b"\n".join(path.read_bytes() for path in folder.iterdir())
    for text in texts:
        pieces = [text[start:start + 30].encode() for start in range(0, len(text) - 30, 10)]
        assert sum(piece in published for piece in pieces) < 0.4 * len(pieces), text


def test_what_is_published_whole_is_read_by_any_program(data: Path, tmp_path: Path) -> None:
    given = replace(TOPIC, publish=replace(TOPIC.publish, full_text="all"))
    publishing.publish(given, data, tmp_path / "out", site=None, clock=lambda: NOW)
    asked = """SELECT public_id, v.text, v.candidates FROM version v JOIN article a ON a.latest = v.public_id
               WHERE a.text IS NOT NULL AND v.is_free IS NOT 0"""
    with closing(sqlite3.connect(tmp_path / "out" / "archive.db")) as plain, \
            closing(read_database(data / "archive.db")) as kept:
        found = plain.execute(asked).fetchall()
        assert sorted(found) == sorted(map(tuple, kept.execute(asked)))
        assert found
        for name, in plain.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
            plain.execute(f'SELECT * FROM "{name}"').fetchone()
        with pytest.raises(sqlite3.OperationalError, match="inflated"):
            sqlite3.connect(data / "archive.db").execute(asked)


def test_without_pyarrow_all_is_published_but_the_views_as_parquet_and_the_report_says_so(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = replace(TOPIC, publish=replace(TOPIC.publish, downloads=True))
    out = tmp_path / "out"
    report = publishing.publish(given, data, out, site=None, clock=lambda: NOW)
    assert len(list((out / "tables").glob("*.parquet"))) == len(tables.VIEWS)
    assert "tables/*.parquet" in (out / "README.txt").read_text("utf-8")
    assert publishing.UNWRITTEN not in dict(report.counts)
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as where it is not installed
    report = publishing.publish(given, data, out, site=None, clock=lambda: NOW)
    assert not (out / "tables").exists()
    assert dict(report.counts)[publishing.UNWRITTEN] == len(tables.VIEWS)
    assert "tables/*.parquet" not in (out / "README.txt").read_text("utf-8")


def test_what_is_for_operators_only_is_not_published() -> None:
    text = publishing.public_topic(TOPIC)
    assert parse_topic(text, path="x").gazetteer == TOPIC.gazetteer
    assert not re.search(r"^\[(?:crawl|watch|backfill|publish)\]", text, re.MULTILINE)


@pytest.mark.parametrize("written", [
    'watch.ping = "https://ping.example/SECRET"\n{}', 'watch = {{ ping = "https://ping.example/SECRET" }}\n{}',
    '{}\n["watch"]\nping = "https://ping.example/SECRET"\n', "{}\n['watch']\nping = 'https://ping.example/SECRET'\n",
    '{}\n[ watch ]\nping = "https://ping.example/SECRET"\n', '{}\n[\t"watch"\t]\nping = "https://ping.example/SECRET"\n',
])
def test_no_secret_of_the_operators_is_published_however_it_is_written(written: str) -> None:
    rest = re.sub(r"^\[watch\][^\[]*", "", TOPIC.text, flags=re.MULTILINE)
    topic = parse_topic(written.format(rest), path="x")
    assert topic.watch.ping == "https://ping.example/SECRET"
    assert "SECRET" not in publishing.public_topic(topic)


def test_files_of_others_are_never_overwritten_nor_taken_away(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "tables" / "records").mkdir(parents=True)
    (out / "tables" / "mine.parquet").write_text("mine")
    for name in ("topic.toml", "README.txt"):
        (out / name).write_text("mine")
        with pytest.raises(UnreadableFile, match=f"{name} in it would be overwritten, and no publication wrote them"):
            publish(data, out)
        assert not (out / "archive.db").exists()
        assert (out / name).read_text() == "mine"
        (out / name).unlink()
    publish(data, out)
    (out / "archive.db").unlink()  # as of one that was stopped before its end
    publish(data, out)
    assert (out / "tables" / "mine.parquet").read_text() == "mine"


def test_an_archive_is_never_overwritten(data: Path) -> None:
    before = (data / "archive.db").stat().st_ino
    with pytest.raises(UnreadableFile, match="an archive's own database"):
        publish(data, data)
    assert (data / "archive.db").stat().st_ino == before


def test_no_archive_is_said_before_a_folder_is_made(tmp_path: Path) -> None:
    with pytest.raises(MissingArchive):
        publishing.publish(TOPIC, tmp_path / "none", tmp_path / "out", site=None, clock=lambda: NOW)
    assert list(tmp_path.iterdir()) == []


def test_it_is_of_one_state_while_a_crawl_writes(data: Path, tmp_path: Path) -> None:
    writer = open_database(data / "archive.db")
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO outlets VALUES ('not-yet.example', 'Not yet', NULL, NULL)")
    try:
        publish(data, tmp_path / "out")
    finally:
        writer.execute("ROLLBACK")
        writer.close()
    conn = read_database(tmp_path / "out" / "archive.db")
    assert conn.execute("SELECT count(*) FROM outlets WHERE domain = 'not-yet.example'").fetchone()[0] == 0
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    conn.close()


def test_a_publication_that_is_stopped_leaves_the_former_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(data, tmp_path / "out")
    before = (tmp_path / "out" / "archive.db").read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(snapshots, "finish", full)
    with pytest.raises(sqlite3.OperationalError):
        publish(data, tmp_path / "out")
    assert (tmp_path / "out" / "archive.db").read_bytes() == before
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES


def test_what_is_withheld_is_gone_from_what_others_are_served_at_once(data: Path, tmp_path: Path) -> None:
    own = tmp_path / "data"
    shutil.copytree(data, own, symlinks=True)
    publish(own, own / "public")
    publish(own, tmp_path / "out")
    conn = read_database(own / "archive.db")
    key, title, text = conn.execute("SELECT key, title, text FROM article a WHERE (SELECT count(*) FROM article b WHERE "
                                    "b.title = a.title) = 1 AND family IS NOT NULL ORDER BY key").fetchone()
    conn.close()
    places = [own / "public" / "archive.db", tmp_path / "out" / "archive.db"]
    opening = text[:60].encode()
    assert all(title.encode() in place.read_bytes() and opening in place.read_bytes() for place in places)
    subprocess.run([str(BIN / "stemma"), "withhold", key, "--reason", "a court asked for it", "--data", str(own),
                    "--topic", str(own / demo.TOPIC_FILE)], check=True, capture_output=True)
    publish(own, tmp_path / "out")
    for path in (*places, *(tmp_path / "out").iterdir(), *(own / "public").iterdir()):
        assert title.encode() not in path.read_bytes(), path
    conn = read_database(places[0])
    assert conn.execute("SELECT count(*) FROM article WHERE key = ?", (key,)).fetchone()[0] == 0
    assert conn.execute("SELECT reason FROM withholding").fetchone()[0] == "a court asked for it"
    conn.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder as its README says to serve it, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = next(line for line in (folder / "README.txt").read_text("utf-8").splitlines() if "datasette serve" in line)
    words = shlex.split(line.replace("8001", str(port)))
    with subprocess.Popen([str(BIN / words[0]), *words[1:]], cwd=folder, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as server:
        try:
            until = monotonic() + 30
            while monotonic() < until:
                try:
                    urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
                    break
                except URLError:
                    sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)
            _, said = server.communicate(timeout=20)
            assert "Traceback" not in said, said


def test_ten_publications_while_it_is_served_fail_no_request(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    publish(data, folder)
    conn = read_database(data / "archive.db")
    key = conn.execute("SELECT key FROM article WHERE family IS NOT NULL ORDER BY key").fetchone()[0]
    conn.close()
    paths = ("/", "/search?q=Kursk", f"/article/{key}", f"/article/{key}.json", "/archive/article.json?_size=5",
             "/archive/version?_search=bridge", "/archive.json?sql=select+count(*)+from+version", "/archive")
    statuses: Counter[object] = Counter()
    done = Event()

    def load(address: str, start: int) -> None:
        place = start
        while not done.is_set():
            place += 1
            try:
                with urlopen(address + paths[place % len(paths)], timeout=30) as response:
                    response.read()
                    statuses[response.status] += 1
            except HTTPError as error:
                statuses[error.code] += 1
            except OSError as error:
                statuses[repr(error)] += 1

    with served(folder) as address:
        threads = [Thread(target=load, args=(address, start)) for start in range(0, len(paths), 3)]
        for thread in threads:
            thread.start()
        try:
            for number in range(10):
                writer = open_database(data / "archive.db")
                writer.execute("UPDATE outlets SET owner = ?", (f"Owner {number}",))
                writer.close()
                publish(data, folder)
                sleep(0.3)
            until = monotonic() + 30
            shown = ""
            while "Owner 9" not in shown and monotonic() < until:
                sleep(0.2)
                with urlopen(f"{address}/archive.json?sql=select+max(owner)+from+outlets&_shape=array") as response:
                    shown = response.read().decode()
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert "Owner 9" in shown
    assert statuses[200] > 40
    assert set(statuses) == {200}


@contextmanager
def served_by(data: Path, host: str, setting: str) -> Iterator[str]:
    """`stemma serve` with a setting of whole texts, as an address."""
    with subprocess.Popen(
        [str(BIN / "stemma"), "serve", "--data", str(data), "--topic", str(data / demo.TOPIC_FILE), "--host", host,
         "--port", "0", "--set", f"publish.full_text={setting}"], stdout=subprocess.PIPE, text=True,
        env={"PYTHONUNBUFFERED": "1", "PATH": str(BIN)},
    ) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://\S+", server.stdout.readline())
            assert address is not None
            yield address[0]
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(20)


def test_where_all_may_read_whole_texts_a_page_that_is_not_free_is_an_excerpt(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data", symlinks=True)
    conn = open_database(tmp_path / "data" / "archive.db")
    (key, text), (other, whole) = conn.execute(
        "SELECT article_key, text FROM version WHERE is_latest = 1 ORDER BY length(text) DESC LIMIT 2").fetchall()
    conn.execute("UPDATE documents SET is_free = 0 WHERE document_id IN ("
                 "SELECT document_id FROM versions JOIN articles USING (article_id) WHERE key = ?)", (key,))
    conn.commit()
    conn.close()
    with served_by(tmp_path / "data", "0.0.0.0", "all") as address:
        found = [json.load(urlopen(f"{address}article/{name}.json", timeout=20))["version"]["text"]
                 for name in (key, other)]
    assert (text.startswith(found[0][:100]), len(found[0]) <= len(text) / 2 + 200) == (True, True)
    assert found[1] == whole


def test_an_edit_says_no_more_of_the_version_before_than_that_shows_itself(data: Path, tmp_path: Path) -> None:
    shutil.copytree(data, tmp_path / "data", symlinks=True)
    conn = open_database(tmp_path / "data" / "archive.db")
    earlier, later, passages = conn.execute(
        "SELECT p.document_id, v.version_id, v.passages FROM versions v JOIN versions p ON p.article_id = v.article_id "
        "AND p.ordinal = v.ordinal - 1 AND p.document_id != v.document_id ORDER BY length(v.passages) DESC").fetchone()
    lost = "What the earlier version said at length, and nobody may read without paying. " * 20
    conn.execute("UPDATE versions SET passages = ? WHERE version_id = ?", (
        json.dumps([one | {"was": lost} for one in json.loads(passages)]), later))
    conn.execute("UPDATE documents SET is_free = 0 WHERE document_id = ?", (earlier,))
    conn.commit()
    conn.close()
    topic = replace(TOPIC, publish=replace(TOPIC.publish, full_text="all"))
    publishing.publish(topic, tmp_path / "data", tmp_path / "out", site=None, clock=lambda: NOW)
    conn = read_database(tmp_path / "out" / "archive.db")
    (shown,) = conn.execute("SELECT passages FROM versions WHERE version_id = ?", (later,)).fetchone()
    conn.close()
    assert lost[:20] in shown
    assert len(shown) < len(lost)


@pytest.mark.parametrize(("host", "setting"), [("0.0.0.0", "loopback"), ("127.0.0.1", "none")])
def test_others_are_served_excerpts(data: Path, host: str, setting: str) -> None:
    with served_by(data, host, setting) as address, urlopen(f"{address}search?q=Sudzha", timeout=20) as response:
        page = response.read().decode()
    assert "Only excerpts are shown here" in page
    assert "looked for" in page.lower() or "Суджа" in page, "the topic's names are known there too"
    assert sorted(path.name for path in (data / "public").iterdir()) == ["archive.db", "topic.toml"]
