"""Shares that are pooled over sequences of unequal length, and how far they may be trusted."""

import numpy as np
from jaxtyping import Num


def ratio_standard_error(
    parts: Num[np.ndarray, "sequences"], sizes: Num[np.ndarray, "sequences"]
) -> float | None:
    """Return the standard error of sum(parts) / sum(sizes), the sequences taken as a sample.

    The linearised error of a ratio of sums: Cochran (1977), eq. 6.13. None for a single sequence.
    """
    n = len(parts)
    if n < 2:
        return None
    residual = parts - parts.sum() / sizes.sum() * sizes
    variance = n / (n - 1) * float((residual**2).sum())
    return float(variance**0.5 / sizes.sum())
