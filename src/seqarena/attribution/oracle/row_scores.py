"""How far a map of influence is from another one, row by row, and pooled over rows."""

from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

from seqarena.attribution.diagnostics import divergence
from seqarena.attribution.diagnostics.distributions import distributions
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.errors import DataError

TOLERANCE = 1e-6
"""Influence up to this is none: what rounding leaves of an exact zero [bits]."""

Rows = Float[np.ndarray, "output"]
Map = Float[np.ndarray, "output step"]


@dataclass(frozen=True)
class RowMean:
    """The mean of a score over the rows that have it."""

    mean: float
    """NaN: no row has it."""
    n: int
    """Rows that have it."""


@dataclass(frozen=True)
class RowScores:
    """A map held against the true one (or any other), row by row; NaN: a row has no such score.

    They add: the rows of several maps one after another.
    """

    divergence: Rows
    """Jensen-Shannon divergence of the rows, each divided by its sum, 0 to 1 [bits]. A row that is
    zero throughout uses no context: it has no shares, so that neither agrees nor disagrees."""
    total: Rows
    """Sum of the row: how much the model looks at all [bits]."""
    true_total: Rows
    """Sum of the row of the true map [bits]."""
    outside: Rows
    """Share of the row on steps at which the true process does not look; of a row where that
    looks nowhere, all."""
    rank_correlation: Rows
    """Spearman's, over the steps that can be looked at. A caution, and no score: where the truth is
    mostly zero, ties let a map that misses the main step win over one that finds it."""

    def __add__(self, other: "RowScores") -> "RowScores":
        pairs = ((getattr(self, each.name), getattr(other, each.name)) for each in fields(self))
        return RowScores(*(np.concatenate(pair) for pair in pairs))

    def means(self) -> dict[str, RowMean]:
        """Return the mean of each score over the rows that have it, by its name."""
        return {each.name: _mean(getattr(self, each.name)) for each in fields(self)}


def score_rows(ours: InfluenceMap, true: InfluenceMap) -> RowScores:
    """Hold a map against the true one of the same example.

    Rows that can look nowhere (`valid`, in either map) have no score.

    Raises:
        DataError: the maps are of different sizes, have no effect in bits (frames), or hold a
            negative or no number (Shapley values have no shares).
    """
    effect, true_effect = effect_of(ours), effect_of(true)
    refuse_other_size(effect, true_effect)
    valid = valid_of(ours) & valid_of(true)
    effect, true_effect = np.where(valid, effect, 0.0), np.where(valid, true_effect, 0.0)
    can_look = valid.any(axis=1)
    total, true_total = effect.sum(axis=1), true_effect.sum(axis=1)
    return RowScores(
        divergence=row_divergence(effect, true_effect),
        total=np.where(can_look, total, np.nan),
        true_total=np.where(can_look, true_total, np.nan),
        outside=share_outside(effect, true_effect),
        rank_correlation=np.array(
            [_spearman(*each) for each in zip(effect, true_effect, valid, strict=True)]
        ),
    )


def row_divergence(ours: Map, theirs: Float[np.ndarray, "_ _"]) -> Rows:
    """Return the Jensen-Shannon divergence of two maps' rows, each divided by its sum [bits].

    That of `diagnostics.divergence`, of their shares; NaN where either row is zero throughout.

    Raises:
        DataError: a number is negative, or none; or the maps are not of one size.
    """
    refuse_other_size(ours, theirs)
    first, second = distributions(ours), distributions(theirs)
    both = divergence.both_look(first, second)
    return np.where(both, divergence.row_divergence(first, second), np.nan)


def share_outside(ours: Map, true: Map) -> Rows:
    """Return the share of each row on steps where the true map is 0; NaN of a row without any."""
    total = ours.sum(axis=1)
    out = np.where(true > 0, 0.0, ours).sum(axis=1)
    share: np.ndarray = np.divide(out, total, where=total > 0, out=np.full(len(total), np.nan))
    return share


def refuse_other_size(ours: Map, theirs: Float[np.ndarray, "_ _"]) -> None:
    """Check that two maps may be of the same example.

    Raises:
        DataError: they are of different sizes.
    """
    if ours.shape != theirs.shape:
        raise DataError(
            f"maps of {ours.shape} and {theirs.shape} (outputs, steps): only maps of the same "
            "example can be held against each other."
        )


def effect_of(one: InfluenceMap) -> Map:
    """Return the influence of a map in 64 bits, an exact 0 where there is none or none can be.

    Raises:
        DataError: the map has no effect in bits, or a number is negative, or none.
    """
    if one.effect is None:
        raise DataError(
            "a map of frames has no influence in bits; its changes in nats have no shares, and "
            "cannot be held against a true map."
        )
    effect = one.effect.astype(np.float64)
    wrong = ~(effect >= -TOLERANCE) | ~np.isfinite(effect)
    wrong &= valid_of(one)
    for output, step in np.argwhere(wrong)[:1].tolist():
        raise DataError(
            f"influence of step {step} on output {output} is {effect[output, step]:g}; it must be "
            "0 or more (Shapley values, which may be negative, have no shares)."
        )
    return np.where(valid_of(one) & (effect > TOLERANCE), effect, 0.0)


def valid_of(one: InfluenceMap) -> Bool[np.ndarray, "output step"]:
    """Return where a map says something."""
    return np.ones(one.change.shape, dtype=bool) if one.valid is None else one.valid


def _spearman(ours: np.ndarray, theirs: np.ndarray, valid: np.ndarray) -> float:
    """Return the rank correlation over what is valid; NaN where one of them is all the same."""
    x, y = rankdata(ours[valid]), rankdata(theirs[valid])
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def _mean(rows: Rows) -> RowMean:
    known = rows[~np.isnan(rows)]
    return RowMean(float(known.mean()) if known.size else float("nan"), int(known.size))
