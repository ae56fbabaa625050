"""Reliability by hand, and what chance alone shows."""

import numpy as np
import pytest

from seqarena.metrics.reliability import reliability_bins


def generator():
    return np.random.default_rng(0)


def test_bins_hold_the_mean_confidence_and_the_share_that_is_right():
    confidence = np.array([0.52, 0.58, 0.91, 0.99, 1.0])
    is_right = np.array([True, False, True, True, False])
    bins = reliability_bins(confidence, is_right, generator())
    found = [(each.confidence, each.accuracy, each.n) for each in bins]
    assert found == [
        (pytest.approx(0.55), 0.5, 2),
        (pytest.approx((0.91 + 0.99 + 1) / 3), pytest.approx(2 / 3), 3),
    ]


def test_certainty_that_is_right_has_no_room_for_chance():
    bins = reliability_bins(np.ones(4), np.ones(4, bool), generator())
    assert (bins[0].null_low, bins[0].null_high) == (1.0, 1.0)


def test_the_band_of_one_bin_is_that_of_the_binomial():
    # 100 examples at 0.75: the 2.5 % and 97.5 % quantiles are 66 and 83 hits.
    bins = reliability_bins(np.full(100, 0.75), np.ones(100, bool), generator())
    assert bins[0].null_low == pytest.approx(0.66, abs=0.015)
    assert bins[0].null_high == pytest.approx(0.83, abs=0.015)
