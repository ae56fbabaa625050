"""How often one seed of a system beats one of another."""

import numpy as np

from seqarena.significance.estimate import Unknown
from seqarena.significance.seeds import one_seed
from seqarena.significance.statistics import ExampleStatistics


def superiority(
    names: tuple[str, str], pair: tuple[ExampleStatistics, ExampleStatistics]
) -> float | Unknown:
    """Return the share of pairs of seeds in which the first is better, ties counted half.

    The probability of superiority, also the area under the curve and the statistic of Mann and
    Whitney over its largest value: Vargha & Delaney (2000).
    """
    one, other = pair
    if min(one.n_seeds, other.n_seeds) < 2:
        return one_seed(one.n_seeds, other.n_seeds, names)
    ours = one.sign * one.seed_scores()[:, None]
    theirs = other.sign * other.seed_scores()[None]
    return float(np.mean(ours > theirs) + np.mean(ours == theirs) / 2)
