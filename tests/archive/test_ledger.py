"""The signed log: what is entered, what is signed, and what a change of any file of it shows."""

import base64
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive import events, warc
from archive.errors import DamagedLog, MissingKey, ProofFailed, UnreadableFile
from archive.folder import DataFolder
from archive.ledger import entries, keys, notes, proof
from archive.ledger.check import check
from archive.ledger.extend import extend
from archive.ledger.merkle import leaf_hash
from archive.model import Capture, Exchange
from archive.warc import read
from pipeline.custody import evidence

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Write = Callable[..., Capture]


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path)


@pytest.fixture
def write(folder: DataFolder, exchange: Callable[..., Exchange]) -> Write:
    """Writes an exchange into a WARC file of its own."""

    def written(url: str, *, revisit_of: Capture | None = None) -> Capture:
        writer = warc.WarcWriter(folder.warcs, started_at=AT, software="test")
        try:
            return writer.write(exchange(url=url), revisit_of=revisit_of)
        finally:
            writer.close()

    return written


def test_every_record_and_event_is_entered_once_under_a_signed_head(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    added, head = extend(folder, now=AT)
    assert added == 5, "warcinfo, request, response; the key's event and the log's own"
    assert head is not None
    assert extend(folder, now=AT + HOUR) == (0, head), "nothing new, nothing signed"
    write("https://news.example/b")
    added, later = extend(folder, now=AT + HOUR)
    assert later is not None
    assert (added, later.size, later.origin) == (3, 8, head.origin)
    found = check(folder)
    assert (found.troubles, [one.size for one in found.heads]) == ((), [5, 8])
    assert stat.S_IMODE(folder.key.stat().st_mode) == 0o600


def test_no_address_and_no_plain_digest_is_in_the_log(folder: DataFolder, write: Write) -> None:
    capture = write("https://news.example/secret-story")
    extend(folder, now=AT)
    written = folder.entries.read_text() + folder.heads.read_text()
    assert "news.example" not in written
    assert capture.payload_sha256 not in written
    twice = [entry.commitment for entry in entries.read_entries(folder.entries)]
    assert len(set(twice)) == len(twice)


def test_a_note_is_one_that_other_peoples_tools_read(folder: DataFolder, write: Write) -> None:
    """Key and note of the examples of Go's golang.org/x/mod/sumdb/note, the reference of this format."""
    name, hint, encoded = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".split("+")
    public = base64.b64decode(encoded)[1:]
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signed = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=")
    assert notes.key_hint(name, public).hex() == hint
    assert signed[:4].hex() == hint
    assert notes.holds(public, signed[4:], text.encode())
    assert notes.verifier(name, public) == f"{name}+{hint}+{encoded}"
    write("https://news.example/a")
    _, head = extend(folder, now=AT)
    assert head is not None
    lines, _, signature = head.note.partition("\n\n")
    assert lines.splitlines()[:3] == [head.origin, str(head.size), base64.b64encode(head.root).decode()]
    assert signature.startswith(f"— {head.origin} ")
    assert signature.endswith("\n")


def test_a_log_that_was_changed_is_neither_added_to_nor_signed(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    lines = folder.entries.read_bytes().splitlines(keepends=True)
    folder.entries.write_bytes(b"".join([*lines[:1], lines[2], lines[1], *lines[3:]]))
    before = folder.entries.read_bytes()
    write("https://news.example/b")
    with pytest.raises(DamagedLog, match="was changed or cut off"):
        extend(folder, now=AT)
    assert folder.entries.read_bytes() == before
    assert any("an entry before 5 was changed" in trouble for trouble in check(folder).troubles)


def test_entries_that_were_taken_away_are_missed(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    lines = folder.entries.read_bytes().splitlines(keepends=True)
    folder.entries.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(DamagedLog):
        extend(folder, now=AT)
    assert any("entries were taken away" in trouble for trouble in check(folder).troubles)


def test_a_line_that_a_crash_cut_off_is_entered_again(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    write("https://news.example/b")
    with open(folder.entries, "ab") as file:
        file.write(b'{"commitment":"00')
    added, head = extend(folder, now=AT)
    assert (added, head.size if head else 0) == (3, 8)
    assert check(folder).troubles == ()


def test_entries_that_no_head_counts_yet_are_signed_by_the_next_run(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    _, first = extend(folder, now=AT)
    write("https://news.example/b")
    extend(folder, now=AT)
    folder.heads.write_bytes(folder.heads.read_bytes().splitlines(keepends=True)[0])  # killed before it signed
    added, head = extend(folder, now=AT)
    assert (added, head.size if head else 0) == (0, 8)
    assert check(folder, outside=[first] if first else []).troubles == ()


def test_a_rotated_key_is_vouched_for_by_the_one_before(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    first, second = keys.make(folder, why="rotated", now=AT + HOUR, by="Ann")
    _, head = extend(folder, now=AT + HOUR)
    assert head is not None
    assert notes.is_signed_by(head, second.public)
    assert not notes.is_signed_by(head, first.public)
    assert check(folder).troubles == ()
    assert [path.name for path in folder.path.glob("key.pem*")].count("key.pem") == 1
    assert len(list(folder.path.glob("key.pem.until-*"))) == 1
    told = folder.events.read_text().replace("rotated", "rotatee").replace("rotatee", "rotated")
    event = events.read(folder.events).of(keys.KIND)[-1]
    signature = str(event.data["signature"])
    folder.events.write_text(told.replace(signature, base64.b64encode(b"x" * 64).decode()))
    with pytest.raises(DamagedLog, match="not signed by the one before"):
        keys.history(folder)


def test_a_key_that_is_lost_stops_no_entry_and_its_successor_is_told_apart(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    folder.key.unlink()
    write("https://news.example/b")
    with pytest.raises(MissingKey, match="stemma key lost"):
        extend(folder, now=AT)
    with pytest.raises(MissingKey):
        keys.make(folder, why="rotated", now=AT)
    keys.make(folder, why="lost", now=AT, by="Ann")
    _, head = extend(folder, now=AT)
    assert head is not None
    assert head.size == 9
    assert [key.why for key in check(folder).keys] == ["first", "lost"]
    assert check(folder).troubles == ()


def test_a_key_of_which_only_the_event_was_written_is_put_in_its_place(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    old = folder.key.read_bytes()
    known = keys.make(folder, why="rotated", now=AT, by="Ann")
    folder.key.rename(folder.key.with_name("key.pem.part"))  # killed just before its end
    folder.key.write_bytes(old)
    assert notes.public_bytes(keys.private_key(folder, known)) == known[-1].public
    assert notes.public_bytes(keys.private_key(folder, known)) == known[-1].public


def test_a_head_from_another_hand_is_none_of_the_log(folder: DataFolder, write: Write, tmp_path: Path) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    other = DataFolder(tmp_path / "other")
    other.path.mkdir()
    _, foreign = extend(other, now=AT)
    assert foreign is not None
    assert any("of another log" in trouble for trouble in check(folder, outside=[foreign]).troubles)
    entries.append_head(folder.heads, foreign)
    assert any("of another log" in trouble for trouble in check(folder).troubles)


def test_a_rewritten_log_does_not_lead_to_a_head_that_was_kept_elsewhere(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    _, kept = extend(folder, now=AT)
    assert kept is not None
    folder.entries.unlink()  # by who has the key
    folder.heads.unlink()
    extend(folder, now=AT)
    assert check(folder).troubles == ()
    assert any("does not lead to the given head" in trouble for trouble in check(folder, outside=[kept]).troubles)
    assert len(events.read(folder.events).of("log-begun")) == 2


def test_a_proof_holds_by_itself_and_shows_the_bytes(folder: DataFolder, write: Write, tmp_path: Path) -> None:
    capture = write("https://news.example/a")
    revisit = write("https://news.example/a", revisit_of=capture)
    extend(folder, now=AT)
    for made, is_shown in (
        (proof.make(folder, capture.record, None), True), (proof.make(folder, revisit.record, capture.record), True),
        (proof.make(folder, capture.record, None, with_record=False), False),
    ):
        (tmp_path / "proof.json").write_text(proof.as_json(made))
        found = proof.read(tmp_path / "proof.json")
        proof.check(found, key=notes.fingerprint(keys.history(folder)[0].public))
        assert found == made
        assert found.payload_is_shown == is_shown
        assert found.capture.details["url"] == "https://news.example/a"
        assert found.capture.details["payload_sha256"] == capture.payload_sha256


def test_what_a_hostile_signer_wrote_is_shown_on_one_line_that_no_terminal_obeys(folder: DataFolder, tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    details = {"url": "https://news.example/\x1b[2J\nkey         the archive's", "kind": "response"}
    salt = b"s" * 16
    root = leaf_hash(entries.commitment(salt, details))
    made = proof.Proof(head=notes.sign(key, origin="x", size=1, root=root, at=AT), key=notes.public_bytes(key),
                       capture=proof.Leaf(details=details, salt=salt, index=0, path=(), record=None), original=None)
    (tmp_path / "proof.json").write_text(proof.as_json(made))
    told = evidence.verified_file(tmp_path / "proof.json", key=None, authorities=(), now=AT, as_json=False)
    assert "\x1b" not in told
    assert [line for line in told.splitlines() if line.startswith("  key ")] == [
        f"  key         {notes.fingerprint(notes.public_bytes(key))}"]


def test_a_signature_has_one_spelling(folder: DataFolder, write: Write) -> None:
    """The last character of its base64 has bits that mean nothing."""
    write("https://news.example/a")
    _, head = extend(folder, now=AT)
    assert head is not None
    before, last, rest = head.note[:-3], head.note[-3], head.note[-2:]
    assert rest == "=\n"
    assert notes.read(before + last + rest) == head
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    with pytest.raises(ValueError, match="not how base64 ends"):
        notes.read(before + other[other.index(last) + 1] + rest)


def test_every_change_of_a_proof_is_found(folder: DataFolder, write: Write, tmp_path: Path) -> None:
    capture = write("https://news.example/a")
    revisit = write("https://news.example/a", revisit_of=capture)
    extend(folder, now=AT)
    text = proof.as_json(proof.make(folder, revisit.record, capture.record))
    values, file = json.loads(text), tmp_path / "proof.json"
    for place, old in list(enumerate(text))[::7]:
        if old.isspace():
            continue
        file.write_text(text[:place] + ("A" if old != "A" else "B") + text[place + 1:])
        with pytest.raises((UnreadableFile, ProofFailed)):
            proof.check(proof.read(file))
    for change in (
        {"original": values["capture"]}, {"head": values["head"].rstrip("\n")}, {"head": values["head"] + "\n"}, {"key": base64.b64encode(b"k" * 32).decode()}, {"more": 1}, {"original": 5},
    ):
        file.write_text(json.dumps(values | change))
        with pytest.raises((UnreadableFile, ProofFailed)):
            proof.check(proof.read(file))


def test_a_proof_by_another_key_than_was_asked_for_fails(folder: DataFolder, write: Write) -> None:
    capture = write("https://news.example/a")
    extend(folder, now=AT)
    with pytest.raises(ProofFailed, match="not by 00"):
        proof.check(proof.make(folder, capture.record, None), key="00" * 32)


def test_a_capture_that_no_head_counts_yet_has_no_proof(folder: DataFolder, write: Write) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    with pytest.raises(ProofFailed, match="run 'stemma update'"):
        proof.make(folder, write("https://news.example/b").record, None)


def test_a_record_that_unpacks_without_end_is_refused(folder: DataFolder, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = write("https://news.example/a")
    extend(folder, now=AT)
    made = proof.make(folder, capture.record, None)
    monkeypatch.setattr(read, "MAX_FOREIGN_BYTES", 10)
    with pytest.raises(ProofFailed, match="unpacks to over"):
        proof.check(replace(made))


@pytest.mark.parametrize("end", [0, 40, -1])
def test_heads_that_were_cut_off_are_missed_until_the_next_run_signs(folder: DataFolder, write: Write, end: int) -> None:
    write("https://news.example/a")
    extend(folder, now=AT)
    folder.heads.write_bytes(folder.heads.read_bytes()[:end])
    assert any("under no signed head" in trouble for trouble in check(folder).troubles)
    extend(folder, now=AT)
    assert check(folder).troubles == ()
