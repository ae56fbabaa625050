"""Linear attention against its defining sums, pair by pair and step by step."""

import math

import pytest
import torch
from attention_scenes import CAUSAL, HEAD_DIM, N_HEADS, scene
from torch.testing import assert_close

from seqarena.attention.linear_attention import (
    causal_linear_attention,
    feature_map,
    linear_attention,
)
from seqarena.attention.past import LinearState


def features(time):
    query, key, value = torch.randn(3, 2, 2, time, 3).double()
    return feature_map(query), feature_map(key), value


def by_pairs(query, key, value, sees):
    """Katharopoulos et al. (2020), eq. 4, without any rearrangement."""
    out = torch.zeros_like(value)
    batch, head, time, _ = query.shape
    for b in range(batch):
        for h in range(head):
            for i in range(time):
                kernel = [
                    float(query[b, h, i] @ key[b, h, j]) if sees(b, i, j) else 0.0
                    for j in range(time)
                ]
                if sum(kernel) > 0:
                    shares = torch.tensor(kernel).double() / sum(kernel)
                    out[b, h, i] = shares @ value[b, h]
    return out


def test_features_are_positive_and_linear_above_zero():
    given = torch.tensor([[[[-3.0, -0.5, 0.0, 2.0]]]]).double()
    expected = [math.exp(-3.0), math.exp(-0.5), 1.0, 3.0]
    assert_close(feature_map(given)[0, 0, 0], torch.tensor(expected).double())


def test_both_sides_are_the_weighted_mean_over_real_steps():
    query, key, value = features(6)
    mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    expected = by_pairs(query, key, value, lambda b, _, j: bool(mask[b, j]))
    assert_close(linear_attention(query, key, value, mask), expected)


@pytest.mark.parametrize("time", [1, 63, 64, 65, 130])
def test_causal_chunks_are_the_weighted_mean_over_the_past(time):
    query, key, value = features(time)
    kernel = (query @ key.mT).tril()
    expected = (kernel / kernel.sum(-1, keepdim=True)) @ value
    assert_close(causal_linear_attention(query, key, value), expected)


def test_a_short_causal_example_equals_the_sum_over_pairs():
    query, key, value = features(5)
    expected = by_pairs(query, key, value, lambda _, i, j: j <= i)
    assert_close(causal_linear_attention(query, key, value), expected)


@pytest.mark.parametrize("time", [5, 70])
@torch.no_grad()
def test_the_parallel_form_is_the_recurrent_network_of_the_paper(time):
    """Eqs. 16-20: s_i = s_{i-1} + φ(k) vᵀ, z_i = z_{i-1} + φ(k), y_i = φ(q) s_i / (φ(q) z_i)."""
    attention, (steps, mask) = CAUSAL["causal_linear"]().double(), scene(time, torch.float64)
    made = attention.heads
    for row in range(3):
        contexts = []
        s = torch.zeros(N_HEADS, HEAD_DIM, HEAD_DIM).double()
        z = torch.zeros(N_HEADS, HEAD_DIM).double()
        for x in steps[row]:
            q, k, v = (
                (project.weight @ x).view(N_HEADS, HEAD_DIM)
                for project in (made.to_query, made.to_key, made.to_value)
            )
            q, k = (torch.where(each > 0, each + 1, each.exp()) for each in (q, k))
            for h in range(N_HEADS):
                s[h] += torch.outer(k[h], v[h])
                z[h] += k[h]
            each_head = [q[h] @ s[h] / (q[h] @ z[h]) for h in range(N_HEADS)]
            contexts.append(made.to_context.weight @ torch.cat(each_head))
        assert_close(attention.context(steps, mask)[row], torch.stack(contexts))


@torch.no_grad()
def test_what_is_remembered_does_not_grow():
    attention, (steps, _) = CAUSAL["causal_linear"](), scene(9)
    past, sizes = None, set()
    for step in steps.split(1, dim=1):
        _, past = attention.advance(step, past)
        assert isinstance(past, LinearState)
        sizes.add(past.products.numel())
    assert sizes == {3 * N_HEADS * HEAD_DIM * (HEAD_DIM + 1)}
    assert past.n_steps == 9
