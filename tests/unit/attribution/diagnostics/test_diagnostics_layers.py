import numpy as np
import pytest
from diagnostics_scenes import causal_uniform, lag, random_rows

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.flow import attention_flow
from seqarena.attribution.diagnostics.layers import self_attention_layers, state_rows
from seqarena.attribution.diagnostics.patterns import pattern_scores, repeated_symbols
from seqarena.attribution.diagnostics.rollout import rollout
from seqarena.errors import DataError

LAG_1 = np.array([[[1.0, 0.0], [1.0, 0.0]]])


def test_identities_roll_out_to_the_identity():
    assert np.array_equal(rollout([np.eye(3)[None]] * 4), np.eye(3))


def test_two_layers_that_look_one_step_back_roll_out_as_by_hand():
    assert rollout([LAG_1, LAG_1]).tolist() == [[1, 0], [0.75, 0.25]]


def test_rows_of_a_rollout_sum_to_one_even_where_a_layer_looks_nowhere():
    layers = [random_rows(2, 5, 5, seed=seed) for seed in range(3)]
    layers[1][:, 2] = 0
    assert np.allclose(rollout(layers).sum(axis=-1), 1)
    assert rollout([np.zeros((1, 2, 2))]).tolist() == np.eye(2).tolist()


def test_the_last_layer_looks_at_what_the_first_one_made():
    """Layer 1 stays; in layer 2 step 1 looks at step 0 alone: half of what it is goes there."""
    stays, looks_back = np.eye(2)[None], LAG_1
    both = rollout([np.array([[[0.0, 1.0], [0.0, 1.0]]]), looks_back])
    # Layer 1 is [[.5, .5], [0, 1]]; row 1 of layer 2 is [.5, .5], so their mean: [.25, .75].
    assert both.tolist() == [[0.5, 0.5], [0.25, 0.75]]
    assert rollout([stays, looks_back]).tolist() == [[1, 0], [0.5, 0.5]]


def test_the_flow_through_two_layers_is_as_by_hand():
    assert attention_flow([LAG_1, LAG_1]).tolist() == [[1, 0], [1.0, 0.5]]


def test_the_flow_through_one_layer_is_its_capacities():
    layer = random_rows(2, 3, 3)
    assert np.allclose(attention_flow([layer]), layer.mean(axis=0) / 2 + np.eye(3) / 2)


def test_more_steps_than_can_be_waited_for_are_refused():
    with pytest.raises(DataError) as caught:
        attention_flow([np.eye(33)[None]])
    assert str(caught.value) == (
        "attention flow of 33 steps would take too long; at most 32. Use rollout."
    )


@pytest.mark.parametrize("through", [rollout, attention_flow])
def test_no_layer_is_refused(through):
    with pytest.raises(DataError):
        through([])


def test_the_rows_of_a_density_are_moved_to_the_state_that_looked():
    weights = causal_uniform(3)
    shifted = ProbeMap("decoder.0.self", "weights", weights[None, :2], first_row=1)
    assert np.allclose(state_rows(shifted, 3), weights[None, :2, :2])
    plain = ProbeMap("encoder.0.self", "weights", weights[None])
    assert np.allclose(state_rows(plain, 3), weights[None])


def test_only_self_attention_is_a_layer():
    square = np.eye(3)[None]
    maps = (
        ProbeMap("encoder.0.self", "weights", square),
        ProbeMap("encoder.1.self", "weights", square),
        ProbeMap("decoder.0.cross", "weights", square),
        ProbeMap("decoder.1.self", "weights", np.eye(2)[None]),
        ProbeMap("states", "posterior", square),
    )
    assert list(self_attention_layers(maps, 3)) == ["encoder.0.self", "encoder.1.self"]


def test_heads_built_by_hand_have_the_scores_of_their_pattern():
    period = 4
    heads = np.stack([lag(8, 1), lag(8, period), lag(8, period - 1), np.eye(8)])
    scores = pattern_scores(heads, period)
    assert scores.previous.tolist() == [1, 0, 0, 0]
    assert scores.duplicate.tolist() == [0, 1, 0, 0]
    assert scores.induction.tolist() == [0, 0, 1, 0]


def test_a_row_before_the_repetition_has_no_part_in_the_induction_score():
    head = lag(8, 3)
    head[:4] = 0
    assert pattern_scores(head[None], 4).induction.tolist() == [1]


def test_scoring_leaves_the_maps_as_they_were():
    heads = random_rows(2, 8, 8)
    before = heads.copy()
    pattern_scores(heads, 4)
    assert np.array_equal(heads, before)


def test_uniform_attention_to_the_past_scores_chance():
    period, weights = 3, causal_uniform(6)[None]
    scores = pattern_scores(weights, period)
    assert np.isclose(scores.previous[0], np.mean([1 / n for n in range(2, 7)]))
    assert np.isclose(scores.induction[0], np.mean([1 / n for n in range(4, 7)]))


def test_sequences_too_short_for_a_pattern_score_nothing():
    scores = pattern_scores(np.ones((1, 1, 1)), 4)
    assert [each.tolist() for each in scores] == [[0], [0], [0]]


def test_repeated_symbols_repeat_are_in_range_and_follow_from_the_seed():
    symbols = repeated_symbols(5, 7, 20, seed=3)
    assert symbols.shape == (20, 14)
    assert np.array_equal(symbols[:, :7], symbols[:, 7:])
    assert set(np.unique(symbols)) == set(range(5))
    assert np.array_equal(symbols, repeated_symbols(5, 7, 20, seed=3))
    assert not np.array_equal(symbols, repeated_symbols(5, 7, 20, seed=4))
