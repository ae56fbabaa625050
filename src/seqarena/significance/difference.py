"""Two systems on the same examples: the record of what was found."""

import math
from dataclasses import dataclass

from seqarena.significance.estimate import Estimate, Unknown


@dataclass(frozen=True)
class Difference:
    """How one differs from the other; positive: one is better, whatever the metric's direction."""

    names: tuple[str, str]
    scores: tuple[tuple[float, ...], tuple[float, ...]]
    """Of each seed, by the metric; infinite where what was called impossible came about."""
    value: float | None
    """Difference of the means over seeds; None where both are infinite."""
    of_families: Estimate | Unknown
    """What would hold for other seeds and other examples like these: what a report concludes on."""
    of_fits: Estimate | Unknown
    """What holds for these very fits on other examples: what a choice between two files asks."""
    effect_size: float | Unknown
    """Mean over standard deviation of the examples' differences (Cohen's d_z)."""
    superiority: float | Unknown
    """Share of pairs of seeds in which one is better, ties half (Vargha & Delaney 2000)."""
    n_examples: int
    n_impossible: tuple[int, int]
    """Examples that some seed of each called impossible."""

    @property
    def means(self) -> tuple[float, float]:
        """Mean score of each over its seeds."""
        one, other = (math.fsum(each) / len(each) for each in self.scores)
        return one, other

    @property
    def n_seeds(self) -> tuple[int, int]:
        """Seeds of each."""
        return len(self.scores[0]), len(self.scores[1])
