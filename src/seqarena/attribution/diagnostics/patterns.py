"""Heads that look at the step before, at the same symbol, or at what came after it last time."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from seqarena.seeds import numpy_generator


class PatternScores(NamedTuple):
    """Mean weight that each head puts on a pattern, over the rows that have it; 0 to 1."""

    previous: Float[np.ndarray, "*lead head"]
    """On the step before."""
    duplicate: Float[np.ndarray, "*lead head"]
    """On the same symbol, one period ago."""
    induction: Float[np.ndarray, "*lead head"]
    """On the step after the same symbol, one period ago."""


def repeated_symbols(
    n_symbols: int, period: int, n_sequences: int, seed: int
) -> Int[np.ndarray, "sequence twice_period"]:
    """Return sequences r‖r of random symbols: nothing but their repetition can be predicted."""
    generator = numpy_generator(seed, "repeated symbols")
    once = generator.integers(n_symbols, size=(n_sequences, period))
    return np.concatenate([once, once], axis=1).astype(np.int64)


def pattern_scores(
    states: Float[np.ndarray, "*lead head step column"], period: int
) -> PatternScores:
    """Return what each head puts on each pattern of sequences that repeat after `period` steps.

    Olsson et al. (2022), "Head Activation Evaluators": row i belongs to the state that has read
    symbol i, so an induction head looks from i to i - period + 1, whose symbol came next last time.
    Rows without a column of the pattern do not count.
    """
    return PatternScores(
        previous=_mean_weight(states, lag=1),
        duplicate=_mean_weight(states, lag=period),
        induction=_mean_weight(states, lag=period - 1, first=period),
    )


def _mean_weight(
    states: Float[np.ndarray, "*lead head step column"], lag: int, first: int = 0
) -> Float[np.ndarray, "*lead head"]:
    """Return the mean of A[i, i - lag] over i from `first`; of nothing, 0."""
    on_lag = np.diagonal(states, offset=-lag, axis1=-2, axis2=-1)[..., max(first - lag, 0) :]
    return np.asarray(on_lag.sum(axis=-1) / max(on_lag.shape[-1], 1))
