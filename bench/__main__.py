"""Every benchmark that there is, with its peer in the same run: `python -m bench [--quick] [--shared DIR]`.

Needs the shared benchmark data beside the checkout; prints what each scorer prints, and writes bench/results.json.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline import vectors

HERE = Path(__file__).parent
SERVED = 20_000  # articles of the archive whose site is asked; `python -m bench.made_archive` makes larger ones
Result = dict[str, object]


def main() -> None:
    """Run them one after the other; what needs data that is not there is said and left out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="extraction alone")
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared" / "bench")
    options = parser.parse_args()
    if not options.shared.is_dir():
        sys.exit(f"{options.shared} does not exist; pass the folder of the benchmark data with --shared DIR")
    results = extraction(options.shared / "extract")
    if not options.quick:
        results += copies(options.shared / "copies")
        run([sys.executable, "-m", "bench.train_direction", str(options.shared / "copies")])
        run([sys.executable, "-m", "bench.families"])
        run([sys.executable, "-m", "bench.real_pages", str(options.shared / "extract")])
        run([sys.executable, "-m", "bench.politeness"])
        run([sys.executable, "-m", "bench.throughput", "--memory", "50000"])
        with tempfile.TemporaryDirectory() as scratch:
            run([sys.executable, "-m", "bench.made_archive", scratch, "--articles", str(SERVED)])
            run([sys.executable, "-m", "bench.serving", scratch])
    (HERE / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")


def extraction(folder: Path) -> list[Result]:
    """Text and metadata of real pages, ours beside trafilatura's."""
    rows = []
    tables = {}
    for name in ("extract", "peer"):
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            run([sys.executable, str(folder / "score.py"), f"bench.extract_adapter:{name}", str(folder), "--json",
                 out.name])
            tables[name] = json.loads(Path(out.name).read_text(encoding="utf-8"))
    for figure in ("text_F1", "text_acc", "title_norm", "auth_F1", "date_day", "date_minute", "lang"):
        ours, theirs = (_figure(tables[name], figure) for name in ("extract", "peer"))
        rows.append({"name": f"extraction {figure}", "value": ours, "unit": "share", "peer": theirs,
                     "ratio": ours / theirs if ours is not None and theirs else None})
    run([sys.executable, "-m", "bench.halves", str(folder)])
    return rows


def _figure(table: dict[str, dict[str, dict[str, float | None]]], figure: str) -> float | None:
    """The figure of all pages."""
    return table["rows"]["all"].get(figure)


def copies(folder: Path) -> list[Result]:
    """Links between texts, with and without dates; with the extra vectors, where it is installed."""
    rows: list[Result] = []
    runs: list[tuple[str, tuple[str, ...]]] = [("none", ()), ("noisy", ())]
    if vectors.installed():
        runs.append(("noisy", ("--vectors",)))
    for dates, more in runs:
        with tempfile.TemporaryDirectory() as scratch:
            out = f"{scratch}/links.tsv"
            run([sys.executable, "-m", "bench.copies_adapter", str(folder), out, "--dates", dates, *more])
            text = run([sys.executable, str(folder / "score.py"), str(folder), out])
        for figure in ("precision", "recall", "F1", "origin@1"):
            match = re.search(rf"{re.escape(figure)} ([\d.]+)", text)
            name = f"copies {figure}, dates {dates}" + (", with vectors" if more else "")
            rows.append({"name": name,
                         "value": float(match.group(1)) if match else None,
                         "unit": "share", "peer": None, "ratio": None})
    return rows


def run(command: list[str]) -> str:
    """Run a command, show what it prints, and return it."""
    print("$", " ".join(command), flush=True)
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(HERE.parent), "PATH": "/usr/bin:/bin"})
    print(done.stdout + (done.stderr if done.returncode else ""), flush=True)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


if __name__ == "__main__":
    main()
