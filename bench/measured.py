"""A command as a whole process: its wall time, CPU time and peak memory, as the operating system counts them."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter


@dataclass(frozen=True)
class Measured:
    """One run: seconds of wall and CPU (its own and its children's that it waited for), peak memory in MB."""

    wall: float
    cpu: float
    peak_mb: float


def list_topic(name: str, *, crawl: str) -> str:
    """A topic file for the addresses in urls.txt beside it, with the given settings of [crawl]."""
    return f"""
name = "{name}"
title = "{name}"
contact = "mailto:bench@localhost"
languages = ["en"]
from = 2024-01-01
to = 2025-01-01
[keywords.en]
must = ["Kursk"]
[crawl]
{crawl}
[[source]]
name = "pages"
outlet = "Pages"
kind = "list"
file = "urls.txt"
"""


def measured(command: list[str], *, folder: Path, environment: dict[str, str]) -> Measured:
    """Run a command to its end; a failure ends the benchmark with what the command said."""
    with open(folder / "said.txt", "wb") as said:
        started = perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(command)}: {(folder / 'said.txt').read_text(errors='replace')[-2_000:]}")
    return Measured(wall=wall, cpu=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024)
