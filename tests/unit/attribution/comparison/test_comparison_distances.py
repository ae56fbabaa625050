import numpy as np
import pytest

from comparison_scenes import influence, lagged
from seqarena.attribution.comparison.run_distances import run_distances
from seqarena.errors import DataError

NOWHERE = influence(np.zeros((2, 3)))
FIRST = influence([[0.5, 0.0, 0.0], [0.2, 0.0, 0.0]])
LAST = influence([[0.0, 0.0, 0.1], [0.4, 0.0, 0.0]])


def test_rows_that_look_at_the_same_steps_are_0_apart_and_at_others_1_bit():
    distances = run_distances([[FIRST], [LAST]], ["a", "b"])
    assert distances.total[0, 1].tolist() == [1.0]
    assert distances.means[0, 1] == distances.means[1, 0] == 0.5


def test_a_row_that_looks_nowhere_is_missing_and_counted():
    half = influence([[0.5, 0.0, 0.0], [0.0, -0.0, 0.0]])
    distances = run_distances([[FIRST], [half], [NOWHERE]], ["a", "b", "c"])
    assert distances.n_rows[0, 1].tolist() == [1]
    assert distances.n_one[:, :, 0].tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    assert distances.means[0, 1] == 0
    assert np.isnan(distances.means[2]).all()


def test_the_mean_is_over_rows_and_not_over_probes():
    long = influence([[1.0, 0.0]] * 3)
    other_long = influence([[0.0, 1.0]] * 3)
    short = influence([[1.0, 0.0]])
    distances = run_distances([[long, short], [other_long, short]], ["a", "b"])
    assert distances.means[0, 1] == 0.75


def test_a_fit_has_no_distance_to_itself():
    rng = np.random.default_rng(0)
    one, other = [lagged(1, rng)], [lagged(2, rng)]
    means = run_distances([one, other, one], ["a", "b", "a"]).means
    assert np.isnan(means[[0, 0, 2], [0, 2, 2]]).all()
    assert means[0, 1] == means[2, 1] > 0


def test_probes_that_are_drawn_twice_count_twice():
    same, apart = influence([[1.0, 0.0]]), influence([[0.0, 1.0]])
    distances = run_distances([[same, same], [same, apart]], ["a", "b"])
    assert distances.weighted_means(np.array([[1, 1], [0, 2], [3, 1]]))[:, 0, 1].tolist() == [
        0.5,
        1.0,
        0.25,
    ]


def test_steps_at_which_a_model_cannot_look_do_not_count():
    blind = influence([[0.5, np.nan]], valid=np.array([[True, False]]))
    assert run_distances([[blind], [influence([[0.1, 0.0]])]], ["a", "b"]).means[0, 1] == 0


def test_maps_of_other_sizes_are_refused():
    with pytest.raises(DataError, match=r"maps of \(2, 3\) and \(1, 2\)"):
        run_distances([[FIRST], [influence([[1.0, 0.0]])]], ["a", "b"])
