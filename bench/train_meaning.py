"""The weights of `pipeline/copies/meaning_weights.py`, fitted to the copies benchmark.

    python -m bench.train_meaning BENCH_DIR pipeline/copies/meaning_weights.py  (needs scikit-learn and `vectors`)

Examples are the pairs of two languages of which the model of `bench.train_reuse` is not sure, some of the copies of
which it is, and of the others those that it takes for copies most. Prints what five parts, each held against the
other four, say of the unsure pairs at the product's threshold.
"""

import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found, import-untyped, unused-ignore]
from sklearn.pipeline import make_pipeline  # type: ignore[import-not-found, import-untyped, unused-ignore]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-not-found, import-untyped, unused-ignore]

from bench.copies_adapter import candidates, documents, keys_of, profiles, readings
from bench.train_reuse import FOLDS, Truth
from pipeline.copies.alignment import Profile, align
from pipeline.copies.epoch import Epoch, counted
from pipeline.copies.meaning import FEATURES, meant
from pipeline.copies.reading import Reading
from pipeline.copies.vectors import Remembering
from pipeline.reuse import COPIED, UNSURE, confidence, is_told

EXAMPLES = 150  # of either kind beside the unsure ones
HEAD = '''"""Weights of the model of `meaning`, fitted by bench/train_meaning.py; do not edit by hand."""

'''


@dataclass(frozen=True)
class Pair:
    """Two texts by their places, whether one is a copy, and what the first model says."""

    left: int
    right: int
    is_copy: bool
    copied: float
    is_linked: bool


def main(folder: Path, target: Path) -> None:
    """Fit and write."""
    texts = documents(folder)
    read_texts = readings(texts)
    truth = Truth(folder)
    names = [text["id"] for text in texts]
    epoch = counted(read_texts)
    profiled = profiles(read_texts, epoch)
    pairs = list(_pairs(read_texts, epoch, profiled, names, truth))
    target.write_text(fitted(pairs, profiled, names, truth), encoding="utf-8")


def _pairs(
    read_texts: Sequence[Reading], epoch: Epoch, profiled: Sequence[Profile], names: Sequence[str], truth: Truth
) -> Iterator[Pair]:
    for left, right, common in candidates(read_texts, keys_of(read_texts, epoch), encoded=True):
        label = truth.label(names[left], names[right])
        if read_texts[left].language != read_texts[right].language and label is not None:
            one, other = _in_order(profiled[left], profiled[right])
            alignment = align(one, other, common.nats)
            copied = confidence(one, other, alignment)
            yield Pair(left, right, label, copied, is_told(one, other, alignment, copied))


def _in_order(left: Profile, right: Profile) -> tuple[Profile, Profile]:
    return (left, right) if left.index.text <= right.index.text else (right, left)


def fitted(pairs: Sequence[Pair], profiled: Any, names: Sequence[str], truth: Truth) -> str:
    """The module with the weights."""
    unsure = [pair for pair in pairs if pair.copied >= UNSURE and not pair.is_linked]
    linked = [pair for pair in pairs if pair.is_copy and pair.is_linked]
    likely = sorted((pair for pair in pairs if not pair.is_copy and pair.copied < UNSURE), key=lambda p: -p.copied)
    examples = [*unsure, *Random(3).sample(linked, min(EXAMPLES, len(linked))), *likely[:EXAMPLES]]
    made = Remembering()
    values = np.array([meant(*(one.index for one in _in_order(profiled[p.left], profiled[p.right])), made).features
                       for p in examples])
    known = np.array([pair.is_copy for pair in examples])
    parts = np.array([zlib.crc32(truth.family(names[pair.left]).encode()) % FOLDS for pair in examples])
    _held_against(values, known, parts, len(unsure))
    return HEAD + _written(_fit(values, known))


def _fit(values: Any, known: Any) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=3000)).fit(values, known)


def _held_against(values: Any, known: Any, parts: Any, unsure: int) -> None:
    sure = np.zeros(len(known))
    for part in range(FOLDS):
        model = _fit(values[parts != part], known[parts != part])
        sure[parts == part] = model.predict_proba(values[parts == part])[:, 1]
    linked, copies = sure[:unsure] >= COPIED, known[:unsure]
    print(f"unsure: {unsure} pairs, {copies.sum()} copies; linked {(linked & copies).sum()}, "
          f"wrongly {(linked & ~copies).sum()}")


def _written(model: Any) -> str:
    """The weights for features as they are, not as they were scaled."""
    scaler, last = model[0], model[1]
    weights = last.coef_[0] / scaler.scale_
    bias = float(last.intercept_[0] - (weights * scaler.mean_).sum())
    lines = [f'    "{name}": {weight:.4f},' for name, weight in zip(FEATURES, weights, strict=True)]
    return "\n".join(["MEANING = {", f'    "bias": {bias:.4f},', *lines, "}", ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
