import numpy as np
import pytest

from seqarena.significance.jackknife import pseudo_values
from seqarena.significance.scores import f1, ratio
from seqarena.significance.statistics import ExampleStatistics


def test_of_a_mean_they_are_the_values_themselves():
    values = np.array([[[1.0, 1], [0, 1], [4, 1]], [[2, 1], [2, 1], [2, 1]]])
    found = pseudo_values(ExampleStatistics(values, ratio, True, ("a", "b", "c")))
    assert found == pytest.approx(values[..., 0])


def test_of_f1_they_are_n_scores_less_those_without_an_example():
    # F1 of both: 2 * 2 / (3 + 3) = 2/3; without the first 2 * 1 / 2 = 1, without the second 1/2.
    values = np.array([[[1.0, 2, 2], [1, 1, 1]]])
    found = pseudo_values(ExampleStatistics(values, f1, True, ("a", "b")))
    assert found == pytest.approx(np.array([[2 * 2 / 3 - 1, 2 * 2 / 3 - 1 / 2]]))


def test_their_variance_is_that_of_a_ratio_of_sums():
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 9, size=400).astype(np.float64)
    parts = sizes * rng.normal(2, 1, size=400)
    values = np.stack([parts, sizes], axis=1)[None]
    found = pseudo_values(ExampleStatistics(values, ratio, True, tuple(map(str, range(400)))))
    # Cochran (1977), eq. 6.13.
    residual = parts - parts.sum() / sizes.sum() * sizes
    expected = 400 / 399 * (residual**2).sum() / sizes.sum() ** 2
    assert found.var(ddof=1) / 400 == pytest.approx(expected, rel=0.01)


def test_a_score_that_one_example_carries_alone_is_not_defined_without_it():
    values = np.array([[[1.0, 2], [0, 0]]])
    found = pseudo_values(ExampleStatistics(values, ratio, True, ("a", "b")))
    assert np.isnan(found[0, 0])
    assert found[0, 1] == 0.5
