import numpy as np
import pytest
from scipy import stats

from seqarena.errors import DataError
from seqarena.metrics.confidence import t_interval


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
