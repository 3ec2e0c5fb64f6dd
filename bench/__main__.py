"""Every benchmark that there is, with its peer in the same run: `python -m bench [--quick | --large] [--shared DIR]`.

Needs the shared benchmark data beside the checkout; prints what each prints, and writes every figure into
bench/results.json: name, value, unit, the peer's value, the ratio. Without --quick the figures also go into
docs/benchmarks.md, with their curves. --quick reads a seeded share of the data and takes in a thousand pages; --large
also takes in 100,000, which needs 15 GB of disk, and has a million texts held when new ones come: hours.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench import figures, report
from pipeline.copies import vectors

HERE = Path(__file__).parent
SERVED = 20_000  # articles of the archive whose site is asked; `python -m bench.made_archive` makes larger ones
QUICK = {"pages": 60, "of": 10, "ingest": 1_000, "peer": 150, "served": 1_500, "asked": 30}
RESULTS = HERE / "results.json"


def main() -> None:
    """Run them one after the other; what needs data that is not there is said and left out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a share of each, in under three minutes")
    size.add_argument("--large", action="store_true", help="100,000 pages and a million texts too, in hours")
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared" / "bench")
    parser.add_argument("--news-please", metavar="PYTHON", help="an interpreter that has news-please, as another peer")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        os.environ[figures.PLACE] = f"{scratch}/figures"
        chosen = quick if options.quick else partial(whole, large=options.large)
        try:
            chosen(options.shared, Path(scratch), options.news_please)
        finally:  # what was measured before one failed, maybe in hours
            found = list(figures.read(Path(scratch) / "figures"))
            RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            print(f"{len(found)} figures in {RESULTS.relative_to(HERE.parent)}")
    if not options.quick:
        report.write(found)


def quick(shared: Path, scratch: Path, news_please: str | None) -> None:
    """A share of the real data, a thousand pages taken in, a small archive searched."""
    if is_there(shared):
        run("bench.halves", shared / "extract", "--share", QUICK["pages"], "--rounds", 1)
        run("bench.copies_share", shared / "copies", scratch / "copies", "--of", QUICK["of"])
        copies(scratch / "copies", [("noisy", ())], scorer=shared / "copies" / "score.py")
    run("bench.ingest", "--pages", QUICK["ingest"], "--peer", QUICK["peer"], *_peer(news_please))
    served(QUICK["served"], QUICK["asked"])


def whole(shared: Path, scratch: Path, news_please: str | None, *, large: bool) -> None:
    """All of them; the large ones too where that is asked."""
    del scratch
    if is_there(shared):
        run("bench.halves", shared / "extract")
        extra = [("noisy", ("--vectors",))] if vectors.installed() else []
        copies(shared / "copies", [("none", ()), ("noisy", ()), *extra], scorer=shared / "copies" / "score.py")
        run("bench.train_direction", shared / "copies")
        run("bench.real_pages", shared / "extract")
        run("bench.stored", shared / "copies")
    run("bench.families")
    run("bench.politeness")
    run("bench.throughput", "--memory", 50_000)
    run("bench.ingest", "--pages", 1_000, 10_000, *([100_000] if large else []), *_peer(news_please))
    growth(run("bench.growth", "--held", 10_000, 100_000, *([1_000_000] if large else [])))
    served(SERVED, 200)


def is_there(shared: Path) -> bool:
    """Whether there is the data that is not part of this repository."""
    if not shared.is_dir():
        print(f"{shared} does not exist, so what is measured on real pages and texts is left out; pass the folder of "
              f"the benchmark data with --shared DIR", flush=True)
    return shared.is_dir()


def _peer(news_please: str | None) -> tuple[str, ...]:
    return ("--news-please", news_please) if news_please else ()


def served(articles: int, asked: int) -> None:
    """The site on an archive of made-up articles."""
    with tempfile.TemporaryDirectory() as scratch:
        run("bench.made_archive", scratch, "--articles", articles)
        run("bench.serving", scratch, "--asked", asked)


def copies(folder: Path, settings: list[tuple[str, tuple[str, ...]]], *, scorer: Path) -> None:
    """Links between texts, with and without dates; with the extra vectors, where it is installed."""
    for dates, more in settings:
        with tempfile.TemporaryDirectory() as scratch:
            out = f"{scratch}/links.tsv"
            run("bench.copies_adapter", folder, out, "--dates", dates, *more)
            text = run(str(scorer), folder, out)
        setting = f"copies, dates {dates}" + (", with vectors" if more else "")
        for name, value, unit in scored(text):
            figures.note(f"{setting}: {name}", value, unit)


def scored(text: str) -> Iterator[tuple[str, float, str]]:
    """The figures that the copies' scorer prints: in a line, by kind, and of the pairs that are none."""
    for figure in ("precision", "recall", "F1", "origin@1"):
        if match := re.search(rf"{re.escape(figure)} ([\d.]+)", text):
            yield figure, float(match[1]), "share"
    for kind, count, recall, _, directed, _ in re.findall(
            r"^(\S+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$", text, re.MULTILINE):
        yield f"recall of {kind} ({count} pairs)", float(recall), "share"
        yield f"direction of {kind} that were found", float(directed), "share"
    for kind, false, of in re.findall(r"(\w+) (\d+)/(\d+)", text.partition("false links")[2]):
        yield f"false links, {kind} (of {of} pairs)", float(false), "links"


def growth(text: str) -> None:
    """The figures that `bench.growth` prints, by the number of texts that are held."""
    for held, line in re.findall(r"^ *([\d,]+) held(.*(?:\n {10,}.*)*)", text, re.MULTILINE):
        for name, pattern, unit in (
            ("comparing a new text, CPU", r"compare ([\d.]+) ms", "ms"), ("linking it, CPU", r"link ([\d.]+) ms", "ms"),
            ("pairs of it", r"([\d.]+) pairs", "pairs"), ("memory", r"memory (\d+) MB", "MB"),
            ("database for each byte of text", r"database ([\d.]+) of", "bytes"),
            ("trace of 1,000 words, median", r"median ([\d.]+) s", "s"),
            ("trace of 1,000 words, p95", r"p95 ([\d.]+) s", "s"),
        ):
            if match := re.search(pattern, line):
                figures.note(f"with {held} texts held: {name}", float(match[1]), unit)


def run(what: str, *words: Any) -> str:
    """Run a module, or a script by its path, show what it prints, and return it."""
    command = [sys.executable, *(["-m", what] if what.startswith("bench.") else [what]), *map(str, words)]
    print("$", " ".join(command), flush=True)
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(HERE.parent), "PATH": "/usr/bin:/bin"} | {
                              name: os.environ[name] for name in (figures.PLACE, "TMPDIR") if name in os.environ})
    print(done.stdout + (done.stderr if done.returncode else ""), flush=True)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


if __name__ == "__main__":
    main()
