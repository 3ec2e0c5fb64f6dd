"""Lines for a scheduler: what cron and systemd read of them is the command, whatever is in its paths."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stemma_testing import ROOT, Stemma, environment, topic_file

from archive.errors import TopicError
from pipeline.operating.schedule import cron_line, systemd_units

PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=20)


def command_of(line: str) -> str:
    """What cron gives to the shell: the rest after five fields, up to a bare %, with escaped ones as they are."""
    rest = line.split(maxsplit=5)[5]
    assert not re.search(r"(?<!\\)%", rest)
    return rest.replace(r"\%", "%")


@given(st.lists(PRINTABLE, min_size=1, max_size=4))
def test_the_shell_of_cron_gets_the_words(words: list[str]) -> None:
    shown = subprocess.run(["sh", "-c", command_of(cron_line(["printf", r"%s\0", *words]))], capture_output=True, check=True)
    assert shown.stdout.decode() == "".join(word + "\0" for word in words)


@given(st.lists(PRINTABLE, min_size=1, max_size=4))
def test_systemd_gets_the_words(words: list[str]) -> None:
    unit = configparser.RawConfigParser(strict=True)
    unit.read_string(systemd_units(words, name="x", title="X")["stemma-x.service"])
    read = re.findall(r'"((?:[^"\\]|\\.)*)"', unit["Service"]["ExecStart"])
    plain = [re.sub(r"\\(.)", r"\1", word).replace("%%", "%").replace("$$", "$") for word in read]
    assert plain == words


@pytest.mark.parametrize("word", ["a\nb", "a\x00b", "a\u2028b"])
def test_a_path_that_no_line_can_hold_is_refused(word: str) -> None:
    with pytest.raises(TopicError, match="another path"):
        cron_line(["stemma", word])
    with pytest.raises(TopicError, match="another path"):
        systemd_units(["stemma", word], name="x", title="X")


def test_the_title_of_a_topic_begins_no_line_and_no_specifier() -> None:
    service = systemd_units(["stemma"], name="x", title="100% of\nExecStart=rm")["stemma-x.service"]
    assert "archive of 100%% of ExecStart=rm\n" in service


def test_the_printed_cron_line_runs_and_printing_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a folder 100% 'mine' $HOME"
    folder.mkdir()
    topic_file(folder)
    (folder / "authority.pem").write_text("")
    stemma = Stemma(folder)
    first = stemma.run("init", "--cron", "--topic", "topic.toml", "--data", "held")
    assert "archive in held" in first.stderr
    (line,) = first.stdout.splitlines()
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    assert stemma.run("init", "--cron", "--topic", "topic.toml", "--data", "held").stdout == first.stdout
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before
    done = subprocess.run(["sh", "-c", command_of(line)], cwd="/", capture_output=True, text=True, check=False,
                          env=environment(None) | {"PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    found = json.loads(stemma.run("status", "--topic", "topic.toml", "--data", "held", "--json").stdout)
    assert [run["command"] for run in found["runs"]] == ["run"]


def test_the_printed_units_are_right(tmp_path: Path) -> None:
    folder = tmp_path / "a folder 100%"
    folder.mkdir()
    topic_file(folder)
    text = Stemma(folder).run("init", "--systemd", "--topic", "topic.toml").stdout
    files = re.findall(r"^# /etc/systemd/system/(stemma-test\.(?:service|timer))\n(.*?)(?=^# /etc|^# then)", text,
                       re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["stemma-test.service", "stemma-test.timer"]
    for name, unit in files:
        configparser.RawConfigParser(strict=True).read_string(unit)
        (tmp_path / name).write_text(unit)
    if shutil.which("systemd-analyze"):
        for name, _ in files:
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True,
                                  text=True, check=False)
            assert (done.returncode, [line for line in done.stderr.splitlines() if "stemma" in line]) == (0, []), done.stderr


def test_no_line_is_printed_that_a_missing_contact_would_make_fail_each_hour(tmp_path: Path) -> None:
    for scheduler in ("--cron", "--systemd"):
        done = Stemma(tmp_path).run("init", scheduler, "--topic", "x.toml", code=2)
        assert done.stdout == ""
        assert "contact mailto:you@example.org is a placeholder" in done.stderr


def test_outlets_are_not_looked_for_while_a_line_is_printed(tmp_path: Path) -> None:
    error = Stemma(tmp_path).run("init", "--cron", "--topic", "x.toml", "https://outlet.example", code=2).stderr
    assert "--cron" in error
    assert not (tmp_path / "x.toml").exists()
