"""Whether a row puts much on one column, and whether that is always the first."""

import numpy as np
from jaxtyping import Float, Int

from seqarena.attribution.diagnostics.distributions import Rows, looks

SINK_SHARE = 0.3
"""Mean share of the first column from which on a head counts as a sink: Gu et al. (2024)."""


def confidence(rows: Rows) -> Float[np.ndarray, "*lead row"]:
    """Return the largest weight of each row: Voita et al. (2019); 0 without columns.

    Averaged over rows it is a head's confidence.
    """
    return np.asarray(rows.max(axis=-1, initial=0.0))


def sink_mass(rows: Rows) -> Float[np.ndarray, "*lead row"]:
    """Return what each row puts on the first column: Xiao et al. (2023)."""
    return np.asarray(rows[..., :1].sum(axis=-1))


def sink_excess(
    rows: Rows, n_valid: Int[np.ndarray, "*#lead row"]
) -> Float[np.ndarray, "*lead row"]:
    """Return the first column's mass beyond the 1 / n that a row without preference gives it.

    Without this a causal head that prefers nothing looks like a sink: its first rows have few
    columns to choose from. 0 for a row that looks nowhere.
    """
    chance = 1.0 / np.maximum(n_valid, 1)
    return np.where(looks(rows), sink_mass(rows) - chance, 0.0)


def sink_share(masses: Float[np.ndarray, "head"], threshold: float = SINK_SHARE) -> float:
    """Return the share of heads whose mean `sink_mass` exceeds the threshold; 0 of no head."""
    return float((masses > threshold).mean()) if len(masses) else 0.0
