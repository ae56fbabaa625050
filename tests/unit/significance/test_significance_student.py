import numpy as np
import pytest
from scipy import stats

from seqarena.significance.student import satterthwaite, student_estimate, variance_of_mean


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
