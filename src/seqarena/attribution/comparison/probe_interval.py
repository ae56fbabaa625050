"""How far a difference of families moves with the choice of the probes."""

import math

import numpy as np

from seqarena.attribution.comparison.difference import Members, difference
from seqarena.attribution.comparison.run_distances import RunDistances

N_RESAMPLES = 1_999
"""Draws of probes."""
CONFIDENCE = 0.95


def probe_interval(
    distances: RunDistances, one: Members, other: Members, seed: int
) -> tuple[float, float]:
    """Return the ends of a percentile bootstrap interval over probes [bits].

    Rows of a probe stay together. It speaks of these fits on other probes, not of other fits; over
    few probes it is too narrow. Draws in which no row is left to compare say nothing, and are left
    out: `scipy.stats.bootstrap` would make one such draw the end of the interval. NaN: fewer than
    two probes, or no difference to speak of.
    """
    n_probes = distances.n_probes
    if n_probes < 2 or np.isnan(difference(distances.means, one, other)):
        return math.nan, math.nan
    draws = np.random.default_rng(seed).multinomial(
        n_probes, np.full(n_probes, 1 / n_probes), size=N_RESAMPLES
    )
    found = difference(distances.weighted_means(draws), one, other)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(found[~np.isnan(found)], [tail, 1 - tail])
    return float(low), float(high)
