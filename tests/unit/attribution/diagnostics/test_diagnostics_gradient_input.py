import numpy as np
import pytest
import torch
from captum.attr import InputXGradient
from diagnostics_scenes import (
    FIELD,
    HEARD,
    MODELS,
    built,
    recurrent,
    sequences_for,
    unspeakable,
)

from seqarena.attribution.asked import ask
from seqarena.attribution.diagnostics.gradient_input import gradient_maps
from seqarena.attribution.diagnostics.predictions import predictions_of
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.influence_plan import InfluencePlan
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.batch import collate, sequences_of
from seqarena.errors import ArtifactError
from seqarena.families.neural import RecurrentConfig, build_neural
from seqarena.families.predictive import outputs_of
from seqarena.logspace import NATS_PER_BIT
from seqarena.schema import DataSchema


def probe_set(data):
    probes = tuple(Probe(row, f"p{row}", int(n)) for row, n in enumerate(data.lengths))
    return ProbeSet(probes, data)


def by_captum(model, example, output):
    """What captum makes of the vectors that the first layer hands on, summed over each of them."""
    inputs = model.network.inputs
    vectors = inputs(example).detach()

    def gold(given):
        def handed_on(module, asked, made):
            return given

        hook = inputs.register_forward_hook(handed_on)
        try:
            return predictions_of(model, example).gold_log_prob()[:, output]
        finally:
            hook.remove()

    found = InputXGradient(gold).attribute(vectors.requires_grad_())
    return found.sum(dim=2)[0].detach().numpy() / NATS_PER_BIT


@pytest.mark.slow
@pytest.mark.parametrize("name", ["classifier", "pooling", "tagger", "recurrent_transducer", "ctc"])
def test_it_is_what_captum_computes_from_the_vectors_of_the_first_layer(name):
    model, data = built(*MODELS[name][:2]), sequences_for(name)
    for place, one in enumerate(gradient_maps(model, probe_set(data))):
        example = collate(data, np.array([place]))
        for output, row in enumerate(one.change):
            assert np.allclose(row, by_captum(model, example, output), atol=1e-12)


def densities():
    schema = DataSchema("density", n_symbols=5, max_length=12)
    lstm = RecurrentConfig(kind="lstm", model_dim=8)
    for model in (
        built(*MODELS["density"][:2]),
        build_neural(lstm, schema, torch.Generator().manual_seed(0)).double().eval(),
    ):
        model.fitted.fill_(True)
        yield model


@pytest.mark.slow
def test_a_density_has_the_slope_of_each_symbol_that_stands_before():
    """Against a small change of the vectors, symbol by symbol."""
    data, step = sequences_of([np.array([1, 2, 0, 3])]), 1e-6
    for model in densities():
        (one,) = gradient_maps(model, probe_set(data))
        assert np.array_equal(one.valid, np.tri(4, k=-1, dtype=bool))
        weight, found = model.network.inputs.embedding.weight, np.zeros((4, 4))
        for at, symbol in enumerate(data.sequence(0)):
            said = []
            for factor in (1 + step, 1 - step):
                with torch.no_grad():
                    before = weight[symbol].clone()
                    # No symbol comes twice, so that its vector is that of one step.
                    weight[symbol] *= factor
                    batch = collate(data, np.array([0]))
                    said.append(predictions_of(model, batch).gold_log_prob()[0].numpy())
                    weight[symbol] = before
            found[:, at] = (said[0] - said[1]) / (2 * step * NATS_PER_BIT)
        assert np.allclose(one.change, found, atol=1e-6)


@pytest.mark.slow
def test_many_outputs_are_asked_some_at_a_time(monkeypatch):
    model, data = built(*MODELS["tagger"][:2]), sequences_for("tagger")
    whole = gradient_maps(model, probe_set(data))
    monkeypatch.setattr("seqarena.attribution.diagnostics.gradient_input.STEPS_AT_ONCE", 8)
    for one, other in zip(whole, gradient_maps(model, probe_set(data)), strict=True):
        assert np.allclose(one.change, other.change, atol=1e-12)


SUMMED = {
    "field": FIELD[:2],
    "ctc": MODELS["ctc"][:2],
    "recurrent ctc": (recurrent("none", bidirectional=True, transduction_head="ctc"), HEARD),
}
"""Networks whose probabilities are sums over paths."""


def summed(name):
    """One of them, with preferences among its paths, and sequences of unequal length."""
    model, data = built(*SUMMED[name]), sequences_for("tagger" if name == "field" else "ctc")
    draws = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for each in model.network.head.parameters():
            each.copy_(torch.randn(each.shape, generator=draws) / (10 if name == "field" else 1))
    return model, data


def by_small_changes(model, example, n_outputs, step=1e-5):
    """What the family answers where the vector of one step is a little longer, or shorter."""
    n_steps, vectors = int(example.lengths[0]), model.network.inputs
    found = []
    for at in range(n_steps):
        said = []
        for change in (step, -step):
            factor = torch.ones(1, n_steps, 1, dtype=torch.float64)
            factor[0, at] += change
            hook = vectors.register_forward_hook(lambda *given, by=factor: given[2] * by)
            said.append(outputs_of(model, example).gold[0, :n_outputs].numpy())
            hook.remove()
        found.append((said[0] - said[1]) / (2 * step * NATS_PER_BIT))
    return np.stack(found, axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", SUMMED)
def test_sums_over_paths_have_the_slope_of_a_small_change_of_each_step(name):
    model, data = summed(name)
    for place, one in enumerate(gradient_maps(model, probe_set(data))):
        assert one.valid is None
        assert np.abs(one.change).max() > 1e-3
        expected = by_small_changes(model, collate(data, np.array([place])), len(one.change))
        np.testing.assert_allclose(one.change, expected, atol=1e-7)


def test_a_target_that_no_alignment_spells_has_slopes_up_to_where_it_fails():
    model, data = summed("ctc")[0], unspeakable()
    whole, cut, end_alone = gradient_maps(model, probe_set(data))
    assert whole.valid is None and end_alone.valid is None
    assert cut.valid.tolist() == [[True] * 2, [True] * 2, [False] * 2, [False] * 2]
    assert np.abs(cut.change[:2]).min() > 0 and not cut.change[2:].any()
    expected = by_small_changes(model, collate(data, np.array([1])), n_outputs=2)
    np.testing.assert_allclose(cut.change[:2], expected, atol=1e-7)


def test_behind_what_no_alignment_spells_no_influence_is_known():
    model, data = summed("ctc")[0], unspeakable()
    plan = InfluencePlan(Replacements.of(data, 0, 2, 0), 3, 10**6)
    whole, cut, end_alone = ask(model, probe_set(data), plan).capture.influence
    assert whole.valid is None and end_alone.valid is None
    # Of the symbol that fails it still said how probable each was; behind it, it expects nothing.
    assert cut.valid.tolist() == [[True] * 2, [True] * 2, [True] * 2, [False] * 2]
    assert np.isfinite(cut.effect).all() and not cut.effect[3].any()


@pytest.mark.slow
@pytest.mark.parametrize("name", SUMMED)
def test_asking_for_everything_finds_the_slopes_of_every_probe(name):
    model, data = summed(name)
    data = data if name == "field" else unspeakable()
    probes = probe_set(data)
    plan = InfluencePlan(Replacements.of(data, 5 if name == "field" else 0, 2, 0), 3, 10**6)
    capture = ask(model, probes, plan).capture
    expected = gradient_maps(model, probes)
    assert len(expected) == len(capture.further["gradient"]) == len(data.lengths)
    for one, slopes in zip(capture.further["gradient"], expected, strict=True):
        assert one.version == "gradient"
        assert np.isfinite(one.change).all()
        np.testing.assert_array_equal(one.change, slopes.change)


@pytest.mark.slow
def test_what_is_no_network_has_none_and_training_mode_is_refused():
    data = sequences_for("tagger")
    assert gradient_maps(object(), probe_set(data)) == ()
    with pytest.raises(ArtifactError, match="training mode"):
        gradient_maps(built(*MODELS["tagger"][:2]).train(), probe_set(data))
