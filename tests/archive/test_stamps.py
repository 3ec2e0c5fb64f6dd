"""Time stamps of the log's heads by an authority on loopback, and their checks without it."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Flag

import pytest
from stemma_testing import topic_file
from time_authority import NOW, TimeAuthority

from archive import backup as copies
from archive import events
from archive.errors import TopicError
from archive.events import Event
from archive.folder import DataFolder, open_archive
from archive.ledger import check as log_check
from archive.ledger import entries, keys, notes, stamps
from archive.model import Report
from archive.store import runs
from archive.topic import Topic, load_topic
from pipeline.work import sealed

pytestmark = pytest.mark.usefixtures("no_proxy")


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[TimeAuthority]:
    with TimeAuthority(tmp_path / "tsa").serving() as found:
        yield found


class Archive:
    """An archive of events alone, and what a run's end does in it."""

    def __init__(self, folder: Path, authority: TimeAuthority, *, roots: str = "tsa/root.pem") -> None:
        self.folder, self.root = DataFolder(folder / "data"), folder
        self.topic = self.read(f'[stamp]\nurl = "{authority.url}"\nauthorities = ["{roots}"]')

    def read(self, extra: str) -> Topic:
        topic_file(self.root, ["http://news.example/a"], extra=extra)
        return load_topic(self.root / "topic.toml")

    def end_of_run(self, now: datetime = NOW, *, is_new: bool = True) -> tuple[Report, dict[str, str]]:
        """The report on stamps, and the failures that stand, by their stages."""
        with open_archive(self.folder.path, create=True) as archive:
            if is_new:
                events.append(self.folder.events, Event(kind="note", at=now, data={}))
            report = next(one for one in sealed(archive, self.topic, lambda: now) if one.step == "stamp")
            return report, {row[0]: row[1] for row in archive.conn.execute("SELECT stage, reason FROM failures")}

    def checked(self, now: datetime = NOW) -> stamps.Checked:
        return stamps.check(self.folder, entries.read_heads(self.folder.heads), now=now)


@pytest.fixture
def own(tmp_path: Path, authority: TimeAuthority) -> Archive:
    return Archive(tmp_path, authority)


def test_each_head_is_stamped_once_and_that_is_checked_without_the_authority(
    own: Archive, authority: TimeAuthority
) -> None:
    for _ in range(3):
        report, failures = own.end_of_run()
        assert (report.done, report.failed, failures) == (1, (), {})
    report, _ = own.end_of_run(is_new=False)
    assert (report.done, len(authority.asked)) == (0, 3)
    authority.is_down = True
    checked, heads = own.checked(), entries.read_heads(own.folder.heads)
    assert checked.troubles == ()
    assert {stamps.digest(head) for head in heads} == checked.heads.keys()
    assert all(abs(one.at - NOW) < timedelta(minutes=5) and one.name == "Test authority" for one in checked.standing)
    assert len(events.read(own.folder.events).of(stamps.KIND)) == 1, "the certificate is kept once"


def test_an_authority_that_does_not_answer_is_a_finding_and_asked_again(own: Archive, authority: TimeAuthority) -> None:
    authority.is_down = True
    report, failures = own.end_of_run()
    assert (report.done, report.attention) == (0, ())
    assert "gave no answer (HTTP Error 503" in report.failed[0][0]
    assert list(failures) == ["stamp"]
    authority.is_down = False
    report, failures = own.end_of_run(is_new=False)
    assert (report.done, failures) == (1, {})
    assert len(own.checked().heads) == 1


@pytest.mark.parametrize(("answer", "reason"), [
    (lambda old, _: old.answer(old.asked[0]), "answers another question"),
    (lambda old, _: b"<html>Welcome</html>", "no answer of a time-stamping authority"),
    (lambda old, query: old.answer(query)[:-9], "no answer of a time-stamping authority"),
    (lambda old, query: old.answer(query[:9] + bytes([query[9] ^ 1]) + query[10:]), "the time-stamping authority refused"),
    (lambda old, query: bytes(300_000), "this is no time-stamping authority"),
])
def test_an_answer_that_is_none_needs_a_person(
    own: Archive, authority: TimeAuthority, monkeypatch: pytest.MonkeyPatch,
    answer: Callable[[TimeAuthority, bytes], bytes], reason: str,
) -> None:
    own.end_of_run()
    honest = TimeAuthority(own.root / "other", name="Other")
    honest.asked, honest.folder = list(authority.asked), authority.folder
    monkeypatch.setattr(authority, "answer", lambda query: answer(honest, query))
    report, failures = own.end_of_run()
    assert reason in report.attention[0]
    assert reason in failures["log"]
    monkeypatch.undo()
    assert own.end_of_run()[1] == {}, "mended"


def test_anothers_certificate_is_a_clear_message(tmp_path: Path, authority: TimeAuthority) -> None:
    TimeAuthority(tmp_path / "other", name="Other")
    own = Archive(tmp_path, authority, roots="other/root.pem")
    report, _ = own.end_of_run()
    assert "by Test authority, whose certificate leads to none of the authorities that are given" in report.attention[0]


def test_a_certificate_that_ended_before_is_a_clear_message(tmp_path: Path) -> None:
    with TimeAuthority(tmp_path / "tsa", ends=NOW - timedelta(days=2)).serving() as late:
        report, _ = Archive(tmp_path, late).end_of_run()
    assert f"ended on {NOW - timedelta(days=2):%Y-%m-%d}, before the time that it states" in report.attention[0]


@pytest.mark.parametrize("text", [None, "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"])
def test_a_file_that_is_no_certificate_is_a_clear_message(own: Archive, text: str | None) -> None:
    file = own.root / "tsa" / "root.pem"
    file.unlink() if text is None else file.write_text(text)
    with open_archive(own.folder.path, create=True) as archive:
        (report,) = sealed(archive, own.topic, lambda: NOW)
    assert "it must be the authority's root certificate in PEM" in report.attention[0]


def test_an_address_without_certificates_is_a_mistake_of_the_topic_file(own: Archive) -> None:
    with pytest.raises(TopicError, match="authorities: required beside 'url'"):
        own.read('[stamp]\nurl = "http://127.0.0.1/"')


def test_stamps_are_renewed_before_their_certificates_end(tmp_path: Path) -> None:
    """One request renews all that stand, and from then on they need their certificates no more."""
    soon = NOW + timedelta(days=60)
    with TimeAuthority(tmp_path / "tsa", ends=soon).serving() as authority:
        own = Archive(tmp_path, authority)
        own.end_of_run()
        own.end_of_run()
        assert len(authority.asked) == 2, "an authority whose own certificate ends no later has nothing to renew with"
        own.end_of_run(is_new=False)
        assert own.checked(soon + timedelta(days=1)).troubles[0].count("ended on"), "if nobody does anything"
        with TimeAuthority(tmp_path / "new", name="New authority").serving() as new:
            own.topic = own.read(f'[stamp]\nurl = "{new.url}"\nauthorities = ["tsa/root.pem", "new/root.pem"]')
            report, _ = own.end_of_run()
            assert (report.done, len(new.asked)) == (2, 2), "the head, and what stood"
            own.end_of_run()
            assert len(new.asked) == 3
    later = own.checked(soon + timedelta(days=1))
    assert (later.troubles, later.renewals, later.too_late, len(later.heads)) == ((), 1, 0, 4)


def test_a_line_that_a_crash_cut_off_hinders_no_renewal(tmp_path: Path) -> None:
    soon = NOW + timedelta(days=60)
    with TimeAuthority(tmp_path / "tsa", ends=soon).serving() as authority:
        own = Archive(tmp_path, authority)
        own.end_of_run()
        raw = own.folder.stamps.read_bytes()
        own.folder.stamps.write_bytes(raw + raw[:300])
    with TimeAuthority(tmp_path / "new", name="New authority").serving() as new:
        own.topic = own.read(f'[stamp]\nurl = "{new.url}"\nauthorities = ["tsa/root.pem", "new/root.pem"]')
        assert own.end_of_run()[0].done == 2
    later = own.checked(soon + timedelta(days=1))
    assert (later.troubles, later.renewals) == ((), 1)


def test_that_nobody_renews_them_is_said_in_time(tmp_path: Path) -> None:
    with TimeAuthority(tmp_path / "tsa", ends=NOW + timedelta(days=20)).serving() as authority:
        own = Archive(tmp_path, authority)
        own.end_of_run()
        authority.is_down = True
        report, failures = own.end_of_run()
    assert "put an authority that answers into [stamp]" in report.attention[0]
    assert set(failures) == {"stamp", "log"}


def test_a_late_renewal_is_counted(tmp_path: Path) -> None:
    with TimeAuthority(tmp_path / "tsa", ends=datetime.now(NOW.tzinfo) + timedelta(seconds=2.5)).serving() as authority:
        own = Archive(tmp_path, authority)
        own.end_of_run()
    time.sleep(3)
    with TimeAuthority(tmp_path / "new").serving() as new:
        own.topic = own.read(f'[stamp]\nurl = "{new.url}"\nauthorities = ["new/root.pem"]')
        own.end_of_run()
    checked = own.checked(NOW + timedelta(days=30))
    assert (checked.troubles, checked.too_late) == ((), 1)


def change_a_token(raw: bytes) -> bytes:
    values = json.loads(raw.splitlines()[0])
    token = bytearray(base64.b64decode(values["token"]))
    token[-20] ^= 1
    line = stamps.Line(head=values["head"], token=bytes(token), ends=datetime.fromisoformat(values["ends"]))
    return stamps.line_of(line).encode() + b"".join(raw.splitlines(keepends=True)[1:])


def put_on_another_head(raw: bytes) -> bytes:
    first, second, *_ = (json.loads(line) for line in raw.splitlines())
    ends = datetime.fromisoformat(first["ends"])
    return stamps.line_of(stamps.Line(head=second["head"], token=base64.b64decode(first["token"]), ends=ends)).encode()


def say_another_end(raw: bytes) -> bytes:
    values = json.loads(raw.splitlines()[0])
    return stamps.line_of(stamps.Line(head=values["head"], token=base64.b64decode(values["token"]),
                                      ends=NOW + timedelta(days=9_000))).encode()


@pytest.mark.parametrize(("damage", "reason"), [
    (lambda raw: raw.replace(b'"head":"', b'"head":"0', 1), "was changed"),
    (lambda raw: raw.replace(b'"token":"M', b'"token":"N', 1), "was changed"),
    (lambda raw: b"x" + raw, "is no time stamp"),
    (change_a_token, "does not hold"), (put_on_another_head, "of something else"), (say_another_end, "says otherwise"),
])
def test_what_was_changed_is_named_by_its_line(own: Archive, damage: Callable[[bytes], bytes], reason: str) -> None:
    own.end_of_run()
    own.end_of_run()
    own.folder.stamps.write_bytes(damage(own.folder.stamps.read_bytes()))
    assert "stamps.jsonl line 1" in own.checked().troubles[0]
    assert reason in own.checked().troubles[0]


def test_lines_before_a_renewal_cannot_be_taken_away(tmp_path: Path) -> None:
    with TimeAuthority(tmp_path / "tsa", ends=NOW + timedelta(days=60)).serving() as authority:
        own = Archive(tmp_path, authority)
        own.end_of_run()
        own.end_of_run()
    with TimeAuthority(tmp_path / "new").serving() as new:
        own.topic = own.read(f'[stamp]\nurl = "{new.url}"\nauthorities = ["new/root.pem"]')
        own.end_of_run()
    own.folder.stamps.write_bytes(b"".join(own.folder.stamps.read_bytes().splitlines(keepends=True)[1:]))
    assert any("not those that it renewed" in trouble for trouble in own.checked().troubles)


def lines_of(own: Archive) -> list[bytes]:
    return own.folder.stamps.read_bytes().splitlines(keepends=True)


def cut(own: Archive, *places: int) -> None:
    own.folder.stamps.write_bytes(b"".join(line for n, line in enumerate(lines_of(own)) if n not in places))


@pytest.mark.parametrize("places", [(0,), (1,), (2,), (1, 2), (0, 1, 2), (2, 3), (0, 1, 2, 3)])
def test_each_head_names_the_stamps_that_were_kept_so_none_can_be_taken_away_unseen(
    own: Archive, places: tuple[int, ...]
) -> None:
    for _ in range(4):
        own.end_of_run()
    heads = entries.read_heads(own.folder.heads)
    assert [head.stamps is not None for head in heads] == [False, True, True, True]
    assert own.checked().troubles == ()
    outside = stamps.check(own.folder, [], now=NOW, outside=heads)
    assert not any("the given head" in trouble for trouble in outside.troubles)
    cut(own, *places)
    troubles = own.checked().troubles
    assert any(f"when the log's head {min(places) + 2} of" in trouble for trouble in troubles), troubles
    outside = stamps.check(own.folder, [], now=NOW, outside=heads)
    assert any("when the given head of" in trouble for trouble in outside.troubles)


def test_a_log_whose_stamps_are_gone_is_not_gone_on_with(own: Archive) -> None:
    own.end_of_run()
    own.end_of_run()
    whole = own.folder.stamps.read_bytes()
    cut(own, 0)
    with open_archive(own.folder.path) as archive:
        events.append(own.folder.events, Event(kind="note", at=NOW, data={}))
        (report,) = sealed(archive, own.topic, lambda: NOW)
    assert "has not all time stamps that were kept" in report.attention[0]
    own.folder.stamps.write_bytes(whole)
    report, failures = own.end_of_run()
    assert (report.done, failures, own.checked().troubles) == (1, {}, ())


def test_heads_that_name_no_stamps_hold_as_ever(own: Archive) -> None:
    """As those do that were signed before heads named stamps."""
    own.end_of_run()
    own.end_of_run()
    heads, known = entries.read_heads(own.folder.heads), keys.history(own.folder)
    plain = notes.sign(keys.private_key(own.folder, known), origin=heads[-1].origin, size=heads[-1].size,
                       root=heads[-1].root, at=heads[-1].at)
    assert notes.read(plain.note) == plain != heads[-1]
    assert len(plain.note.partition("\n\n")[0].splitlines()) == 4
    own.folder.heads.unlink()
    entries.append_head(own.folder.heads, heads[0])
    entries.append_head(own.folder.heads, plain)
    cut(own, 1)
    assert log_check.check(own.folder).troubles == ()
    assert own.checked().troubles == ()
    own.end_of_run()
    assert own.checked().troubles == ()


@pytest.mark.parametrize("line", [
    "stamps 0 " + base64.b64encode(bytes(32)).decode(), "stamps 07 " + base64.b64encode(bytes(32)).decode(),
    "stamps 7 " + base64.b64encode(bytes(31)).decode(), "stumps 7 " + base64.b64encode(bytes(32)).decode(), "stamps 7", "",
    "stamps 7 " + base64.b64encode(bytes(32)).decode() + "\nmore",
])
def test_a_head_says_of_stamps_what_this_program_writes_or_is_none(own: Archive, line: str) -> None:
    own.end_of_run()
    text, _, signed = entries.read_heads(own.folder.heads)[0].note.partition("\n\n")
    with pytest.raises(ValueError, match="no signed head"):
        notes.read(f"{text}\n{line}\n\n{signed}")


def test_a_backup_leaves_entries_that_no_head_covers_to_the_next_one(own: Archive) -> None:
    """As they are between the two writes of a run's end; here its key is away between them."""
    own.end_of_run()
    hidden = own.folder.key.rename(own.root / "key.pem")
    with open_archive(own.folder.path) as archive:
        events.append(own.folder.events, Event(kind="note", at=NOW, data={}))
        assert sealed(archive, own.topic, lambda: NOW)[0].attention
    held = DataFolder(own.root / "copy")
    copies.backup(own.folder, held.path, now=NOW)
    (head,) = entries.read_heads(held.heads)
    assert len(list(entries.read_entries(own.folder.entries))) > head.size == len(list(entries.read_entries(held.entries)))
    assert log_check.check(held).troubles == ()
    hidden.rename(own.folder.key)
    own.end_of_run()
    copies.backup(own.folder, held.path, now=NOW)
    assert held.entries.read_bytes() == own.folder.entries.read_bytes()
    assert log_check.check(held).troubles == ()


def test_a_backup_beside_runs_has_the_stamps_that_its_heads_name_and_no_others(own: Archive) -> None:
    own.end_of_run()
    stop = Flag()

    def copied() -> int:
        count = 0
        while not stop.is_set():
            copies.backup(own.folder, own.root / "copy", now=NOW)
            held = DataFolder(own.root / "copy")
            troubles = stamps.check(held, entries.read_heads(held.heads), now=NOW).troubles
            assert troubles == ()
            count += 1
        return count

    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(copied)
        for _ in range(12):
            own.end_of_run()
        stop.set()
        assert made.result() > 3


def test_without_an_authority_nothing_is_asked_and_nothing_said(own: Archive, authority: TimeAuthority) -> None:
    topic = replace(own.topic, stamp=replace(own.topic.stamp, url=None))
    with open_archive(own.folder.path, create=True) as archive:
        assert [report.step for report in sealed(archive, topic, lambda: NOW)] == ["log"]
        assert runs.failures(archive.conn) == []
    assert authority.asked == []
