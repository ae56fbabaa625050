import numpy as np
import pytest

from seqarena.errors import DataError
from seqarena.metrics.classification import calibration_error
from seqarena.significance.calibration import calibration_band


def calibrated(n, rng):
    confidences = rng.uniform(0.3, 1, size=n)
    return confidences, rng.random(n) < confidences


def test_three_examples_worked_by_hand():
    # Two in one bin: one right, 1.8 expected. One alone: right, .6 expected.
    found = calibration_band(np.array([0.9, 0.6, 0.9]), np.array([True, True, False]))
    assert found.error == pytest.approx((0.8 + 0.4) / 3)


def test_a_confidence_of_one_has_a_bin_of_its_own():
    # Wrong at 1 and right at .95: errors of 1 and .05, which in one bin would cancel.
    found = calibration_band(np.array([1.0, 0.95]), np.array([False, True]), n_draws=10)
    assert found.error == pytest.approx(1.05 / 2)


@pytest.mark.slow
def test_the_error_is_that_of_torchmetrics():
    rng = np.random.default_rng(0)
    probs = rng.dirichlet(np.full(4, 0.3), size=500)
    probs[:5] = np.eye(4)[[0, 1, 2, 3, 0]]
    labels = rng.integers(4, size=500)
    found = calibration_band(probs.max(axis=1), probs.argmax(axis=1) == labels, n_draws=10)
    assert found.error == pytest.approx(calibration_error(labels, probs))


def test_the_null_of_one_example_is_worked_by_hand():
    # Right with probability .8: the error is .2 then and .8 otherwise.
    found = calibration_band(np.array([0.8]), np.array([True]), n_draws=20_000)
    assert found.null_mean == pytest.approx(0.8 * 0.2 + 0.2 * 0.8, abs=0.01)
    assert (found.null_low, found.null_high) == pytest.approx((0.2, 0.8))
    assert found.p_value == 1.0


@pytest.mark.slow
def test_perfect_models_lie_within_the_band_as_often_as_promised():
    rng = np.random.default_rng(0)
    found = [calibration_band(*calibrated(200, rng), n_draws=200) for _ in range(400)]
    within = [each.null_low <= each.error <= each.null_high for each in found]
    assert 0.92 < np.mean(within) < 0.98
    assert abs(np.mean([each.excess for each in found])) < 0.003
    assert np.mean([each.p_value <= 0.1 for each in found]) == pytest.approx(0.1, abs=0.04)


def test_a_model_that_is_too_sure_lies_above_the_band():
    rng = np.random.default_rng(0)
    confidences, is_right = calibrated(2000, rng)
    found = calibration_band(np.sqrt(confidences), is_right, n_draws=200)
    assert found.error > found.null_high
    assert found.p_value == 1 / 201
    assert found.excess == found.error - found.null_mean


def test_blocks_hold_all_draws(monkeypatch):
    from seqarena.significance import calibration

    monkeypatch.setattr(calibration, "_BLOCK", 50)
    found = calibration_band(np.full(20, 1.0), np.zeros(20, dtype=bool), n_draws=99)
    assert (found.error, found.null_high, found.p_value) == (1.0, 0.0, 0.01)


@pytest.mark.parametrize(
    ("confidences", "message"),
    [
        ([], "no example to judge a calibration by; at least one is needed."),
        (
            [0.5, -0.7],
            "confidence -0.7 of example 1 is no probability; it must be between 0 and 1 (exp of a "
            "log-probability).",
        ),
        (
            [np.nan],
            "confidence nan of example 0 is no probability; it must be between 0 and 1 (exp of a "
            "log-probability).",
        ),
    ],
)
def test_what_is_no_probability_is_refused(confidences, message):
    with pytest.raises(DataError) as caught:
        calibration_band(np.array(confidences, dtype=float), np.ones(len(confidences), dtype=bool))
    assert str(caught.value) == message
