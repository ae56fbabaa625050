from dataclasses import replace

import numpy as np
import pytest

from comparison_scenes import family, influence, run
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_numbers import MECHANISM, family_numbers
from seqarena.attribution.comparison.seed_mean import seed_mean
from seqarena.attribution.comparison.shown_maps import shown_families
from seqarena.attribution.oracle.row_scores import score_rows
from seqarena.attribution.viewer.quantised import pack

# The first output can look at nothing.
VALID = np.array([[False, False], [True, False], [True, True]])
LEFT = [[0.0, 0.0], [0.4, 0.0], [0.2, 0.2]]
NOWHERE = np.zeros((3, 2))


def family_of(*maps, true=None, **fields):
    made = [run([one], seed) for seed, one in enumerate(maps)]
    if true is not None:
        further = {"oracle": (true,)}
        made = [replace(each, capture=replace(each.capture, further=further)) for each in made]
    return FamilyMaps("a", tuple(replace(each, **fields) for each in made))


def test_influence_is_the_mean_over_outputs_that_can_look():
    numbers = family_numbers(
        family_of(influence(LEFT, valid=VALID), influence(NOWHERE, valid=VALID))
    )
    assert numbers.total == pytest.approx((0.4 + 0.4 + 0 + 0) / 4)
    assert numbers.blind == 0.5


def test_redundancy_pools_over_outputs():
    one = influence(LEFT, valid=VALID, whole=np.array([0.0, 0.4, 1.2]))
    assert family_numbers(family_of(one)).redundancy == pytest.approx(0.8 / 1.6)


def test_the_true_map_is_as_far_as_shares_go():
    true = influence([[0.0, 0.0], [0.1, 0.0], [0.3, 0.0]], valid=VALID)
    numbers = family_numbers(family_of(influence(LEFT, valid=VALID), true=true))
    # Shares (1/2, 1/2) against (1, 0): 1 - 3/4 log2(3) + 1/2 bits, and 0 for the row that agrees.
    expected = 1.5 - 0.75 * np.log2(3)
    assert numbers.oracle_divergence == pytest.approx(expected / 2)
    assert numbers.oracle_outside == pytest.approx((0 + 0.5) / 2)
    same = family_numbers(family_of(true, true=true))
    assert (same.oracle_divergence, same.oracle_outside) == (0, 0)


def test_the_scores_are_those_of_the_oracle_s_own_reckoning():
    rng = np.random.default_rng(0)
    true = influence(np.tril(rng.random((6, 6)), -2))
    maps = [influence(np.tril(rng.random((6, 6)), -1)) for _ in range(2)]
    numbers = family_numbers(family_of(*maps, true=true))
    scores = (score_rows(maps[0], true) + score_rows(maps[1], true)).means()
    assert numbers.oracle_divergence == pytest.approx(scores["divergence"].mean)
    assert numbers.oracle_outside == pytest.approx(scores["outside"].mean)


def test_weights_and_influence_are_as_far_as_the_fits_said():
    one = influence(LEFT, valid=VALID)
    assert family_numbers(family_of(one, one, summary={MECHANISM: 0.3})).mechanism == 0.3


def test_what_nobody_asked_for_is_no_number():
    numbers = family_numbers(family_of(influence(LEFT)))
    assert np.isnan([numbers.mechanism, numbers.redundancy, numbers.oracle_divergence]).all()


def test_seeds_are_averaged_and_native_maps_are_those_of_the_first():
    rng = np.random.default_rng(0)
    of = family("a", 1, rng)
    effects = [each.capture.influence[1].effect for each in of.runs]
    mean = seed_mean(of)
    assert mean.influence[1].effect == pytest.approx(np.mean(effects, axis=0))
    assert mean.influence[1].whole is None
    assert mean.maps is of.runs[0].capture.maps


def test_changes_that_are_infinite_both_ways_have_no_mean_and_the_effect_keeps_its_own():
    changes = [[[np.inf, np.inf, 1.0]], [[-np.inf, 2.0, 3.0]]]
    maps = [replace(influence([[0.5, 0.5, 0.1]]), change=np.array(change)) for change in changes]
    mean = seed_mean(family_of(*maps)).influence[0]
    np.testing.assert_array_equal(mean.change, [[np.nan, np.inf, 2.0]])
    assert mean.effect.tolist() == [[0.5, 0.5, 0.1]]
    (of_change,) = (one for one in _shown_maps(family_of(*maps)) if one.signed)
    packed = pack(of_change.values, of_change.valid, signed=True)
    assert packed.has_valid and packed.tops == (2.0,)


def test_a_seed_that_knows_nothing_of_a_cell_does_not_dilute_the_mean_of_those_that_do():
    knows = influence([[0.4, 0.2]], valid=np.array([[True, False]]))
    also = influence([[0.0, 0.6]], valid=np.array([[False, True]]))
    neither = influence([[0.0, 0.0]], valid=np.array([[False, False]]))
    mean = seed_mean(family_of(knows, also, neither)).influence[0]
    assert mean.effect.tolist() == [[0.4, 0.6]]
    assert mean.valid.all()
    nowhere = seed_mean(family_of(neither, neither)).influence[0]
    assert not nowhere.valid.any() and nowhere.effect.tolist() == [[0.0, 0.0]]


def _shown_maps(of):
    return shown_families([of], "").examples[0].maps
