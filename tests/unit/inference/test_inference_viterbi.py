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


def test_compiled_loops_are_chosen_for_long_work_alone():
    def is_compiled(n_sequences, n_time, n_states):
        packing = Packing.of(torch.ones(n_sequences, n_time, dtype=torch.bool))
        emission = torch.zeros(n_sequences * n_time, n_states)
        return module._is_for_compiled_loops(emission, packing)

    assert is_compiled(1, 4096, 2)
    assert is_compiled(1024, 64, 32)
    assert not is_compiled(1, 4095, 2)
    assert not is_compiled(1024, 64, 16)
