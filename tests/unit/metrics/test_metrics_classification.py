import numpy as np
import pytest

from seqarena.metrics.classification import classification_scores, predicted_labels


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
