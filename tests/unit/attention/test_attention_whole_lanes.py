"""Keys that fill up the last lane: nothing attends them, and they are there when they pay."""

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from seqarena.attention import softmax
from seqarena.attention.softmax import fused_softmax_attention, softmax_attention

RAGGED = (28, 31, 63)


def scene(n_keys, n_queries=None, n_key_heads=4, dtype=torch.float32):
    sizes = ((4, n_queries or n_keys), (n_key_heads, n_keys), (n_key_heads, n_keys))
    return [torch.randn(3, *size, 8, dtype=dtype).requires_grad_() for size in sizes]


def seen(n_queries, n_keys):
    """Return a mask by which the last sequence attends nothing, and the second all but its end."""
    ends = torch.tensor([n_keys, n_keys - 3, 0])
    return (torch.arange(n_keys) < ends[:, None])[:, None, None].expand(3, 1, n_queries, n_keys)


@pytest.fixture
def kernel(monkeypatch):
    """Count the keys that reach the kernel."""
    counts = []
    original = functional.scaled_dot_product_attention

    def count(query, key, value, **settings):
        counts.append(key.shape[2])
        return original(query, key, value, **settings)

    monkeypatch.setattr(softmax.functional, "scaled_dot_product_attention", count)
    return counts


@pytest.mark.parametrize("n_keys", RAGGED)
@pytest.mark.parametrize("form", ["causal", "mask", "numbers"])
def test_contexts_and_gradients_are_those_of_the_real_keys(n_keys, form, kernel):
    given = scene(n_keys)
    mask = seen(n_keys, n_keys)
    settings = {"attend_mask": mask}
    if form == "causal":
        mask = torch.ones(n_keys, n_keys, dtype=torch.bool).tril()[None, None]
        settings = {"is_causal": True}
    elif form == "numbers":
        mask = mask[:2]
        given = [each[:2].detach().requires_grad_() for each in given]
        settings = {"attend_mask": torch.zeros(mask.shape).masked_fill(~mask, -torch.inf)}
    fused = fused_softmax_attention(*given, **settings)
    explicit, _ = softmax_attention(*given, mask)
    assert kernel == [n_keys + -n_keys % 16]
    assert_close(fused, explicit, atol=1e-5, rtol=0)
    wanted, made = (
        torch.autograd.grad(each.square().sum(), given, retain_graph=True)
        for each in (explicit, fused)
    )
    assert_close(made, wanted, atol=1e-4, rtol=0)


def test_a_sequence_that_attends_nothing_still_gets_zeros(kernel):
    fused = fused_softmax_attention(*scene(31), seen(31, 31))
    assert kernel == [32]
    assert fused[2].abs().max() == 0


def test_heads_that_share_keys_get_them_filled_up_too(kernel):
    query, key, value = scene(31, n_key_heads=2)
    fused = fused_softmax_attention(query, key, value, is_causal=True)
    causal = torch.ones(31, 31, dtype=torch.bool).tril()[None, None]
    repeated = [each.repeat_interleave(2, dim=1) for each in (key, value)]
    assert kernel == [32]
    assert_close(fused, softmax_attention(query, *repeated, causal)[0], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("n_queries", "n_keys", "dtype"),
    [
        (64, 64, torch.float32),
        (43, 43, torch.float32),
        (1, 63, torch.float32),
        (63, 63, torch.float64),
    ],
    ids=["whole", "few over", "one query", "64 bits"],
)
def test_keys_stay_as_they_are_where_filling_up_gains_nothing(n_queries, n_keys, dtype, kernel):
    given = scene(n_keys, n_queries, dtype=dtype)
    fused_softmax_attention(*given, seen(n_queries, n_keys))
    assert kernel == [n_keys]


def test_without_a_mask_nothing_hides_a_key_so_none_is_added(kernel):
    fused_softmax_attention(*scene(63))
    fused_softmax_attention(*scene(31, n_queries=40), is_causal=True)
    assert kernel == [63, 31]
