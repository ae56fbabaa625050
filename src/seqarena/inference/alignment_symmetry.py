"""One alignment from two: Och & Ney (2003), section 3.2, and Koehn, Och & Marcu (2003)."""

from typing import Literal

import numpy as np
from jaxtyping import Bool

Symmetrisation = Literal[
    "none", "intersection", "union", "grow_diag", "grow_diag_final", "grow_diag_final_and"
]
Links = Bool[np.ndarray, "target_time source_time"]

_NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


def symmetrised(forward: Links, backward: Links, how: Symmetrisation) -> Links:
    """Combine the links of source-to-target and target-to-source models of one sentence pair.

    "none" is `forward`. "grow_diag" starts from the intersection and adds, again and again, those
    links of the union that touch a link (diagonally too) and one of whose words has none yet;
    "final" then adds links of either model one of whose words has none, "final_and" only those
    neither of whose words has any.
    """
    both: Links = forward & backward
    either: Links = forward | backward
    match how:
        case "none":
            return forward
        case "intersection":
            return both
        case "union":
            return either
    links = _grown(both, either)
    if how == "grow_diag":
        return links
    for candidates in (forward, backward):
        _finish(links, candidates, needs_both=how == "grow_diag_final_and")
    return links


def _grown(links: Links, union: Links) -> Links:
    links = links.copy()
    n_before = -1
    while links.sum() > n_before:
        n_before = links.sum()
        for row, column in np.argwhere(links).tolist():
            for down, right in _NEIGHBOURS:
                at = (row + down, column + right)
                if _inside(at, links) and union[at] and not links[at] and _has_free(links, *at):
                    links[at] = True
    return links


def _finish(links: Links, candidates: Links, needs_both: bool) -> None:
    for row, column in np.argwhere(candidates & ~links).tolist():
        free = (not links[row].any(), not links[:, column].any())
        if all(free) if needs_both else any(free):
            links[row, column] = True


def _has_free(links: Links, row: int, column: int) -> bool:
    return bool(not links[row].any() or not links[:, column].any())


def _inside(at: tuple[int, int], links: Links) -> bool:
    n_rows, n_columns = links.shape
    return 0 <= at[0] < int(n_rows) and 0 <= at[1] < int(n_columns)
