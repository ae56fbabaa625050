"""Where the right item stands among the ranked ones, and what that is worth."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from seqarena.errors import DataError

CUTOFFS = (1, 5, 10, 20)
"""Lengths of the lists that are looked at."""


@dataclass(frozen=True)
class Ranks:
    """Place of the right item of each example; the only right one."""

    n_better: Int[np.ndarray, "examples"]
    """Candidates with a higher score."""
    n_ties: Int[np.ndarray, "examples"]
    """Other candidates with the same score: each order of them and the right one is as probable."""
    n_candidates: Int[np.ndarray, "examples"]
    """Items that were ranked, the right one included."""

    def hits(self, cutoff: int) -> Float[np.ndarray, "examples"]:
        """Return the probability that the right item is among the first `cutoff` (HR@k)."""
        gains = (np.arange(1, self._deepest + 1) <= cutoff).astype(np.float64)
        return self._mean_of(gains)

    def gains(self, cutoff: int) -> Float[np.ndarray, "examples"]:
        """Return 1 / log2(rank + 1) if the rank is at most `cutoff`, else 0 (NDCG@k).

        With one right item the best possible sum is 1, so that no division is left: Järvelin &
        Kekäläinen (2002).
        """
        ranks = np.arange(1, self._deepest + 1)
        return self._mean_of(np.where(ranks <= cutoff, 1.0 / np.log2(ranks + 1.0), 0.0))

    def reciprocal(self) -> Float[np.ndarray, "examples"]:
        """Return 1 / rank (of which MRR is the mean)."""
        return self._mean_of(1.0 / np.arange(1, self._deepest + 1))

    @property
    def _deepest(self) -> int:
        return int((self.n_better + self.n_ties).max()) + 1

    def _mean_of(self, worth: Float[np.ndarray, "ranks"]) -> Float[np.ndarray, "examples"]:
        """Return the mean of what each rank is worth over the ranks that the ties leave open."""
        sums = np.concatenate([[0.0], np.cumsum(worth)])
        n_open = self.n_ties + 1
        means: np.ndarray = (sums[self.n_better + n_open] - sums[self.n_better]) / n_open
        return means


def ranks_of(
    scores: Float[np.ndarray, "examples items"],
    right: Int[np.ndarray, "examples"],
    candidates: Bool[np.ndarray, "examples items"],
) -> Ranks:
    """Count the candidates above and beside the right item; minus infinity is a score like others.

    Raises:
        DataError: a right item is none of the candidates.
    """
    rows = np.arange(len(right))
    missing = np.flatnonzero(~candidates[rows, right])
    if missing.size:
        row = int(missing[0])
        raise DataError(
            f"example {row}: item {right[row]} is the right one and not among the candidates; "
            "rank it too."
        )
    own = scores[rows, right][:, None]
    return Ranks(
        n_better=((scores > own) & candidates).sum(axis=1),
        n_ties=((scores == own) & candidates).sum(axis=1) - 1,
        n_candidates=candidates.sum(axis=1),
    )


def ranking_scores(ranks: Ranks) -> dict[str, float]:
    """Return means over the examples, each with its standard error where there are two or more."""
    parts = {f"hit_rate_at_{k}": ranks.hits(k) for k in CUTOFFS}
    parts |= {f"ndcg_at_{k}": ranks.gains(k) for k in CUTOFFS if k > 1}
    parts["mrr"] = ranks.reciprocal()
    found: dict[str, float] = {}
    for name, values in parts.items():
        found[name] = float(values.mean())
        if len(values) > 1:
            error = values.std(ddof=1) / len(values) ** 0.5
            found[f"{name}_standard_error"] = float(error)
    return found
