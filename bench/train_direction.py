"""Weights of the reasons for a direction, from labelled copies, and how well the confidence that they give is founded.

    python -m bench.train_direction BENCH_DIR

Prints the tables for pipeline/descent/direction.py, and by cross-validation over families how many links are answered,
how many of those rightly, and the reliability of the confidence, for text alone, dates of which a third were moved by
up to three days, and true dates. One set of weights serves all three: what is absent is no evidence.
"""

import argparse
import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from archive.model import Witness
from archive.urls import host_of, registered_domain
from bench.aligned import aligned
from bench.copies_share import families
from bench.figures import note
from pipeline.descent.copy_traces import Reason
from pipeline.descent.direction import LINK_DEGREES, common_wire, counts, least_sure, reasons
from pipeline.extraction.credit import credit_lines
from pipeline.extraction.dates import moment

SEEN = datetime(2030, 1, 1, tzinfo=UTC)
SETTINGS = {"none": 1.0, "noisy": 1.0, "true": 1.0}  # how much a pair of each counts
FOLDS = 5
RIDGE = 2.0  # pulls every weight to zero
PULL = 4.0  # pairs' worth by which what was seen of a lone reason is pulled to its weight
# No kind but the page's own word outweighs all others. A benchmark's site lines and moved dates are more regular
# than the world's.
MOST = {"published": 3.0, "credit": 4.0, "cut": 4.0, "spaces": 4.0, "untranslated": 4.0, "headline": 3.0, "agency": 1.0,
        "size": 1.2}
MOST_ELSE = 2.5
LEAST = {("credit", "named"): 4.0}  # never wrong; the ridge alone keeps it low
# Who strips a text of its credits credits nobody; the benchmark's copies that lost theirs were all marked otherwise.
MOST_OF = {("credit", "somebody"): 1.8}
MOST_ALONE = {("credit", "somebody"): 1.2}
BY_HAND = {("canonical", "named"), ("first seen", "a day"), ("first seen", "before it was published"),
           ("published", "by a guess"), ("published", "minutes"), ("names", "garbled"),
           *(("link", degree) for degree in LINK_DEGREES)}
Key = tuple[str, str]


@dataclass(frozen=True)
class Pair:
    """One copy and its exemplar under one setting of dates; +1 for each reason for the truth, -1 against it."""

    family: str
    kind: str
    dates: str
    found: Mapping[Key, float]
    least: float


def main() -> None:
    """Train, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    pairs = labelled(parser.parse_args().folder)
    keys = sorted({key for pair in pairs for key in pair.found} - BY_HAND)
    for_truth, against = Counter[Key](), Counter[Key]()
    for pair in pairs:
        if pair.dates == "noisy":
            for key, way in pair.found.items():
                (for_truth if way > 0 else against)[key] += 1
    weights = trained([*pairs, *without_spaces(pairs)], keys)
    print("kind, degree: weight (pairs that it is right and wrong of, with noisy dates)")
    for key in keys:
        print(f"    {key!r}: {weights[key]:.2f},  # {for_truth[key]} / {against[key]}")
    judged = [*pairs, *without_spaces(pairs)]
    print("\nalone, where that is less")
    for key, weight in lone(judged, weights).items():
        if weight < weights[key]:
            print(f"    {key!r}: {weight:.2f},")
    odds = [0.0] * len(judged)
    for fold in range(FOLDS):
        others = [pair for pair in judged if _fold(pair) != fold]
        learned = trained(others, keys)
        alone = lone(others, learned)
        for n, pair in enumerate(judged):
            if _fold(pair) == fold:
                odds[n] = odds_of(pair, learned, alone)
    of_pairs = list(zip(judged, odds, strict=True))
    for dates in SETTINGS:
        report(dates, [(pair, value) for pair, value in of_pairs[:len(pairs)] if pair.dates == dates])
    for dates in SETTINGS:
        report(f"{dates}, of pairs that doubled spaces tell, without them",
               [(pair, value) for pair, value in of_pairs[len(pairs):] if pair.dates == dates])


def without_spaces(pairs: Iterable[Pair]) -> list[Pair]:
    """The pairs that doubled spaces tell, without them: pages that browsers and extractors went over have none."""
    return [
        replace(pair, found={key: way for key, way in pair.found.items() if key[0] != "spaces"})
        for pair in pairs if any(key[0] == "spaces" for key in pair.found)
    ]


def _fold(pair: Pair) -> int:
    return crc32(pair.family.encode()) % FOLDS


def labelled(folder: Path) -> list[Pair]:
    """Every pair whose direction is known, under each setting of dates."""
    lines = gzip.decompress((folder / "docs.jsonl.gz").read_bytes()).splitlines()
    documents = {document["id"]: document for document in map(json.loads, lines)}
    with (folder / "truth.tsv").open(encoding="utf-8") as table:
        truth = [row for row in csv.DictReader(table, delimiter="\t") if row["kind"] != "natural_undir"]
    tops = families(truth)
    pairs = []
    for row in truth:
        copy, exemplar = documents[row["doc"]], documents[row["origin"]]
        found = aligned(copy["text"], exemplar["text"], translated=copy["lang"] != exemplar["lang"])
        for dates in SETTINGS:
            left, right = witness(copy, dates), witness(exemplar, dates)
            named = list(reasons(left, right, found))
            are_wire = bool(common_wire(left, right, named))
            signs = signed([one for one in named if counts(one, are_wire=are_wire)], right)
            pairs.append(Pair(tops[row["origin"]], row["kind"], dates, signs, least_sure(are_wire=are_wire)))
    return pairs


def witness(document: Mapping[str, Any], dates: str) -> Witness:
    """A document of the benchmark as a witness, with the date of a setting."""
    date = {"none": None, "noisy": document.get("date_noisy"), "true": document.get("date")}[dates]
    host = host_of(document["url"])
    return Witness(
        public_id=document["id"], article=f"{document['url']}#{document['id']}", outlet=registered_domain(host),
        host=host, title=document["title"], language=document["lang"],
        published=moment(f"{date}Z" if "T" in date else date, basis="json-ld") if date else None, first_seen=SEEN,
        canonical=None, credits=credit_lines(document["text"].split("\n")),
        text=document["text"],
    )


def signed(named: Iterable[Reason], exemplar: Witness) -> dict[Key, float]:
    """Each reason of a pair: +1 if it speaks for the truth, -1 if against."""
    signs: dict[Key, float] = defaultdict(float)
    for reason in named:
        signs[reason.kind, reason.degree] += 1 if reason.favours == exemplar.public_id else -1
    return {key: way for key, way in signs.items() if way}


def trained(pairs: Sequence[Pair], keys: Sequence[Key]) -> dict[Key, float]:
    """Weights of a logistic regression without intercept, each between the least and the most of its kind."""
    place = {key: n for n, key in enumerate(keys)}
    signs = np.zeros((len(pairs), len(keys)))
    for n, pair in enumerate(pairs):
        for key, way in pair.found.items():
            if key in place:
                signs[n, place[key]] = way
    counts = np.array([SETTINGS[pair.dates] for pair in pairs])
    most = np.array([MOST_OF.get(key, MOST.get(key[0], MOST_ELSE)) for key in keys])
    least = np.array([LEAST.get(key, 0.0) for key in keys])
    weights = np.zeros(len(keys))
    step = 1 / (np.linalg.norm(signs * np.sqrt(counts)[:, None], 2) ** 2 / 4 + RIDGE)
    for _ in range(3000):
        wrong = counts / (1 + np.exp(signs @ weights))
        weights = np.clip(weights + step * (signs.T @ wrong - RIDGE * weights), least, most)
    return {key: float(weights[n]) for key, n in place.items()}


def lone(pairs: Iterable[Pair], weights: Mapping[Key, float]) -> dict[Key, float]:
    """What a reason weighs where no other is: by how often it was right alone, pulled to its weight by a few pairs."""
    right, wrong = Counter[Key](), Counter[Key]()
    for pair in pairs:
        known = [key for key in pair.found if weights.get(key)]
        if pair.dates != "true" and len(known) == 1:
            (right if pair.found[known[0]] > 0 else wrong)[known[0]] += 1
    found = {}
    for key in sorted(right.keys() | wrong.keys()):
        p = 1 / (1 + exp(-weights[key]))
        seen = log((right[key] + PULL * p) / (wrong[key] + PULL * (1 - p)))
        found[key] = min(weights[key], MOST_ALONE.get(key, seen), seen)
    return found


def odds_of(pair: Pair, weights: Mapping[Key, float], alone: Mapping[Key, float]) -> float:
    """What a pair's reasons say, as the program adds them up; positive for the truth."""
    known = [key for key in pair.found if weights.get(key)]
    taken = {**weights, **alone} if len(known) == 1 else weights
    return sum(taken[key] * pair.found[key] for key in known)


def report(dates: str, judged: Sequence[tuple[Pair, float]]) -> None:
    """How many are answered and right, by kind, and how well the confidence is founded."""
    kinds: dict[str, list[tuple[Pair, float]]] = defaultdict(list)
    for pair, odds in judged:
        kinds[_group(pair.kind)].append((pair, odds))
    print(f"\ndates: {dates}\n{'kind':20s}{'pairs':>6s}{'answered':>10s}{'right':>7s}{'right of all, likelier':>24s}")
    for kind, values in [*sorted(kinds.items()), ("all", list(judged))]:
        answered = [odds for pair, odds in values if _sure(odds) >= pair.least]
        right = sum(odds > 0 for odds in answered) / max(1, len(answered))
        likelier = sum((odds > 0) + (odds == 0) / 2 for _, odds in values) / len(values)
        print(f"{kind:20s}{len(values):6d}{len(answered) / len(values):10.3f}{right:7.3f}{likelier:24.3f}")
        for what, value in (("answered", len(answered) / len(values)), ("right where answered", right),
                            ("right of all, likelier", likelier)):
            note(f"direction, dates {dates}, {kind}: {what}", value, "share")
    print(f"{'said to be sure':20s}{'pairs':>6s}{'said':>10s}{'right':>7s}")
    for low, high in ((0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 0.85), (0.85, 0.95), (0.95, 0.98), (0.98, 1.01)):
        inside = [odds for _, odds in judged if odds and low <= _sure(odds) < high]
        if inside:
            said = sum(map(_sure, inside)) / len(inside)
            right = sum(odds > 0 for odds in inside) / len(inside)
            print(f"{low:.2f} to {min(high, 1):.2f}{'':8s}{len(inside):6d}{said:10.3f}{right:7.3f}")
            note(f"direction, dates {dates}, said to be {low:.2f} to {min(high, 1):.2f} sure: right", right, "share",
                 peer=said)


def _group(kind: str) -> str:
    """Translations by the engine and not by the pair of languages."""
    return kind.split("_")[0] if kind.startswith(("mt_", "bt_")) else kind


def _sure(odds: float) -> float:
    return 1 / (1 + exp(-abs(odds)))


if __name__ == "__main__":
    main()
