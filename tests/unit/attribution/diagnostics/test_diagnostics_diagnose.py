import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from diagnostics_scenes import (
    FIELD,
    MODELS,
    PLANTED,
    built,
    planted_classifier,
    sequences,
    sequences_for,
    unspeakable,
)
from torch.testing import assert_close

from seqarena.attention.maps import NativeMap
from seqarena.attribution.capture import Capture, ProbeMap, capture_maps
from seqarena.attribution.diagnostics.concentration import confidence
from seqarena.attribution.diagnostics.diagnose import diagnose, sink_measures
from seqarena.attribution.diagnostics.distributions import distributions
from seqarena.attribution.diagnostics.entropy import entropy
from seqarena.attribution.diagnostics.map_measures import measures_of_map
from seqarena.attribution.diagnostics.pattern_measures import pattern_measures
from seqarena.attribution.diagnostics.streaming import (
    row_sums,
    stream_rows,
    streamed_measures,
)
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import ArtifactError, DataError
from seqarena.tasks.diagnostics import DiagnosticsConfig

ALL = DiagnosticsConfig(rows=True, flow=True, flips=True)


def captured(model, data):
    probes = tuple(Probe(row, f"p{row}", int(n)) for row, n in enumerate(data.lengths))
    return capture_maps(model, ProbeSet(probes, data))


def with_influence(capture, n_outputs=None):
    draws = np.random.default_rng(0)

    def one(probe):
        effect = draws.random((n_outputs or probe.n_steps, probe.n_steps)) / 10
        return InfluenceMap(effect, effect - 0.05, effect.sum(axis=1))

    return replace(capture, influence=tuple(one(probe) for probe in capture.probes))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*MODELS, "field"])
def test_every_model_gets_all_that_applies_and_nothing_that_is_no_number(name):
    config, schema, layers = {**MODELS, "field": FIELD}[name]
    model, data = built(config, schema), sequences_for(name, (5, 1, 2, 4))
    found = diagnose(model, captured(model, data), data, ALL, "1.0")
    values = found.table["value"].to_numpy()
    assert np.isfinite(values).all()
    assert not (np.signbit(values) & (values == 0)).any()
    assert len(found.summary) <= 60
    assert all(math.isfinite(value) for value in found.summary.values())
    metrics = set(found.table["metric"].to_pylist())
    assert {"entropy", "gradient_attention", "head_importance", "uniform_variation"} <= metrics
    assert {"permuted_loss", "ablated_loss", "norm_divergence", "gradient_tau"} <= metrics
    assert ("comprehensiveness" in metrics) == (
        schema.task_kind in ("classification", "transduction")
    )
    assert ("flip_share" in metrics) == (schema.task_kind == "classification")
    assert ("induction_score" in metrics) == (schema.task_kind == "density")
    assert set(layers) <= set(found.table["layer"].to_pylist())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ctc", "field"])
def test_sums_over_paths_are_asked_with_gradients_and_for_other_weights(name, monkeypatch):
    monkeypatch.setattr("seqarena.attribution.diagnostics.adversarial.N_STEPS", 3)
    model = built(*{**MODELS, "field": FIELD}[name][:2])
    data = unspeakable() if name == "ctc" else sequences_for(name)
    config = DiagnosticsConfig(adversarial_variation=0.05)
    table = diagnose(model, captured(model, data), data, config).table.to_pylist()
    assert all(math.isfinite(row["value"]) for row in table)
    asked = [row for row in table if row["metric"] == "adversarial_divergence"]
    assert [row["example_id"] for row in asked] == ["p0", "p1", "p2"]
    importance = [row for row in table if row["metric"] == "head_importance"]
    assert len(importance) == 4, "two heads of two layers"
    with_slope = {row["example_id"] for row in table if row["metric"] == "gradient_attention"}
    assert with_slope == ({"p0", "p2"} if name == "ctc" else {"p0", "p1", "p2"})
    ranked = {row["example_id"] for row in table if row["layer"] == "gradient"}
    assert ranked == ({"p0", "p2"} if name == "ctc" else set())


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n_outputs"), [("density", None), ("classifier", 1)])
def test_influence_stands_beside_the_weights_and_ranks_the_steps(name, n_outputs):
    model, data = built(*MODELS[name][:2]), sequences_for(name, (5, 1, 2))
    capture = with_influence(captured(model, data), n_outputs)
    found = diagnose(model, capture, data).summary
    assert {"attn/kendall_tau", "attn/influence_divergence", "attn/redundancy_ratio"} <= set(found)
    assert found["attn/redundancy_ratio"] == pytest.approx(1)
    assert ("attn/influence/comprehensiveness" in found) == (name == "classifier")


def test_the_planted_symbol_is_found_by_weights_gradients_and_erasure():
    model = planted_classifier()
    data = sequences_of([np.array([0, 1, PLANTED, 2, 3])], labels=[1])
    capture = captured(model, data)
    table = diagnose(model, capture, data, DiagnosticsConfig(flips=True)).table.to_pylist()
    value = {(row["layer"], row["metric"]): row["value"] for row in table}
    assert value["weights", "flip_share"] == value["gradient", "flip_share"] == 1 / 5
    weight = math.exp(4) / (math.exp(4) + 4)
    whole, without = (1 / (1 + math.exp(3 - 10 * each)) for each in (weight, 0))
    assert value["weights", "comprehensiveness"] == pytest.approx(whole - without, abs=1e-6)
    # Alone it gets all the attention, and beside one or two others nearly so.
    assert value["weights", "sufficiency"] == pytest.approx(0, abs=0.02)
    assert value["pooling", "ablated_loss"] == pytest.approx(math.log2(whole / without), abs=1e-6)


class Posteriors(torch.nn.Module):
    """A model of states: no attention, and nothing to intervene on."""

    def native_maps(self, batch):
        values = (
            torch.full((len(batch), 1, batch.mask.shape[1], 4), 0.25) * batch.mask[:, None, :, None]
        )
        columns = torch.ones(len(batch), 4, dtype=torch.bool)
        return [NativeMap("states", "posterior", values, batch.mask, columns)]


def test_a_model_without_attention_gets_what_applies_to_its_maps():
    model, data = Posteriors().eval(), sequences()
    found = diagnose(model, captured(model, data), data)
    assert found.summary == {
        "attn/states/entropy": 2.0,
        "attn/states/effective_support": 4.0,
        "attn/states/normalised_entropy": 1.0,
        "attn/states/confidence": 0.25,
    }


def test_no_maps_and_no_probes_are_no_error():
    data = sequences()
    assert diagnose(object(), Capture((), ()), data).table.num_rows == 0
    plain = built(*MODELS["pooling"][:2])
    nothing = Capture((Probe(0, "a", 5),), ((),))
    assert diagnose(plain, nothing, data).table.column("layer").to_pylist() == []


def test_a_map_that_looks_nowhere_says_nothing():
    capture = Capture(
        (Probe(0, "a", 3),), ((ProbeMap("encoder.0.self", "weights", np.zeros((2, 3, 3))),),)
    )
    found = diagnose(object(), capture, sequences())
    assert set(found.table["layer"].to_pylist()) == {"rollout"}


def test_a_map_with_a_value_that_is_no_share_is_refused_by_name():
    values = np.full((1, 2, 2), np.nan)
    capture = Capture((Probe(0, "a", 2),), ((ProbeMap("pooling", "weights", values),),))
    with pytest.raises(DataError, match="pooling of probe 'a': entry"):
        diagnose(object(), capture, sequences())


def test_training_mode_is_refused_even_of_a_part():
    model, data = built(*MODELS["pooling"][:2]), sequences_for("pooling")
    capture = captured(model, data)
    with pytest.raises(ArtifactError) as caught:
        next(model.children()).train()
        diagnose(model, capture, data)
    assert str(caught.value) == (
        "NeuralClassifier is in training mode, where dropout falls into what it says; call "
        "model.eval() before it is asked."
    )


def test_long_probes_are_not_asked_about_again():
    model, data = built(*MODELS["tagger"][:2]), sequences_for("tagger", (5, 2))
    config = DiagnosticsConfig(max_steps=2)
    table = diagnose(model, captured(model, data), data, config).table.to_pylist()
    assert {row["example_id"] for row in table if row["metric"] == "uniform_loss"} == {"p1"}
    nothing = diagnose(model, captured(model, data), data, DiagnosticsConfig(max_steps=1)).table
    assert "norm_divergence" not in nothing["metric"].to_pylist()


@pytest.mark.slow
def test_diagnosing_leaves_the_model_as_it_was():
    model, data = built(*MODELS["transducer"][:2]), sequences_for("transducer")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    random = torch.get_rng_state()
    first, second = (diagnose(model, captured(model, data), data) for _ in range(2))
    assert first.table.equals(second.table)
    assert torch.equal(torch.get_rng_state(), random)
    assert all(parameter.grad is None for parameter in model.parameters())
    for name, value in model.state_dict().items():
        assert_close(value, before[name], rtol=0, atol=0)


def test_heads_are_sinks_by_their_mean_over_probes():
    def of(first):
        heads = np.zeros((2, 2, 2))
        heads[0, :, 0], heads[0, :, 1] = first, 1 - first
        heads[1, :, 1] = 1
        return ProbeMap("encoder.0.self", "weights", heads)

    measures = [m for p in (0.0, 0.5) for m in measures_of_map(of(p), Probe(0, "a", 2), True)]
    (share,) = sink_measures(measures)
    assert share.values.tolist() == [[0.0]], "0.25 on average"
    measures += measures_of_map(of(1.0), Probe(0, "a", 2), False)
    (share,) = sink_measures(measures)
    assert share.values.tolist() == [[0.5]]


def looking_back(steps):
    """A density whose one head looks `steps` back from the state that it is in."""

    class Model:
        def native_maps(self, batch):
            time = batch.mask.shape[1]
            states = torch.eye(time).roll(-steps, dims=1).tril(-1 if steps else 0)
            shown = torch.cat([torch.zeros(1, time), states[:-1]])
            values = shown.expand(len(batch), 1, -1, -1)
            rows = batch.mask & (torch.arange(time) > 0)
            return [NativeMap("decoder.0.self", "weights", values, rows, batch.mask)]

    return Model()


@pytest.mark.parametrize(
    ("steps", "pattern"), [(1, "previous"), (4, "duplicate"), (3, "induction")]
)
def test_a_density_that_looks_back_so_far_has_the_score_of_one_pattern(steps, pattern):
    scores = {one.metric: one.values for one in pattern_measures(looking_back(steps), 5, 8, 3, 0)}
    for each in ("previous", "duplicate", "induction"):
        expected = 1.0 if each == pattern else 0.0
        assert scores[f"{each}_score"].tolist() == [[expected]]


def test_sequences_too_short_to_repeat_are_not_scored():
    assert pattern_measures(looking_back(1), 5, 3, 3, 0) == []
    assert pattern_measures(looking_back(1), 1, 8, 3, 0) == []


@pytest.mark.parametrize("name", ["density", "classifier", "transducer", "pooling"])
def test_a_stream_gives_the_means_over_all_rows_of_all_examples(name):
    model, data = built(*MODELS[name][:2]), sequences_for(name, (5, 1, 2, 4, 3))
    streamed = stream_rows(model, data)
    maps = captured(model, data).maps
    for place, own in streamed.items():
        rows = [distributions(one.values) for each in maps for one in each if one.name == place]
        bits = np.concatenate([entropy(one) for one in rows], axis=1)
        assert own.n.tolist() == [bits.shape[1]] * bits.shape[0]
        assert np.allclose(own.mean("entropy"), bits.mean(axis=1), atol=1e-6)
        assert np.allclose(own.deviation("entropy"), bits.std(axis=1), atol=1e-4)
        top = np.concatenate([confidence(one) for one in rows], axis=1)
        assert np.allclose(own.mean("confidence"), top.mean(axis=1), atol=1e-6)


def test_distances_and_sinks_of_a_stream_are_those_of_the_probes():
    model, data = built(*MODELS["density"][:2]), sequences_for("density", (5, 4))
    streamed = stream_rows(model, data)["decoder.0.self"]
    capture = captured(model, data)
    rows_alone = ("effective_support", "normalised_entropy")
    for metric in (*rows_alone, "distance", "offset", "sink_mass", "sink_excess"):
        parts = [
            one
            for probe, maps in zip(capture.probes, capture.maps, strict=True)
            for one in measures_of_map(maps[0], probe, False)
            if one.metric == metric
        ]
        total = sum(one.values[:, 0] * one.n[:, 0] for one in parts)
        expected = total / sum(one.n[:, 0] for one in parts)
        assert np.allclose(streamed.mean(metric), expected, atol=1e-6)


def test_sums_of_batches_add():
    model, data = built(*MODELS["tagger"][:2]), sequences_for("tagger", (4, 4, 4))
    (whole, *_) = model.native_maps(collate_all(data))
    parts = [
        row_sums(model.native_maps(collate_all(data.select(np.array(rows))))[0])
        for rows in ([0], [1, 2])
    ]
    joined, expected = parts[0] + parts[1], row_sums(whole)
    assert np.array_equal(joined.n, expected.n)
    for metric in expected.totals:
        assert np.allclose(joined.mean(metric), expected.mean(metric))
        assert np.allclose(joined.deviation(metric), expected.deviation(metric))


def test_streamed_means_are_measures_of_all_examples():
    model, data = built(*MODELS["pooling"][:2]), sequences_for("pooling")
    measures = {one.metric: one for one in streamed_measures(stream_rows(model, data))}
    assert set(measures) == {"entropy", "effective_support", "normalised_entropy", "confidence"}
    assert measures["entropy"].example is None and measures["entropy"].split == "valid"
    assert measures["entropy"].n.tolist() == [[3.0], [3.0]]
