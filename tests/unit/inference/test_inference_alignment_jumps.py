"""Weights of jumps: what they are normalised over, and that the M-step finds the maximum."""

import pytest
import torch
from torch.testing import assert_close

from alignment_scenes import MAX_JUMP, random_jumps, weight
from seqarena.inference.alignment_jumps import (
    flat_jumps,
    jump_classes,
    jump_log_prior,
    jump_matrix,
    maximised_jumps,
    n_jumps,
)

LENGTH = 5


def random_moves(seed=0):
    """Expected moves that can be: only between words of the sentence that they were made in."""
    draw = torch.Generator().manual_seed(seed)
    moves = torch.zeros(LENGTH + 1, LENGTH, dtype=torch.float64)
    leaves = torch.zeros_like(moves)
    for length in range(1, LENGTH + 1):
        made = torch.rand(length + 1, length, generator=draw, dtype=torch.float64) * 3
        moves[: length + 1, :length] += made
        leaves[: length + 1, length - 1] += made.sum(dim=1)
    return moves, leaves


def objective(jumps, moves, leaves, pseudo_count):
    """Expected log-probability of the moves, with the prior of weights that sum to 1."""
    weights, totals = jump_matrix(jumps, LENGTH, MAX_JUMP)
    parts = jumps.split([2 * MAX_JUMP + 1, MAX_JUMP + 1])
    prior = sum((part / part.sum()).log().sum() for part in parts)
    return (moves * weights.log()).sum() - (leaves * totals.log()).sum() + pseudo_count * prior


def test_every_move_has_the_weight_of_its_distance():
    jumps = random_jumps()
    weights, totals = jump_matrix(jumps, LENGTH, MAX_JUMP)
    for row in range(LENGTH + 1):
        for to in range(LENGTH):
            assert weights[row, to] == weight(jumps, row, to)
            expected = sum(weight(jumps, row, each) for each in range(to + 1))
            assert_close(totals[row, to].item(), expected)


def test_a_move_forward_is_not_a_move_back():
    """By hand, from word 2 of 3 (row 2): one back, stay, one on."""
    classes = jump_classes(3, MAX_JUMP, torch.device("cpu"))
    assert classes[2].tolist() == [MAX_JUMP - 1, MAX_JUMP, MAX_JUMP + 1]
    assert len(flat_jumps(MAX_JUMP)) == n_jumps(MAX_JUMP)


@pytest.mark.parametrize("pseudo_count", [0.0, 0.5])
def test_the_m_step_climbs_in_every_round_and_ends_at_the_maximum(pseudo_count):
    moves, leaves = random_moves()
    jumps = random_jumps()
    values = [objective(jumps, moves, leaves, pseudo_count)]
    for _ in range(40):
        jumps = maximised_jumps(jumps, moves, leaves, MAX_JUMP, pseudo_count)
        values.append(objective(jumps, moves, leaves, pseudo_count))
    steps = torch.stack(values).diff()
    assert (steps >= -1e-9).all()
    assert steps[0] > 0.1
    log_jumps = jumps.log().requires_grad_(True)
    objective(log_jumps.exp(), moves, leaves, pseudo_count).backward()
    assert_close(log_jumps.grad, torch.zeros_like(log_jumps), atol=1e-4, rtol=0.0)


def test_relative_frequencies_are_not_the_maximum():
    """Why the M-step is not the usual one: it ignores which jumps a sentence had on offer."""
    moves, leaves = random_moves()
    classes = jump_classes(LENGTH, MAX_JUMP, torch.device("cpu"))
    counts = torch.zeros(n_jumps(MAX_JUMP), dtype=torch.float64)
    counts.index_add_(0, classes.flatten(), moves.flatten())
    best = random_jumps()
    for _ in range(40):
        best = maximised_jumps(best, moves, leaves, MAX_JUMP, 0.0)
    assert objective(best, moves, leaves, 0) > objective(counts, moves, leaves, 0) + 0.05


def test_a_jump_that_was_never_on_offer_keeps_its_weight_share_and_nothing_is_nan():
    moves, leaves = torch.zeros(2, 1), torch.zeros(2, 1)
    moves[0, 0] = leaves[0, 0] = 3.0
    found = maximised_jumps(
        flat_jumps(MAX_JUMP), moves.double(), leaves.double(), MAX_JUMP, pseudo_count=0.0
    )
    assert found.isfinite().all()
    assert_close(found[: 2 * MAX_JUMP + 1], flat_jumps(MAX_JUMP)[: 2 * MAX_JUMP + 1])


def test_the_prior_is_that_of_the_pseudo_counts():
    jumps = flat_jumps(MAX_JUMP)
    assert jump_log_prior(jumps, 0.0) == 0.0
    expected = 2.0 * float(5 * torch.tensor(1 / 5.0).log() + 3 * torch.tensor(1 / 3.0).log())
    assert_close(jump_log_prior(jumps, 2.0), expected, atol=1e-5, rtol=0.0)
