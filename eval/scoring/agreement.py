"""How well labels agree with other labels: confusion, F1, kappa. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

Confusion = dict[str, dict[str, int]]
"""How often the right label (outer) was given as another (inner)."""


def confusion(right: Sequence[str], given: Sequence[str]) -> Confusion:
    """Count right labels against given ones."""
    counts = Counter(zip(right, given, strict=True))
    labels = sorted({*right, *given})
    return {one: {other: counts[one, other] for other in labels} for one in labels}


def f1(right: Sequence[str], given: Sequence[str], label: str) -> float:
    """Give the F1 of one label; 0 where it is neither right nor given."""
    pairs = list(zip(right, given, strict=True))
    hits = sum(one == other == label for one, other in pairs)
    either = sum(one == label for one, _ in pairs) + sum(other == label for _, other in pairs)
    return 2 * hits / either if either else 0.0


def macro_f1(right: Sequence[str], given: Sequence[str]) -> float:
    """Give the mean F1 over all labels that are right or given at least once."""
    labels = {*right, *given}
    return sum(f1(right, given, one) for one in labels) / len(labels) if labels else math.nan


def kappa(right: Sequence[str], given: Sequence[str]) -> float:
    """Give Cohen's kappa: agreement beyond what the labels' frequencies give by chance."""
    if not right:
        return math.nan
    count = len(right)
    agreed = sum(one == other for one, other in zip(right, given, strict=True)) / count
    first, second = Counter(right), Counter(given)
    chance = sum(first[one] * second[one] for one in first) / count**2
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)
