"""Torch and the compiled loops find the same path; every path is written out in the reference."""

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_shares
from seqarena.inference import viterbi as module
from seqarena.inference.packing import Packing

PACKING = Packing.of(torch.arange(30) < torch.tensor([12, 30, 1, 7])[:, None])


@pytest.mark.parametrize("zeros", [False, True])
def test_both_engines_find_the_same_path(zeros):
    start, transition, emission = (
        random_shares(*shape, seed=seed, zeros=zeros).log()
        for seed, shape in enumerate([(4,), (4, 4), (50, 4)])
    )
    path, log_prob = module._in_torch(start, transition, emission, PACKING)
    other_path, other_log_prob = module._in_compiled_loops(start, transition, emission, PACKING)
    assert torch.equal(path, other_path)
    assert_close(log_prob, other_log_prob)


@pytest.mark.parametrize("engine", [module._in_torch, module._in_compiled_loops])
def test_ties_go_to_the_lower_state(engine):
    path, log_prob = engine(torch.zeros(3), torch.zeros(3, 3), torch.zeros(50, 3), PACKING)
    assert not path.any()
    assert log_prob.tolist() == [0.0] * 4


def test_both_engines_find_the_same_path_among_many_that_tie():
    # Probabilities of 1/2, 1/4, ... add up without rounding, so that paths tie exactly.
    draw = torch.Generator().manual_seed(0)
    start, transition, emission = (
        -torch.randint(1, 3, shape, generator=draw).double() for shape in [(5,), (5, 5), (50, 5)]
    )
    path, log_prob = module._in_torch(start, transition, emission, PACKING)
    other_path, other_log_prob = module._in_compiled_loops(start, transition, emission, PACKING)
    assert torch.equal(path, other_path)
    assert torch.equal(log_prob, other_log_prob)


def test_compiled_loops_are_chosen_on_a_processor():
    assert module._engine(torch.device("cpu")) is module._in_compiled_loops
    assert module._engine(torch.device("cuda")) is module._in_torch
