"""Torch's own layers as oracles, with the same weights on both sides."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.reach import Reach
from seqarena.attention.softmax import SoftmaxAttention, softmax_attention
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention
from seqarena.networks.transformer import Block

KEYS = torch.tensor([[True] * 5, [True, True, True, False, False]])


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def test_softmax_attention_is_torchs_scaled_dot_product_attention():
    query, key, value = (torch.randn(2, 3, time, 4).double() for time in (7, 5, 5))
    context, _ = softmax_attention(query, key, value, KEYS[:, None, None])
    expected = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=KEYS[:, None, None]
    )
    assert_close(context, expected)


def test_multi_head_attention_is_torchs_with_the_same_weights():
    ours = MultiHeadAttention(query_dim=8, key_dim=6, model_dim=8, n_heads=2).double()
    torchs = nn.MultiheadAttention(8, 2, bias=False, kdim=6, vdim=6, batch_first=True).double()
    torchs.load_state_dict(
        {
            "q_proj_weight": ours.to_query.weight,
            "k_proj_weight": ours.to_key.weight,
            "v_proj_weight": ours.to_value.weight,
            "out_proj.weight": ours.to_context.weight,
        }
    )
    query, key = torch.randn(2, 7, 8).double(), torch.randn(2, 5, 6).double()
    expected, expected_weights = torchs(
        query, key, key, key_padding_mask=~KEYS, average_attn_weights=False
    )
    context, weights = ours(query, key, KEYS[:, None])
    assert_close(context, expected)
    assert_close(weights, expected_weights)


def test_causal_self_attention_is_torchs_with_a_causal_mask():
    ours = SoftmaxSelfAttention(MultiHeadAttention(8, 8, 8, 2), Reach(is_causal=True)).double()
    torchs = nn.MultiheadAttention(8, 2, bias=False, batch_first=True).double()
    heads = ours.heads
    packed = torch.cat([heads.to_query.weight, heads.to_key.weight, heads.to_value.weight])
    torchs.load_state_dict({"in_proj_weight": packed, "out_proj.weight": heads.to_context.weight})
    steps = torch.randn(2, 5, 8).double()
    expected, expected_weights = torchs(
        steps,
        steps,
        steps,
        attn_mask=torch.ones(5, 5).triu(1).bool(),
        average_attn_weights=False,
    )
    context, weights = ours(steps, torch.ones(2, 5, dtype=torch.bool))
    assert_close(context, expected)
    assert_close(weights, expected_weights)


def test_one_head_is_plain_softmax_attention():
    one = MultiHeadAttention(query_dim=6, key_dim=4, model_dim=8, n_heads=1).double()
    plain = SoftmaxAttention(query_dim=6, key_dim=4, model_dim=8).double()
    nn.init.eye_(one.to_context.weight)
    shared = {name: value for name, value in one.state_dict().items() if "context" not in name}
    plain.load_state_dict(shared)
    query, key = torch.randn(2, 7, 6).double(), torch.randn(2, 5, 4).double()
    assert_close(one(query, key, KEYS[:, None]), plain(query, key, KEYS[:, None]))


def test_a_block_is_torchs_pre_norm_encoder_layer():
    attention = SoftmaxSelfAttention(MultiHeadAttention(8, 8, 8, 2), Reach(is_causal=False))
    ours = Block(attention, feedforward_ratio=4, dropout=0.0).double()
    torchs = nn.TransformerEncoderLayer(
        8, 2, 32, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    ).double()
    heads = ours.attention.heads
    for norm in (ours.attention_norm, ours.feedforward_norm):
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    torchs.load_state_dict(
        {
            "self_attn.in_proj_weight": torch.cat(
                [heads.to_query.weight, heads.to_key.weight, heads.to_value.weight]
            ),
            "self_attn.in_proj_bias": torch.zeros(24),
            "self_attn.out_proj.weight": heads.to_context.weight,
            "self_attn.out_proj.bias": torch.zeros(8),
            "linear1.weight": ours.feedforward.wide.weight,
            "linear1.bias": ours.feedforward.wide.bias,
            "linear2.weight": ours.feedforward.narrow.weight,
            "linear2.bias": ours.feedforward.narrow.bias,
            "norm1.weight": ours.attention_norm.weight,
            "norm1.bias": ours.attention_norm.bias,
            "norm2.weight": ours.feedforward_norm.weight,
            "norm2.bias": ours.feedforward_norm.bias,
        }
    )
    steps = torch.randn(2, 5, 8).double()
    expected = torchs(steps, src_key_padding_mask=~KEYS)
    assert_close(ours(steps, KEYS)[KEYS], expected[KEYS])
    assert_close(ours.with_weights(steps, KEYS)[0][KEYS], expected[KEYS])


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize("time", [9, 200])
def test_a_window_is_torchs_attention_under_a_band_of_a_mask(is_causal, time):
    heads = MultiHeadAttention(8, 8, 8, 2).double()
    ours = SoftmaxSelfAttention(heads, Reach(is_causal, window=3)).double()
    steps = torch.randn(2, time, 8).double()
    band = torch.ones(time, time).triu(-3).tril(0 if is_causal else 3).bool()
    query, (key, value) = heads.queries(steps), heads.keys_and_values(steps)
    expected = functional.scaled_dot_product_attention(query, key, value, attn_mask=band)
    everything = torch.ones(2, time, dtype=torch.bool)
    for context in (ours(steps, everything)[0], ours.context(steps, everything)):
        assert_close(context, heads.joined(expected))


@pytest.mark.parametrize("is_causal", [False, True])
def test_a_window_over_everything_is_no_window(is_causal):
    heads = MultiHeadAttention(8, 8, 8, 2).double()
    steps, mask = torch.randn(2, 5, 8).double(), KEYS
    narrow = SoftmaxSelfAttention(heads, Reach(is_causal, window=4))
    plain = SoftmaxSelfAttention(heads, Reach(is_causal))
    assert_close(narrow.context(steps, mask), plain.context(steps, mask))


@pytest.mark.parametrize("n_key_value_heads", [1, 2])
def test_shared_heads_are_multi_head_attention_whose_keys_and_values_repeat(n_key_value_heads):
    ours = MultiHeadAttention(8, 6, 8, 4, n_key_value_heads).double()
    twin = MultiHeadAttention(8, 6, 8, 4).double()
    n_times = 4 // n_key_value_heads
    repeated = {
        name: weight.view(n_key_value_heads, 2, 6).repeat_interleave(n_times, 0).view(8, 6)
        if name in ("to_key.weight", "to_value.weight")
        else weight
        for name, weight in ours.state_dict().items()
    }
    twin.load_state_dict(repeated)
    query, key = torch.randn(2, 7, 8).double(), torch.randn(2, 5, 6).double()
    assert_close(ours(query, key, KEYS[:, None]), twin(query, key, KEYS[:, None]))
    assert_close(ours.context(query, key, KEYS[:, None]), twin.context(query, key, KEYS[:, None]))
    assert_close(
        ours.context_of(query, *ours.keys_and_values(key)),
        twin.context_of(query, *twin.keys_and_values(key)),
    )
