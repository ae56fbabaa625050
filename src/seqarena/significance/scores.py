"""Metrics as functions of sums of statistics: (..., k) -> (...), whole arrays at once."""

import math

import numpy as np
from jaxtyping import Float

Sums = Float[np.ndarray, "*lead k"]
Scores = Float[np.ndarray, "*lead"]

_MAX_ORDER = 4
"""Longest n-grams of BLEU."""


def ratio(sums: Sums) -> Scores:
    """Return part / size of (part, size): a mean, accuracy or error rate; NaN where size is 0."""
    return _divide(sums[..., 0], sums[..., 1])


def bits(sums: Sums) -> Scores:
    """Return bits per step of (nats, steps); NaN where there is no step."""
    return np.asarray(ratio(sums) / math.log(2))


def perplexity(sums: Sums) -> Scores:
    """Return exp(nats per step) of (nats, steps); NaN where there is no step."""
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(ratio(sums)))


def f1(sums: Sums) -> Scores:
    """Return 2 · correct / (predicted + gold) of (correct, predicted, gold); 0 where all are 0."""
    size = sums[..., 1] + sums[..., 2]
    return np.where(size == 0, 0.0, _divide(2 * sums[..., 0], size))


def bleu(sums: Sums) -> Scores:
    """Return corpus BLEU, 0 to 100, as sacreBLEU computes it by default (Post 2018).

    Args:
        sums: sacreBLEU's statistics: length of the outputs, of the references, then the right
            n-grams of 1 to 4 words, then all n-grams of the outputs. An order without a right one
            is smoothed exponentially; an order without any makes the score 0.
    """
    length, reference = sums[..., 0], sums[..., 1]
    correct, total = sums[..., 2 : 2 + _MAX_ORDER], sums[..., 2 + _MAX_ORDER :]
    # The n-th order without a right n-gram counts as 2 ** -n of one.
    smoothed = np.where(correct == 0, 0.5 ** np.cumsum(correct == 0, axis=-1), correct)
    is_zero = (total == 0).any(axis=-1) | (correct == 0).all(axis=-1)
    precisions = np.where(is_zero[..., None], 1.0, _divide(smoothed, total))
    shortness = np.minimum(0.0, 1 - _divide(reference, np.where(is_zero, 1.0, length)))
    return np.where(is_zero, 0.0, 100 * np.exp(shortness + np.log(precisions).mean(axis=-1)))


# A single sum gives numbers where many give arrays.
def _divide(part: np.ndarray | np.float64, size: np.ndarray | np.float64) -> np.ndarray:
    undefined = np.full(np.shape(part), np.nan)
    return np.asarray(np.divide(part, size, where=np.not_equal(size, 0), out=undefined))
