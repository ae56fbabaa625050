import numpy as np
import pytest

from comparison_scenes import family, influence, run
from seqarena.attribution.comparison.compared_rows import compare_rows
from seqarena.attribution.comparison.disagreements import largest_disagreements
from seqarena.attribution.comparison.family_maps import FamilyMaps

LEFT, RIGHT, NOWHERE = [0.5, 0.0], [0.0, 0.25], [0.0, -0.0]


def family_of(*maps):
    return FamilyMaps("a", tuple(run([influence(one)], seed) for seed, one in enumerate(maps)))


def test_each_row_tells_distance_noise_and_totals():
    one = family_of([LEFT, LEFT, LEFT], [LEFT, RIGHT, NOWHERE])
    other = family_of([RIGHT, LEFT, NOWHERE], [RIGHT, LEFT, NOWHERE])
    (rows,) = compare_rows(one, other)
    assert rows.between.tolist() == pytest.approx([1.0, 0.5, np.nan], nan_ok=True)
    assert rows.one.noise.tolist() == pytest.approx([0.0, 1.0, np.nan], nan_ok=True)
    assert rows.excess.tolist() == pytest.approx([1.0, -0.5, np.nan], nan_ok=True)
    assert rows.one.total.tolist() == pytest.approx([0.5, 0.375, 0.25])
    assert rows.one.effect[1].tolist() == pytest.approx([0.25, 0.125])


def test_the_noise_band_ends_at_the_farthest_two_seeds():
    one = family_of([LEFT], [LEFT], [RIGHT])
    (rows,) = compare_rows(one, family_of([RIGHT], [RIGHT]))
    assert rows.one.noise[0] == pytest.approx(2 / 3)
    assert rows.one.largest_noise[0] == 1.0
    assert rows.excess[0] == pytest.approx(2 / 3 - 1)


def test_the_largest_disagreements_are_those_farthest_above_the_noise():
    noisy = family_of([LEFT, LEFT, LEFT], [LEFT, RIGHT, NOWHERE])
    still = family_of([RIGHT, RIGHT, RIGHT], [RIGHT, RIGHT, RIGHT])
    found = largest_disagreements(compare_rows(noisy, still))
    assert [(each.output, each.between) for each in found] == [(0, 1.0), (2, 1.0), (1, 0.5)]


def test_a_single_seed_is_ordered_by_distance_alone():
    found = largest_disagreements(compare_rows(family_of([LEFT, LEFT]), family_of([LEFT, RIGHT])))
    assert [(each.output, each.between) for each in found] == [(1, 1.0)]
    assert np.isnan(found[0].excess)


def test_no_more_than_sixteen_are_shown():
    rng = np.random.default_rng(0)
    rows = compare_rows(family("a", 1, rng), family("b", 2, rng))
    found = largest_disagreements(rows)
    assert len(found) == 16
    # The excess of all rows, from the first probe to the last, holds the same sixteen on top.
    excess = np.concatenate([each.excess for each in rows])
    assert [each.excess for each in found] == sorted(excess[~np.isnan(excess)])[:-17:-1]
