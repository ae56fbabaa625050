import numpy as np
import pytest
from diagnostics_scenes import causal_uniform, lag, random_rows

from comparison_scenes import run
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_numbers import family_numbers
from seqarena.attribution.diagnostics.influence_measures import (
    agreement_measures,
    influence_measures,
    redundancy_measures,
    rows_beside,
)
from seqarena.attribution.diagnostics.layer_measures import flow_measures, rollout_map
from seqarena.attribution.diagnostics.layers import self_attention_layers
from seqarena.attribution.diagnostics.rankings import mean_received, step_scores
from seqarena.attribution.influence.influence_map import InfluenceMap


def told(measures):
    return {one.metric: one.values[:, 0].tolist() for one in measures}


def influence(effect, **fields):
    effect = np.asarray(effect, dtype=np.float64)
    return InfluenceMap(effect, fields.pop("change", -effect), **fields)


def test_steps_that_matter_are_summed_over_the_input_and_averaged_over_outputs():
    one = influence([[0.0, 0.0], [0.5, 0.0]])
    assert told(influence_measures(one, "a")) == {
        "leave_one_out": [0.25],
        "influence_total": [0.25],
    }


def test_outputs_that_nobody_asked_about_do_not_thin_the_mean():
    valid = np.zeros((4, 4), dtype=bool)
    valid[1, 0] = valid[2, :2] = True
    one = influence(np.where(valid, 0.25, 0.0), valid=valid)
    measures = influence_measures(one, "a")
    # The first output can look nowhere, and the last was not asked about.
    assert told(measures) == {"leave_one_out": [0.375], "influence_total": [0.375]}
    assert [each.n.item() for each in measures] == [2.0, 2.0]
    assert influence_measures(influence(np.zeros((2, 2)), valid=np.zeros((2, 2), bool)), "a") == []


def test_redundancy_is_one_number_of_all_probes_and_that_of_the_reports():
    large = influence([[0.0, 0.0], [0.4, 0.4]], whole=np.array([0.0, 1.0]))
    small = influence([[0.01]], whole=np.array([0.05]))
    without = InfluenceMap(None, np.ones((1, 1)), unit="nats")
    (found,) = redundancy_measures([large, None, small, without])
    assert found.values.item() == pytest.approx(0.81 / 1.05)
    assert (found.example, found.n.item()) == (None, 2.0)
    both = FamilyMaps("a", (run([large]), run([small])))
    assert found.values.item() == family_numbers(both).redundancy
    assert redundancy_measures([without, influence([[0.0]], whole=np.zeros(1))]) == []


def test_frames_have_no_bits():
    one = InfluenceMap(None, np.array([[3.0, -1.0]]), unit="nats")
    assert told(influence_measures(one, "a")) == {"leave_one_out_nats": [4.0]}
    assert influence_measures(InfluenceMap(None, np.zeros((0, 0))), "a") == []


def density_map(weights):
    return ProbeMap("decoder.0.self", "weights", weights[None, 1:], first_row=1)


def test_a_map_that_looks_where_the_effect_is_agrees_with_it():
    effect = np.tril(random_rows(5, 5), -1)
    measures = told(agreement_measures(density_map(effect), influence(effect), "a"))
    assert measures["influence_divergence"] == pytest.approx([0])
    assert measures["kendall_tau"] == pytest.approx([1])


def test_a_head_that_looks_elsewhere_is_one_bit_away_and_the_other_is_not():
    effect = lag(5, 1)
    heads = np.stack([lag(5, 1)[2:], lag(5, 2)[2:]])
    one = ProbeMap("decoder.0.self", "weights", heads, first_row=2)
    assert told(agreement_measures(one, influence(effect), "a"))["influence_divergence"] == [0, 1]


def test_rows_in_which_nothing_has_an_effect_do_not_count():
    one = density_map(causal_uniform(4))
    divergence, tau = agreement_measures(one, influence(np.zeros((4, 4))), "a")
    assert (divergence.n.tolist(), tau.n.tolist()) == ([[0.0]], [[0.0]])


def test_the_future_that_a_density_cannot_see_has_no_part_in_tau():
    effect = np.tril(random_rows(4, 4), -1)
    _, _, valid = rows_beside(density_map(effect), influence(effect))
    assert valid.tolist() == (np.tri(4, k=-1)[1:] > 0).tolist()
    given = np.ones((4, 4), dtype=bool)
    assert rows_beside(density_map(effect), influence(effect, valid=given))[2].all()


def test_of_a_classifier_all_rows_of_a_map_are_averaged():
    one = ProbeMap("encoder.0.self", "weights", np.array([[[1.0, 0], [0, 1]]]))
    rows, effect, _ = rows_beside(one, influence([[0.3, 0.1]]))
    assert rows.tolist() == [[[0.5, 0.5]]]
    assert effect.tolist() == [[0.3, 0.1]]


@pytest.mark.parametrize(
    "one",
    [
        ProbeMap("states", "posterior", random_rows(1, 4, 3)),
        ProbeMap("contexts", "count_context", random_rows(1, 4, 4)),
        ProbeMap("encoder.0.self", "weights", random_rows(1, 3, 4)),
    ],
)
def test_maps_whose_rows_are_no_outputs_or_columns_no_steps_are_not_compared(one):
    assert rows_beside(one, influence(np.ones((4, 4)))) is None


def test_the_rollout_of_a_density_has_the_rows_of_its_maps():
    maps = (density_map(np.pad(causal_uniform(4), ((1, 0), (0, 0)))[:4]),) * 2
    layers = self_attention_layers(maps[:1], 4)
    rolled = rollout_map(layers, 4)
    assert (rolled.first_row, rolled.values.shape) == (1, (1, 3, 4))
    # Row t is of the state after t symbols, half of which is the symbol itself.
    expected = (causal_uniform(3) + np.eye(3)) / 2
    assert np.allclose(rolled.values[0, :, :3], expected)
    assert rolled.values[0, :, 3].max() == 0
    assert rollout_map({}, 4) is None


def test_flow_is_compared_with_rollout_where_it_can_be_had():
    single = {"encoder.0.self": random_rows(2, 3, 3)}
    assert told(flow_measures(single, "a")) == {"rollout_flow_divergence": [pytest.approx(0)]}
    double = {**single, "encoder.1.self": random_rows(2, 3, 3, seed=1)}
    assert told(flow_measures(double, "a"))["rollout_flow_divergence"][0] > 1e-6
    assert flow_measures({"encoder.0.self": np.eye(33)[None]}, "a") == []
    assert flow_measures({}, "a") == []


def test_steps_are_ranked_by_what_they_receive_of_the_pooling_or_else_of_the_last_layer():
    first = ProbeMap("encoder.0.self", "weights", np.eye(2)[None])
    last = ProbeMap("encoder.1.self", "weights", np.array([[[1.0, 0], [1, 0]]]))
    pooling = ProbeMap("pooling", "weights", np.array([[[0.25, 0.75]]]))
    assert mean_received((first, last), 2).tolist() == [1.0, 0.0]
    assert mean_received((pooling, last), 2).tolist() == [0.25, 0.75]
    assert mean_received((ProbeMap("states", "posterior", np.eye(2)[None]),), 2) is None
    assert mean_received((last,), 3) is None
    assert step_scores(influence([[0.1, 0.2], [0.3, 0.0]])).tolist() == pytest.approx([0.4, 0.2])
