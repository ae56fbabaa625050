"""What a family's maps say in a few numbers, over all probes and seeds."""

import math
from dataclasses import dataclass

import numpy as np

from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.native_stability import weights_stability
from seqarena.attribution.oracle.redundancy import pooled_redundancy
from seqarena.attribution.oracle.row_scores import (
    effect_of,
    row_divergence,
    share_outside,
    valid_of,
)

ORACLE = "oracle"
"""Name of the true process's maps in a capture."""
MECHANISM = "attn/influence_divergence"
"""Name of the divergence of weights and influence among the diagnostics of a fit."""


@dataclass(frozen=True)
class FamilyNumbers:
    """Means over the rows of all probes and seeds; NaN where there is no such row."""

    total: float
    """Sum of a row of influence: how much each output hangs on single steps [bits]."""
    blind: float
    """Share of the rows that could look somewhere, and look nowhere."""
    redundancy: float
    """Influence of single steps over the effect of replacing all at once; below 0.5 steps stand in
    for each other, and single replacements miss most of the effect."""
    mechanism: float
    """Row divergence between weights and influence of the same outputs [bits]."""
    oracle_divergence: float
    """Row divergence from the true map [bits]."""
    oracle_outside: float
    """Share of the influence on steps at which the true process does not look."""
    weights_noise: float
    """Row divergence of the attention weights of two seeds, heads matched [bits]."""


def family_numbers(family: FamilyMaps) -> FamilyNumbers:
    """Sum up all maps of a family.

    Raises:
        DataError: a map has no effect in bits.
    """
    maps = [one for run in family.runs for one in run.influence]
    can_look = np.concatenate([valid_of(one).any(axis=1) for one in maps])
    totals = np.concatenate([effect_of(one).sum(axis=1) for one in maps])[can_look]
    divergence, outside = _beside_oracle(family)
    return FamilyNumbers(
        total=float(totals.mean()) if totals.size else math.nan,
        blind=float((totals == 0).mean()) if totals.size else math.nan,
        redundancy=pooled_redundancy(maps).mean,
        mechanism=_mechanism(family),
        oracle_divergence=divergence,
        oracle_outside=outside,
        weights_noise=weights_stability(family).divergence,
    )


def _mechanism(family: FamilyMaps) -> float:
    """Average what was computed while the fits were asked: stored weights are rounded."""
    found = [run.summary[MECHANISM] for run in family.runs if MECHANISM in run.summary]
    return float(np.mean(found)) if found else math.nan


def _beside_oracle(family: FamilyMaps) -> tuple[float, float]:
    """Return the means over rows that `oracle.row_scores` defines, without its rank correlations.

    Those take most of the time that scoring takes.
    """
    pairs = [
        (
            np.where(valid_of(true), effect_of(one), 0.0),
            np.where(valid_of(one), effect_of(true), 0.0),
        )
        for run in family.runs
        for one, true in zip(run.influence, run.capture.further.get(ORACLE, ()), strict=False)
        if true is not None
    ]
    if not pairs:
        return math.nan, math.nan
    divergence = np.concatenate([row_divergence(ours, true) for ours, true in pairs])
    outside = np.concatenate([share_outside(ours, true) for ours, true in pairs])
    return _mean(divergence), _mean(outside)


def _mean(rows: np.ndarray) -> float:
    known = rows[~np.isnan(rows)]
    return float(known.mean()) if known.size else math.nan
