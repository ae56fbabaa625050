import numpy as np
from scipy.stats import kendalltau

from seqarena.attribution.diagnostics.agreement import kendall_tau


def test_tau_is_that_of_scipy_ties_included():
    generator = np.random.default_rng(0)
    first = generator.integers(4, size=(3, 6, 9)).astype(float)
    second = generator.integers(4, size=(3, 6, 9)).astype(float)
    tau, exists = kendall_tau(first, second)
    assert exists.all()
    for index in np.ndindex(3, 6):
        assert np.isclose(tau[index], kendalltau(first[index], second[index]).statistic)


def test_tau_of_equal_orders_is_one_and_of_opposite_ones_minus_one():
    row = np.array([[0.1, 0.2, 0.7]])
    assert kendall_tau(row, row * row)[0] == 1
    assert kendall_tau(row, -row)[0] == -1


def test_columns_that_are_not_valid_do_not_count():
    first, second = np.array([[1.0, 2.0, 3.0, 9.0]]), np.array([[1.0, 3.0, 2.0, -5.0]])
    valid = np.array([[True, True, True, False]])
    tau, _ = kendall_tau(first, second, valid)
    assert np.isclose(tau[0], kendalltau(first[0, :3], second[0, :3]).statistic)


def test_a_constant_row_has_no_tau():
    for first in (np.zeros((1, 3)), np.full((1, 3), 1 / 3), np.zeros((1, 1)), np.zeros((1, 0))):
        tau, exists = kendall_tau(first, np.arange(first.size, dtype=float)[None])
        assert (tau.tolist(), exists.tolist()) == ([0.0], [False])
