"""How sure a figure is, and whether two runs differ. Pure; every draw has a fixed seed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics import Estimate

RESAMPLES = 10_000
SEED = 20260101


def cluster_bootstrap(
    values: Sequence[float], clusters: Sequence[str], resamples: int = RESAMPLES
) -> Estimate:
    """Estimate a mean with its 95 % interval by drawing whole clusters.

    Questions about one document are alike, so that drawing them one by one would promise too
    narrow an interval."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return Estimate(math.nan, math.nan, math.nan)
    names = sorted(set(clusters))
    place = {name: at for at, name in enumerate(names)}
    index = np.asarray([place[one] for one in clusters])
    sums = np.bincount(index, weights=array, minlength=len(names))
    sizes = np.bincount(index, minlength=len(names)).astype(np.float64)
    means = np.empty(resamples)
    chance = np.random.default_rng(SEED)
    step = max(1, 2_000_000 // max(1, len(names)))
    for start in range(0, resamples, step):
        stop = min(resamples, start + step)
        draws = chance.integers(0, len(names), (stop - start, len(names)))
        means[start:stop] = sums[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(array.mean()), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Paired:
    """Two runs over the same cases."""

    cases: int
    change: Estimate
    """Mean of the new run less that of the old, with its 95 % interval."""
    better: int
    worse: int
    p: float
    """Exact McNemar for rights and wrongs, else by drawing the differences."""

    @property
    def real(self) -> bool:
        """Tell whether chance alone would hardly make such a difference."""
        return self.p < 0.05 and (self.change.low > 0 or self.change.high < 0)


def paired(old: Mapping[str, float], new: Mapping[str, float]) -> Paired:
    """Compare two runs case by case over the cases that both have."""
    shared = sorted(old.keys() & new.keys())
    differences = np.asarray([new[one] - old[one] for one in shared], dtype=np.float64)
    better, worse = int((differences > 0).sum()), int((differences < 0).sum())
    change = cluster_bootstrap(differences.tolist(), shared)
    binary = all(value in {0.0, 1.0} for one in shared for value in (old[one], new[one]))
    p = mcnemar(better, worse) if binary else _sign_flips(differences)
    return Paired(len(shared), change, better, worse, p)


def mcnemar(better: int, worse: int) -> float:
    """Give the exact two-sided p of so many changes for the better and for the worse."""
    changed = better + worse
    if changed == 0:
        return 1.0
    tail = sum(math.comb(changed, k) for k in range(min(better, worse) + 1)) / 2**changed
    return float(min(1.0, 2 * tail))


def _sign_flips(differences: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Give the p of a mean difference if each difference could as well have the other sign."""
    moved = differences[differences != 0]
    if moved.size == 0:
        return 1.0
    signs = np.random.default_rng(SEED).choice((-1.0, 1.0), (RESAMPLES, moved.size))
    sums = np.abs((signs * moved).sum(axis=1))
    return float((1 + (sums >= abs(moved.sum()) - 1e-12).sum()) / (RESAMPLES + 1))


def holm(values: Mapping[str, float]) -> dict[str, float]:
    """Correct several p values for there being several, by Holm's method."""
    corrected: dict[str, float] = {}
    highest = 0.0
    for rank, (name, p) in enumerate(sorted(values.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, p * (len(values) - rank)))
        corrected[name] = highest
    return corrected
