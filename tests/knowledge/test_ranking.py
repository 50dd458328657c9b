import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.ranking import (
    DEPTH,
    LONG_QUESTION,
    SHORT,
    STATEMENT,
    Ranked,
    Weights,
    fuse,
    weights_for,
)


def hits(*pairs):
    rows = np.array([row for row, _ in pairs], dtype=np.int64)
    return rows, np.array([score for _, score in pairs], dtype=np.float64)


NOTHING = hits()


@pytest.mark.parametrize(
    ("query", "weights"),
    [
        ("how long are backups kept?", SHORT),
        ("darf ich einen USB-Stick benutzen", SHORT),
        ("Segregation of duties", SHORT),
        ("backup retention", SHORT),
        (
            "Networks and network services are monitored to find potentially adverse events",
            STATEMENT,
        ),
        (
            "What must an employee do who has lost a company laptop with restricted files on it "
            "while travelling abroad for a customer?",
            LONG_QUESTION,
        ),
        (
            "In the case of a supplier with access to restricted data, which checks apply before "
            "the contract is signed?",
            LONG_QUESTION,
        ),
    ],
)
def test_the_mix_follows_the_kind_of_query(query, weights):
    assert weights_for(query) == weights


def test_scores_are_stretched_per_engine_and_mixed():
    ranked = fuse(hits((1, 0.9), (2, 0.7), (3, 0.5)), hits((3, 12.0), (1, 2.0)), Weights(0.6))
    assert ranked == [
        Ranked(1, 0.6, 0.9, 1, 2.0, 2),
        Ranked(3, 0.4, 0.5, 3, 12.0, 1),
        Ranked(2, pytest.approx(0.3), 0.7, 2, None, None),
    ]


def test_a_hit_of_one_engine_alone_is_kept_and_says_so():
    (hit,) = fuse(NOTHING, hits((7, 3.0)), Weights(0.5))
    assert (hit.row, hit.dense_rank, hit.keyword_rank) == (7, None, 1)
    assert hit.score == 0.5


def test_nothing_found_by_either_engine_is_nothing():
    assert fuse(NOTHING, NOTHING, SHORT) == []


def test_equal_scores_stand_in_the_order_of_rows():
    ranked = fuse(hits((9, 1.0), (4, 1.0), (6, 1.0)), NOTHING, SHORT)
    assert [hit.row for hit in ranked] == [4, 6, 9]


def test_hits_beyond_the_first_200_of_an_engine_do_not_count():
    many = hits(*((row, 1000.0 - row) for row in range(DEPTH + 50)))
    assert len(fuse(many, NOTHING, SHORT)) == DEPTH


SCORES = st.lists(
    st.tuples(st.integers(0, 30), st.floats(0, 50)), max_size=20, unique_by=lambda p: p[0]
).map(lambda pairs: hits(*sorted(pairs, key=lambda pair: -pair[1])))


@given(SCORES, SCORES, st.floats(0, 1))
def test_every_hit_of_either_engine_comes_once_with_a_score_from_0_to_1(dense, keyword, share):
    ranked = fuse(dense, keyword, Weights(share))
    assert sorted(hit.row for hit in ranked) == sorted(set(dense[0]) | set(keyword[0]))
    assert all(0 <= hit.score <= 1 + 1e-9 for hit in ranked)
    assert ranked == sorted(ranked, key=lambda hit: (-hit.score, hit.row))
