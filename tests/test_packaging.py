"""What is installed is this project, and the files around it say the same as the code."""

import importlib
import re
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
from stemma_testing import ROOT

from archive.warc import VIA
from pipeline import PROGRAM
from pipeline.cli import cli

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["archive", "crawlers", "pipeline", "datasette_config"])
def test_each_package_is_this_projects_and_no_namesake_from_the_registry(name: str) -> None:
    assert Path(str(importlib.import_module(name).__file__)).parent == ROOT / name


def test_the_versions_agree() -> None:
    assert PROJECT["project"]["version"] == PROGRAM == version("stemma-archive")
    assert VIA == "stemma"


def test_the_datasette_entry_point_is_the_package() -> None:
    (found,) = [point for point in entry_points(group="datasette") if point.dist and point.dist.name == "stemma-archive"]
    assert found.value == "datasette_config"


def test_the_constraints_name_every_dependency_and_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    pinned = {re.split("[=<>!~ ]", line)[0].lower().replace("_", "-") for line in text.splitlines() if line.strip()}
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["test"]]
    missing = {re.split(r"[=<>!~\[ ]", name)[0].lower().replace("_", "-") for name in wanted} - pinned
    assert not missing


def test_no_init_file_below_tests_shadows_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_the_readme_names_every_command_and_each_has_help(name: str) -> None:
    assert f"`stemma {name}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert cli.commands[name].help


def test_the_readme_names_no_command_that_does_not_exist() -> None:
    for file in ("README.md", "docs/export.md", "docs/design.md"):
        named = set(re.findall(r"`?stemma ([a-z]+)", (ROOT / file).read_text(encoding="utf-8")))
        assert named <= set(cli.commands), file


def test_every_picture_and_file_that_the_readme_links_to_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (ROOT / target).exists(), target


def test_nothing_of_the_benchmarks_data_is_in_the_repository() -> None:
    shared = ROOT.parent / "shared" / "seed" / "repost.txt"
    if not shared.exists():
        pytest.skip("the shared data is not beside this checkout")
    lines = [line.strip() for line in shared.read_text(encoding="utf-8").splitlines() if len(line) > 120]
    for file in (ROOT / "crawlers" / "demo" / "pages").rglob("*.md"):
        text = file.read_text(encoding="utf-8")
        assert not [line for line in lines if line[:60] in text], file
