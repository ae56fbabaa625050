import numpy as np
import pytest
from diagnostics_scenes import causal_uniform, lag, random_rows
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from seqarena.attribution.diagnostics.concentration import (
    confidence,
    sink_excess,
    sink_mass,
    sink_share,
)
from seqarena.attribution.diagnostics.coverage import (
    coverage,
    coverage_deviation,
    omission_rate,
    repetition_rate,
)
from seqarena.attribution.diagnostics.distance import mean_distance, mean_offset
from seqarena.attribution.diagnostics.distributions import distributions, looks, mean_where
from seqarena.attribution.diagnostics.entropy import (
    effective_support,
    entropy,
    normalised_entropy,
)
from seqarena.errors import DataError

ODD = np.array([[0.0, -0.0, 1.0], [-0.0, -0.0, -0.0]], dtype=np.float32)
"""A one-hot row, and one that looks nowhere, with negative zeros."""


def is_plain_zero(values):
    """0, and neither -0 nor NaN."""
    return bool((values == 0).all() and not np.signbit(values).any())


def test_negative_zeros_become_plain_ones():
    assert not np.signbit(distributions(ODD)).any()


def test_one_hot_rows_and_rows_that_look_nowhere_have_an_entropy_of_plain_zero():
    assert is_plain_zero(entropy(distributions(ODD)))
    assert is_plain_zero(entropy(distributions(np.ones((1, 1)))))
    assert is_plain_zero(normalised_entropy(entropy(distributions(ODD)), np.array([3, 3])))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 128])
def test_a_uniform_row_has_the_entropy_of_its_columns(n):
    rows = distributions(np.full((2, n), 1 / n, dtype=np.float32))
    bits = entropy(rows)
    assert np.allclose(bits, np.log2(n))
    assert np.allclose(effective_support(bits), n)
    assert np.allclose(normalised_entropy(bits, np.array([n, n])), 0.0 if n == 1 else 1.0)


def test_entropy_is_that_of_a_second_implementation():
    rows = random_rows(2, 5, 7)
    assert np.allclose(entropy(rows), scipy_entropy(rows, axis=-1, base=2))


def test_a_row_that_could_look_at_one_column_alone_has_no_normalised_entropy():
    assert is_plain_zero(normalised_entropy(np.array([1.0]), np.array([1])))


def test_entropy_is_per_head_and_not_of_the_mean_of_heads():
    heads = np.stack([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert entropy(heads).mean() == 0
    assert entropy(heads.mean(axis=0)) == 1


def test_a_map_without_rows_or_columns_is_no_error():
    for shape in ((0, 3), (2, 0), (0, 0)):
        rows = distributions(np.zeros(shape))
        for values in (entropy(rows), confidence(rows), sink_mass(rows)):
            assert values.shape == (shape[0],)
        assert coverage_deviation(rows) in (0, 1)
        assert not looks(rows).any()


@pytest.mark.parametrize("odd", [np.nan, np.inf, -0.5])
def test_what_is_no_share_is_refused(odd):
    with pytest.raises(DataError) as caught:
        distributions(np.array([[0.5, 0.5], [1.0, odd]]), "decoder.0.self")
    assert str(caught.value) == (
        f"decoder.0.self: entry (1, 1) is {odd}; a share of attention is a number from 0 on. Look "
        "for the step that made it."
    )


def test_a_head_that_looks_three_steps_back_has_a_distance_of_three():
    rows = lag(8, 3)
    distance, offset = (of(rows, np.arange(8)) for of in (mean_distance, mean_offset))
    assert distance[3:].tolist() == offset[3:].tolist() == [3.0] * 5
    assert distance[:3].tolist() == [0.0] * 3
    assert mean_offset(rows.T, np.arange(8))[:5].tolist() == [-3.0] * 5
    assert mean_distance(rows.T, np.arange(8))[:5].tolist() == [3.0] * 5


def test_uniform_attention_to_the_past_has_a_distance_of_half_the_place():
    rows, places = causal_uniform(9), np.arange(9)
    assert np.allclose(mean_distance(rows, places), places / 2)
    assert np.allclose(mean_offset(rows, places), places / 2)


def test_rows_that_begin_later_count_from_their_own_place():
    assert mean_distance(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([1, 2])).tolist() == [1, 1]


def test_the_confidence_of_a_one_hot_row_is_one_and_of_a_uniform_one_its_share():
    assert confidence(np.eye(3)).tolist() == [1.0] * 3
    assert np.allclose(confidence(np.full((2, 5), 0.2)), 0.2)
    assert confidence(distributions(ODD)).tolist() == [1.0, 0.0]


def test_uniform_attention_to_the_past_is_no_sink():
    rows = causal_uniform(6)
    assert np.allclose(sink_mass(rows), 1 / np.arange(1, 7))
    assert np.allclose(sink_excess(rows, np.arange(1, 7)), 0)


def test_a_sink_has_all_but_chance_above_chance():
    rows = np.zeros((4, 4))
    rows[:, 0] = 1
    assert np.allclose(sink_excess(rows, np.arange(1, 5)), [0, 1 / 2, 2 / 3, 3 / 4])
    assert sink_excess(np.zeros((1, 4)), np.array([4])).tolist() == [0.0]


def test_the_share_of_sinks_counts_heads_above_the_threshold():
    assert sink_share(np.array([1.0, 0.3, 0.31])) == 2 / 3
    assert sink_share(np.array([1.0, 0.3, 0.31]), threshold=0.5) == 1 / 3
    assert sink_share(np.zeros(0)) == 0


def test_the_identity_covers_everything_once():
    assert coverage(np.eye(4)).tolist() == [1.0] * 4
    assert coverage_deviation(np.eye(4)) == 0
    assert omission_rate(np.eye(4)) == repetition_rate(np.eye(4)) == 0


def test_looking_at_one_column_alone_repeats_it_and_omits_the_others():
    rows = np.zeros((3, 4))
    rows[:, 0] = 1
    assert coverage(rows).tolist() == [3, 0, 0, 0]
    assert omission_rate(rows) == 3 / 4
    assert repetition_rate(rows) == 1 / 4
    assert coverage_deviation(rows) == 5 / 4


@pytest.mark.slow
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 99))
def test_coverage_sums_to_the_rows_that_look(n_rows, n_columns, seed):
    rows = random_rows(n_rows, n_columns, seed=seed)
    assert np.isclose(coverage(rows).sum(), n_rows)
    rows[0] = 0
    assert np.isclose(coverage(rows).sum(), n_rows - 1)


def test_a_mean_leaves_out_what_does_not_count_and_says_how_much_it_is_of():
    values = np.array([[1.0, 3.0], [np.nan, 5.0], [np.nan, np.nan]])
    means, n = mean_where(values, ~np.isnan(values))
    assert means.tolist() == [2.0, 5.0, 0.0]
    assert n.tolist() == [2.0, 1.0, 0.0]
