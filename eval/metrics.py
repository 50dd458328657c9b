"""Measures of a ranking, defined as in trec_eval, and how sure their means are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

MEASURES = ("recall", "map", "ndcg", "mrr")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over queries with its 95 % interval."""

    mean: float
    low: float
    high: float


def measure(ranking: Sequence[str], relevant: Mapping[str, int], k: int = 10) -> dict[str, float]:
    """Measure the first `k` of `ranking`: recall, map, ndcg (gain = grade) and mrr.

    `relevant` holds the grades above 0 and must not be empty: without an answer nothing is
    measurable.
    """
    top = ranking[:k]
    gains = [relevant.get(passage, 0) for passage in top]
    hits = [gain > 0 for gain in gains]
    precisions = [sum(hits[: rank + 1]) / (rank + 1) for rank, hit in enumerate(hits) if hit]
    ideal = _discounted(sorted(relevant.values(), reverse=True)[:k])
    return {
        "recall": sum(hits) / len(relevant),
        "map": sum(precisions) / len(relevant),
        "ndcg": _discounted(gains) / ideal,
        "mrr": 1 / (hits.index(True) + 1) if any(hits) else 0.0,
    }


def bootstrap(values: Sequence[float], resamples: int = 1000, seed: int = 20260101) -> Estimate:
    """Estimate the mean of `values` with its 95 % interval by resampling the queries."""
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        return Estimate(math.nan, math.nan, math.nan)
    draws = np.random.default_rng(seed).integers(0, array.size, (resamples, array.size))
    low, high = np.quantile(array[draws].mean(axis=1), (0.025, 0.975))
    return Estimate(float(array.mean()), float(low), float(high))


def wilson(successes: int, trials: int, z: float = 1.96) -> Estimate:
    """Estimate a share with its 95 % interval, which stays in 0..1 for few trials and extremes."""
    if trials == 0:
        return Estimate(math.nan, math.nan, math.nan)
    share = successes / trials
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    reach = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / scale
    return Estimate(share, max(0.0, centre - reach), min(1.0, centre + reach))


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
