"""Layers of self-attention as square matrices, which can be multiplied."""

import numpy as np
from jaxtyping import Float

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.distributions import distributions

Square = Float[np.ndarray, "head step step"]


def self_attention_layers(maps: tuple[ProbeMap, ...], n_steps: int) -> dict[str, Square]:
    """Return the layers of the longest stack of self-attention, first layer first.

    Row and column i belong to the model's state at step i. In the map of a density, row t says what
    the state at t - 1 saw when x_t was predicted; here it is row t - 1, and the last step, which
    predicts nothing, is left out.
    """
    squares = {}
    for one in maps:
        if one.kind == "weights" and one.name.rsplit(".", 1)[-1] == "self":
            square = state_rows(one, n_steps)
            if square is not None:
                squares[one.name] = square
    return squares


def state_rows(one: ProbeMap, n_steps: int) -> Square | None:
    """Return one map of self-attention with a row for each state; None if it is none."""
    _, n_rows, n_columns = one.values.shape
    if n_columns != n_steps or n_rows + one.first_row != n_steps or one.first_row > 1:
        return None
    return distributions(one.values[:, :, :n_rows], one.name)
