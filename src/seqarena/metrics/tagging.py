"""How many steps bear the right tag, over all of them and for rare tags too."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.errors import DataError
from seqarena.metrics.ratio import ratio_standard_error


@dataclass(frozen=True)
class TagScores:
    """Three views of the same tags."""

    accuracy: float
    """Share of all steps whose tag is right: long sequences count for all of their steps."""
    standard_error: float | None
    """Of the accuracy, the sequences taken as a sample; None for a single one."""
    macro_f1: float
    """F1 averaged over the tags that occur as truth or as prediction, each counted once."""


def tag_scores(
    gold: Int[np.ndarray, "steps"],
    predicted: Int[np.ndarray, "steps"],
    lengths: Int[np.ndarray, "sequences"],
) -> TagScores:
    """Compare the tags of sequences that stand one after the other; F1 is scikit-learn's.

    Raises:
        DataError: gold, prediction and lengths do not tell of the same steps.
    """
    # Imported here: scikit-learn's metrics cost about a second, which other tasks need not pay.
    from sklearn.metrics import f1_score

    if not len(gold) == len(predicted) == int(lengths.sum()):
        raise DataError(
            f"{len(gold)} gold tags, {len(predicted)} predicted ones and sequences of "
            f"{int(lengths.sum())} steps in all; each step needs one of both."
        )
    is_right = gold == predicted
    n_correct = np.add.reduceat(is_right.astype(np.int64), np.cumsum(lengths) - lengths)
    return TagScores(
        accuracy=float(is_right.mean()),
        standard_error=ratio_standard_error(n_correct, lengths),
        macro_f1=float(f1_score(gold, predicted, average="macro", zero_division=0.0)),
    )
