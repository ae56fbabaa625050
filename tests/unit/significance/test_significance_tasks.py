import math

import numpy as np
import pytest
from scipy import stats

from seqarena.errors import DataError
from seqarena.significance import task_pairs
from seqarena.significance.estimate import Unknown
from seqarena.significance.tasks import compare_over_tasks
from task_scenes import beside_nothing, over_tasks

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    """The posterior's shares are a matter of test_significance_task_pairs."""
    monkeypatch.setattr(task_pairs, "_N_DRAWS", 500)


# On each of six tasks the same order.
ORDERED = [[3, 2, 1]] * 6


def test_friedman_is_worked_by_hand():
    # Sums of ranks 6, 12, 18: 12 / (6 * 3 * 4) * 504 - 3 * 6 * 4 = 12, and chi2(2) > 12 is e^-6.
    found = compare_over_tasks(over_tasks(ORDERED))
    assert found.friedman.statistic == pytest.approx(12.0)
    assert found.friedman.dof == 2
    assert found.friedman.p_value == pytest.approx(math.exp(-6))
    assert found.mean_ranks == (1.0, 2.0, 3.0)


def test_nemenyi_is_worked_by_hand():
    # Mean ranks 1, 2, 3 and an error of sqrt(3 * 4 / (6 * 6)): ranges of 3 infinite samples.
    found = compare_over_tasks(over_tasks(ORDERED)).nemenyi
    error = (3 * 4 / (6 * 6)) ** 0.5
    for gap, places in ((1, (0, 1)), (2, (0, 2))):
        expected = stats.studentized_range.sf(gap / error * 2**0.5, 3, np.inf)
        assert found[places] == pytest.approx(expected, abs=1e-6)


def test_equal_scores_share_their_ranks():
    assert compare_over_tasks(over_tasks([[2, 2, 1]] * 6)).mean_ranks == (1.5, 1.5, 3.0)
    found = compare_over_tasks(over_tasks([[1, 1, 1]] * 6))
    assert (found.friedman.statistic, found.friedman.p_value) == (0.0, 1.0)
    assert found.cliques == (("a", "b", "c"),)


def test_where_lower_is_better_the_other_side_wins():
    scores = np.random.default_rng(0).normal(size=(8, 3))
    higher = compare_over_tasks(over_tasks(scores))
    lower = compare_over_tasks(over_tasks(-scores, higher_is_better=False))
    assert lower.mean_ranks == higher.mean_ranks
    for ours, theirs in zip(lower.pairs, higher.pairs, strict=True):
        assert ours.median_gap == theirs.median_gap
        assert ours.shares == theirs.shares


def test_holm_is_over_all_pairs():
    found = compare_over_tasks(over_tasks([[3, 2, 1 - 1e-3 * each] for each in range(8)]))
    assert [pair.p_value for pair in found.pairs] == pytest.approx([2 / 2**8] * 3)
    assert [pair.corrected for pair in found.pairs] == pytest.approx([6 / 2**8] * 3)
    # Of six tasks 2 / 64 is below 5 % and thrice that is not: nobody is told apart.
    assert compare_over_tasks(over_tasks(ORDERED)).cliques == (("a", "b", "c"),)


def test_families_that_were_not_told_apart_are_a_clique():
    noise = np.random.default_rng(0).normal(scale=0.1, size=(12, 4))
    found = compare_over_tasks(over_tasks(noise + np.array([5, 5, 0, 0])))
    assert found.cliques == (("a", "b"), ("c", "d"))
    # In the middle of two that are apart: it belongs to both sides.
    middle = np.array([3.0, -2.0] * 6)
    between = noise + np.stack([1 + 0 * middle, middle, 0 * middle, middle - 9], axis=1)
    assert compare_over_tasks(over_tasks(between)).cliques == (("a", "b"), ("b", "c"))


def test_a_missing_cell_is_named_and_its_family_takes_no_part_there():
    scores = np.random.default_rng(0).normal(loc=[3, 0, -3], size=(8, 3))
    scores[2, 1] = np.nan
    found = compare_over_tasks(over_tasks(scores))
    assert found.missing == (("b", "task-2"),)
    assert "task-2" not in found.complete and len(found.complete) == 7
    assert [pair.n_tasks for pair in found.pairs] == [7, 8, 7]
    complete = np.delete(scores, 2, axis=0)
    assert found.friedman == compare_over_tasks(over_tasks(complete)).friedman


def test_five_tasks_are_too_few_and_it_is_said():
    found = compare_over_tasks(over_tasks(ORDERED[:5]))
    reason = Unknown(
        "too few tasks",
        "There are 5 tasks with a score of both; no test over fewer than 6 can find a difference "
        "at 5 %.",
    )
    (first, *_) = found.pairs
    assert first.p_value == first.corrected == first.shares == reason
    assert found.friedman.why == found.nemenyi.why == "too few tasks"
    # The ranks are there to be looked at, and nobody is told apart.
    assert found.mean_ranks == (1.0, 2.0, 3.0)
    assert found.cliques == (("a", "b", "c"),)


def test_two_families_need_no_friedman():
    found = compare_over_tasks(beside_nothing([1, 2, 3, 4, 5, 6]))
    assert found.friedman.why == "too few families"


def test_an_infinite_score_is_the_last_and_spoils_nothing():
    scores = np.array(ORDERED, dtype=float)
    scores[:, 2] = -np.inf
    scores[0, 0] = -np.inf
    found = compare_over_tasks(over_tasks(scores))
    assert found.mean_ranks == pytest.approx((7.5 / 6, 11 / 6, 17.5 / 6))
    pair = found.pairs[1]
    assert (pair.one, pair.other, pair.n_better, pair.n_worse) == ("a", "c", 5, 0)
    assert np.isfinite(over_tasks(scores).gaps(0, 2)).all()
    assert pair.shares[0] > 0.9


def test_one_family_is_no_comparison():
    with pytest.raises(DataError) as caught:
        compare_over_tasks(over_tasks([[1.0]] * 6))
    assert str(caught.value) == "('a',) is no comparison; at least two families are needed."
