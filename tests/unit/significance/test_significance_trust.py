"""The chain on families that were drawn: `benchmarks/trust.py` in small."""

import numpy as np
import pytest

from seqarena.significance.examples import compare_examples
from seqarena.significance.scores import ratio
from seqarena.significance.statistics import ExampleStatistics
from seqarena.significance.verdict import verdict

pytestmark = pytest.mark.slow

N = 200


def losses(example, rng, n_seeds, gap, seed_deviation):
    """Losses of one family [bits]: a seed moves all of its examples, and each by itself."""
    cells = rng.normal(0, 0.3, size=(n_seeds, len(example)))
    parts = example - gap + rng.normal(0, seed_deviation, size=(n_seeds, 1)) + cells
    ids = tuple(map(str, range(len(example))))
    return ExampleStatistics(np.stack([parts, np.ones_like(parts)], axis=2), ratio, False, ids)


def words(n_seeds, gap, seed_deviation=0.03, n_examples=200):
    rng = np.random.default_rng(n_seeds)
    found = []
    for number in range(N):
        example = rng.normal(2, 0.5, size=n_examples)
        one = losses(example, rng, n_seeds, gap, seed_deviation)
        other = losses(example, rng, n_seeds, 0.0, seed_deviation)
        compared = compare_examples(one, other, n_draws=200, seed=number)
        found.append(verdict(compared, region=0.01).word)
    return np.array(found)


@pytest.mark.parametrize("n_seeds", [3, 5])
@pytest.mark.parametrize("seed_deviation", [0.03, 0.1])
def test_the_same_family_twice_is_not_told_apart(n_seeds, seed_deviation):
    claimed = np.isin(words(n_seeds, 0.0, seed_deviation), ["better", "worse"])
    assert claimed.mean() <= 0.05


def test_a_planted_gap_is_found_and_on_the_right_side():
    found = words(5, 0.1)
    assert (found == "better").mean() > 0.9
    assert "worse" not in found
