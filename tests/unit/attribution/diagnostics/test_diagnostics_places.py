import numpy as np
import pytest
import torch
from diagnostics_scenes import FIELD, MODELS, built, sequences_for, unspeakable
from torch.testing import assert_close

from seqarena.attention.intervention import intervening
from seqarena.attribution.diagnostics.places import places_of
from seqarena.attribution.diagnostics.predictions import can_predict, predictions_of
from seqarena.batch import collate, collate_all
from seqarena.errors import DataError


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_every_map_of_weights_is_traced_to_the_attention_that_it_shows(name):
    config, schema, expected = MODELS[name]
    model, batch = built(config, schema), collate_all(sequences_for(name))
    places = places_of(model, batch)
    assert list(places) == expected
    before = {one.name: one.values for one in model.native_maps(batch)}
    for place, attention in places.items():
        with torch.no_grad(), intervening({attention: lambda look: look.weights / 4}):
            after = {one.name: one.values for one in model.native_maps(batch)}
        if name != "copying":  # its later rows depend on what the rows before have covered
            assert_close(after[place], before[place] / 4)


def test_a_model_without_modules_or_attention_has_no_places():
    batch = collate_all(sequences_for("looking_back"))
    assert places_of(object(), batch) == {}
    config, schema, _ = MODELS["looking_back"]
    plain = built(config.model_copy(update={"attention": "none"}), schema)
    assert places_of(plain, batch) == {}


@pytest.mark.parametrize("name", MODELS)
def test_predictions_are_those_that_the_family_gives(name):
    config, schema, _ = MODELS[name]
    model, batch = built(config, schema), collate_all(sequences_for(name))
    assert can_predict(model)
    found = predictions_of(model, batch)
    assert_close(
        found.log_prob.exp().sum(dim=2)[found.mask], torch.ones(int(found.mask.sum())).double()
    )
    assert_close(found.gold_log_prob().sum(dim=1), model.log_prob(batch).double())
    n_outputs = found.mask.sum(dim=1)
    assert_close(found.gold_bits(), -model.log_prob(batch).double() / n_outputs / np.log(2))
    assert found.change_to(found).abs().max() == 0


def slopes(model, batch):
    """Of the summed log-probability of the gold outputs by each parameter."""
    model.zero_grad(set_to_none=True)
    predictions_of(model, batch).gold_log_prob().sum().backward()
    return {name: each.grad for name, each in model.named_parameters() if each.grad is not None}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*MODELS, "field"])
def test_predictions_keep_the_way_back_to_the_parameters_and_padding_adds_nothing(name):
    config, schema, _ = {**MODELS, "field": FIELD}[name]
    model, data = built(config, schema), sequences_for(name)
    together = slopes(model, collate_all(data))
    alone = [slopes(model, collate(data, np.array([row]))) for row in range(len(data.lengths))]
    assert together
    for parameter, slope in together.items():
        assert_close(slope, sum(each[parameter] for each in alone), msg=parameter)


def test_a_field_says_of_a_tag_what_its_marginals_are():
    field, batch = built(*FIELD[:2]), collate_all(sequences_for("tagger"))
    assert can_predict(field)
    found = predictions_of(field, batch)
    assert_close(found.log_prob.exp()[batch.mask], field.tag_probs(batch)[batch.mask])


def test_what_no_alignment_spells_and_what_follows_is_no_output():
    model, batch = built(*MODELS["ctc"][:2]), collate_all(unspeakable())
    assert model.log_prob(batch).isneginf().tolist() == [False, True, False]
    found = predictions_of(model, batch)
    assert found.mask.tolist() == [[1, 1, 1, 0], [1, 1, 0, 0], [1, 0, 0, 0]]
    assert found.gold_log_prob().isfinite().all()
    assert found.gold_bits().isfinite().all()
    assert all(slope.isfinite().all() for slope in slopes(model, batch).values())


def test_the_change_between_predictions_is_half_the_summed_difference():
    config, schema, _ = MODELS["pooling"]
    model, batch = built(config, schema), collate_all(sequences_for("pooling"))
    own = predictions_of(model, batch)
    sure = own._replace(log_prob=torch.tensor([[0.9, 0.1]]).double().log().expand(3, 1, 2))
    half = own._replace(log_prob=torch.tensor([[0.5, 0.5]]).double().log().expand(3, 1, 2))
    assert_close(sure.change_to(half), torch.full((3,), 0.4).double())


def test_what_cannot_be_asked_is_refused():
    assert not can_predict(object())
    with pytest.raises(DataError) as caught:
        predictions_of(object(), collate_all(sequences_for("tagger")))
    assert str(caught.value) == (
        "object cannot be asked for its predictions; networks for density, classification, tagging "
        "and transduction can."
    )
