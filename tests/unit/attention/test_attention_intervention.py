import pytest
import torch
from attention_scenes import EVERY, may_see, scene
from torch.testing import assert_close

from seqarena.attention.choice import build_mechanism
from seqarena.attention.coverage import CoverageAttention
from seqarena.attention.intervention import intervening
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.errors import ArtifactError, DataError

MECHANISMS = {
    **{
        kind: lambda kind=kind: build_mechanism(kind, 6, 6, 6, 2, 9)
        for kind in (
            "weighted_sum_linear",
            "weighted_sum_additive",
            "softmax",
            "softmax_dot",
            "softmax_general",
            "softmax_scaled_dot",
            "multi_head",
        )
    },
    "coverage": lambda: CoverageAttention(6, 6, 4),
    "grouped": lambda: MultiHeadAttention(6, 6, 6, 2, 1),
}


def unchanged(look):
    return look.weights


def uniform(look):
    seen = look.attend_mask.expand_as(look.weights).to(look.weights)
    return seen / seen.sum(dim=-1, keepdim=True).clamp_min(1)


def looked_at(name):
    torch.manual_seed(1)
    mechanism = MECHANISMS[name]().double().eval()
    query, keys = torch.randn(2, 3, 6).double(), torch.randn(2, 4, 6).double()
    mask = torch.tensor([[True] * 4, [True, True, False, False]])[:, None]
    return mechanism, (query, keys, mask)


@pytest.mark.parametrize("name", MECHANISMS)
def test_a_mechanism_whose_weights_are_handed_back_answers_as_without(name):
    mechanism, inputs = looked_at(name)
    expected, weights = mechanism(*inputs)
    with intervening({mechanism: unchanged}):
        assert_close(mechanism.context(*inputs), expected)
        assert_close(mechanism(*inputs)[1], weights)


@pytest.mark.parametrize("name", EVERY)
def test_self_attention_whose_weights_are_handed_back_answers_as_without(name):
    attention = EVERY[name]().double().eval()
    steps, mask = scene(5, torch.float64)
    real = mask[..., None]
    expected, weights = attention(steps, mask)
    with intervening({attention: unchanged}):
        assert_close(attention.context(steps, mask) * real, expected * real)
        observed, one = attention.observe(steps, mask, [1])
        assert_close(observed * real, expected * real)
        assert_close(one, weights[:, [1]])


@pytest.mark.parametrize("name", EVERY)
def test_uniform_weights_average_what_a_step_may_see(name):
    attention = EVERY[name]().double().eval()
    steps, mask = scene(5, torch.float64)
    seen = may_see(name, mask).double()
    with intervening({attention: uniform}):
        context, weights = attention(steps, mask)
        assert_close(attention.context(steps, mask), context)
    expected = seen / seen.sum(dim=-1, keepdim=True).clamp_min(1)
    real = mask[:, None, :, None]
    assert_close(weights * real, (expected[:, None].expand_as(weights)) * real)


def test_uniform_weights_over_the_keys_that_are_not_padding_give_their_mean():
    mechanism, (query, keys, mask) = looked_at("softmax_dot")
    with intervening({mechanism: uniform}):
        context = mechanism.context(query, keys, mask)
    assert_close(context[0], keys[0].mean(dim=0).expand(3, -1))
    assert_close(context[1], keys[1, :2].mean(dim=0).expand(3, -1))


@pytest.mark.parametrize("name", MECHANISMS)
def test_the_transformed_values_averaged_by_the_weights_are_the_context(name):
    mechanism, inputs = looked_at(name)
    kept = []
    with intervening({mechanism: lambda look: kept.append(look) or look.weights}):
        context, weights = mechanism(*inputs)
    values = mechanism.transformed(kept[0].value)
    assert_close((weights @ values).sum(dim=1), context)


def test_gradients_flow_through_what_an_intervention_returns():
    mechanism, inputs = looked_at("multi_head")
    gate = torch.ones(2, 2, 1, 1, dtype=torch.float64, requires_grad=True)
    with intervening({mechanism: lambda look: look.weights * gate}):
        mechanism.context(*inputs).sum().backward()
    parts = []
    with torch.no_grad(), intervening({mechanism: lambda look: parts.append(look) or look.weights}):
        mechanism.context(*inputs)
    expected = (parts[0].weights @ mechanism.transformed(parts[0].value)).sum(dim=(2, 3))
    assert_close(gate.grad[..., 0, 0], expected)


def test_everything_is_as_before_after_the_context_even_after_an_error():
    mechanism, inputs = looked_at("multi_head")
    with pytest.raises(RuntimeError), intervening({mechanism: uniform}):
        raise RuntimeError
    assert not mechanism.is_intervened
    with intervening({mechanism: uniform}):
        flat = mechanism.context(*inputs)
        with intervening({mechanism: unchanged}):
            assert not torch.allclose(mechanism.context(*inputs), flat)
        assert_close(mechanism.context(*inputs), flat)


def test_training_mode_is_refused():
    mechanism = MECHANISMS["softmax"]().train()
    with pytest.raises(ArtifactError) as caught, intervening({mechanism: unchanged}):
        pass
    assert str(caught.value) == (
        "SoftmaxAttention is in training mode, where an intervention would fall into what is "
        "learned; call model.eval() first."
    )


def test_weights_of_another_shape_are_refused():
    mechanism, inputs = looked_at("softmax")
    with (
        pytest.raises(DataError) as caught,
        intervening({mechanism: lambda look: look.weights[..., :1]}),
    ):
        mechanism.context(*inputs)
    assert str(caught.value) == (
        "SoftmaxAttention: an intervention returned weights of shape (2, 1, 3, 1), expected "
        "(2, 1, 3, 4)."
    )


@pytest.mark.parametrize("name", ["causal", "causal_linear"])
def test_generation_step_by_step_refuses_an_intervention(name):
    attention = EVERY[name]().eval()
    with pytest.raises(ArtifactError) as caught, intervening({attention: unchanged}):
        attention.advance(torch.randn(1, 1, 16), None)
    assert str(caught.value) == (
        f"{type(attention).__name__}: an intervention reaches the weights of whole sequences "
        "alone, not those of a generation step by step; leave `intervening` first."
    )


@pytest.mark.parametrize("name", ["softmax", "softmax_dot", "multi_head"])
def test_what_looks_without_making_weights_refuses_an_intervention(name):
    mechanism, (query, keys, mask) = looked_at(name)
    prepared = mechanism.prepared(keys)
    with pytest.raises(ArtifactError), intervening({mechanism: unchanged}):
        mechanism.look(query, prepared, mask)
