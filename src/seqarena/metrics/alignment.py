"""How near predicted links come to the gold ones."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.errors import DataError

Pairs = Int[np.ndarray, "_ 2"]


@dataclass(frozen=True)
class LinkCounts:
    """Links of some examples; counts add, so shares are pooled and never averaged.

    Gold links are of one kind: sure ones, which are also the possible ones.
    """

    n_correct: int
    """Predicted links that are gold."""
    n_predicted: int
    n_gold: int

    def __add__(self, other: "LinkCounts") -> "LinkCounts":
        return LinkCounts(
            self.n_correct + other.n_correct,
            self.n_predicted + other.n_predicted,
            self.n_gold + other.n_gold,
        )

    @property
    def precision(self) -> float:
        """Share of the predicted links that are gold; 0 where none was predicted."""
        return self.n_correct / self.n_predicted if self.n_predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the gold links that were predicted.

        Raises:
            DataError: there is no gold link.
        """
        if self.n_gold == 0:
            raise DataError("the gold holds no link, so there is no share of found ones.")
        return self.n_correct / self.n_gold

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall.

        Raises:
            DataError: there is no gold link.
        """
        if self.n_gold == 0:
            raise DataError("the gold holds no link, so there is no F1.")
        return 2 * self.n_correct / (self.n_predicted + self.n_gold)

    @property
    def error_rate(self) -> float:
        """1 - (correct sure + correct possible) / (predicted + sure): Och & Ney (2003), section 4.

        With sure links alone it is 1 - F1.
        """
        return 1.0 - self.f1


def link_counts(predicted: Pairs, gold: Pairs) -> LinkCounts:
    """Compare the links of one example; a repeated link counts once."""
    found, wanted = (set(map(tuple, links.tolist())) for links in (predicted, gold))
    return LinkCounts(len(found & wanted), len(found), len(wanted))
