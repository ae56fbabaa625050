"""Where replacing one step at a time cannot see: steps that can stand in for each other."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.row_scores import TOLERANCE, RowMean, effect_of
from seqarena.errors import DataError

BELOW = 0.5
"""Redundancy ratio below which a row of single replacements is not to be read."""


def redundancy_ratio(one: InfluenceMap) -> Float[np.ndarray, "output"]:
    """Return the sum of each row over the effect of replacing all steps at once.

    0: no step alone matters, and all together do. About 1: each adds its own. NaN where replacing
    everything changes nothing.

    Raises:
        DataError: the map has no effect in bits, or nobody replaced all steps at once.
    """
    single, whole = effect_of(one).sum(axis=1), _whole_of(one)
    ratio: np.ndarray = np.full(len(whole), np.nan)
    np.divide(single, whole, where=whole > TOLERANCE, out=ratio)
    return ratio


def pooled_redundancy(maps: Iterable[InfluenceMap]) -> RowMean:
    """Return the summed influence of all maps over the summed effect of replacing all steps.

    This is the redundancy ratio of every report: a ratio of sums, so that rows on which next to
    nothing acts do not weigh. Left out are maps of which nobody replaced all steps, and rows in
    which that changes nothing; NaN where that is all of them.

    Raises:
        DataError: a map has no effect in bits.
    """
    total, whole, n = 0.0, 0.0, 0
    for one in maps:
        if one.whole is not None:
            counts = _whole_of(one) > TOLERANCE
            total += float(effect_of(one).sum(axis=1)[counts].sum())
            whole += float(_whole_of(one)[counts].sum())
            n += int(counts.sum())
    return RowMean(total / whole if n else float("nan"), n)


def redundant_rows(one: InfluenceMap, below: float = BELOW) -> Bool[np.ndarray, "output"]:
    """Return which rows single replacements do not explain; errors as `redundancy_ratio`."""
    ratio = redundancy_ratio(one)
    # A comparison with NaN is False: such a row has nothing to be explained.
    return np.asarray(ratio < below)


def _whole_of(one: InfluenceMap) -> Float[np.ndarray, "output"]:
    if one.whole is None:
        raise DataError(
            "the map does not say what replacing all steps at once does (`whole`); ask for it, or "
            "there is nothing to hold single steps against."
        )
    return one.whole.astype(np.float64)
