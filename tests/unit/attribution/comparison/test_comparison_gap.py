from itertools import combinations

import numpy as np
import pytest
from scipy.stats import bootstrap

from comparison_scenes import family, influence
from seqarena.attribution.comparison.difference import difference
from seqarena.attribution.comparison.gap import family_gap
from seqarena.attribution.comparison.probe_interval import probe_interval
from seqarena.attribution.comparison.relabelling import least_p_value, relabelling_p_value
from seqarena.attribution.comparison.run_distances import run_distances

ONE, OTHER = np.arange(3), np.arange(3, 6)


def distances(*families):
    runs = [run for each in families for run in each.runs]
    return run_distances([run.capture.influence for run in runs], [run.fit for run in runs])


def by_hand(means, one, other):
    """The statistic, pair by pair."""
    inner = [np.mean([means[pair] for pair in combinations(own, 2)]) for own in (one, other)]
    return np.mean([means[a, b] for a in one for b in other]) - np.mean(inner)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_the_difference_is_the_mean_across_less_the_mean_within(rng):
    found = distances(family("a", 1, rng), family("b", 2, rng))
    expected = by_hand(found.means, [0, 1, 2], [3, 4, 5])
    assert difference(found.means, ONE, OTHER) == pytest.approx(expected)
    assert family_gap(found, ONE, OTHER).difference == pytest.approx(expected)


def test_the_p_value_is_the_share_of_dealings_that_differ_as_much(rng):
    found = distances(family("a", 1, rng), family("b", 1, rng))
    runs = set(range(6))
    observed = by_hand(found.means, [0, 1, 2], [3, 4, 5])
    dealt = [
        by_hand(found.means, own, sorted(runs - set(own)))
        for own in map(list, combinations(range(6), 3))
    ]
    expected = np.mean([value >= observed - 1e-12 for value in dealt])
    assert relabelling_p_value(found.means, ONE, OTHER, seed=0) == pytest.approx(expected)


def test_families_that_look_at_different_lags_are_found(rng):
    found = distances(family("a", 1, rng, n_seeds=5), family("b", 2, rng, n_seeds=5))
    gap = family_gap(found, np.arange(5), np.arange(5, 10))
    assert gap.p_value == pytest.approx(2 / 252)
    assert gap.is_apart
    assert gap.low > 0.3
    assert gap.low <= gap.difference <= gap.high


def test_few_seeds_cannot_give_a_small_p_value(rng):
    gap = family_gap(distances(family("a", 1, rng), family("b", 4, rng)), ONE, OTHER)
    assert gap.p_value == gap.least_p_value == pytest.approx(0.1)
    assert least_p_value(2, 3) == pytest.approx(0.1)
    assert least_p_value(20, 20) == 1e-4
    assert np.isnan(least_p_value(1, 5))


def test_the_same_fits_twice_do_not_differ_at_all(rng):
    one = family("a", 1, rng)
    gap = family_gap(distances(one, one), ONE, OTHER)
    assert gap.difference == gap.low == gap.high == 0
    assert gap.p_value > 0.5
    assert not gap.is_apart


def test_one_seed_gives_no_noise_and_no_p_value(rng):
    gap = family_gap(distances(family("a", 1, rng, 1), family("b", 2, rng)), ONE[:1], OTHER - 2)
    assert gap.between > 0
    assert np.isnan([gap.within[0], gap.difference, gap.p_value, gap.low]).all()
    assert gap.within[1] > 0


def test_a_single_probe_gives_no_interval(rng):
    gap = family_gap(
        distances(family("a", 1, rng, n_probes=1), family("b", 2, rng, n_probes=1)), ONE, OTHER
    )
    assert np.isnan([gap.low, gap.high]).all()
    assert gap.p_value == pytest.approx(0.1)


@pytest.mark.slow
def test_the_interval_covers_what_other_probes_would_give(rng):
    wide = distances(family("a", 1, rng, n_probes=200), family("b", 2, rng, n_probes=200))
    truth = family_gap(wide, ONE, OTHER).difference
    few = distances(family("a", 1, rng, n_probes=12), family("b", 2, rng, n_probes=12))
    gap = family_gap(few, ONE, OTHER)
    assert gap.low < truth < gap.high


@pytest.mark.slow
def test_families_that_are_one_are_called_different_no_more_often_than_the_level(rng):
    own, others = np.arange(4), np.arange(4, 8)
    n_rejected = 0
    for _ in range(200):
        found = distances(
            family("a", 1, rng, 4, n_probes=1, noise=0.3),
            family("b", 1, rng, 4, n_probes=1, noise=0.3),
        )
        n_rejected += relabelling_p_value(found.means, own, others, seed=0) <= 0.05
    # The exact level of 35 dealings is 1/35; 5 % of 200 and three standard errors are 19.
    assert n_rejected <= 19


def test_the_interval_is_that_of_scipy_where_every_draw_has_rows(rng):
    found = distances(family("a", 1, rng, n_probes=6), family("b", 2, rng, n_probes=6))

    def statistic(drawn):
        times = np.bincount(drawn.astype(int), minlength=6)[None]
        return by_hand(found.weighted_means(times)[0], [0, 1, 2], [3, 4, 5])

    expected = bootstrap(
        (np.arange(6),), statistic, n_resamples=999, vectorized=False, method="percentile", rng=rng
    ).confidence_interval
    assert probe_interval(found, ONE, OTHER, seed=0) == pytest.approx(
        (expected.low, expected.high), abs=0.1 * (expected.high - expected.low)
    )


def test_draws_without_a_row_to_compare_are_left_out():
    somewhere, nowhere = influence([[0.0, 1.0]]), influence([[0.0, 0.0]])
    elsewhere = influence([[1.0, 0.0]])
    ours, theirs = [somewhere] + [nowhere] * 2, [elsewhere] + [nowhere] * 2
    found = run_distances([ours, ours, theirs, theirs], list("abcd"))
    assert probe_interval(found, np.arange(2), np.arange(2, 4), seed=0) == (1, 1)
