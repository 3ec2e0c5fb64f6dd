"""events.jsonl: append-only, whatever a crash leaves."""

import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import events
from archive.errors import WriteFailed
from archive.events import Damage, Event, Events

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)


def event(kind: str, by: str | None = None, **data: object) -> Event:
    return Event(kind=kind, at=AT, by=by, data=data)


@given(text=st.one_of(st.text(), st.text(alphabet="\u2028\u2029\x85\x0b\x0c\x1c\r\n\ud800\"\\")))
@settings(max_examples=100, deadline=None)
def test_an_event_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    written = (event("topic", text=text), event("judgement", by=text, same=True, data=[1, {"x": None}]))
    for one in written:
        events.append(path, one)
    assert events.read(path) == Events(events=written)


def test_several_events_are_one_write_that_is_forced_to_the_disk_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, sizes, force = tmp_path / "events.jsonl", list[int](), os.fsync

    def noted(number: int) -> None:
        sizes.append(path.stat().st_size)
        force(number)

    monkeypatch.setattr(os, "fsync", noted)
    written = tuple(event("erasure", url=f"https://a.example/{n}") for n in range(7))
    events.append(path, *written)
    assert (events.read(path).events, sizes) == (written, [path.stat().st_size])
    with pytest.raises(ValueError, match="may not be called at"):
        events.append(path, event("first"), event("second", at="now"))
    events.append(path)
    assert (events.read(path).events, len(sizes)) == (written, 1)


def test_no_file_holds_no_event(tmp_path: Path) -> None:
    assert events.read(tmp_path / "none.jsonl") == Events()


def test_a_line_that_was_cut_off_anywhere_spoils_no_other_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events.append(path, event("first"))
    whole = path.stat().st_size
    events.append(path, event("second", text="слово"))
    raw = path.read_bytes()
    for cut in range(whole, len(raw)):
        path.write_bytes(raw[:cut])
        events.append(path, event("third"))
        found = events.read(path)
        kinds = [one.kind for one in found.events]
        assert kinds in (["first", "third"], ["first", "second", "third"])
        assert [one.line for one in found.damage] == ([2] if len(kinds) == 2 and cut > whole else [])
        assert path.read_bytes().startswith(raw[:cut])


def test_lines_that_are_no_events_are_told_by_their_numbers_and_unknown_kinds_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = [b'{"at": "2025-03-15T12:00:00.000Z", "kind": "from-the-future", "x": 1}', b"[1]", b"", b'{"kind": "topic"}',
             b'{"at": "yesterday", "kind": "topic"}', b'{"at": "2025-03-15T12:00:00.000Z"}', b"\xff\xfe"]
    path.write_bytes(b"\n".join(lines) + b"\n")
    found = events.read(path)
    assert found.events == (event("from-the-future", x=1),)
    assert found.damage == (
        Damage(line=2, reason="the line has no kind of event"), Damage(line=4, reason="the line has no time"),
        Damage(line=5, reason="the line has no time"), Damage(line=6, reason="the line has no kind of event"),
        Damage(line=7, reason="the line is cut off or damaged: no JSON"),
    )
    assert found.of("topic") == ()


def test_data_may_not_take_the_place_of_what_each_line_has(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="may not be called by, kind"):
        events.append(tmp_path / "events.jsonl", Event(kind="x", at=AT, data={"by": 1, "kind": 2}))


def write_many(path: Path, name: str) -> None:
    for n in range(100):
        events.append(path, event("many", by=name, n=n, text="x" * 2_000))


def test_processes_that_write_at_once_write_whole_lines(tmp_path: Path) -> None:
    path, context = tmp_path / "events.jsonl", get_context("fork")
    writers = [context.Process(target=write_many, args=(path, str(n))) for n in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = events.read(path)
    assert (len(found.events), found.damage) == (300, ())
    for n in range(3):
        assert [one.data["n"] for one in found.events if one.by == str(n)] == list(range(100))


def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from datetime import UTC, datetime\n"
        "from archive import events, errors\n"
        "event = events.Event(kind='topic', at=datetime.now(UTC), data={'text': 'x' * 5000})\n"
        "try: events.append(pathlib.Path(sys.argv[1]), event)\n"
        "except errors.WriteFailed as error: print(error)\n"
    )

    def no_large_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "events.jsonl")], text=True, capture_output=True, check=False,
        preexec_fn=no_large_files, env=os.environ | {"PYTHONPATH": str(Path(events.__file__).parent.parent)},
    )
    assert "free some space" in done.stdout, done.stderr
    assert events.read(tmp_path / "events.jsonl").events == ()
    assert WriteFailed.exit_code == 1
