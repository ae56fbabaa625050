"""How well labels are predicted: how often, how surely, and for rare labels too."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from seqarena.logspace import bits


@dataclass(frozen=True)
class ClassificationScores:
    """Four views of the same predictions."""

    accuracy: float
    """Share of examples whose most probable label is right."""
    bits_per_example: float
    """Mean of -log2 p(right label); infinite when a right label was called impossible."""
    brier: float
    """Mean squared distance between the probabilities and the truth, summed over labels: 0 to 2."""
    macro_f1: float
    """F1 averaged over the labels that occur as truth or as prediction, each counted once."""
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
    brier = brier_score_loss(
        labels,
        probs / probs.sum(axis=1, keepdims=True),
        labels=np.arange(probs.shape[1]),
        scale_by_half=False,
    )
    return ClassificationScores(
        accuracy=float((predicted == labels).mean()),
        bits_per_example=-bits(float(own.mean())),
        brier=float(brier),
        macro_f1=float(f1_score(labels, predicted, average="macro", zero_division=0.0)),
        n_examples=len(labels),
    )
