"""How far apart any two runs look: divergence of the rows of their influence, probe by probe."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Bool, Float, Int

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.row_scores import effect_of, refuse_other_size, row_divergence

Map = Float[np.ndarray, "_ _"]
ProbeMaps = Sequence[InfluenceMap]
"""The influence of one run, one map for each probe."""


@dataclass(frozen=True)
class RunDistances:
    """Of every two runs and each probe; symmetric, and 0 of a run to itself."""

    total: Float[np.ndarray, "run run probe"]
    """Sum of the Jensen-Shannon divergence over the rows in which both look somewhere [bits]."""
    n_rows: Int[np.ndarray, "run run probe"]
    """Those rows."""
    n_one: Int[np.ndarray, "run run probe"]
    """Rows in which one of the two looks somewhere and the other nowhere: missing, not 0."""
    fits: tuple[str, ...]
    """Names the fit of each run."""

    @property
    def n_probes(self) -> int:
        """Examples that every run was asked about."""
        return int(self.total.shape[2])

    @property
    def means(self) -> Float[np.ndarray, "run run"]:
        """Mean over the rows of all probes [bits]; NaN where no row has both.

        NaN also of a run to itself, and to another that is the same fit: those are no two fits.
        """
        means: np.ndarray = self.weighted_means(np.ones((1, self.n_probes), dtype=np.int64))[0]
        return means

    def weighted_means(
        self, times: Int[np.ndarray, "draw probe"]
    ) -> Float[np.ndarray, "draw run run"]:
        """Return `means` as if each probe stood there so many times."""
        n, total = (np.moveaxis(each @ times.T, -1, 0) for each in (self.n_rows, self.total))
        counts = (n > 0) & ~self._is_same_fit
        means: np.ndarray = np.divide(total, n, where=counts, out=np.full(n.shape, np.nan))
        return means

    def of(self, runs: Sequence[int]) -> "RunDistances":
        """Return the distances between some of the runs, in the order in which they are named."""
        pick = np.ix_(runs, runs)
        fits = tuple(self.fits[run] for run in runs)
        return RunDistances(self.total[pick], self.n_rows[pick], self.n_one[pick], fits)

    @property
    def _is_same_fit(self) -> Bool[np.ndarray, "run run"]:
        fits = np.array(self.fits)
        same: np.ndarray = fits[:, None] == fits[None, :]
        return same


def run_distances(runs: Sequence[ProbeMaps], fits: Sequence[str]) -> RunDistances:
    """Hold the maps of every two runs against each other: O(runs² · entries of all maps).

    Raises:
        DataError: a map has no effect in bits, or two maps of one probe are of different sizes.
    """
    n_runs, n_probes = len(runs), len(runs[0]) if runs else 0
    total = np.zeros((n_runs, n_runs, n_probes))
    n_rows = np.zeros(total.shape, dtype=np.int64)
    n_one = np.zeros(total.shape, dtype=np.int64)
    for probe, maps in enumerate(zip(*runs, strict=True)):
        effects = _active([effect_of(one) for one in maps])
        looks = np.stack([effect.any(axis=1) for effect in effects]).astype(np.int64)
        n_rows[:, :, probe] = looks @ looks.T
        n_one[:, :, probe] = looks @ (1 - looks).T + (1 - looks) @ looks.T
        for one, other in combinations(range(n_runs), 2):
            divergence = row_divergence(effects[one], effects[other])
            total[[one, other], [other, one], probe] = np.nansum(divergence)
    return RunDistances(total, n_rows, n_one, tuple(fits))


def _active(effects: list[Map]) -> list[Map]:
    """Leave out the rows and the columns of which no run makes anything: they change no distance.

    Raises:
        DataError: the maps are of different sizes.
    """
    for effect in effects[1:]:
        refuse_other_size(effects[0], effect)
    used = np.any(np.stack(effects) > 0, axis=0)
    pick = np.ix_(used.any(axis=1), used.any(axis=0))
    return [effect[pick] for effect in effects]
