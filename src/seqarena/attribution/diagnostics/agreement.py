"""Whether the mechanism (weights) and the effect (influence) tell the same story."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.stats import rankdata

MOST_ROWS, MOST_PAIRS = 16, 2**22
"""Of a map whose rows are ranked: so many rows, and pairs of columns in all of them."""


def kendall_tau(
    first: Float[np.ndarray, "*lead column"],
    second: Float[np.ndarray, "*lead column"],
    valid: Bool[np.ndarray, "*lead column"] | None = None,
) -> tuple[Float[np.ndarray, "*lead"], Bool[np.ndarray, "*lead"]]:
    """Return tau-b of each pair of rows, -1 to 1, and where there is one: Kendall (1945).

    The rank correlation of Jain & Wallace (2019), section 4.1, with their ties accounted for.
    There is none where either row is constant over the valid columns. O(columns²) per row.
    """
    pairs = np.triu_indices(first.shape[-1], k=1)
    one, other = (_signs(each, valid, pairs) for each in (first, second))
    untied = (np.einsum("...p,...p->...", each, each) for each in (one, other))
    scale = np.sqrt(np.prod(list(untied), axis=0, dtype=np.float64))
    exists = np.asarray(scale > 0)
    concordant = np.einsum("...p,...p->...", one, other)
    return np.asarray(concordant / np.where(exists, scale, 1.0)), exists


def _signs(
    values: Float[np.ndarray, "*lead column"],
    valid: Bool[np.ndarray, "*lead column"] | None,
    pairs: tuple[np.ndarray, np.ndarray],
) -> Float[np.ndarray, "*lead pair"]:
    """Return the sign of each pair's difference; 0 of a pair that is not valid."""
    # Ranks keep ties and order in half the width, and a NaN is neither above nor below anything.
    ranks = rankdata(values, method="dense", axis=-1).astype(np.float32)
    if valid is not None:
        ranks[~valid] = np.nan
    left, right = ranks[..., pairs[0]], ranks[..., pairs[1]]
    return np.asarray((left > right).astype(np.float32) - (left < right))


def some_rows(rows: Int[np.ndarray, "row"], n_columns: int) -> Int[np.ndarray, "some"]:
    """Return at most `MOST_ROWS` rows, evenly spaced, fewer of many columns: tau takes its time."""
    n_pairs = max(n_columns * (n_columns - 1) // 2, 1)
    most = max(1, min(MOST_ROWS, MOST_PAIRS // n_pairs))
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)])
