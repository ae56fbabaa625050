"""The largest shares of each row of a long map, and what the others sum to."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class SparseRows(NamedTuple):
    """Of each row, the columns with the largest shares, in their order, and their shares."""

    columns: Int[np.ndarray, "head row top"]
    values: Float[np.ndarray, "head row top"]
    rest: Float[np.ndarray, "head row"]
    """Sum of the shares that are not kept."""


def sparse_rows(values: Float[np.ndarray, "head row column"], n_top: int) -> SparseRows:
    """Keep the `n_top` largest shares of each row; of equal ones, those further left."""
    n_top = min(n_top, values.shape[2])
    largest = np.argsort(-values, axis=2, kind="stable")[..., :n_top]
    columns = np.sort(largest, axis=2)
    kept = np.take_along_axis(values, columns, axis=2)
    rest = (values.sum(axis=2) - kept.sum(axis=2)).clip(min=0)
    return SparseRows(columns.astype(np.int32), kept, rest)


def densified(
    columns: Int[np.ndarray, "head row top"],
    values: Float[np.ndarray, "head row top"],
    n_columns: int,
) -> Float[np.ndarray, "head row column"]:
    """Put the kept shares back where they stood; 0 elsewhere."""
    whole = np.zeros((*values.shape[:2], n_columns), values.dtype)
    np.put_along_axis(whole, columns.astype(np.int64), values, axis=2)
    return whole
