"""How much a model looks one, two, three steps back: influence by lag."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.row_scores import effect_of, valid_of
from seqarena.errors import DataError


@dataclass(frozen=True)
class LagInfluence:
    """Sums over all pairs of an output and a step that are so far apart; they add."""

    lags: tuple[int, ...]
    """Number of the output less that of the step: 1 is the step before, and below 0 lie the steps
    behind (a tagger sees those)."""
    total: Float[np.ndarray, "lags"]
    """Influence [bits]."""
    n: Int[np.ndarray, "lags"]
    """Pairs."""

    def __add__(self, other: "LagInfluence") -> "LagInfluence":
        if self.lags != other.lags:
            raise DataError(
                f"lags {self.lags} and {other.lags} were added; ask for the same lags of each map."
            )
        return LagInfluence(self.lags, self.total + other.total, self.n + other.n)

    @property
    def mean(self) -> Float[np.ndarray, "lags"]:
        """Mean influence at each lag [bits]; NaN where no two are so far apart."""
        mean = np.full(len(self.n), np.nan)
        np.divide(self.total, self.n, where=self.n > 0, out=mean)
        return mean


def lag_influence(one: InfluenceMap, lags: Sequence[int], first_output: int = 0) -> LagInfluence:
    """Add up the influence of a map at each lag, over the outputs from `first_output` on.

    Outputs and steps must count alike, as in densities and taggers.

    Raises:
        DataError: the map has no effect in bits.
    """
    effect, valid = effect_of(one)[first_output:], valid_of(one)[first_output:]
    outputs, steps = np.indices(effect.shape)
    distance = np.where(valid, outputs + first_output - steps, np.iinfo(np.int64).max)
    at = [distance == lag for lag in lags]
    total = np.array([effect[each].sum() for each in at], dtype=np.float64)
    return LagInfluence(tuple(lags), total, np.array([each.sum() for each in at], dtype=np.int64))
