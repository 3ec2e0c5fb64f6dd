"""What a benchmark measured, beside what it prints: one JSON object a figure, gathered into bench/results.json.

A run of `python -m bench` names the file in the environment; a benchmark that is started by itself keeps nothing.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PLACE = "BENCH_FIGURES"


def note(name: str, value: float | None, unit: str, *, peer: float | None = None) -> None:
    """Keep a figure: its name says of what, `peer` is the same of the peer in the same run, where there is one."""
    if PLACE in os.environ:
        with open(os.environ[PLACE], "a", encoding="utf-8") as file:
            file.write(json.dumps(figure(name, value, unit, peer=peer)) + "\n")


def figure(name: str, value: float | None, unit: str, *, peer: float | None = None) -> dict[str, Any]:
    """A figure as it stands in results.json; the ratio is ours to the peer's."""
    ratio = value / peer if value is not None and peer else None
    return {"name": name, "value": value, "unit": unit, "peer": peer,
            "ratio": round(ratio, 4) if ratio is not None else None}


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The figures that were kept."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        yield json.loads(line)
