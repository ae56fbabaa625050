"""Attention through all layers: by the product of their matrices."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from seqarena.errors import DataError


def rollout(
    layers: Sequence[Float[np.ndarray, "_ step step"]],
) -> Float[np.ndarray, "step step"]:
    """Return R_l = A'_l R_{l-1}, rows of A' = (A + I) / 2 normalised: Abnar & Zuidema (2020).

    Heads are averaged, first layer first; half of each layer is the residual connection. Rows sum
    to 1. A step that looks nowhere is itself.

    Raises:
        DataError: there is no layer.
    """
    rolled: Float[np.ndarray, "step step"] | None = None
    for layer in layers:
        mixed = with_residual(layer)
        rolled = mixed if rolled is None else mixed @ rolled
    if rolled is None:
        raise DataError("there is no layer of self-attention to roll out.")
    return rolled


def with_residual(layer: Float[np.ndarray, "head step step"]) -> Float[np.ndarray, "step step"]:
    """Return the mean over heads, half of it replaced by the step itself; rows sum to 1."""
    mixed = (layer.mean(axis=0) + np.eye(layer.shape[-1])) / 2
    normalised: np.ndarray = mixed / mixed.sum(axis=-1, keepdims=True)
    return normalised
