"""What several tests of the commands begin with."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from stemma_testing import FilledDemo, Stemma


@pytest.fixture
def own(demo: FilledDemo, tmp_path: Path) -> Stemma:
    """A copy of the demo's archive."""
    shutil.copytree(demo.data, tmp_path / "data", symlinks=True)
    shutil.copy(demo.stemma.folder / "topic.toml", tmp_path)
    shutil.copy(demo.stemma.folder / "authority.pem", tmp_path)
    return replace(demo.stemma, folder=tmp_path)
