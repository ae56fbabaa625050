"""How far two maps of the same example are from each other, row by row."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.special import rel_entr

from seqarena.attribution.diagnostics.distributions import Rows, looks
from seqarena.errors import DataError

Beside = Float[np.ndarray, "*lead _ _"]
"""Rows of another map; sizes are compared by the functions, which say what is wrong."""


def row_divergence(first: Rows, second: Beside) -> Float[np.ndarray, "*lead row"]:
    """Return the Jensen-Shannon divergence of each pair of rows [bits, 0 to 1]: Lin (1991).

    Exactly 0 where both are equal. Of a pair in which one looks nowhere it says nothing: 0; leave
    it out by `both_look`. What models say, as logarithms in torch, has
    `influence.divergence.jensen_shannon_bits`; a test holds the two equal.

    Raises:
        DataError: the maps are not of one size.
    """
    _require_same_size(first, second)
    middle = (first + second) / 2
    total = (rel_entr(first, middle) + rel_entr(second, middle)).sum(axis=-1) / (2 * np.log(2.0))
    return np.where(both_look(first, second), np.clip(total, 0.0, 1.0), 0.0)


def both_look(first: Rows, second: Rows) -> Bool[np.ndarray, "*lead row"]:
    """Return in which pairs of rows both look somewhere."""
    return np.asarray(looks(first) & looks(second))


def top_jaccard(first: Rows, second: Beside, n_top: int) -> Float[np.ndarray, "*lead row"]:
    """Return |F ∩ S| / |F ∪ S| of the `n_top` largest columns of each pair of rows, 0 to 1.

    A column of weight 0 is never among the largest, however few others there are; of equal columns
    the first is. 0 where neither row looks anywhere.

    Raises:
        DataError: the maps are not of one size.
    """
    _require_same_size(first, second)
    found, wanted = _top(first, n_top), _top(second, n_top)
    union = (found | wanted).sum(axis=-1)
    return np.asarray((found & wanted).sum(axis=-1) / np.maximum(union, 1))


def _top(rows: Rows, n_top: int) -> Bool[np.ndarray, "*lead row column"]:
    order = np.argsort(-rows, axis=-1, kind="stable")[..., :n_top]
    chosen = np.zeros(rows.shape, dtype=bool)
    np.put_along_axis(chosen, order, True, axis=-1)
    return chosen & (rows > 0)


def _require_same_size(first: Rows, second: Beside) -> None:
    if first.shape[-2:] != second.shape[-2:]:
        raise DataError(
            f"a map of {first.shape[-2]} × {first.shape[-1]} and one of {second.shape[-2]} × "
            f"{second.shape[-1]} have no rows in common; compare maps of the same example."
        )
