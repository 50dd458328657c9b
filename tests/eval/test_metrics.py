import random

import pytest
import pytrec_eval

from eval.metrics import bootstrap, measure, wilson

NAMES = {"recall": "recall_10", "map": "map_cut_10", "ndcg": "ndcg_cut_10", "mrr": "recip_rank"}


@pytest.mark.parametrize("seed", range(40))
def test_measures_agree_with_trec_eval(seed):
    chance = random.Random(seed)  # noqa: S311
    passages = [f"p{number}" for number in range(40)]
    ranking = chance.sample(passages, chance.randint(0, 25))
    relevant = {p: chance.randint(1, 3) for p in chance.sample(passages, chance.randint(1, 15))}
    run = {passage: float(len(ranking) - rank) for rank, passage in enumerate(ranking[:10])}
    judge = pytrec_eval.RelevanceEvaluator(
        {"q": relevant}, {"recall.10", "map_cut.10", "ndcg_cut.10", "recip_rank"}
    )
    theirs = judge.evaluate({"q": run}).get("q", dict.fromkeys(NAMES.values(), 0.0))
    ours = measure(ranking, relevant, 10)
    assert ours == pytest.approx({name: theirs[NAMES[name]] for name in ours}, abs=1e-6)


def test_a_perfect_ranking_measures_1():
    assert measure(["a", "b", "x"], {"a": 2, "b": 1}) == pytest.approx(
        {"recall": 1, "map": 1, "ndcg": 1, "mrr": 1}
    )


def test_the_interval_of_a_mean_holds_it_and_repeats_exactly():
    values = [0.0, 1.0, 0.5, 1.0, 0.2, 0.9, 0.4]
    estimate = bootstrap(values)
    assert estimate == bootstrap(values)
    assert estimate.low < estimate.mean < estimate.high


def test_equal_values_have_no_spread():
    estimate = bootstrap([0.5] * 9)
    assert (estimate.low, estimate.mean, estimate.high) == (0.5, 0.5, 0.5)


def test_the_wilson_interval_is_as_tabulated():
    estimate = wilson(8, 10)
    assert (estimate.low, estimate.high) == (
        pytest.approx(0.490, abs=1e-3),
        pytest.approx(0.943, abs=1e-3),
    )


def test_the_wilson_interval_of_a_full_score_admits_less():
    assert wilson(20, 20).high == 1.0
    assert wilson(20, 20).low < 0.9
