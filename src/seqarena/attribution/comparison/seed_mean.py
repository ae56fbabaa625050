"""What several seeds of a family say together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attribution.capture import Capture
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.row_scores import valid_of


def seed_mean(family: FamilyMaps) -> Capture:
    """Return influence averaged over the seeds, and the native maps of the first of them.

    Heads and states have no names that seeds share, so native maps are not averaged; influence is
    the same question to each. A change that is infinite both ways over the seeds has no mean: NaN.
    """
    first = family.runs[0].capture
    maps = [run.influence for run in family.runs]
    return replace(first, influence=tuple(map(_mean, zip(*maps, strict=True))))


def _mean(maps: Sequence[InfluenceMap]) -> InfluenceMap:
    """Average each cell over the seeds that know it; it is valid where one does."""
    valid = np.stack([valid_of(one) for one in maps])
    effects = [one.effect for one in maps if one.effect is not None]
    wholes = [one.whole for one in maps if one.whole is not None]
    # Infinite both ways has no mean: no number, which the page hatches. The effect keeps its own.
    with np.errstate(invalid="ignore"):
        change = _mean_where(valid, [one.change for one in maps])
    return replace(
        maps[0],
        effect=_mean_where(valid, effects) if effects else None,
        change=change,
        whole=np.mean(wholes, axis=0) if wholes else None,
        valid=None if valid.all() else np.asarray(valid.any(axis=0)),
    )


def _mean_where(
    valid: Bool[np.ndarray, "seed output step"], cells: Sequence[Float[np.ndarray, "output step"]]
) -> Float[np.ndarray, "output step"]:
    """Return the mean over the seeds of which a cell is valid; 0 where it is of none."""
    summed = np.where(valid, np.stack(cells), 0.0).sum(axis=0)
    mean: np.ndarray = summed / np.maximum(valid.sum(axis=0), 1)
    return mean
