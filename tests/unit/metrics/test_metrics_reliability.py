"""Reliability by hand, and what chance alone shows."""

import numpy as np
import pytest

from seqarena.metrics.reliability import reliability_curve


def generator():
    return np.random.default_rng(0)


def test_bins_hold_the_mean_confidence_and_the_share_that_is_right():
    confidence = np.array([0.52, 0.58, 0.91, 0.99, 1.0])
    is_right = np.array([True, False, True, True, False])
    curve = reliability_curve(confidence, is_right, generator())
    found = [(each.confidence, each.accuracy, each.n) for each in curve.bins]
    assert found == [
        (pytest.approx(0.55), 0.5, 2),
        (pytest.approx((0.91 + 0.99 + 1) / 3), pytest.approx(2 / 3), 3),
    ]
    error = 0.4 * 0.05 + 0.6 * abs(2 / 3 - 2.9 / 3)
    assert curve.error == pytest.approx(error)


def test_certainty_that_is_right_has_no_room_for_chance():
    curve = reliability_curve(np.ones(4), np.ones(4, bool), generator())
    assert (curve.error, curve.null_error) == (0.0, 0.0)
    assert (curve.bins[0].null_low, curve.bins[0].null_high) == (1.0, 1.0)


def test_the_band_of_one_bin_is_that_of_the_binomial():
    # 100 examples at 0.75: the 2.5 % and 97.5 % quantiles are 66 and 83 hits.
    curve = reliability_curve(np.full(100, 0.75), np.ones(100, bool), generator())
    assert curve.bins[0].null_low == pytest.approx(0.66, abs=0.015)
    assert curve.bins[0].null_high == pytest.approx(0.83, abs=0.015)


def test_a_calibrated_model_is_beyond_chance_about_once_in_twenty():
    rng = generator()
    n_beyond = 0
    for _ in range(100):
        confidence = rng.uniform(0.3, 1.0, 300)
        curve = reliability_curve(confidence, rng.random(300) < confidence, rng)
        n_beyond += curve.error > curve.null_error
    assert n_beyond <= 12


def test_a_model_that_is_too_sure_is_beyond_chance():
    rng = generator()
    confidence = rng.uniform(0.8, 1.0, 300)
    curve = reliability_curve(confidence, rng.random(300) < confidence - 0.2, rng)
    assert curve.error > 2 * curve.null_error
