from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqarena.errors import DataError
from seqarena.metrics.ranking import CUTOFFS, Ranks, ranking_scores, ranks_of

SCORES = st.lists(
    st.lists(st.sampled_from([-np.inf, -2.0, -1.0, 0.0, 1.0]), min_size=6, max_size=6),
    min_size=1,
    max_size=4,
)


def at(*places: tuple[int, int]) -> Ranks:
    better, ties = np.array(places).T
    return Ranks(better, ties, better + ties + 1)


def every_order(scores: np.ndarray, right: int) -> list[int]:
    """Rank of the right item in every order that the scores allow, by brute force."""
    orders = [
        order
        for order in permutations(range(len(scores)))
        if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]
    return [order.index(right) + 1 for order in orders]


@pytest.mark.slow
@given(SCORES, st.data())
@settings(max_examples=40, deadline=None)
def test_a_score_is_its_mean_over_every_order_of_the_ties(rows, data):
    scores = np.array(rows)
    right = np.array([data.draw(st.integers(0, 5)) for _ in rows])
    ranks = ranks_of(scores, right, np.ones(scores.shape, dtype=bool))
    for row, (own, item) in enumerate(zip(scores, right, strict=True)):
        places = np.array(every_order(own, item))
        assert ranks.reciprocal()[row] == pytest.approx((1 / places).mean())
        for k in (1, 3, 5):
            assert ranks.hits(k)[row] == pytest.approx((places <= k).mean())
            gains = np.where(places <= k, 1 / np.log2(places + 1), 0)
            assert ranks.gains(k)[row] == pytest.approx(gains.mean())


def test_a_model_that_scores_all_alike_is_worth_what_chance_is():
    scores = np.zeros((1, 40))
    for right in (0, 39):
        found = ranking_scores(ranks_of(scores, np.array([right]), scores == 0))
        assert found["hit_rate_at_10"] == pytest.approx(10 / 40)
        assert found["ndcg_at_10"] == pytest.approx((1 / np.log2(np.arange(2, 12))).sum() / 40)
        assert found["mrr"] == pytest.approx((1 / np.arange(1, 41)).sum() / 40)


@pytest.mark.slow
def test_scikit_learn_says_the_same_of_ndcg():
    from sklearn.metrics import ndcg_score

    generator = np.random.default_rng(0)
    scores = generator.normal(size=(50, 30)).round(1)
    right = generator.integers(0, 30, 50)
    truth = np.eye(30)[right]
    found = ranking_scores(ranks_of(scores, right, np.ones(scores.shape, dtype=bool)))
    for k in (5, 10, 20):
        assert found[f"ndcg_at_{k}"] == pytest.approx(ndcg_score(truth, scores, k=k))


@pytest.mark.slow
def test_torchmetrics_says_the_same_where_nothing_ties():
    import torch
    from torchmetrics.retrieval import RetrievalHitRate, RetrievalMRR, RetrievalNormalizedDCG

    generator = np.random.default_rng(1)
    scores = generator.permuted(np.tile(np.arange(1.0, 31.0), (50, 1)), axis=1)
    right = generator.integers(0, 30, 50)
    found = ranking_scores(ranks_of(scores, right, np.ones(scores.shape, dtype=bool)))
    truth = torch.from_numpy(np.eye(30)[right]).long().flatten()
    users = torch.arange(50).repeat_interleave(30)
    flat = torch.from_numpy(scores).flatten()
    for k in CUTOFFS:
        hits = RetrievalHitRate(top_k=k)(flat, truth, indexes=users)
        assert found[f"hit_rate_at_{k}"] == pytest.approx(float(hits))
    ndcg = RetrievalNormalizedDCG(top_k=10)(flat, truth, indexes=users)
    assert found["ndcg_at_10"] == pytest.approx(float(ndcg), abs=1e-6)
    assert found["mrr"] == pytest.approx(float(RetrievalMRR()(flat, truth, indexes=users)))


def test_only_candidates_are_counted():
    scores = np.array([[5.0, 4.0, 3.0, 3.0, 3.0]])
    candidates = np.array([[False, True, True, False, True]])
    ranks = ranks_of(scores, np.array([2]), candidates)
    assert (ranks.n_better[0], ranks.n_ties[0], ranks.n_candidates[0]) == (1, 1, 3)


def test_a_right_item_that_is_no_candidate_is_refused():
    with pytest.raises(DataError) as caught:
        ranks_of(np.zeros((1, 2)), np.array([1]), np.array([[True, False]]))
    assert str(caught.value) == (
        "example 0: item 1 is the right one and not among the candidates; rank it too."
    )


def test_standard_errors_are_those_of_a_mean_over_users():
    found = ranking_scores(at((0, 0), (4, 0), (30, 0)))
    assert found["hit_rate_at_5"] == pytest.approx(2 / 3)
    assert found["hit_rate_at_1"] == pytest.approx(1 / 3)
    error = np.std([1, 1, 0], ddof=1) / np.sqrt(3)
    assert found["hit_rate_at_5_standard_error"] == pytest.approx(error)
    assert found["ndcg_at_5"] == pytest.approx((1 + 1 / np.log2(6)) / 3)
    assert not any("error" in name for name in ranking_scores(at((0, 0))))
