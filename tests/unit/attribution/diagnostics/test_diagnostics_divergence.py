import numpy as np
import pytest
from diagnostics_scenes import random_rows
from scipy.spatial.distance import jensenshannon

from seqarena.attribution.diagnostics.divergence import both_look, row_divergence, top_jaccard
from seqarena.attribution.diagnostics.stability import head_costs, seed_stability
from seqarena.errors import DataError


def test_a_row_is_at_no_distance_from_itself_and_one_bit_from_one_that_it_never_meets():
    rows = random_rows(5, 7).astype(np.float64)
    assert (row_divergence(rows, rows) == 0).all()
    assert row_divergence(np.array([[1.0, 0, 0]]), np.array([[0, 0.5, 0.5]])) == 1


def test_divergence_is_the_square_of_scipys_distance_and_the_same_both_ways():
    first, second = random_rows(5, 7), random_rows(5, 7, seed=1)
    expected = jensenshannon(first, second, base=2, axis=-1) ** 2
    assert np.allclose(row_divergence(first, second), expected)
    assert np.allclose(row_divergence(second, first), expected)


def test_a_row_beside_one_that_looks_nowhere_is_left_out():
    first, second = np.array([[1.0, 0.0]] * 2), np.array([[0.0, 0.0], [0.0, 1.0]])
    assert row_divergence(first, second).tolist() == [0, 1]
    assert both_look(first, second).tolist() == [False, True]


def test_maps_of_other_sizes_are_refused():
    with pytest.raises(DataError) as caught:
        row_divergence(np.eye(2), np.eye(3))
    assert str(caught.value) == (
        "a map of 2 × 2 and one of 3 × 3 have no rows in common; compare maps of the same example."
    )


def test_the_largest_columns_of_two_rows_are_compared_as_sets():
    first = np.array([[0.5, 0.3, 0.2, 0.0]] * 3)
    second = np.array([[0.3, 0.5, 0.2, 0.0], [0.0, 0.0, 0.5, 0.5], [0.0, 0.5, 0.1, 0.4]])
    assert np.allclose(top_jaccard(first, second, 2), [1, 0, 1 / 3])


def test_columns_without_weight_are_never_among_the_largest():
    one_hot = np.array([[1.0, 0.0, 0.0]])
    assert top_jaccard(one_hot, one_hot, 2) == 1
    assert top_jaccard(one_hot, np.array([[0.0, 0.0, 1.0]]), 2) == 0
    assert top_jaccard(np.zeros((1, 3)), np.zeros((1, 3)), 2) == 0


def heads_of(n_examples, seed=0):
    return [random_rows(3, 4, 4 + i, seed=seed + i) for i in range(n_examples)]


def test_the_same_seed_twice_is_exactly_stable():
    same = seed_stability(heads_of(3), heads_of(3))
    assert same.divergence == 0
    assert same.partners.tolist() == [0, 1, 2]
    assert same.n_rows == 3 * 3 * 4


def test_numbering_heads_otherwise_changes_nothing():
    first, second = heads_of(3), heads_of(3, seed=50)
    plain = seed_stability(first, second)
    turned = seed_stability(first, [maps[[2, 0, 1]] for maps in second])
    assert plain.divergence > 0
    assert np.isclose(turned.divergence, plain.divergence)
    assert [[2, 0, 1][partner] for partner in turned.partners] == plain.partners.tolist()
    assert seed_stability(first, [maps[[2, 0, 1]] for maps in first]).divergence == 0


def test_the_cost_of_a_pair_of_heads_is_the_sum_over_examples():
    first, second = heads_of(2), heads_of(2, seed=50)
    costs, counts = head_costs(first, second)
    expected = sum(row_divergence(a[1], b[2]).sum() for a, b in zip(first, second, strict=True))
    assert np.isclose(costs[1, 2], expected)
    assert (counts == 8).all()


def test_rows_that_look_nowhere_in_either_do_not_count_towards_stability():
    first, second = heads_of(1), heads_of(1)
    second[0][:, 0] = 0
    stable = seed_stability(first, second)
    assert (stable.divergence, stable.n_rows) == (0, 9)


@pytest.mark.parametrize("n_examples", [0, 1])
def test_other_examples_or_none_are_refused(n_examples):
    with pytest.raises(DataError) as caught:
        seed_stability(heads_of(n_examples), heads_of(0))
    heads = 3 if n_examples else 0
    assert str(caught.value) == (
        f"maps of {n_examples} and 0 examples, of {heads} and 0 heads: compare one layer of two "
        "fits of one model on one set."
    )
