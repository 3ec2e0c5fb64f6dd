"""verify, cite and key as a person meets them, on the demo's archive."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, opened
from time_authority import TimeAuthority

from archive.errors import ProofFailed
from pipeline.custody import evidence

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def verified(stemma: Stemma, *more: str, code: int = 0) -> Any:
    done = stemma.run("verify", "--topic", "topic.toml", "--json", *more, code=code)
    return next(r for r in json.loads(done.stdout) if r["step"] == "verify")


def failures(stemma: Stemma) -> list[tuple[str, str, str]]:
    conn = stemma.database()
    found = [tuple(row) for row in conn.execute("SELECT stage, subject, reason FROM failures ORDER BY stage, subject")]
    conn.close()
    return [row for row in found if row[0] in ("index", "log", "database")]


def largest(stemma: Stemma) -> Path:
    return max((stemma.folder / "data" / "warc").rglob("*.warc.gz"), key=lambda path: path.stat().st_size)


def test_runs_sign_what_they_kept_and_verify_finds_it_all(own: Stemma) -> None:
    report = verified(own)
    assert (report["failed"], report["attention"]) == ({}, [])
    assert report["counts"]["signed heads"] >= 2
    assert report["counts"]["entries of the log"] == report["done"], "every record and every event is entered"
    assert failures(own) == []


def change_byte(path: Path, place: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= 0x01
    path.write_bytes(raw)


def change_header_of_gzip(stemma: Stemma) -> None:
    change_byte(largest(stemma), 4)  # the time of the member's header: it unpacks to the same


def swap_events(stemma: Stemma) -> None:
    file = stemma.folder / "data" / "events.jsonl"
    file.write_text(file.read_text().replace("topic.toml", "topid.toml"))


def take_a_record_away(stemma: Stemma) -> None:
    from archive import warc

    file = largest(stemma)
    found = list(warc.stretches(file))
    begin, end, _ = found[len(found) // 2]
    raw = file.read_bytes()
    file.write_bytes(raw[:begin] + raw[end:])


def remove_a_file(stemma: Stemma) -> None:
    largest(stemma).unlink()


def change_the_index(stemma: Stemma) -> None:
    with opened(stemma.folder / "data" / "archive.db") as conn:
        conn.execute("UPDATE captures SET payload_sha256 = 'x' WHERE capture_id = (SELECT max(capture_id) FROM captures)")
    conn.close()


DAMAGED = "CAST(substr({0}, 1, length({0}) - 4) || x'00000000' AS BLOB)"


def damage_a_text(stemma: Stemma) -> None:
    _set(stemma, f"UPDATE texts SET text = {DAMAGED.format('text')} WHERE typeof(text) = 'blob' "
                 "AND text_id = (SELECT text_id FROM versions WHERE is_latest ORDER BY version_id LIMIT 1)")


def damage_what_was_read(stemma: Stemma) -> None:
    _set(stemma, f"UPDATE documents SET candidates = {DAMAGED.format('candidates')} WHERE typeof(candidates) = 'blob' "
                 "AND document_id = (SELECT max(document_id) FROM versions)")


def _set(stemma: Stemma, sql: str) -> None:
    with opened(stemma.folder / "data" / "archive.db") as conn:
        assert conn.execute(sql).rowcount == 1
    conn.close()


@pytest.mark.parametrize(("damage", "stage", "reason"), [
    (damage_a_text, "database", "it is not the text whose hash stands beside it"),
    (damage_what_was_read, "database", "what was read beside its text is damaged"),
    (change_header_of_gzip, "log", "it was changed after it was entered"),
    (swap_events, "log", "it was changed after it was entered"),
    (take_a_record_away, "log", "nothing whole is there"),
    (remove_a_file, "log", "the file is missing"),
    (change_the_index, "database", "the database says otherwise"),
])
def test_verify_names_what_was_changed(own: Stemma, damage: Callable[[Stemma], None], stage: str, reason: str) -> None:
    damage(own)
    verified(own, code=1)
    assert any(found[0] == stage and reason in found[2] for found in failures(own)), failures(own)


def test_a_text_that_cannot_be_read_is_said_with_what_mends_it(own: Stemma) -> None:
    before = public_rows(own.folder / "data" / "archive.db")
    damage_a_text(own)
    said = own.run("reindex", "--topic", "topic.toml", code=1).stderr
    assert said == ("stemma: a text in the database is damaged; 'stemma verify' says which, 'stemma rebuild' makes it "
                    "anew from the WARC files\n")
    own.run("rebuild", "--topic", "topic.toml")
    assert public_rows(own.folder / "data" / "archive.db") == before


def test_what_was_mended_is_no_failure_any_more(own: Stemma) -> None:
    change_header_of_gzip(own)
    verified(own, code=1)
    change_header_of_gzip(own)
    verified(own)
    assert failures(own) == []


def test_a_log_that_cannot_be_signed_is_an_alarm_and_stops_no_run(own: Stemma) -> None:
    key = own.folder / "data" / "key.pem"
    key.rename(own.folder / "key.pem")
    lists = own.folder / "data" / "events.jsonl"
    lists.write_text(lists.read_text() + json.dumps({"kind": "note", "at": "2025-01-01T00:00:00Z"}) + "\n")
    assert "the log is not signed" in own.run("update", "--topic", "topic.toml", code=1).stderr
    assert "the log is not signed" in own.run("status", "--topic", "topic.toml", code=1).stdout
    assert "the log is not signed" not in own.run("update", "--topic", "topic.toml").stderr, "told once"
    (own.folder / "key.pem").rename(key)
    assert "over: log" in own.run("update", "--topic", "topic.toml").stderr
    own.run("status", "--topic", "topic.toml")
    verified(own)


def article(stemma: Stemma) -> Any:
    conn = stemma.database()
    row = conn.execute("SELECT public_id, url FROM version ORDER BY public_id LIMIT 1").fetchone()
    conn.close()
    return row


def test_a_citation_is_checked_without_the_archive(own: Stemma, tmp_path: Path) -> None:
    cited = article(own)
    said = own.run("cite", cited["public_id"], "--proof", "proof.json").stdout
    assert cited["public_id"] in said
    alone = replace(own, folder=tmp_path / "elsewhere")
    alone.folder.mkdir()
    shutil.copy(own.folder / "proof.json", alone.folder)
    shown = alone.run("verify", "proof.json").stdout
    assert "proof.json: holds" in shown
    assert cited["url"] in shown
    assert "it does not prove what the server sent" in shown
    assert not (alone.folder / "data").exists()
    key = json.loads(own.run("key", "--json").stdout)[-1]["fingerprint"]
    alone.run("verify", "proof.json", "--key", key)
    assert "not by" in alone.run("verify", "proof.json", "--key", "0" * 64, code=1).stderr
    edited = (alone.folder / "proof.json").read_text().replace(cited["url"], cited["url"] + "x")
    (alone.folder / "edited.json").write_text(edited)
    assert "they were changed" in alone.run("verify", "edited.json", code=1).stderr
    (alone.folder / "none.json").write_text("{}")
    done = alone.run("verify", "none.json", "edited.json", "proof.json", code=2)
    assert "no proof that can be read" in done.stderr
    assert "they were changed" in done.stderr
    assert "proof.json: holds" in done.stdout, "each file is looked at"


def test_a_proof_brings_the_time_stamp_of_its_head(own: Stemma, tmp_path: Path) -> None:
    with TimeAuthority(tmp_path / "tsa").serving() as authority:
        own = replace(own, proxy=None)
        words = ("--topic", "topic.toml", "--set", f"stamp.url={authority.url}",
                 "--set", f"stamp.authorities=['{tmp_path / 'tsa' / 'root.pem'}']")
        authority.is_down = True
        own.run("update", *words)
        assert "gave no answer" in own.run("status", *words).stdout
        authority.is_down = False
        own.run("update", *words)
    assert "gave no answer" not in own.run("status", *words).stdout
    assert verified(own, *words[2:])["counts"]["heads with a time stamp"] == 1
    own.run("cite", article(own)["public_id"], "--proof", "proof.json")
    shown = own.run("verify", "proof.json", "--authority", "tsa/root.pem").stdout
    assert "UTC, by Test authority" in shown
    with pytest.raises(ProofFailed, match=r"ended on .* from then on others could make such a stamp: ask the archive"):
        evidence.verify_proof(tmp_path / "proof.json", authorities=[tmp_path / "tsa" / "root.pem"], now=LATER)
    TimeAuthority(tmp_path / "other")
    assert "that is none of the given authorities" in own.run(
        "verify", "proof.json", "--authority", "other/root.pem", code=1).stderr
    assert "no certificate in PEM" in own.run("verify", "proof.json", "--authority", "topic.toml", code=2).stderr
    proof = json.loads((tmp_path / "proof.json").read_text())
    (tmp_path / "bare.json").write_text(json.dumps(proof | {"stamp": None}))
    assert "by nobody else" in own.run("verify", "bare.json").stdout
    (tmp_path / "older.json").write_text(json.dumps({name: part for name, part in proof.items() if name != "stamp"}))
    assert "older.json: holds" in own.run("verify", "older.json").stdout
    assert "it has no time stamp" in own.run("verify", "bare.json", "--authority", "tsa/root.pem", code=1).stderr
    token = proof["stamp"]["token"]
    (tmp_path / "edited.json").write_text(json.dumps(proof | {"stamp": proof["stamp"] | {"token": "Q" + token[1:]}}))
    assert "it was changed" in own.run("verify", "edited.json", code=2).stderr
    stamps = tmp_path / "data" / "log" / "stamps.jsonl"
    whole = stamps.read_bytes()
    for cut in (len(whole) - 1, len(whole) - 200, 0):
        stamps.write_bytes(whole[:cut])
        with own.database() as conn:  # what the run before said of an authority that is gone
            conn.execute("DELETE FROM failures WHERE stage = 'stamp'")
        conn.close()
        assert verified(own, *words[2:], code=1)["failed"], cut
    stamps.write_bytes(whole)
    assert verified(own, *words[2:])["failed"] == {}
    own.run("reindex")  # an event, so that a head is signed; no authority is asked
    assert verified(own, *words[2:], code=1)["counts"]["signed heads"] > 1
    own.run("cite", article(own)["public_id"], "--proof", "later.json")
    later = json.loads((tmp_path / "later.json").read_text())
    assert (later["head"], later["stamp"]) == (proof["head"], proof["stamp"]), "the head with a stamp counts it already"


def test_every_version_of_the_demo_has_a_proof_that_holds(own: Stemma) -> None:
    conn = own.database()
    versions = [row["public_id"] for row in conn.execute("SELECT public_id FROM version")]
    conn.close()
    file = own.folder / "proof.json"
    for name in versions:
        evidence.write_proof(own.folder / "data", evidence.cite(own.folder / "data", name), file, with_record=True)
        assert evidence.verify_proof(file).payload_is_shown, name
    assert len(versions) > 20


def test_a_proof_kept_elsewhere_is_a_witness_against_a_rewritten_log(own: Stemma) -> None:
    own.run("cite", article(own)["public_id"], "--proof", "proof.json")
    verified(own, "--head", "proof.json")
    shutil.copy(own.folder / "data" / "log" / "heads.jsonl", own.folder / "heads.jsonl")
    verified(own, "--head", "heads.jsonl")
    for name in ("entries.jsonl", "heads.jsonl"):
        (own.folder / "data" / "log" / name).unlink()
    own.run("update", "--topic", "topic.toml")
    verified(own)
    for kept in ("proof.json", "heads.jsonl"):
        assert "does not lead to the given head" in own.run(
            "verify", "--topic", "topic.toml", "--head", kept, code=1).stderr
    (own.folder / "deep.json").write_text("{" + '"a":[' * 100_000)
    assert "holds no signed head" in own.run("verify", "--topic", "topic.toml", "--head", "deep.json", code=2).stderr


def test_keys_are_shown_rotated_and_replaced_when_lost(own: Stemma) -> None:
    assert "--by" in own.run("key", "rotate", code=2).stderr
    own.run("key", "rotate", "--by", "Ann")
    own.run("update", "--topic", "topic.toml")
    (own.folder / "data" / "key.pem").unlink()
    assert "put that key back" in own.run("key", "rotate", "--by", "Ann", code=1).stderr
    own.run("key", "lost", "--by", "Ann")
    own.run("update", "--topic", "topic.toml")
    assert [key["why"] for key in json.loads(own.run("key", "--json").stdout)] == ["first", "rotated", "lost"]
    assert verified(own)["counts"]["keys that followed a lost one"] == 1


def test_a_run_reads_what_people_decided_once(own: Stemma) -> None:
    program = ("import sys; n = []; sys.addaudithook(lambda what, values: n.append(1) if what == 'open' and "
               "str(values[0]).endswith('events.jsonl') else None)\n"
               "from pipeline import cli; cli.cli.main(['update', '--topic', 'topic.toml'], standalone_mode=False)\n"
               "print('opened', len(n))")
    done = subprocess.run([sys.executable, "-c", program], cwd=own.folder, env=own.environment, text=True,
                          capture_output=True, check=True)
    assert "opened 1\n" in done.stdout, done.stdout


def test_what_is_no_version_cannot_be_cited(own: Stemma) -> None:
    assert "is no version of an article" in own.run("cite", "nonsense", code=2).stderr


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder as a disc would have it."""
    for words in (["--bind", folder, folder], ["-o", "remount,ro,bind", folder]):
        if subprocess.run(["mount", *words], check=False, capture_output=True).returncode:
            pytest.skip("a disk that is read only takes the right to mount one (run as root)")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_what_lies_on_a_disc_is_checked_and_backed_up(own: Stemma) -> None:
    data = own.folder / "data"
    article(own)  # the last one who closes it takes SQLite's side files away, so that they are not on the disc
    assert not list(data.glob("archive.db-*"))
    held = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    with read_only(data):
        assert verified(own)["done"] > 0
        own.run("backup", "copy", "--topic", "topic.toml")
    own.run("backup", "--check", "copy", "--topic", "topic.toml")
    assert {path: path.read_bytes() for path in held} == held
    with read_only(data):
        anew = json.loads(own.run("verify", "--rebuild", "--topic", "topic.toml", "--json").stdout)[-1]
        assert (anew["step"], anew["done"] > 10, anew["failed"]) == ("anew", True, {})
    assert {path: path.read_bytes() for path in held} == held
    with own.database() as conn:
        conn.execute("UPDATE documents SET byline = 'Nobody' WHERE document_id = (SELECT max(document_id) FROM versions)")
    conn.close()
    with read_only(data):
        assert "run 'stemma rebuild'" in own.run("verify", "--rebuild", "--topic", "topic.toml", code=1).stderr
    change_byte(largest(own), 2_000)
    with read_only(data):
        assert verified(own, code=1)["failed"]
