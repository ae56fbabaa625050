import pytest
import torch
from torch.testing import assert_close

from seqarena.attention.attend import masked_softmax
from seqarena.attention.choice import QueryingKind, build_mechanism
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.self_attention import SelfAttention

KINDS: list[QueryingKind] = [
    "weighted_sum_linear",
    "weighted_sum_additive",
    "softmax",
    "multi_head",
]

# The last sequence holds no key at all.
KEYS = torch.tensor([[True] * 5, [True, True, True, False, False], [False] * 5])


def build(kind: QueryingKind) -> Mechanism:
    return build_mechanism(kind, query_dim=6, key_dim=4, model_dim=8, n_heads=2, max_key_time=5)


@pytest.fixture
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(3, 7, 6), torch.randn(3, 5, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_fast_and_the_explicit_path_agree_rows_without_a_key_included(kind, pair):
    mechanism = build(kind)
    explicit, _ = mechanism(*pair, KEYS[:, None])
    fast = mechanism.context(*pair, KEYS[:, None])
    assert_close(fast, explicit, atol=1e-5, rtol=0)
    assert fast[2].abs().max() == 0
    assert explicit.shape == (3, 7, mechanism.context_dim)


@pytest.mark.parametrize("kind", KINDS)
def test_both_paths_have_the_same_finite_gradients(kind, pair):
    mechanism = build(kind).double()
    query, key_value = (part.double().requires_grad_() for part in pair)
    inputs = [query, key_value, *mechanism.parameters()]
    explicit = torch.autograd.grad(
        mechanism(query, key_value, KEYS[:, None])[0].square().sum(), inputs
    )
    fast = torch.autograd.grad(
        mechanism.context(query, key_value, KEYS[:, None]).square().sum(), inputs
    )
    assert all(bool(gradient.isfinite().all()) for gradient in fast)
    assert_close(fast, explicit)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_a_distribution_over_what_may_be_attended(kind, pair):
    _, weights = build(kind)(*pair, KEYS[:, None])
    assert weights.shape == (3, 2 if kind == "multi_head" else 1, 7, 5)
    assert_close(weights.sum(-1)[:2], torch.ones(weights.shape[:3])[:2])
    assert weights[1, ..., 3:].abs().max() == 0
    assert weights[2].abs().max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_on_a_masked_key_never_matters(kind, pair):
    mechanism, (query, key_value) = build(kind), pair
    other = key_value.where(KEYS[..., None], 7.0)
    assert torch.equal(
        mechanism.context(query, key_value, KEYS[:, None]),
        mechanism.context(query, other, KEYS[:, None]),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_query_chooses_for_itself(kind, pair):
    _, weights = build(kind)(*pair, KEYS[:, None])
    assert (weights[0, 0, 0] - weights[0, 0, 1]).abs().max() > 1e-4


@pytest.mark.parametrize("is_causal", [False, True])
def test_the_two_paths_of_self_attention_agree(is_causal):
    attention = SelfAttention(model_dim=8, n_heads=2, is_causal=is_causal)
    steps = torch.randn(3, 5, 8)
    explicit, weights = attention(steps, KEYS)
    assert_close(attention.context(steps, KEYS), explicit, atol=1e-5, rtol=0)
    assert weights.shape == (3, 2, 5, 5)
    if is_causal:
        assert weights.triu(1).abs().max() == 0
    else:
        assert weights[1, ..., 3:].abs().max() == 0


def test_advancing_step_by_step_is_causal_self_attention():
    attention = SelfAttention(model_dim=8, n_heads=2, is_causal=True).double()
    steps = torch.randn(3, 5, 8).double()
    seen, contexts = None, []
    for step in steps.split(1, dim=1):
        context, seen = attention.advance(step, seen)
        contexts.append(context)
    whole = attention.context(steps, torch.ones(3, 5, dtype=torch.bool))
    assert_close(torch.cat(contexts, dim=1), whole)


def test_heads_see_different_parts_of_the_width():
    mechanism = build("multi_head").double()
    query, key = torch.randn(3, 7, 6).double(), torch.randn(3, 5, 4).double()
    _, weights = mechanism(query, key, KEYS[:, None])
    second = mechanism.to_query(query)[..., 4:] @ mechanism.to_key(key)[..., 4:].mT / 2.0
    assert_close(weights[:, 1], masked_softmax(second, KEYS[:, None]))
