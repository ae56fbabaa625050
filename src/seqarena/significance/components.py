"""Where the error of a difference of two families comes from: seeds, and examples."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from seqarena.significance.student import satterthwaite, variance_of_mean

Contributions = Float[np.ndarray, "_ example"]


@dataclass(frozen=True)
class ErrorParts:
    """Parts of the variance of a difference of two means over seeds, and what each rests on."""

    of_seeds: tuple[float, float]
    """Of the mean over the seeds of each family, on these examples."""
    of_examples: float
    """Of the difference of these fits, over the choice of the examples."""
    in_both: float
    """What a seed does to single examples: it is in the two others alike."""
    n_seeds: tuple[int, int]
    n_examples: int

    @property
    def variance(self) -> float:
        """Of the difference, over other seeds and other examples.

        Never less than over either alone, which by bad luck the sum of noisy parts could be.
        """
        seeds = sum(self.of_seeds)
        return max(seeds + self.of_examples - self.in_both, seeds, self.of_examples)

    @property
    def parts(self) -> tuple[tuple[float, float], ...]:
        """What adds up to the variance, each with the degrees of freedom that it rests on.

        The seeds of both families are one part, on the degrees of freedom of Welch (1947); the
        examples are the other.
        """
        of_seeds = sum(self.of_seeds)
        dof = satterthwaite(self.of_seeds, self.n_seeds) if of_seeds else sum(self.n_seeds) - 2.0
        return (of_seeds, dof), (self.variance - of_seeds, self.n_examples - 1.0)


def error_parts(
    scores: tuple[Float[np.ndarray, "_"], Float[np.ndarray, "_"]],
    contributions: tuple[Contributions, Contributions],
) -> ErrorParts:
    """Split the error of a difference, given each seed's score and each example's part in it.

    Seeds and examples are crossed: each seed of a family saw each example. Three things move a
    score: the seed, the example (with the family), and the seed on that example. The variance over
    seeds holds the first and the third, that over examples the second and the third; so the third
    is estimated by itself, from the residuals, and taken off once (two-way analysis of variance
    with random effects: Searle, Casella & McCulloch 1992, chapter 4).
    """
    gaps = contributions[0].mean(axis=0) - contributions[1].mean(axis=0)
    return ErrorParts(
        of_seeds=(variance_of_mean(scores[0]), variance_of_mean(scores[1])),
        of_examples=variance_of_mean(gaps),
        in_both=sum(map(_of_residuals, contributions)),
        n_seeds=(len(scores[0]), len(scores[1])),
        n_examples=len(gaps),
    )


def _of_residuals(parts: Contributions) -> float:
    """Return the variance of a mean over seeds and examples that comes from single cells."""
    if (parts == parts[:1]).all():
        return 0.0
    n_seeds, n_examples = parts.shape
    effects = parts.mean(axis=0, keepdims=True) + parts.mean(axis=1, keepdims=True) - parts.mean()
    squares = float(((parts - effects) ** 2).sum())
    return float(squares / ((n_seeds - 1) * (n_examples - 1)) / (n_seeds * n_examples))
