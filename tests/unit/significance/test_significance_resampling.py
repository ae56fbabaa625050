import numpy as np
import pytest
from scipy import stats

from seqarena.significance import resampling
from seqarena.significance.resampling import redrawn_scores, swapped_p_values
from seqarena.significance.scores import f1, ratio
from seqarena.significance.statistics import ExampleStatistics


def system(parts, score=ratio):
    parts = np.atleast_2d(np.asarray(parts, dtype=np.float64))
    values = np.stack([parts, np.ones_like(parts)], axis=2)
    return ExampleStatistics(values, score, True, tuple(map(str, range(parts.shape[1]))))


def rng():
    return np.random.default_rng(0)


def test_redrawn_means_spread_as_the_theory_of_the_bootstrap_says():
    values = [0.0, 1, 1, 4, 9]
    draws = redrawn_scores([system(values)], 20_000, rng())[0]
    assert draws.mean() == pytest.approx(np.mean(values), abs=0.03)
    assert draws.var() == pytest.approx(np.var(values) / 5, rel=0.03)


def test_all_systems_and_seeds_see_the_same_draws():
    ours, shifted = system([[0.0, 1, 4], [2, 3, 6]]), system([1.0, 2, 5])
    ours, shifted = redrawn_scores([ours, shifted], 500, rng())
    # The mean of the seeds is the second system's value on every example.
    assert ours == pytest.approx(shifted)


def test_the_bootstrap_is_that_of_scipy():
    ours, theirs = np.random.default_rng(1).normal(size=(2, 30))
    draws = redrawn_scores([system(ours), system(theirs)], 20_000, rng())
    found = stats.bootstrap(
        (ours, theirs),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        paired=True,
        n_resamples=20_000,
        method="percentile",
        rng=2,
    )
    low, high = np.quantile(draws[0] - draws[1], [0.025, 0.975])
    assert (low, high) == pytest.approx(tuple(found.confidence_interval), abs=0.02)


def test_three_examples_that_all_differ_leave_two_of_eight_ways():
    p_value = swapped_p_values([system([1, 1, 1]), system([0, 0, 0])], [(0, 1)], 20_000, rng())
    assert p_value == pytest.approx([2 / 8], abs=0.01)


def test_randomisation_is_the_permutation_test_of_scipy():
    ours, theirs = np.random.default_rng(3).normal(size=(2, 9))
    exact = stats.permutation_test(
        (ours, theirs),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        permutation_type="samples",
        n_resamples=np.inf,
    )
    found = swapped_p_values([system(ours), system(theirs)], [(0, 1)], 50_000, rng())
    assert found == pytest.approx([exact.pvalue], abs=0.01)


def test_no_p_value_is_zero():
    ours, theirs = system(np.ones(100)), system(np.zeros(100))
    assert swapped_p_values([ours, theirs], [(0, 1)], 99, rng()).tolist() == [0.01]


def test_systems_that_do_the_same_have_a_p_value_of_one():
    values = np.random.default_rng(0).normal(size=(3, 50))
    one, same = system(values), system(values[[2, 0, 1]])
    assert swapped_p_values([one, same], [(0, 1)], 500, rng()).tolist() == [1.0]


def test_the_examples_of_unequal_numbers_of_seeds_are_swapped_as_their_means_are():
    # Of a mean, swapping every pair of seeds is swapping the means over them.
    ours, theirs = np.random.default_rng(5).normal(size=(2, 3, 8))
    unequal = swapped_p_values([system(ours[:2]), system(theirs)], [(0, 1)], 500, rng())
    means = swapped_p_values(
        [system(ours[:2].mean(axis=0)), system(theirs.mean(axis=0))], [(0, 1)], 500, rng()
    )
    assert unequal == pytest.approx(means)


def test_blocks_do_not_change_how_many_draws_there_are(monkeypatch):
    monkeypatch.setattr(resampling, "_BLOCK", 64)
    values = np.random.default_rng(0).normal(size=(2, 20))
    assert redrawn_scores([system(values)], 101, rng()).shape == (1, 101)
    alone = swapped_p_values([system(np.ones(20)), system(np.zeros(20))], [(0, 1)], 100, rng())
    assert alone == pytest.approx([1 / 101])


def test_draws_without_a_score_count_against_a_difference():
    # F1's twin that is not defined where nothing was predicted: a ratio of correct to predicted.
    values = np.array([[[1.0, 1], [0, 0]]])
    ids = ("a", "b")
    one = ExampleStatistics(values, ratio, True, ids)
    other = ExampleStatistics(values * [0, 1], ratio, True, ids)
    assert np.isnan(redrawn_scores([one], 200, rng())).any()
    other_way = ExampleStatistics(values[:, ::-1] * [0, 1], ratio, True, ids)
    assert swapped_p_values([one, other], [(0, 1)], 99, rng()).tolist() == [1.0]
    assert swapped_p_values([one, other_way], [(0, 1)], 999, rng())[0] > 0.9


def test_f1_of_swapped_links_is_that_of_the_mixed_sets():
    values = np.random.default_rng(0).integers(0, 5, size=(2, 1, 4, 3)).astype(np.float64)
    systems = [ExampleStatistics(each, f1, True, tuple("abcd")) for each in values]
    observed = abs(systems[0].seed_scores()[0] - systems[1].seed_scores()[0])
    by_hand = []
    for code in range(16):
        swap = np.array([code >> bit & 1 for bit in range(4)])[:, None]
        mixed = [
            f1(np.where(swap, values[1 - place, 0], values[place, 0]).sum(axis=0))
            for place in (0, 1)
        ]
        by_hand.append(abs(mixed[0] - mixed[1]) >= observed - 1e-12)
    found = swapped_p_values(systems, [(0, 1)], 20_000, rng())
    assert found == pytest.approx([np.mean(by_hand)], abs=0.015)


def test_a_rounding_error_is_no_difference():
    # Better on each of three examples: of the eight ways two are as far apart, to the last bit.
    rng = np.random.default_rng(0)
    for _ in range(20):
        ours, theirs = 1 + rng.random((3, 3)), rng.random((3, 3))
        found = swapped_p_values([system(ours), system(theirs)], [(0, 1)], 2000, rng)
        assert found == pytest.approx([2 / 8], abs=0.05)
