"""Torch and two kinds of compiled loops are three ways to the same numbers, chosen by shape."""

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_shares
from seqarena.inference import (
    compiled_recursion,
    lockstep_loops,
    recursion_engine,
    scaled_recursion,
    sequence_loops,
)
from seqarena.inference.packing import Packing

# More sequences than run in lockstep at once, and of these the last ones alone.
LENGTHS = torch.tensor([20, 1, 77, 5] + 17 * [3, 9, 2, 33])
PACKING = Packing.of(torch.arange(77) < LENGTHS[:, None])
SYMBOLS = torch.randint(6, (902,), generator=torch.Generator().manual_seed(1))


def force_loops(monkeypatch, loops):
    pair = None if loops is None else (loops.forward, loops.backward)
    monkeypatch.setattr(compiled_recursion, "_loops", lambda *_: pair)


def every_way(monkeypatch, dtype, looked_up, n_models=2, n_states=3):
    """Return what each engine makes of the same models: states, scales, posteriors, moves, peaks.

    The first is torch, the second loops over each sequence, the third loops in lockstep.
    """
    shapes = ((n_models, n_states), (n_models, n_states, n_states), (6, n_models, n_states))
    start, transition, weights = (
        random_shares(*shape, seed=seed).to(dtype) for seed, shape in enumerate(shapes)
    )
    rows = SYMBOLS if looked_up else None
    weights = weights if looked_up else weights[SYMBOLS]
    reach = torch.ones(3, n_models, n_states, dtype=dtype)
    reach[:2, :, 1:] = 0
    start[:, 1:] *= 0
    for engine, loops in (
        (scaled_recursion, None),
        (compiled_recursion, sequence_loops),
        (compiled_recursion, lockstep_loops),
    ):
        force_loops(monkeypatch, loops)
        alpha, scale = engine.forward_pass(start, transition, weights, rows, PACKING)
        states = alpha.clone()
        moves, peak = engine.backward_pass(
            transition, weights, rows, PACKING, (alpha, scale), reach
        )
        yield states, scale, alpha, moves, peak


@pytest.mark.parametrize("looked_up", [True, False])
@pytest.mark.parametrize(("n_models", "n_states"), [(1, 4), (2, 3)])
def test_in_64_bits_all_engines_give_the_same_numbers(monkeypatch, looked_up, n_models, n_states):
    ours, *others = every_way(monkeypatch, torch.float64, looked_up, n_models, n_states)
    assert len(others) == 2
    for other in others:
        for one, another in zip(ours, other, strict=True):
            assert_close(one, another)


@pytest.mark.slow  # compiles for another precision
def test_in_32_bits_all_engines_differ_by_rounding(monkeypatch):
    ours, *others = every_way(monkeypatch, torch.float32, True)
    for other in others:
        for one, another in zip(ours, other, strict=True):
            assert_close(one, another, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("loops", [lockstep_loops, sequence_loops])
def test_what_no_path_explains_is_no_number_and_disturbs_no_neighbour(monkeypatch, loops):
    force_loops(monkeypatch, loops)
    packing = Packing.of(torch.ones(3, 4, dtype=torch.bool))
    start, transition = torch.ones(1, 2).double() / 2, torch.ones(1, 2, 2).double() / 2
    weights = torch.ones(12, 1, 2).double()
    weights[4] = 0  # the second sequence, at its second step
    alpha, scale = compiled_recursion.forward_pass(start, transition, weights, None, packing)
    expected = torch.ones(4, 3).double()
    expected[1, 1], expected[2:, 1] = 0, torch.nan
    assert_close(scale.view(4, 3), expected, equal_nan=True)
    assert alpha.view(4, 3, 2)[:, [0, 2]].eq(0.5).all()
    assert alpha.view(4, 3, 2)[1:, 1].isnan().all()


def test_few_sequences_run_one_after_the_other_and_many_in_lockstep():
    def loops(n_sequences, n_states):
        packing = Packing.of(torch.ones(n_sequences, 1, dtype=torch.bool))
        return compiled_recursion._loops(packing, n_states)

    assert loops(15, 16) == (sequence_loops.forward, sequence_loops.backward)
    assert loops(16, 16) == (lockstep_loops.forward, lockstep_loops.backward)
    assert loops(31, 64) == (sequence_loops.forward, sequence_loops.backward)
    assert loops(32, 64) == (lockstep_loops.forward, lockstep_loops.backward)


def engine_of(n_sequences, n_time, n_states):
    packing = Packing.of(torch.ones(n_sequences, n_time, dtype=torch.bool))
    passes = recursion_engine.passes_for(packing, n_states)
    return "compiled" if passes[0] is compiled_recursion.forward_pass else "torch"


def test_compiled_loops_are_chosen_for_few_states_or_few_sequences():
    assert engine_of(2000, 100, 24) == "compiled"
    assert engine_of(2000, 100, 25) == "torch"
    assert engine_of(128, 100, 32) == "compiled"
    assert engine_of(129, 100, 32) == "torch"
    assert engine_of(1, 2, 4) == "compiled"
