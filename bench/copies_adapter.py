"""The copies benchmark through the functions that `stemma update` uses.

    python -m bench.copies_adapter BENCH_DIR OUT.tsv [--dates none|noisy|true]

Writes "copy <TAB> exemplar <TAB> confidence" for its score.py. Reads only title, text, language, URL and the chosen
date of each document.
"""

import argparse
import gzip
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

from archive.model import Witness
from archive.urls import host_of, registered_domain
from pipeline.credit import credit_lines
from pipeline.dates import moment
from pipeline.fingerprints import MIN_SHARED, keys
from pipeline.reuse import reuse
from pipeline.stemma import is_link, link
from pipeline.text import words

SEEN = datetime(2026, 1, 1, tzinfo=UTC)  # all at once: the benchmark has no sightings


def main() -> None:
    """Link everything with everything before it, as an update does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dates", choices=("none", "noisy", "true"), default="none")
    options = parser.parse_args()
    documents = [
        json.loads(line) for name in ("docs.jsonl.gz", "haystack.jsonl.gz")
        for line in gzip.decompress((options.folder / name).read_bytes()).splitlines()
    ]
    started = process_time()
    found = predictions(documents, options.dates)
    seconds = process_time() - started
    options.out.write_text("".join(f"{a}\t{b}\t{c}\n" for a, b, c in found), encoding="utf-8")
    print(f"{len(documents)} texts, {len(found)} links, {seconds / len(documents) * 1000:.1f} CPU s for 1,000 texts")


def predictions(documents: list[dict[str, Any]], dates: str) -> list[tuple[str, str, float]]:
    """(copy, exemplar, confidence that text was copied) of every link."""
    index: dict[int, list[int]] = defaultdict(list)
    texts = [words(document["text"]) for document in documents]
    witnesses = [_witness(document, dates) for document in documents]
    found = []
    for place, text in enumerate(texts):
        own = keys(text)
        shared = Counter(other for key in own for other in index[key])
        for other, n in shared.items():
            same = text_of(documents[place]) == text_of(documents[other])
            if n < MIN_SHARED and not same:
                continue
            pair = reuse(text, texts[other], identical=same)
            left, right = witnesses[place], witnesses[other]
            if pair and is_link(pair, same_site=registered_domain(left.host) == registered_domain(right.host)):
                decided = link(left, right, pair)
                found.append((decided.copy, decided.exemplar, decided.copied))
        for key in own:
            index[key].append(place)
    return found


def text_of(document: dict[str, Any]) -> str:
    """The text that makes two documents identical."""
    return str(document["text"])


def _witness(document: dict[str, Any], dates: str) -> Witness:
    # One clock for all: without an offset each date would be a day wide.
    date = {"none": None, "noisy": document.get("date_noisy"), "true": document.get("date")}[dates]
    paragraphs = document["text"].split("\n")
    host = host_of(document["url"])
    return Witness(
        public_id=document["id"], article=document["url"] + "#" + document["id"], outlet=registered_domain(host),
        host=host, title=document["title"], language=document["lang"],
        published=moment(f"{date}Z", basis="json-ld") if date else None, first_seen=SEEN, canonical=None,
        credits=credit_lines(paragraphs), text_words=len(document["text"].split()), text=document["text"],
    )


if __name__ == "__main__":
    main()
