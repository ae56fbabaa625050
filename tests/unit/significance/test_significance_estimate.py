import numpy as np
import pytest

from seqarena.significance.estimate import Estimate


def estimate(value, error, dof):
    return Estimate(value, value - 2 * error, value + 2 * error, 0.5, error, dof, 0.95, "by hand")


def test_the_shares_are_those_of_baycomp_without_correlation():
    from baycomp.single import Posterior

    worse, equal, better = Posterior(0.3, 0.2**2, 4, rope=0.1).probs()
    assert estimate(0.3, 0.2, 4.0).shares(0.1) == pytest.approx((better, equal, worse))


def test_the_shares_of_a_bootstrap_are_those_of_a_normal():
    # One error above and below the middle: 68.27 %.
    better, equal, worse = estimate(0.0, 1.0, None).shares(1.0)
    assert (better, equal, worse) == pytest.approx((0.15866, 0.68269, 0.15866), abs=1e-5)


@pytest.mark.parametrize(
    ("value", "shares"), [(0.2, (1.0, 0.0, 0.0)), (0.0, (0.0, 1.0, 0.0)), (-1.0, (0.0, 0.0, 1.0))]
)
def test_without_error_one_share_is_all(value, shares):
    assert estimate(value, 0.0, 3.0).shares(0.1) == shares


def test_all_of_the_interval_must_lie_within_the_region():
    assert estimate(0.0, 0.5, 3.0).is_within(1.0)
    assert not estimate(0.1, 0.5, 3.0).is_within(1.0)
    assert not estimate(-0.1, 0.5, 3.0).is_within(1.0)
    assert np.isclose(estimate(0.0, 0.5, 3.0).level, 0.05)
