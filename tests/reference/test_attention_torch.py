"""Torch's own layers as oracles, with the same weights on both sides."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from seqarena.attention.attend import causal_mask
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.self_attention import SelfAttention
from seqarena.attention.softmax import SoftmaxAttention, softmax_attention
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
    ours = SelfAttention(model_dim=8, n_heads=2, is_causal=True).double()
    torchs = nn.MultiheadAttention(8, 2, bias=False, batch_first=True).double()
    heads = ours.heads
    packed = torch.cat([heads.to_query.weight, heads.to_key.weight, heads.to_value.weight])
    torchs.load_state_dict({"in_proj_weight": packed, "out_proj.weight": heads.to_context.weight})
    steps = torch.randn(2, 5, 8).double()
    expected, expected_weights = torchs(
        steps,
        steps,
        steps,
        attn_mask=~causal_mask(5, steps.device),
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
    ours = Block(model_dim=8, n_heads=2, feedforward_ratio=4, dropout=0.0, is_causal=False).double()
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
