"""Whether two fits that differ in their seed alone look at the same steps."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from seqarena.attribution.diagnostics.divergence import both_look, row_divergence, top_jaccard
from seqarena.errors import DataError

N_TOP = 3
"""Columns of a row that count as its largest."""

Heads = Float[np.ndarray, "_ _ _"]
"""Head, row and column of one example; examples differ in size."""


class Stability(NamedTuple):
    """How far the heads of two fits are from each other once each has found its partner."""

    divergence: float
    """Mean Jensen-Shannon divergence of rows [bits]; 0: the same maps."""
    shared: float
    """Share that the largest columns of both have in common, of all that are among the largest of
    either: mean Jaccard index of rows; 1: the same ones."""
    partners: Int[np.ndarray, "head"]
    """Head of the second fit that each head of the first is compared with."""
    n_rows: int
    """Rows of all examples and heads in which both look somewhere."""


def seed_stability(first: Sequence[Heads], second: Sequence[Heads]) -> Stability:
    """Compare one layer of two fits on the same examples: Wiegreffe & Pinter (2019).

    Heads have no names, so they are matched one to one with the least mean divergence over all
    examples (Kuhn 1955): numbering them otherwise changes nothing.

    Raises:
        DataError: other examples, other numbers of heads, or no example.
    """
    if len(first) != len(second) or not first or len(first[0]) != len(second[0]):
        raise DataError(
            f"maps of {len(first)} and {len(second)} examples, of {_n_heads(first)} and "
            f"{_n_heads(second)} heads: compare one layer of two fits of one model on one set."
        )
    costs, counts = head_costs(first, second)
    mean = costs / np.maximum(counts, 1)
    own, partners = linear_sum_assignment(mean)
    n_rows = int(counts[own, partners].sum())
    total = float(costs[own, partners].sum())
    shared = sum(_shared(one, other[partners]) for one, other in zip(first, second, strict=True))
    n = max(n_rows, 1)
    return Stability(total / n, shared / n, partners.astype(np.int64), n_rows)


def head_costs(
    first: Sequence[Heads], second: Sequence[Heads]
) -> tuple[
    Float[np.ndarray, "first_head second_head"], Float[np.ndarray, "first_head second_head"]
]:
    """Return the summed divergence of rows of each pair of heads, and the rows that were summed."""
    costs = np.zeros((len(first[0]), len(second[0])))
    counts = np.zeros_like(costs)
    for one, other in zip(first, second, strict=True):
        for head, rows in enumerate(one):
            beside = np.broadcast_to(rows, other.shape)
            costs[head] += row_divergence(beside, other).sum(axis=-1)
            counts[head] += both_look(beside, other).sum(axis=-1)
    return costs, counts


def _shared(one: Heads, other: Heads) -> float:
    """Sum the Jaccard index of the largest columns over the rows in which both look somewhere."""
    found = top_jaccard(one, other, N_TOP)
    return float(found[both_look(one, other)].sum())


def _n_heads(maps: Sequence[Heads]) -> int:
    return len(maps[0]) if maps else 0
