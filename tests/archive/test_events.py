"""events.jsonl: append-only, whatever a crash leaves."""

import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import events
from archive.errors import WriteFailed

AT = datetime(2025, 3, 15, 12, tzinfo=UTC)


@given(text=st.one_of(st.text(), st.text(alphabet="\u2028\u2029\x85\x0b\x0c\x1c\r\n\ud800\"\\")))
@settings(max_examples=100, deadline=None)
def test_an_event_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    events.append(path, "topic", AT, text=text)
    events.append(path, "judgement", AT, same=True)
    assert list(events.read(path)) == [
        {"at": "2025-03-15T12:00:00.000Z", "kind": "topic", "text": text},
        {"at": "2025-03-15T12:00:00.000Z", "kind": "judgement", "same": True},
    ]


def test_no_file_holds_no_event(tmp_path: Path) -> None:
    assert list(events.read(tmp_path / "none.jsonl")) == []


def test_a_line_that_was_cut_off_anywhere_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events.append(path, "first", AT)
    whole = path.stat().st_size
    events.append(path, "second", AT, text="слово")
    raw = path.read_bytes()
    for cut in range(whole, len(raw)):
        path.write_bytes(raw[:cut])
        events.append(path, "third", AT)
        kinds = [event["kind"] for event in events.read(path)]
        assert kinds in (["first", "third"], ["first", "second", "third"])
        assert path.read_bytes().startswith(raw[:cut])


def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from datetime import UTC, datetime\n"
        "from archive import events, errors\n"
        "try: events.append(pathlib.Path(sys.argv[1]), 'topic', datetime.now(UTC), text='x' * 5000)\n"
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
    assert list(events.read(tmp_path / "events.jsonl")) == []
    assert WriteFailed.exit_code == 1
