"""Whether the mechanism (weights) and the effect (influence) tell the same story."""

import numpy as np
from jaxtyping import Bool, Float

CONTESTED = (
    "Weights alone do not explain a prediction (Jain & Wallace 2019; Serrano & Smith 2019), nor "
    "does that show that they are useless (Wiegreffe & Pinter 2019): weights are shown as "
    "mechanism, influence as effect, and their agreement as a number."
)
"""Printed on every report that shows weights."""

LEAST_REDUNDANCY_RATIO = 0.5
"""Below it single replacements miss most of an effect: look at Shapley values instead."""


def kendall_tau(
    first: Float[np.ndarray, "*lead column"],
    second: Float[np.ndarray, "*lead column"],
    valid: Bool[np.ndarray, "*lead column"] | None = None,
) -> tuple[Float[np.ndarray, "*lead"], Bool[np.ndarray, "*lead"]]:
    """Return tau-b of each pair of rows, -1 to 1, and where there is one: Kendall (1945).

    The rank correlation of Jain & Wallace (2019), section 4.1, with their ties accounted for.
    There is none where either row is constant over the valid columns. O(columns²) per row.
    """
    paired = np.ones(first.shape, dtype=bool) if valid is None else valid
    pairs = np.triu_indices(first.shape[-1], k=1)
    both = paired[..., pairs[0]] & paired[..., pairs[1]]
    one = np.sign(first[..., pairs[0]] - first[..., pairs[1]]) * both
    other = np.sign(second[..., pairs[0]] - second[..., pairs[1]]) * both
    untied = (np.abs(one).sum(axis=-1), np.abs(other).sum(axis=-1))
    scale = np.sqrt(untied[0] * untied[1])
    exists = np.asarray(scale > 0)
    return np.asarray((one * other).sum(axis=-1) / np.where(exists, scale, 1.0)), exists


def redundancy_ratio(
    effect: Float[np.ndarray, "*lead output step"], whole: Float[np.ndarray, "*lead output"]
) -> tuple[Float[np.ndarray, "*lead output"], Bool[np.ndarray, "*lead output"]]:
    """Return sum_s I[t, s] / effect of replacing everything, and where there is one.

    1 where each step adds its own part; near 0 where steps stand in for each other, so that
    replacing one changes nothing (`LEAST_REDUNDANCY_RATIO`); above 1 where they act only together.
    """
    exists = np.asarray(whole > 0)
    return np.asarray(effect.sum(axis=-1) / np.where(exists, whole, 1.0)) * exists, exists
