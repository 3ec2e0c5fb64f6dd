"""The weights of `pipeline/copies/weights.py`, fitted to the copies benchmark.

    python -m bench.train_reuse BENCH_DIR pipeline/copies/weights.py          (needs scikit-learn)

Pairs are the candidates of the product's own index. Known families are the copies, pairs that its ignore list names
are left out. Prints what five parts, each held against the other four, say at the product's threshold.
"""

import csv
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found, import-untyped, unused-ignore]
from sklearn.pipeline import make_pipeline  # type: ignore[import-not-found, import-untyped, unused-ignore]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-not-found, import-untyped, unused-ignore]

from bench.copies_adapter import candidates, documents, keys_of, profiles, readings
from pipeline.copies.alignment import FEATURES, align
from pipeline.copies.epoch import counted
from pipeline.reuse import COPIED

FOLDS = 5
# Chosen by dropping, one by one, the feature without which pairs held against the others are told apart best.
CHOSEN = {
    "SAME_LANGUAGE": (
        "coverage_most", "chain", "null", "length", "order", "run", "run_weight", "density", "content_most",
        "names_most", "names", "words_least", "words_most", "meeting", "whole", "verbatim", "conflict",
    ),
    "TRANSLATION": (
        "coverage_least", "kept", "run", "run_weight", "density", "content_most", "numbers_most", "numbers",
        "names_most", "names_least", "names", "words_most", "verbatim", "own_words", "agree", "conflict_share",
    ),
}
HEAD = '''"""Weights of the logistic models of `pipeline.reuse`, fitted by bench/train_reuse.py; do not edit by hand."""

'''


class Truth:
    """The benchmark's families, and the pairs of which it does not know."""

    def __init__(self, folder: Path) -> None:
        self._above: dict[str, str] = {}
        self._embeds: dict[str, set[str]] = defaultdict(set)
        rows = list(_rows(folder / "truth.tsv"))
        for row in rows:
            if not row["kind"].startswith("embed"):
                self._above[self.family(row["doc"])] = self.family(row["origin"])
        for row in rows:
            if row["kind"].startswith("embed"):
                self._embeds[row["doc"]].add(self.family(row["origin"]))
        self._unknown: dict[str, set[str]] = defaultdict(set)
        for row in _rows(folder / "ignore.tsv"):
            one, other = self.family(row["a"]), self.family(row["b"])
            self._unknown[one].add(other)
            self._unknown[other].add(one)

    def family(self, document: str) -> str:
        """The name of the document's family."""
        while (above := self._above.get(document, document)) != document:
            document = above
        return document

    def label(self, one: str, other: str) -> bool | None:
        """Whether two documents share text; None: not known."""
        families = self.family(one), self.family(other)
        if families[0] == families[1] or families[1] in self._embeds[one] or families[0] in self._embeds[other] \
                or self._embeds[one] & self._embeds[other]:
            return True
        return None if families[1] in self._unknown[families[0]] else False


def main(folder: Path, target: Path) -> None:
    """Fit and write."""
    texts = documents(folder)
    read_texts = readings(texts)
    epoch = counted(read_texts)
    read = profiles(read_texts, epoch)
    truth = Truth(folder)
    pairs, labels, values = [], [], []
    for left, right, common in candidates(read_texts, keys_of(read_texts, epoch)):
        label = truth.label(texts[left]["id"], texts[right]["id"])
        if label is not None:
            pairs.append((left, right))
            labels.append(label)
            one, other = sorted((left, right), key=lambda n: texts[n]["text"])
            values.append(align(read[one], read[other], common.nats).features)
    same = np.array([texts[left]["lang"] == texts[right]["lang"] for left, right in pairs])
    known, features = np.array(labels), np.array(values)
    parts = np.array([zlib.crc32(truth.family(texts[left]["id"]).encode()) % FOLDS for left, _ in pairs])
    written = HEAD
    for name, group in (("SAME_LANGUAGE", same), ("TRANSLATION", ~same)):
        chosen = features[group][:, [FEATURES.index(feature) for feature in CHOSEN[name]]]
        _held_against(name, chosen, known[group], parts[group])
        written += _written(name, _fitted(chosen, known[group]))
    target.write_text(written, encoding="utf-8")


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from csv.DictReader(lines, delimiter="\t")


def _fitted(features: Any, known: Any) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000)).fit(features, known)


def _held_against(name: str, features: Any, known: Any, parts: Any) -> None:
    sure = np.zeros(len(known))
    for part in range(FOLDS):
        sure[parts == part] = _fitted(features[parts != part], known[parts != part]).predict_proba(
            features[parts == part])[:, 1]
    linked = sure >= COPIED
    print(f"{name}: {len(known)} pairs, {known.sum()} copies; precision {known[linked].mean():.4f}, "
          f"recall of all related pairs {linked[known].mean():.4f}")


def _written(name: str, model: Any) -> str:
    """The weights for features as they are, not as they were scaled."""
    scaler, fitted = model[0], model[1]
    weights = fitted.coef_[0] / scaler.scale_
    bias = float(fitted.intercept_[0] - (weights * scaler.mean_).sum())
    lines = [f'    "bias": {bias:.4f},'] + [f'    "{feature}": {weight:.4f},'
                                            for feature, weight in zip(CHOSEN[name], weights, strict=True)]
    return "\n".join([f"{name} = {{", *lines, "}", ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
