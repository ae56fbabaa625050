import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from seqarena.attention.attend import masked_softmax
from seqarena.attention.choice import QueryingKind, build_mechanism
from seqarena.attention.mechanism import Mechanism
from seqarena.errors import ConfigError

KINDS: list[QueryingKind] = [
    "weighted_sum_linear",
    "weighted_sum_additive",
    "softmax_dot",
    "softmax_general",
    "softmax_scaled_dot",
    "softmax",
    "multi_head",
]
SAME_WIDTH = ("softmax_dot", "softmax_scaled_dot")

# The last sequence holds no key at all.
KEYS = torch.tensor([[True] * 5, [True, True, True, False, False], [False] * 5])


def build(kind: QueryingKind) -> Mechanism:
    query_dim = 4 if kind in SAME_WIDTH else 6
    return build_mechanism(kind, query_dim, key_dim=4, model_dim=8, n_heads=2, max_key_time=5)


@pytest.fixture
def pair(kind) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(3, 7, 4 if kind in SAME_WIDTH else 6), torch.randn(3, 5, 4)


@pytest.mark.parametrize("kind", KINDS)
def test_the_fast_and_the_explicit_path_agree_rows_without_a_key_included(kind, pair):
    mechanism = build(kind)
    explicit, _ = mechanism(*pair, KEYS[:, None])
    fast = mechanism.context(*pair, KEYS[:, None])
    assert_close(fast, explicit, atol=1e-5, rtol=0)
    assert fast[2].abs().max() == 0
    assert explicit.shape == (3, 7, mechanism.context_dim)


@pytest.mark.parametrize("kind", KINDS)
def test_keys_that_were_prepared_once_serve_every_query_that_comes_later(kind, pair):
    mechanism = build(kind)
    query, key_value = pair
    prepared = mechanism.prepared(key_value)
    assert all(len(part) == len(key_value) for part in prepared)
    looks = [mechanism.look(query[:, i : i + 1], prepared, KEYS[:, None]) for i in range(7)]
    assert_close(torch.cat(looks, dim=1), mechanism.context(*pair, KEYS[:, None]))


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


def test_heads_see_different_parts_of_the_width():
    mechanism = build("multi_head").double()
    query, key = torch.randn(3, 7, 6).double(), torch.randn(3, 5, 4).double()
    _, weights = mechanism(query, key, KEYS[:, None])
    second = mechanism.to_query(query)[..., 4:] @ mechanism.to_key(key)[..., 4:].mT / 2.0
    assert_close(weights[:, 1], masked_softmax(second, KEYS[:, None]))


@pytest.mark.parametrize("kind", SAME_WIDTH)
def test_a_dot_product_of_different_widths_is_refused_with_the_numbers(kind):
    with pytest.raises(ConfigError) as refusal:
        build_mechanism(kind, query_dim=6, key_dim=4, model_dim=8, n_heads=2, max_key_time=5)
    assert refusal.value.mistakes == [
        "attention: a dot product needs queries as wide as keys, and a query has 6 numbers, a key "
        "4; use 'softmax_general', which learns a matrix between the two."
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_under_bfloat16_weights_are_made_in_float32(kind, pair):
    mechanism = build(kind)
    query, key_value = (part.bfloat16() for part in pair)
    expected = mechanism(query.float(), key_value.float(), KEYS[:, None])
    with torch.autocast("cpu", torch.bfloat16):
        context, weights = mechanism(query, key_value, KEYS[:, None])
    assert_close((context, weights), expected, atol=0, rtol=0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("weighted_sum")])
def test_the_estimate_is_what_torch_counts(kind, pair):
    mechanism = build(kind)
    # The fused kernel of a CPU is not counted.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        mechanism.context(*pair, KEYS[:, None])
    assert mechanism.flops(3, 7, 5) == counter.get_total_flops()
