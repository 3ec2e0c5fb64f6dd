"""Extraction by halves of the outlets, the true title among the candidates, and CPU beside trafilatura's own.

`python -m bench.halves FOLDER [--share PAGES] [--rounds N]`: rules are made on half A (outlets by the parity of a hash
of their name) and held against half B. Both sides read every page so often, in turn, after one page that loads what
is loaded once; of a page's times the median counts. With --share only so many pages, a seeded draw.
"""

import argparse
import csv
import gzip
import hashlib
import importlib.util
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import process_time
from types import ModuleType
from typing import Any

import trafilatura

from archive.model import Block, Document
from bench.extract_adapter import peer
from bench.figures import note
from pipeline.extract import NoText, extract

ROUNDS = 5
SEED = 20240806
PARTS = {"fundus": "news", "aeb": "benchmark"}
HALVES = {"A": "half A", "B": "half B", "AB": "all"}
FIGURES = ("text_F1", "text_acc", "title_norm", "auth_F1", "date_day", "date_minute", "lang")


def main() -> None:
    """Print a row for each part and half, the peer's for each part, and the ratio of CPU seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=int, default=None, metavar="PAGES")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args()
    score = _scorer(options.folder)
    rows, ours, theirs = list[dict[str, Any]](), 0.0, 0.0
    for number, (page, expected, html) in enumerate(_pages(options.folder, options.share)):
        spent = list[tuple[float, float]]()
        for _ in range(options.rounds + (number == 0)):
            started = process_time()
            document = _document(html, page["url"])
            between = process_time()
            trafilatura.extract(html, url=page["url"] or None, with_metadata=True)
            spent.append((between - started, process_time() - between))
        ours += median(one for one, _ in spent[-options.rounds:])
        theirs += median(other for _, other in spent[-options.rounds:])
        rows.append({
            "part": page["source"], "half": half_of(page["split_key"]),
            "score": score.score_page(expected, _read(document)), "peer": score.score_page(
                expected, peer(html, page["url"])),
            "held": _holds_title(document, expected.get("title"), score),
        })
    for part in sorted({row["part"] for row in rows}):
        for half in ("A", "B", "AB"):
            chosen = [row for row in rows if row["part"] == part and row["half"] in half]
            figures = score.summary([row["score"] for row in chosen])
            held = [row["held"] for row in chosen if row["held"] is not None]
            shown = [f"{name} {figures[name]:.3f}" for name in FIGURES if figures[name] is not None]
            shown += [f"title_held {sum(held) / len(held):.3f}"] if held else []
            print(f"{part} {half:<2} {len(chosen):>3} pages  {'  '.join(shown)}")
            theirs_of = score.summary([row["peer"] for row in chosen])
            of = f"extraction, {PARTS.get(part, part)} part, {HALVES[half]}"
            for name in FIGURES:
                if figures[name] is not None:
                    note(f"{of}: {name}", figures[name], "share", peer=theirs_of[name])
            if held:
                note(f"{of}: true title held", sum(held) / len(held), "share")
    note(f"extraction of {len(rows)} real pages, CPU a page", 1000 * ours / len(rows), "ms",
         peer=1000 * theirs / len(rows))
    print(f"CPU: {1000 * ours / len(rows):.1f} ms a page, trafilatura.extract(with_metadata=True) "
          f"{1000 * theirs / len(rows):.1f}; ratio {ours / theirs:.2f}")


def half_of(outlet: str) -> str:
    """The half that an outlet belongs to."""
    return "A" if int(hashlib.sha256(outlet.encode()).hexdigest(), 16) % 2 else "B"


def _pages(folder: Path, share: int | None) -> Iterator[tuple[dict[str, str], dict[str, Any], bytes]]:
    with open(folder / "MANIFEST.tsv", encoding="utf-8") as manifest:
        held = list(csv.DictReader(manifest, delimiter="\t"))
        chosen = held if share is None else random.Random(SEED).sample(held, min(share, len(held)))
        for page in chosen:
            place = folder / "pages" / page["id"]
            expected = json.loads(place.with_name(f"{page['id']}.json").read_text(encoding="utf-8"))["expected"]
            yield page, expected, gzip.decompress(place.with_name(f"{page['id']}.html.gz").read_bytes())


def _document(html: bytes, url: str | None) -> Document | None:
    try:
        read = extract(html, url=url or "https://page.example/", charset="utf-8", payload_digest="")
    except NoText:
        return None
    return None if isinstance(read, Block) else read


def _read(document: Document | None) -> dict[str, object]:
    if document is None:
        return {}
    return {
        "text": document.text, "title": document.title, "authors": list(document.authors),
        "published": document.published.iso if document.published else None, "language": document.language,
    }


def _holds_title(document: Document | None, title: str | None, score: ModuleType) -> bool | None:
    """Whether the true title is among the stored candidates, as the scorer compares titles."""
    if not title:
        return None
    found = document.candidates if document is not None else ()
    return any(score.norm(c.value) == score.norm(title) for c in found if c.field == "title")


def _scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{folder} has no score.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
