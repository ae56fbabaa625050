import numpy as np
import pytest
from scipy import stats

from seqarena.errors import DataError
from seqarena.significance.estimate import Unknown
from seqarena.significance.seeds import paired_difference, t_interval, welch_difference


def test_three_values_give_the_interval_worked_by_hand():
    # mean 2, deviation 1, t(2, 0.975) = 4.3027, 4.3027 / sqrt(3) = 2.4842
    interval = t_interval([1.0, 2.0, 3.0])
    assert interval.mean == 2.0
    assert interval.half_width == pytest.approx(2.4841, abs=1e-4)
    assert (interval.low, interval.high) == pytest.approx((-0.4841, 4.4841), abs=1e-4)
    assert interval.n == 3


def test_the_interval_is_that_of_scipy_stats():
    values = np.random.default_rng(3).normal(size=7)
    low, high = stats.t.interval(0.9, 6, loc=values.mean(), scale=stats.sem(values))
    interval = t_interval(values.tolist(), confidence=0.9)
    assert (interval.low, interval.high) == pytest.approx((low, high))


def test_three_seeds_cover_the_true_mean_as_often_as_promised():
    draws = np.random.default_rng(0).normal(size=(2000, 3))
    intervals = [t_interval(row.tolist()) for row in draws]
    covered = np.mean([interval.low <= 0 <= interval.high for interval in intervals])
    assert 0.935 < covered < 0.965


def test_one_value_has_a_mean_and_no_interval_and_says_so():
    interval = t_interval([0.25])
    assert (interval.mean, interval.low, interval.high, interval.half_width) == (
        0.25,
        None,
        None,
        None,
    )
    assert interval.describe() == "one seed: no interval"
    assert t_interval([0.1, 0.2]).describe() == "95% Student t interval over 2 seeds"


def test_equal_values_give_a_width_of_exactly_zero():
    interval = t_interval([0.1, 0.1, 0.1])
    assert interval.half_width == 0.0


def test_overlap_is_symmetric_and_unknown_without_an_interval():
    wide, near, far = t_interval([1.0, 3.0]), t_interval([2.0, 2.1]), t_interval([50.0, 50.0])
    assert wide.overlaps(near) is True and near.overlaps(wide) is True
    assert near.overlaps(far) is False and far.overlaps(near) is False
    assert wide.overlaps(t_interval([2.0])) is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "no value to average; at least one finished seed is needed."),
        ([1.0, float("inf")], "cannot average [1.0, inf]; every value must be finite."),
    ],
)
def test_what_cannot_be_averaged_is_refused(values, message):
    with pytest.raises(DataError) as caught:
        t_interval(values)
    assert str(caught.value) == message


def test_welch_is_worked_by_hand():
    # Means 2 and 5, variances 1 and 4, three seeds each: error sqrt(1/3 + 4/3), and
    # (5/3) ** 2 / ((1/3) ** 2 / 2 + (4/3) ** 2 / 2) degrees of freedom.
    found = welch_difference([1, 2, 3], [3, 5, 7], higher_is_better=True)
    assert found.value == -3.0
    assert found.standard_error == pytest.approx((5 / 3) ** 0.5)
    assert found.dof == pytest.approx(25 / 9 / (17 / 18))
    half = stats.t.ppf(0.975, found.dof) * found.standard_error
    assert (found.low, found.high) == pytest.approx((-3 - half, -3 + half))
    assert found.p_value == pytest.approx(2 * stats.t.sf(3 / found.standard_error, found.dof))
    assert found.method == "Welch's t over 3 and 3 seeds"


def test_pairs_are_worked_by_hand():
    # Differences 1, 2, 3: mean 2, deviation 1.
    found = paired_difference([2, 4, 6], [1, 2, 3], higher_is_better=True)
    assert (found.value, found.dof) == (2.0, 2.0)
    assert found.standard_error == pytest.approx(1 / 3**0.5)
    assert (found.low, found.high) == pytest.approx((-0.4841, 4.4841), abs=1e-4)
    assert found.p_value == pytest.approx(2 * stats.t.sf(2 * 3**0.5, 2))
    assert found.method == "paired t over 3 pairs"


@pytest.mark.parametrize("difference", [welch_difference, paired_difference])
def test_where_lower_is_better_less_is_better(difference):
    higher = difference([1, 2, 3], [3, 5, 8], higher_is_better=True)
    lower = difference([1, 2, 3], [3, 5, 8], higher_is_better=False)
    assert lower.value == -higher.value
    assert (lower.low, lower.high) == pytest.approx((-higher.high, -higher.low))
    assert lower.p_value == pytest.approx(higher.p_value)


@pytest.mark.parametrize("difference", [welch_difference, paired_difference])
def test_one_seed_gives_a_reason_and_no_number(difference):
    assert difference([1.0], [2.0], higher_is_better=True) == Unknown(
        "one seed",
        "There is one seed of one and of the other: how far the score moves with the seed is not "
        "known, so nothing is said of other fits; at least two seeds of each are needed.",
    )


def test_without_noise_there_is_nothing_to_test_against():
    assert welch_difference([1, 1], [2, 2, 2], higher_is_better=True).why == "no spread"
    assert paired_difference([1, 2], [2, 3], higher_is_better=True).why == "no spread"
    assert welch_difference([1, 1], [2, 3], higher_is_better=True).value == -1.5


def test_unequal_numbers_make_no_pairs():
    with pytest.raises(DataError) as caught:
        paired_difference([1, 2], [1, 2, 3], higher_is_better=True)
    assert str(caught.value) == (
        "2 and 3 values make no pairs; hand over one value of each for every pair, or use "
        "welch_difference."
    )


def test_welch_and_the_paired_t_are_those_of_scipy():
    one, other = np.random.default_rng(1).normal(size=(2, 6)).tolist()
    for ours, theirs in (
        (welch_difference, stats.ttest_ind(one, other, equal_var=False)),
        (paired_difference, stats.ttest_rel(one, other)),
    ):
        found, interval = ours(one, other, higher_is_better=True), theirs.confidence_interval()
        assert (found.p_value, found.dof) == pytest.approx((theirs.pvalue, theirs.df))
        assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
