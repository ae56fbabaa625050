"""Whether a difference of families could come from dealing the fits out by chance."""

import math

import numpy as np
from scipy.stats import permutation_test

from seqarena.attribution.comparison.difference import Means, Members, difference

N_RELABELLINGS = 9_999
"""Ways to deal the fits out that are drawn where there are more; else each is tried once."""


def relabelling_p_value(means: Means, one: Members, other: Members, seed: int) -> float:
    """Return the share of ways to deal the fits out to two families that differ as much, or more.

    Exact where the fits of one family are exchangeable and all ways are tried; NaN where one of the
    families has a single fit, or no row to know a distance by.
    """
    if np.isnan(difference(means, one, other)):
        return math.nan

    def statistic(ours: np.ndarray, theirs: np.ndarray, axis: int) -> np.ndarray:
        dealt = (np.moveaxis(each, axis, -1).astype(np.int64) for each in (ours, theirs))
        return difference(means, *dealt)

    found = permutation_test(
        (one, other),
        statistic,
        permutation_type="independent",
        alternative="greater",
        n_resamples=N_RELABELLINGS,
        vectorized=True,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def least_p_value(n_one: int, n_other: int) -> float:
    """Return the smallest p-value that so many fits can give; NaN where a family has a single fit.

    Families of one size can swap their names, which leaves the difference as it is.
    """
    if min(n_one, n_other) < 2:
        return math.nan
    n_ways = math.comb(n_one + n_other, n_one)
    exact = (2 if n_one == n_other else 1) / n_ways
    return exact if n_ways <= N_RELABELLINGS else max(exact, 1 / (N_RELABELLINGS + 1))
