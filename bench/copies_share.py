"""A share of the copies benchmark as a folder of the same form: whole families by a hash, and their haystack.

`python -m bench.copies_share FOLDER TARGET [--of 8]` keeps one family in so many, with every pair whose texts are in.
"""

import argparse
import csv
import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from zlib import crc32

PAIRS = ("ignore.tsv", "hardneg.tsv")


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--of", type=int, default=8)
    options = parser.parse_args()
    share(options.folder, options.target, options.of)


def share(folder: Path, target: Path, of: int) -> None:
    """One family in `of`, one text in `of` of those that are in none, and one hard pair in `of` with both its texts."""
    target.mkdir(parents=True, exist_ok=True)
    tables = {name: _table(folder / name) for name in ("truth.tsv", *PAIRS)}
    top = families(tables["truth.tsv"])
    pairs = {(row["a"], row["b"]) for row in tables["hardneg.tsv"] if not crc32(f"{row['a']} {row['b']}".encode()) % of}
    wanted = {name for pair in pairs for name in pair}
    held = set[str]()
    for name in ("docs.jsonl.gz", "haystack.jsonl.gz"):
        lines = []
        for line in gzip.decompress((folder / name).read_bytes()).splitlines():
            document = json.loads(line)["id"]
            if document in wanted or not crc32(top.get(document, document).encode()) % of:
                held.add(document)
                lines.append(line + b"\n")
        (target / name).write_bytes(gzip.compress(b"".join(lines), 1))
    _write(target / "truth.tsv", [row for row in tables["truth.tsv"] if {row["doc"], row["origin"]} <= held])
    for name in PAIRS:
        _write(target / name, [row for row in tables[name] if {row["a"], row["b"]} <= held])


def families(truth: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The text at the top of each text's family, by the pairs of copy and origin."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            name = above[name]
        return name

    for row in truth:
        above[top(row["doc"])] = top(row["origin"])
    return {name: top(name) for name in list(above)}


def _table(file: Path) -> list[dict[str, str]]:
    with open(file, encoding="utf-8") as table:
        return list(csv.DictReader(table, delimiter="\t"))


def _write(file: Path, rows: list[dict[str, str]]) -> None:
    with open(file, "w", encoding="utf-8", newline="") as table:
        if rows:
            writer = csv.DictWriter(table, list(rows[0]), delimiter="\t", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
