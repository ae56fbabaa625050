import numpy as np
import pytest

from seqarena.metrics.classification import (
    calibration_error,
    classification_scores,
    predicted_labels,
)


def test_scores_of_three_examples_worked_by_hand():
    probs = np.array([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]])
    scores = classification_scores(np.array([0, 1, 2]), np.log(probs))
    assert scores.accuracy == pytest.approx(2 / 3)
    assert scores.bits_per_example == pytest.approx((1 + 1 + 2) / 3)
    # right: .25 + .0625 + .0625 = .375, twice; wrong: .25 + .0625 + .5625 = .875
    assert scores.brier == pytest.approx((0.375 + 0.375 + 0.875) / 3)
    # F1 of label 0: 2/3 (precision 1/2, recall 1); of 1: 1; of 2: 0
    assert scores.macro_f1 == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert scores.n_examples == 3


def test_two_labels_keep_the_same_brier_scale_as_many():
    certain_and_wrong = np.log(np.array([[1e-300, 1.0], [1e-300, 1.0]]))
    assert classification_scores(np.array([0, 1]), certain_and_wrong).brier == pytest.approx(1.0)


def test_a_right_label_called_impossible_costs_infinitely_many_bits():
    with np.errstate(divide="ignore"):
        log_probs = np.log(np.array([[0.0, 1.0], [0.0, 1.0]]))
    scores = classification_scores(np.array([0, 1]), log_probs)
    assert scores.bits_per_example == float("inf")
    assert scores.accuracy == 0.5


def test_among_equally_probable_labels_the_lowest_is_predicted():
    assert predicted_labels(np.log(np.array([[0.2, 0.4, 0.4]]))).tolist() == [1]


@pytest.mark.slow
def test_the_calibration_error_is_the_mean_gap_of_the_bins_that_hold_something():
    # Confidences .6, .6 and .9 in two of the 15 bins: the first two are half right, the last wrong.
    probs = np.array([[0.6, 0.4], [0.4, 0.6], [0.9, 0.1]])
    found = calibration_error(np.array([0, 0, 1]), probs)
    assert found == pytest.approx(2 / 3 * abs(0.5 - 0.6) + 1 / 3 * 0.9, abs=1e-6)
    assert classification_scores(
        np.array([0, 0, 1]), np.log(probs)
    ).expected_calibration_error == pytest.approx(found)


@pytest.mark.slow
def test_the_calibration_error_is_that_of_counting_bin_by_bin():
    generator = np.random.default_rng(0)
    probs = generator.dirichlet(np.ones(3), size=500)
    labels = generator.integers(0, 3, size=500)
    confidence, is_right = probs.max(axis=1), probs.argmax(axis=1) == labels
    bins = np.ceil(confidence * 15)
    gaps = [
        (bins == each).mean() * abs(is_right[bins == each].mean() - confidence[bins == each].mean())
        for each in np.unique(bins)
    ]
    assert calibration_error(labels, probs) == pytest.approx(sum(gaps), abs=1e-6)
