import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from comparison_scenes import lagged, run
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.native_stability import weights_stability
from seqarena.attribution.comparison.seed_summary import seed_summary
from seqarena.attribution.oracle.row_scores import row_divergence


def weights(*heads, name="encoder.0.self", kind="weights", **more):
    return ProbeMap(name, kind, np.array(heads, np.float32), **more)


def family(*maps, fits=("a", "b", "c")):
    rng = np.random.default_rng(0)
    return FamilyMaps(
        "gru",
        tuple(
            run([lagged(1, rng)], seed, fit=fit, native=((one,),))
            for seed, (one, fit) in enumerate(zip(maps, fits, strict=False))
        ),
    )


FIRST, SECOND = [[1.0, 0.0], [0.5, 0.5]], [[0.25, 0.75], [0.0, 1.0]]


def test_the_same_weights_are_stable_however_the_heads_are_numbered():
    assert weights_stability(family(weights(FIRST, SECOND), weights(SECOND, FIRST))) == (0.0, 1.0)


def test_otherwise_it_is_the_mean_divergence_of_rows_over_every_two_seeds():
    near = [[1.0, 0.0], [0.25, 0.75]]
    rows = [jensenshannon([0.5, 0.5], [0.25, 0.75], base=2) ** 2, 0.0]
    found = weights_stability(family(weights(FIRST), weights(near))).divergence
    assert found == pytest.approx(np.mean(rows))
    # Of three seeds there are three pairs, two of which differ.
    found = weights_stability(family(weights(FIRST), weights(near), weights(FIRST))).divergence
    assert found == pytest.approx(np.mean(rows) * 2 / 3)


def test_one_fit_two_names_of_one_fit_and_posteriors_say_nothing():
    assert math.isnan(weights_stability(family(weights(FIRST))).divergence)
    assert math.isnan(
        weights_stability(family(weights(FIRST), weights(SECOND), fits="aa")).divergence
    )
    states = weights(FIRST, name="states", kind="posterior")
    assert math.isnan(weights_stability(family(states, states)).shared)


def test_maps_of_which_heads_or_columns_were_cut_are_left_out():
    for cut in (
        replace(weights(SECOND), mean_of=4),
        replace(weights(SECOND), rest=np.zeros((1, 2), np.float32)),
    ):
        assert math.isnan(weights_stability(family(weights(FIRST), cut)).divergence)


def test_the_run_over_all_seeds_has_both_numbers_where_there_are_any():
    rng = np.random.default_rng(0)
    maps = [lagged(1, rng), lagged(2, rng)]
    both = FamilyMaps(
        "gru",
        tuple(
            run([one], seed, name="gru", native=((weights(FIRST),),))
            for seed, one in enumerate(maps)
        ),
    )
    found = seed_summary(both)
    expected = np.nanmean(row_divergence(maps[0].effect, maps[1].effect))
    assert found == {
        "attn/seeds/weights_divergence": 0.0,
        "attn/seeds/weights_shared": 1.0,
        "attn/seeds/influence_divergence": pytest.approx(expected),
    }
    assert seed_summary(FamilyMaps("gru", both.runs[:1])) == {}


def test_what_the_largest_columns_share_is_counted_among_those_of_either():
    one = weights([[0.4, 0.3, 0.2, 0.1, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0]])
    other = weights([[0.0, 0.3, 0.2, 0.1, 0.4], [0.0, 1.0, 0.0, 0.0, 0.0]])
    # The largest three of the first rows are 1 to 3 and 5, 2, 3; one-hot rows have one each.
    assert weights_stability(family(one, other)).shared == pytest.approx((2 / 4 + 0) / 2)
