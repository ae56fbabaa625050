"""Whether two families look farther apart than two seeds of one family do."""

from dataclasses import dataclass

import numpy as np

from seqarena.attribution.comparison.difference import Members, across, within
from seqarena.attribution.comparison.probe_interval import probe_interval
from seqarena.attribution.comparison.relabelling import least_p_value, relabelling_p_value
from seqarena.attribution.comparison.run_distances import RunDistances


@dataclass(frozen=True)
class Gap:
    """Two families against the noise of their seeds; NaN: no row, or no second seed, tells it."""

    between: float
    """Mean row divergence between a fit of the one and a fit of the other [bits]."""
    within: tuple[float, float]
    """Mean row divergence between two seeds, of each family [bits]."""
    low: float
    """Ends of the 95 % bootstrap interval of `difference` over probes, for these fits [bits]."""
    high: float
    p_value: float
    """Share of all ways to deal the fits out to two families that differ as much."""
    least_p_value: float
    """The smallest that so few fits can give; NaN where one family has a single seed."""
    is_apart: bool
    """Whether every two fits across are farther apart than any two seeds within."""
    n_probes: int
    n_rows: int
    """Rows compared, of all pairs of fits across."""
    n_one: int
    """Rows, of those pairs, in which one of the two looks nowhere: missing."""

    @property
    def difference(self) -> float:
        """`between` less the mean of `within`: 0 where family means nothing [bits]."""
        return self.between - sum(self.within) / 2


def family_gap(distances: RunDistances, one: Members, other: Members, seed: int = 0) -> Gap:
    """Compare the runs `one`, the fits of a family, with the runs `other`, those of another.

    `seed` is that of the relabellings and of the draws of probes.
    """
    distances = distances.of([*map(int, one), *map(int, other)])
    one, other = np.arange(len(one)), np.arange(len(one), len(distances.fits))
    means, pairs = distances.means, np.ix_(one, other)
    low, high = probe_interval(distances, one, other, seed)
    return Gap(
        between=float(across(means, one, other)),
        within=(float(within(means, one)), float(within(means, other))),
        low=low,
        high=high,
        p_value=relabelling_p_value(means, one, other, seed),
        least_p_value=least_p_value(len(one), len(other)),
        is_apart=_is_apart(means, one, other),
        n_probes=distances.n_probes,
        n_rows=int(distances.n_rows[pairs].sum()),
        n_one=int(distances.n_one[pairs].sum()),
    )


def _is_apart(means: np.ndarray, one: Members, other: Members) -> bool:
    """Compare the nearest pair across with the farthest pair within."""
    outer = means[np.ix_(one, other)].ravel()
    inner = np.concatenate([means[np.ix_(own, own)].ravel() for own in (one, other)])
    outer, inner = (each[~np.isnan(each)] for each in (outer, inner))
    return bool(outer.size and inner.size and outer.min() > inner.max())
