import numpy as np
import pytest
from scipy import stats

from seqarena.significance.student import (
    estimate_of_parts,
    satterthwaite,
    student_estimate,
    variance_of_mean,
)


def test_interval_and_p_value_are_those_of_students_t():
    found = student_estimate(1.5, 0.25, 4.0, confidence=0.9, method="by hand")
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.9, 4, 1.5, 0.5))
    assert found.p_value == pytest.approx(2 * stats.t.sf(3, 4))
    assert (found.standard_error, found.dof, found.method) == (0.5, 4.0, "by hand")


@pytest.mark.parametrize(("value", "p_value"), [(0.0, 1.0), (0.1, 0.0), (-0.1, 0.0)])
def test_without_variance_any_difference_is_certain(value, p_value):
    found = student_estimate(value, 0.0, 4.0, confidence=0.95, method="by hand")
    assert (found.low, found.high, found.p_value) == (value, value, p_value)


def test_the_variance_of_a_mean_is_that_of_the_values_over_their_number():
    assert variance_of_mean(np.array([1.0, 2.0, 3.0])) == pytest.approx(1 / 3)
    # The mean of three times 0.1 is not 0.1.
    assert variance_of_mean(np.full(3, 0.1)) == 0.0


def test_of_equal_variances_the_degrees_of_freedom_add():
    assert satterthwaite((2.0, 2.0), (4, 4)) == pytest.approx(6.0)
    assert satterthwaite((2.0, 0.0), (4, 9)) == pytest.approx(3.0)


def test_the_squares_of_the_half_widths_of_parts_add():
    found = estimate_of_parts(1.0, [(4.0, 2.0), (9.0, 30.0)], confidence=0.9, method="by hand")
    half = (4 * stats.t.ppf(0.95, 2) ** 2 + 9 * stats.t.ppf(0.95, 30) ** 2) ** 0.5
    assert (found.low, found.high) == pytest.approx((1 - half, 1 + half))
    assert found.standard_error == pytest.approx(13**0.5)
    assert stats.t.ppf(0.95, found.dof) * 13**0.5 == pytest.approx(half)


@pytest.mark.parametrize("value", [1e-6, 0.3, 1.0, -5.0, 40.0])
def test_the_p_value_is_that_of_the_interval_that_just_reaches_0(value):
    parts = [(0.2, 2.0), (0.1, 4.0), (0.3, 999.0)]
    p_value = estimate_of_parts(value, parts, confidence=0.95, method="").p_value
    reaching = estimate_of_parts(value, parts, confidence=1 - p_value, method="")
    assert min(abs(reaching.low), abs(reaching.high)) == pytest.approx(0, abs=1e-9)


def test_one_part_alone_is_students_t():
    alone = student_estimate(1.5, 0.25, 4.0, confidence=0.9, method="by hand")
    parts = [(0.0, 2.0), (0.25, 4.0), (0.0, 9.0)]
    assert estimate_of_parts(1.5, parts, confidence=0.9, method="by hand") == alone
    none = estimate_of_parts(1.5, [(0.0, 2.0), (0.0, 9.0)], confidence=0.9, method="by hand")
    assert (none.low, none.high, none.p_value, none.dof) == (1.5, 1.5, 0.0, 9)


def test_differences_of_nothing_and_beyond_all_measure_have_p_values_too():
    parts = [(1.0, 2.0), (1.0, 400.0)]
    assert estimate_of_parts(0.0, parts, confidence=0.95, method="").p_value == 1.0
    assert estimate_of_parts(1e300, parts, confidence=0.95, method="").p_value == 0.0


@pytest.mark.parametrize("dof", [9.0, 3363.0])
@pytest.mark.parametrize("n_examples", [1543, 1774, 2134, 3363, 3671, 4223])
@pytest.mark.parametrize("shares", [(1.0, 1e-18), (1e-18, 1.0)])
def test_beside_a_part_that_is_all_but_everything_another_changes_nothing(dof, n_examples, shares):
    parts = list(zip(shares, (dof, n_examples - 1.0), strict=True))
    found = estimate_of_parts(0.5, parts, confidence=0.95, method="")
    assert found.dof == pytest.approx(parts[shares.index(1.0)][1], rel=1e-6)


@pytest.mark.slow
def test_a_part_that_comes_out_small_by_luck_is_not_trusted_for_more_than_its_own():
    """Three seeds of one family, none that matter of the other: pooled degrees are wrong."""
    rng = np.random.default_rng(0)
    n, of_seeds, of_examples, n_examples = 2000, 0.9, 0.1, 1000
    values = rng.normal(0, (of_seeds + of_examples) ** 0.5, n)
    seeds = of_seeds * rng.chisquare(2, n) / 2
    examples = of_examples * rng.chisquare(n_examples - 1, n) / (n_examples - 1)
    ours, pooled = 0, 0
    for value, one, other in zip(values, seeds, examples, strict=True):
        parts = [(float(one), 2.0), (float(other), n_examples - 1.0)]
        found = estimate_of_parts(float(value), parts, confidence=0.95, method="")
        ours += found.low <= 0 <= found.high
        dof = satterthwaite((one, other), (3, n_examples))
        pooled += abs(value) <= stats.t.ppf(0.975, dof) * (one + other) ** 0.5
    assert ours / n > 0.945
    assert pooled / n < 0.935
