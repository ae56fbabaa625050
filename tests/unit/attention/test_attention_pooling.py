import pytest
import torch
from torch.testing import assert_close

from seqarena.attention.pooling import SelfAttentionPooling, build_pooling

KINDS = [
    "weighted_sum_linear",
    "weighted_sum_additive",
    "softmax_dot",
    "softmax_general",
    "softmax_scaled_dot",
    "softmax",
    "multi_head",
    "self_attention",
]
MASK = torch.tensor([[True] * 5, [True, True, True, False, False]])


@pytest.mark.parametrize("kind", KINDS)
def test_a_pooling_gives_one_vector_and_one_row_of_weights(kind):
    pooling = build_pooling(kind, key_dim=8, model_dim=8, n_heads=2, max_time=5)
    steps = torch.randn(2, 5, 8)
    row = pooling.weights(steps, MASK)["pooling"]
    assert pooling(steps, MASK).shape == (2, pooling.pooled_dim)
    assert row.shape[2:] == (1, 5)
    assert_close(row.sum(-1), torch.ones(row.shape[:3]))
    assert row[1, ..., 3:].abs().max() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_padding_never_matters_to_a_pooling(kind):
    pooling = build_pooling(kind, key_dim=8, model_dim=8, n_heads=2, max_time=5).double()
    steps = torch.randn(2, 5, 8).double()
    alone = pooling(steps[1:, :3], MASK[1:, :3])
    assert_close(pooling(steps, MASK)[1:], alone)


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_elements_never_matters_to_a_pooling(kind):
    pooling = build_pooling(kind, key_dim=8, model_dim=8, n_heads=2, max_time=5).double()
    steps = torch.randn(2, 5, 8).double()
    everything = torch.ones(2, 5, dtype=torch.bool)
    assert_close(pooling(steps, everything), pooling(steps.flip(1), everything))


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_without_elements_pools_to_zeros(kind):
    pooling = build_pooling(kind, key_dim=8, model_dim=8, n_heads=2, max_time=5)
    empty = torch.zeros(1, 5, dtype=torch.bool)
    assert pooling(torch.randn(1, 5, 8), empty).abs().max() == 0


def test_a_weighted_sum_that_scores_nothing_is_the_mean_of_the_real_elements():
    pooling = build_pooling("weighted_sum_linear", 8, 8, 2, 5).double()
    torch.nn.init.zeros_(pooling.mechanism.score.content.weight)
    steps = torch.randn(2, 5, 8).double()
    expected = torch.stack([steps[0].mean(0), steps[1, :3].mean(0)])
    assert_close(pooling(steps, MASK), expected)


def test_the_mean_row_of_self_attention_is_the_weight_of_each_value():
    pooling = SelfAttentionPooling(model_dim=8, n_heads=2).double()
    steps = torch.randn(2, 5, 8).double()
    row = pooling.weights(steps, MASK)["pooling"]
    heads = pooling.attention.heads
    values = heads.to_value(steps).view(2, 5, 2, 4).transpose(1, 2)
    pooled = heads.to_context((row @ values).transpose(1, 2).flatten(2))[:, 0]
    assert_close(pooling(steps, MASK), pooled)


def test_self_attention_keeps_every_row_and_has_none_for_padding():
    pooling = SelfAttentionPooling(model_dim=8, n_heads=2)
    rows = pooling.weights(torch.randn(2, 5, 8), MASK)["pooling.self"]
    assert_close(rows.sum(-1), MASK[:, None].expand(2, 2, 5).float())


@pytest.mark.parametrize("kind", ["softmax_dot", "softmax_general", "softmax_scaled_dot"])
def test_a_product_pools_by_a_learned_query_as_wide_as_a_key(kind):
    pooling = build_pooling(kind, key_dim=6, model_dim=8, n_heads=2, max_time=5)
    assert pooling.query.shape == (6,)
    assert pooling.pooled_dim == 6
