"""What the next state will be, against all paths and against the forward recursion."""

import itertools

import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_shares
from seqarena.inference.forward_backward import forward
from seqarena.inference.packed_emission import emission_of_table
from seqarena.inference.packing import Packing
from seqarena.inference.predicted_states import predicted_states

LENGTHS = torch.tensor([5, 1, 3])
PACKING = Packing.of(torch.arange(5) < LENGTHS[:, None])
SYMBOLS = torch.randint(3, (9,), generator=torch.Generator().manual_seed(1))


def by_all_paths(start, transition, table, symbols):
    """p(state_t, x_1, ..., x_{t-1}) summed over all paths, then normalised."""
    rows = []
    for time in range(len(symbols)):
        joint = torch.zeros_like(start)
        for path in itertools.product(range(len(start)), repeat=time + 1):
            p = start[path[0]]
            for step in range(time):
                p = p * table[path[step], symbols[step]] * transition[path[step], path[step + 1]]
            joint[path[-1]] += p
        rows.append(joint / joint.sum() if joint.sum() > 0 else joint)
    return torch.stack(rows)


@pytest.mark.parametrize("zeros", [False, True])
def test_the_states_ahead_are_what_all_paths_say(zeros):
    shapes = ((3,), (3, 3), (3, 3))
    model = [random_shares(*each, seed=seed, zeros=zeros) for seed, each in enumerate(shapes)]
    start, transition, table = model
    emission = emission_of_table(table.log(), SYMBOLS, torch.float64)
    found = PACKING.unpack(predicted_states(start.log(), transition.log(), emission, PACKING))
    symbols = PACKING.unpack(SYMBOLS)
    for row, length in enumerate(LENGTHS.tolist()):
        expected = by_all_paths(*model, symbols[row, :length])
        assert_close(found[row, :length], expected)


@pytest.mark.parametrize("rarest", [1e-3, 1e-200])
def test_they_explain_each_symbol_as_the_forward_recursion_does(rarest):
    """With a rare symbol that scaled numbers cannot follow, too."""
    time, n_symbols = 40, 4
    symbols = torch.randint(n_symbols, (time,), generator=torch.Generator().manual_seed(2))
    start = torch.tensor([1.0, 0.0, 0.0]).double()
    transition = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]).double()
    table = random_shares(3, n_symbols, seed=4)
    table[:, 0] = rarest
    table = table / table.sum(dim=1, keepdim=True)
    packing = Packing.of(torch.ones(1, time, dtype=torch.bool))
    emission = emission_of_table(table.log(), symbols, torch.float64)
    states = predicted_states(start.log(), transition.log(), emission, packing)
    assert_close(states.sum(dim=1), torch.ones(time).double())
    steps = (states * table.T[symbols]).sum(dim=1).log()
    assert_close(steps, forward(start.log(), transition.log(), emission, packing))


def test_behind_what_no_path_explains_there_is_no_state():
    cycle = torch.eye(3).double().roll(1, 1)
    emission = emission_of_table(
        torch.eye(3).double().log(), torch.tensor([0, 2, 0]), torch.float64
    )
    packing = Packing.of(torch.ones(1, 3, dtype=torch.bool))
    found = predicted_states(torch.eye(3)[0].double().log(), cycle.log(), emission, packing)
    assert found.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
