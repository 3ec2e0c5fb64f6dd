"""The copies benchmark through the functions that `stemma update` uses.

    python -m bench.copies_adapter BENCH_DIR OUT.tsv [--dates none|noisy|true] [--vectors]

Writes "copy <TAB> exemplar <TAB> score" for its score.py. Reads only title, text, language, URL and the chosen
date of each document. The epoch is counted over all of them, as `stemma reindex` counts an archive's.
"""

import argparse
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import Any

from archive.model import Witness
from archive.store.comparisons import in_common
from archive.urls import host_of, registered_domain
from bench.figures import note
from pipeline.copies.alignment import Profile, profile
from pipeline.copies.epoch import Epoch, counted
from pipeline.copies.indexing import indexed
from pipeline.copies.openings import keys
from pipeline.copies.reading import Reading, read
from pipeline.copies.sifting import is_likely
from pipeline.copies.sketches import Sketch, Worth, sketch_of, worth_of
from pipeline.copies.vectors import Encoder, Remembering
from pipeline.descent.direction import link
from pipeline.extraction.credit import credit_lines
from pipeline.extraction.dates import moment
from pipeline.fingerprints import MEETING, OPENINGS, across, meets
from pipeline.reuse import is_link, reuse
from pipeline.stemma import ranked

SEEN = datetime(2026, 1, 1, tzinfo=UTC)  # all at once: the benchmark has no sightings


def main() -> None:
    """Link everything with everything before it, as an update does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dates", choices=("none", "noisy", "true"), default="none")
    parser.add_argument("--vectors", action="store_true", help="with the extra of that name")
    options = parser.parse_args()
    made = Remembering() if options.vectors else None
    texts = documents(options.folder)
    started = process_time()
    found = predictions(texts, options.dates, made)
    seconds = process_time() - started
    options.out.write_text("".join(f"{a}\t{b}\t{c}\n" for a, b, c in found), encoding="utf-8")
    note("copies, linking and directing 1,000 texts", seconds / len(texts) * 1000, "CPU s")
    print(f"{len(texts)} texts, {len(found)} links, {seconds / len(texts) * 1000:.1f} CPU s for 1,000 texts")


def documents(folder: Path) -> list[dict[str, Any]]:
    """The benchmark's texts and its haystack."""
    return [
        json.loads(line) for name in ("docs.jsonl.gz", "haystack.jsonl.gz")
        for line in gzip.decompress((folder / name).read_bytes()).splitlines()
    ]


def readings(texts: Sequence[dict[str, Any]]) -> list[Reading]:
    """The texts, read."""
    return [read(document["text"], document["lang"]) for document in texts]


def profiles(read_texts: Sequence[Reading], epoch: Epoch) -> list[Profile]:
    """The texts as they are compared in an epoch."""
    return [profile(indexed(reading), epoch) for reading in read_texts]


def keys_of(
    read_texts: Sequence[Reading], epoch: Epoch, made: Encoder | None = None
) -> list[Mapping[int, float]]:
    """The keys of each text in an epoch, with their worth."""
    return [keys(reading, epoch, made) for reading in read_texts]


def sketch(text: Profile, worth: Mapping[int, float]) -> Sketch:
    """What tells whether those that the text meets may share text with it."""
    return sketch_of(text.index, text.weighed, worth_of(worth.values()))


def candidates(
    read_texts: Sequence[Reading], worths: Sequence[Mapping[int, float]], *, encoded: bool = False
) -> Iterator[tuple[int, int, Worth]]:
    """(a text, a later one, the worth of the keys that both have) of all pairs that meet."""
    index: dict[int, list[int]] = defaultdict(list)
    least = min(MEETING, across(encoded=encoded))
    for place, (one, worth) in enumerate(zip(read_texts, worths, strict=True)):
        for other, nats in in_common(worth, index, least=least, openings=OPENINGS).items():
            common = worth_of(nats)
            alike = OPENINGS if common.nats < least else 0  # else it would not be told
            if meets(common.nats, one.language, read_texts[other].language, encoded=encoded, openings=alike):
                yield other, place, common
        for key in worth:
            index[key].append(place)


def predictions(
    texts: Sequence[dict[str, Any]], dates: str, made: Encoder | None = None
) -> list[tuple[str, str, float]]:
    """(copy, exemplar, how well it explains the copy) of every link; an undecided one stands both ways, by its lean."""
    read_texts = readings(texts)
    epoch = counted(read_texts)
    profiled, worths = profiles(read_texts, epoch), keys_of(read_texts, epoch, made)
    witnesses = [_witness(document, dates) for document in texts]
    sketches = list(map(sketch, profiled, worths))
    links = []
    for left, right, common in candidates(read_texts, worths, encoded=made is not None):
        identical = texts[left]["text"] == texts[right]["text"]
        if not identical and not is_likely(sketches[left], sketches[right], common, encoded=made is not None):
            continue
        one, other = witnesses[left], witnesses[right]
        shared = reuse(profiled[left], profiled[right], meeting=common.nats, identical=identical, made=made)
        if shared and is_link(shared, same_site=registered_domain(one.host) == registered_domain(other.host)):
            links.append(link(one, other, shared))
    ranks = ranked(links, {witness.public_id: witness for witness in witnesses})
    return [(copy, one.exemplar, one.score) for copy, exemplars in ranks.items() for one in exemplars]


def _witness(document: dict[str, Any], dates: str) -> Witness:
    # One clock for all: without an offset each date would be a day wide.
    date = {"none": None, "noisy": document.get("date_noisy"), "true": document.get("date")}[dates]
    paragraphs = document["text"].split("\n")
    host = host_of(document["url"])
    return Witness(
        public_id=document["id"], article=document["url"] + "#" + document["id"], outlet=registered_domain(host),
        host=host, title=document["title"], language=document["lang"],
        published=moment(f"{date}Z", basis="json-ld") if date else None, first_seen=SEEN, canonical=None,
        credits=credit_lines(paragraphs), text=document["text"],
    )


if __name__ == "__main__":
    main()
