from itertools import combinations

import numpy as np
import pytest

from seqarena.significance.corrections import holm


def by_closed_testing(p_values):
    """Holm's is what closing Bonferroni's gives: the worst over all sets that hold the test."""
    places = range(len(p_values))
    sets = [own for size in places for own in combinations(places, size + 1)]
    return [
        max(
            min(1.0, len(own) * min(p_values[other] for other in own))
            for own in sets
            if place in own
        )
        for place in places
    ]


def test_a_worked_example():
    # Smallest times 3, next times 2, largest times 1, never falling.
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_it_is_the_closure_of_bonferroni():
    rng = np.random.default_rng(0)
    for n in (0, 1, 2, 3, 5, 5):
        p_values = (rng.random(n) / 3).round(2).tolist()
        assert holm(p_values) == pytest.approx(by_closed_testing(p_values))


def test_what_was_not_tested_stays_so_and_costs_nothing():
    corrected = holm([np.nan, 0.02, 0.01])
    assert np.isnan(corrected[0])
    assert corrected[1:] == pytest.approx([0.02, 0.02])


@pytest.mark.slow
def test_it_is_that_of_statsmodels():
    # Imported here: it brings pandas along.
    from statsmodels.stats.multitest import multipletests

    p_values = np.random.default_rng(1).random(45) / 10
    assert holm(p_values.tolist()) == pytest.approx(multipletests(p_values, method="holm")[1])
