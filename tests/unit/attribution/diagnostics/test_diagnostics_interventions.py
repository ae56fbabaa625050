import numpy as np
import pytest
import torch
from diagnostics_scenes import (
    FIELD,
    MODELS,
    PLANTED,
    built,
    planted_classifier,
    sequences_for,
    unspeakable,
)
from torch.testing import assert_close

from seqarena.attention.intervention import Look, intervening
from seqarena.attribution.diagnostics.adversarial import adversarial_attention, mean_divergence
from seqarena.attribution.diagnostics.decision_flips import flip_sizes
from seqarena.attribution.diagnostics.gradients import gradient_times_attention, head_importance
from seqarena.attribution.diagnostics.interventions import (
    permuted,
    uniform,
    without_columns,
    without_head,
)
from seqarena.attribution.diagnostics.norm_weighted import norm_weighted_maps, norm_weights
from seqarena.attribution.diagnostics.places import places_of
from seqarena.attribution.diagnostics.predictions import predictions_of
from seqarena.attribution.diagnostics.weight_tests import (
    ablated_losses,
    change_by,
    permuted_change,
    uniform_change,
)
from seqarena.batch import collate_all, sequences_of


def asked(name):
    """A model, its places, a batch, and what it predicts."""
    config, schema, _ = {**MODELS, "field": FIELD}[name]
    model, batch = built(config, schema), collate_all(sequences_for(name))
    with torch.no_grad():
        own = predictions_of(model, batch)
    return model, places_of(model, batch), batch, own


def look():
    weights = torch.tensor([[0.6, 0.3, 0.1, 0], [0, 0, 0, 0]], dtype=torch.float64)[None, None]
    mask = torch.tensor([[True, True, True, False], [False] * 4])[None, None]
    return Look(weights, torch.zeros(1, 1, 4, 1).double(), mask)


def test_uniform_weights_are_over_what_may_be_seen():
    rows = uniform(look())[0, 0]
    assert_close(rows, torch.tensor([[1 / 3, 1 / 3, 1 / 3, 0], [0, 0, 0, 0]]).double())


def test_permuted_weights_are_the_same_ones_elsewhere_and_never_where_nothing_may_be_seen():
    deal = permuted(torch.Generator().manual_seed(0))
    drawn = [deal(look())[0, 0] for _ in range(60)]
    assert all(rows[0].sort().values.tolist() == [0.0, 0.1, 0.3, 0.6] for rows in drawn)
    assert all(rows[0, 3] == 0 and rows[1].abs().max() == 0 for rows in drawn)
    assert len({tuple(rows[0].tolist()) for rows in drawn}) == 6


def test_columns_that_go_leave_the_rest_scaled_up():
    erased = torch.tensor([[True, False, False, False]])
    rows = without_columns(erased)(look())[0, 0]
    assert_close(rows, torch.tensor([[0, 0.75, 0.25, 0], [0, 0, 0, 0]]).double())
    everything = without_columns(torch.ones(1, 4, dtype=torch.bool))(look())
    assert everything.abs().max() == 0


def test_one_head_goes_and_the_others_stay():
    two = Look(torch.rand(1, 2, 3, 3), torch.zeros(1, 2, 3, 1), torch.ones(1, 1, 3, 3).bool())
    rows = without_head(1)(two)
    assert rows[:, 1].abs().max() == 0
    assert_close(rows[:, 0], two.weights[:, 0])


@pytest.mark.parametrize("name", ["density", "pooling", "recurrent_transducer", "copying", "ctc"])
def test_a_model_that_says_the_same_of_everything_is_changed_by_no_permutation(name):
    model, places, batch, _ = asked(name)
    with torch.no_grad():
        (model.network.head if name == "ctc" else model.network).output.weight.zero_()
        own = predictions_of(model, batch)
    for attention in places.values():
        change = permuted_change(model, attention, batch, own, n_permutations=3, seed=0)
        assert np.abs(change.variation).max() == 0
        assert np.abs(change.loss).max() == 0


@pytest.mark.parametrize(
    "name", ["density", "pooling", "recurrent_transducer", "copying", "ctc", "field"]
)
def test_other_weights_change_what_a_model_says(name):
    model, places, batch, own = asked(name)
    (*_, last) = places.values()
    change = permuted_change(model, last, batch, own, n_permutations=3, seed=0)
    again = permuted_change(model, last, batch, own, n_permutations=3, seed=0)
    assert change.variation.max() > 0
    assert np.array_equal(change.variation, again.variation)
    assert uniform_change(model, last, batch, own).variation.max() > 0


def test_uniform_weights_cost_the_planted_classifier_its_decision():
    model = planted_classifier()
    batch = collate_all(sequences_of([np.array([0, 1, PLANTED, 2, 3])], labels=[1]))
    own = predictions_of(model, batch)
    weight = np.exp(4.0) / (np.exp(4.0) + 4)
    p_own, p_flat = 1 / (1 + np.exp(3 - 10 * weight)), 1 / (1 + np.exp(3 - 10 / 5))
    change = uniform_change(model, model.network.pooling.mechanism, batch, own)
    assert np.allclose(change.variation, p_own - p_flat)
    assert np.allclose(change.loss, np.log2(p_own / p_flat))


@pytest.mark.parametrize(
    "name", ["density", "pooling", "recurrent_transducer", "copying", "ctc", "field"]
)
def test_gradient_times_attention_is_the_slope_of_a_change_of_that_weight(name):
    model, places, batch, _ = asked(name)
    (*_, (place, attention)) = places.items()
    found = gradient_times_attention(model, places, batch)[place]

    def total(size):
        def stretched(look):
            factor = torch.ones_like(look.weights)
            if look.weights.shape[2] == 1 or not stretched.done:
                factor[0, 0, 0, 1] += size if not stretched.done else 0.0
            stretched.done = True
            return look.weights * factor

        stretched.done = False
        with torch.no_grad(), intervening({attention: stretched}):
            return model.log_prob(batch).sum().item()

    slope = (total(1e-5) - total(-1e-5)) / 2e-5
    assert np.isclose(found[0, 0, 0, 1], slope, rtol=1e-4, atol=1e-9)


def test_where_the_output_is_linear_in_the_weights_it_is_what_each_contributes():
    model = planted_classifier()
    batch = collate_all(sequences_of([np.array([0, PLANTED, 2])], labels=[1]))
    pooling = model.network.pooling.mechanism
    gradient = gradient_times_attention(model, {"pooling": pooling}, batch)["pooling"]
    weight = np.exp(4.0) / (np.exp(4.0) + 2)
    p = 1 / (1 + np.exp(3 - 10 * weight))
    # d log p / d logit = 1 - p; the logit is 10 times the planted symbol's weight.
    assert np.allclose(gradient[0, 0, 0], [0, (1 - p) * 10 * weight, 0])


def silenced(head):
    """A transformer classifier, a head of whose second layer reaches nothing through W_O."""
    model, places, batch, _ = asked("classifier")
    attention = places["encoder.1.self"]
    with torch.no_grad():
        attention.heads.to_context.weight[:, 4 * head : 4 * head + 4] = 0
        own = predictions_of(model, batch)
    return model, places, batch, own


@pytest.mark.parametrize("head", [0, 1])
def test_a_head_that_reaches_nothing_has_no_importance_and_no_effect(head):
    model, places, batch, own = silenced(head)
    gradient = gradient_times_attention(model, places, batch)["encoder.1.self"]
    importance = head_importance(gradient)
    assert importance[head] == 0
    assert importance[1 - head] == 1
    losses = ablated_losses(model, places["encoder.1.self"], 2, batch, own)
    assert losses[head] == pytest.approx(0, abs=1e-12)
    assert abs(losses[1 - head]) > 1e-6


def test_a_target_that_no_alignment_spells_leaves_the_importance_of_heads_to_the_others():
    model, data = built(*MODELS["ctc"][:2]), unspeakable()
    batch, others = collate_all(data), collate_all(data.select(np.array([0, 2])))
    places = places_of(model, batch)
    gradient = gradient_times_attention(model, places, batch)
    without = gradient_times_attention(model, places, others)
    for name in places:
        assert not gradient[name][1].any()
        assert np.allclose(head_importance(gradient[name]), head_importance(without[name]))


def test_other_weights_change_of_an_unspeakable_target_what_can_be_said_of_it():
    model, batch = built(*MODELS["ctc"][:2]), collate_all(unspeakable())
    (*_, last) = places_of(model, batch).values()
    own = predictions_of(model, batch)
    change = uniform_change(model, last, batch, own)
    assert np.isfinite(change.loss).all() and np.isfinite(change.variation).all()
    assert (change.variation > 0).all() and (change.loss != 0).all()
    assert np.isfinite(ablated_losses(model, last, 2, batch, own)).all()


def test_importances_are_of_length_one_and_zero_where_nothing_is_important():
    gradient = np.random.default_rng(0).normal(size=(3, 4, 2, 5))
    expected = np.abs(gradient.sum(axis=(2, 3))).mean(axis=0)
    assert np.allclose(head_importance(gradient), expected / np.linalg.norm(expected))
    assert head_importance(np.zeros((3, 4, 2, 5))).tolist() == [0.0] * 4


def test_padding_has_no_part_in_the_importance_of_a_head():
    config, schema, _ = MODELS["density"]
    model, data = built(config, schema), sequences_for("density", (5, 2))
    batch, alone = collate_all(data), collate_all(data.select(np.array([1])))
    places = places_of(model, batch)
    padded = gradient_times_attention(model, places, batch)["decoder.1.self"]
    short = gradient_times_attention(model, places, alone)["decoder.1.self"]
    assert np.allclose(padded[1].sum(axis=(1, 2)), short[0].sum(axis=(1, 2)))


def test_a_column_whose_vector_is_nothing_has_no_share_whatever_its_weight():
    assert norm_weights(np.array([[1.0, 0.0]]), np.array([0.0, 5.0])).tolist() == [[0.0, 0.0]]
    shares = norm_weights(np.array([[0.5, 0.25, 0.25]]), np.array([0.0, 1.0, 3.0]))
    assert shares.tolist() == [[0.0, 0.25, 0.75]]


@pytest.mark.parametrize("name", ["classifier", "transducer", "pooling", "copying", "linear"])
def test_norm_weighted_attention_is_the_norm_of_what_each_column_adds(name):
    model, places, batch, _ = asked(name)
    found = norm_weighted_maps(model, places, batch)
    (*_, (place, attention)) = places.items()
    looks = []
    with torch.no_grad(), intervening({attention: lambda look: looks.append(look) or look.weights}):
        model.native_maps(batch)
        added = looks[0].weights[0, 0, 0, :, None] * attention.transformed(looks[0].value)[0, 0]
    norms = added.norm(dim=-1).numpy()
    assert np.allclose(found[place].norm_weights[0, 0, 0], norms / norms.sum())
    assert np.allclose(found[place].weights, looks[0].weights) or len(looks) > 1


def test_a_planted_symbol_flips_the_decision_alone_and_is_found_by_its_weight():
    model = planted_classifier()
    data = sequences_of([np.array([0, 1, PLANTED, 2, 3])], labels=[1])
    weights = model.native_maps(collate_all(data))[0].values[0, 0, 0].numpy()
    sizes = flip_sizes(
        model,
        model.network.pooling.mechanism,
        data,
        0,
        {
            "attention": weights,
            "last": np.array([5.0, 4, 0, 3, 2]),
            "third": np.array([9.0, 8, 7, 1, 1]),
        },
    )
    assert sizes == {"attention": 1, "last": 5, "third": 3}


def test_a_decision_that_nothing_changes_has_the_size_of_the_example():
    model = planted_classifier()
    data = sequences_of([np.array([0, 1, 2]), np.array([1])], labels=[0, 0])
    pooling = model.network.pooling.mechanism
    scores = np.random.default_rng(0).random(3)
    assert flip_sizes(model, pooling, data, 0, {"random": scores}) == {"random": 3}
    assert flip_sizes(model, pooling, data, 1, {"random": scores[:1]}) == {"random": 1}


def test_the_divergence_of_weights_is_one_bit_where_they_never_meet():
    seen = torch.ones(1, 1, 2, 2, dtype=torch.bool)
    eye = torch.eye(2)[None, None].double()
    assert mean_divergence(eye, eye.flip(-1), seen).item() == pytest.approx(1)
    assert mean_divergence(eye, eye, seen).item() == 0
    seen[:, :, 1] = False
    assert mean_divergence(eye, eye.flip(-1), seen).item() == pytest.approx(1)


@pytest.mark.slow
def test_where_the_prediction_never_changes_weights_can_be_anything():
    model, places, _, _ = asked("pooling")
    with torch.no_grad():
        model.network.output.weight.zero_()
        model.network.pooling.query.zero_()
    batch = collate_all(sequences_of([np.array([1, 2])], labels=[0]))
    found = adversarial_attention(model, places["pooling"], batch, allowed=0.0, seed=0)
    # Equal weights of two steps against all on one of them: log2 of 4/3, and half of 1/2 log2 3.
    most = 0.5 * (0.5 * np.log2(2 / 3) + 0.5 * np.log2(2)) + 0.5 * np.log2(4 / 3)
    assert found.divergence[0] == pytest.approx(most, abs=0.01)
    assert found.variation[0] == 0


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n_steps"), [("classifier", 100), ("ctc", 20), ("field", 20)])
def test_an_adversary_stays_within_what_is_allowed_and_leaves_no_gradient_behind(
    name, n_steps, monkeypatch
):
    monkeypatch.setattr("seqarena.attribution.diagnostics.adversarial.N_STEPS", n_steps)
    model, places, batch, _ = asked(name)
    attention = places["encoder.1.self"]
    tight = adversarial_attention(model, attention, batch, allowed=0.001, seed=0)
    loose = adversarial_attention(model, attention, batch, allowed=0.05, seed=0)
    assert (tight.variation <= 0.001).all()
    assert (loose.variation <= 0.05).all()
    assert (loose.divergence > 0).all()
    assert loose.divergence.mean() >= tight.divergence.mean()
    assert all(each.grad is None for each in model.parameters())
    assert not attention.is_intervened


def test_an_intervention_that_changes_nothing_has_no_effect():
    model, places, batch, own = asked("density")
    change = change_by(model, places["decoder.0.self"], lambda look: look.weights, batch, own)
    assert np.abs(change.variation).max() < 1e-12
    assert np.abs(change.loss).max() < 1e-12
