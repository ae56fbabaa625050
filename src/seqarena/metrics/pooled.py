"""Metrics as functions of sums over examples: of all of them, or of many draws at once.

Each function takes sums, parts on the last axis and draws on those before it, and returns a score
for each draw. A draw without what a score divides by (no gold link) gives NaN. The more usual ones
(shares, bits, F1, BLEU) are in `seqarena.significance.scores`.
"""

import numpy as np
from jaxtyping import Float

Sums = Float[np.ndarray, "*draws parts"]
Scores = Float[np.ndarray, "*draws"]


def precision(sums: Sums) -> Scores:
    """Return correct over predicted links, parts 0 and 1; 0 where none was predicted."""
    return _over(sums[..., 0], sums[..., 1], empty=0.0)


def recall(sums: Sums) -> Scores:
    """Return correct over gold links, parts 0 and 2."""
    return _over(sums[..., 0], sums[..., 2])


def alignment_error_rate(sums: Sums) -> Scores:
    """Return 1 - F1 of correct, predicted and gold links, which are all sure (Och & Ney 2003)."""
    return 1.0 - _over(2 * sums[..., 0], sums[..., 1] + sums[..., 2])


def macro_f1(sums: Sums) -> Scores:
    """Return F1 averaged over the labels that occur in a draw, as truth or as prediction.

    The parts are the right predictions of each label, then all predictions of each, then all
    examples (or steps) of each.
    """
    right, predicted, gold = np.split(sums, 3, axis=-1)
    own = _over(2 * right, predicted + gold, empty=0.0)
    return _over(own.sum(axis=-1), ((predicted + gold) > 0).sum(axis=-1))


def calibration_error(sums: Sums) -> Scores:
    """Return the expected calibration error (Guo et al. 2017).

    The parts are confidence less accuracy, summed over each bin, and the number of examples last.
    """
    return _over(np.abs(sums[..., :-1]).sum(axis=-1), sums[..., -1])


def chrf(sums: Sums) -> Scores:
    """Return chrF, 0 to 100: F2 of precision and recall averaged over the orders that occur.

    The parts are sacreBLEU's: of each order of n-grams those of the output, of the reference, and
    of both.
    """
    counts = sums.reshape(*sums.shape[:-1], -1, 3)
    written, wanted, both = (counts[..., part] for part in range(3))
    occurs = (written > 0) & (wanted > 0)
    n_orders = np.maximum(occurs.sum(axis=-1), 1)
    found, covered = (
        _over(np.where(occurs, both, 0.0), np.where(occurs, of, 1.0)).sum(axis=-1) / n_orders
        for of in (written, wanted)
    )
    return _over(500.0 * found * covered, 4.0 * found + covered, empty=0.0)


def _over(part: np.ndarray, whole: np.ndarray, empty: float = np.nan) -> np.ndarray:
    return np.asarray(np.divide(part, whole, where=whole != 0, out=np.full(np.shape(part), empty)))
