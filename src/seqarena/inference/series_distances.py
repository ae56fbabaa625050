"""How unlike two time series are."""

from collections.abc import Sequence
from typing import Literal, assert_never

import numpy as np
from jaxtyping import Float

from seqarena.errors import DataError

Distance = Literal["euclidean", "dtw"]
Series = Float[np.ndarray, "_ dim"]


def distances(
    queries: Sequence[Series], kept: Sequence[Series], distance: Distance, window: float = 1.0
) -> Float[np.ndarray, "queries kept"]:
    """Return the distance of every query from every kept series; only their order has a meaning.

    "euclidean" gives the summed squared differences of equally long series. "dtw" is dynamic time
    warping of whole frames (DTW_D of Shokoohi-Yekta et al. 2017), by aeon: one path through both
    series for all dimensions. Each is independent of the company it is computed in.

    Args:
        queries: (time, dim) each.
        kept: the same.
        distance: which.
        window: farthest that a warping path leaves the diagonal, as a share of the longer series.

    Raises:
        DataError: series of unequal lengths are to be compared step by step.
    """
    match distance:
        case "euclidean":
            return _euclidean(queries, kept)
        case "dtw":
            return _warped(queries, kept, window)
        case _:
            assert_never(distance)


def _euclidean(
    queries: Sequence[Series], kept: Sequence[Series]
) -> Float[np.ndarray, "queries kept"]:
    lengths = sorted({len(each) for each in (*queries, *kept)})
    if len(lengths) > 1:
        raise DataError(
            f"series of {lengths[0]} to {lengths[-1]} steps cannot be compared step by step; set "
            "distance to 'dtw'."
        )
    stacked = np.stack(kept)
    # One query after the other: differences of all pairs at once may not fit into memory.
    return np.stack([((stacked - query) ** 2).sum(axis=(1, 2)) for query in queries])


def _warped(
    queries: Sequence[Series], kept: Sequence[Series], window: float
) -> Float[np.ndarray, "queries kept"]:
    # Imported here: aeon and numba take over a second, and no other family needs them.
    from aeon.distances import dtw_distance

    across = [np.ascontiguousarray(each.T) for each in kept]
    found = [
        [dtw_distance(own, other, window=None if window == 1.0 else window) for other in across]
        for own in (np.ascontiguousarray(each.T) for each in queries)
    ]
    return np.array(found, dtype=np.float64)
