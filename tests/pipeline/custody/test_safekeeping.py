"""backup and restore: whole beside a crawl, incremental, and not to be spoilt by a damaged archive."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, opened, topic_file

from archive import backup as copies
from archive import events
from crawlers.demo.server import WebRequest, WebResponse


def said(stemma: Stemma, *words: str, code: int = 0) -> Any:
    return json.loads(stemma.run(*words, "--topic", "topic.toml", "--json", code=code).stdout)[0]


def warcs(stemma: Stemma, data: str = "data") -> list[Path]:
    return sorted((stemma.folder / data / "warc").rglob("*.warc.gz"))


def test_what_is_restored_is_the_archive(own: Stemma) -> None:
    key = (own.folder / "data" / "key.pem").read_bytes()
    assert said(own, "backup", "copy")["attention"] == []
    assert not [path for path in (own.folder / "copy").rglob("*") if path.is_file() and key in path.read_bytes()]
    assert said(own, "restore", "copy", "--data", "again")["attention"] == []
    assert public_rows(own.folder / "again" / "archive.db") == public_rows(own.folder / "data" / "archive.db")
    (own.folder / "again" / "key.pem").write_bytes(key)
    own.run("verify", "--topic", "topic.toml", "--data", "again")
    assert "backup     never" not in own.run("status", "--topic", "topic.toml").stdout


def test_a_second_backup_copies_what_is_new(own: Stemma) -> None:
    first = said(own, "backup", "copy")
    (own.folder / "copy" / "archive-20250101T000000000000Z.db-journal").write_bytes(b"of one that was killed")
    second = said(own, "backup", "copy")
    assert first["skipped"] == 0
    assert second["done"] == 1, "the database, which has the first backup in its runs"
    assert second["skipped"] == first["done"] - 1
    assert len(list((own.folder / "copy").glob("*.db*"))) == 1
    assert said(own, "backup", "copy", "--check")["attention"] == []


def change_byte(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


def test_a_damaged_archive_does_not_spoil_its_backup(own: Stemma) -> None:
    own.run("backup", "copy", "--topic", "topic.toml")
    first, second = warcs(own)[:2]
    whole = {path: path.read_bytes() for path in (first, second)}
    change_byte(first)
    second.unlink()
    told = said(own, "backup", "copy", code=1)["attention"]
    assert any("does not begin as its copy" in sentence and first.name in sentence for sentence in told)
    assert any(second.name in sentence for sentence in told)
    assert said(own, "backup", "copy", "--check")["attention"] == []
    own.run("restore", "copy", "--data", "again")
    assert {path.name: path.read_bytes() for path in warcs(own, "again")} | {} == {
        path.name: path.read_bytes() for path in warcs(own)} | {path.name: raw for path, raw in whole.items()}


def test_a_damaged_backup_is_told_and_the_rest_is_restored(own: Stemma) -> None:
    own.run("backup", "copy", "--topic", "topic.toml")
    change_byte(warcs(own, "copy")[0])
    change_byte(next((own.folder / "copy").glob("archive-*.db")))
    assert len(said(own, "backup", "copy", "--check", code=1)["attention"]) == 2
    told = own.run("restore", "copy", "--data", "again", code=1).stderr
    assert "run 'stemma rebuild'" in told
    assert f"{warcs(own)[0].name} is not what the manifest says" in told
    assert not (own.folder / "again" / "archive.db").exists()
    assert len(warcs(own, "again")) == len(warcs(own))
    own.run("rebuild", "--topic", "topic.toml", "--data", "again", code=1)


@pytest.mark.parametrize(("name", "stored"), [
    ("../evil", "../evil"), ("warc/../../evil.warc.gz", "warc/../../evil.warc.gz"), ("/etc/x.warc.gz", "/etc/x.warc.gz"),
    ("archive.db", "../archive.db"), ("key.pem", "key.pem"),
])
def test_a_manifest_that_points_elsewhere_is_refused(tmp_path: Path, name: str, stored: str) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "manifest.json").write_text(json.dumps({
        "format": copies.FORMAT, "at": "", "files": {name: {"size": 1, "sha256": "", "stored": stored}}}))
    assert "no file of an archive" in Stemma(tmp_path).run("restore", "copy", code=2).stderr
    assert not (tmp_path / "data").exists()


def test_what_is_no_backup_or_no_empty_folder_is_told(own: Stemma) -> None:
    (own.folder / "other").mkdir()
    assert "holds no backup" in own.run("restore", "other", "--data", "again", code=2).stderr
    (own.folder / "other" / "a.txt").write_text("x")
    assert "is no backup of this program" in own.run("backup", "other", "--topic", "topic.toml", code=2).stderr
    assert "lies in the archive itself" in own.run("backup", "data/copy", "--topic", "topic.toml", code=2).stderr
    own.run("backup", "copy", "--topic", "topic.toml")
    assert "holds an archive already" in own.run("restore", "copy", "--topic", "topic.toml", code=2).stderr
    assert "holds no archive" in own.run("backup", "copy", "--data", "nowhere", code=2).stderr


def test_backups_beside_a_crawl_are_each_an_archive_that_verifies(serve: Any) -> None:
    pages = [f"http://news.example/{n}" for n in range(60)]

    def respond(request: WebRequest) -> WebResponse:
        text = f"<p>Report {request.path} from the Kursk region.</p>" * 40
        return WebResponse(headers=(("Content-Type", "text/html"),), body=f"<html><h1>{request.path}</h1>{text}".encode())

    _, stemma = serve(respond)
    topic_file(stemma.folder, pages, extra="")
    stemma.run("init", "--topic", "topic.toml")
    crawl = stemma.start("crawl", "--topic", "topic.toml")
    made = 0
    while crawl.poll() is None or made < 2:
        stemma.run("backup", f"copy-{made}", "--topic", "topic.toml")
        made += 1
    assert crawl.wait() == 0
    held = []
    for n in range(made):
        stemma.run("restore", f"copy-{n}", "--data", f"again-{n}")
        again = stemma.folder / f"again-{n}"
        if events.read(again / "events.jsonl").of("key"):  # which is kept before the log begins
            shutil.copy(stemma.folder / "data" / "key.pem", again)
        stemma.run("verify", "--topic", "topic.toml", "--data", f"again-{n}")
        conn = opened(stemma.folder / f"again-{n}" / "archive.db")
        held.append(conn.execute("SELECT count(*) FROM captures").fetchone()[0])
        conn.close()
    assert held == sorted(held)
    assert held[-1] == 62, "sixty pages, robots.txt and the list itself"
