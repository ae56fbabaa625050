import numpy as np
import pytest
import torch
from captum.attr import InputXGradient
from diagnostics_scenes import FIELD, MODELS, built, sequences_for

from seqarena.attribution.diagnostics.gradient_input import gradient_maps
from seqarena.attribution.diagnostics.predictions import predictions_of
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.batch import collate, sequences_of
from seqarena.errors import ArtifactError
from seqarena.families.neural import RecurrentConfig, build_neural
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
@pytest.mark.parametrize("name", ["classifier", "pooling", "tagger", "recurrent_transducer"])
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


@pytest.mark.slow
def test_models_whose_way_back_is_closed_have_none_and_training_mode_is_refused():
    data = sequences_for("tagger")
    assert gradient_maps(built(*FIELD[:2]), probe_set(data)) == ()
    assert gradient_maps(object(), probe_set(data)) == ()
    with pytest.raises(ArtifactError, match="training mode"):
        gradient_maps(built(*MODELS["tagger"][:2]).train(), probe_set(data))
