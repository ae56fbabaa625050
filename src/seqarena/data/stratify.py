"""A random share of the rows, with the same mix of classes as the whole."""

import numpy as np
from jaxtyping import Int


def stratified_share(
    labels: Int[np.ndarray, "rows"],
    rows: Int[np.ndarray, "candidates"],
    share: float,
    generator: np.random.Generator,
) -> Int[np.ndarray, "chosen"]:
    """Choose `share` of the candidate rows of each class (rounded, at least one), in order."""
    chosen = []
    for label in np.unique(labels[rows]):
        members = rows[labels[rows] == label]
        n_chosen = max(1, round(share * len(members)))
        chosen.append(generator.permutation(members)[:n_chosen])
    return np.sort(np.concatenate(chosen))
