"""erase as a person meets it, on the demo's archive: the payloads are gone from every file, and the log still verifies."""

import json
import os
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from public_rows import public_rows
from stemma_testing import ROOT, Stemma

from archive import backup, erasures, events, log, warc
from archive.erasures import Erasure
from archive.folder import DataFolder
from archive.log import logging_to
from archive.model import FailedFetch, RecordRef
from pipeline import intake

REASON = "A court demands it"
AT = datetime(2025, 3, 15, 12, tzinfo=UTC)


def chosen(stemma: Stemma) -> tuple[str, str, bytes, list[RecordRef]]:
    """URL, key, a sentence and the captures of an article with several versions."""
    conn = stemma.database()
    row = conn.execute("SELECT * FROM article ORDER BY versions DESC, key LIMIT 1").fetchone()
    places = [RecordRef(path=c["path"], offset=c["offset"], length=c["length"]) for c in conn.execute(
        "SELECT * FROM captures WHERE url IN (SELECT url FROM addresses WHERE article_id = ?) ORDER BY path, offset",
        (row["article_id"],))]
    conn.close()
    sentence = max(row["text"].split("\n\n")[-1].split(". "), key=len)
    return row["url"], row["key"], sentence.encode(), places


def plain(folder: Path) -> bytes:
    """All that the WARC files of a folder unpack to."""
    found = b""
    for path in warc.files(folder):
        for offset, end, is_whole in warc.stretches(folder / path):
            assert is_whole
            raw = warc.read_bytes(folder, RecordRef(path=path, offset=offset, length=end - offset))
            record = zlib.decompressobj(31).decompress(raw)
            head, _, body = record.partition(b"\r\n\r\n")
            found += head + (zlib.decompressobj(31).decompress(body.partition(b"\r\n\r\n")[2])
                             if b"Content-Encoding: gzip" in body[:2000] and b"\x1f\x8b" in body else body)
    return found


def erase(stemma: Stemma, what: str, *words: str) -> Any:
    return json.loads(stemma.run("erase", what, "--reason", REASON, "--by", "Vera Lens", "--yes", "--topic", "topic.toml",
                                 "--json", *words).stdout)


def verified(stemma: Stemma, code: int = 0) -> Any:
    done = stemma.run("verify", "--topic", "topic.toml", "--json", code=code)
    return next(report for report in json.loads(done.stdout) if report["step"] == "verify")


def differing(before: bytes, after: bytes) -> set[int]:
    assert len(before) == len(after)
    return {place for place, (one, other) in enumerate(zip(before, after, strict=True)) if one != other}


def test_captures_leave_the_files_and_nothing_else_moves(own: Stemma) -> None:
    url, key, sentence, places = chosen(own)
    folder = own.folder / "data" / "warc"
    before = {path: (folder / path).read_bytes() for path in warc.files(folder)}
    assert sentence in plain(folder)
    (made,) = erase(own, url)
    assert (made["url"], made["reason"], made["by"]) == (url, REASON, "Vera Lens")
    gone = [RecordRef(**record) for record in made["records"]]
    assert gone[:len(places)] == places
    assert sentence not in plain(folder)
    waiting = own.database().execute("SELECT count(*) FROM uncatalogued").fetchone()[0]
    assert waiting == 0, "searches count without it at once"
    for path, was in before.items():
        within = {place for ref in gone if ref.path == path for place in range(ref.offset, ref.offset + ref.length)}
        assert differing(was, (folder / path).read_bytes()) <= within
    assert not list(folder.rglob("*.part"))
    report = verified(own)
    assert (report["failed"], report["counts"]["records erased"]) == ({}, len(gone))
    for file in (own.folder / "data").glob("archive.db*"):
        assert sentence not in file.read_bytes()
    assert "was erased" in own.run("withhold", key, "--undo", "--topic", "topic.toml", code=2).stderr


def named(stemma: Stemma, part: bytes) -> list[tuple[str, str]]:
    """The records whose head names a part of an address, by type and role."""
    folder, found = stemma.folder / "data" / "warc", []
    for path in warc.files(folder):
        for offset, end, _ in warc.stretches(folder / path):
            record = warc.read_record(folder, RecordRef(path=path, offset=offset, length=end - offset))
            headers = dict(record.headers)
            if part in headers.get("WARC-Target-URI", "").encode() + record.http_head:
                found.append((headers["WARC-Type"], headers.get("Stemma-Role", "")))
    return found


def test_requests_and_fetches_without_an_answer_go_too_and_the_log_names_it_no_more(own: Stemma) -> None:
    url, _, _, places = chosen(own)
    data = own.folder / "data"
    now = datetime.now(UTC)
    writer = warc.WarcWriter(data / "warc", started_at=now, software="test")
    writer.write_failed(FailedFetch(url=url + "?utm_source=x", at=now, role="article", source=None, error="no answer"))
    writer.write_failed(FailedFetch(url=url + "/other", at=now, role="article", source=None, error="no answer"))
    writer.close()
    with logging_to(data / "log" / "stemma.log"):
        log.event("failure", subject=url + "?utm_source=x", reason=f"from '{url}', to {url}/other.")
    own.run("update", "--topic", "topic.toml")
    path = url.split("/", 3)[3].encode()
    assert {kind for kind, _ in named(own, path)} >= {"request", "response", "metadata"}
    (made,) = erase(own, url)
    assert len(made["records"]) > len(places) + 1, "what was asked too"
    assert named(own, path) == [("metadata", "article")], "the other address's look"
    told = (data / "log" / "stemma.log").read_text("utf-8")
    assert told.count(url) == told.count(url + "/other") == 1
    assert f"reason=\"from '(erased)', to {url}/other.\"" in told
    assert all(log.parse(line) for line in told.splitlines())
    assert verified(own)["counts"]["records erased"] == len(made["records"])
    own.run("update", "--topic", "topic.toml")
    after = public_rows(data / "archive.db")
    own.run("rebuild", "--topic", "topic.toml")
    assert public_rows(data / "archive.db") == after
    assert sum("no answer" in row for row in after["observation"]) == 1


@pytest.mark.parametrize("when", ["KILL_BEFORE", "KILL_AFTER"])
def test_a_family_is_erased_whole_or_not_at_all(own: Stemma, when: str) -> None:
    """Killed when it is decided, before or after that is kept: then nothing was done, or the next run does it all."""
    conn = own.database()
    (family,) = conn.execute("SELECT public_id FROM family ORDER BY members DESC LIMIT 1").fetchone()
    keys = [key for (key,) in conn.execute("SELECT article_key FROM witness WHERE family = ?", (family,))]
    conn.close()
    assert len(keys) > 2
    before = public_rows(own.folder / "data" / "archive.db")
    words = ("erase", family, "--reason", REASON, "--yes", "--topic", "topic.toml")
    replace(own, altered={when: "withholding"}).run(*words, code=-9)
    kinds = [event.kind for event in events.read(own.folder / "data" / "events.jsonl").events]
    if when == "KILL_BEFORE":
        assert {"withholding", "erasure"}.isdisjoint(kinds)
        assert public_rows(own.folder / "data" / "archive.db") == before
        own.run(*words)
    assert own.run("update", "--topic", "topic.toml").returncode == 0
    conn = own.database()
    erased = {key for key, is_erased in conn.execute("SELECT key, erased FROM withholding") if is_erased}
    assert erased == set(keys)
    left = "SELECT count(*) FROM captures WHERE url IN (SELECT url FROM withheld_addresses)"
    assert conn.execute(left).fetchone()[0] == 0
    conn.close()
    report = verified(own)
    assert report["failed"] == {}
    assert report["counts"]["records erased"] > 2 * len(keys)


READER = """
import sqlite3, sys
conn = sqlite3.connect("data/archive.db", isolation_level=None)
conn.execute("BEGIN")
print(conn.execute("SELECT count(*) FROM captures").fetchone(), flush=True)
sys.stdin.readline()
conn.execute("ROLLBACK")
print(conn.execute("SELECT count(*) FROM captures").fetchone(), flush=True)
sys.stdin.readline()
"""


def test_that_a_reader_keeps_the_text_in_the_database_is_told_and_the_next_run_overwrites_it(own: Stemma) -> None:
    """By files alone: who opens the database in this process too would take the reader's locks from it."""
    url, _, sentence, _ = chosen(own)
    own = replace(own, altered={"BUSY_MS": "300"})
    held = [own.folder / "data" / name for name in ("archive.db", "archive.db-wal")]
    with subprocess.Popen([sys.executable, "-c", READER], cwd=own.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdout.readline()
        done = own.run("erase", url, "--reason", REASON, "--yes", "--topic", "topic.toml", code=1)
        assert "archive.db still holds what was withheld or erased, since somebody reads it" in done.stderr
        assert any(found(file, sentence) for file in held)
        assert "since somebody reads it" in own.run("update", "--topic", "topic.toml").stdout
        reader.stdin.write("\n")
        reader.stdin.flush()
        reader.stdout.readline()
        own.run("update", "--topic", "topic.toml")  # beside one that only has it open, as a site does
        assert not any(found(file, sentence) for file in held)
        reader.kill()


def found(file: Path, sentence: bytes) -> bool:
    """Whether a file holds it; in a process of its own."""
    look = "import sys; from pathlib import Path; from stemma_testing import told_by; " \
           "sys.exit(sys.argv[1].encode() not in told_by(Path(sys.argv[2])))"
    return subprocess.run(
        [sys.executable, "-c", look, sentence.decode(), file], check=False,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests' / 'support'}"}).returncode == 0


def test_a_rebuild_gives_what_the_database_says_after_it(own: Stemma) -> None:
    url, _, _, _ = chosen(own)
    erase(own, url)
    own.run("update", "--topic", "topic.toml")
    after = public_rows(own.folder / "data" / "archive.db")
    own.run("rebuild", "--topic", "topic.toml")
    assert public_rows(own.folder / "data" / "archive.db") == after
    assert [json.loads(row)["erased"] for row in after["withholding"]] == [1]
    assert verified(own)["failed"] == {}


def test_it_is_not_fetched_again(own: Stemma) -> None:
    url, _, _, _ = chosen(own)
    erase(own, url)
    own.run("crawl", "--topic", "topic.toml")
    assert "it is withheld" in own.run("capture", url, "--topic", "topic.toml", code=1).stdout
    conn = own.database()
    assert not conn.execute("SELECT count(*) FROM captures WHERE url = ?", (url,)).fetchone()[0]
    conn.close()


@pytest.mark.parametrize("announcements", [(), ("--announcements",)])
def test_an_import_does_not_bring_it_back(own: Stemma, announcements: tuple[str, ...]) -> None:
    url, _, sentence, places = chosen(own)
    own.run("export", "wacz", "before.wacz", "--topic", "topic.toml")
    (made,) = erase(own, url, *announcements)
    before = {path: (own.folder / "data" / "warc" / path).read_bytes() for path in warc.files(own.folder / "data" / "warc")}
    assert b"".join(before.values())
    done = own.run("import", "before.wacz", "--topic", "topic.toml", "--json").stdout
    report = next(report for report in json.loads(done) if report["step"] == "import")
    assert report["counts"]["refused, since erased here"] >= len(places)
    assert (report["done"], report["skipped"] > 50) == (0, True), "what was not erased is held already"
    assert sentence not in plain(own.folder / "data" / "warc")
    assert len(made["records"]) >= len(places)


def test_the_next_backup_loses_it_too_and_tells_no_damage(own: Stemma) -> None:
    url, _, sentence, places = chosen(own)
    own.run("backup", "copy", "--topic", "topic.toml")
    assert sentence in plain(own.folder / "copy" / "warc")
    erase(own, url)
    own.run("backup", "copy", "--topic", "topic.toml")
    assert sentence not in plain(own.folder / "copy" / "warc")
    own.run("backup", "copy", "--check", "--topic", "topic.toml")
    # What is changed beside what was erased is damage as ever.
    file = own.folder / "data" / "warc" / places[0].path
    raw = bytearray(file.read_bytes())
    raw[5] ^= 1
    file.write_bytes(raw)
    assert "does not begin as its copy" in own.run("backup", "copy", "--topic", "topic.toml", code=1).stderr


def test_what_is_erased_while_it_is_backed_up_or_exported_is_no_damage_and_not_passed_on(own: Stemma) -> None:
    url, _, sentence, places = chosen(own)
    own.run("backup", "copy", "--topic", "topic.toml")
    database = (own.folder / "data" / "archive.db").read_bytes()
    asked = list[str]()

    def erased(name: str) -> dict[int, bytes]:
        if not asked:
            erase(own, url)
        asked.append(name)
        events_now = intake.erasures_of(own.folder / "data" / "events.jsonl")[0]
        return dict(erasures.by_path(erasures.fillers(events_now))).get(name.removeprefix("warc/"), {})

    done = backup.backup(DataFolder(own.folder / "data"), own.folder / "copy", now=AT, erased=erased)
    assert (done.troubles, len(asked) > 1) == ((), True)
    assert sentence not in plain(own.folder / "copy" / "warc")
    (own.folder / "data" / "archive.db").write_bytes(database)  # as an export saw it that began before
    told = own.run("export", "wacz", "all.wacz", "--topic", "topic.toml", code=1).stderr
    assert f"{places[0].path} at byte {places[0].offset}: it is no capture" in told
    assert not (own.folder / "all.wacz").exists()


def test_a_killed_run_is_gone_on_with(own: Stemma) -> None:
    """The event is kept first: what it names is told by verify until it is done, by whatever run comes next."""
    url, _, sentence, places = chosen(own)
    own.run("withhold", url, "--reason", REASON, "--topic", "topic.toml")
    events.append(own.folder / "data" / "events.jsonl", erasures.to_event(
        Erasure(url=url, places=tuple(places), reason=REASON, at=AT)))
    assert verified(own, code=1)["counts"]["records erased"] == 0
    folder = own.folder / "data" / "warc"
    first = next(erasures.by_path({ref: erasures.filler(ref, AT) for ref in places[:1]}))
    warc.overwrite(folder, *first)  # and killed again, before the others and the database
    own.run("update", "--topic", "topic.toml")
    assert sentence not in plain(folder)
    report = verified(own)
    assert (report["failed"], report["counts"]["records erased"]) == ({}, len(places))
    conn = own.database()
    assert not conn.execute("SELECT 1 FROM captures WHERE path = ? AND offset = ?",
                            (places[0].path, places[0].offset)).fetchone()
    conn.close()


def test_what_somebody_else_put_in_its_place_is_found(own: Stemma) -> None:
    url, _, _, places = chosen(own)
    erase(own, url)
    file = own.folder / "data" / "warc" / places[0].path
    other = erasures.filler(places[0], AT)
    warc.overwrite(own.folder / "data" / "warc", places[0].path, {places[0].offset: other})
    assert other in file.read_bytes()
    assert verified(own, code=1)["failed"]


def test_with_announcements_feeds_that_name_it_go_too(own: Stemma) -> None:
    url, _, _, places = chosen(own)
    (made,) = erase(own, url, "--announcements")
    assert len(made["records"]) > len(places)
    assert url.rsplit("/", 1)[1].encode() not in b"".join(
        raw for raw in plain(own.folder / "data" / "warc").split(b"WARC/1.1") if b"Stemma-Role: feed" in raw)
    assert verified(own)["failed"] == {}


def test_an_events_line_cannot_name_other_files() -> None:
    for record in ({"path": "../key.pem", "offset": 0, "length": 300}, {"path": "/etc/passwd", "offset": 0, "length": 300},
                   {"path": "a.warc.gz", "offset": -1, "length": 300}, {"path": "a.warc.gz"}, "x"):
        with pytest.raises(ValueError, match="an erasure names"):
            erasures.from_event(events.Event(kind="erasure", at=AT, data={"url": "u", "records": [record]}))


@given(st.integers(240, 400_000))
@example(65_558)
@example(65_559)
@example(131_099)
def test_a_filler_has_just_the_length_and_is_a_record(length: int) -> None:
    place = RecordRef(path="2025/03/a.warc.gz", offset=7, length=length)
    written = erasures.filler(place, AT)
    assert len(written) == length
    assert warc.parse_record(written, place).payload.strip() == b"erased"[:len(warc.parse_record(written, place).payload)]
    assert written == erasures.filler(place, AT) != erasures.filler(replace(place, offset=8), AT)
