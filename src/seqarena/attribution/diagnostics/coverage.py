"""What of an input was looked at while an output was written."""

import numpy as np
from jaxtyping import Float

from seqarena.attribution.diagnostics.distributions import Rows

OMITTED_BELOW, REPEATED_ABOVE = 0.2, 2.0
"""Coverage under which an input step counts as left out, over which as said again."""


def coverage(rows: Rows) -> Float[np.ndarray, "*lead column"]:
    """Return sum_q A of each column: Tu et al. (2016). All together sum to the rows that look.

    It is the soft fertility of an input step: over how many output steps it was spread.
    """
    return np.asarray(rows.sum(axis=-2))


def omission_rate(rows: Rows, threshold: float = OMITTED_BELOW) -> Float[np.ndarray, "*lead"]:
    """Return the share of columns that are covered less than the threshold: under-translation."""
    return _share(coverage(rows) < threshold)


def repetition_rate(rows: Rows, threshold: float = REPEATED_ABOVE) -> Float[np.ndarray, "*lead"]:
    """Return the share of columns that are covered more than the threshold: over-translation."""
    return _share(coverage(rows) > threshold)


def coverage_deviation(rows: Rows) -> Float[np.ndarray, "*lead"]:
    """Return the mean of |1 - coverage|: 0 where every input step is covered exactly once."""
    return np.asarray(np.abs(1.0 - coverage(rows)).sum(axis=-1) / max(rows.shape[-1], 1))


def _share(found: np.ndarray) -> Float[np.ndarray, "*lead"]:
    return np.asarray(found.sum(axis=-1) / max(found.shape[-1], 1))
