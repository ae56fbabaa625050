import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_shares
from seqarena.inference.forward_backward import forward, forward_backward
from seqarena.inference.packed_emission import emission_of_density, emission_of_table
from seqarena.inference.packing import Packing

LENGTHS = torch.tensor([7, 1, 40, 12, 3])
PACKING = Packing.of(torch.arange(40) < LENGTHS[:, None])
SYMBOLS = torch.randint(5, (63,), generator=torch.Generator().manual_seed(3))


def some_models(n_models, n_states, zeros=False):
    """Return starts, transitions and emission tables: models lead."""
    shapes = ((n_models, n_states), (n_models, n_states, n_states), (n_models, n_states, 5))
    return [
        random_shares(*shape, seed=seed, zeros=zeros).log() for seed, shape in enumerate(shapes)
    ]


# 64 columns stand side by side: all of the first, two of the second, one of the third at a time.
@pytest.mark.slow
@pytest.mark.parametrize(("n_models", "n_states"), [(5, 3), (3, 30), (2, 70)])
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_models_that_run_as_one_batch_answer_as_each_alone(n_models, n_states, zeros, dtype):
    start, transition, table = some_models(n_models, n_states, zeros)
    emission = emission_of_table(table, SYMBOLS, dtype)
    steps = forward(start, transition, emission, PACKING)
    together = forward_backward(start, transition, emission, PACKING)
    for model in range(n_models):
        alone = emission_of_table(table[model], SYMBOLS, dtype)
        own = start[model], transition[model], alone, PACKING
        assert_close(steps[:, model], forward(*own), rtol=1e-5, atol=1e-5)
        posterior = forward_backward(*own)
        assert_close(
            together.step_log_prob[:, model], posterior.step_log_prob, rtol=1e-5, atol=1e-5
        )
        assert_close(together.state_probs[:, model], posterior.state_probs, rtol=1e-5, atol=1e-5)
        assert_close(together.start[model], posterior.start, rtol=1e-5, atol=1e-5)
        assert_close(together.transition[model], posterior.transition, rtol=1e-5, atol=1e-5)


def test_one_model_that_cannot_explain_a_sequence_leaves_the_others_alone():
    start, transition, table = some_models(3, 2)
    table[1, :, SYMBOLS[0]] = -torch.inf
    emission = emission_of_table(table, SYMBOLS, torch.float32)
    posterior = forward_backward(start, transition, emission, PACKING)
    assert posterior.step_log_prob[:, 1].isneginf().any()
    for model in (0, 2):
        alone = emission_of_table(table[model], SYMBOLS, torch.float32)
        own = forward_backward(start[model], transition[model], alone, PACKING)
        assert_close(posterior.transition[model], own.transition, rtol=1e-6, atol=1e-6)
        assert_close(posterior.step_log_prob[:, model], own.step_log_prob, rtol=1e-6, atol=1e-6)


def test_a_table_and_the_densities_that_it_spells_are_the_same_emission():
    start, transition, table = (each[0] for each in some_models(1, 3))
    looked_up = emission_of_table(table, SYMBOLS, torch.float64)
    laid_out = emission_of_density(lambda x: x, table.T[SYMBOLS], torch.float64)
    one = forward_backward(start, transition, looked_up, PACKING)
    other = forward_backward(start, transition, laid_out, PACKING)
    assert torch.equal(one.state_probs, other.state_probs)
    assert torch.equal(one.transition, other.transition)
    assert torch.equal(looked_up.log_prob_at(torch.tensor([4])), table.T[SYMBOLS[4:5]])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_a_state_cannot_emit_has_the_weight_zero_and_no_tiny_one(dtype):
    log_table = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]], dtype=torch.float64).log()
    symbols = torch.tensor([0, 1, 2])
    by_table = emission_of_table(log_table, symbols, dtype)
    by_density = emission_of_density(
        lambda rows: log_table.T[rows[:, 0].long()], symbols[:, None].double(), dtype
    )
    expected = torch.tensor([[0.5, 1.0], [1.0, 0.0], [0.0, 0.0]], dtype=dtype)
    assert torch.equal(by_table.weights[by_table.row][1:], expected[1:])
    assert torch.equal(by_density.weights[1:], expected[1:])
    assert_close(by_table.weights[by_table.row], expected)
