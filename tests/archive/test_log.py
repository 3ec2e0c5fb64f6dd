"""The operator's log: a line for an event, whatever is in it, and a file whose faults are nobody's trouble."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import log

HOSTILE = [
    'https://a.example/\nevent=run_ended', 'https://a.example/"x" y=1', "https://a.example/\x1b[2J", "\u2028\u0085\x00",
    "lone \ud800", "C:\\n", "", " ", "=", "'", "\u202eabc",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_stays_one_value_on_one_printable_line(value: str) -> None:
    text = log.line("fetch", url=value, status=200)
    assert text.isprintable()
    assert log.parse(text) == {"event": "fetch", "url": value, "status": "200"}


@given(st.dictionaries(st.sampled_from(["url", "reason", "source"]), st.text(max_size=50)))
def test_every_line_parses_back(values: dict[str, str]) -> None:
    text = log.line("x", **values)
    assert text.isprintable()
    assert log.parse(text) == {"event": "x"} | values


def test_what_is_not_known_is_left_out_and_long_values_are_cut() -> None:
    assert log.line("fetch", url="https://a.example/?q=1", source=None, seconds=0.25) == (
        'event=fetch url="https://a.example/?q=1" seconds=0.250')
    assert len(log.line("fetch", url="x" * 1_000_000)) < 3_000


def test_a_line_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="character 4"):
        log.parse('a=b  "c"')


def test_events_are_written_only_while_a_file_is_open(tmp_path: Path) -> None:
    file = tmp_path / "log" / "stemma.log"
    log.event("before")
    with log.logging_to(file):
        log.event("fetch", url="https://a.example/100%s")
    log.event("after")
    (written,) = file.read_text().splitlines()
    assert re.match(r"at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z pid=\d+ event=fetch ", written)
    assert log.parse(written)["url"] == "https://a.example/100%s"


def test_the_file_is_rotated_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MAX_BYTES", 1_000)
    with log.logging_to(tmp_path / "stemma.log"):
        for n in range(200):
            log.event("fetch", n=n)
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["stemma.log", *(f"stemma.log.{n}" for n in range(1, log.KEPT_FILES + 1))]
    assert all(file.stat().st_size <= 1_000 for file in files)
    assert log.parse((tmp_path / "stemma.log").read_text().splitlines()[-1])["n"] == "199"


@pytest.mark.parametrize("place", ["/dev/full", "/proc/none/stemma.log"])
def test_a_full_disk_or_a_folder_that_cannot_be_written_stops_nothing(
    place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with log.logging_to(Path(place)):
        log.event("fetch", url="https://a.example/")
    assert capfd.readouterr() == ("", "")
