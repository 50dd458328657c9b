"""Intervals and comparisons: known values, and the right conclusion from them."""

from __future__ import annotations

import pytest

from eval.statistics import cluster_bootstrap, holm, mcnemar, paired


def test_mcnemar_is_exact() -> None:
    assert mcnemar(0, 0) == 1
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(3, 9) == pytest.approx(0.14599609375)
    assert mcnemar(5, 5) == 1


def test_clusters_make_an_interval_wider_than_single_cases() -> None:
    values = [1.0] * 20 + [0.0] * 20
    alone = cluster_bootstrap(values, [str(n) for n in range(40)])
    together = cluster_bootstrap(values, [str(n // 10) for n in range(40)])
    assert together.high - together.low > 1.5 * (alone.high - alone.low)
    assert alone.mean == together.mean == 0.5


def test_a_bootstrap_repeats_exactly() -> None:
    values, names = [0.2, 0.4, 1.0, 0.0], ["a", "b", "c", "c"]
    assert cluster_bootstrap(values, names) == cluster_bootstrap(values, names)


def test_a_real_loss_is_told_from_chance() -> None:
    old = {str(n): 1.0 for n in range(50)}
    few = paired(old, old | {"1": 0.0, "2": 0.0})
    many = paired(old, old | {str(n): 0.0 for n in range(10)})
    assert (few.worse, few.real) == (2, False)
    assert (many.worse, many.real) == (10, True)
    assert many.change.mean == pytest.approx(-0.2)


def test_shares_are_compared_by_their_differences() -> None:
    old = {str(n): 0.5 for n in range(30)}
    assert paired(old, {name: value + 0.1 for name, value in old.items()}).real
    assert not paired(old, old).real


def test_only_cases_of_both_runs_are_compared() -> None:
    assert paired({"a": 1.0, "b": 1.0}, {"b": 0.0, "c": 1.0}).cases == 1


def test_holm_corrects_for_several_and_keeps_the_order() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == pytest.approx(
        {"a": 0.03, "c": 0.06, "b": 0.06}
    )
