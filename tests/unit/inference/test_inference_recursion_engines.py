"""The compiled loops and torch are two ways to the same numbers, chosen by shape."""

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_shares
from seqarena.inference import compiled_recursion, forward_backward, scaled_recursion
from seqarena.inference.packing import Packing

LENGTHS = torch.tensor([20, 1, 77, 5])
PACKING = Packing.of(torch.arange(77) < LENGTHS[:, None])
SYMBOLS = torch.randint(6, (103,), generator=torch.Generator().manual_seed(1))


def both_ways(dtype, looked_up, n_models=2, zeros=False):
    """Return what both engines make of the same models: states, scales, moves, peaks."""
    shapes = ((n_models, 3), (n_models, 3, 3), (6, n_models, 3))
    start, transition, weights = (
        random_shares(*shape, seed=seed, zeros=zeros).to(dtype) for seed, shape in enumerate(shapes)
    )
    rows = SYMBOLS if looked_up else None
    weights = weights if looked_up else weights[SYMBOLS]
    reach = torch.ones(3, n_models, 3, dtype=dtype)
    reach[:2, :, 1:] = 0
    start[:, 1:] *= 0
    for engine in (scaled_recursion, compiled_recursion):
        alpha, scale = engine.forward_pass(start, transition, weights, rows, PACKING)
        states = alpha.clone()
        moves, peak = engine.backward_pass(
            transition, weights, rows, PACKING, (alpha, scale), reach
        )
        yield states, scale, alpha, moves, peak


@pytest.mark.parametrize("looked_up", [True, False])
@pytest.mark.parametrize("n_models", [1, 2])
def test_in_64_bits_both_engines_give_the_same_numbers(looked_up, n_models):
    ours, compiled = both_ways(torch.float64, looked_up, n_models)
    for one, other in zip(ours, compiled, strict=True):
        assert_close(one, other)


@pytest.mark.slow  # compiles for another precision
def test_in_32_bits_both_engines_differ_by_rounding():
    ours, compiled = both_ways(torch.float32, True)
    for one, other in zip(ours, compiled, strict=True):
        assert_close(one, other, rtol=1e-5, atol=1e-6)


def engine_of(n_sequences, n_time, n_states):
    packing = Packing.of(torch.ones(n_sequences, n_time, dtype=torch.bool))
    passes = forward_backward._passes(packing, torch.zeros(1, n_states))
    return "compiled" if passes[0] is compiled_recursion.forward_pass else "torch"


def test_compiled_loops_are_chosen_for_few_long_sequences_alone():
    assert engine_of(1, 50_000, 32) == "compiled"
    assert engine_of(1, 64, 4) == "compiled"
    assert engine_of(1, 63, 4) == "torch"
    assert engine_of(128, 100, 16) == "compiled"
    assert engine_of(129, 100, 16) == "torch"
