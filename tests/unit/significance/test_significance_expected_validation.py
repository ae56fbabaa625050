from itertools import combinations, product

import numpy as np
import pytest

from seqarena.errors import DataError
from seqarena.significance.expected_validation import expected_validation


def test_three_trials_worked_by_hand():
    found = expected_validation(np.array([2.0, 3.0, 1.0]), higher_is_better=True)
    assert found.best_so_far.tolist() == [2, 3, 3]
    # Best of two: with replacement (1 * 1 + 3 * 2 + 5 * 3) / 9, without it (2 + 3 + 3) / 3.
    assert found.with_replacement == pytest.approx([2, 22 / 9, (1 + 7 * 2 + 19 * 3) / 27])
    assert found.without_replacement == pytest.approx([2, 8 / 3, 3])
    assert (found.median, found.n_trials) == (2.0, 3)


@pytest.mark.parametrize("higher_is_better", [True, False])
def test_both_are_means_over_all_ways_to_draw_the_trials(higher_is_better):
    scores = np.array([0.3, 0.1, 0.1, 0.7, 0.2])
    best = np.max if higher_is_better else np.min
    found = expected_validation(scores, higher_is_better=higher_is_better)
    for n in range(1, 6):
        drawn = [best(each) for each in product(scores, repeat=n)]
        chosen = [best(each) for each in combinations(scores, n)]
        assert found.with_replacement[n - 1] == pytest.approx(np.mean(drawn))
        assert found.without_replacement[n - 1] == pytest.approx(np.mean(chosen))


def test_where_lower_is_better_the_best_is_the_least():
    found = expected_validation(np.array([2.0, 3.0, 1.0]), higher_is_better=False)
    assert found.best_so_far.tolist() == [2, 2, 1]
    assert found.without_replacement == pytest.approx([2, 4 / 3, 1])


def test_a_trial_that_failed_counts_until_it_cannot_be_the_best():
    found = expected_validation(np.array([np.inf, 2.0, 1.0]), higher_is_better=False)
    assert found.best_so_far.tolist() == [np.inf, 2, 1]
    # Any two of the three hold one that did not fail; with replacement all may be the failed one.
    assert found.without_replacement == pytest.approx([np.inf, 4 / 3, 1])
    assert found.with_replacement.tolist() == [np.inf] * 3
    assert found.median == 2.0


@pytest.mark.slow
def test_many_trials_do_not_overflow():
    scores = np.random.default_rng(0).normal(size=2000)
    found = expected_validation(scores, higher_is_better=True)
    assert found.without_replacement[[0, -1]] == pytest.approx([scores.mean(), scores.max()])
    assert (np.diff(found.with_replacement) > -1e-12).all()
    assert (found.with_replacement <= found.without_replacement + 1e-9).all()


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([], "a search without a trial has no curve; at least one trial is needed."),
        (
            [1.0, np.nan],
            "trial 1 has the score nan; a trial that failed is inf, every other one finite.",
        ),
        (
            [-np.inf],
            "trial 0 has the score -inf; a trial that failed is inf, every other one finite.",
        ),
    ],
)
def test_scores_that_no_trial_can_have_are_refused(scores, message):
    with pytest.raises(DataError) as caught:
        expected_validation(np.array(scores, dtype=float), higher_is_better=False)
    assert str(caught.value) == message
