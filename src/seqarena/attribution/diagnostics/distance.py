"""How far away a row looks."""

import numpy as np
from jaxtyping import Float, Int

from seqarena.attribution.diagnostics.distributions import Rows


def mean_distance(rows: Rows, places: Int[np.ndarray, "row"]) -> Float[np.ndarray, "*lead row"]:
    """Return sum_k A |q - k| of each row [steps]: Vig & Belinkov (2019).

    Args:
        rows: of a map whose columns are steps 0, 1, ...
        places: step q of each row, counted as the columns are.
    """
    return np.asarray((rows * np.abs(_offsets(rows, places))).sum(axis=-1))


def mean_offset(rows: Rows, places: Int[np.ndarray, "row"]) -> Float[np.ndarray, "*lead row"]:
    """Return sum_k A (q - k) of each row [steps]: above 0 where it looks back.

    A head that looks n steps back and one that looks n steps ahead have one distance, and opposite
    offsets.
    """
    return np.asarray((rows * _offsets(rows, places)).sum(axis=-1))


def _offsets(rows: Rows, places: Int[np.ndarray, "row"]) -> Int[np.ndarray, "row column"]:
    return np.asarray(places[:, None] - np.arange(rows.shape[-1]))
