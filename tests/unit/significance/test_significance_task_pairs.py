import numpy as np
import pytest

from seqarena.significance.task_pairs import task_pairs
from task_scenes import beside_nothing

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("gaps", "p_value"),
    [
        # All on one side: 2 of the 2^6 ways to choose signs.
        ([1, 2, 3, 4, 5, 6], 2 / 64),
        # The smallest on the other: rank sums 0 and 1, on either side.
        ([-1, 2, 3, 4, 5, 6], 4 / 64),
        # A gap of 0 has the rank 1 and no sign: 2 + 3 is reached by 6 of the 64 ways, or undercut.
        ([0, -1, -2, 3, 4, 5, 6], 12 / 64),
        ([0, 0, 0, 0, 0, 0], 1.0),
    ],
)
def test_wilcoxon_is_worked_by_hand(gaps, p_value):
    (pair,) = task_pairs(beside_nothing(gaps))
    assert pair.p_value == pytest.approx(p_value)
    assert pair.corrected == pair.p_value


def test_a_pair_says_on_how_many_tasks_which_is_better_and_by_how_much():
    (pair,) = task_pairs(beside_nothing([-1, 2, 0, 4, 5, 6, 7]))
    assert (pair.one, pair.other, pair.n_tasks) == ("a", "b", 7)
    assert (pair.n_better, pair.n_worse, pair.median_gap) == (5, 1, 4.0)


def by_dirichlet(gaps, n_draws=4000):
    """Benavoli et al. (2014): weights of the gaps and of a 0, and where most sums of two lie."""
    gaps = np.array([0, *gaps])
    weights = np.random.default_rng(0).dirichlet([0.5] + [1.0] * (len(gaps) - 1), size=n_draws)
    sums = gaps[:, None] + gaps[None]
    sides = [sums > 2, np.abs(sums) <= 2, sums < -2]
    mass = np.stack([np.einsum("di,dj,ij->d", weights, weights, side) for side in sides])
    return np.bincount(mass.argmax(axis=0), minlength=3) / n_draws


@pytest.mark.parametrize(
    "gaps", [[2.5, 3, 0.3, 1.6, -1.3, 4, 2.2], [0.2, -0.3, 1.4, -3.1, 0.4, 2.8]]
)
def test_the_shares_are_those_of_the_bayesian_signed_ranks(gaps):
    (pair,) = task_pairs(beside_nothing(gaps))
    assert pair.shares == pytest.approx(tuple(by_dirichlet(gaps)), abs=0.03)


def test_families_within_the_region_are_equal_in_practice():
    (pair,) = task_pairs(beside_nothing([0.5, 0.2, -0.1, 0.3, 0.4, -0.5]))
    assert pair.shares == (0.0, 1.0, 0.0)


def test_the_draws_depend_on_the_seed_alone():
    scores = beside_nothing([2.5, 3, 0.3, 1.6, -1.3, 4, 2.2])
    assert task_pairs(scores, 1) == task_pairs(scores, 1) != task_pairs(scores, 2)
