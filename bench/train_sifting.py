"""Fits the weights of `pipeline.copies.sifting` to the copies benchmark: which texts that meet are found to share text.

    python -m bench.train_sifting BENCH_DIR

The label is what a comparison says, not the truth: it shall be foreseen. Each pair counts in the epoch of the texts and
in one of ten times as many articles, where keys are rarer. Prints the weights, and how many pairs are left at which
odds.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from bench.copies_adapter import candidates, documents, keys_of, profiles, readings, sketch
from pipeline.copies.epoch import Epoch, counted
from pipeline.copies.sifting import is_chance, told
from pipeline.reuse import reuse

GROWN = (1, 10)
ROUNDS, RIDGE = 60, 1e-3
LOST = (0, 1, 2, 3, 5, 10)

# Epoch, what is told, whether more is common than by chance, whether it shares text.
Pair = tuple[int, tuple[float, ...], bool, bool]


def main(folder: Path) -> None:
    """Fit and print."""
    for name, pairs in zip(("one language", "two languages"), _pairs(documents(folder)), strict=True):
        grown, features, beyond, shared = map(np.array, zip(*pairs, strict=True))
        weights = _fitted(features, shared)
        print(name, tuple(round(float(weight), 3) for weight in weights))
        odds = weights[0] + features @ weights[1:]
        for times in GROWN:
            then = (grown == times) & beyond
            print(f"  {times} times the articles: of {(grown == times).sum()} pairs that meet {then.sum()} have more "
                  f"in common than by chance, of {(shared & (grown == times)).sum()} that share "
                  f"text {(shared & then).sum()}")
            _told(odds[then], shared[then])


def _pairs(texts: list[dict[str, Any]]) -> tuple[list[Pair], list[Pair]]:
    """The pairs that meet, of one language and of two."""
    read_texts = readings(texts)
    epoch = counted(read_texts)
    profiled = profiles(read_texts, epoch)
    shared: dict[tuple[int, int], bool] = {}
    pairs: tuple[list[Pair], list[Pair]] = [], []
    for grown in GROWN:
        then = _of_more(epoch, grown)
        worths = keys_of(read_texts, then)
        sketches = list(map(sketch, profiles(read_texts, then), worths))
        for left, right, common in candidates(read_texts, worths):
            if texts[left]["text"] == texts[right]["text"]:
                continue
            if (left, right) not in shared:
                shared[left, right] = reuse(profiled[left], profiled[right], meeting=common.nats) is not None
            one, other = sketches[left], sketches[right]
            across = None is not one.language != other.language is not None
            pairs[across].append((grown, told(one, other, common), not is_chance(one, other), shared[left, right]))
    return pairs


def _of_more(epoch: Epoch, times: int) -> Epoch:
    """The epoch of so many times the articles, in which tokens are as often; those that stand in one text, in one."""
    return Epoch(epoch.articles * times, {token: (count - 1) * times + 1 for token, count in epoch.counts.items()},
                 epoch.furniture, epoch.own, f"{epoch.digest} x {times}")


def _fitted(features: Any, shared: Any) -> Any:
    """A logistic model by Newton's method, over features that are scaled meanwhile: bias and weights."""
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    rows = np.column_stack([np.ones(len(features)), (features - mean) / spread])
    weights = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        sure = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (sure - shared) + RIDGE * len(rows) * weights
        bend = (rows * (sure * (1 - sure))[:, None]).T @ rows + RIDGE * len(rows) * np.eye(len(weights))
        weights -= np.linalg.solve(bend, slope)
    scaled = weights[1:] / spread
    return np.array([weights[0] - (scaled * mean).sum(), *scaled])


def _told(odds: Any, shared: Any) -> None:
    found = np.sort(odds[shared])
    others = odds[~shared]
    print(f"    {len(found)} share text, {len(others)} do not; left at odds that lose",
          ", ".join(f"{lost}: {(others >= odds_of).sum()} ({odds_of:.2f})"
                    for lost, odds_of in zip(LOST, found[list(LOST)], strict=True)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
