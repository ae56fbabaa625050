"""How good the best of n random trials is expected to be."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import gammaln

from seqarena.errors import DataError


@dataclass(frozen=True)
class ExpectedValidation:
    """The score of the best of the first n trials, n = 1, 2, …, all: found, and expected.

    In the metric's own direction. Infinite where a trial that failed may be the best of n.
    """

    best_so_far: Float[np.ndarray, "trial"]
    """Of the trials in the order in which they ran: one draw of what the others are means of."""
    with_replacement: Float[np.ndarray, "trial"]
    """Dodge et al. (2019): too pessimistic for many trials, and of the smallest variance."""
    without_replacement: Float[np.ndarray, "trial"]
    """Tang et al. (2020): without bias; at the end it is the best that was found, and no more."""
    median: float
    """Score of the middle trial: what a family gives without a search."""

    @property
    def n_trials(self) -> int:
        """Trials that ran."""
        return len(self.best_so_far)


def expected_validation(
    scores: Float[np.ndarray, "trial"], *, higher_is_better: bool
) -> ExpectedValidation:
    """Return the curve of a random search over its number of trials.

    Both estimators weigh the sorted scores: with replacement the i-th smallest of N is the largest
    of n with probability (i/N)^n - ((i-1)/N)^n, without it C(i-1, n-1) / C(N, n). Dodge et al.
    (2021) find that the biased one leads to fewer wrong conclusions, the unbiased one to a curve
    that is right on average: show both, and no family beyond the trials that it had.

    Args:
        scores: of each trial on the validation split, in the order in which they ran; a trial that
            failed or diverged is infinitely bad.
        higher_is_better: direction of the score.

    Raises:
        DataError: there is no trial, one is NaN, or one is infinitely good.
    """
    sign = 1.0 if higher_is_better else -1.0
    gains = sign * scores
    if not len(gains):
        raise DataError("a search without a trial has no curve; at least one trial is needed.")
    wrong = np.isnan(gains) | np.isposinf(gains)
    if wrong.any():
        place = int(wrong.argmax())
        raise DataError(
            f"trial {place} has the score {scores[place]}; a trial that failed is "
            f"{-sign * np.inf}, every other one finite."
        )
    ordered = np.sort(gains)
    return ExpectedValidation(
        best_so_far=sign * np.maximum.accumulate(gains),
        with_replacement=sign * _weighted(_with_replacement(len(gains)), ordered),
        without_replacement=sign * _weighted(_without_replacement(len(gains)), ordered),
        median=sign * float(_median(ordered)),
    )


def _with_replacement(n: int) -> Float[np.ndarray, "trial rank"]:
    trials = np.arange(1, n + 1)[:, None]
    below = (np.arange(n + 1) / n) ** trials
    return np.asarray(np.diff(below, axis=1))


def _without_replacement(n: int) -> Float[np.ndarray, "trial rank"]:
    trials, ranks = np.arange(1, n + 1)[:, None], np.arange(1, n + 1)[None]
    # C(i - 1, n - 1) / C(N, n) in logarithms: the binomials themselves soon overflow.
    possible = np.maximum(ranks, trials)
    logs = _log_binomial(possible - 1, trials - 1) - _log_binomial(np.array(n), trials)
    return np.where(ranks >= trials, np.exp(logs), 0.0)


def _log_binomial(n: np.ndarray, k: np.ndarray) -> np.ndarray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _weighted(
    weights: Float[np.ndarray, "trial rank"], ordered: Float[np.ndarray, "rank"]
) -> Float[np.ndarray, "trial"]:
    """Return weights @ ordered, where a weight of 0 makes nothing of an infinite score."""
    terms = np.multiply(weights, ordered, where=weights > 0, out=np.zeros_like(weights))
    return np.asarray(terms.sum(axis=1))


def _median(ordered: Float[np.ndarray, "rank"]) -> float:
    # The lower middle one: a score that some trial has, and never the mean of two infinite ones.
    return float(ordered[(len(ordered) - 1) // 2])
