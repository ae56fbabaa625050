"""What holds for self-attention of every kind: window, positions, shared heads, linear."""

import pytest
import torch
from attention_scenes import BOTH_SIDES, CAUSAL, EVERY, N_HEADS, may_see, scene
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.testing import assert_close
from torch.utils.flop_counter import FlopCounterMode

from seqarena.attention import rows

LONG = 180
"""More than four blocks: a window of 2 or 40 steps is seen block by block."""


@pytest.mark.parametrize("time", [1, 7, LONG])
@pytest.mark.parametrize("name", EVERY)
def test_the_fast_and_the_explicit_path_agree_sequences_without_steps_included(name, time):
    attention, (steps, mask) = EVERY[name](), scene(time)
    explicit, _ = attention(steps, mask)
    fast = attention.context(steps, mask)
    assert_close(fast, explicit, atol=1e-5, rtol=0)
    if name in BOTH_SIDES:
        assert fast[2].abs().max() == 0
        assert explicit[2].abs().max() == 0


@pytest.mark.slow
@pytest.mark.parametrize("time", [7, LONG])
@pytest.mark.parametrize("name", EVERY)
def test_both_paths_have_the_same_finite_gradients(name, time):
    attention, (steps, mask) = EVERY[name]().double(), scene(time, torch.float64)
    steps.requires_grad_()
    inputs = [steps, *attention.parameters()]
    gradients = [
        torch.autograd.grad(context.square().sum(), inputs)
        for context in (attention(steps, mask)[0], attention.context(steps, mask))
    ]
    assert_close(gradients[0], gradients[1])
    assert all(bool(each.isfinite().all()) for each in gradients[0])
    if name in BOTH_SIDES:
        assert gradients[1][0][2].abs().max() == 0
        assert gradients[0][0][2].abs().max() == 0


@pytest.mark.parametrize("time", [7, LONG])
@pytest.mark.parametrize("name", EVERY)
def test_weights_are_a_distribution_over_what_a_step_may_see(name, time):
    attention, (steps, mask) = EVERY[name](), scene(time)
    _, weights = attention(steps, mask)
    seen = may_see(name, mask)[:, None].expand_as(weights)
    assert weights[~seen].eq(0).all()
    assert weights[seen].gt(0).all()
    assert_close(weights.sum(-1), seen.any(-1).float())


@pytest.mark.parametrize("name", EVERY)
def test_who_observes_gets_the_fast_context_and_the_weights_of_the_heads_that_were_asked_for(name):
    attention, (steps, mask) = EVERY[name](), scene(7)
    steps.requires_grad_()
    _, expected = attention(steps, mask)
    context, every_head = attention.observe(steps, mask)
    assert torch.equal(context, attention.context(steps, mask))
    assert_close(every_head, expected)
    assert context.requires_grad
    assert not every_head.requires_grad
    assert_close(attention.observe(steps, mask, [3, 1])[1], expected[:, [3, 1]])


@pytest.mark.parametrize("name", EVERY)
def test_weights_made_some_rows_at_a_time_are_the_same(name, monkeypatch):
    attention, (steps, mask) = EVERY[name]().double(), scene(7, torch.float64)
    _, whole = attention(steps, mask)
    # Two rows of four heads of three sequences at once; the last piece is a single row.
    monkeypatch.setattr(rows, "MOST_AT_ONCE", 2 * 3 * N_HEADS * 7)
    with torch.no_grad():
        context, pieces = attention(steps, mask)
    assert_close(pieces, whole)
    assert_close(context, attention.context(steps, mask))


@pytest.mark.slow
@pytest.mark.parametrize("time", [7, LONG])
@pytest.mark.parametrize("name", EVERY)
def test_under_bfloat16_the_weights_are_still_those_of_float32(name, time):
    attention, (steps, mask) = EVERY[name](), scene(time)
    _, expected = attention(steps, mask)
    with torch.autocast("cpu", torch.bfloat16):
        explicit, weights = attention(steps.bfloat16().float(), mask)
        fast = attention.context(steps, mask)
        observed = attention.observe(steps, mask)[1]
    assert weights.dtype == explicit.dtype == observed.dtype == torch.float32
    assert_close(weights, attention(steps.bfloat16().float(), mask)[1], atol=0, rtol=0)
    assert_close(weights.sum(-1), expected.sum(-1))
    assert_close(observed, expected, atol=2e-2, rtol=0)
    assert_close(fast.float(), attention.context(steps, mask), atol=5e-2, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("time", [1, 7, LONG])
@pytest.mark.parametrize("name", CAUSAL)
@torch.no_grad()
def test_advancing_step_by_step_is_causal_self_attention(name, time):
    attention, (steps, mask) = CAUSAL[name]().double(), scene(time, torch.float64)
    past, contexts = None, []
    for step in steps.split(1, dim=1):
        context, past = attention.advance(step, past)
        contexts.append(context)
    assert past.n_steps == time
    assert_close(torch.cat(contexts, dim=1), attention.context(steps, mask))


@pytest.mark.parametrize("name", CAUSAL)
def test_gradients_flow_through_what_is_kept_of_the_past(name):
    attention, (steps, mask) = CAUSAL[name]().double(), scene(5, torch.float64)
    steps.requires_grad_()
    past, contexts = None, []
    for step in steps.split(1, dim=1):
        context, past = attention.advance(step, past)
        contexts.append(context)
    (stepped,) = torch.autograd.grad(torch.cat(contexts, dim=1).square().sum(), steps)
    (whole,) = torch.autograd.grad(attention.context(steps, mask).square().sum(), steps)
    assert_close(stepped, whole)


@pytest.mark.parametrize("name", CAUSAL)
@torch.no_grad()
def test_a_past_can_be_advanced_twice_and_its_rows_reordered(name):
    attention, (steps, _) = CAUSAL[name]().double(), scene(9, torch.float64)
    past = None
    for step in steps[:, :7].split(1, dim=1):
        _, past = attention.advance(step, past)
    first, grown = attention.advance(steps[:, 7:8], past)
    attention.advance(steps[:, 8:], past)  # another branch, which must leave the first alone
    again, _ = attention.advance(steps[:, 7:8], past)
    assert_close(again, first)
    order = torch.tensor([2, 0, 0, 1])
    expected, _ = attention.advance(steps[:, 8:], grown)
    reordered, _ = attention.advance(steps[order, 8:], grown.select(order))
    assert_close(reordered, expected[order])


@pytest.mark.parametrize("time", [7, LONG])
@pytest.mark.parametrize("name", EVERY)
def test_the_estimate_is_what_torch_counts(name, time):
    attention, (steps, mask) = EVERY[name](), scene(time)
    # The fused kernel of a CPU is not counted.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        attention.context(steps, mask)
    assert attention.flops(3, time) == counter.get_total_flops()
