"""Where replacing one step at a time cannot see: steps that can stand in for each other."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attribution.diagnostics import agreement
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.row_scores import TOLERANCE, RowMean, effect_of
from seqarena.errors import DataError

BELOW = agreement.LEAST_REDUNDANCY_RATIO
"""Redundancy ratio below which a row of single replacements is not to be read."""


def redundancy_ratio(one: InfluenceMap) -> Float[np.ndarray, "output"]:
    """Return the sum of each row over the effect of replacing all steps at once.

    0: no step alone matters, and all together do. About 1: each adds its own. NaN where replacing
    everything changes nothing.

    Raises:
        DataError: the map has no effect in bits, or nobody replaced all steps at once.
    """
    whole = _whole_of(one)
    ratio, exists = agreement.redundancy_ratio(
        effect_of(one), np.where(whole > TOLERANCE, whole, 0.0)
    )
    return np.where(exists, ratio, np.nan)


def pooled_redundancy(maps: Iterable[InfluenceMap]) -> RowMean:
    """Return the summed influence of all maps over the summed effect of replacing all steps.

    Rows in which replacing everything changes nothing are left out; NaN where that is all of them.

    Raises:
        DataError: as `redundancy_ratio`.
    """
    total, whole, n = 0.0, 0.0, 0
    for one in maps:
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


def most_redundant(
    one: InfluenceMap, n_rows: int, below: float = BELOW
) -> Bool[np.ndarray, "output"]:
    """Return at most so many of the redundant rows: those where all steps together matter most.

    Raises:
        DataError: as `redundancy_ratio`.
    """
    redundant = redundant_rows(one, below)
    order = np.argsort(-np.where(redundant, _whole_of(one), -np.inf), kind="stable")
    chosen = np.zeros_like(redundant)
    chosen[order[:n_rows]] = True
    return np.asarray(chosen & redundant)


def _whole_of(one: InfluenceMap) -> Float[np.ndarray, "output"]:
    if one.whole is None:
        raise DataError(
            "the map does not say what replacing all steps at once does (`whole`); ask for it, or "
            "there is nothing to hold single steps against."
        )
    return one.whole.astype(np.float64)
