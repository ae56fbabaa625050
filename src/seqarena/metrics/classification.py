"""How well labels are predicted: how often, how surely, and for rare labels too."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from seqarena.logspace import bits

_N_BINS = 15


@dataclass(frozen=True)
class ClassificationScores:
    """Five views of the same predictions."""

    accuracy: float
    """Share of examples whose most probable label is right."""
    bits_per_example: float
    """Mean of -log2 p(right label); infinite when a right label was called impossible."""
    brier: float
    """Mean squared distance between the probabilities and the truth, summed over labels: 0 to 2."""
    macro_f1: float
    """F1 averaged over the labels that occur as truth or as prediction, each counted once."""
    expected_calibration_error: float
    """Mean distance between confidence and accuracy: 0 to 1 (Guo et al. 2017)."""
    n_examples: int


def predicted_labels(
    class_log_prob: Float[np.ndarray, "examples classes"],
) -> Int[np.ndarray, "examples"]:
    """Return the most probable label of each example; among equals, the lowest."""
    best: np.ndarray = class_log_prob.argmax(axis=1)
    return best


def classification_scores(
    labels: Int[np.ndarray, "examples"], class_log_prob: Float[np.ndarray, "examples classes"]
) -> ClassificationScores:
    """Score log p(label | x) [nats] against the true labels.

    The Brier score and F1 are scikit-learn's.
    """
    # Imported here: scikit-learn's metrics cost about a second, which other tasks need not pay.
    from sklearn.metrics import brier_score_loss, f1_score

    predicted = predicted_labels(class_log_prob)
    own = np.take_along_axis(class_log_prob, labels[:, None], axis=1)[:, 0]
    probs = np.exp(class_log_prob.astype(np.float64))
    probs /= probs.sum(axis=1, keepdims=True)
    brier = brier_score_loss(
        labels,
        probs,
        labels=np.arange(probs.shape[1]),
        scale_by_half=False,
    )
    return ClassificationScores(
        accuracy=float((predicted == labels).mean()),
        bits_per_example=-bits(float(own.mean())),
        brier=float(brier),
        macro_f1=float(f1_score(labels, predicted, average="macro", zero_division=0.0)),
        expected_calibration_error=calibration_error(labels, probs),
        n_examples=len(labels),
    )


def calibration_error(
    labels: Int[np.ndarray, "examples"], probs: Float[np.ndarray, "examples classes"]
) -> float:
    """Return the expected calibration error (torchmetrics), over 15 bins of equal width.

    Examples are binned by the probability of their most probable label; each bin weighs as many as
    it holds. It is biased upwards, the more the fewer examples: a perfectly calibrated model of 8
    classes shows about .06 on 200 examples, .03 on 2,000 and .01 on 20,000. Compare it between
    models on the same examples, and let proper scores (bits, Brier) decide.
    """
    # Imported here: torchmetrics takes seconds, which other tasks need not pay.
    from torchmetrics.functional.classification import multiclass_calibration_error

    found = multiclass_calibration_error(
        torch.tensor(probs),
        torch.tensor(labels),
        num_classes=probs.shape[1],
        n_bins=_N_BINS,
        norm="l1",
    )
    return float(found)
