"""Rows of a map as distributions: checked once, so that no diagnostic meets a NaN."""

import numpy as np
from jaxtyping import Bool, Float

from seqarena.errors import DataError

Rows = Float[np.ndarray, "*lead row column"]


def distributions(values: Float[np.ndarray, "*lead row column"], where: str = "a map") -> Rows:
    """Return the rows in float64, each divided by its sum; a row that looks nowhere stays 0.

    Raises:
        DataError: a value is negative or no number; `where` says of what.
    """
    # Adding 0 turns -0 into 0, which is all that the two differ in.
    rows = values.astype(np.float64) + 0.0
    if not (np.isfinite(rows).all() and rows.min(initial=0.0) >= 0):
        wrong = np.argwhere(~(np.isfinite(rows) & (rows >= 0)))[0]
        raise DataError(
            f"{where}: entry {tuple(wrong.tolist())} is {rows[tuple(wrong)]}; a share of attention "
            "is a number from 0 on. Look for the step that made it."
        )
    sums = rows.sum(axis=-1, keepdims=True)
    return np.asarray(rows / np.where(sums > 0, sums, 1.0))


def looks(rows: Rows) -> Bool[np.ndarray, "*lead row"]:
    """Return which rows look anywhere at all; of the others there is nothing to say."""
    return np.asarray(rows.sum(axis=-1) > 0)


def mean_where(
    values: Float[np.ndarray, "*lead row"], where: Bool[np.ndarray, "*lead row"]
) -> tuple[Float[np.ndarray, "*lead"], Float[np.ndarray, "*lead"]]:
    """Return the mean over some rows, and how many there are; 0 and 0 where there is none."""
    n = where.sum(axis=-1).astype(np.float64)
    total = np.where(where, values, 0.0).sum(axis=-1)
    return np.asarray(total / np.maximum(n, 1.0)), np.asarray(n)
