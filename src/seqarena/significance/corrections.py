"""Holm's correction of several p-values."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> list[float]:
    """Return the p-values that hold for all tests together; NaN stays, and counts as no test.

    Holm (1979), Scand. J. Statist. 6: the smallest times their number, the next times one less,
    ..., none smaller than the one before it, and none above 1. Whatever depends on whatever, the
    chance that any true hypothesis falls at or below a level is no larger than the level.
    """
    values = np.asarray(p_values, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    corrected = values.copy()
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.maximum.accumulate(values[order] * factors).clip(max=1.0)
    return [float(each) for each in corrected]
