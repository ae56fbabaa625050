"""Bits or nats per step: what a density family is judged by, pooled over every scored step."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from seqarena.errors import DataError
from seqarena.logspace import bits
from seqarena.metrics.ratio import ratio_standard_error

_MOST_NATS = 700.0  # Of which the exponential is still a number.


@dataclass(frozen=True)
class DensityScore:
    """Log-probability of some sequences and the steps it covers; scores add."""

    log_prob: float
    """Sum over the sequences [nats]; minus infinity when one of them is impossible."""
    n_scored: int
    """Steps that the sum covers."""

    def __add__(self, other: "DensityScore") -> "DensityScore":
        return DensityScore(self.log_prob + other.log_prob, self.n_scored + other.n_scored)

    @property
    def bits_per_step(self) -> float:
        """Cross-entropy per scored step [bits]: long sequences count for all of their steps.

        Raises:
            DataError: no step is scored.
        """
        return bits(self.nats_per_step)

    @property
    def nats_per_step(self) -> float:
        """Cross-entropy per scored step [nats]: long sequences count for all of their steps.

        Raises:
            DataError: no step is scored.
        """
        if self.n_scored == 0:
            raise DataError("no step is scored, so there is nothing to divide by.")
        return -self.log_prob / self.n_scored

    @property
    def perplexity(self) -> float:
        """Equally likely symbols among which a guess would be as hard: exp of the nats per step.

        Infinite where it is too large for a number of 64 bits.

        Raises:
            DataError: no step is scored.
        """
        return float(np.exp(self.nats_per_step)) if self.nats_per_step < _MOST_NATS else np.inf


def density_score(
    log_prob: Float[np.ndarray, "sequences"], n_scored: Int[np.ndarray, "sequences"]
) -> DensityScore:
    """Pool the log-probabilities of sequences [nats] and their scored steps."""
    return DensityScore(float(log_prob.sum()), int(n_scored.sum()))


def mean_nats_per_step(
    log_prob: Float[np.ndarray, "sequences"], n_scored: Int[np.ndarray, "sequences"]
) -> float:
    """Return the mean over the sequences of each one's own nats per step.

    Steps of short sequences weigh more than those of long ones, unlike in the pooled score. A
    sequence of which no step is scored has none, and is left out.
    """
    has_steps = n_scored > 0
    return float(-(log_prob[has_steps] / n_scored[has_steps]).mean())


def bits_standard_error(
    log_prob: Float[np.ndarray, "sequences"], n_scored: Int[np.ndarray, "sequences"]
) -> float | None:
    """Return the standard error of the pooled bits per step, over the sequences as a sample.

    The linearised error of a ratio of sums (Cochran 1977, eq. 6.13), because sequences differ in
    length. None for a single sequence, or when a sequence is impossible.
    """
    if not np.isfinite(log_prob).all():
        return None
    return ratio_standard_error(log_prob / np.log(2.0), n_scored)
