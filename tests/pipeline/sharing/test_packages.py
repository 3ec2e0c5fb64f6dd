"""stemma export wacz: a package that holds all it needs, by what others' tools read it by."""

import gzip
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from stemma_testing import FilledDemo, Stemma, opened

from archive import warc
from archive.digests import payload_digest
from archive.errors import ArchiveError
from archive.model import RecordRef
from archive.topic import load_topic
from archive.wacz import replay_key
from pipeline.custody import evidence
from pipeline.sharing import packages


@pytest.fixture
def own(demo: FilledDemo, tmp_path: Path) -> Stemma:
    """Runs commands on the demo's archive, in a folder of the test's own."""
    for name in ("topic.toml", "authority.pem"):
        shutil.copy(demo.stemma.folder / name, tmp_path)
    (tmp_path / "data").symlink_to(demo.data)
    return replace(demo.stemma, folder=tmp_path)


class Package:
    """A WACZ as a reader of it sees it."""

    def __init__(self, file: Path) -> None:
        self.bundle = zipfile.ZipFile(file)
        self.lines = gzip.decompress(self.bundle.read("indexes/index.cdx.gz")).decode().splitlines()
        self.captures = [(key, at, json.loads(rest)) for key, at, rest in (line.split(" ", 2) for line in self.lines)]
        self.pages = [json.loads(line) for line in self.bundle.read("pages/pages.jsonl").decode().splitlines()[1:]]
        self.warc = self.bundle.read("archive/data.warc.gz")

    def record(self, fields: dict[str, str]) -> warc.WarcRecord:
        start, length = int(fields["offset"]), int(fields["length"])
        return warc.parse_record(self.warc[start:start + length], RecordRef(path="x", offset=start, length=length))


def exported(stemma: Stemma, *more: str) -> Package:
    stemma.run("export", "wacz", "out.wacz", "--topic", "topic.toml", *more)
    return Package(stemma.folder / "out.wacz")


def rows(stemma: Stemma, sql: str, **values: object) -> list[Any]:
    with closing(opened(stemma.folder / "data" / "archive.db")) as conn:
        conn.row_factory = sqlite3.Row
        return conn.execute(sql, values).fetchall()


def test_all_members_are_stored_and_have_the_digests_that_the_package_names(own: Stemma) -> None:
    package = exported(own)
    assert {entry.compress_type for entry in package.bundle.infolist()} == {zipfile.ZIP_STORED}
    described = json.loads(package.bundle.read("datapackage.json"))
    for resource in described["resources"]:
        raw = package.bundle.read(resource["path"])
        assert (resource["hash"], resource["bytes"]) == (f"sha256:{hashlib.sha256(raw).hexdigest()}", len(raw))
    digest = json.loads(package.bundle.read("datapackage-digest.json"))["hash"]
    assert digest == f"sha256:{hashlib.sha256(package.bundle.read('datapackage.json')).hexdigest()}"
    assert {name for name in package.bundle.namelist() if not name.startswith("datapackage")} == {
        resource["path"] for resource in described["resources"]}


@pytest.fixture(scope="module")
def packed(demo: FilledDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("packed") / "all.wacz"
    packages.export(load_topic("kursk"), demo.data, file, packages.Wanted(), now=datetime(2025, 6, 1, tzinfo=UTC))
    return file


def rewritten(package: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> Path:
    """The package with its members changed, the zip around them whole."""
    other = package.with_name("other.wacz")
    with zipfile.ZipFile(package) as bundle, zipfile.ZipFile(other, "w") as made:
        for name in bundle.namelist():
            if (member := change(name, bundle.read(name))) is not None:
                made.writestr(*member)
    return other


def of_index(change: Callable[[dict[str, Any]], object]) -> Callable[[str, bytes], tuple[str, bytes]]:
    """Changes what the line of the index says that leads to the first record; it comes first then."""

    def changed(name: str, raw: bytes) -> tuple[str, bytes]:
        if name != "indexes/index.cdx.gz":
            return name, raw
        parted = [line.split(" ", 2) for line in gzip.decompress(raw).decode().splitlines()]
        first = next(parts for parts in parted if json.loads(parts[2])["offset"] == "0")
        parted.remove(first)
        first[2] = json.dumps(change(json.loads(first[2])))
        return name, gzip.compress("".join(" ".join(parts) + "\n" for parts in [first, *parted]).encode())

    return changed


@pytest.mark.parametrize(("change", "said"), [
    (lambda name, raw: (name, raw + b"x" if name == "pages/pages.jsonl" else raw), "pages/pages.jsonl is not what"),
    (lambda name, raw: (name, raw.replace(b'"title": "', b'"title": "X', 1) if name == "datapackage.json" else raw),
     "one of the two was changed"),
    (lambda name, raw: None if name == "indexes/index.idx" else (name, raw), "index.idx is described, and not there"),
    (lambda name, raw: None if name == "datapackage-digest.json" else (name, raw), "it has no datapackage-digest.json"),
    (lambda name, raw: ("archive/../../evil.warc.gz" if name.endswith(".warc.gz") else name, raw), "points out of it"),
    (lambda name, raw: (name, raw[:3_000] + bytes([raw[3_000] ^ 1]) + raw[3_001:] if name.endswith(".warc.gz") else raw),
     "indexes/index.cdx.gz, line"),
    (of_index(lambda fields: fields | {"offset": None}), "line 1: it names no record by address, file, offset and length"),
    (of_index(lambda fields: fields | {"offset": "-1"}), "line 1: it names no record by address, file, offset and length"),
    (of_index(lambda fields: fields | {"length": "9" * 30}), "line 1: there is no readable record at byte 0 of archive"),
    (of_index(lambda fields: [fields]), "line 1: it names no record by address, file, offset and length"),
    (of_index(lambda fields: fields | {"more": "x" * 100_000}), "has a line of 100,000 bytes or more"),
    (lambda name, raw: (name, raw.replace(b'"ts": "20', b'"ts": "19', 1) if name == "pages/pages.jsonl" else raw),
     "pages/pages.jsonl, line 2: the index does not have"),
    (of_index(lambda fields: fields | {"mime": "warc/revisit", "digest": "sha1:A"}), "does not hold the payload sha1:A"),
    (lambda name, raw: (name, gzip.compress(gzip.decompress(raw) * 400) if name == "indexes/index.cdx.gz" else raw),
     "more lines than there can be records"),
    (lambda name, raw: (name, b"[]" if name == "datapackage.json" else raw), "does not list the package's files"),
    (lambda name, raw: (name, b'{"resources": [{}]}' if name == "datapackage.json" else raw), "does not list the package"),
    (lambda name, raw: (name, b"5" if name == "datapackage-digest.json" else raw), "one of the two was changed"),
    (lambda name, raw: (name, raw + b"[]\n" if name == "pages/pages.jsonl" else raw), "no page with address and moment"),
])
def test_what_is_wrong_with_a_package_is_said(
    packed: Path, change: Callable[[str, bytes], tuple[str, bytes] | None], said: str
) -> None:
    with pytest.raises(ArchiveError) as error:
        evidence.verify_package(rewritten(packed, change))
    assert said in str(error.value)
    assert "who gave it, or export it anew" in str(error.value) or "nothing was read" in str(error.value)


def test_verify_checks_a_package_by_itself(packed: Path, demo: FilledDemo, tmp_path: Path) -> None:
    alone = replace(demo.stemma, folder=tmp_path)
    shutil.copy(packed, tmp_path / "all.wacz")
    assert "a whole package" in alone.run("verify", "all.wacz").stdout
    (tmp_path / "none.wacz").write_bytes(b"PK\x03\x04 nothing")
    assert "no WACZ that can be read" in alone.run("verify", "none.wacz", code=2).stderr
    assert not (tmp_path / "data").exists()


def test_every_line_of_the_index_leads_to_its_record(own: Stemma) -> None:
    package = exported(own)
    assert package.lines == sorted(package.lines)
    assert len(package.captures) > 100
    held = {(fields["url"], fields["digest"]) for _, _, fields in package.captures if fields["mime"] != "warc/revisit"}
    for key, at, fields in package.captures:
        record = package.record(fields)
        headers = dict(record.headers)
        assert key == replay_key(fields["url"])
        if fields["mime"] == "warc/revisit":
            assert (headers["WARC-Type"], (fields["url"], fields["digest"]) in held) == ("revisit", True)
        else:
            assert payload_digest(record.payload) == fields["digest"]
        if "Stemma-Captured-At" not in headers:
            assert headers["WARC-Target-URI"] == fields["url"]
            assert headers["WARC-Date"][:19] == f"{at[:4]}-{at[4:6]}-{at[6:8]}T{at[8:10]}:{at[10:12]}:{at[12:]}"


def test_the_index_of_the_archive_leads_to_the_records_where_they_lie(own: Stemma) -> None:
    own.run("export", "cdxj", "index.cdxj", "--topic", "topic.toml")
    lines = (own.folder / "index.cdxj").read_text("ascii").splitlines()
    assert lines == sorted(lines)
    assert [line.split(" ", 2)[:2] for line in lines] == [[key, at] for key, at, _ in exported(own).captures]
    for line in lines:
        fields = json.loads(line.split(" ", 2)[2])
        ref = RecordRef(path=fields["filename"], offset=int(fields["offset"]), length=int(fields["length"]))
        record = warc.read_record(own.folder / "data" / "warc", ref)
        assert ("Stemma-Captured-At" in dict(record.headers)) or dict(record.headers)["WARC-Target-URI"] == fields["url"]


def test_the_index_of_the_index_names_its_blocks(own: Stemma) -> None:
    package = exported(own)
    packed = package.bundle.read("indexes/index.cdx.gz")
    meta, *blocks = package.bundle.read("indexes/index.idx").decode().splitlines()
    assert meta.startswith("!meta 0 ")
    read = ""
    for block in blocks:
        first, second, rest = block.split(" ", 2)
        place = json.loads(rest)
        text = gzip.decompress(packed[place["offset"]:place["offset"] + place["length"]]).decode()
        assert text.startswith(f"{first} {second} ")
        read += text
    assert read.splitlines() == package.lines


def test_the_warc_file_of_a_package_passes_other_peoples_check(own: Stemma, tmp_path: Path) -> None:
    (tmp_path / "data.warc.gz").write_bytes(exported(own).warc)
    subprocess.run([Path(sys.executable).parent / "warcio", "check", tmp_path / "data.warc.gz"], check=True)


def test_pages_are_captures_of_articles_with_their_headlines_each_at_its_own_moment(own: Stemma) -> None:
    package = exported(own)
    shown = {(fields["url"], at) for _, at, fields in package.captures}
    assert len(package.pages) > 20
    assert all(page["title"] and page["ts"].endswith("Z") for page in package.pages)
    assert {(page["url"], re.sub(r"\D", "", page["ts"])[:14]) for page in package.pages} <= shown, "no 304 is a page"


def test_parts_of_the_archive_hold_what_was_named_and_no_more(own: Stemma) -> None:
    (article,) = rows(own, "SELECT key, url, latest FROM article WHERE versions > 1 ORDER BY key LIMIT 1")
    for name in (article["key"], article["url"], article["latest"]):
        package = exported(own, "--article", name)
        assert {page["url"] for page in package.pages} <= {
            row["url"] for row in rows(own, "SELECT a.url FROM addresses a JOIN articles USING (article_id) "
                                            "WHERE key = :key", key=article["key"])}
        assert len(package.pages) > 1
    (family,) = rows(own, "SELECT public_id, members FROM family ORDER BY members DESC LIMIT 1")
    held = {row["url"] for row in rows(own, "SELECT url FROM witness WHERE family = :id", id=family["public_id"])}
    package = exported(own, "--family", family["public_id"])
    assert held <= {fields["url"] for _, _, fields in package.captures} | held
    assert {page["url"] for page in package.pages}
    (source,) = rows(own, "SELECT source, count(*) AS n FROM captures WHERE source IS NOT NULL AND role = 'article' "
                          "GROUP BY source ORDER BY n DESC LIMIT 1")
    assert 0 < len(exported(own, "--source", source["source"]).captures) < len(exported(own).captures)


def test_a_period_with_revisits_only_brings_their_originals(own: Stemma) -> None:
    """Of the second crawl alone, what had not changed since the first."""
    (first,) = rows(own, "SELECT min(captured_at) AS at FROM captures")
    package = exported(own, "--from", first["at"][:10])
    assert len(package.captures) > 100
    assert "holds no capture" in own.run("export", "wacz", "x.wacz", "--topic", "topic.toml", "--to", "2001-01-01",
                                         code=2).stderr
    assert not (own.folder / "x.wacz").exists()


def test_a_revisit_brings_the_capture_that_holds_its_payload(own: Stemma) -> None:
    from archive.store import captures, read_database
    from pipeline.custody.withheld import Withheld
    from pipeline.sharing.packages import _with_originals

    conn = read_database(own.folder / "data" / "archive.db")
    with closing(conn):
        revisits = [captures.from_row(row) for row in conn.execute(
            "SELECT * FROM captures WHERE is_revisit ORDER BY capture_id")]
        found = list(_with_originals(conn, [(capture, None) for capture in revisits],
                                     Withheld(conn, own.folder / "data" / "warc")))
    assert revisits
    payloads = {(page.capture.url, page.capture.payload_digest) for page in found if not page.capture.is_revisit}
    assert {(capture.url, capture.payload_digest) for capture in revisits} <= payloads
    assert len({page.capture.record for page in found}) == len(found)


@pytest.mark.parametrize(("words", "reason"), [
    (("wacz", "-"), "not a stream"),
    (("jsonl", "x", "--article", "y"), "are for wacz"), (("cdxj", "-"), "not a stream"),
    (("wacz", "x", "--from", "2025-02-01", "--to", "2025-01-01"), "is before"),
    (("wacz", "x", "--article", "nothing"), "is no article"),
    (("wacz", "x", "--family", "nothing"), "holds no capture"),
])
def test_what_cannot_be_exported_is_told(own: Stemma, words: tuple[str, ...], reason: str) -> None:
    assert reason in own.run("export", *words, "--topic", "topic.toml", code=2).stderr


# As the surt library has them, which pywb and py-wacz use.
@pytest.mark.parametrize(("url", "key"), [
    ("https://www.News.example/A/b/?b=2&A=1", "example,news)/a/b?a=1&b=2"),
    ("http://news.example", "example,news)/"),
    ("http://news.example:8080/x", "example,news:8080)/x"),
    ("https://news.example:443/?utm_source=x", "example,news)/?utm_source=x"),
    ("https://news.example/новини", "example,news)/%d0%bd%d0%be%d0%b2%d0%b8%d0%bd%d0%b8"),
    ("https://www2.news.example/a%20b", "example,news)/a%20b"),
])
def test_replay_keys(url: str, key: str) -> None:
    assert replay_key(url) == key
