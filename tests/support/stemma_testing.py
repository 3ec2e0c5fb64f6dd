"""The real command in a process of its own, and topic files for test servers."""

import os
import re
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from archive import packing

ROOT = Path(__file__).parent.parent.parent
_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "ALL_PROXY", "all_proxy")


def opened(database: Path) -> sqlite3.Connection:
    """An archive's database as any program opens it that has the function by which its texts are read."""
    conn = sqlite3.connect(database)
    packing.prepare_connection(conn)
    return conn


def told_by(file: Path) -> bytes:
    """All bytes of a database's file, and those of every text that is deflated in it, also where no row has it."""
    raw = file.read_bytes()
    found = [raw]
    for at in re.finditer(rb"\x78\x9c", raw):
        inflate = zlib.decompressobj()
        # A piece at a time: of one that is cut by the end of a page, what comes before.
        with suppress(zlib.error):
            for start in range(at.start(), at.start() + 16_384, 64):
                found.append(inflate.decompress(raw[start:start + 64]))
                if inflate.eof:
                    break
    return b"".join(found)


def environment(proxy: str | None) -> dict[str, str]:
    """This process's, with the test server as the only proxy."""
    base = {name: value for name, value in os.environ.items() if name not in _PROXIES}
    return base | ({"http_proxy": proxy, "https_proxy": proxy} if proxy else {})


@dataclass(frozen=True)
class Stemma:
    """Runs the real command in a folder, behind a test server; `names` (JSON) stands for the name servers."""

    folder: Path
    proxy: str | None = None
    names: str | None = None
    altered: Mapping[str, str] | None = None  # what `altered` is told

    @property
    def environment(self) -> dict[str, str]:
        """What the command's process has in its environment."""
        support = ROOT / "tests" / "support"
        paths = [str(support / "names")] if self.names is not None else []
        paths += [str(support)] if self.altered is not None else []
        found = environment(self.proxy) | {"PYTHONPATH": os.pathsep.join([*paths, str(ROOT)])} | dict(self.altered or {})
        return found if self.names is None else found | {"NAMES": self.names}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "pipeline" if self.altered is None else "altered", *words]

    def run(self, *words: str, code: int = 0, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """The command's output; fails the test where the exit code is another."""
        done = subprocess.run(
            self.command(*words), cwd=self.folder, env=self.environment, text=True,
            capture_output=True, timeout=timeout, check=False,
        )
        assert done.returncode == code, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """The command, running."""
        return subprocess.Popen(
            self.command(*words), cwd=self.folder, env=self.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )

    def database(self, data: str = "data") -> sqlite3.Connection:
        conn = opened(self.folder / data / "archive.db")
        conn.row_factory = sqlite3.Row
        return conn


def topic_file(folder: Path, urls: Sequence[str] = (), *, feeds: Sequence[str] = (), extra: str = "") -> None:
    """Writes topic.toml for a test server: a list of addresses, feeds, no delay."""
    sources = [f'[[source]]\nname = "list"\noutlet = "Test"\nkind = "list"\nurls = {list(urls)!r}\n'] if urls else []
    sources += [
        f'[[source]]\nname = "feed-{n}"\noutlet = "Test"\nkind = "feed"\nurl = "{url}"\n' for n, url in enumerate(feeds)
    ]
    (folder / "topic.toml").write_text(f"""
name = "test"
title = "Test"
contact = "mailto:test@stemma-archive.org"
languages = ["en"]
from = 2024-08-06
to = 2025-04-30
[keywords.en]
must = ["Kursk"]
[crawl]
delay = 0.0
timeout = 8
retries = 0
concurrency = 16
per_host = 8
revisit = ["0s"]
authorities = ["authority.pem"]
{extra}
{"".join(sources)}
""", encoding="utf-8")


@dataclass(frozen=True)
class FilledDemo:
    """The demo's archive after its two crawls, and what the server was asked."""

    stemma: Stemma
    asked: tuple[str, ...]

    @property
    def data(self) -> Path:
        return self.stemma.folder / "data"
